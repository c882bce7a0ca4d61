"""DHCP: clients that got no address."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

import polars as pl

from . import ERROR, WARN, Notice
from ._make import from_row, rows, shorten

if TYPE_CHECKING:
    from ..capture import Capture

PATIENCE = timedelta(seconds=3)  # clients ask again after about four seconds (RFC 2131 section 4.1)


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a NAK or a refusal of an address, and one a client that asked without an offer or a confirmation."""
    table = capture.tables["dhcp"]
    wanted = {row["xid"]: row for row in rows(table.filter(pl.col("msg_type") == "REQUEST").reverse())}
    for row in rows(table.filter(pl.col("msg_type") == "NAK")):
        asked = wanted.get(row["xid"])
        address = (asked["requested_addr"] or asked["client_addr"]) if asked else None
        server = row["server_addr"] or row["id_orig_h"]
        msg = f"The DHCP server {server} refused {row['mac']}" + (f" the address {address}" if address else "")
        msg += f": {shorten(row['message'])}" if row["message"] else ""
        fields = {"mac": row["mac"], "address": address, "server": server, "reason": row["message"]}
        frames = (row["frame_number"], asked["frame_number"] if asked else None)
        yield from_row(capture, "dhcp_nak", WARN, row, msg, fields, frames, src=row["mac"], dst=server)
    for row in rows(table.filter((pl.col("msg_type") == "DECLINE") & pl.col("requested_addr").is_not_null())):
        address, server = row["requested_addr"], row["server_addr"]
        msg = f"{row['mac']} declined the address {address}" + (f" of the DHCP server {server}" if server else "")
        msg += ": another host uses it already"
        fields = {"mac": row["mac"], "address": address, "server": server}
        yield from_row(capture, "dhcp_decline", ERROR, row, msg, fields, src=row["mac"], dst=server or "")
    yield from _no_offer(capture, table)
    yield from _two_servers(capture, table)
    yield from _no_ack(capture, table)


def _two_servers(capture: Capture, table: pl.DataFrame) -> Iterator[Notice]:
    """Clients that two servers made an offer to: a pair for failover, or one that does not belong there."""
    offers = table.filter((pl.col("msg_type") == "OFFER") & pl.col("server_addr").is_not_null())
    groups = offers.group_by("mac", "xid", maintain_order=True).agg(
        pl.col("server_addr").unique(maintain_order=True).alias("servers"),
        pl.col("assigned_addr").unique(maintain_order=True).alias("offered"),
        pl.col("frame_number").head(5).alias("frames"), pl.exclude("mac", "xid").first(),
    )  # fmt: skip
    doubled = groups.filter(pl.col("servers").list.len() >= 2).unique("servers", keep="first", maintain_order=True)
    for row in rows(doubled):
        several, offered = row["servers"][:4], [address for address in row["offered"] if address][:4]
        msg = f"{len(row['servers'])} DHCP servers made an offer to {row['mac']}: {' and '.join(several)} offer "
        msg += f"{' and '.join(offered) or 'addresses'}; one of them may not belong there"
        fields = {"mac": row["mac"], "servers": ",".join(several), "offered": ",".join(offered)}
        yield from_row(
            capture, "dhcp_two_servers", WARN, row, msg, fields, row["frames"], src=row["mac"], dst=several[0]
        )


def _no_offer(capture: Capture, table: pl.DataFrame) -> Iterator[Notice]:
    """Clients none of whose DISCOVERs was answered, as long as the capture went on."""
    end = int(capture.packets.time.max(initial=0)) // 1000
    # An offer may be out of sight of the capture; the request that names a server tells of it.
    chosen = (pl.col("msg_type") == "REQUEST") & pl.col("server_addr").is_not_null()
    answered = table.filter(pl.col("msg_type").is_in(["OFFER", "ACK"]) | chosen).select("mac").unique()
    lonely = table.filter(pl.col("msg_type") == "DISCOVER").join(answered, on="mac", how="anti", maintain_order="left")
    groups = lonely.group_by("mac", maintain_order=True).agg(
        pl.len().alias("count"), pl.col("frame_number").head(5).alias("frames"), pl.exclude("mac").first()
    )
    for row in rows(groups):
        waited = end - capture.packets.micros(row["frame_number"] - 1)
        if waited < PATIENCE / timedelta(microseconds=1):
            continue
        times = f"{row['count']:,} time{'' if row['count'] == 1 else 's'}"
        name = f" ({shorten(row['host_name'], 60)})" if row["host_name"] else ""
        msg = f"{row['mac']}{name} asked {times} for an address, and no DHCP server offered one"
        fields = {"mac": row["mac"], "count": row["count"], "host_name": row["host_name"]}
        yield from_row(capture, "dhcp_no_offer", ERROR, row, msg, fields, row["frames"], src=row["mac"], dst="")


def _no_ack(capture: Capture, table: pl.DataFrame) -> Iterator[Notice]:
    """Clients that took an offer again and again, which nobody confirmed; offers show that answers can be seen."""
    end = int(capture.packets.time.max(initial=0)) // 1000
    offered = table.filter(pl.col("msg_type") == "OFFER").select("mac").unique()
    settled = table.filter(pl.col("msg_type").is_in(["ACK", "NAK"])).select("mac").unique()
    asked = table.filter((pl.col("msg_type") == "REQUEST") & pl.col("server_addr").is_not_null())
    lonely = asked.join(offered, on="mac", how="semi", maintain_order="left")
    lonely = lonely.join(settled, on="mac", how="anti", maintain_order="left")
    groups = lonely.group_by("mac", "server_addr", maintain_order=True).agg(
        pl.len().alias("count"),
        pl.col("frame_number").head(5).alias("frames"),
        pl.exclude("mac", "server_addr").first(),
    )
    for row in rows(groups.filter(pl.col("count") >= 2)):
        if end - capture.packets.micros(row["frame_number"] - 1) < PATIENCE / timedelta(microseconds=1):
            continue
        msg = f"{row['mac']} took the offer of the DHCP server {row['server_addr']} {row['count']:,} times, and the "
        msg += "server never confirmed it"
        fields = {"mac": row["mac"], "count": row["count"], "host_name": row["host_name"]}
        yield from_row(
            capture, "dhcp_no_offer", ERROR, row, msg, fields, row["frames"], src=row["mac"], dst=row["server_addr"]
        )
