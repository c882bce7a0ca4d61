"""Records that were parsed one by one, as a batch: times, severities, shapes, and which of them begin a record."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
from numpy.typing import NDArray

from . import severity
from .batch import Batch, large_strings, shape_codes
from .continuation import CONTINUATION, EXCEPTION, carry, carry_severity
from .contract import Problem
from .inner import cut_up, fields_of_messages, read_messages, times_of_messages
from .plan import Plan
from .text import Lines, line_ends
from .time_layout import find_kind
from .times import NAT, parse_times
from .traces import kinds, soon, traced

if TYPE_CHECKING:
    from .records import Records


def cut_apart(found: Records, plan: Plan) -> Records:
    """The records, each message that is several lines of a log as so many records."""
    if not plan.inner or not any("\n" in body for body in found.body):
        return found
    parts = [cut_up(body, plan) if "\n" in body else [body] for body in found.body]
    if all(len(part) == 1 for part in parts):
        return found
    rows = [row for row, part in enumerate(parts) for _ in part]
    first = [place == 0 for part in parts for place in range(len(part))]
    return replace(
        found,
        line=[found.line[row] for row in rows],
        body=[body for part in parts for body in part],
        # The lines behind the first have times of their own.
        time=[found.time[row] if starts else None for row, starts in zip(rows, first, strict=True)],
        severity=[found.severity[row] for row in rows],
        fields={name: [values[row] for row in rows] for name, values in found.fields.items()},
        continues=[found.continues[row] and starts for row, starts in zip(rows, first, strict=True)],
        follows=[found.follows[row] or not starts for row, starts in zip(rows, first, strict=True)],
    )


# How much of a message is looked for in the lines of its record, up to a character that an export may write otherwise.
_TOLD = re.compile(r"[^\"'\\<>&\n]{4,40}")


def places_of(found: Records, lines: Sequence[str]) -> list[int]:
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


def batch_of(
    found: Records,
    file: Lines,
    plan: Plan,
    problems: tuple[Problem, ...],
    streamed: bool,
    vague: tuple[int, ...],
) -> Batch:
    """The records of a slice as a batch.

    Args:
        found: the records.
        file: the lines that they were read from.
        plan: of the file.
        problems: met in the slice.
        streamed: as for RecordFormat.
        vague: as for RecordFormat.
    """
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
        pl.Series(name, [values[row] for row in rows.tolist()], dtype=pl.String)
        for name, values in found.fields.items()
    ]
    frame = pl.DataFrame(columns)
    if plan.inner:
        frame = fields_of_messages(frame, plan)
        body = frame.get_column("body")
    thrown = body.str.extract(EXCEPTION, 1).alias("exception_type")
    if "exception_type" in frame.columns:
        thrown = pl.select(pl.coalesce(frame.get_column("exception_type"), thrown)).to_series().alias("exception_type")
    return frame.with_columns(thrown)
