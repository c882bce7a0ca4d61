"""Somebody who tries many doors, and a network that shouts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import Bools, ether_text, frame_numbers
from ..reading import gathered
from . import ERROR, WARN, Notice, Value
from ._make import Row, from_row, rows
from .icmp import TRACEROUTE

if TYPE_CHECKING:
    from ..capture import Capture

_DOORS = 15  # as Zeek's scan detection
_FAILED = ("S0", "REJ", "RSTOS0", "SH", "OTH", "RSTRH")
_MOSTLY = 0.8  # of what a host tries
_STORM = 300  # broadcast frames within a second
_ETHERNET = 14  # bytes of a header: target, sender, what it carries
_SECOND = 1_000_000_000


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a scanning host, and one a storm."""
    yield from _scans(capture)
    yield from _storms(capture)


def _scans(capture: Capture) -> Iterator[Notice]:
    tried = capture.connections.filter(pl.col("proto") == "tcp").with_columns(
        failed=pl.col("conn_state").is_in(_FAILED)
    )
    for by, doors in ((("id_orig_h", "id_resp_h"), "id_resp_p"), (("id_orig_h", "id_resp_p"), "id_resp_h")):
        groups = tried.group_by(by, maintain_order=True).agg(
            pl.col(doors).filter(pl.col("failed")).n_unique().alias("doors"),
            pl.col("failed").mean().alias("share"),
            pl.col("conn_state").eq("REJ").sum().alias("refused"),
            pl.col("failed").sum().alias("count"),
            pl.col("frame_number").filter(pl.col("failed")).head(5).alias("frames"),
            pl.exclude(*by, doors).first(),
        )
        for row in rows(groups.filter((pl.col("doors") >= _DOORS) & (pl.col("share") >= _MOSTLY))):
            yield _scan(capture, row, doors)
    closed = capture.tables["icmp"].filter(
        (pl.col("code_name") == "port_unreachable") & (pl.col("quoted_proto") == "udp")
    )
    # A server whose answers come too late meets many closed ports; it speaks from a port of its own below 1024.
    closed = closed.filter((pl.col("quoted_orig_p") >= 1024) & ~pl.col("quoted_resp_p").is_in(TRACEROUTE))
    groups = closed.group_by("quoted_orig_h", "quoted_resp_h", maintain_order=True).agg(
        pl.col("quoted_resp_p").n_unique().alias("doors"),
        pl.len().alias("count"),
        pl.col("frame_number").head(5).alias("frames"),
        pl.exclude("quoted_orig_h", "quoted_resp_h", "quoted_resp_p").first(),
    )
    for row in rows(groups.filter(pl.col("doors") >= _DOORS)):
        who = {"id_orig_h": row["quoted_orig_h"], "id_resp_h": row["quoted_resp_h"], "refused": row["count"]}
        yield _scan(capture, {**row, **who}, "id_resp_p")


def _scan(capture: Capture, row: Row, doors: str) -> Notice:
    host = row["id_orig_h"]
    if doors == "id_resp_p":
        kind = "UDP ports" if "quoted_orig_h" in row else "ports"
        target, what = row["id_resp_h"], f"{row['doors']:,} {kind} of {row['id_resp_h']}"
    else:
        target, what = f"*:{row['id_resp_p']}", f"port {row['id_resp_p']} of {row['doors']:,} hosts"
    msg = f"{host} tried {what} in vain: {row['refused']:,} of {row['count']:,} connections were refused"
    fields = {"doors": row["doors"], "refused": row["refused"], "kind": "ports" if doors == "id_resp_p" else "hosts"}
    return from_row(capture, "port_scan", WARN, row, msg, fields, row["frames"], src=host, dst=target)


def _circling(capture: Capture) -> Bools:
    """Copies in flows most of which are copies: streams of pictures are many packets too, and mirror ports double them.

    Returns:
        Array of length n.
    """
    connection, size = capture.packets.connection, len(capture.connections) + 1
    copies = np.bincount(connection[capture.duplicate].astype(np.int64) + 1, minlength=size)
    share = copies / np.maximum(np.bincount(connection.astype(np.int64) + 1, minlength=size), 1)
    found: Bools = capture.duplicate & (connection >= 0) & (share >= _MOSTLY)[connection.astype(np.int64) + 1]
    return found


def _storms(capture: Capture) -> Iterator[Notice]:
    """Seconds in which more frames to everybody came than any network needs; neighbouring ones are one storm."""
    packets = capture.packets
    timed = packets.has("ether") & (packets.time > np.iinfo(np.int64).min)
    shouted = np.flatnonzero((packets.broadcast | _circling(capture)) & timed)
    if len(shouted) < _STORM:
        return
    target = gathered(packets, packets.place("ether", shouted), np.ones(len(shouted), np.int64), 1)
    shouted = shouted[packets.broadcast[shouted] | (target[:, 0] & 1 == 1)]
    if len(shouted) < _STORM:
        return
    second = packets.time[shouted] // _SECOND
    _, where, counts = np.unique(second, return_inverse=True, return_counts=True)
    rows_ = shouted[counts[where] >= _STORM]
    if not len(rows_):
        return
    head = gathered(packets, packets.place("ether", rows_), np.full(len(rows_), _ETHERNET), _ETHERNET)
    addresses = np.zeros((len(rows_), 8), np.uint8)
    addresses[:, 2:] = head[:, 6:12]
    frame = pl.DataFrame({name: getattr(packets, name)[rows_] for name in ("ip_id", "length", "sport", "dport")})
    frame = frame.with_columns(
        sender=pl.Series(addresses.view(">u8").ravel().astype(np.uint64)),
        kind=pl.Series(np.ascontiguousarray(head[:, 12:]).view(">u2").ravel().astype(np.uint16)),
    )
    talkers = frame["sender"].value_counts(sort=True)
    talker, said = talkers.row(0)
    repeated = 1 - frame.n_unique() / len(frame)
    most = int(counts.max())
    what = "broadcast" if packets.broadcast[rows_].all() else "multicast"
    msg = f"{len(rows_):,} {what} frames in {int((counts >= _STORM).sum()):,} s, up to {most:,} in one second; "
    msg += f"{ether_text(int(talker))} sent {said / len(frame):.0%} of them, and {repeated:.0%} repeat an earlier one"
    fields: dict[str, Value] = {
        "frames_per_second": most,
        "mac": ether_text(int(talker)),
        "repeated_percent": round(repeated * 100),
    }
    yield Notice(
        note="broadcast_storm",
        severity_number=ERROR if repeated > 0.5 else WARN,
        time=packets.micros(int(rows_[0])),
        frame_number=int(rows_[0]) + 1,
        msg=msg,
        frames=frame_numbers(rows_),
        src=ether_text(int(talker)),
        fields=fields,
    )
