"""What a slice says about the shapes of its records: how many, how loud, since when, and which line shows it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import polars as pl
from numpy.typing import NDArray

from analyzer.cluster import mask
from analyzer.match import UNEXPLAINED
from analyzer.tally import ShapeCounts
from analyzer.telling import Told
from parsers.batch import Batch, numbered
from parsers.severity import ERROR, WARN
from parsers.times import NAT

# What a worker notes of a shape: it has read one; its masked message is sent.
READ, SENT = 0, 1
_NEVER = int(np.iinfo(np.int64).max)


def count_shapes(
    batch: Batch,
    rows: NDArray[np.int64],
    told: Told,
    explained: NDArray[np.int32],
    notes: NDArray[np.int32],
) -> tuple[ShapeCounts, NDArray[np.int32]]:
    """Counts of the shapes of the rows that begin a record, and the shape of each such row.

    Args:
        batch: the rows of the slice.
        rows: those that begin a record.
        told: what their records tell.
        explained: int32[r], of each record the rule that found it; see match.
        notes: int32[k], of each shape what this worker did with it; changed in place.
    """
    code, total = told.code, len(told.hash)
    first_row = np.full(total, len(batch), np.int64)
    np.minimum.at(first_row, code, rows)
    used = np.argsort(first_row, kind="stable")[: int((first_row < len(batch)).sum())]
    place = np.full(total, -1, np.int32)
    place[used] = np.arange(len(used), dtype=np.int32)
    mine = place[code]
    severity, time = batch.severity[rows], batch.time[rows]
    highest = np.zeros(len(used), np.uint8)
    np.maximum.at(highest, mine, severity)
    last = np.full(len(used), NAT, np.int64)
    np.maximum.at(last, mine, time)
    first = np.full(len(used), _NEVER, np.int64)
    timed = time != NAT
    np.minimum.at(first, mine[timed], time[timed])
    first[first == _NEVER] = NAT
    message, masked = _masked(told.message, used, notes)
    unexplained = (severity >= ERROR) & (explained == UNEXPLAINED)
    perhaps = (severity >= ERROR) & (explained >= 0)
    pairs, sums = np.unique(np.stack([explained[perhaps], mine[perhaps]]), axis=1, return_counts=True)
    rank = np.select([unexplained, perhaps, (severity >= WARN) & (severity < ERROR)], [3, 2, 1], 0).astype(np.uint8)
    loud = _loudest(rank, time, told.row, mine, (first, last))
    line, offset = batch.places(loud.row)
    counts = ShapeCounts(
        hash=told.hash[used],
        message=message,
        masked=masked,
        count=np.bincount(mine, minlength=len(used)),
        errors=np.bincount(mine[unexplained], minlength=len(used)),
        severity=highest,
        first=first,
        last=last,
        rank=loud.rank,
        loud_first=loud.first,
        loud_last=loud.last,
        line=line,
        offset=offset,
        perhaps=(pairs[0], pairs[1], sums),
    )
    return counts, mine


class _Loudest(NamedTuple):
    """Of each shape its loudest records: how loud, from when to when, and the row that shows the first of them."""

    rank: NDArray[np.uint8]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    row: NDArray[np.int64]


def _loudest(
    rank: NDArray[np.uint8],
    time: NDArray[np.int64],
    row: NDArray[np.int64],
    mine: NDArray[np.int32],
    span: tuple[NDArray[np.int64], NDArray[np.int64]],
) -> _Loudest:
    """What a template is quoted by, and since when it is told: its loudest records, or all where none is loud.

    Args:
        rank: of each record, see ShapeCounts; as to the times, both kinds of errors are one.
        time: of each record.
        row: that tells of each record.
        mine: the shape of each record.
        span: of each shape, its earliest and latest time.
    """
    loud = np.flatnonzero(rank)
    top = np.zeros(len(span[0]), np.uint8)
    np.maximum.at(top, mine[loud], rank[loud])
    shown = np.full(len(top), _NEVER, np.int64)
    np.minimum.at(shown, mine, np.where(rank == top[mine], row, _NEVER))
    first, last = np.where(top > 0, _NEVER, span[0]), np.where(top > 0, NAT, span[1])
    loud = loud[(np.minimum(rank, 2) == np.minimum(top[mine], 2))[loud] & (time[loud] != NAT)]
    np.minimum.at(first, mine[loud], time[loud])
    np.maximum.at(last, mine[loud], time[loud])
    first[first == _NEVER] = NAT
    return _Loudest(top, first, last, shown)


def _masked(
    bodies: pl.Series, shapes: NDArray[np.int64], notes: NDArray[np.int32]
) -> tuple[NDArray[np.int32], list[str]]:
    """The masked messages of shapes that this worker has not sent yet: their index (-1 sent), and the messages.

    What is sent is noted.
    """
    fresh = np.flatnonzero(notes[shapes] != SENT)
    notes[shapes[fresh]] = SENT
    index = np.full(len(shapes), -1, np.int32)
    index[fresh], messages = numbered(mask(bodies.gather(shapes[fresh])))
    return index, messages.to_pylist()
