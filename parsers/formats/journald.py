"""systemd's journal as journalctl prints it; short, short-iso and short-precise are syslog."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from ..contract import Source
from ..excerpt import head_lines
from ..json_text import as_text
from ..lines import LineFormat, Sample
from ..records import RecordFormat, Records
from ..severity import DEFAULT_PRIORITIES, SYSLOG
from .json_lines import JsonLines

_TAG = r"(?P<service_name>[^\s:\[\]]{1,64})(?:\[[0-9]+\])?: ?(?P<body>.*)$"
_HOST = r"(?P<host_name>[A-Za-z0-9_.\-]+) "
# with-unit has the whole path of the unit.
_UNIT = r"(?P<service_name>[^\s:\[\]]{1,200})(?:\[[0-9]+\])?: ?(?P<body>.*)$"

SHORT = LineFormat(
    name="journal_short",
    title="journalctl -o short-full, short-unix, with-unit",
    reference="journalctl(1), --output",
    patterns=(
        r"^[A-Z][a-z]{2} [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})? [A-Z+\-0-9]{2,6} "
        + _HOST
        + _TAG,
        r"^1[0-9]{9}\.[0-9]{6} " + _HOST + _TAG,
    ),
    times=("iso", "epoch"),
    confidence=0.97,
    inside=r"^-- (?:Boot|Reboot|Journal|Logs|No entries)",
    samples=(
        Sample(
            "Sat 2026-03-14 09:26:53 UTC ops-3 (true)[51]: no-folder.service: Failed at step CHDIR spawning /bin/true: No such file or directory",
            {
                "time": "2026-03-14T09:26:53Z",
                "host_name": "ops-3",
                "service_name": "(true)",
                "body": "no-folder.service: Failed at step CHDIR spawning /bin/true: No such file or directory",
            },
        ),
        Sample(
            "Sat 2026-03-14 10:26:54 CET ops-3 kernel: usb 1-1: device not accepting address 7, error -71",
            {"time": "2026-03-14T09:26:54Z", "service_name": "kernel"},
        ),
        Sample(
            "Sat 2026-03-14 09:26:55.589393 UTC ops-3 systemd[1]: killed.service: Failed with result 'signal'.",
            {"time": "2026-03-14T09:26:55.589393Z", "service_name": "systemd"},
        ),
    ),
)
MONOTONIC = LineFormat(
    name="journal_monotonic",
    title="journalctl -o short-monotonic",
    reference="journalctl(1), --output",
    patterns=(
        r"^\[ *[0-9]+\.[0-9]{6}(?: < *[0-9.]* *>)?\] "
        + _HOST
        + r"(?P<service_name>kernel|[^\s:\[\]]{1,64}\[[0-9]+\]): ?(?P<body>.*)$",
    ),
    times=("uptime",),
    confidence=0.97,
    samples=(
        Sample(
            "[    0.000000] ops-3 kernel: Linux version 6.1.0-18-amd64",
            {"host_name": "ops-3", "service_name": "kernel"},
        ),
        Sample("[ 3034.379981] ops-3 systemd[1]: Started shop.service - Shop.", {"host_name": "ops-3"}),
        Sample(
            "[12345.678901] ops-3 sshd[4242]: error: kex_exchange_identification: Connection closed",
            {"severity_number": 17},
        ),
    ),
)


def _text(value: Any) -> str | None:
    # A field that is not valid UTF-8 or has control characters is a list of bytes in JSON.
    if isinstance(value, list) and value and all(isinstance(item, int) and 0 <= item < 256 for item in value):
        return bytes(value).decode("utf-8", "replace")
    return as_text(value)


def _add(found: Records, at: int, entry: Mapping[str, Any], time: str | None) -> None:
    """Add an entry of the journal by its fields (systemd.journal-fields(7))."""
    priority = _text(entry.get("PRIORITY")) or ""
    service = _text(entry.get("SYSLOG_IDENTIFIER")) or _text(entry.get("_COMM")) or _text(entry.get("_SYSTEMD_UNIT"))
    level = SYSLOG.get(int(priority), 0) if priority.isdigit() and len(priority) == 1 else 0
    fields = {"host_name": _text(entry.get("_HOSTNAME")), "service_name": service}
    if not time:
        time = _text(entry.get("_SOURCE_REALTIME_TIMESTAMP")) or _text(entry.get("__REALTIME_TIMESTAMP"))
    found.add(at, (_text(entry.get("MESSAGE")) or "").rstrip("\n"), time, level, fields=fields)


@dataclass(frozen=True)
class JournalJson(JsonLines):
    """Objects whose keys are the fields of the journal."""

    vague = DEFAULT_PRIORITIES

    def sniff(self, source: Source) -> float:
        """As JSON lines, when the first object has the journal's names."""
        first = next((line for line in head_lines(source, 60) if line.startswith("{")), "")
        return super().sniff(source) if '"__REALTIME_TIMESTAMP"' in first else 0.0

    def add(self, found: Records, at: int, record: dict[str, Any]) -> None:
        """Add one object."""
        _add(found, at, record, _text(record.get("__REALTIME_TIMESTAMP")))


