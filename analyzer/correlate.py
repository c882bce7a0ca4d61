"""Records to findings over time: thresholds, distinct counts, sequences and absences.

Words and meaning follow Sigma's correlations (https://sigmahq.io/docs/meta/correlations.html); `absence` is an
addition: after a record of the first stream, none of the second follows within the timespan.

A frame of records has the columns of match.Hits.frame and `source`. Records without a time cannot be put into a window:
where a whole group has none, it counts as one window, and the finding says so by a lower confidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analyzer.rule import Correlation
from parsers.times import NAT

if TYPE_CHECKING:
    from numpy.typing import NDArray


# What `correlate` adds to the columns of the records.
WORKING_COLUMNS = ("stream", "group", "at", "timed")


@dataclass(frozen=True, slots=True)
class Correlated:
    """Records that satisfy a correlation.

    Attributes:
        frame: the records, in time order.
        timed: whether the records have times, so that the timespan could be checked.
    """

    frame: pl.DataFrame
    timed: bool


def correlate(correlation: Correlation, streams: Sequence[pl.DataFrame], until: int) -> Correlated | None:
    """Find the records that satisfy a correlation, or None.

    Args:
        correlation: type, group-by, timespan, condition.
        streams: the one stream of a counting correlation; else a stream for each of `correlation.rules`.
        until: the latest time of the bundle in microseconds: what comes later cannot be said to be absent.
    """
    if any(frame.is_empty() for frame in streams[: 1 if correlation.type == "absence" else None]):
        return None
    tagged = [frame.with_columns(pl.lit(i, pl.UInt8).alias("stream")) for i, frame in enumerate(streams)]
    records = pl.concat([frame for frame in tagged if not frame.is_empty()], how="diagonal")
    keys = list(correlation.group_by)
    # A record without one of the group-by values belongs to no group.
    records = records.drop_nulls(keys) if keys else records
    records = _large_enough(correlation, records, keys)
    if records.is_empty():
        return None
    records = _in_groups(records, keys)
    mask = _satisfying(correlation, records, len(streams), until)
    if not mask.any():
        return None
    found = records.filter(pl.Series(mask))
    return Correlated(found.sort("time", maintain_order=True), bool(found["timed"].any()))


def _large_enough(correlation: Correlation, records: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Without the groups that cannot reach the threshold in any window; most attackers' addresses come once."""
    condition = correlation.condition
    least = condition.least() if condition is not None else 0
    if not keys or least <= 1:
        return records
    counted = pl.col(condition.field).n_unique() if condition is not None and condition.field else pl.len()
    return records.filter(counted.over(keys) >= least)


def _in_groups(records: pl.DataFrame, keys: list[str]) -> pl.DataFrame:
    """Records by group, then time, with the columns group (number), at (microseconds) and timed.

    Where a whole group has no times, all its records are at 0 in the order of the lines; where some have none, they
    are at the earliest time of the group.
    """
    group = pl.struct(keys).rank("dense").cast(pl.Int64) if keys else pl.lit(0, pl.Int64)
    known = pl.when(pl.col("time") != NAT).then(pl.col("time"))
    return (
        records.with_columns(group.alias("group"), known.alias("at"))
        .with_columns(pl.col("at").is_not_null().any().over("group").alias("timed"))
        .with_columns(pl.col("at").fill_null(pl.col("at").min().over("group")).fill_null(0))
        .sort("group", "at", maintain_order=True)
    )


def largest(found: pl.DataFrame, keys: Sequence[str]) -> tuple[str, ...]:
    """The groups that records are of, by the values of their keys, the one with most records first."""
    if not keys:
        return ()
    counted = found.group_by(keys, maintain_order=True).agg(pl.len())
    rows = counted.sort("len", descending=True, maintain_order=True).select(keys).iter_rows()
    return tuple(", ".join(str(value) for value in row) for row in rows)


def _satisfying(correlation: Correlation, records: pl.DataFrame, streams: int, until: int) -> NDArray[np.bool_]:
    """Which records take part in a satisfied window.

    The groups are laid one behind the other on one axis, further apart than any window is long, so that one
    pass over all records is a pass over each group.
    """
    span = int(correlation.timespan.total_seconds() * 1_000_000)
    moment = records.get_column("at").to_numpy().astype(np.int64)
    group = records.get_column("group").to_numpy()
    first = np.flatnonzero(np.diff(group, prepend=-1))
    lengths = np.diff(np.append(first, len(group)))
    ends = moment[np.append(first[1:], len(group)) - 1]
    extent = ends - moment[first] + span + 1
    base = np.concatenate([[0], np.cumsum(extent)[:-1]])
    times = moment - np.repeat(moment[first] - base, lengths)
    stream = records.get_column("stream").to_numpy()
    match correlation.type:
        case "event_count":
            return _event_count(correlation, times, span)
        case "value_count":
            return _value_count(correlation, records, times, span)
        case "temporal":
            return _temporal(times, stream, streams, span)
        case "temporal_ordered":
            return _temporal_ordered(times, stream, streams, span)
        case "absence":
            over: NDArray[np.bool_] = (moment + span <= until) | ~records.get_column("timed").to_numpy()
            return np.logical_and(_absence(times, stream, span), over)


