"""ARP: addresses that two hosts claim, and hosts that do not answer."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import TYPE_CHECKING

import polars as pl

from . import ERROR, INFO, WARN, Notice
from ._make import from_row

if TYPE_CHECKING:
    from ..capture import Capture

_CONFLICT = 60_000_000  # microseconds within which both must speak
_SWEEP = 16  # hosts that one host asks for in vain: it searches, nobody is missing
# Virtual router addresses: VRRP (RFC 9568), HSRP version 1 and 2, GLBP. They belong to a second host on purpose.
_VIRTUAL = ("00:00:5e:00:01:", "00:00:5e:00:02:", "00:00:0c:07:ac:", "00:00:0c:9f:f", "00:07:b4:")


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice an address that is claimed twice, and one a host that does not answer."""
    table = capture.tables["arp"]
    yield from _conflicts(capture, table)
    yield from _unanswered(capture, table)


def _conflicts(capture: Capture, table: pl.DataFrame) -> Iterator[Notice]:
    """Addresses for which two hardware addresses speak in turns; one that moves for good is no conflict."""
    claims = table.filter(~pl.col("probe") & (pl.col("sender_h") != "0.0.0.0"))  # noqa: S104 - an address, not a bind
    several = claims.group_by("sender_h").agg(pl.col("sender_mac").n_unique().alias("n")).filter(pl.col("n") > 1)
    for address in several["sender_h"].sort():
        spoken = claims.filter((pl.col("sender_h") == address) & ~_virtual())
        turns = spoken.filter(pl.col("sender_mac") != pl.col("sender_mac").shift(1)).to_dicts()
        for earlier, now, again in zip(turns, turns[1:], turns[2:], strict=False):
            near = (again["time"] - earlier["time"]).total_seconds() * 1e6 <= _CONFLICT if again["time"] else True
            if near and earlier["sender_mac"] == again["sender_mac"]:
                macs = (earlier["sender_mac"], now["sender_mac"])
                msg = f"Two hosts use the address {address}: {macs[0]} and {macs[1]}"
                fields = {"address": address, "mac_a": macs[0], "mac_b": macs[1]}
                frames = [row["frame_number"] for row in (earlier, now, again)]
                yield from_row(capture, "arp_conflict", ERROR, earlier, msg, fields, frames, src=address, dst="")
                break
        else:
            if len(turns) == 2 and turns[0]["operation"] == turns[1]["operation"] == "reply":
                yield from _double(capture, address, spoken)


def _virtual() -> pl.Expr:
    return pl.any_horizontal([pl.col("sender_mac").str.starts_with(start) for start in _VIRTUAL])


def _double(capture: Capture, address: str, spoken: pl.DataFrame) -> Iterator[Notice]:
    """Two different replies to one request: within a second, from two hosts."""
    replies = spoken.filter(pl.col("operation") == "reply").to_dicts()
    for one, other in pairwise(replies):
        differ = one["sender_mac"] != other["sender_mac"] and one["target_mac"] == other["target_mac"]
        if differ and one["time"] and (other["time"] - one["time"]).total_seconds() < 1:
            msg = f"Two hosts answered for the address {address}: {one['sender_mac']} and {other['sender_mac']}"
            fields = {"address": address, "mac_a": one["sender_mac"], "mac_b": other["sender_mac"]}
            frames = (one["frame_number"], other["frame_number"])
            yield from_row(capture, "arp_conflict", ERROR, one, msg, fields, frames, src=address, dst="")
            return


def _unanswered(capture: Capture, table: pl.DataFrame) -> Iterator[Notice]:
    lonely = table.filter(pl.col("unanswered") & ~pl.col("gratuitous"))
    groups = lonely.group_by("sender_h", "target_h", maintain_order=True).agg(
        pl.len().alias("count"),
        pl.col("frame_number").head(5).alias("frames"),
        pl.col("frame_number").first(),
        pl.col("id_orig_p", "id_resp_p", "id_orig_h", "id_resp_h").first(),
    )
    for sender, asked in groups.group_by("sender_h", maintain_order=True):
        found = asked.to_dicts()
        host = sender[0]
        if len(found) >= _SWEEP:
            msg = f"{host} asks for {len(found):,} addresses that no host has: it searches the network"
            fields = {"targets": len(found), "count": sum(row["count"] for row in found)}
            frames = [row["frame_number"] for row in found]
            yield from_row(capture, "arp_sweep", INFO, found[0], msg, fields, frames, src=str(host), dst="")
            continue
        for row in found:
            times = f"{row['count']:,} time{'' if row['count'] == 1 else 's'}"
            msg = f"{host} asked {times} who has {row['target_h']}, and nobody answered"
            fields = {"target": row["target_h"], "count": row["count"]}
            severity = WARN if row["count"] > 1 else INFO
            yield from_row(capture, "arp_unanswered", severity, row, msg, fields, row["frames"])
