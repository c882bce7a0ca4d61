"""Datagrams of which a part is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import frame_numbers
from ..reading import gathered
from . import WARN, Notice
from ._make import Row, rows

if TYPE_CHECKING:
    from ..capture import Capture

_GIVE_UP = 1_000_000_000  # nanoseconds after which the rest of a datagram no longer comes
_SAME = 30_000_000_000  # nanoseconds after which an id may stand for another datagram (RFC 791)


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a pair of hosts between which fragments of IPv4 datagrams were lost."""
    packets = capture.packets
    index = np.flatnonzero(packets.fragment & (packets.ip_version == 4) & ~capture.duplicate)
    if not len(index):
        return
    start = packets.place("network", index)
    head = gathered(packets, start, packets.offset[index] + packets.captured[index] - start, 8)
    total = head[:, 2].astype(np.int64) << 8 | head[:, 3]
    size = np.maximum(total - (head[:, 0] & 15).astype(np.int64) * 4, 0)
    frame = pl.DataFrame(
        {
            "row": index,
            "time": packets.time[index],
            "source": packets.src_lo[index],
            "target": packets.dst_lo[index],
            "protocol": packets.protocol[index],
            "ip_id": packets.ip_id[index],
            "at": packets.fragment_offset[index].astype(np.int64),
            "size": size,
            "last": (head[:, 6] & 0x20) == 0,
        }
    )
    key = ["source", "target", "protocol", "ip_id"]
    frame = frame.with_columns(turn=(pl.col("time").diff() > _SAME).fill_null(False).cum_sum().over(key))
    key.append("turn")
    parts = frame.unique([*key, "at"], keep="first", maintain_order=True)
    whole = parts.group_by(*key, maintain_order=True).agg(
        pl.col("size").sum(),
        (pl.col("at") + pl.col("size")).filter(pl.col("last")).max().alias("end"),
        pl.col("row").first(),
        pl.col("time").max(),
        pl.col("at").min(),
    )
    told = whole.with_columns(lost=pl.col("end").is_null() | (pl.col("size") < pl.col("end")))
    told = told.filter(pl.col("time") < int(packets.time.max()) - _GIVE_UP)
    groups = told.group_by("source", "target", maintain_order=True).agg(
        pl.col("lost").sum().alias("missing"),
        pl.len().alias("count"),
        pl.col("row").filter(pl.col("lost")).head(5),
    )
    lossy = groups.filter(pl.col("missing") > 0)
    firsts = lossy["row"].list.first().to_numpy().astype(np.int64)
    sources, targets = packets.address_text(firsts, "src"), packets.address_text(firsts, "dst")
    for row in rows(lossy.with_columns(source=sources, target=targets)):
        yield _lost(capture, row)


def _lost(capture: Capture, found: Row) -> Notice:
    source, target, shown = found["source"], found["target"], found["row"]
    msg = (
        f"{found['missing']:,} of {found['count']:,} fragmented datagrams from {source} to {target} arrived incomplete"
    )
    return Notice(
        note="ip_fragments_lost",
        severity_number=WARN,
        time=capture.packets.micros(shown[0]),
        frame_number=shown[0] + 1,
        msg=msg,
        frames=frame_numbers(shown),
        src=source,
        dst=target,
        fields={"datagrams": found["count"], "incomplete": found["missing"]},
        connection=int(capture.packets.connection[shown[0]]),
    )
