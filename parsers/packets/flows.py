"""Which packets belong together: connections by addresses, ports and protocol, and who began them.

As in Wireshark, a SYN with another sequence number on the same ports begins a new TCP connection; as in Zeek, a
minute of silence ends a flow of any other protocol.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .columns import ACK, ICMP, ICMP6, NO_PROTOCOL, SCTP, SYN, TCP, UDP, Array, Bools, Ints, Packets, Rows

_WINDOW = 131_072
_SILENCE = 60_000_000_000  # nanoseconds
_MIX_1, _MIX_2 = np.uint64(0xBF58476D1CE4E5B9), np.uint64(0x94D049BB133111EB)  # splitmix64
_PORT, _HIGH = np.uint64(0x9E3779B97F4A7C15), np.uint64(0xC2B2AE3D27D4EB4F)
# Replies of ICMP and ICMPv6 belong to their request: RFC 792, 950, 4443, 4861.
_REQUEST_OF = {0: 8, 14: 13, 16: 15, 18: 17, 10: 10, 9: 10}
_REQUEST_OF_6 = {129: 128, 134: 133, 136: 135, 140: 139}
_PORTED = (TCP, UDP, ICMP, ICMP6, SCTP)


@dataclass(frozen=True, slots=True)
class Flows:
    """The connections of a capture as groups of rows.

    Attributes:
        order: rows of packets, those of a connection together, in the order of the file.
        start: where in `order` each group begins, and its end; one more than there are groups.
        number: connection of each group, counted by first packet.
        orig_src: whether the first packet of each group was sent by the originator.
        guessed: groups whose originator was told by the port numbers.
        reused: rows of SYNs that began a connection on ports in use, and of answers with another number than before.
    """

    order: Rows
    start: Ints
    number: Ints
    orig_src: Bools
    guessed: Bools
    reused: Rows

    def __len__(self) -> int:
        """The number of connections."""
        return len(self.number)


def flows(packets: Packets) -> Flows:
    """Group packets to connections; fills packets.connection and packets.from_orig."""
    rows, key, forward = _keys(packets)
    order = rows[np.argsort(key, kind="stable")]
    sorted_key = np.sort(key)
    new = np.ones(len(order), np.bool_)
    new[1:] = sorted_key[1:] != sorted_key[:-1]
    del key, sorted_key
    protocol, time = packets.protocol[order], packets.time[order]
    new[1:] |= (protocol[1:] != TCP) & (time[1:] - time[:-1] > _SILENCE)
    reused, answers = _reused(packets, order, new, forward)
    new[reused] = True
    start = np.flatnonzero(new)
    first = order[start]
    number = np.empty(len(start), np.int64)
    number[np.argsort(first)] = np.arange(len(start))
    group = np.cumsum(new) - 1
    packets.connection[order] = number[group]
    orig_src, guessed = _originators(packets, order, start, group, forward)
    begun = forward[first] == orig_src
    packets.from_orig[order] = forward[order] == begun[group]
    again = order[np.append(reused, answers)]
    return Flows(order, np.append(start, len(order)), number, orig_src, guessed, again)


def _keys(packets: Packets) -> tuple[Rows, Array, Bools]:
    """Rows that belong to a connection, their key, and (of all rows) whether the source is the lower endpoint."""
    count = len(packets)
    usable = (packets.ip_version > 0) & (packets.protocol != NO_PROTOCOL)
    usable &= packets.has("transport") | (~np.isin(packets.protocol, _PORTED) & (packets.fragment_offset == 0))
    forward = np.zeros(count, np.bool_)
    rows = np.flatnonzero(usable)
    key = np.empty(len(rows), np.uint64)
    for at in range(0, len(rows), _WINDOW):
        part = rows[at : at + _WINDOW]
        protocol = packets.protocol[part]
        sport, dport = packets.sport[part].astype(np.uint64), packets.dport[part].astype(np.uint64)
        control = np.flatnonzero((protocol == ICMP) | (protocol == ICMP6))
        if len(control):
            sport[control] = dport[control] = _icmp_kind(packets, part[control])
        src = _endpoint(packets.src_hi[part], packets.src_lo[part], sport)
        dst = _endpoint(packets.dst_hi[part], packets.dst_lo[part], dport)
        forward[part] = src <= dst
        key[at : at + _WINDOW] = src + dst + protocol * _PORT
    return rows, key, forward


def _endpoint(high: Array, low: Array, port: Array) -> Array:
    value: Array = (low ^ high * _HIGH) + port * _PORT
    value = (value ^ value >> np.uint64(30)) * _MIX_1
    value = (value ^ value >> np.uint64(27)) * _MIX_2
    return np.asarray(value ^ value >> np.uint64(31))


def _icmp_kind(packets: Packets, rows: Rows) -> Array:
    """Requests and their replies have one kind, errors one by type and code."""
    kind, code = packets.sport[rows].astype(np.uint64), packets.dport[rows].astype(np.uint64)
    six = packets.protocol[rows] == ICMP6
    out = kind << np.uint64(8) | code
    for table, version in ((_REQUEST_OF, False), (_REQUEST_OF_6, True)):
        for reply, request in table.items():
            out[(six == version) & ((kind == reply) | (kind == request))] = np.uint64(request << 8)
    return out


def _reused(packets: Packets, order: Rows, new: Bools, forward: Bools) -> tuple[Ints, Ints]:
    """Places in `order` of SYNs, and of answers to one, with another sequence number than their side began with."""
    tcp = packets.protocol[order] == TCP
    flags = packets.tcp_flags[order]
    syn = tcp & (flags & (SYN | ACK) == SYN)
    answer = tcp & (flags & (SYN | ACK) == (SYN | ACK))
    group = np.cumsum(new)
    many = int(group[-1]) + 1 if len(group) else 1
    affected = (np.bincount(group[syn], minlength=many) > 1) | (np.bincount(group[answer], minlength=many) > 1)
    affected[group[syn & ~new]] = True
    begun = np.zeros(many, np.bool_)
    begun[group[syn & new]] = True
    affected[group[answer & ~new]] |= ~begun[group[answer & ~new]]
    if not affected.any():
        return np.empty(0, np.int64), np.empty(0, np.int64)
    side = forward[order]
    # Every SYN, and the first packet of either side behind one, settle the numbers that the sides began with.
    rows = np.flatnonzero(affected[group])
    index = np.arange(len(rows))
    begin = np.maximum.accumulate(np.where(new[rows] | syn[rows], index, 0))
    opening = flags[rows] & SYN != 0
    for direction in (False, True):
        mine = side[rows] == direction
        last = np.maximum.accumulate(np.where(mine, index, -1))
        opening |= mine & (np.append(-1, last[:-1]) < begin)
    rows = rows[opening]
    found: list[int] = []
    answers: list[int] = []
    base: dict[bool, int] = {}
    current = -1
    values = (rows, group[rows], side[rows], flags[rows], packets.seq[order[rows]], packets.ack[order[rows]])
    for row, own, low, flag, seq, ack in zip(*(value.tolist() for value in values), strict=True):
        if own != current:
            current, base = own, {}
        if flag & (SYN | ACK) == SYN:
            if base.get(low, seq) != seq:
                found.append(row)
                base = {}
            base[low] = seq
        elif low not in base or flag & SYN:
            if base.get(low, seq) != seq and flag & SYN:
                answers.append(row)
            base[low] = seq if flag & SYN else (seq - 1) & 0xFFFFFFFF
        if flag & ACK:
            base.setdefault(not low, (ack - 1) & 0xFFFFFFFF)
    return np.array(found, np.int64), np.array(answers, np.int64)


def _originators(packets: Packets, order: Rows, start: Ints, group: Ints, forward: Bools) -> tuple[Bools, Bools]:
    """Whether the first packet of each group is the originator's, and where ports alone told it."""
    first = order[start]
    orig_src = np.ones(len(start), np.bool_)
    tcp = packets.protocol[first] == TCP
    sport, dport = packets.sport[first], packets.dport[first]
    ported = tcp | np.isin(packets.protocol[first], (UDP, SCTP))
    guessed = ported & (sport < 1024) & (dport >= 1024)
    control = np.isin(packets.protocol[first], (ICMP, ICMP6))
    replies = np.isin(sport, [reply for reply, request in _REQUEST_OF.items() if reply != request])
    replies_6 = np.isin(sport, list(_REQUEST_OF_6))
    orig_src[control & np.where(packets.protocol[first] == ICMP, replies, replies_6)] = False
    flags = packets.tcp_flags[order]
    is_tcp = tcp[group]
    for wanted, sender in ((SYN | ACK, False), (SYN, True)):
        places = np.flatnonzero(is_tcp & (flags & (SYN | ACK) == wanted))
        own = group[places]
        earliest = np.ones(len(places), np.bool_)
        earliest[1:] = own[1:] != own[:-1]
        places, own = places[earliest], own[earliest]
        same_side = forward[order[places]] == forward[first[own]]
        orig_src[own] = same_side == sender
        guessed[own] = False
    orig_src[guessed] = False
    return orig_src, guessed
