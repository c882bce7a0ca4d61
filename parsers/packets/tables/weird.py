"""weird: what no program should send (Zeek's weird.log): one row a thing, by Zeek's names."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import FIN, RST, SYN, TCP, URG, Bools
from . import _rows

if TYPE_CHECKING:
    from ..capture import Capture

SCHEMA = _rows.schema({"name": pl.String, "addl": pl.String})
# Tables that name what was odd in a column `weird`.
_TABLES = ("dhcp", "dns", "http")
_SMALLEST_FRAGMENT = 64  # bytes of IP; but the last one


def table(capture: Capture) -> pl.DataFrame:
    """Everything odd: in headers, and in what the other tables saw."""
    parts = [_headers(capture)]
    for name in _TABLES:
        source = capture.tables[name]
        parts.append(
            source.filter(pl.col("weird").list.len() > 0)
            .explode("weird")
            .select(*_rows.IDENTITY, name="weird", addl=pl.lit(name))
        )
    return pl.concat(parts, how="vertical_relaxed").sort("frame_number", maintain_order=True).cast(SCHEMA)


def _headers(capture: Capture) -> pl.DataFrame:
    found: list[tuple[int, str]] = []
    for name, chosen in _oddities(capture).items():
        found += [(row, name) for row in np.flatnonzero(chosen & ~capture.duplicate).tolist()]
    found += sorted(capture.fragments.weird)
    rows = [row for row, _ in found]
    own = {"name": [name for _, name in found], "addl": [""] * len(found)}
    return _rows.build(capture, SCHEMA, rows, [False] * len(rows), own)


def _oddities(capture: Capture) -> dict[str, Bools]:
    packets = capture.packets
    tcp = (packets.protocol == TCP) & packets.has("transport")
    flags = packets.tcp_flags
    has_data = packets.payload_length > 0
    return {
        "TCP_christmas": tcp & ((flags & (SYN | FIN | URG)) == (SYN | FIN | URG)),
        "baroque_SYN": tcp & ((flags & SYN) != 0) & ((flags & (FIN | RST)) != 0) & ((flags & URG) == 0),
        "SYN_with_data": tcp & ((flags & (SYN | RST | FIN)) == SYN) & has_data,
        "RST_with_data": tcp & ((flags & RST) != 0) & has_data,
        "fragment_with_DF": packets.fragment & packets.dont_fragment,
        "excessively_small_fragment": packets.fragment
        & (packets.fragment_offset > 0)
        & (packets.fragment_offset < _SMALLEST_FRAGMENT),
    }
