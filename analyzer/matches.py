"""What a stream of a rule found in the whole bundle, kept small: a busy rule finds millions of records."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analyzer.match import Hits
from parsers.times import NAT

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Rows of a slice above which they are kept compressed until they are asked for.
PACKED_ROWS = 4096
# Rows that are looked at together.
PART_ROWS = 250_000


@dataclass(slots=True)
class Match:
    """What one stream found.

    Attributes:
        count: records.
        first, last: microseconds, NAT unknown.
        by_source: records by the index of their source.
        seconds: of each slice, the seconds in which there are records, and how many there are in each.
    """

    count: int = 0
    first: int = NAT
    last: int = NAT
    by_source: Counter[int] = field(default_factory=Counter)
    seconds: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = field(default_factory=list)
    _frames: list[pl.DataFrame | bytes] = field(default_factory=list)

    def add(self, hits: Hits, source: int, first_line: int) -> None:
        """Add the hits of the next slice of a source that has `first_line` lines ahead of it."""
        self.count += hits.count
        self.by_source[source] += hits.count
        self.seconds.append(hits.seconds)
        if hits.first != NAT:
            self.first = hits.first if self.first == NAT else min(self.first, hits.first)
        self.last = max(self.last, hits.last)
        frame = hits.frame.with_columns(
            (pl.col("line_number") + first_line + 1).alias("line_number"), pl.lit(source, pl.Int32).alias("source")
        )
        self._frames.append(_packed(frame) if frame.height >= PACKED_ROWS else frame)

    def records(self) -> pl.DataFrame:
        """The records that were kept, in the order of the bundle: Hits.frame with `source` and absolute lines."""
        return pl.concat(list(self._unpacked()), how="diagonal")

    def parts(self, keys: Sequence[str], least: int) -> Iterator[pl.DataFrame]:
        """The same in parts that hold whole groups, of PART_ROWS rows or so.

        Args:
            keys: columns that make a group.
            least: groups with fewer records are left out; most groups of a busy rule have one.
        """
        groups = [_groups(frame, keys) for frame in self._unpacked()]
        numbers, counts = np.unique(np.concatenate(groups), return_counts=True)
        numbers, counts = numbers[counts >= least], counts[counts >= least]
        part = np.cumsum(counts) // PART_ROWS
        for number in np.unique(part).tolist():
            yield self._of_groups(groups, numbers[part == number])

    def _of_groups(self, groups: Sequence[NDArray[np.uint64]], wanted: NDArray[np.uint64]) -> pl.DataFrame:
        kept = (
            frame.filter(pl.Series(np.isin(group, wanted)))
            for frame, group in zip(self._unpacked(), groups, strict=True)
        )
        return pl.concat(list(kept), how="diagonal")

    def _unpacked(self) -> Iterator[pl.DataFrame]:
        for frame in self._frames:
            yield pl.read_ipc(io.BytesIO(frame)) if isinstance(frame, bytes) else frame


def _packed(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_ipc(buffer, compression="lz4")
    return buffer.getvalue()


def _groups(frame: pl.DataFrame, keys: Sequence[str]) -> NDArray[np.uint64]:
    """A number for the group of each record, equal in every frame (64 bits: a million groups collide at 3e-8)."""
    return frame.select(pl.struct(keys).hash()).to_series().to_numpy()
