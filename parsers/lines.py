"""The line engine: a text format is a declaration, and the engine works on shapes, not on lines.

A `LineFormat` says how the first line of a record looks; lines that do not look so continue the record
before them. Patterns are valid for Python's `re` (a few lines, to recognise) and for polars' Rust engine (all).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import ClassVar

import numpy as np
import polars as pl
from numpy.typing import NDArray

from . import severity
from .batch import Batch, large_strings, shape_codes
from .continuation import CONTINUATION, EXCEPTION, carry, carry_severity, with_crashes
from .contract import Source
from .excerpt import SNIFFED_LINES, head_lines, sample_lines, spread_lines, spread_text
from .plan import Plan, Slice
from .schema import HEADER_FIELDS
from .text import SLICE_BYTES, Lines, detect_encoding, line_ends, read_slice, reordered, slices
from .time_kinds import KINDS, TIME_WINDOW, TimeKind
from .time_layout import find_kind, find_layout
from .times import NAT, Clock, Shapes, parse_times, times_of_lines
from .traces import may_continue, with_traces


@dataclass(frozen=True, slots=True)
class Sample:
    """A record of a format and what must be read from it; `expect` names columns of schema.EVENTS.

    A time is written in ISO 8601; a file of samples has no zone, no year but 2026.
    """

    text: str
    expect: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class LineFormat:
    """A text format in which every record begins with a line that a pattern knows.

    Attributes:
        name: snake_case, as coverage and rules name it.
        title: for people.
        reference: the manual, RFC or source that defines it.
        patterns: regular expressions for the first line of a record, tried in order, anchored at the start. Groups:
            body, and any of schema.HEADER_FIELDS. What is matched outside of groups is header.
        times: names of times.KINDS that the header may carry.
        samples: records with what must be read from them.
        severity_words: words or letters of this format beyond the common ones.
        severity_digits: a pattern whose group 1 is a number on which the severity depends, read in every line, because
            shapes do not hold digits.
        severity_of: the numbers of `severity_digits` (int64[n], -1 where absent) to severity numbers (uint8[n]).
        vague: numbers of `severity_of` that stand for whatever a program prints: a severity word in it says more.
        confidence: what a file that matches in full scores.
        least: the share of lines that must match. A few lines that look so by chance do not make a text a log.
        multiline: whether lines without a header continue the record before them.
        quoted: as for Batch.
        inside: a pattern for lines that are known to continue a record, beyond what CONTINUATION knows.
    """

    searched: ClassVar[bool] = True

    name: str
    title: str
    reference: str
    patterns: Sequence[str]
    times: Sequence[str]
    samples: Sequence[Sample]
    severity_words: Mapping[str, int] = field(default_factory=dict)
    severity_digits: str = ""
    severity_of: Callable[[NDArray[np.int64]], NDArray[np.uint8]] | None = None
    vague: tuple[int, ...] = ()
    confidence: float = 0.9
    least: float = 0.2
    multiline: bool = True
    inside: str = ""
    quoted: str = ""

    @cached_property
    def _inside(self) -> re.Pattern[str]:
        return re.compile(f"{CONTINUATION.pattern}|{self.inside}") if self.inside else CONTINUATION

    @cached_property
    def _regexes(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern) for pattern in self.patterns)

    def starts_record(self, line: str) -> bool:
        """Whether a line begins a record of this format."""
        return self._start.match(line) is not None

    @cached_property
    def _start(self) -> re.Pattern[str]:
        """All patterns in one, without groups."""
        return re.compile("|".join(re.sub(r"\(\?P<\w+>", "(?:", pattern) for pattern in self.patterns) or r"(?!)", re.M)

    def _may_start(self, source: Source) -> bool:
        """Whether one of a few lines begins a record: asked of each file for each format, so in one search."""
        if type(self).starts_record is LineFormat.starts_record:
            return self._start.search(spread_text(source)) is not None
        return any(self.starts_record(line) for line in spread_lines(source))

    def sniff(self, source: Source) -> float:
        """The share of lines that match among those that are no continuation, times the confidence."""
        # Most formats are not the file's: a few lines, spread over the head, tell that.
        if not self._may_start(source):
            return 0.0
        hits = others = 0
        for line in head_lines(source, SNIFFED_LINES):
            if not line.strip():
                continue
            if self.starts_record(line):
                hits += 1
            elif not (self.multiline and self._inside.match(line)):
                others += 1
        if hits < self.least * (hits + others):
            return 0.0
        return self.confidence * hits / (hits + others) if hits else 0.0

    def plan(self, source: Source, clock: Clock) -> Plan:
        """Decide, from the head of the file, how its slices are read."""
        lines = sample_lines(source)
        headers = [line for line in lines if self.starts_record(line)]
        kinds = [KINDS[name] for name in self.times]
        kind = _best_kind(kinds, headers)
        loose = len(headers) < 0.5 * sum(not self._inside.match(line) for line in lines)
        layout = find_layout(headers, kind) if kind else None
        return Plan(detect_encoding(source.head), layout, clock, loose)

    def slices(self, source: Source, plan: Plan, size: int = SLICE_BYTES) -> Iterator[Slice]:
        """Cut the file into slices that begin with a record."""
        starts = self._starts(plan) if self.multiline else None
        return slices(source, plan.encoding, starts, size)

    def _starts(self, plan: Plan) -> Callable[[str], bool]:
        layout = plan.layout
        if layout is None:
            return self._starts_another
        # A record without a time takes that of the record before it: the two stay in one slice.
        return lambda line: self._starts_another(line) and layout.kind.regex.search(line[:TIME_WINDOW]) is not None

    def _starts_another(self, line: str) -> bool:
        """Whether a line begins a record and is no part of a trace of which every line has a header."""
        if not self.starts_record(line):
            return False
        match = next((match for regex in self._regexes if (match := regex.match(line))), None)
        return match is None or not may_continue(match["body"] or "")

    def read(self, source: Source, piece: Slice, plan: Plan) -> Batch:
        """Read one slice."""
        lines = read_slice(source, piece, plan.encoding, plan.line_bytes)
        text = large_strings(lines.text, lines.ends)
        code, first, hashes, bare = shape_codes(lines.text, lines.ends, line_ends)
        shapes = text.gather(first).str.strip_chars_end("\r\n")
        outline = self.outline(shapes, plan)
        header = outline.with_columns(outline.get_column("body").fill_null(shapes))
        starts = self._record_starts(shapes, header, plan)[code]
        if len(starts):
            starts[0] = True  # what stands ahead of the first header is a record, too: nothing is lost
        numbers = self.severities(text, header, code)
        starts = with_crashes(starts, shapes, code, carry_severity(numbers, starts))
        time = self._times(text, lines, starts, plan, (code, first))
        apart, order = starts, None
        if self.multiline:
            bodies = header.get_column("body")
            starts, order = with_traces(starts, bodies, code, numbers, time, lambda rows: self._ahead(text, rows, plan))
        headed = starts is not apart
        if order is not None:
            lines = reordered(lines, order)
            text = large_strings(lines.text, lines.ends)
            code, numbers, starts, time = code[order], numbers[order], starts[order], time[order]
        return Batch(
            text=text,
            buffer=lines.text,
            ends=lines.ends,
            line_number=lines.numbers,
            offsets=lines.offsets,
            code=code,
            shapes=shapes,
            bare=bare,
            shape_hash=hashes,
            bodies=header.get_column("body"),
            starts=starts,
            time=carry(time, starts),
            severity=carry_severity(numbers, starts),
            line_count=lines.count,
            extract=lambda batch, records, wanted: self.fields_of(batch, records, wanted, plan, headed),
            problems=lines.problems,
            quoted=self.quoted,
        )

    @property
    def fields(self) -> frozenset[str]:
        """The header fields that `header` gives."""
        return self._groups

    @cached_property
    def _groups(self) -> frozenset[str]:
        return frozenset(name for regex in self._regexes for name in regex.groupindex) & set(HEADER_FIELDS)

    def header(self, lines: pl.Series, plan: Plan) -> pl.DataFrame:
        """The groups of the first pattern that matches each line: body and header fields, null where none matches."""
        return self._matched(lines, self.patterns)

    def _matched(self, lines: pl.Series, patterns: Sequence[str]) -> pl.DataFrame:
        columns: dict[str, pl.Series] = {}
        matched = pl.Series("matched", np.zeros(len(lines), np.bool_))
        left = pl.Series("left", np.arange(len(lines), dtype=np.uint32))
        for pattern in patterns:
            # Most files are written by one pattern: the others are tried on what it leaves over.
            frame = lines.gather(left).str.extract_groups(pattern).struct.unnest()
            hit = frame.get_column("body").is_not_null()
            rows = left.filter(hit)
            if not len(rows):
                continue
            for name in ("body", *HEADER_FIELDS):
                if name in frame.columns:
                    empty = pl.Series([None], dtype=pl.String).new_from_index(0, len(lines))
                    columns[name] = columns.get(name, empty).scatter(rows, frame.get_column(name).filter(hit))
            matched = matched.scatter(rows, True)
            left = left.filter(~hit)
            if not len(left):
                break
        if "body" not in columns:
            columns["body"] = pl.Series([None], dtype=pl.String).new_from_index(0, len(lines))
        out = pl.DataFrame([series.alias(name) for name, series in columns.items()])
        return out.with_columns(matched.alias("matched"))

    def _record_starts(self, shapes: pl.Series, header: pl.DataFrame, plan: Plan) -> NDArray[np.bool_]:
        matched: NDArray[np.bool_] = header.get_column("matched").to_numpy().copy()
        if not self.multiline:
            return np.ones(len(shapes), np.bool_)
        if plan.layout is not None and 0 <= plan.layout.start <= _MARGIN and not matched.all():
            # Another level, another program: what has its time where records have theirs is a record.
            time = plan.layout.kind.pattern.removeprefix("^")
            timed = shapes.str.contains(f"^.{{{plan.layout.start}}}(?:{time})")
            matched |= (timed & ~shapes.str.contains(self._inside.pattern)).to_numpy()
        if not plan.loose:
            return matched
        inside: NDArray[np.bool_] = shapes.str.contains(self._inside.pattern).to_numpy()
        return matched | ~inside

    def _times(
        self, text: pl.Series, lines: Lines, starts: NDArray[np.bool_], plan: Plan, shapes: Shapes
    ) -> NDArray[np.int64]:
        if plan.layout is None:
            return np.full(len(text), NAT, np.int64)
        time = times_of_lines(text, lines.ends, lines.text, starts, plan.layout, plan.clock, shapes)
        for name in (*self.times, *plan.others):
            rest = np.flatnonzero(starts & (time == NAT))
            if name != plan.layout.kind.name and len(rest):
                time[rest] = parse_times(text.gather(rest).str.slice(0, TIME_WINDOW), KINDS[name], plan.clock)
        return time

    def severities(self, text: pl.Series, header: pl.DataFrame, code: NDArray[np.int32]) -> NDArray[np.uint8]:
        """The severity of each line of `text`, each of a shape `code`, the headers of which are `header`."""
        per_shape = self.severity_numbers(header)
        numbers = per_shape[code]
        if self.severity_digits and self.severity_of is not None:
            digits = text.str.extract(self.severity_digits, 1).cast(pl.Int64, strict=False).fill_null(-1).to_numpy()
            exact = self.severity_of(digits)
            numbers = severity.told(exact, numbers, self.vague)
        return numbers

    def severity_numbers(self, header: pl.DataFrame) -> NDArray[np.uint8]:
        """The severity of headers: by their severity field, else by a severity word near the start of the body."""
        words = pl.Series("none", [None] * header.height, dtype=pl.String)
        if "severity_text" in header.columns:
            words = header.get_column("severity_text")
        table = {word: self.severity_words.get(word, severity.number(word)) for word in words.unique().drop_nulls()}
        numbers: NDArray[np.uint8] = np.zeros(header.height, np.uint8)
        if table:
            numbers = words.replace_strict(table, default=0, return_dtype=pl.UInt8).fill_null(0).to_numpy().copy()
        if not numbers.all():
            unknown = numbers == 0
            numbers[unknown] = severity.of_messages(header.get_column("body").filter(pl.Series(unknown)))
        return numbers

    def fields_of(
        self, batch: Batch, records: NDArray[np.int64], wanted: Collection[str], plan: Plan, headed: bool = False
    ) -> pl.DataFrame:
        """Body and header fields of records, exactly as they stand in each of them: Batch.extract.

        Args:
            batch: the slice.
            records: int64, indexes.
            wanted: columns of schema.EVENTS.
            plan: of the file.
            headed: whether further lines of records may have headers.

        Returns:
            The columns of `wanted` that the format knows, and `body`.
        """
        lines, rest = batch.record_text(records), None
        if len(batch.heads) < len(batch):
            parts = lines.str.splitn("\n", 2).struct.unnest()
            lines, rest = parts.to_series(0).str.strip_chars_end("\r"), parts.to_series(1)
        if self.fields.intersection(wanted):
            frame = self.header(lines, plan).drop("matched")
        else:
            frame = self.body(lines, plan).alias("body").to_frame()
        body = frame.get_column("body").fill_null(lines)
        if rest is not None:
            rest = self._without_headers(rest, plan) if headed else rest
            body = (body + "\n" + rest).fill_null(body)
        frame = frame.with_columns(body.alias("body"))
        if "exception_type" in wanted and "exception_type" not in frame.columns:
            frame = frame.with_columns(body.str.extract(EXCEPTION, 1).alias("exception_type"))
        return frame

    def _without_headers(self, texts: pl.Series, plan: Plan) -> pl.Series:
        """The further lines of records without the headers that those of a trace may have."""
        lines = pl.DataFrame({"record": np.arange(len(texts)), "line": texts.str.split("\n")}).explode("line")
        bodies = lines.with_columns(self.body(lines.get_column("line"), plan).alias("line"))
        return bodies.group_by("record", maintain_order=True).agg("line").get_column("line").list.join("\n")

    def _ahead(self, text: pl.Series, rows: NDArray[np.int64], plan: Plan) -> pl.Series:
        """What stands ahead of the messages of lines, without the time; null where messages are no ends of lines."""
        lines = text.gather(rows).str.strip_chars_end("\r\n")
        frame = pl.DataFrame({"line": lines, "body": self.body(lines, plan)})
        length = pl.col("line").str.len_chars() - pl.col("body").str.len_chars()
        ahead = pl.col("line").str.slice(0, length)
        if plan.layout is not None:
            ahead = ahead.str.replace(plan.layout.kind.pattern, "")
        ends = pl.col("line").str.ends_with(pl.col("body"))
        return frame.select(pl.when(ends).then(ahead.str.strip_chars_end())).to_series()

    @cached_property
    def _prefixes(self) -> tuple[str, ...]:
        """The patterns up to the body, without groups: finding them is many times faster than capturing."""
        bare = [re.sub(r"\(\?P<\w+>", "(?:", pattern.removesuffix(_BODY)) for pattern in self.patterns]
        return tuple(bare) if all(pattern.endswith(_BODY) for pattern in self.patterns) else ()

    @cached_property
    def _outlines(self) -> tuple[str, ...]:
        """The patterns with no other groups than those of `outline`: each group costs time."""
        return tuple(re.sub(r"\(\?P<(?!(?:body|severity_text)>)\w+>", "(?:", pattern) for pattern in self.patterns)

    def outline(self, lines: pl.Series, plan: Plan) -> pl.DataFrame:
        """What reading a slice needs of `header`: body, matched, and severity_text where the format has it."""
        if not self._prefixes or "severity_text" in self.fields:
            return self._matched(lines, self._outlines)
        return outlined(lines, self.body(lines, plan))

    def body(self, lines: pl.Series, plan: Plan) -> pl.Series:
        """What `header` gives as the body of each line, and the line itself where no pattern matches."""
        if not self._prefixes:
            return self.header(lines, plan).get_column("body").fill_null(lines)
        return without_prefix(lines, self._prefixes)


# How a pattern ends that takes the rest of the line as its body.
_BODY = "(?P<body>.*)$"


def without_prefix(lines: pl.Series, prefixes: Sequence[str]) -> pl.Series:
    """Lines without the first of the prefixes that they begin with; no prefix matches the empty string."""
    bodies = lines.str.replace(prefixes[0], "")
    for prefix in prefixes[1:]:
        left = (bodies.str.len_bytes() == lines.str.len_bytes()).arg_true()
        if not len(left):
            break
        bodies = bodies.scatter(left, lines.gather(left).str.replace(prefix, ""))
    return bodies


def outlined(lines: pl.Series, bodies: pl.Series) -> pl.DataFrame:
    """What LineFormat.outline gives for lines that are longer than their bodies where they have a header."""
    matched = bodies.str.len_bytes() < lines.str.len_bytes()
    return pl.DataFrame({"body": bodies, "matched": matched})


# How far from the start of a line its time may stand to say that a record begins there.
_MARGIN = 2


def _best_kind(kinds: Sequence[TimeKind], lines: Sequence[str]) -> TimeKind | None:
    """The kind that is found in most of the lines."""
    heads = [line[:TIME_WINDOW] for line in lines]
    found = find_kind(heads, tuple(kinds))
    if found is not None:
        return found
    counted = [(sum(kind.regex.search(head) is not None for head in heads), -i, kind) for i, kind in enumerate(kinds)]
    best = max(counted, default=None, key=lambda entry: entry[:2])
    return best[2] if best and best[0] else None
