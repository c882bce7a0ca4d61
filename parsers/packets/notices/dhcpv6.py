"""DHCP for IPv6: clients that got no address, and why; the notices have the names of those of IPv4."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import ICMP6
from . import ERROR, WARN, Notice
from ._make import Row, from_row, rows, shorten

if TYPE_CHECKING:
    from ..capture import Capture

PATIENCE = 3_000_000  # microseconds; clients ask again after one second (RFC 8415 section 7.6)
_EXHAUSTED = ("NoAddrsAvail", "NoPrefixAvail")
_REFUSED = ("UnspecFail", "NoBinding", "NotOnLink")
_ADVERTISEMENT, _MANAGED = 134, 0x80


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a client without an address, and one a refusal."""
    table = capture.tables["dhcpv6"]
    if not len(table):
        return
    given = table.filter(
        pl.col("msg_type").is_in(["ADVERTISE", "REPLY"])
        & (pl.col("addresses").list.len() > 0)
        & ~pl.col("status_name").is_in([*_EXHAUSTED, *_REFUSED]).fill_null(False)
    )
    for row in rows(_by_client(table.filter(pl.col("status_name").is_in(_EXHAUSTED)), given)):
        yield _exhausted(capture, row)
    for row in rows(_by_client(table.filter(pl.col("status_name").is_in(_REFUSED)), given.head(0))):
        yield _refused(capture, row)
    yield from _unanswered(capture, table)


def _by_client(table: pl.DataFrame, without: pl.DataFrame) -> pl.DataFrame:
    """One row a client: its first message, how many there are, and the first frames."""
    chosen = table.join(without.select("duid").unique(), on="duid", how="anti", maintain_order="left")
    return chosen.group_by("duid", maintain_order=True).agg(
        pl.len().alias("count"), pl.col("frame_number").head(5).alias("frames"), pl.exclude("duid").first()
    )


def _who(row: Row) -> str:
    return row["mac"] or (f"DUID {row['duid']}" if row["duid"] else row["id_orig_h"])


def _exhausted(capture: Capture, row: Row) -> Notice:
    who = _who(row)
    said = f" ({shorten(row['message'])})" if row["message"] else ""
    msg = f"The DHCPv6 server {row['id_resp_h']} has no address for {who}: {row['status_name']}{said}"
    fields = {"mac": who, "count": row["count"], "status": row["status_name"], "server": row["id_resp_h"]}
    return from_row(capture, "dhcp_no_offer", ERROR, row, msg, fields, row["frames"], src=who, dst=row["id_resp_h"])


def _refused(capture: Capture, row: Row) -> Notice:
    who = _who(row)
    address = row["addresses"][0] if row["addresses"] else None
    msg = f"The DHCPv6 server {row['id_resp_h']} refused {who}" + (f" the address {address}" if address else "")
    msg += f": {row['status_name']}" + (f" ({shorten(row['message'])})" if row["message"] else "")
    fields = {"mac": who, "address": address, "server": row["id_resp_h"], "reason": row["status_name"]}
    return from_row(capture, "dhcp_nak", WARN, row, msg, fields, row["frames"], src=who, dst=row["id_resp_h"])


def _unanswered(capture: Capture, table: pl.DataFrame) -> Iterator[Notice]:
    """Clients none of whose SOLICITs was answered, where a router does not say that nobody will."""
    if _unmanaged(capture):
        return
    end = int(capture.packets.time.max(initial=0)) // 1000
    # An answer may be out of sight of the capture; a message that names a server tells of it.
    answered = table.filter(
        pl.col("msg_type").is_in(["ADVERTISE", "REPLY"])
        | ((pl.col("server_duid") != "") & pl.col("server_duid").is_not_null())
    )
    for row in rows(_by_client(table.filter(pl.col("msg_type") == "SOLICIT"), answered)):
        waited = end - capture.packets.micros(row["frame_number"] - 1)
        if waited < PATIENCE or row["count"] < 2:
            continue
        who = _who(row)
        name = f" ({shorten(row['host_name'], 60)})" if row["host_name"] else ""
        msg = f"{who}{name} asked {row['count']:,} times for an IPv6 address, and no DHCPv6 server offered one"
        fields = {"mac": who, "count": row["count"], "host_name": row["host_name"]}
        yield from_row(capture, "dhcp_no_offer", ERROR, row, msg, fields, row["frames"], src=who, dst="")


def _unmanaged(capture: Capture) -> bool:
    """Whether routers advertise themselves, and none says that addresses come from DHCPv6 (RFC 4861 section 4.2)."""
    packets = capture.packets
    chosen = (packets.protocol == ICMP6) & (packets.sport == _ADVERTISEMENT) & packets.has("transport")
    found = np.flatnonzero(chosen & ~packets.fragment)[:1000]
    flags = [packets.read(place + 5, 1) for place in packets.place("transport", found).tolist()]
    return bool(flags) and not any(flag and flag[0] & _MANAGED for flag in flags)
