"""ARP and IPv6 neighbour discovery: addresses that two hosts claim, and hosts that do not answer."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from . import ERROR, INFO, WARN, Notice
from ._make import from_row, rows

if TYPE_CHECKING:
    from ..capture import Capture

_CONFLICT = timedelta(seconds=60)  # within which both must speak
_AT_ONCE = timedelta(seconds=1)  # within which two answers belong to one question
# Who gets no answer asks again after a second. Who asks once may have got one that the capture could not see: answers
# are not sent to everybody.
_AGAIN = timedelta(seconds=3)
_SWEEP = 16  # hosts that one host asks for in vain: it searches, nobody is missing
# Virtual router addresses: VRRP (RFC 9568), HSRP version 1 and 2, GLBP. They belong to a second host on purpose.
_VIRTUAL = ("00:00:5e:00:01:", "00:00:5e:00:02:", "00:00:0c:07:ac:", "00:00:0c:9f:f", "00:07:b4:")


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice an address that is claimed twice, and one a host that does not answer."""
    for name in ("arp", "ndp"):
        table = capture.tables[name]
        if len(table):
            yield from _conflicts(capture, table)
            yield from _unanswered(capture, table)


def _conflicts(capture: Capture, table: pl.DataFrame) -> Iterator[Notice]:
    """Addresses for which two hardware addresses speak in turns, or answer the same question.

    An address that moves to another host for good is no conflict.
    """
    nobody = ("0.0.0.0", "::")  # noqa: S104 - an address, not a bind
    claims = table.filter(
        ~pl.col("probe") & ~pl.col("sender_h").is_in(nobody) & pl.col("sender_mac").is_not_null() & ~_virtual()
    ).sort("vlan", "sender_h", "frame_number")
    turns = claims.filter(_before("sender_mac", 1).is_null() | (pl.col("sender_mac") != _before("sender_mac", 1)))
    back = turns.with_columns(
        other_mac=_before("sender_mac", 1), other_frame=_before("frame_number", 1),
        first_frame=_before("frame_number", 2),
        near=(pl.col("time") - _before("time", 2)) <= _CONFLICT,
    ).filter((pl.col("sender_mac") == _before("sender_mac", 2)) & pl.col("near"))  # fmt: skip
    replies = claims.filter(pl.col("operation") == "reply")
    doubled = replies.with_columns(
        other_mac=_before("sender_mac", 1), other_frame=_before("frame_number", 1),
        same=_before("target_mac", 1) == pl.col("target_mac"), near=(pl.col("time") - _before("time", 1)) <= _AT_ONCE,
    ).filter((pl.col("sender_mac") != pl.col("other_mac")) & pl.col("same") & pl.col("near"))  # fmt: skip
    parts = [back, doubled, _taken(table, claims)]
    found = pl.concat(parts, how="diagonal").unique(["vlan", "sender_h"], keep="first", maintain_order=True)
    for row in rows(found.sort("frame_number")):
        macs = sorted((row["sender_mac"], row["other_mac"]))
        msg = f"Two hosts use the address {row['sender_h']}: {macs[0]} and {macs[1]}"
        fields = {"address": row["sender_h"], "mac_a": macs[0], "mac_b": macs[1]}
        frames = (row.get("first_frame"), row["other_frame"], row["frame_number"])
        yield from_row(capture, "arp_conflict", ERROR, row, msg, fields, frames, src=row["sender_h"], dst="")


def _taken(table: pl.DataFrame, claims: pl.DataFrame) -> pl.DataFrame:
    """Answers to hosts that asked whether an address is free (RFC 5227, RFC 4862): another one has it."""
    probes = table.filter("probe").select(
        "vlan", sender_h="target_h", other_mac="sender_mac", other_frame="frame_number", asked="time"
    )
    joined = claims.filter(pl.col("operation") == "reply").join(probes, on=["vlan", "sender_h"], maintain_order="left")
    waited = pl.col("time") - pl.col("asked")
    near = (waited >= timedelta(0)) & (waited <= _AT_ONCE)
    return joined.filter(near & (pl.col("sender_mac") != pl.col("other_mac"))).drop("asked")


def _before(column: str, count: int) -> pl.Expr:
    """What the same address said `count` packets ago."""
    return pl.col(column).shift(count).over("vlan", "sender_h")


def _virtual() -> pl.Expr:
    return pl.any_horizontal([pl.col("sender_mac").str.starts_with(start) for start in _VIRTUAL])


def _unanswered(capture: Capture, table: pl.DataFrame) -> Iterator[Notice]:
    # A server asks whether an address is free before it offers it.
    given = set(capture.tables["dhcp"]["assigned_addr"].drop_nulls())
    lonely = table.filter(pl.col("unanswered") & ~pl.col("gratuitous"))
    groups = lonely.group_by("sender_h", "target_h", maintain_order=True).agg(
        pl.len().alias("count"),
        pl.col("frame_number").head(5).alias("frames"),
        pl.col("frame_number").first(),
        (pl.col("time").diff().min() <= _AGAIN).alias("again"),
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
            severity = WARN if row["again"] and row["target_h"] not in given else INFO
            yield from_row(capture, "arp_unanswered", severity, row, msg, fields, row["frames"])
