"""Packets that a capture holds twice: a mirror port that copies both directions, an interface "any" on a router.

They look like retransmissions and duplicate ACKs and are found first, so that nobody takes them for loss. Between two
interfaces of a host large segments may be cut, and small ones put together: then a copy has not the packet's length.
"""

from __future__ import annotations

import numpy as np

from .columns import TCP, UDP, Array, Bools, Ints, Packets, Rows, gather_apart
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
    cut: list[tuple[Rows, Rows]] = []
    for distance in range(1, min(_DISTANCE + 1, len(order))):
        same = (number[distance:] == number[:-distance]) & (seq[distance:] == seq[:-distance])
        alike = length[distance:] == length[:-distance]
        place = np.flatnonzero(same & ~alike)
        if len(place):
            gap = time[place + distance] - time[place]
            place = place[(gap >= 0) & (gap <= limit[place])]
            cut.append((order[place + distance], order[place]))
        place = np.flatnonzero(same & alike)
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
    if cut:
        later, earlier = (np.concatenate(side) for side in zip(*cut, strict=True))
        _resegmented(packets, later, earlier, copies)
    return copies


def _resegmented(packets: Packets, later: Rows, earlier: Rows, copies: Bools) -> None:
    """Mark copies of data that were cut or put together between two interfaces (TSO, GSO, GRO).

    Their first bytes have the same place in the stream and, in IPv4, the same number of the packet; the segments of
    one that was cut are numbered on from it, while what a sender repeats gets a number behind all of them.

    Args:
        packets: the packets.
        later: packets whose number and place in the stream an earlier one has, but not its length.
        earlier: the packet before, of each of them.
        copies: copies that are known; more are added.
    """
    length, direction = packets.payload_length, packets.connection.astype(np.int64) * 2 + packets.from_orig
    fits = (packets.protocol[later] == TCP) & (length[later] > 0) & (length[earlier] > 0)
    fits &= (direction[later] == direction[earlier]) & (packets.connection[later] >= 0)
    fits &= (packets.ip_id[later] > 0) | (packets.ip_version[later] == 6)
    later, earlier = later[fits], earlier[fits]
    if not len(later):
        return
    joined = later[length[later] > length[earlier]]
    if len(joined):
        copies[joined[_covered(packets, direction, joined)]] = True
    smaller = length[later] < length[earlier]
    whole, at = np.unique(earlier[smaller], return_index=True)
    size = length[later[smaller][at]].astype(np.int64)
    _mark_pieces(packets, direction, whole, size, copies)


def _covered(packets: Packets, direction: Ints, rows: Rows) -> Bools:
    """Whether all bytes of packets were seen before in their direction."""
    mine = np.flatnonzero(np.isin(direction, direction[rows]) & (packets.payload_length > 0))
    mine = mine[np.argsort(direction[mine], kind="stable")]
    begins = np.append(True, direction[mine[1:]] != direction[mine[:-1]])
    first = np.maximum.accumulate(np.where(begins, np.arange(len(mine)), 0))
    # Distances from the first packet of the direction, so that a stream of less than 2 GB may wrap.
    seq = packets.seq[mine].astype(np.int64)
    turn = np.cumsum(begins) << 34  # a direction lies above all of those before it
    begin = ((seq - seq[first] + (1 << 31)) & 0xFFFFFFFF) + turn
    end = begin + packets.payload_length[mine]
    highest = np.append(0, np.maximum.accumulate(end)[:-1])
    asked = np.isin(mine, rows)
    # Nor may there be a hole in what the others hold.
    by_place = np.flatnonzero(~asked)[np.argsort(begin[~asked], kind="stable")]
    reach = np.maximum.accumulate(end[by_place])
    run = np.cumsum(np.append(True, begin[by_place[1:]] > reach[:-1])) if len(by_place) else reach
    at = np.searchsorted(begin[by_place], begin, "right") - 1
    last = np.searchsorted(run, run[at.clip(0)], "right") - 1 if len(run) else at
    whole = (at >= 0) & (end <= reach[last]) if len(run) else np.zeros(len(mine), np.bool_)
    seen = np.zeros(len(packets), np.bool_)
    seen[mine[asked & whole & (end <= highest)]] = True
    covered: Bools = seen[rows]
    return covered


def _mark_pieces(packets: Packets, direction: Ints, whole: Rows, size: Ints, copies: Bools) -> None:
    """Mark the pieces into which large packets were cut.

    Args:
        packets: the packets.
        direction: of every packet.
        whole: packets that were cut.
        size: of their pieces, but for the last one.
        copies: copies that are known; more are added.
    """
    if not len(whole):
        return
    pieces = np.flatnonzero(np.isin(direction, direction[whole]) & (packets.payload_length > 0) & ~copies)
    key = (direction[whole] << 32) + packets.seq[whole]
    order = np.lexsort((whole, key))
    whole, size, key = whole[order], size[order], key[order]
    wanted = (direction[pieces] << 32) + packets.seq[pieces]
    at = np.searchsorted(key, wanted, "right") - 1
    pieces, at = pieces[at >= 0], at[at >= 0]
    large = whole[at]
    ahead = packets.seq[pieces].astype(np.int64) - packets.seq[large]
    inside = (direction[pieces] == direction[large]) & (pieces > large)
    inside &= ahead + packets.payload_length[pieces] <= packets.payload_length[large]
    inside &= packets.payload_length[pieces] < packets.payload_length[large]
    numbered = packets.ip_id[large] > 0
    number = (packets.ip_id[pieces].astype(np.int64) - packets.ip_id[large]) & 0xFFFF
    inside &= ~numbered | (number == ahead // size[at])
    gap = packets.time[pieces] - packets.time[large]
    inside &= (gap >= 0) & (gap <= np.where(numbered, _NUMBERED, _UNNUMBERED))
    copies[pieces[inside]] = True


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
