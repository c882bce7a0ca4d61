"""What WinDbg and kd print of a dump: !analyze -v after a blue screen of Windows or the crash of a program."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..records import Records
from ..reports import ReportFormat
from ..severity import FATAL

_BEGINS = re.compile(
    r"^(?:Microsoft \(R\) Windows Debugger Version|Loading Dump File \[|Symbol search path is: |Opened log file ')"
)
_ANALYSIS = re.compile(r"^\* +(?:Bugcheck|Exception) Analysis +\*$")
_LABEL = re.compile(r"^ *([A-Z][A-Z0-9_]+): +(\S.*)$")
_BUGCHECK = re.compile(r"^([A-Z][A-Z0-9_]{5,}) \(([0-9a-f]{1,8})\)$|^BugCheck ([0-9A-F]{1,8}), \{")
_CODE = re.compile(r"^\([0-9a-f]+\.[0-9a-f]+\): (.+? - code [0-9a-f]{8})|^ *ExceptionCode: ([0-9a-f]{8} ?.*)$")
_TIME = re.compile(
    r"^Debug session time: [A-Z][a-z]{2} ([A-Z][a-z]{2}) +([0-9]{1,2}) ([0-9:]{8}(?:\.[0-9]{1,3})?) ([0-9]{4})"
    r"(?: \(UTC ([+-]) ?([0-9]{1,2}):([0-9]{2})\))?"
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


@dataclass(frozen=True)
class DebuggerOutput(ReportFormat):
    """The output of one session is a record: what stopped, in a sentence, and all lines."""

    def starts_record(self, line: str) -> bool:
        """Whether the output of a debugger begins."""
        return _BEGINS.match(line) is not None

    def sniff(self, source: Source) -> float:
        """Certain by the headline of the analysis and by the labels that it prints."""
        lines = head_lines(source, 400)
        if not any(self.starts_record(line) or _ANALYSIS.match(line) for line in lines[:80]):
            return 0.0
        labels = {match[1] for line in lines if (match := _LABEL.match(line))}
        known = {"PROCESS_NAME", "MODULE_NAME", "IMAGE_NAME", "FAILURE_BUCKET_ID", "BUGCHECK_CODE", "BUCKET_ID"}
        return 0.97 if len(labels & known) > 1 else 0.0

    def head(self, source: Source) -> Sequence[str]:
        """All of the head: the analysis stands behind lists of modules."""
        return head_lines(source, 20_000)

    def begins(self, lines: Sequence[str]) -> list[int]:
        """The first line of each session; the first lines of one begin in several ways."""
        firsts: list[int] = []
        analysed, seen = False, 0
        for at in super().begins(lines):
            analysed = analysed or any(map(_LABEL.match, lines[seen:at]))
            seen = at
            if not firsts or analysed:
                firsts.append(at)
                analysed = False
        return firsts or [next((at for at, line in enumerate(lines) if _ANALYSIS.match(line)), 0)]

    def add_report(self, found: Records, at: int, lines: Sequence[str]) -> None:
        """Add what stopped and where, and the output."""
        labels: dict[str, str] = {}
        for line in lines:
            if match := _LABEL.match(line):
                labels.setdefault(match[1], match[2].strip())
        bugcheck = next((match for line in lines if (match := _BUGCHECK.match(line))), None)
        code = next((match for line in lines if (match := _CODE.match(line))), None)
        time = next((match for line in lines if (match := _TIME.match(line))), None)
        module = labels.get("IMAGE_NAME") or labels.get("MODULE_NAME")
        symbol = labels.get("SYMBOL_NAME")
        where = f", in {symbol or module}" if symbol or module else ""
        name = labels.get("PROCESS_NAME")
        if bugcheck is not None:
            stop = bugcheck[1] or "stop code"
            said = f"Windows stopped with a blue screen: {stop} ({bugcheck[2] or bugcheck[3]}){where}"
        elif code is not None or "FAILURE_BUCKET_ID" in labels:
            kind = (code[1] or code[2]).strip() if code is not None else labels["FAILURE_BUCKET_ID"]
            said = f"process {name or '?'} crashed: {kind}{where}"
        else:
            found.add(at, "\n".join(lines), _stamp(time))
            return
        found.add(at, "\n".join([said, *lines]), _stamp(time), FATAL, fields={"service_name": name})


def _stamp(time: re.Match[str] | None) -> str | None:
    if time is None or time[1] not in _MONTHS:
        return None
    zone = f"{time[5]}{int(time[6]):02d}:{time[7]}" if time[5] else ""
    return f"{time[4]}-{_MONTHS.index(time[1]) + 1:02d}-{int(time[2]):02d}T{time[3]}{zone}"


def _sample(second: int, middle: str) -> str:
    return (
        "Microsoft (R) Windows Debugger Version 10.0.25200.1003 AMD64\n\nSymbol search path is: srv*\n"
        f"Debug session time: Sat Mar 14 10:26:{second}.123 2026 (UTC + 1:00)\n"
        f"{middle}\n\nPROCESS_NAME:  shop.exe\n\nSYMBOL_NAME:  paylib!Charge+29\n\nMODULE_NAME: paylib\n\nIMAGE_NAME:  paylib.dll\n"
    )


FORMAT = DebuggerOutput(
    name="windbg",
    title="WinDbg output (!analyze -v)",
    reference="https://learn.microsoft.com/en-us/windows-hardware/drivers/debuggercmds/-analyze",
    samples=(
        Sample(
            _sample(53, "(a84.1d50): Access violation - code c0000005 (first/second chance not available)"),
            {"time": "2026-03-14T09:26:53.123Z", "severity_number": 21, "service_name": "shop.exe"},
        ),
        Sample(
            _sample(54, "DRIVER_IRQL_NOT_LESS_OR_EQUAL (d1)\nAn attempt was made to access a pageable address"),
            {"time": "2026-03-14T09:26:54.123Z", "severity_number": 21},
        ),
        Sample(
            _sample(55, "FAILURE_BUCKET_ID:  INVALID_POINTER_READ_c0000005_paylib.dll!Charge"), {"severity_number": 21}
        ),
    ),
)
