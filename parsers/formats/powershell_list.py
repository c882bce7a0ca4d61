"""Windows events as PowerShell lists them: a property a line, as `Get-WinEvent | Format-List` prints."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..plan import Plan, Slice
from ..records import RecordFormat, Records
from ..text import SLICE_BYTES, slices
from ..time_layout import find_kind
from ..times import Clock
from .tables import CSV

_PROPERTY = re.compile(r"^([A-Za-z][A-Za-z0-9_]{1,40}) *: ?(.*)$")
_EVENT = frozenset(("timecreated", "timegenerated", "timewritten"))


@dataclass(frozen=True)
class PowerShellList(RecordFormat):
    """Objects of properties; one begins where a property comes again."""

    def starts_record(self, line: str) -> bool:
        """Whether a line is a property."""
        return _PROPERTY.match(line) is not None

    def sniff(self, source: Source) -> float:
        """The share of objects that are events."""
        lines = head_lines(source, 200)
        objects = [row for _, row, _ in _objects(lines)]
        events = [row for row in objects if _EVENT & row.keys() and ("message" in row or "leveldisplayname" in row)]
        times = [row[name] for row in events for name in _EVENT & row.keys()]
        return 0.93 * len(events) / len(objects) if events and find_kind(times, fields=True) is not None else 0.0

    def plan(self, source: Source, clock: Clock) -> Plan:
        """As for any format of records, with the name of the property that begins an object."""
        first = next((match[1] for line in head_lines(source, 200) if (match := _PROPERTY.match(line))), "")
        return replace(super().plan(source, clock), columns=(first,))

    def slices(self, source: Source, plan: Plan, size: int = SLICE_BYTES) -> Iterator[Slice]:
        """Cut the file in front of objects."""

        def begins(line: str) -> bool:
            match = _PROPERTY.match(line)
            return match is not None and match[1] == plan.columns[0]

        return slices(source, plan.encoding, begins, size)

    def records(self, lines: Sequence[str]) -> Records:
        """Each object is a record."""
        found = Records()
        for at, row, text in _objects(lines):
            CSV.add(found, at, row, text, ())
        found.skipped = found.line[0] if found.line else len(lines)
        return found


def _objects(lines: Sequence[str]) -> Iterator[tuple[int, dict[str, str], str]]:
    """Objects with the number of their first line, and their text; keys are in lower case."""
    row: dict[str, str] = {}
    first, last = 0, ""
    for at, line in enumerate(lines):
        match = _PROPERTY.match(line)
        if match is None:
            if last and line.strip():
                row[last] = f"{row[last]}\n{line.strip()}"
            continue
        last = match[1].lower()
        if last in row or not row:
            if row:
                yield first, row, "\n".join(lines[first:at]).rstrip("\n")
            row, first = {}, at
        row[last] = match[2]
    if row:
        yield first, row, "\n".join(lines[first:]).rstrip("\n")


FORMAT = PowerShellList(
    name="powershell_list",
    title="Windows events listed by PowerShell (Get-WinEvent, Get-EventLog | Format-List)",
    reference="https://learn.microsoft.com/en-us/powershell/module/microsoft.powershell.diagnostics/get-winevent",
    samples=(
        Sample(
            "TimeCreated      : 3/14/2026 9:26:53 AM\nProviderName     : Disk\nId               : 7\nLevelDisplayName : Error\nMachineName      : db-1\nMessage          : The device has a bad block.\n                   Again.",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "host_name": "db-1",
                "service_name": "Disk",
                "body": "The device has a bad block.\nAgain.",
            },
        ),
        Sample(
            "TimeCreated      : 3/14/2026 9:26:54 AM\nProviderName     : EventLog\nId               : 6013\nLevelDisplayName : Information\nMessage          : The system uptime is 7 seconds.",
            {"severity_number": 9, "body": "The system uptime is 7 seconds."},
        ),
        Sample(
            "TimeCreated      : 3/14/2026 9:26:55 AM\nProviderName     : e1000\nId               : 27\nLevelDisplayName : Warning\nMessage          : Link down",
            {"severity_number": 13, "body": "Link down"},
        ),
    ),
)
