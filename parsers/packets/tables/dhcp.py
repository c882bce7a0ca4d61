"""dhcp: one row a DHCP message for IPv4 (RFC 2131, RFC 2132)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ..columns import UDP
from ..protocols.dhcp import Message, parse
from ..reading import payloads
from . import _rows

if TYPE_CHECKING:
    from ..capture import Capture

SCHEMA = _rows.schema(
    {
        "msg_type": pl.String,  # DISCOVER, OFFER, REQUEST, DECLINE, ACK, NAK, RELEASE, INFORM
        "xid": pl.UInt32,
        "mac": pl.String,  # of the client
        "client_addr": pl.String,  # that it has already
        "requested_addr": pl.String,
        "assigned_addr": pl.String,  # that the server offers or gives
        "server_addr": pl.String,  # server identifier
        "relay_addr": pl.String,
        "host_name": pl.String,
        "lease_time": pl.UInt32,  # seconds
        "message": pl.String,  # the server's reason
        "weird": pl.List(pl.String),
    }
)


def table(capture: Capture) -> pl.DataFrame:
    """Every DHCP message of the capture."""
    packets = capture.packets
    ports = np.isin(packets.sport, (67, 68)) & np.isin(packets.dport, (67, 68))
    chosen = ports & (packets.protocol == UDP) & packets.has("payload") & ~capture.duplicate
    rows: list[int] = []
    messages: list[Message] = []
    for row, raw in payloads(packets, np.flatnonzero(chosen)):
        message = parse(raw)
        if message is not None:
            rows.append(row)
            messages.append(message)
    own: dict[str, Any] = {
        name: [getattr(message, name) for message in messages] for name in SCHEMA if name not in _rows.IDENTITY
    }
    return _rows.build(capture, SCHEMA, rows, [message.reply for message in messages], own)
