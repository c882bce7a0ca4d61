"""What the rows of all application tables begin with: when, which frame, which connection, who and whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ...schema import TIME
from ..columns import Array, Bools, Rows, addresses_text

if TYPE_CHECKING:
    from ..capture import Capture

Columns = Mapping[str, pl.DataType | type[pl.DataType]]

IDENTITY: Columns = {
    "time": TIME,
    "frame_number": pl.UInt32,  # as Wireshark counts, from 1
    "uid": pl.String,
    "id_orig_h": pl.String,  # the client
    "id_orig_p": pl.UInt16,
    "id_resp_h": pl.String,
    "id_resp_p": pl.UInt16,
}


def schema(columns: Columns) -> pl.Schema:
    """The schema of a table: who and when, then its own columns."""
    return pl.Schema({**IDENTITY, **columns})


def build(
    capture: Capture,
    layout: pl.Schema,
    rows: Sequence[int] | Rows,
    swap: Sequence[bool] | Bools,
    own: Mapping[str, Any],
) -> pl.DataFrame:
    """A table in the order of its packets.

    Args:
        capture: whose packets they are.
        layout: all columns.
        rows: the packet that each row begins with.
        swap: whether that packet was sent by the server.
        own: columns behind the identity; what is missing is null.
    """
    if not len(rows):
        return layout.to_frame()  # most captures leave most tables empty
    index = np.asarray(rows, np.int64)
    who = identity(capture, index, np.asarray(swap, np.bool_))
    columns = [
        column(name, own[name], layout[name])
        if name in own
        else pl.repeat(None, len(index), dtype=layout[name], eager=True).alias(name)
        for name in layout
        if name not in IDENTITY
    ]
    order = np.argsort(index, kind="stable")
    return pl.DataFrame([*who.get_columns(), *columns])[order]


def column(name: str, values: Any, dtype: pl.DataType) -> pl.Series:
    """A column of a table of these values."""
    if isinstance(values, list) and isinstance(dtype, pl.List):
        # Lists are slow to make, and most of them are the same few.
        codes: dict[tuple[Any, ...] | None, int] = {}
        rows = [codes.setdefault(None if value is None else tuple(value), len(codes)) for value in values]
        distinct = [None if value is None else list(value) for value in codes]
        return pl.Series(name, distinct, dtype=dtype, strict=False).gather(rows)
    return pl.Series(name, values, dtype=dtype, strict=False)


def identity(capture: Capture, rows: Rows, swap: Bools) -> pl.DataFrame:
    """The columns of IDENTITY for packets; with `swap` a packet's destination is the client."""
    packets = capture.packets
    version = packets.ip_version[rows]

    def either(name: str, other: str) -> Array:
        values: Array = np.where(swap, getattr(packets, other)[rows], getattr(packets, name)[rows])
        return values

    return pl.DataFrame(
        {
            "time": times(capture, rows),
            "frame_number": pl.Series(rows + 1, dtype=pl.UInt32),
            "uid": uids(capture, rows),
            "id_orig_h": addresses_text(either("src_hi", "dst_hi"), either("src_lo", "dst_lo"), version),
            "id_orig_p": either("sport", "dport"),
            "id_resp_h": addresses_text(either("dst_hi", "src_hi"), either("dst_lo", "src_lo"), version),
            "id_resp_p": either("dport", "sport"),
        },
        schema=dict(IDENTITY),
    )


def times(capture: Capture, rows: Rows) -> pl.Series:
    """When packets were taken; null where the capture does not say."""
    nanos = capture.packets.time[rows]
    series = pl.Series(nanos // 1000, dtype=pl.Int64)
    return series.set(pl.Series(nanos == np.iinfo(np.int64).min), None).cast(TIME)


def uids(capture: Capture, rows: Rows) -> pl.Series:
    """The uid of the connections of packets, null without one."""
    connection = capture.packets.connection[rows].astype(np.int64)
    known = pl.Series(connection).set(pl.Series(connection < 0), None)
    return capture.connections["uid"].gather(known) if len(capture.connections) else known.cast(pl.String)


def seconds(capture: Capture, first: int, then: int) -> float:
    """How long after one packet another one was taken, in seconds."""
    time = capture.packets.time
    return (int(time[then]) - int(time[first])) / 1e9


def between(capture: Capture, first: Sequence[int | None], then: Sequence[int | None]) -> pl.Series:
    """As seconds, for many pairs of packets; null where one of them is missing."""
    time = pl.Series(capture.packets.time)
    begin, end = (time.gather(pl.Series(rows, dtype=pl.UInt32)) for rows in (first, then))
    return (end - begin) / 1e9


def frames(rows: Iterable[int | None]) -> list[int | None]:
    """Frame numbers of packets that may be missing."""
    return [None if row is None else row + 1 for row in rows]
