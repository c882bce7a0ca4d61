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


@dataclass(frozen=True, slots=True)
class Correlated:
    """Records that satisfy a correlation.

    Attributes:
        frame: the records, in time order.
        groups: values of the group-by fields, the group with most records first; empty without group-by.
        timed: whether the records have times, so that the timespan could be checked.
    """

    frame: pl.DataFrame
    groups: tuple[str, ...]
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
    # A record without one of the group-by values belongs to no group.
    keys = list(correlation.group_by)
    if keys:
        records = records.drop_nulls(keys)
    records = records.sort("time", maintain_order=True)
    parts = records.partition_by(keys, as_dict=True, maintain_order=True) if keys else {(): records}
    kept: list[pl.DataFrame] = []
    names: list[tuple[int, str]] = []
    timed = False
    for values, part in parts.items():
        mask = _satisfying(correlation, part, len(streams), until)
        if mask is None:
            continue
        found = part.filter(pl.Series(mask))
        kept.append(found)
        names.append((-found.height, ", ".join(str(value) for value in values)))
        timed = timed or bool((part.get_column("time") != NAT).any())
    if not kept:
        return None
    groups = tuple(name for _, name in sorted(names) if name)
    return Correlated(pl.concat(kept).sort("time", maintain_order=True), groups, timed)


def _satisfying(correlation: Correlation, part: pl.DataFrame, streams: int, until: int) -> NDArray[np.bool_] | None:
    """Which records of a group take part in a satisfied window; None: there is no such window."""
    times = part.get_column("time").to_numpy()
    span = int(correlation.timespan.total_seconds() * 1_000_000)
    if (times == NAT).all():
        # Without times all is one window, in the order of the lines.
        times, until = np.zeros(len(times), np.int64), span
    elif (times == NAT).any():
        times = np.where(times == NAT, times[times != NAT].min(), times)
    stream = part.get_column("stream").to_numpy()
    match correlation.type:
        case "event_count":
            mask = _event_count(correlation, times, span)
        case "value_count":
            mask = _value_count(correlation, part, times, span)
        case "temporal":
            mask = _temporal(times, stream, streams, span)
        case "temporal_ordered":
            mask = _temporal_ordered(times, stream, streams, span)
        case "absence":
            mask = _absence(times, stream, span, until)
    return mask if mask.any() else None


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
    ends = _windows(times, span)
    sizes = ends - np.arange(len(times))
    condition = correlation.condition
    holds = np.array([condition is not None and condition.holds(int(size)) for size in sizes], np.bool_)
    starts = np.flatnonzero(holds)
    return _cover(starts, ends[starts], len(times))


def _value_count(
    correlation: Correlation, part: pl.DataFrame, times: NDArray[np.int64], span: int
) -> NDArray[np.bool_]:
    condition = correlation.condition
    if condition is None or condition.field is None:
        return np.zeros(len(times), np.bool_)
    values = part.get_column(condition.field).fill_null("").rank("dense").to_numpy()
    present = part.get_column(condition.field).is_not_null().to_numpy()
    ends = _windows(times, span)
    seen: dict[int, int] = {}
    holds = np.zeros(len(times), np.bool_)
    right = 0
    for left in range(len(times)):
        while right < ends[left]:
            if present[right]:
                seen[int(values[right])] = seen.get(int(values[right]), 0) + 1
            right += 1
        holds[left] = condition.holds(len(seen))
        if present[left]:
            key = int(values[left])
            seen[key] -= 1
            if not seen[key]:
                del seen[key]
    starts = np.flatnonzero(holds)
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
    positions = [np.flatnonzero(stream == number) for number in range(streams)]
    mask = np.zeros(len(times), np.bool_)
    for start in positions[0]:
        chain = [int(start)]
        for later in positions[1:]:
            at = int(np.searchsorted(later, chain[-1], side="right"))
            if at == len(later) or times[later[at]] - times[start] > span:
                break
            chain.append(int(later[at]))
        else:
            mask[chain] = True
    return mask


def _absence(times: NDArray[np.int64], stream: NDArray[np.uint8], span: int, until: int) -> NDArray[np.bool_]:
    first, second = np.flatnonzero(stream == 0), np.flatnonzero(stream == 1)
    mask = np.zeros(len(times), np.bool_)
    at = np.searchsorted(second, first, side="right")
    for start, index in zip(first, at, strict=True):
        follows = index < len(second) and times[second[index]] - times[start] <= span
        mask[start] = not follows and times[start] + span <= until
    return mask
