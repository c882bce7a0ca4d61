"""What a stream of a rule found in the whole bundle, kept small: a busy rule finds millions of records.

The records of busy slices are put aside in a temporary file until the rules are correlated.
"""

from __future__ import annotations

import io
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import IO, TYPE_CHECKING

import numpy as np
import polars as pl

from analyzer.match import Hits
from parsers.times import NAT

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Rows of a slice above which they are put aside until they are asked for.
PACKED_ROWS = 4096
# Rows that are looked at together.
PART_ROWS = 250_000
# Groups are counted by the lower bits of a hash, so that a million groups take no more memory than a thousand.
BUCKETS = 1 << 22
# Spreads spans of time over the buckets.
_ODD = np.uint64(0x9E3779B97F4A7C15)


class Spill:
    """Bytes put aside in a temporary file that has no name."""

    def __init__(self) -> None:
        """Start with none."""
        self._file: IO[bytes] | None = None

    def put(self, data: bytes) -> tuple[int, int]:
        """Put bytes aside; returns where they are.

        Raises:
            OSError: the temporary file cannot be written.
        """
        if self._file is None:
            self._file = tempfile.TemporaryFile(prefix="analyze-")  # noqa: SIM115 - closed with the run
        start = self._file.seek(0, io.SEEK_END)
        self._file.write(data)
        return start, len(data)

    def get(self, place: tuple[int, int]) -> bytes:
        """The bytes that `put` returned the place of.

        Raises:
            OSError: the temporary file cannot be read.
        """
        if self._file is None:
            raise OSError("nothing was put aside")
        self._file.seek(place[0])
        return self._file.read(place[1])

    def close(self) -> None:
        """Remove the file."""
        if self._file is not None:
            self._file.close()


@dataclass(slots=True)
class Match:
    """What one stream found.

    Attributes:
        count: records.
        first, last: microseconds, NAT unknown.
        by_source: records by the index of their source.
        seconds: of each slice, the seconds in which there are records, and how many there are in each.
        spill: where the records of busy slices are put aside.
    """

    count: int = 0
    first: int = NAT
    last: int = NAT
    by_source: Counter[int] = field(default_factory=Counter)
    seconds: list[tuple[NDArray[np.int64], NDArray[np.int64]]] = field(default_factory=list)
    spill: Spill = field(default_factory=Spill)
    _frames: list[pl.DataFrame | tuple[int, int]] = field(default_factory=list)
    _untimed: bool = False

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
        self._untimed = self._untimed or bool((frame.get_column("time") == NAT).any())
        self._frames.append(self._aside(frame) if frame.height >= PACKED_ROWS else frame)

    def records(self) -> pl.DataFrame:
        """The records that were kept, in the order of the bundle: Hits.frame with `source` and absolute lines."""
        return pl.concat(list(self._unpacked()), how="diagonal")

    def parts(self, keys: Sequence[str], least: int, span: int) -> Iterator[pl.DataFrame]:
        """The same in parts that hold whole groups, of PART_ROWS rows or so.

        Args:
            keys: columns that make a group.
            least: records that have fewer of their group around them may be left out; most of a busy rule have none.
            span: microseconds that count as around.
        """
        around = 0 if self._untimed else span
        counts = np.zeros(BUCKETS, np.uint32)
        for frame in self._unpacked():
            np.add.at(counts, _buckets(_groups(frame, keys), frame, around), 1)
        total = sum(int(_crowded(frame, keys, around, counts, least).sum()) for frame in self._unpacked())
        number_of_parts = -(-total // PART_ROWS)
        for number in range(number_of_parts):
            part = (
                frame.filter(
                    pl.Series(_crowded(frame, keys, around, counts, least))
                    & ((pl.Series(_groups(frame, keys) >> np.uint64(40)) % number_of_parts) == number)
                )
                for frame in self._unpacked()
            )
            yield pl.concat(list(part), how="diagonal")

    def _aside(self, frame: pl.DataFrame) -> pl.DataFrame | tuple[int, int]:
        buffer = io.BytesIO()
        frame.write_ipc(buffer, compression="lz4")
        try:
            return self.spill.put(buffer.getvalue())
        except OSError:
            return frame  # no room for temporary files: memory is the next best place

    def _unpacked(self) -> Iterator[pl.DataFrame]:
        for frame in self._frames:
            yield frame if isinstance(frame, pl.DataFrame) else pl.read_ipc(io.BytesIO(self.spill.get(frame)))


def _groups(frame: pl.DataFrame, keys: Sequence[str]) -> NDArray[np.uint64]:
    """A number for the group of each record, equal in every frame."""
    return frame.select(pl.struct(keys).hash()).to_series().to_numpy()


def _buckets(groups: NDArray[np.uint64], frame: pl.DataFrame, span: int, later: int = 0) -> NDArray[np.int64]:
    """A number below BUCKETS for the group and the span of time of each record, or of a span `later` ones."""
    if span:
        spans = frame.get_column("time").to_numpy() // span + later
        groups = groups + spans.view(np.uint64) * _ODD
    return (groups & np.uint64(BUCKETS - 1)).view(np.int64)


def _crowded(
    frame: pl.DataFrame, keys: Sequence[str], span: int, counts: NDArray[np.uint32], least: int
) -> NDArray[np.bool_]:
    """Which records may have `least` of their group in a window: it lies in their own span and those beside it.

    Other groups that share a bucket add to the count: nothing is lost, and correlation looks closer.
    """
    groups = _groups(frame, keys)
    around = sum(counts[_buckets(groups, frame, span, later)] for later in ((-1, 0, 1) if span else (0,)))
    crowded: NDArray[np.bool_] = np.asarray(around) >= least
    return crowded
