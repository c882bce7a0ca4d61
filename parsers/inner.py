"""Messages that are lines of another log: what a container, a collector or an export has wrapped.

A row of Splunk's CSV, an event of CloudWatch, a line of `docker compose logs` carry what a program printed: header,
level and message. Their formats are found among the messages of the head of a file, once, and all are read by them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import cast

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .continuation import CONTINUATION
from .contract import Source
from .generic import GenericFormat
from .lines import LineFormat
from .plan import Plan
from .schema import HEADER_FIELDS
from .time_kinds import TIME_WINDOW
from .times import NAT, Clock, parse_times

_MESSAGES = 400  # of a file by which its formats are found
_GROUPS = 12  # services whose messages are looked at apart from those of others
_LOOKED_AT = 60  # messages of a service that all formats are asked for
_FIRST = ("severity_text", "service_name", "scope_name", "exception_type", "http_response_status_code")


def find_inner(messages: Iterable[tuple[str | None, str]], clock: Clock) -> tuple[tuple[str, Plan], ...]:
    """The formats of messages, with the plan by which each is read.

    Args:
        messages: (service, message) of the records at the head of a file.
        clock: of the file.
    """
    groups: dict[str | None, list[str]] = defaultdict(list)
    for service, message in messages:
        line = message.split("\n", 1)[0]
        if line.strip() and not CONTINUATION.match(line):
            groups[service].append(line)
    found: dict[str, list[str]] = {}
    for _, lines in sorted(groups.items(), key=lambda entry: -len(entry[1]))[:_GROUPS]:
        left = lines[:_MESSAGES]
        while left and (best := _best(left)) is not None:
            found.setdefault(best.name, []).extend(filter(best.starts_record, left))
            left = [line for line in left if not best.starts_record(line)]
    plans = [(name, _format(name).plan(_source(lines), clock)) for name, lines in found.items()]
    # A header without a time ("error: ...") may as well be what a message begins with.
    return tuple((name, plan) for name, plan in plans if plan.layout is not None)


def _source(lines: Sequence[str]) -> Source:
    head = "\n".join(lines).encode("utf-8", "replace")
    return Source("", Path(), len(head), head)


def _best(lines: Sequence[str]) -> LineFormat | None:
    """The format that knows most of some lines, if it knows more than one, or most; None where there is none."""
    from . import parsers

    best, most = None, 0.0
    looked_at = lines[:: max(1, len(lines) // _LOOKED_AT)]
    for parser in parsers():
        if not isinstance(parser, LineFormat) or not parser.searched or isinstance(parser, GenericFormat):
            continue
        hits = sum(map(parser.starts_record, looked_at))
        if hits * parser.confidence > most and (hits > 1 or 5 * hits >= len(looked_at)):
            best, most = parser, hits * parser.confidence
    return best


def _format(name: str) -> LineFormat:
    from . import by_name

    return cast(LineFormat, by_name(name))


def cut_up(message: str, plan: Plan) -> list[str]:
    """The records of a message that is several lines of a log; the message where it is one record, with its trace."""
    lines = message.split("\n")
    starts = [any(_format(name).starts_record(line) for name, _ in plan.inner) for line in lines]
    if not starts[0] or sum(starts) < 2:
        return [message]
    places = [at for at, start in enumerate(starts) if start]
    return ["\n".join(lines[at:end]) for at, end in pairwise([*places, len(lines)])]


@dataclass(frozen=True, slots=True)
class Messages:
    """What the formats inside tell of messages.

    Attributes:
        bodies: k strings, the messages of the shapes without their headers.
        matched: bool[k], whether a shape has a header.
        severity: uint8[n], of the rows; 0 where none is told.
    """

    bodies: pl.Series
    matched: NDArray[np.bool_]
    severity: NDArray[np.uint8]


def read_messages(text: pl.Series, whole: pl.Series, code: NDArray[np.int32], plan: Plan) -> Messages:
    """Read messages by the formats that `plan.inner` names.

    Args:
        text: n rows.
        whole: k strings, the message of the first row of each shape, with all its lines.
        code: int32[n], the shape of each row.
        plan: of the file.
    """
    bodies, matched = whole, np.zeros(len(whole), np.bool_)
    severity = np.zeros(len(code), np.uint8)
    if not plan.inner:
        return Messages(bodies, matched, severity)
    parts = whole.str.splitn("\n", 2).struct.unnest()
    lines, rest = parts.to_series(0), parts.to_series(1)
    for name, inner in plan.inner:
        left = np.flatnonzero(~matched)
        if not len(left):
            break
        header = _format(name).outline(lines.gather(left), inner)
        hit: NDArray[np.bool_] = header.get_column("matched").to_numpy()
        shapes = left[hit]
        if not len(shapes):
            continue
        header = header.filter(pl.Series(hit))
        message = header.get_column("body")
        bodies = bodies.scatter(shapes, (message + "\n" + rest.gather(shapes)).fill_null(message))
        matched[shapes] = True
        number = np.full(len(lines), -1, np.int32)
        number[shapes] = np.arange(len(shapes), dtype=np.int32)
        rows = np.flatnonzero(number[code] >= 0)
        severity[rows] = _format(name).severities(text.gather(rows), header, number[code[rows]])
    return Messages(bodies, matched, severity)


def times_of_messages(text: pl.Series, time: NDArray[np.int64], plan: Plan) -> NDArray[np.int64]:
    """The times of rows, from their messages where the records around them have none."""
    for _, inner in plan.inner:
        rows = np.flatnonzero(time == NAT)
        if len(rows) and inner.layout is not None:
            time[rows] = parse_times(text.gather(rows).str.slice(0, TIME_WINDOW), inner.layout.kind, inner.clock)
    return time


def fields_of_messages(frame: pl.DataFrame, plan: Plan) -> pl.DataFrame:
    """Bodies without their headers, and the fields that these give beside those of the records around them.

    What the program says of itself is preferred; on which host it ran, the record around it knows better.
    """
    body = frame.get_column("body")
    parts = body.str.splitn("\n", 2).struct.unnest()
    lines, rest = parts.to_series(0), parts.to_series(1)
    left = np.arange(len(lines), dtype=np.uint32)
    for name, inner in plan.inner:
        if not len(left):
            break
        header = _format(name).header(lines.gather(left), inner)
        hit = header.get_column("matched")
        rows, header = left[hit.to_numpy()], header.filter(hit)
        message = header.get_column("body")
        tail = rest.gather(rows)
        body = body.scatter(rows, (message + "\n" + tail).fill_null(message))
        for column in HEADER_FIELDS:
            if column not in header.columns:
                continue
            empty = pl.Series(column, [None], dtype=pl.String).new_from_index(0, len(lines))
            outer = frame.get_column(column) if column in frame.columns else empty
            told, given = header.get_column(column), outer.gather(rows)
            first, second = (told, given) if column in _FIRST else (given, told)
            value = first.zip_with(first.is_not_null(), second)
            frame = frame.with_columns(outer.scatter(rows, value).alias(column))
        left = left[~hit.to_numpy()]
    return frame.with_columns(body.alias("body"))
