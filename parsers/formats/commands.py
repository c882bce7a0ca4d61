"""Tables that commands print and bundles hold: df, free, systemctl, kubectl get, docker ps.

Each row becomes a sentence with its numbers, so that rules and people see a full file system or a failed unit; the row
itself follows it. Several commands may stand in one file.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..records import RecordFormat, Records
from ..severity import ERROR, INFO, WARN
from ..time_layout import find_kind

Row = tuple[str, int]
"""A sentence and its severity."""

_FULL, _NEARLY_FULL = 100, 90
_IMAGES = re.compile(r"^(?:/dev/loop|squashfs|efivarfs)|^iso9660")
_DF = re.compile(
    r"^(?P<device>\S.*?) +(?:(?P<type>[a-z][a-z0-9_.]*) +)?(?P<size>[0-9.,]+\S*|-) +(?P<used>[0-9.,]+\S*|-) +"
    r"(?P<free>-?[0-9.,]+\S*|-) +(?P<percent>[0-9]{1,3})% +(?P<mount>/.*)$"
)
_UNIT = re.compile(
    r"^[●*○×↻ ]*(?P<unit>\S+\.(?:service|socket|mount|timer|target|device|path|swap|slice|scope|automount)) +"
    r"(?P<load>loaded|not-found|masked|error|bad-setting) +(?P<active>[a-z]+) +(?P<sub>[a-z\-]+) *(?P<text>.*)$"
)
_POD_FAULTS = re.compile(
    r"CrashLoopBackOff|ImagePull|ErrImage|InvalidImageName|OOMKilled|Evicted|Error|ContainerCannotRun|DeadlineExceeded|NotReady"
)
_POD_DOUBTS = re.compile(r"Pending|Unknown|Terminating|SchedulingDisabled|NodeLost")
_UNITS = {"": 1.0, "b": 1.0, "k": 2.0**10, "m": 2.0**20, "g": 2.0**30, "t": 2.0**40}


def _df(header: str, line: str) -> Row | None:
    match = _DF.match(line)
    if match is None:
        return None
    percent = int(match["percent"])
    where = f"file system {match['mount']} ({match['device']})"
    inodes = re.search(r"IUse%|%iused|Inode", header) is not None
    what = f"inodes of {where} are {percent} % used" if inodes else f"{where} is {percent} % full"
    sentence = f"{what}: {match['used']} of {match['size']} used, {match['free']} available"
    # An image of a package or a CD is always full.
    if _IMAGES.match(match["device"]) or _IMAGES.match(match["type"] or "") or match["mount"].startswith("/snap/"):
        return sentence, INFO
    return sentence, ERROR if percent >= _FULL else WARN if percent >= _NEARLY_FULL else INFO


def _bytes(text: str) -> float:
    match = re.match(r"([0-9.,]+)([BKMGT]?)", text.upper())
    return float(match[1].replace(",", ".")) * _UNITS[match[2].lower()] if match else 0.0


def _free(header: str, line: str) -> Row | None:
    name, _, rest = line.partition(":")
    values = rest.split()
    columns = header.split()
    if name.strip() not in ("Mem", "Swap") or len(values) < 3:
        return None
    total, used = _bytes(values[0]), _bytes(values[1])
    if not total:
        return f"{'memory' if name.strip() == 'Mem' else 'swap'}: none", INFO
    if name.strip() == "Swap":
        share = round(100 * used / total)
        return f"swap is {share} % used: {values[1]} of {values[0]}", WARN if share >= _NEARLY_FULL else INFO
    at = columns.index("available") if "available" in columns else columns.index("free")
    if at >= len(values):
        return None
    share = round(100 * _bytes(values[at]) / total)
    few = "available" in columns and share < 5
    return f"memory is {share} % {columns[at]}: {values[at]} of {values[0]}", WARN if few else INFO


def _systemctl(_header: str, line: str) -> Row | None:
    match = _UNIT.match(line)
    if match is None:
        return None
    failed = match["active"] == "failed"
    text = f"unit {match['unit']} is {match['active']} ({match['sub']}): {match['text']}"
    return text, ERROR if failed else INFO


def _kubectl(header: str, line: str) -> Row | None:
    names, values = re.split(r" {2,}|\t", header.strip()), re.split(r" {2,}|\t", line.strip())
    if len(values) < min(len(names), 4) or not re.match(r"[a-z0-9]", line):
        return None
    row = dict(zip(names, values, strict=False))
    kind = "node" if "ROLES" in row else "pod"
    name = "/".join(row[key] for key in ("NAMESPACE", "NAME") if key in row)
    ready = f", {row['READY']} ready, {row.get('RESTARTS', '0')} restarts" if "READY" in row else ""
    status = row.get("STATUS", "")
    level = ERROR if _POD_FAULTS.search(status) else WARN if _POD_DOUBTS.search(status) else INFO
    return f"{kind} {name} is {status}{ready}", level


def _docker(header: str, line: str) -> Row | None:
    names = list(re.finditer(r"\S+(?: \S+)*", header))
    starts = [name.start() for name in names]
    cells = [line[start:end].strip() for start, end in zip(starts, [*starts[1:], len(line)], strict=True)]
    row = dict(zip([name.group() for name in names], cells, strict=True))
    status = row.get("STATUS", "")
    if not re.match(r"(?:Up|Exited|Created|Restarting|Paused|Dead|Removal) ?", status):
        return None
    bad = re.match(r"Restarting|Dead", status) or "(unhealthy)" in status
    level = ERROR if bad else WARN if re.match(r"Exited \((?!0\))", status) else INFO
    return f"container {row.get('NAMES', row.get('CONTAINER ID', ''))} ({row.get('IMAGE', '')}) is {status}", level


_TABLES: tuple[tuple[re.Pattern[str], Callable[[str, str], Row | None]], ...] = (
    (re.compile(r"^(?:Filesystem|Dateisystem|Sys\. de fichiers|S\.ficheros|文件系统|ファイルシス).* (?:Mounted on|Eingehängt auf|Monté sur|Montado en|挂载点|マウント位置)$"), _df),
    (re.compile(r"^ +total +used +free\b"), _free),
    (re.compile(r"^[ ●]*UNIT +LOAD +ACTIVE +SUB\b"), _systemctl),
    (re.compile(r"^(?:NAMESPACE +)?NAME +(?:READY +STATUS +RESTARTS|STATUS +ROLES) +AGE"), _kubectl),
    (re.compile(r"^CONTAINER ID +IMAGE +COMMAND +CREATED +STATUS\b"), _docker),
)  # fmt: skip


_ANY_HEADER = re.compile("|".join(regex.pattern for regex, _ in _TABLES), re.M)


@dataclass(frozen=True)
class Commands(RecordFormat):
    """Rows under a header that is known; other lines are records as they are."""

    def starts_record(self, line: str) -> bool:
        """Never: a row needs its header, so only a table of very many rows is cut."""
        return False

    def sniff(self, source: Source) -> float:
        """Sure where the lines of a table that is known are the file, and no log."""
        lines = [line for line in head_lines(source, 200) if line.strip()]
        if not _ANY_HEADER.search("\n".join(lines)):
            return 0.0
        found = self.records(lines)
        rows = sum("\n" in body for body in found.body) + found.skipped
        share = rows / len(lines)
        return 0.5 + 0.45 * share if share > 0.5 else 0.3 if rows > 1 and find_kind(lines) is None else 0.0

    def records(self, lines: Sequence[str]) -> Records:
        """Each row is a record: a sentence, and the row."""
        found = Records()
        header, read, pending = "", None, ""
        for at, line in enumerate(lines):
            table = next((row for regex, row in _TABLES if regex.match(line)), None)
            if table is not None or not line.strip():
                header, read = (line, table) if table is not None else ("", None)
                found.skipped += 1
                continue
            # df breaks the row of a long device name in two.
            if read is _df and re.match(r"^\S{20,}$", line):
                pending = line
                found.skipped += 1
                continue
            row = read(header, f"{pending} {line.strip()}" if pending else line) if read is not None else None
            pending = ""
            found.add(at, line if row is None else f"{row[0]}\n{line}", None, INFO if row is None else row[1])
        return found


FORMAT = Commands(
    name="command_tables",
    title="Output of df, free, systemctl, kubectl get and docker ps",
    reference="df(1), free(1), systemctl(1); kubectl get pods; docker ps",
    samples=(
        Sample(
            "Filesystem      Size  Used Avail Use% Mounted on\n/dev/sda1        40G   40G     0 100% /var",
            {
                "severity_number": 17,
                "body": "file system /var (/dev/sda1) is 100 % full: 40G of 40G used, 0 available\n"
                "/dev/sda1        40G   40G     0 100% /var",
            },
        ),
        Sample("/dev/loop3       55M   55M     0 100% /snap/core/2284", {"severity_number": 9}),
        Sample(
            "               total        used        free      shared  buff/cache   available\n"
            "Mem:           24105       23713          39         131         353         110",
            {
                "severity_number": 13,
                "body": "memory is 0 % available: 110 of 24105\n"
                "Mem:           24105       23713          39         131         353         110",
            },
        ),
        Sample("Swap:           2047        1996          51", {"severity_number": 13}),
        Sample(
            "  UNIT          LOAD   ACTIVE SUB    DESCRIPTION\n● nginx.service loaded failed failed A high performance web server",
            {
                "severity_number": 17,
                "body": "unit nginx.service is failed (failed): A high performance web server\n"
                "● nginx.service loaded failed failed A high performance web server",
            },
        ),
        Sample(
            "NAMESPACE   NAME          READY   STATUS             RESTARTS      AGE\n"
            "shop        api-7c9f-x2   0/1     CrashLoopBackOff   7 (2m ago)    14m",
            {
                "severity_number": 17,
                "body": "pod shop/api-7c9f-x2 is CrashLoopBackOff, 0/1 ready, 7 (2m ago) restarts\n"
                "shop        api-7c9f-x2   0/1     CrashLoopBackOff   7 (2m ago)    14m",
            },
        ),
        Sample(
            "CONTAINER ID   IMAGE      COMMAND      CREATED      STATUS                    PORTS     NAMES\n"
            '4f1c2d3e4a5b   shop:2     "/run.sh"    2 days ago   Exited (137) 2 hours ago            shop-1',
            {"severity_number": 13},
        ),
    ),
)
