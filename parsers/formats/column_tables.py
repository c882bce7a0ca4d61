"""Tables whose columns are set apart by blanks or bars, below a line of titles.

What PowerShell's Format-Table and Get-EventLog print, `kubectl get events`, psql, sqlcmd, the clients of MySQL, Markdown: a
column for the time or the age, one for the level or the type, one for the message.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..plan import Plan, Slice
from ..records import RecordFormat, Records
from ..severity import INFO, WARN
from ..text import SLICE_BYTES, slices
from ..times import Clock
from .tables import BODY, CSV, TIME, key

_HEAD = 60
# Below the titles: groups of dashes as wide as the columns, one or more of them.
_DASHES = re.compile(r"^ *-{2,}(?: +-{2,})+ *$")
_RULE = re.compile(r"^[ |+]*[-:=]{2,}[-+|:= ]*$")
_GROUP = re.compile(r"^ *(?:ProviderName|LogName|PSComputerName): (\S.*?) *$")
# kubectl's titles, in capitals, two blanks or more apart.
_CAPITALS = re.compile(r"^[A-Z]+(?: [A-Z]+)?(?: {2,}[A-Z]+(?: [A-Z]+)?){3,} *$")
_FOOT = re.compile(r"^\([0-9]+ rows?( affected)?\)|^[0-9]+ rows? in set|^Time: ")
_EVENT_TYPES = {"Normal": INFO, "Warning": WARN}


@dataclass(frozen=True, slots=True)
class _Columns:
    """Titles as keys of a table, and where their columns begin; no places where bars set them apart."""

    names: tuple[str, ...]
    starts: tuple[int, ...]

    def cells(self, line: str) -> list[str]:
        """The values of a row."""
        if not self.starts:
            return [cell.strip() for cell in line.strip().strip("|").split("|", len(self.names) - 1)]
        cuts = []
        for start in self.starts[1:]:
            # What is set out on the right may be longer than its title, to the left.
            while 0 < start < len(line) and line[start - 1] != " ":
                start = line.rfind(" ", 0, start) + 1
            cuts.append(start)
        return [line[begin:end].strip() for begin, end in zip((0, *cuts), (*cuts, len(line)), strict=True)]


def _titles(line: str, below: str) -> _Columns | None:
    """The columns that a line and the one below it name; None where they name none that a log would have."""
    if line.count("|") > 1 and _RULE.match(below):
        names = tuple(key(title) for title in line.strip().strip("|").split("|"))
        columns = _Columns(names, ())
    elif _DASHES.match(below):
        starts = tuple(match.start() for match in re.finditer(r"-+", below))
        columns = _Columns((), starts)
        columns = _Columns(tuple(key(title) for title in columns.cells(line)), starts)
    elif _CAPITALS.match(line):
        found = list(re.finditer(r"\S+(?: \S+)?", line))
        columns = _Columns(tuple(key(match[0]) for match in found), tuple(match.start() for match in found))
    else:
        return None
    known = set(columns.names)
    timed = known & {*TIME, "lastseen"}
    return columns if timed and known & set(BODY) else None


@dataclass(frozen=True)
class ColumnTable(RecordFormat):
    """Rows below titles; there may be several tables, each below the name of what wrote its events."""

    headings = re.compile(rb"(?m)^ *ProviderName: [^\n]{1,200}$")

    def starts_record(self, line: str) -> bool:
        """Whether a line could be a row."""
        return bool(line.strip()) and not _RULE.match(line)

    def sniff(self, source: Source) -> float:
        """Certain by the titles, where rows follow."""
        lines = head_lines(source, 200)
        place = next((at for at in range(len(lines) - 1) if _titles(lines[at], lines[at + 1])), None)
        # A table far inside of a text is a part of what that text is.
        if place is None:
            return 0.0
        ahead, below = (sum(bool(line.strip()) for line in part) for part in (lines[:place], lines[place + 1 :]))
        return 0.96 if below > ahead else 0.0

    def plan(self, source: Source, clock: Clock) -> Plan:
        """As for any format of records, with the two lines that name the columns, for slices that do not have them."""
        lines = head_lines(source, _HEAD)
        pair = next(((a, b) for a, b in pairwise(lines) if _titles(a, b)), ("", ""))
        return replace(super().plan(source, clock), columns=pair)

    def head(self, source: Source) -> Sequence[str]:
        """The lines of the head, blank ones too."""
        return head_lines(source, 200)

    def slices(self, source: Source, plan: Plan, size: int = SLICE_BYTES) -> Iterator[Slice]:
        """Cut the file in front of rows."""

        def begins(line: str) -> bool:
            row = bool(line.strip()) and not _RULE.match(line) and _GROUP.match(line) is None
            return row and line.rstrip() != plan.columns[0].rstrip()

        return slices(source, plan.encoding, begins, size, self.headings)

    def slice_records(self, lines: Sequence[str], plan: Plan) -> Records:
        """Each row is a record."""
        return self._rows(lines, _titles(*plan.columns) if len(plan.columns) == 2 else None)

    def records(self, lines: Sequence[str]) -> Records:
        """The records of lines, some of which name the columns."""
        return self._rows(lines, None)

    def _rows(self, lines: Sequence[str], columns: _Columns | None) -> Records:
        found = Records()
        group: str | None = None
        for at, line in enumerate(lines):
            if named := _titles(line, lines[at + 1] if at + 1 < len(lines) else ""):
                columns = named
            elif match := _GROUP.match(line):
                group = match[1]
            elif line.strip() and not _RULE.match(line) and not _FOOT.match(line):
                if columns is None:
                    found.add(at, line)
                else:
                    self._add(found, at, line, columns, group)
                continue
            found.skipped += 1
        return found

    @staticmethod
    def _add(found: Records, at: int, line: str, columns: _Columns, group: str | None) -> None:
        cells = columns.cells(line)
        row: dict[str, str] = dict(zip(columns.names, cells, strict=False))
        if "lastseen" in row:
            _add_event(found, at, line, row)
            return
        if group is not None:
            row.setdefault("providername", group)
        CSV.add(found, at, row, line, cells[len(columns.names) :])


def _add_event(found: Records, at: int, line: str, row: Mapping[str, str]) -> None:
    """Add an event of Kubernetes, whose time is its age when it was listed: from when on, nobody knows any more."""
    body = f"{row.get('message') or line}\n{row.get('reason', '')} {row.get('object', '')}".rstrip()
    found.add(at, body, None, _EVENT_TYPES.get(row.get("type", ""), 0), fields={"service_name": row.get("source")})


FORMAT = ColumnTable(
    name="column_table",
    title="Log table in columns (PowerShell, kubectl get events, psql, MySQL, Markdown)",
    reference="https://learn.microsoft.com/powershell/module/microsoft.powershell.utility/format-table; kubectl-events(1)",
    samples=(
        Sample(
            "   ProviderName: Disk\n\nTimeCreated              Id LevelDisplayName Message\n-----------              -- ---------------- -------\n"
            "3/14/2026 9:26:53 AM      7 Error            The device, \\Device\\Harddisk0\\DR0, has a bad block.",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "service_name": "Disk",
                "body": "The device, \\Device\\Harddisk0\\DR0, has a bad block.",
            },
        ),
        Sample(
            "3/14/2026 9:26:54 AM  70364 Information      The device works.",
            {"time": "2026-03-14T09:26:54Z", "severity_number": 9, "body": "The device works."},
        ),
        Sample(
            "3/14/2026 9:26:55 AM    153 Warning          The IO operation was ret...",
            {"severity_number": 13, "body": "The IO operation was ret..."},
        ),
    ),
)
