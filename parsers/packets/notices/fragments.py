"""Datagrams of which a part is missing."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from ..columns import frame_numbers
from . import WARN, Notice
from ._make import Row, rows

if TYPE_CHECKING:
    from ..capture import Capture

_GIVE_UP = 1_000_000_000  # nanoseconds after which the rest of a datagram no longer comes


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a pair of hosts between which fragments of datagrams were lost."""
    packets, found = capture.packets, capture.fragments
    told = found.last < int(packets.time.max(initial=0)) - _GIVE_UP
    first = found.first[told]
    if not found.lost[told].any():
        return
    frame = pl.DataFrame(
        {
            "row": first,
            "source": packets.address_text(first, "src"),
            "target": packets.address_text(first, "dst"),
            "lost": found.lost[told],
        }
    ).sort("row")
    groups = frame.group_by("source", "target", maintain_order=True).agg(
        pl.col("lost").sum().alias("missing"),
        pl.len().alias("count"),
        pl.col("row").filter(pl.col("lost")).head(5),
    )
    for row in rows(groups.filter(pl.col("missing") > 0)):
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
