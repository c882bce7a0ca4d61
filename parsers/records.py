"""Formats whose records are parsed one by one: JSON, CSV, exports with a field a line.

A `RecordFormat` turns the lines of a slice into `Records`: columns of texts. record_batch.py does the rest:
times, severities, shapes. That is slower than the line engine (some 20 MB/s) and exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np

from .batch import Batch
from .continuation import CONTINUATION
from .contract import Problem, Source
from .excerpt import head_lines
from .inner import find_inner
from .lines import Sample
from .plan import Plan, Slice
from .record_batch import batch_of, cut_apart, places_of
from .schema import HEADER_FIELDS
from .text import SLICE_BYTES, detect_encoding, read_slice, slices
from .time_layout import find_kind, find_layout
from .times import Clock
from .traces import may_continue

# A record may hold a whole stack trace or a whole document; this much of it is searched and shown.
BODY_CHARACTERS = 65_536


@dataclass(slots=True)
class Records:
    """Records as columns of equal length.

    Attributes:
        line: first line of each record, from 0 within the slice.
        body: the message; it may have several lines.
        time: as written, or None. A number is an epoch: seconds, or milli-, micro-, nanoseconds by its size.
        severity: OpenTelemetry number; 0 where it is not known.
        fields: further columns by their name in schema.HEADER_FIELDS; None where a record has none.
        continues: records that continue the one before them.
        follows: records that come from the stream of the one before them, so that they continue it where they are lines
            of its stack trace.
        skipped: lines that are no record.
        malformed: line numbers (from 0) of records that the format does not allow; they are kept as text.
    """

    line: list[int] = field(default_factory=list)
    body: list[str] = field(default_factory=list)
    time: list[str | None] = field(default_factory=list)
    severity: list[int] = field(default_factory=list)
    fields: dict[str, list[str | None]] = field(default_factory=dict)
    continues: list[bool] = field(default_factory=list)
    follows: list[bool] = field(default_factory=list)
    skipped: int = 0
    malformed: list[int] = field(default_factory=list)

    def add(
        self,
        line: int,
        body: str,
        time: str | None = None,
        severity_number: int = 0,
        continues: bool = False,
        fields: Mapping[str, str | None] | None = None,
        follows: bool = False,
    ) -> None:
        """Append a record."""
        self.line.append(line)
        body = body[:BODY_CHARACTERS]
        self.body.append(valid(body))
        self.time.append(None if time is None else valid(time))
        self.severity.append(severity_number)
        self.continues.append(continues)
        self.follows.append(follows)
        if fields is None:
            for column in self.fields.values():
                column.append(None)
            return
        for name, column in self.fields.items():
            value = fields.get(name)
            column.append(None if value is None else valid(value))
        for name, value in fields.items():
            if name not in self.fields and value is not None and name in HEADER_FIELDS:
                self.fields[name] = [None] * (len(self.line) - 1) + [valid(value)]

    def extend(
        self,
        lines: Sequence[int],
        bodies: Sequence[str],
        times: Sequence[str | None],
        severities: Sequence[int],
        follows: Sequence[bool],
        fields: Mapping[str, Sequence[str | None]],
    ) -> None:
        """Append records of which none continues another one for sure."""
        before = len(self.line)
        self.line += lines
        self.body += [valid(body[:BODY_CHARACTERS]) for body in bodies]
        self.time += [None if time is None else valid(time) for time in times]
        self.severity += severities
        self.continues += [False] * len(lines)
        self.follows += follows
        for name, values in fields.items():
            column = self.fields.setdefault(name, [None] * before)
            column += [None if value is None else valid(value) for value in values]
        for name, column in self.fields.items():
            if name not in fields:
                column += [None] * len(lines)

    def know(self, name: str, value: str) -> None:
        """Give the last record a field that it was added without."""
        column = self.fields.get(name)
        if column is None:
            column = self.fields[name] = [None] * len(self.line)
        column[-1] = valid(value)


def valid(text: str) -> str:
    """A text without lone surrogates, which JSON can spell and UTF-8 cannot."""
    return text if text.isascii() else text.encode("utf-8", "replace").decode("utf-8")


@dataclass(frozen=True)
class RecordFormat:
    """A format that reads records by a function of its own; subclasses say how.

    Attributes:
        name, title, reference, samples: as for LineFormat.
    """

    searched: ClassVar[bool] = True
    # As for Batch.
    quoted: ClassVar[str] = ""
    # As for LineFormat.
    vague: ClassVar[tuple[int, ...]] = ()
    # Whether records say of which stream they are (Records.follows); of others it is told by program, host and time.
    streamed: ClassVar[bool] = False
    # Finds lines that say what all lines behind them belong to, up to the next such line: a slice is told the last one.
    headings: ClassVar[re.Pattern[bytes] | None] = None

    name: str
    title: str
    reference: str
    samples: Sequence[Sample]

    def starts_record(self, line: str) -> bool:
        """Whether a line begins a record; slices are cut in front of such lines."""
        raise NotImplementedError

    def records(self, lines: Sequence[str]) -> Records:
        """The records of the lines of a slice."""
        raise NotImplementedError

    def slice_records(self, lines: Sequence[str], plan: Plan) -> Records:
        """The records of the lines of a slice, by what was decided for the file."""
        return self.records(lines)

    def headed_records(self, heading: str, lines: Sequence[str], plan: Plan) -> Records:
        """The same, where a line ahead of the slice says what its first lines belong to."""
        if not heading:
            return self.slice_records(lines, plan)
        found = self.slice_records([heading, *lines], plan)
        found.line = [max(0, at - 1) for at in found.line]
        found.malformed = [max(0, at - 1) for at in found.malformed]
        found.skipped = max(0, found.skipped - 1)
        return found

    def sniff(self, source: Source) -> float:
        """How sure this format is that the source is its own: 0 .. 1."""
        raise NotImplementedError

    def plan(self, source: Source, clock: Clock) -> Plan:
        """Decide, from the head of the file, how its times are written."""
        found = self.records(self.head(source))
        times = [time for time in found.time if time]
        kind = find_kind(times, fields=True)
        layout = find_layout(times, kind) if kind else None
        services = found.fields.get("service_name") or [None] * len(found.body)
        inner = find_inner(zip(services, found.body, strict=True), clock)
        return Plan(detect_encoding(source.head), layout, clock, inner=inner)

    def head(self, source: Source) -> Sequence[str]:
        """Lines by which a file is planned."""
        return [line for line in head_lines(source, 200) if line.strip()]

    def slices(self, source: Source, plan: Plan, size: int = SLICE_BYTES) -> Iterator[Slice]:
        """Cut the file into slices that begin with a record."""
        return slices(source, plan.encoding, self._starts_another, size, self.headings)

    def _starts_another(self, line: str) -> bool:
        """Whether a line begins a record that is no line of a trace."""
        if not self.starts_record(line):
            return False
        return not any(map(looks_continued, self.records([line]).body))

    def read(self, source: Source, piece: Slice, plan: Plan) -> Batch:
        """Read one slice."""
        lines = read_slice(source, piece, plan.encoding, plan.line_bytes)
        texts = lines.text.decode("utf-8", "replace").split("\n")[:-1]
        texts = [text.rstrip("\r") for text in texts]
        found = cut_apart(self.headed_records(piece.heading, texts, plan), plan)
        problems = list(lines.problems)
        if found.malformed:
            # The lines ahead of a later slice are not counted here.
            where = f", the first is line {found.malformed[0] + 1:,}" if piece.start <= plan.encoding.bom else ""
            problems.append(
                Problem(
                    source.path,
                    "malformed",
                    f"{len(found.malformed):,} lines are no valid {self.title}{where}; they were read as plain text.",
                )
            )
        batch = batch_of(found, lines, plan, tuple(problems), self.streamed, self.vague)
        batch.quoted = self.quoted
        places = np.array(places_of(found, texts), np.int64)
        batch.shown = (lines.numbers[places], lines.offsets[places])
        return batch


def looks_continued(body: str) -> bool:
    """Whether a message goes on with the message before it: a line of a stack trace, or a blank one in it."""
    return CONTINUATION.match(body) is not None or may_continue(body)
