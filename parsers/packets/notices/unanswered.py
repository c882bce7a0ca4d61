"""Services over UDP that answer every question, and gave a client none: RADIUS, SNMP, Kerberos, SIP, IPsec."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import ip_address
from typing import TYPE_CHECKING

import polars as pl

from . import WARN, Notice
from ._make import endpoint, from_row, rows

if TYPE_CHECKING:
    from ..capture import Capture

# Ports at which each question is answered from the same port. DNS, NTP, DHCP and QUIC have notices of their own.
_SERVICES = {
    88: "Kerberos", 161: "SNMP", 389: "LDAP", 500: "IKE", 1194: "OpenVPN", 1645: "RADIUS", 1646: "RADIUS accounting",
    1812: "RADIUS", 1813: "RADIUS accounting", 5060: "SIP",
}  # fmt: skip
_LEAST = 3  # questions: a datagram or two get lost
_SMALL = 20  # bytes: what only keeps a door of NAT open is smaller
_PATIENCE = 3_000_000_000  # nanoseconds from the first question to the end of the capture
_MANY = 10  # connections, none of them with an answer: then the capture holds one direction


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a client and server."""
    table = capture.connections
    asked = table.with_row_index("row").filter(
        (pl.col("proto") == "udp") & pl.col("id_resp_p").is_in(list(_SERVICES)) & (pl.col("orig_pkts") > 0)
    )
    if not len(asked) or _one_sided(table):
        return
    who = ("id_orig_h", "id_resp_h", "id_resp_p")
    groups = asked.group_by(who, maintain_order=True).agg(
        pl.col("orig_pkts").sum().alias("count"),
        pl.col("resp_pkts").sum().alias("answers"),
        (pl.col("orig_bytes").fill_null(0).sum() / pl.col("orig_pkts").sum()).alias("size"),
        pl.col("frame_number").head(5).alias("frames"),
        (pl.col("time") + pl.duration(microseconds=(pl.col("duration").fill_null(0) * 1e6).cast(pl.Int64)))
        .max()
        .alias("last"),
        pl.exclude(*who).first(),
    )
    silent = (pl.col("answers") == 0) & (pl.col("count") >= _LEAST) & (pl.col("size") > _SMALL)
    # A server that speaks from another port may answer from there; what it says by ICMP is told elsewhere.
    back = table.filter((pl.col("orig_pkts") > 0) & (pl.col("proto") != "tcp"))
    heard = set(back.select("id_resp_h", "id_orig_h").iter_rows())
    end = int(capture.packets.time.max(initial=0)) // 1000
    for row in rows(groups.filter(silent)):
        micros = int(row["time"].timestamp() * 1e6) if row["time"] else 0
        if (end - micros) * 1000 < _PATIENCE or row["id_resp_h"].endswith(".255"):
            continue
        if ip_address(row["id_resp_h"]).is_multicast or (row["id_orig_h"], row["id_resp_h"]) in heard:
            continue
        server, service = endpoint(row["id_resp_h"], row["id_resp_p"]), _SERVICES[row["id_resp_p"]]
        msg = f"{row['id_orig_h']} sent {row['count']:,} packets to the {service} server {server} and got no answer"
        fields = {"service": service.replace(" ", "_"), "count": row["count"]}
        yield from_row(capture, "udp_service_unanswered", WARN, row, msg, fields, row["frames"])


def _one_sided(table: pl.DataFrame) -> bool:
    """Whether a capture holds many connections, and both directions of none."""
    answered = table.filter((pl.col("orig_pkts") > 0) & (pl.col("resp_pkts") > 0))
    return len(table) >= _MANY and not len(answered)
