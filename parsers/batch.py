"""What a text parser gives for one slice: rows, the shapes they repeat, and fields on demand.

Logs repeat. Two rows have the same *shape* when they are equal but for their digits; all that is costly is
done once a shape. A shape is only a pre-filter ("eth" and "eth0" share one), so whatever depends on
the exact text of a row is read from the row.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pyarrow as pa
from numpy.typing import NDArray

# What pyarrow.compute.call_function is; that module makes 300 functions with their documentation when it is loaded.
from pyarrow._compute import call_function

from .contract import Problem

if TYPE_CHECKING:
    from .packets.capture import Capture

# For `Batch.quoted`: constants in statements of SQL, where a quotation mark follows a blank, a bracket, = or a comma.
SQL_CONSTANTS = r"([\s(=,])'(?:[^'\\\n]|\\.|'')*'"
_DIGITS = b"0123456789"


@dataclass(slots=True)
class Batch:
    """The rows of one slice, in file order. n rows, k shapes, r records.

    Attributes:
        text: n strings, line ends included. A row is a line, or a whole record where a format reads records.
        buffer: the rows as UTF-8, each followed by LF.
        ends: int64[n + 1], where each row starts in `buffer`.
        line_number: int64[n], from 0 within the slice.
        offsets: int64[n], byte offset in the file.
        code: int32[n], the shape of each row.
        shapes: k strings, the first row of each shape.
        bare: k strings, the shapes: the rows without their digits.
        shape_hash: uint64[k], equal for equal shapes in any slice of any file.
        bodies: k strings, the message of each shape's first row, without time and header; with the traces and details
            behind its first line, where a row holds a whole record.
        starts: bool[n], whether the row begins a record.
        time: int64[n], microseconds since 1970 UTC; NAT unknown. Rows that do not start a record carry the
            time of their record.
        severity: uint8[n], OpenTelemetry; 0 unknown.
        line_count: lines of the slice.
        skipped: lines that are part of no record.
        extract: fields of records (int64, indexes): a frame with `body` and those of the wanted columns of
            schema.EVENTS that the format knows.
        problems: what the report must say about the slice.
        quoted: a pattern for what others than the program wrote into its records (addresses of requests, constants of
            SQL): rules do not see it, but for its groups 1 and 2; "" nothing.
        shown: where to quote each row from, as (line_number, offsets), when its message is not on its first line.
        capture: the packets, when the slice is a packet capture; its rows are then what is wrong in it.
    """

    text: pl.Series
    buffer: bytes
    ends: NDArray[np.int64]
    line_number: NDArray[np.int64]
    offsets: NDArray[np.int64]
    code: NDArray[np.int32]
    shapes: pl.Series
    bare: pl.Series
    shape_hash: NDArray[np.uint64]
    bodies: pl.Series
    starts: NDArray[np.bool_]
    time: NDArray[np.int64]
    severity: NDArray[np.uint8]
    line_count: int
    extract: Callable[[Batch, NDArray[np.int64], Collection[str]], pl.DataFrame]
    skipped: int = 0
    problems: tuple[Problem, ...] = ()
    quoted: str = ""
    shown: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None
    capture: Capture | None = None
    _heads: NDArray[np.int64] | None = field(default=None, repr=False)

    def __len__(self) -> int:
        """The number of rows."""
        return len(self.code)

    @property
    def heads(self) -> NDArray[np.int64]:
        """int64[r], the first row of each record."""
        if self._heads is None:
            self._heads = np.flatnonzero(self.starts)
        return self._heads

    def places(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The line, from 0 within the slice, and the byte offset in the file from which each row is quoted."""
        lines, offsets = self.shown or (self.line_number, self.offsets)
        return lines[rows], offsets[rows]

    def record_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        """The record that holds each row; -1 for rows ahead of the first record."""
        if len(self.heads) == len(self):
            return rows
        return np.searchsorted(self.heads, rows, side="right") - 1

    def record_text(self, records: NDArray[np.int64]) -> pl.Series:
        """The whole text of records, header and continuation lines included."""
        heads = self.heads
        if len(heads) == len(self):
            return self.text.gather(records).str.strip_chars_end("\r\n")
        ends = np.append(self.ends[heads], self.ends[-1])
        whole = pa.LargeStringArray.from_buffers(len(heads), pa.py_buffer(ends), pa.py_buffer(self.buffer))
        return pl.Series(_Exported(whole.take(pa.array(records)))).str.strip_chars_end("\r\n")


def large_strings(buffer: bytes, ends: NDArray[np.int64]) -> pl.Series:
    """Rows of a buffer of valid UTF-8 as strings, with their line ends, without a copy."""
    array = pa.LargeStringArray.from_buffers(len(ends) - 1, pa.py_buffer(ends), pa.py_buffer(buffer))
    return pl.Series(_Exported(array))


@dataclass(frozen=True, slots=True)
class _Exported:
    """An array by its Arrow C interface: of pyarrow polars loads pyarrow.compute, which is slow."""

    array: pa.Array

    def __arrow_c_array__(self, requested_schema: object = None) -> tuple[object, object]:
        capsules: tuple[object, object] = self.array.__arrow_c_array__(requested_schema)
        return capsules


def shape_codes(
    buffer: bytes, ends: NDArray[np.int64], line_ends: Callable[[bytes], NDArray[np.int64]]
) -> tuple[NDArray[np.int32], NDArray[np.int64], NDArray[np.uint64], pl.Series]:
    """The shape of each row.

    Args:
        buffer: rows, each followed by LF and without an LF inside.
        ends: where they start.
        line_ends: finds the ends of the rows of the digit-less buffer.

    Returns:
        int32[n] shape of each row, numbered by first occurrence; int64[k] first row of each shape;
        uint64[k] hash of each shape; the k shapes. 64 bits: ten million shapes collide with a probability of 3e-6.
    """
    bare = buffer.translate(None, _DIGITS)
    rows = large_strings(bare, line_ends(bare))
    code, hashes = numbered(rows.hash())
    first = np.flatnonzero(np.diff(np.maximum.accumulate(code), prepend=np.int32(-1)))
    return code, first, hashes.to_numpy(zero_copy_only=False).astype(np.uint64), rows.gather(first)


def numbered(values: pl.Series) -> tuple[NDArray[np.int32], pa.Array]:
    """Which of the distinct ones each of n values without null is, int32[n], and those in order of occurrence."""
    encoded = call_function("dictionary_encode", [values.to_arrow()])
    return encoded.indices.to_numpy(zero_copy_only=False).astype(np.int32, copy=False), encoded.dictionary
