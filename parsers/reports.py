"""Formats of whole reports: a crash is told by many lines, in a file that holds one report or a few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

from .contract import Source
from .plan import Plan, Slice
from .records import RecordFormat, Records
from .text import SLICE_BYTES, slices


@dataclass(frozen=True)
class ReportFormat(RecordFormat):
    """A text format in which each report is a record."""

    def slices(self, source: Source, plan: Plan, size: int = SLICE_BYTES) -> Iterator[Slice]:
        """Slices no smaller than a report, which has some hundred kilobytes."""
        return slices(source, plan.encoding, self.starts_record, max(size, SLICE_BYTES))

    def begins(self, lines: Sequence[str]) -> list[int]:
        """The first line of each report."""
        return [at for at, line in enumerate(lines) if self.starts_record(line)]

    def records(self, lines: Sequence[str]) -> Records:
        """Each report is a record; what stands ahead of the first is none."""
        found = Records()
        begins = self.begins(lines)
        found.skipped = begins[0] if begins else len(lines)
        for at, end in pairwise([*begins, len(lines)]):
            self.add_report(found, at, lines[at:end])
        return found

    def add_report(self, found: Records, at: int, lines: Sequence[str]) -> None:
        """Add the report of some lines, which begins at line `at` of the slice."""
        raise NotImplementedError
