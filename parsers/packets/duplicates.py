"""Packets that a capture holds twice: a mirror port that copies both directions, an interface "any" on a router.

They look like retransmissions and duplicate ACKs and are found first, so that nobody takes them for loss.
"""

from __future__ import annotations

import numpy as np

from .columns import TCP, UDP, Array, Bools, Packets, Rows, gather_apart
from .flows import Flows

# How many packets of its connection a copy may stand behind the packet.
_DISTANCE = 16
# A sender numbers its packets: the same number again soon after is the same packet. Zero says nothing.
_NUMBERED, _UNNUMBERED = 1_000_000_000, 1_000_000  # nanoseconds
_PAYLOAD = 32  # bytes in which two datagrams differ
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
    alike = (_checksum(packets, later[chosen]) == _checksum(packets, earlier[chosen])).all(axis=1)
    # A network card may fill the checksum in later: then it only tells the length.
    datagrams = np.flatnonzero(alike & (packets.protocol[later[chosen]] == UDP))
    heads = [_payload(packets, rows[chosen[datagrams]]) for rows in (later, earlier)]
    alike[datagrams] = (heads[0] == heads[1]).all(axis=1)
    same[chosen] = alike
    return same


def _payload(packets: Packets, rows: Rows) -> Array:
    have = packets.payload_captured[rows].astype(np.int64)
    return packets.gathered(gather_apart, np.maximum(packets.place("payload", rows), 0), have, _PAYLOAD)


def _checksum(packets: Packets, rows: Rows) -> Array:
    """The checksum of the transport: it differs as soon as a time stamp or a SACK block does."""
    start = packets.place("transport", rows)
    at = np.select([packets.protocol[rows] == TCP, packets.protocol[rows] == UDP], [16, 6], 2)
    end = packets.end(rows)
    begin = np.maximum(start, 0) + at
    return packets.gathered(gather_apart, begin, np.where(start >= 0, end - begin, 0), 2)
