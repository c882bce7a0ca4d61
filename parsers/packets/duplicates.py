"""Packets that a capture holds twice: a mirror port that copies both directions, an interface "any" on a router.

They look like retransmissions and duplicate ACKs and are found first, so that nobody takes them for loss.
"""

from __future__ import annotations

import numpy as np

from .columns import Array, Bools, Packets, Rows, gather_apart
from .flows import Flows

# How many packets of its connection a copy may stand behind the packet.
_DISTANCE = 16
# A sender numbers its packets: the same number again soon after is the same packet. Zero says nothing.
_NUMBERED, _UNNUMBERED = 1_000_000_000, 1_000_000  # nanoseconds
_HEAD = 40  # bytes of the transport header and behind it in which two packets differ
_EXACT = ("ip_id", "seq", "ack", "payload_length", "tcp_flags", "sport", "ip_version", "from_orig")


def duplicates(packets: Packets, flows: Flows) -> Bools:
    """Which packets are copies of one before; bool, one element a packet."""
    copies = np.zeros(len(packets), np.bool_)
    order = flows.order
    number, length = packets.ip_id[order], packets.payload_length[order]
    seq = packets.seq[order]
    for distance in range(1, min(_DISTANCE + 1, len(order))):
        same = (number[distance:] == number[:-distance]) & (seq[distance:] == seq[:-distance])
        same &= length[distance:] == length[:-distance]
        place = np.flatnonzero(same)
        if len(place):
            later, earlier = order[place + distance], order[place]
            copies[later[_same(packets, later, earlier)]] = True
    return copies


def _same(packets: Packets, later: Rows, earlier: Rows) -> Bools:
    same: Bools = packets.connection[later] == packets.connection[earlier]
    for name in _EXACT:
        column = getattr(packets, name)
        same &= column[later] == column[earlier]
    gap = packets.time[later] - packets.time[earlier]
    limit = np.where(packets.ip_id[later] > 0, _NUMBERED, _UNNUMBERED)
    same &= (gap >= 0) & (gap <= limit) & (~packets.fragment[later] | packets.reassembled(later))
    chosen = np.flatnonzero(same)
    same[chosen] = (_head(packets, later[chosen]) == _head(packets, earlier[chosen])).all(axis=1)
    return same


def _head(packets: Packets, rows: Rows) -> Array:
    """The header of the transport with its options, or the first bytes of a datagram.

    The checksum alone tells nothing where a network card fills it in later.
    """
    start = packets.place("transport", rows)
    have = np.where(start >= 0, packets.end(rows) - start, 0)
    return packets.gathered(gather_apart, np.maximum(start, 0), have, _HEAD)
