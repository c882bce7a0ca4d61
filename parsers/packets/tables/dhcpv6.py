"""dhcpv6: one row a DHCP message for IPv6 (RFC 8415)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ..columns import UDP
from ..protocols.dhcpv6 import Message, parse, status_name
from ..reading import payloads
from . import _rows

if TYPE_CHECKING:
    from ..capture import Capture

SCHEMA = _rows.schema(
    {
        "msg_type": pl.String,  # SOLICIT, ADVERTISE, REQUEST, CONFIRM, RENEW, REBIND, REPLY, RELEASE, DECLINE ...
        "xid": pl.UInt32,
        "duid": pl.String,  # of the client, hexadecimal
        "mac": pl.String,  # that its identifier is made of
        "server_duid": pl.String,
        "addresses": pl.List(pl.String),  # and prefixes
        "status": pl.UInt16,
        "status_name": pl.String,  # Success, NoAddrsAvail ...
        "message": pl.String,  # the server's reason
        "host_name": pl.String,
        "relay_addr": pl.String,
    }
)
_PORTS = (546, 547)


def table(capture: Capture) -> pl.DataFrame:
    """Every DHCPv6 message of the capture."""
    packets = capture.packets
    ports = np.isin(packets.sport, _PORTS) & np.isin(packets.dport, _PORTS)
    chosen = ports & (packets.protocol == UDP) & packets.has("payload") & ~capture.duplicate
    rows: list[int] = []
    messages: list[Message] = []
    for row, raw in payloads(packets, np.flatnonzero(chosen)):
        message = parse(raw)
        if message is not None:
            rows.append(row)
            messages.append(message)
    own: dict[str, Any] = {
        name: [getattr(message, name) for message in messages]
        for name in SCHEMA
        if name not in (*_rows.IDENTITY, "status_name")
    }
    own["status_name"] = [None if each.status is None else status_name(each.status) for each in messages]
    return _rows.build(capture, SCHEMA, rows, [message.reply for message in messages], own)