JSON = JournalJson(
    name="journal_json",
    title="journalctl -o json",
    reference="https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-json-format",
    confidence=0.98,
    samples=(
        Sample(
            '{"_HOSTNAME":"ops-3","PRIORITY":"3","__REALTIME_TIMESTAMP":"1773480413123456","SYSLOG_IDENTIFIER":"sshd","MESSAGE":"error: bind: Address already in use","_PID":"51"}',
            {
                "time": "2026-03-14T09:26:53.123456Z",
                "severity_number": 17,
                "host_name": "ops-3",
                "service_name": "sshd",
                "body": "error: bind: Address already in use",
            },
        ),
        Sample(
            '{"__REALTIME_TIMESTAMP":"1773480414000001","PRIORITY":"6","_COMM":"app","MESSAGE":[27,91,51,50,109,114,101,97,100,121],"_HOSTNAME":"ops-3"}',
            {"severity_number": 9, "service_name": "app", "body": "\x1b[32mready"},
        ),
        Sample(
            '{"__REALTIME_TIMESTAMP":"1773480415000000","PRIORITY":"4","SYSLOG_IDENTIFIER":"kernel","MESSAGE":null}',
            {"time": "2026-03-14T09:26:55Z", "severity_number": 13, "body": ""},
        ),
    ),
)

_PAIR = re.compile(r"^\s*([A-Z_][A-Z0-9_]*)=(.*)$", re.DOTALL)


def _pairs(lines: Iterable[str], counted: bool) -> dict[str, str]:
    """The fields of an entry; lines that are no pair go on with the field before them."""
    found: dict[str, str] = {}
    last = ""
    for line in lines:
        if counted and line[:1] in ("", " "):  # of a value whose bytes are counted (parsers/counted.py)
            if line and last:
                found[last] += ("\n" if found[last] else "") + line[1:]
        elif match := _PAIR.match(line):
            last = match[1]
            found[last] = match[2]
        elif last:
            found[last] += "\n" + line.strip()
    return found


@dataclass(frozen=True)
class JournalBlocks(RecordFormat):
    """Entries with a field a line.

    Attributes:
        start: a regular expression for the first line of an entry; its group 1, if any, is the time.
        counted: whether the bytes of values of several lines are counted.
        unless: a regular expression for lines that entries of this format do not have.
    """

    vague = DEFAULT_PRIORITIES

    start: str
    counted: bool = False
    unless: str = r"(?!)"

    def starts_record(self, line: str) -> bool:
        """Whether a line begins an entry."""
        return re.match(self.start, line) is not None

    def sniff(self, source: Source) -> float:
        """Certain when entries and their fields are there."""
        lines = head_lines(source, 200)
        starts = sum(self.starts_record(line) for line in lines)
        pairs = sum(_PAIR.match(line) is not None for line in lines)
        if any(re.match(self.unless, line) for line in lines):
            return 0.0
        return 0.98 if starts and pairs > 2 * starts else 0.0

    def records(self, lines: Sequence[str]) -> Records:
        """Each entry is a record."""
        found = Records()
        begins = [at for at, line in enumerate(lines) if self.starts_record(line)]
        if not begins:
            begins = [len(lines)]
        ahead = lines[: begins[0]]
        if any(line.strip() for line in ahead):
            found.add(0, "\n".join(ahead).rstrip("\n"))
        else:
            found.skipped = len(ahead)
        for at, end in pairwise([*begins, len(lines)]):
            if at == end:
                continue
            match = re.match(self.start, lines[at])
            time = match[1] if match and match.re.groups else None
            _add(found, at, _pairs(lines[at:end], self.counted), time)
        return found


