"""Encrypted tunnels, which carry what cannot be judged: WireGuard, IPsec."""

from __future__ import annotations

import numpy as np

from .columns import UDP, Packets, Rows

_ESP, _ESP_UDP_PORT = 50, 4500
_WIREGUARD_PORT, _HANDSHAKE, _DATA = 51820, 148, 32  # bytes of the first message, and the smallest of data
_MUCH = 0.2  # of the packets


def sealed(packets: Packets) -> str:
    """A sentence where much of a capture is inside of encrypted tunnels; "" elsewhere."""
    parts = {"WireGuard": _wireguard(packets), "IPsec": _ipsec(packets)}
    many = sum(parts.values())
    if not many or many < _MUCH * len(packets):
        return ""
    names = " and ".join(name for name, count in parts.items() if count)
    return (
        f"{many:,} of {len(packets):,} packets are encrypted tunnels ({names}): what is inside of them cannot be "
        "judged. Capture at the interface of the tunnel to see it."
    )


def _ipsec(packets: Packets) -> int:
    bare = int(np.count_nonzero(packets.protocol == _ESP))
    rows = np.flatnonzero(
        (packets.protocol == UDP) & ((packets.sport == _ESP_UDP_PORT) | (packets.dport == _ESP_UDP_PORT))
    )
    # Four zero bytes are in front of IKE, one byte alone keeps a translation alive (RFC 3948).
    inside = packets.payload_heads(rows, 4).any(axis=1) & (packets.payload_length[rows] > 8)
    return bare + int(np.count_nonzero(inside))


def _wireguard(packets: Packets) -> int:
    """Packets of connections with a handshake, or on the usual port with data."""
    size = packets.payload_length
    usual = (packets.sport == _WIREGUARD_PORT) | (packets.dport == _WIREGUARD_PORT)
    data = usual & (size >= _DATA) & (size % 16 == 0)
    rows = np.flatnonzero((packets.protocol == UDP) & ((size == _HANDSHAKE) | data) & (packets.connection >= 0))
    heads = packets.payload_heads(rows, 4)
    plain = (heads[:, 1:] == 0).all(axis=1)
    kind = np.where(size[rows] == _HANDSHAKE, 1, 4)
    found: Rows = rows[plain & (heads[:, 0] == kind)]
    return int(np.count_nonzero(np.isin(packets.connection, np.unique(packets.connection[found]))))
