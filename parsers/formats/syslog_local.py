"""Syslog without a host: BSD's, router's and macOS's forms, and daemons that write the file themselves."""

from __future__ import annotations

import re
from collections import Counter

from ..contract import Source
from ..excerpt import head_lines
from ..lines import LineFormat, Sample
from ..severity import DEFAULT_PRIORITIES
from .syslog import LEVEL_AHEAD, severity_of_pri

_STAMP = (
    r"^(?:<[0-9]{1,3}>)?(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}[0-9]{1,2} "
    r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? "
)
# A name of a program: a word, or up to three ("ntp client").
_WORD = r"[A-Za-z_][A-Za-z0-9_.\-/]{0,40}"
_TAGGED = re.compile(_STAMP + _WORD + r"(?:\[[0-9]+\])?: ")
_STAMPED = re.compile(_STAMP)


class LocalSyslog(LineFormat):
    """Syslog of which no line names a host, which a single line does not tell."""

    def starts_record(self, line: str) -> bool:
        """Whether a line begins a record: the name of a level ahead of the message is no program."""
        return self._start.match(line) is not None and not LEVEL_AHEAD.match(line)

    def sniff(self, source: Source) -> float:
        """As any format, where most lines have their program right behind the time."""
        lines = [line for line in head_lines(source, 200) if _STAMPED.match(line)]
        others = [_STAMPED.sub("", line).partition(" ")[0] for line in lines if not _TAGGED.match(line)]
        tagged = len(lines) - len(others)
        # A host comes again and again; the first words of messages and of longer names differ.
        most = Counter(others).most_common(1)
        differ = not most or 2 * most[0][1] <= len(others)
        return super().sniff(source) if tagged > (0.2 if differ else 0.5) * len(lines) else 0.0


FORMAT = LocalSyslog(
    name="syslog_local",
    title="BSD syslog without hosts",
    reference="RFC 3164, section 4.1.3; syslogd(8)",
    patterns=(
        _STAMP + r"(?P<service_name>" + _WORD + r"(?: [a-z][a-z0-9_\-]{1,20}){0,2})(?:\[[0-9]+\])?: ?(?P<body>.*)$",
        _STAMP + r"(?P<body>.*)$",
    ),
    times=("syslog",),
    severity_digits=r"^<([0-9]{1,3})>",
    severity_of=severity_of_pri,
    vague=DEFAULT_PRIORITIES,
    confidence=0.92,
    samples=(
        Sample(
            "Mar 14 09:26:53 kernel: em0: link state changed to DOWN",
            {
                "time": "2026-03-14T09:26:53Z",
                "host_name": None,
                "service_name": "kernel",
                "body": "em0: link state changed to DOWN",
            },
        ),
        Sample(
            "<11>Mar 14 09:26:55 ntp client: no answer",
            {"severity_number": 17, "host_name": None, "service_name": "ntp client", "body": "no answer"},
        ),
        Sample("Mar 14 09:26:53 last message repeated 3 times", {"host_name": None, "service_name": None}),
        Sample(
            "Mar 14 09:26:54 ntpd[812]: time server 10.0.0.7 is not responding",
            {"service_name": "ntpd", "body": "time server 10.0.0.7 is not responding"},
        ),
    ),
)