def _windows(times: NDArray[np.int64], span: int) -> NDArray[np.int64]:
    """For each record, the end (exclusive) of the window that begins with it."""
    return np.searchsorted(times, times + span, side="right")


def _cover(starts: NDArray[np.int64], ends: NDArray[np.int64], count: int) -> NDArray[np.bool_]:
    """The records that lie in any of the ranges."""
    edges = np.zeros(count + 1, np.int64)
    np.add.at(edges, starts, 1)
    np.add.at(edges, ends, -1)
    covered: NDArray[np.bool_] = np.cumsum(edges[:-1]) > 0
    return covered


def _event_count(correlation: Correlation, times: NDArray[np.int64], span: int) -> NDArray[np.bool_]:
    condition = correlation.condition
    ends = _windows(times, span)
    sizes = ends - np.arange(len(times))
    good = [size for size in np.unique(sizes).tolist() if condition is not None and condition.holds(size)]
    starts = np.flatnonzero(np.isin(sizes, good))
    return _cover(starts, ends[starts], len(times))


def _value_count(
    correlation: Correlation, records: pl.DataFrame, times: NDArray[np.int64], span: int
) -> NDArray[np.bool_]:
    condition = correlation.condition
    if condition is None or condition.field is None:
        return np.zeros(len(times), np.bool_)
    ends = _windows(times, span)
    # Only windows with as many records can have as many values: most have one, and are not looked at one by one.
    large = ends - np.arange(len(times)) >= condition.least()
    rows = np.flatnonzero(_cover(np.flatnonzero(large), ends[large], len(times)))
    column = records.get_column(condition.field).gather(rows)
    values = column.fill_null("").rank("dense").to_list()
    present = column.is_not_null().to_list()
    sizes = np.where(large, ends - np.arange(len(times)), 0)[rows]
    seen: dict[int, int] = {}
    holds = np.zeros(len(rows), np.bool_)
    right = 0
    for left, size in enumerate(sizes.tolist()):
        while right < left + size:
            if present[right]:
                seen[values[right]] = seen.get(values[right], 0) + 1
            right += 1
        holds[left] = size > 0 and condition.holds(len(seen))
        if left < right and present[left]:
            seen[values[left]] -= 1
            if not seen[values[left]]:
                del seen[values[left]]
        right = max(right, left + 1)
    starts = rows[holds]
    return _cover(starts, ends[starts], len(times))


def _temporal(times: NDArray[np.int64], stream: NDArray[np.uint8], streams: int, span: int) -> NDArray[np.bool_]:
    ends = _windows(times, span)
    complete = np.ones(len(times), np.bool_)
    for number in range(streams):
        before = np.concatenate([[0], np.cumsum(stream == number)])
        complete &= before[ends] > before[:-1]
    starts = np.flatnonzero(complete)
    return _cover(starts, ends[starts], len(times))


def _temporal_ordered(
    times: NDArray[np.int64], stream: NDArray[np.uint8], streams: int, span: int
) -> NDArray[np.bool_]:
    first = np.flatnonzero(stream == 0)
    chains = [first]
    alive = np.ones(len(first), np.bool_)
    for number in range(1, streams):
        later = np.flatnonzero(stream == number)
        at = np.searchsorted(later, chains[-1], side="right")
        alive &= at < len(later)
        found = later[np.minimum(at, len(later) - 1)]
        alive &= times[found] - times[first] <= span
        chains.append(found)
    mask = np.zeros(len(times), np.bool_)
    for chain in chains:
        mask[chain[alive]] = True
    return mask


def _absence(times: NDArray[np.int64], stream: NDArray[np.uint8], span: int) -> NDArray[np.bool_]:
    first, second = np.flatnonzero(stream == 0), np.flatnonzero(stream == 1)
    mask = np.zeros(len(times), np.bool_)
    if not len(second):
        mask[first] = True
        return mask
    at = np.searchsorted(second, first, side="right")
    follower = second[np.minimum(at, len(second) - 1)]
    mask[first] = (at == len(second)) | (times[follower] - times[first] > span)
    return mask
