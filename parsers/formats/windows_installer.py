"""The log of Windows Installer (msiexec /l*v), whose lines name the time of day and whose first and last line the date."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

from ..contract import Source
from ..excerpt import head_lines
from ..lines import LineFormat, Sample
from ..plan import Plan
from ..times import Clock

_DATED = re.compile(
    r"^=== (?:Verbose )?[Ll]ogging (?P<what>started|stopped): ([0-9]{1,4})[/.\-]([0-9]{1,2})[/.\-]([0-9]{1,4})\.? "
)
_TIME = r"[\[ ]\[?[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?::[0-9]{3})?\]?: "


class Installer(LineFormat):
    """Lines of the client, the server and custom actions."""

    def plan(self, source: Source, clock: Clock) -> Plan:
        """As for any line format, with the date of the first line, or of the last one where the beginning is cut off."""
        plan = super().plan(source, clock)
        dated = next((match for line in head_lines(source) if (match := _DATED.match(line))), None)
        day = _day(dated) if dated else None
        if dated is None or day is None:
            return plan
        note = f"date {day} from the line that tells when logging {dated['what']}"
        return replace(plan, clock=replace(clock, date=(day - date(1970, 1, 1)).days, last_second=86_400, note=note))


def _day(match: re.Match[str]) -> date | None:
    """The date of a match. The order is that of the machine's locale: with slashes the month is first, unless it cannot be."""
    first, second, third = (int(match[i]) for i in (2, 3, 4))
    if first > 31:
        year, month, day = first, second, third
    elif "/" in match[0] and first <= 12:
        year, month, day = third, first, second
    else:
        year, month, day = third, second, first
    try:
        return date(year, month, day)
    except ValueError:
        return None


FORMAT = Installer(
    name="windows_installer",
    title="Windows Installer (MSI)",
    reference="https://learn.microsoft.com/windows/win32/msi/windows-installer-logging",
    patterns=(
        r"^MSI \((?P<scope_name>[cs])\) \([0-9A-Fa-f]{2}[:!][0-9A-Fa-f]{2}\)" + _TIME + r"(?P<body>.*)$",
        r"^(?P<body>Action (?:start|ended) [0-9]{1,2}:[0-9]{2}:[0-9]{2}: .*)$",
        # Messages for the user have no header.
        r"^(?P<body>(?P<severity_text>Error|Warning|Info) [0-9]{3,5}\. ?.*)$",
        r"^=== (?P<body>(?:Verbose )?[Ll]ogging (?:started|stopped): .*)$",
    ),
    times=("clock_bracket", "clock_inside"),
    confidence=0.95,
    samples=(
        Sample(
            "MSI (s) (A4:1C) [09:26:53:589]: Product: Shop -- Error 1722. There is a problem with this Windows Installer package.",
            {
                "severity_number": 17,
                "body": "Product: Shop -- Error 1722. There is a problem with this Windows Installer package.",
            },
        ),
        Sample(
            "Error 1303. The installer has insufficient privileges to access this directory: C:\\Shop.",
            {"severity_number": 17},
        ),
        Sample("Action ended 09:26:54: InstallFinalize. Return value 3.", {"severity_number": 17}),
        Sample("MSI (c) (A4:20) [09:26:55:001]: Resetting cached policy values", {"scope_name": "c"}),
    ),
)
