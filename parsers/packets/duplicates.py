"""Packets that a capture holds twice: a mirror port that copies both directions, an interface "any" on a router.

They look like retransmissions and duplicate ACKs and are found first, so that nobody takes them for loss.
"""

from __future__ import annotations

import numpy as np

from .columns import UDP, Array, Bools, Ints, Packets, Rows, gather_apart
from .flows import Flows

# How many packets of its connection a copy may stand behind the packet.
_DISTANCE = 16
# A sender numbers its packets: the same number again soon after is the same packet. Zero says nothing.
_NUMBERED, _UNNUMBERED = 1_000_000_000, 1_000_000  # nanoseconds
_HEAD = 40  # bytes of the transport header and behind it in which two packets differ
_LEAST, _MOST = 0.25, 0.5  # share of copies among the packets of a direction that have no number
_EXACT = ("ip_id", "seq", "ack", "payload_length", "tcp_flags", "sport", "ip_version", "from_orig")


def duplicates(packets: Packets, flows: Flows) -> Bools:
    """Which packets are copies of one before; bool, one element a packet."""
    copies = np.zeros(len(packets), np.bool_)
    order = flows.order
    number, length = packets.ip_id[order], packets.payload_length[order]
    seq, time = packets.seq[order], packets.time[order]
    limit = np.where(number > 0, _NUMBERED, _UNNUMBERED)
    pairs: list[tuple[Rows, Rows]] = []
    for distance in range(1, min(_DISTANCE + 1, len(order))):
        same = (number[distance:] == number[:-distance]) & (seq[distance:] == seq[:-distance])
        same &= length[distance:] == length[:-distance]
        place = np.flatnonzero(same)
        # Where a sender does not number its packets, many are alike: the time tells most of them apart.
        gap = time[place + distance] - time[place]
        place = place[(gap >= 0) & (gap <= limit[place])]
        if len(place):
            later, earlier = order[place + distance], order[place]
            found = np.flatnonzero(_same(packets, later, earlier) & ~copies[later])
            pairs.append((later[found], earlier[found]))
            copies[later[found]] = True
    if pairs:
        later, earlier = (np.concatenate(side) for side in zip(*pairs, strict=True))
        copies[_circling(packets, later, earlier)] = False
        copies[_unlikely(packets, later)] = False
    return copies


def _circling(packets: Packets, later: Rows, earlier: Rows) -> Rows:
    """Copies of copies, each with a smaller TTL: a packet that routers send in a circle, not one that is held twice."""
    fallen = packets.ttl[later] < packets.ttl[earlier]
    aged = np.zeros(len(packets), np.bool_)
    aged[later[fallen]] = True
    circling: Rows = np.asarray(later[fallen & aged[earlier]], np.int64)
    return circling


def _unlikely(packets: Packets, later: Rows) -> Rows:
    """Packets without a number that are too few, or too many, of their direction to be copies.

    Who holds packets twice holds about every one twice. A few are sent again; datagrams that are all alike are a
    program that says the same again and again.
    """
    bare: Rows = np.asarray(later[packets.ip_id[later] == 0], np.int64)
    if not len(bare):
        return bare
    size = 2 * (int(packets.connection[bare].max()) + 1)
    chosen = np.flatnonzero((packets.connection >= 0) & (packets.connection < size // 2))

    def directions(rows: Rows) -> Ints:
        numbers: Ints = packets.connection[rows].astype(np.int64) * 2 + packets.from_orig[rows]
        return numbers

    sent = np.bincount(directions(chosen), minlength=size)
    share = np.bincount(directions(bare), minlength=size) / np.maximum(sent, 1)
    share = share[directions(bare)]
    unlikely: Rows = bare[(share < _LEAST) | ((share > _MOST) & (packets.protocol[bare] == UDP))]
    return unlikely


def _same(packets: Packets, later: Rows, earlier: Rows) -> Bools:
    """Which packets are equal, but for what a router changes; those that time rules out are not asked for."""
    same: Bools = packets.connection[later] == packets.connection[earlier]
    for name in _EXACT:
        column = getattr(packets, name)
        same &= column[later] == column[earlier]
    same &= ~packets.fragment[later] | packets.reassembled(later)
    chosen = np.flatnonzero(same)
    same[chosen] = (_head(packets, later[chosen]) == _head(packets, earlier[chosen])).all(axis=1)
    return same


def _head(packets: Packets, rows: Rows) -> Array:
    """The header of the transport with its options, or the first bytes of a datagram or of what IP carries.

    The checksum alone tells nothing where a network card fills it in later.
    """
    start = packets.place("transport", rows)
    # Of protocols whose header is not known (IPsec, L2TP) what they carry is all there is.
    start = np.where(start >= 0, start, packets.place("payload", rows))
    have = np.where(start >= 0, packets.end(rows) - start, 0)
    return packets.gathered(gather_apart, np.maximum(start, 0), have, _HEAD)
