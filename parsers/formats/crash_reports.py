"""Reports of crashes that a system wrote about a process: Apple's .crash and .ips, and what coredumpctl lists."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..contract import Source
from ..event_objects import lookup
from ..excerpt import head_lines
from ..json_text import as_text
from ..lines import LineFormat, Sample
from ..records import Records
from ..reports import ReportFormat
from ..severity import ERROR, FATAL

_LABEL = re.compile(r"^([A-Z][A-Za-z/ ]{2,40}): +(\S.*)$")
_FRAME = re.compile(r"^[0-9]+ +(\S+)\s+0x[0-9a-f]+ (.+?)(?: \+ [0-9]+)?$")
_LINES = 20_000


def _told(name: str | None, kind: str | None, detail: str | None, frames: Sequence[str]) -> str:
    """What crashed and where, in one sentence."""
    said = f"process {name or '?'} crashed: {kind or 'unknown exception'}"
    where = f", in {', '.join(frames[:3])}" if frames else ""
    return f"{said}{f' ({detail})' if detail else ''}{where}"


@dataclass(frozen=True)
class CrashReport(ReportFormat):
    """A report is a record."""

    def starts_record(self, line: str) -> bool:
        """Whether a report begins."""
        return line.startswith(("Process: ", "Incident Identifier: "))

    def sniff(self, source: Source) -> float:
        """Certain by the labels that every report has."""
        labels = {match[1] for line in head_lines(source, 60) if (match := _LABEL.match(line))}
        return 0.98 if {"Process", "Exception Type"} <= labels and labels & {"Date/Time", "Identifier"} else 0.0

    def begins(self, lines: Sequence[str]) -> list[int]:
        """The first line of each report; an incident names its process a few lines below."""
        begins = super().begins(lines)
        return [at for at in begins if not any(line.startswith("Incident") for line in lines[max(0, at - 10) : at])]

    def add_report(self, found: Records, at: int, lines: Sequence[str]) -> None:
        """Add what it says in a sentence, and its lines."""
        labels: dict[str, str] = {}
        for line in lines:
            if match := _LABEL.match(line):
                labels.setdefault(match[1], match[2].strip())
        crashed = next((n for n, line in enumerate(lines) if re.match(r"^Thread [0-9]+.*Crashed", line)), len(lines))
        frames = [match[2] for line in lines[crashed + 1 : crashed + 6] if (match := _FRAME.match(line))]
        name = labels.get("Process", "").split(" [")[0]
        detail = labels.get("Exception Subtype") or labels.get("Exception Codes") or labels.get("Termination Reason")
        sentence = _told(name, labels.get("Exception Type"), detail, frames)
        body = "\n".join([sentence, *lines])
        found.add(at, body, labels.get("Date/Time"), FATAL, fields={"service_name": name or None})


APPLE = CrashReport(
    name="apple_crash",
    title="Crash report of macOS or iOS (.crash)",
    reference="https://developer.apple.com/documentation/xcode/examining-the-fields-in-a-crash-report",
    samples=tuple(
        Sample(
            f"Process:               Shop [{n}]\nPath:                  /Applications/Shop.app\nIdentifier:            com.shop\n\n"
            f"Date/Time:             2026-03-14 10:26:5{n}.123 +0100\n\nException Type:        {kind}\nException Codes:       KERN_INVALID_ADDRESS at 0x0\n\n"
            "Thread 0 Crashed:: Dispatch queue: com.apple.main-thread\n0   com.shop     \t0x000000010a1b2c3d pay + 29\n"
            + "\n"
            * 20,
            {"time": f"2026-03-14T09:26:5{n}.123Z", "severity_number": 21, "service_name": "Shop"},
        )
        for n, kind in ((3, "EXC_BAD_ACCESS (SIGSEGV)"), (4, "EXC_CRASH (SIGABRT)"), (5, "EXC_RESOURCE"))
    ),
)


@dataclass(frozen=True)
class Ips(ReportFormat):
    """Two JSON documents: what crashed, on one line, and the report."""

    def starts_record(self, line: str) -> bool:
        """Whether a report begins."""
        return line.startswith("{") and '"bug_type"' in line

    def head(self, source: Source) -> Sequence[str]:
        """All of the head: the report is one document."""
        return head_lines(source, _LINES)

    def sniff(self, source: Source) -> float:
        """Certain by the keys of the first line."""
        found = [self.starts_record(line) and '"timestamp"' in line for line in head_lines(source, 200)]
        return 0.99 if any(found[:-1]) else 0.0

    def add_report(self, found: Records, at: int, lines: Sequence[str]) -> None:
        """Add what it says in a sentence, and its lines."""
        first, report = _object(lines[0]), _object("\n".join(lines[1:]))
        name = as_text(lookup(report, ("procName",)) or lookup(first, ("app_name", "name")))
        time = as_text(lookup(report, ("captureTime", "date")) or lookup(first, ("timestamp",)))
        kind, signal = (as_text(lookup(report, (f"exception.{key}",))) for key in ("type", "signal"))
        if kind is None and not lookup(report, ("termination.indicator",)):
            # Other reports of the same form: what used too much memory or processor time, and so on.
            found.add(at, f"report about {name or '?'}\n" + "\n".join(lines), time, 0, fields={"service_name": name})
            return
        detail = as_text(lookup(report, ("exception.subtype", "termination.indicator", "exception.codes")))
        said = f"{kind or 'terminated'}{f' ({signal})' if signal else ''}"
        body = "\n".join([_told(name, said, detail, _frames(report)), *lines])
        found.add(at, body, time, FATAL, fields={"service_name": name})


def _object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return {}  # cut: what the first line says is left
    return value if isinstance(value, dict) else {}


def _frames(report: dict[str, Any]) -> list[str]:
    """The names of the innermost functions of the thread that crashed."""
    threads = report.get("threads")
    for thread in threads if isinstance(threads, list) else ():
        if isinstance(thread, dict) and thread.get("triggered"):
            frames = thread.get("frames")
            named = (frame.get("symbol") for frame in frames or () if isinstance(frame, dict))
            return [name for name in named if isinstance(name, str)]
    return []


IPS = Ips(
    name="apple_ips",
    title="Crash report of iOS or macOS (.ips)",
    reference="https://developer.apple.com/documentation/xcode/interpreting-the-json-format-of-a-crash-report",
    samples=tuple(
        Sample(
            f'{{"app_name":"Shop","timestamp":"2026-03-14 10:26:5{n}.00 +0100","bug_type":"309"}}\n'
            f'{{"procName":"Shop","captureTime":"2026-03-14 10:26:5{n}.1234 +0100",\n"exception":{{"type":"{kind}","signal":"SIGSEGV"}}}}',
            {
                "time": f"2026-03-14T09:26:5{n}.1234Z",
                "severity_number": 21,
                "service_name": "Shop",
            },
        )
        for n, kind in ((3, "EXC_BAD_ACCESS"), (4, "EXC_CRASH"), (5, "EXC_RESOURCE"))
    ),
)

COREDUMPS = LineFormat(
    name="coredumpctl",
    title="coredumpctl list",
    reference="coredumpctl(1)",
    patterns=(
        r"^[A-Z][a-z]{2} [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} [A-Z+\-0-9]{2,6} +(?P<body>[0-9]+ +[0-9]+ +[0-9]+ +(?:(?P<severity_text>SIG[A-Z]+)|[0-9]+) .*)$",
        r"^TIME +(?P<body>PID +UID +GID +SIG +.*)$",
    ),
    times=("iso",),
    severity_words=dict.fromkeys(
        ("SIGSEGV", "SIGABRT", "SIGBUS", "SIGFPE", "SIGILL", "SIGTRAP", "SIGSYS", "SIGQUIT", "SIGXCPU", "SIGXFSZ"),
        ERROR,
    ),
    confidence=0.99,
    samples=(
        Sample(
            "Sat 2026-03-14 09:26:53 UTC  4242 1000 1000 SIGSEGV present  /usr/bin/shop  1.2M",
            {"time": "2026-03-14T09:26:53Z", "severity_number": 17},
        ),
        Sample(
            "Sat 2026-03-14 10:26:54 CET  4243    0    0 SIGABRT missing  /usr/bin/db        -", {"severity_number": 17}
        ),
        Sample(
            "TIME                          PID  UID  GID SIG     COREFILE EXE            SIZE", {"severity_number": 0}
        ),
    ),
)