EXPORT = JournalBlocks(
    name="journal_export",
    title="journalctl -o export",
    reference="https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-export-format",
    start=r"^__CURSOR=",
    counted=True,
    samples=(
        Sample(
            "__CURSOR=s=12fc;i=98\n__REALTIME_TIMESTAMP=1773480413123456\n_HOSTNAME=ops-3\nPRIORITY=6\nSYSLOG_IDENTIFIER=systemd\nMESSAGE=Started shop.service - Shop.\n",
            {
                "time": "2026-03-14T09:26:53.123456Z",
                "severity_number": 9,
                "host_name": "ops-3",
                "service_name": "systemd",
                "body": "Started shop.service - Shop.",
            },
        ),
        Sample(
            "__CURSOR=s=12fc;i=99\n__REALTIME_TIMESTAMP=1773480414000000\nPRIORITY=3\n_COMM=app\nMESSAGE=boom: a=b\n_PID=7\n",
            {"severity_number": 17, "service_name": "app", "body": "boom: a=b"},
        ),
        Sample(
            "__CURSOR=s=12fc;i=9a\n__REALTIME_TIMESTAMP=1773480415000000\nPRIORITY=4\n_HOSTNAME=ops-3\nMESSAGE=\n_PID=7\n",
            {"severity_number": 13, "body": ""},
        ),
    ),
)
# Collectors and `journalctl --output-fields` leave out the cursor, with which an entry begins otherwise.
BARE_EXPORT = JournalBlocks(
    name="journal_export_bare",
    title="journalctl -o export without cursors",
    reference="https://systemd.io/JOURNAL_EXPORT_FORMATS/#journal-export-format",
    start=r"^__REALTIME_TIMESTAMP=",
    counted=True,
    unless=r"^__CURSOR=",
    samples=tuple(Sample(sample.text.split("\n", 1)[1], sample.expect) for sample in EXPORT.samples),
)
VERBOSE = JournalBlocks(
    name="journal_verbose",
    title="journalctl -o verbose",
    reference="journalctl(1), --output",
    start=r"^[A-Z][a-z]{2} ([0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})? [A-Z+\-0-9]{2,6}) \[s=",
    samples=(
        Sample(
            "Sat 2026-03-14 10:26:53.792173 CET [s=eb8c;i=a5;b=2091]\n    _TRANSPORT=syslog\n    PRIORITY=5\n    _HOSTNAME=ops-3\n    SYSLOG_IDENTIFIER=sudo\n"
            "    MESSAGE=pam_unix(sudo:auth): authentication failure; logname= uid=1002 user=ben\n    _PID=105",
            {
                "time": "2026-03-14T09:26:53.792173Z",
                "severity_number": 10,
                "host_name": "ops-3",
                "service_name": "sudo",
                "body": "pam_unix(sudo:auth): authentication failure; logname= uid=1002 user=ben",
            },
        ),
        Sample(
            "Sat 2026-03-14 09:26:54.000001 UTC [s=eb8c;i=a6;b=2091]\n    PRIORITY=2\n    _COMM=app\n    MESSAGE=first line\n             second line",
            {"severity_number": 18, "service_name": "app", "body": "first line\nsecond line"},
        ),
        Sample(
            "Sat 2026-03-14 09:26:55.000002 UTC [s=eb8c;i=a7;b=2091]\n    PRIORITY=6\n    _HOSTNAME=ops-3\n    MESSAGE=done",
            {"time": "2026-03-14T09:26:55.000002Z", "severity_number": 9},
        ),
    ),
)
