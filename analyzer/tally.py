"""Counts of a whole bundle, added up slice by slice: templates, timeline, totals."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analyzer.cluster import Templates
from parsers.times import NAT

if TYPE_CHECKING:
    from collections.abc import Set

    from numpy.typing import NDArray

# Seconds of the timeline that are kept apart before they are added up to minutes, hours, days.
MAX_BUCKETS = 100_000
STEPS = (1, 60, 3600, 86_400)
_LATEST = int(np.iinfo(np.int64).max)


@dataclass(frozen=True, slots=True)
class ShapeCounts:
    """What a slice says about its shapes that begin a record; k of them, in order of first occurrence.

    Attributes:
        hash: uint64[k], equal for equal shapes.
        message: int32[k], which of `masked` is the masked message of the shape; -1 when an earlier slice of the same
            worker had the shape.
        masked: distinct masked messages.
        count: int64[k], records.
        errors: int64[k], records of severity ERROR or above that no rule found.
        severity: uint8[k], highest severity.
        first, last: int64[k], microseconds, NAT unknown.
        rank: uint8[k], its loudest records: 3 errors that no rule explains, 2 that one may explain, 1 warnings, 0 none.
        loud_first, loud_last: int64[k], as first and last, of those records.
        line: int64[k], a line with it, from 0 within the slice: the first of those records.
        offset: int64[k], byte offset of that line.
        perhaps: errors that a rule explains if its correlation holds, which only the end of the run knows: indexes of
            rule and shape, records.
    """

    hash: NDArray[np.uint64]
    message: NDArray[np.int32]
    masked: list[str]
    count: NDArray[np.int64]
    errors: NDArray[np.int64]
    severity: NDArray[np.uint8]
    first: NDArray[np.int64]
    last: NDArray[np.int64]
    rank: NDArray[np.uint8]
    loud_first: NDArray[np.int64]
    loud_last: NDArray[np.int64]
    line: NDArray[np.int64]
    offset: NDArray[np.int64]
    perhaps: tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int64]]


@dataclass(slots=True)
class TemplateCount:
    """What is known about one template; times in microseconds, NAT unknown.

    The line is that of the first of its loudest records; their times are loud_first and loud_last. See ShapeCounts.
    """

    count: int = 0
    errors: int = 0
    severity: int = 0
    first: int = NAT
    last: int = NAT
    rank: int = 0
    loud_first: int = NAT
    loud_last: int = NAT
    source: int = 0
    line: int = 0
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Timeline:
    """Counts of records over time.

    Attributes:
        frame: columns second (begin of a span), severity, count.
        width: seconds of a span.
        outside: records far from all the others, which are left out: first and last second, and their number.
    """

    frame: pl.DataFrame
    width: int
    outside: tuple[tuple[int, int, int], ...] = ()


@dataclass(slots=True)
class Tally:
    """Everything that is counted over a bundle."""

    templates: Templates = field(default_factory=Templates)
    counts: dict[int, TemplateCount] = field(default_factory=dict)
    _perhaps: Counter[tuple[int, int]] = field(default_factory=Counter)
    _timeline: list[pl.DataFrame] = field(default_factory=list)
    _step: int = 0
    _rows: int = 0

    def add_shapes(self, shapes: ShapeCounts, source: int, first_line: int) -> NDArray[np.int32]:
        """Add the shapes of the next slice; returns int32[k], their template ids.

        Args:
            shapes: of the slice.
            source: index of the slice's source.
            first_line: lines of the source ahead of the slice.
        """
        if not len(shapes.hash):
            return np.empty(0, np.int32)
        ids = self.templates.assign(shapes.hash, shapes.message, shapes.masked)
        order = np.argsort(ids, kind="stable")
        starts = np.flatnonzero(np.diff(ids[order], prepend=-1))
        firsts = np.where(shapes.first == NAT, _LATEST, shapes.first)[order]
        ranks = shapes.rank[order]
        highest = np.maximum.reduceat(ranks, starts)
        # Shapes of a template that are less loud say nothing of when it was loud.
        silent = np.minimum(ranks, 2) < np.minimum(highest, 2).repeat(np.diff(np.append(starts, len(order))))
        loud_firsts = np.where(silent | (shapes.loud_first[order] == NAT), _LATEST, shapes.loud_first[order])
        loud_lasts = np.where(silent, NAT, shapes.loud_last[order])
        sums = {
            "count": np.add.reduceat(shapes.count[order], starts),
            "errors": np.add.reduceat(shapes.errors[order], starts),
            "severity": np.maximum.reduceat(shapes.severity[order], starts),
            "first": np.minimum.reduceat(firsts, starts),
            "last": np.maximum.reduceat(shapes.last[order], starts),
            "rank": highest,
            "loud_first": np.minimum.reduceat(loud_firsts, starts),
            "loud_last": np.maximum.reduceat(loud_lasts, starts),
        }
        # Of each template the first of its loudest shapes.
        loudest = np.lexsort((np.arange(len(ids)), -shapes.rank.astype(np.int8), ids))
        for i, at in enumerate(loudest[starts]):
            self._add(
                int(ids[at]), {name: int(values[i]) for name, values in sums.items()}, source, shapes, at, first_line
            )
        for rule, shape, count in zip(*shapes.perhaps, strict=True):
            self._perhaps[int(rule), int(ids[shape])] += int(count)
        return ids

    def release(self, holds: Set[int]) -> None:
        """Count as errors that no rule explains what rules found whose correlations do not hold.

        Args:
            holds: indexes of the rules that hold.
        """
        for (rule, template), count in self._perhaps.items():
            if rule not in holds:
                self.counts[template].errors += count
        self._perhaps.clear()

    def _add(
        self, template: int, sums: dict[str, int], source: int, shapes: ShapeCounts, at: np.int64, first_line: int
    ) -> None:
        known = self.counts.setdefault(template, TemplateCount())
        if not known.count or sums["rank"] > known.rank:
            known.source, known.line = source, first_line + int(shapes.line[at]) + 1
            known.offset = int(shapes.offset[at])
        known.count += sums["count"]
        known.errors += sums["errors"]
        known.severity = max(known.severity, sums["severity"])
        if sums["first"] != _LATEST:
            known.first = sums["first"] if known.first == NAT else min(known.first, sums["first"])
        known.last = max(known.last, sums["last"])
        if min(sums["rank"], 2) > min(known.rank, 2):
            known.loud_first, known.loud_last = NAT, NAT
        if min(sums["rank"], 2) >= min(known.rank, 2):
            if sums["loud_first"] != _LATEST:
                first = sums["loud_first"]
                known.loud_first = first if known.loud_first == NAT else min(known.loud_first, first)
            known.loud_last = max(known.loud_last, sums["loud_last"])
        known.rank = max(known.rank, sums["rank"])

    def add_timeline(self, seconds: pl.DataFrame) -> None:
        """Add counts of records: columns second (int64), severity (uint8), count (uint32)."""
        if seconds.is_empty() and self._timeline:
            return
        self._timeline.append(_coarser(seconds, STEPS[self._step]))
        self._rows += seconds.height
        if self._rows > MAX_BUCKETS:
            self._merge()

    def _merge(self) -> None:
        merged = _sum(pl.concat(self._timeline)) if self._timeline else pl.DataFrame()
        while merged.height > MAX_BUCKETS // 2 and self._step + 1 < len(STEPS):
            self._step += 1
            merged = _sum(_coarser(merged, STEPS[self._step]))
        self._timeline = [merged]
        self._rows = merged.height

    def timeline(self, buckets: int) -> Timeline:
        """Counts by time and severity in at most about `buckets` spans."""
        empty = pl.DataFrame(schema={"second": pl.Int64, "severity": pl.UInt8, "count": pl.UInt32})
        if not self._timeline:
            return Timeline(empty, 0)
        self._merge()
        frame = self._timeline[0]
        if frame.is_empty():
            return Timeline(frame, 0)
        frame, outside = _without_outliers(frame)
        low, high = frame.get_column("second").min(), frame.get_column("second").max()
        span = int(high) - int(low) + 1 if isinstance(low, int) and isinstance(high, int) else 1
        width = next((w for w in _WIDTHS if span / w <= buckets), _WIDTHS[-1])
        width = max(width, STEPS[self._step])
        return Timeline(_sum(_coarser(frame, width)).sort("second", "severity"), width, outside)


_WIDTHS = (
    1,
    2,
    5,
    10,
    15,
    30,
    60,
    120,
    300,
    600,
    900,
    1800,
    3600,
    7200,
    14_400,
    43_200,
    86_400,
    604_800,
    2_592_000,
    31_536_000,
)


# Records that are so few of all, behind a gap that takes so much of the time, are outliers: a file from before the
# machine had its clock set, a line that quotes a date. They would press all that matters into one bar.
_FEW = 0.02
_WIDE = 0.9


def _without_outliers(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[tuple[int, int, int], ...]]:
    """Counts without those of outliers, and first second, last second and number of what is left out."""
    by_second = frame.group_by("second").agg(pl.col("count").sum()).sort("second")
    seconds = by_second.get_column("second").to_numpy()
    before = np.concatenate([[0], np.cumsum(by_second.get_column("count").to_numpy().astype(np.int64))])
    few = _FEW * int(before[-1])
    low, high = 0, len(seconds)
    outside = []
    while high - low > 2:
        steps = np.diff(seconds[low:high])
        widest = int(steps.argmax())
        cut = low + widest + 1
        if steps[widest] < _WIDE * (seconds[high - 1] - seconds[low]):
            break
        left, right = int(before[cut] - before[low]), int(before[high] - before[cut])
        if min(left, right) > few:
            break
        if left < right:
            outside.append((int(seconds[low]), int(seconds[cut - 1]), left))
            low = cut
        else:
            outside.append((int(seconds[cut]), int(seconds[high - 1]), right))
            high = cut
    kept = frame.filter(pl.col("second").is_between(int(seconds[low]), int(seconds[high - 1])))
    return kept, tuple(sorted(outside))


def _coarser(frame: pl.DataFrame, step: int) -> pl.DataFrame:
    return frame.with_columns((pl.col("second") // step * step).cast(pl.Int64)) if step > 1 else frame


def _sum(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.group_by("second", "severity").agg(pl.col("count").sum())
