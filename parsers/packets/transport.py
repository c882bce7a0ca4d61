"""Transport headers: TCP (RFC 9293), UDP (RFC 768), SCTP (RFC 9260), ICMP (RFC 792, 4443), IGMP."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .columns import ICMP, ICMP6, IGMP, NO_PROTOCOL, SCTP, TCP, UDP, Array, Ints, Rows
from .links import head
from .window import Window

_TCP_HEAD = np.dtype(
    {
        "names": ["sport", "dport", "seq", "ack", "flags", "window"],
        "formats": [">u2", ">u2", ">u4", ">u4", ">u2", ">u2"],
        "offsets": [0, 2, 4, 8, 12, 14],
        "itemsize": 20,
    }
)


@dataclass(slots=True)
class Carried:
    """What the IP packets of a window carry.

    Attributes:
        rows: packets of the window.
        at: where the header of the transport begins in the file.
        end: end of the bytes that the file holds of it. stop: its end as the headers say.
        protocol: next header; NO_PROTOCOL for what cannot be read further (later fragments).
    """

    rows: Rows
    at: Ints
    end: Ints
    stop: Ints
    protocol: Array


def clear(window: Window, rows: Rows) -> None:
    """Forget the network and transport layer of packets: there is another one inside."""
    if not window.ip_version[rows].any():
        return
    for name in ("src_hi", "src_lo", "dst_hi", "dst_lo", "ip_version", "ttl", "ip_id", "sport", "dport", "seq", "ack"):
        getattr(window, name)[rows] = 0
    for name in ("tcp_flags", "window", "payload_captured", "payload_length", "fragment_offset"):
        getattr(window, name)[rows] = 0
    for name in ("dont_fragment", "fragment"):
        getattr(window, name)[rows] = False
    for name in ("transport", "payload"):
        getattr(window, name)[rows] = -1
    window.protocol[rows] = NO_PROTOCOL


def transport(window: Window, carried: Carried) -> None:
    """Fill ports, flags and payload of a window's packets."""
    protocol = carried.protocol
    # What no header is known of still says of which protocol it is.
    plain = np.flatnonzero(protocol != NO_PROTOCOL)
    window.protocol[carried.rows[plain]] = protocol[plain]
    _tcp(window, carried, np.flatnonzero(protocol == TCP))
    _udp(window, carried, np.flatnonzero(protocol == UDP))
    _icmp(window, carried, np.flatnonzero((protocol == ICMP) | (protocol == ICMP6)))
    _sctp(window, carried, np.flatnonzero(protocol == SCTP))
    rest = np.flatnonzero(~np.isin(protocol, (TCP, UDP, ICMP, ICMP6, SCTP, NO_PROTOCOL)))
    rows = carried.rows[rest]
    window.transport[rows] = np.where(protocol[rest] == IGMP, carried.at[rest], -1)
    _payload(window, carried, rest, np.zeros(len(rest), np.int64))


def _payload(window: Window, carried: Carried, chosen: Rows, size: Ints) -> None:
    """What stands behind headers of `size` bytes."""
    rows = carried.rows[chosen]
    start = carried.at[chosen] + size
    window.payload[rows] = start
    window.payload_captured[rows] = np.maximum(carried.end[chosen] - start, 0)
    window.payload_length[rows] = np.maximum(carried.stop[chosen] - start, 0)


def _tcp(window: Window, carried: Carried, chosen: Rows) -> None:
    if not len(chosen):
        return
    raw, whole = head(window.data, carried.at[chosen], carried.end[chosen], 20)
    heads = raw.view(_TCP_HEAD)[:, 0]
    size = (heads["flags"] >> 12).astype(np.int64) * 4
    good = whole & (size >= 20)
    if not good.all():
        chosen, heads, size = chosen[good], heads[good], size[good]
    rows = carried.rows[chosen]
    window.transport[rows] = carried.at[chosen]
    for name in ("sport", "dport", "seq", "ack", "window"):
        getattr(window, name)[rows] = heads[name]
    window.tcp_flags[rows] = heads["flags"] & 0xFFF
    _payload(window, carried, chosen, size)


def _udp(window: Window, carried: Carried, chosen: Rows) -> None:
    if not len(chosen):
        return
    raw, whole = head(window.data, carried.at[chosen], carried.end[chosen], 8)
    chosen, words = chosen[whole], raw[whole].view(">u2").astype(np.int64)
    rows = carried.rows[chosen]
    window.transport[rows] = carried.at[chosen]
    window.sport[rows] = words[:, 0]
    window.dport[rows] = words[:, 1]
    _payload(window, carried, chosen, np.full(len(chosen), 8, np.int64))
    # A length below the header's own is that of a packet that the network card cuts into segments.
    told = np.where(words[:, 2] >= 8, words[:, 2] - 8, 1 << 32)
    window.payload_length[rows] = np.minimum(window.payload_length[rows], told)
    window.payload_captured[rows] = np.minimum(window.payload_captured[rows], told)


def _icmp(window: Window, carried: Carried, chosen: Rows) -> None:
    if not len(chosen):
        return
    raw, whole = head(window.data, carried.at[chosen], carried.end[chosen], 4)
    chosen, raw = chosen[whole], raw[whole]
    rows = carried.rows[chosen]
    window.transport[rows] = carried.at[chosen]
    window.sport[rows] = raw[:, 0]
    window.dport[rows] = raw[:, 1]
    _payload(window, carried, chosen, np.full(len(chosen), 8, np.int64))


def _sctp(window: Window, carried: Carried, chosen: Rows) -> None:
    if not len(chosen):
        return
    raw, whole = head(window.data, carried.at[chosen], carried.end[chosen], 12)
    chosen, words = chosen[whole], raw[whole].view(">u2")
    rows = carried.rows[chosen]
    window.transport[rows] = carried.at[chosen]
    window.sport[rows] = words[:, 0]
    window.dport[rows] = words[:, 1]
    _payload(window, carried, chosen, np.full(len(chosen), 12, np.int64))
