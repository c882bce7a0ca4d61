"""Windows: servicing logs (CBS, DISM) and IIS; exports of the event log are in windows_events."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ..contract import Source
from ..excerpt import head_lines
from ..lines import LineFormat, Sample
from ..plan import Plan
from ..records import RecordFormat, Records
from ..times import Clock
from .access_log import severity_of_status

CBS = LineFormat(
    name="windows_cbs",
    title="Windows servicing log (CBS.log, dism.log)",
    reference="https://learn.microsoft.com/en-us/troubleshoot/windows-server/installing-updates-features-roles/analyze-sfc-program-log-file-entries",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}, (?P<severity_text>Info|Warning|Error|Fatal|Perf) +(?P<scope_name>[A-Z][A-Za-z0-9]*) +(?P<body>.*)$",
    ),
    times=("iso",),
    severity_words={"Perf": 5},
    confidence=0.97,
    samples=(
        Sample(
            "2016-09-28 04:30:30, Info                  CBS    Loaded Servicing Stack v6.1.7601.23505 with Core: C:\\Windows\\winsxs\\cbscore.dll",
            {
                "time": "2016-09-28T04:30:30Z",
                "severity_number": 9,
                "scope_name": "CBS",
                "body": "Loaded Servicing Stack v6.1.7601.23505 with Core: C:\\Windows\\winsxs\\cbscore.dll",
            },
        ),
        Sample(
            "2026-03-14 09:26:53, Error                 CSI    00000009 (F) STATUS_OBJECT_NAME_NOT_FOUND #4242# from Windows::Rtl::SystemImplementation::DirectFileSystemProvider::SysCreateFile",
            {"severity_number": 17, "scope_name": "CSI"},
        ),
        Sample(
            "2026-03-14 09:26:54, Warning               DISM   DISM Provider Store: PID=7 Failed to load the provider",
            {"time": "2026-03-14T09:26:54Z", "severity_number": 13, "scope_name": "DISM"},
        ),
    ),
)


@dataclass(frozen=True)
class W3C(RecordFormat):
    """The W3C extended log file format: a "#Fields:" line names the columns."""

    def starts_record(self, line: str) -> bool:
        """Whether a line is no comment."""
        return not line.startswith("#")

    def sniff(self, source: Source) -> float:
        """Certain when a line of the head names the columns."""
        return 0.98 if _columns(head_lines(source, 40)) else 0.0

    def plan(self, source: Source, clock: Clock) -> Plan:
        """As for any format of records, with the names of the columns."""
        return replace(super().plan(source, clock), columns=_columns(head_lines(source, 40)))

    def slice_records(self, lines: Sequence[str], plan: Plan) -> Records:
        """Each row is a record; its severity is that of its status."""
        return self._rows(lines, plan.columns)

    def records(self, lines: Sequence[str]) -> Records:
        """The records of lines that hold the names of their columns."""
        return self._rows(lines, _columns(lines))

    def _rows(self, lines: Sequence[str], names: Sequence[str]) -> Records:
        found = Records()
        for at, line in enumerate(lines):
            if line.startswith("#Fields:"):
                names = line[8:].split()
            if not line.strip() or line.startswith("#"):
                found.skipped += 1
                continue
            row = dict(zip(names, line.split("\t") if "\t" in line else line.split(), strict=False))
            time = row.get("time", "").strip('"')
            status = row.get("sc-status", "")
            known = len(status) == 3 and status.isdigit()
            fields = {
                "http_response_status_code": status if known else None,
                "host_name": row.get("s-computername"),
                "service_name": row.get("s-sitename"),
            }
            found.add(
                at,
                line,
                f"{row['date']} {time}" if "date" in row else time or None,
                int(severity_of_status(np.array([int(status)]))[0]) if known else 0,
                fields=fields,
            )
        return found


def _columns(lines: Sequence[str]) -> tuple[str, ...]:
    return next((tuple(line[8:].split()) for line in lines if line.startswith("#Fields: ")), ())


IIS = W3C(
    name="w3c_extended",
    title="W3C extended log (IIS, Exchange, CloudFront)",
    reference="https://www.w3.org/TR/WD-logfile.html; https://learn.microsoft.com/en-us/windows/win32/http/w3c-logging",
    samples=(
        Sample(
            "#Software: Microsoft Internet Information Services 10.0\n#Version: 1.0\n#Date: 2026-03-14 09:26:00\n"
            "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer) sc-status sc-substatus sc-win32-status time-taken\n"
            "2026-03-14 09:26:53 10.0.0.2 GET /pay - 443 - 10.0.0.7 Mozilla/5.0+(Windows+NT+10.0) - 503 0 64 5003",
            {"time": "2026-03-14T09:26:53Z", "severity_number": 17, "http_response_status_code": 503},
        ),
        Sample(
            "2026-03-14 09:26:54 fe80::7 POST /login - 443 SHOP\\anna 10.0.0.8 curl/8.5.0 - 401 1 5 12",
            {"time": "2026-03-14T09:26:54Z", "severity_number": 13, "http_response_status_code": 401},
        ),
        Sample(
            "2026-03-14 09:26:55 10.0.0.2 GET / - 443 - 10.0.0.7 curl/8.5.0 - 200 0 0 3",
            {"severity_number": 9, "http_response_status_code": 200},
        ),
    ),
)
