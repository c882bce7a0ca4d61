"""Formats whose records are parsed one by one: JSON, CSV, exports with a field a line.

A `RecordFormat` turns the lines of a slice into `Records`: columns of texts. The engine does the rest: times,
severities, shapes. That is slower than the line engine (some 20 MB/s) and exact.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from . import severity
from .batch import Batch, large_strings, shape_codes
from .continuation import CONTINUATION, EXCEPTION, carry, carry_severity
from .contract import Problem, Source
from .excerpt import head_lines
from .inner import cut_up, fields_of_messages, find_inner, read_messages, times_of_messages
from .lines import Sample
from .plan import Plan, Slice
from .schema import HEADER_FIELDS
from .text import SLICE_BYTES, Lines, detect_encoding, line_ends, read_slice, slices
from .time_layout import find_kind, find_layout
from .times import NAT, Clock, parse_times
from .traces import kinds, may_continue, soon, traced

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
        follows: Sequence[bool],
        fields: Mapping[str, Sequence[str | None]],
    ) -> None:
        """Append records of which no more is known."""
        before = len(self.line)
        self.line += lines
        self.body += [valid(body[:BODY_CHARACTERS]) for body in bodies]
        self.time += [None if time is None else valid(time) for time in times]
        self.severity += [0] * len(lines)
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
        found = _cut_up(self.headed_records(piece.heading, texts, plan), plan)
        problems = list(lines.problems)
        if found.malformed:
            first = found.malformed[0] + 1
            problems.append(
                Problem(
                    source.path,
                    "malformed",
                    f"{len(found.malformed):,} lines are no valid {self.title}, the first is line {first:,} "
                    "of its slice; they were read as plain text.",
                )
            )
        batch = _batch(found, lines, plan, tuple(problems), self.streamed, self.vague)
        batch.quoted = self.quoted
        places = np.array(_places(found, texts), np.int64)
        batch.shown = (lines.numbers[places], lines.offsets[places])
        return batch


def _cut_up(found: Records, plan: Plan) -> Records:
    """The records, each message that is several lines of a log as so many records."""
    if not plan.inner or not any("\n" in body for body in found.body):
        return found
    parts = [cut_up(body, plan) if "\n" in body else [body] for body in found.body]
    if all(len(part) == 1 for part in parts):
        return found
    rows = [row for row, part in enumerate(parts) for _ in part]
    first = [place == 0 for part in parts for place in range(len(part))]
    return Records(
        line=[found.line[row] for row in rows],
        body=[body for part in parts for body in part],
        # The lines behind the first have times of their own.
        time=[found.time[row] if starts else None for row, starts in zip(rows, first, strict=True)],
        severity=[found.severity[row] for row in rows],
        fields={name: [values[row] for row in rows] for name, values in found.fields.items()},
        continues=[found.continues[row] and starts for row, starts in zip(rows, first, strict=True)],
        follows=[found.follows[row] or not starts for row, starts in zip(rows, first, strict=True)],
        skipped=found.skipped,
        malformed=found.malformed,
    )


# How much of a message is looked for in the lines of its record, up to a character that an export may write otherwise.
_TOLD = re.compile(r"[^\"'\\<>&\n]{4,40}")


def _places(found: Records, lines: Sequence[str]) -> list[int]:
    """The line of each record that has its message: "{" or "Event[0]:" is what people should not have to look at."""
    places = list(found.line)
    for place, (at, end) in enumerate(pairwise([*found.line, len(lines)])):
        if end - at < 2:
            continue
        told = _TOLD.match(found.body[place].lstrip())
        if told is not None:
            text = told[0].rstrip()
            places[place] = next((row for row in range(at, end) if text in lines[row]), at)
    return places


def _batch(
    found: Records,
    file: Lines,
    plan: Plan,
    problems: tuple[Problem, ...],
    streamed: bool,
    vague: tuple[int, ...],
) -> Batch:
    bodies = pl.Series("body", found.body, dtype=pl.String)
    flat = bodies.str.replace_all(r"[\r\n]+", " ")
    buffer = "".join(line + "\n" for line in flat.to_list()).encode("utf-8", "replace")
    ends = line_ends(buffer)
    code, first, hashes, bare = shape_codes(buffer, ends, line_ends)
    text = large_strings(buffer, ends)
    shapes = text.gather(first).str.strip_chars_end("\n")
    row = np.array(found.line, np.int64)
    # The first line is the message; what follows it are traces and details.
    whole = bodies.gather(first)
    lines = whole.str.splitn("\n", 2).struct.field("field_0")
    messages = read_messages(text, whole, code, plan)
    time = _times(found.time, plan)
    numbers = np.array(found.severity, np.uint8)
    numbers = np.where(messages.severity > 0, messages.severity, numbers).astype(np.uint8)
    numbers = _severities(numbers, shapes, code, vague)
    starts = _starts(found, time, lines, messages.matched, code, numbers, streamed)
    if len(starts):
        starts[0] = True
    return Batch(
        text=text,
        buffer=buffer,
        ends=ends,
        line_number=file.numbers[row],
        offsets=file.offsets[row],
        code=code,
        shapes=shapes,
        bare=bare,
        shape_hash=hashes,
        bodies=messages.bodies,
        starts=starts,
        time=carry(times_of_messages(text, time, plan), starts),
        severity=carry_severity(numbers, starts),
        line_count=file.count,
        extract=lambda batch, records, wanted: _extract(batch, records, bodies, found, plan),
        skipped=found.skipped,
        problems=problems,
    )


def _starts(
    found: Records,
    time: NDArray[np.int64],
    lines: pl.Series,
    matched: NDArray[np.bool_],
    code: NDArray[np.int32],
    severity: NDArray[np.uint8],
    streamed: bool,
) -> NDArray[np.bool_]:
    """bool[n]: rows that begin a record; a collector makes a record of each line of a stack trace.

    Args:
        found: the rows.
        time: of the rows.
        lines: k strings, the first lines of the messages of the shapes.
        matched: bool[k], messages that have a header of their own, so that they continue nothing.
        code: int32[n], the shape of each row.
        severity: of the rows.
        streamed: as RecordFormat.streamed.
    """
    continues = np.array(found.continues, np.bool_)
    inside: NDArray[np.bool_] = lines.str.contains(CONTINUATION.pattern).to_numpy() & ~matched
    kind = np.where(matched, 0, kinds(lines)).astype(np.uint8)
    if not inside.any() and not kind.any():
        return ~continues
    if streamed:
        together = np.array(found.follows, np.bool_)
    else:
        # Some collectors leave one blank ahead of every message, and none of a message that is empty.
        inside &= lines.str.contains(r"^(?:\S|\t|  )").to_numpy()
        together = _together(found, time, np.flatnonzero((inside | (kind > 0))[code]))
    joined, begins = traced(kind[code], together, severity)
    return ~(((continues | (inside[code] & together)) & ~begins) | joined)


def _together(found: Records, time: NDArray[np.int64], rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """bool[n]: which of the given rows are of the program of the row before them, and came right behind it."""
    rows = rows[rows > 0]
    rows = rows[(time[rows] != NAT) & soon(time[rows - 1], time[rows])]
    for name in ("service_name", "host_name"):
        if (values := found.fields.get(name)) is not None and len(rows):
            rows = rows[[values[row] == values[row - 1] for row in rows]]
    out = np.zeros(len(time), np.bool_)
    out[rows] = True
    return out


def _times(texts: Sequence[str | None], plan: Plan) -> NDArray[np.int64]:
    series = pl.Series("time", texts, dtype=pl.String)
    if plan.layout is None or not len(series):
        return np.full(len(series), NAT, np.int64)
    micros = parse_times(series, plan.layout.kind, plan.clock)
    # Most files write all their times in one way; what does not fit is read by the way of its own first value.
    rest = np.flatnonzero((micros == NAT) & series.is_not_null().to_numpy())
    if len(rest):
        other = series.gather(rest)
        kind = find_kind(other.head(50).to_list(), fields=True)
        if kind is not None:
            micros[rest] = parse_times(other, kind, plan.clock)
    return micros


def _severities(
    numbers: NDArray[np.uint8], shapes: pl.Series, code: NDArray[np.int32], vague: tuple[int, ...]
) -> NDArray[np.uint8]:
    """The severities of records; where a record names none, by a severity word near the start of its body."""
    if not len(numbers) or not np.isin(numbers, (0, *vague)).any():
        return numbers
    return severity.told(numbers, severity.of_messages(shapes)[code], vague)


def _extract(batch: Batch, records: NDArray[np.int64], bodies: pl.Series, found: Records, plan: Plan) -> pl.DataFrame:
    heads = batch.heads
    rows = heads[records]
    body = bodies.gather(rows)
    if len(heads) != len(batch):
        ends = np.append(heads, len(batch))[records + 1]
        joined = ["\n".join(found.body[start:end]) for start, end in zip(rows, ends, strict=True)]
        body = pl.Series("body", joined, dtype=pl.String)
    columns = [body.alias("body")]
    columns += [
        pl.Series(name, values, dtype=pl.String).gather(rows).alias(name) for name, values in found.fields.items()
    ]
    frame = pl.DataFrame(columns)
    if plan.inner:
        frame = fields_of_messages(frame, plan)
        body = frame.get_column("body")
    thrown = body.str.extract(EXCEPTION, 1).alias("exception_type")
    if "exception_type" in frame.columns:
        thrown = pl.select(pl.coalesce(frame.get_column("exception_type"), thrown)).to_series().alias("exception_type")
    return frame.with_columns(thrown)


def looks_continued(body: str) -> bool:
    """Whether a message goes on with the message before it: a line of a stack trace, or a blank one in it."""
    return CONTINUATION.match(body) is not None or may_continue(body)
