"""Fragmented datagrams put together again (RFC 791, RFC 8200 section 4.5), so that what they carry can be read.

As in Wireshark, what a datagram carries belongs to the packet that completed it; the other fragments carry nothing of
their own. The whole datagrams stand in a buffer that continues the file: such a packet has its place behind its end.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from .assembly import Pieces, odd_datagrams
from .columns import ABSENT, NONE, Array, Bools, Bytes, Ints, Packets, Rows
from .frames import Frames
from .layers import decode
from .reading import gathered

_ROUNDS = 3  # fragments inside of tunnels whose datagrams are fragmented, too
_WHOLE = 32 * 1024 * 1024  # bytes of datagrams that are kept whole; of others
_HEAD = 256  # bytes are kept
_MOST = 1_000_000  # datagrams
_LINK = 512  # bytes ahead of the IP header that are kept with it
_LARGEST = 65_535
_SAME = 30_000_000_000  # nanoseconds after which an id stands for another datagram (RFC 791)
_RAW_IP = 101
_FRAGMENT = 44
_BEFORE = (0, 43, 60, 51, 135, 139, 140)  # headers that may stand before that of a fragment
_AUTHENTICATION = 51
_CARRIED = (
    "sport",
    "dport",
    "seq",
    "ack",
    "tcp_flags",
    "window",
    "payload_start",
    "payload_captured",
    "payload_length",
)
_KEPT = ("tunnel", "vlan", "ether_at", "broadcast")  # of the packet around, where there is none inside
_SET = ("offset", "captured", "length", "time", "connection", "from_orig", "fragment", "fragment_offset")


@dataclass(slots=True)
class Fragments:
    """The fragmented datagrams of a capture.

    Attributes:
        first: a packet of each datagram, the first one that came. last: nanoseconds when the last one came.
        lost: datagrams of which a part is missing; bool.
        weird: packets with Zeek's name of what is odd about them.
        left: fragments that were not looked at, because there are too many odd ones.
    """

    first: Rows = field(default_factory=lambda: np.empty(0, np.int64))
    last: Ints = field(default_factory=lambda: np.empty(0, np.int64))
    lost: Bools = field(default_factory=lambda: np.empty(0, np.bool_))
    weird: set[tuple[int, str]] = field(default_factory=set)
    left: int = 0


def reassemble(packets: Packets) -> tuple[Packets, Fragments]:
    """The packets with what their fragments carry, and the fragmented datagrams."""
    found = Fragments()
    done = np.zeros(len(packets), np.bool_)
    parts: list[tuple[Rows, Ints, Bools]] = []
    for _ in range(_ROUNDS if packets.fragment.any() else 0):
        pieces = _pieces(packets, np.flatnonzero(packets.fragment & ~done & packets.has("network")), found)
        if not len(pieces.row):
            break  # no fragment says of itself what can be
        complete, lost = _datagrams(pieces, found)
        if not len(complete.number):
            parts.append(lost)
            break
        done[pieces.row[complete.members]] = True
        packets, inner = _assemble(packets, pieces, complete)
        parts.append((complete.first, complete.time, np.zeros(len(complete.first), np.bool_)))
        done[inner] = False
        if not len(inner):
            parts.append(lost)
            break
    if parts:
        found.first, found.last, found.lost = (np.concatenate(columns) for columns in zip(*parts, strict=True))
    return packets, found


@dataclass(slots=True)
class _Complete:
    """Datagrams that are whole: their pieces, datagram after datagram, in the order of the bytes.

    Attributes:
        number: of the datagram, for each piece. index: of the fragment. skip, size: the part of it that is taken.
        row: packet that completed each datagram. first: packet that came first. time: of the last one.
        members: fragments that belong to such a datagram, those that came twice included.
    """

    number: Ints
    index: Ints
    skip: Ints
    size: Ints
    row: Rows
    first: Rows
    time: Ints
    members: Ints


def _pieces(packets: Packets, rows: Rows, found: Fragments) -> Pieces:
    """What each fragment says of itself; those that cannot be are left out."""
    start = packets.place("network", rows)
    end = packets.end(rows)
    head = gathered(packets, start, end - start, 48)
    six = packets.ip_version[rows] == 6
    word = head[:, 2].astype(np.int64) << 8 | head[:, 3], head[:, 4].astype(np.int64) << 8 | head[:, 5]
    body = (head[:, 0] & 15).astype(np.int64) * 4
    total = np.where(six, word[1] + 40, word[0])
    more: Bools = head[:, 6] & 0x20 != 0
    good = end - start >= np.where(six, 48, 20)
    chosen = np.flatnonzero(six & good)
    if len(chosen):
        body[chosen], more[chosen], good[chosen] = _behind_extensions(packets, start[chosen], end[chosen], head[chosen])
    at = packets.fragment_offset[rows].astype(np.int64)
    size = total - body
    large = good & (at + size > _LARGEST)
    found.weird.update((row, "excessively_large_fragment") for row in rows[large].tolist())
    good &= (size > 0) & ~large
    more = more[good]
    rows, start, body, at, size, end = (each[good] for each in (rows, start, body, at, size, end))
    held = np.clip(end - start - body, 0, size)
    six = packets.ip_version[rows] == 6
    key = [getattr(packets, name)[rows].astype(np.int64) for name in ("ip_id", "src_lo", "dst_lo", "src_hi", "dst_hi")]
    # Of IPv6 the id alone counts: the header that follows may differ from fragment to fragment (RFC 8200).
    protocol = np.where(six, 0, packets.protocol[rows]).astype(np.int64)
    shared = (protocol, packets.vlan[rows].astype(np.int64), *key)
    return Pieces(rows, packets.time[rows], start, body, at, size, held, more, shared)


def _behind_extensions(packets: Packets, start: Ints, end: Ints, head: Bytes) -> tuple[Ints, Bools, Bools]:
    """Where fragments of IPv6 begin behind their header, whether more follow, and whether the header was found."""
    kind = head[:, 6].astype(np.int64)
    place = np.full(len(start), 40, np.int64)
    for _ in range(8):
        other = np.flatnonzero(np.isin(kind, _BEFORE))
        if not len(other):
            break
        at = start[other] + place[other]
        raw = gathered(packets, at, end[other] - at, 2)
        long = raw[:, 1].astype(np.int64)
        place[other] += np.where(kind[other] == _AUTHENTICATION, (long + 2) * 4, (long + 1) * 8)
        kind[other] = raw[:, 0]
    at = start + place
    raw = gathered(packets, at, end - at, 8)
    return place + 8, raw[:, 3] & 1 == 1, (kind == _FRAGMENT) & (end - at >= 8)


def _datagrams(pieces: Pieces, found: Fragments) -> tuple[_Complete, tuple[Rows, Ints, Bools]]:
    """Which fragments make datagrams, and (a packet, the last time, True) of those of which a part is missing."""
    order, group = pieces.groups
    row, time, at, size = (getattr(pieces, name)[order] for name in ("row", "time", "at", "size"))
    last = ~pieces.more[order]
    count = int(group[-1]) + 1 if len(group) else 0
    start = np.flatnonzero(np.diff(group, prepend=-1))
    stop = np.append(start[1:], len(order))
    by_place = np.lexsort((at, group))  # groups stay where they are
    begin, behind = at[by_place], at[by_place] + size[by_place]
    inside = group[1:] == group[:-1]
    gap = np.zeros(count, np.bool_)
    overlap = np.zeros(count, np.bool_)
    gap[group[1:][inside & (begin[1:] > behind[:-1])]] = True
    overlap[group[1:][inside & (begin[1:] < behind[:-1])]] = True
    ends = np.bincount(group[last], minlength=count)
    ended = last[by_place][stop - 1] if count else overlap
    late = np.zeros(count, np.bool_)
    late[group[1:][inside & (np.diff(time) > _SAME)]] = True
    odd = overlap | late | (ends > 1) | ((ends == 1) & ~ended)
    whole = ~odd & ~gap & ended & (begin[start] == 0 if count else ended)
    lost = np.flatnonzero(~odd & ~whole)
    mine = np.flatnonzero(whole[group])
    number = np.cumsum(whole) - 1
    index = order[by_place[mine]]
    complete = _Complete(
        number[group[mine]], index, np.zeros(len(index), np.int64), pieces.size[index],
        row[stop - 1][whole], row[start][whole], time[stop - 1][whole], order[mine],
    )  # fmt: skip
    missing = (row[start][lost], time[stop - 1][lost])
    if odd.any():
        missing = _odd(pieces, [order[start[at] : stop[at]] for at in np.flatnonzero(odd)], complete, missing, found)
    return complete, (*missing, np.ones(len(missing[0]), np.bool_))


def _odd(
    pieces: Pieces, groups: list[Ints], complete: _Complete, missing: tuple[Rows, Ints], found: Fragments
) -> tuple[Rows, Ints]:
    """Add what the groups that need a closer look hold."""
    whole, lost, found.left = odd_datagrams(pieces, groups, _SAME, found.weird)
    base = len(complete.row)
    number = [base + at for at, datagram in enumerate(whole) for _ in datagram.pieces]
    parts = np.array([piece for datagram in whole for piece in datagram.pieces], np.int64).reshape(-1, 3)
    ends = np.array([(datagram.row, datagram.first, datagram.time) for datagram in whole], np.int64).reshape(-1, 3)
    complete.number = np.append(complete.number, np.array(number, np.int64))
    for column, name in enumerate(("index", "skip", "size")):
        setattr(complete, name, np.append(getattr(complete, name), parts[:, column]))
    for column, name in enumerate(("row", "first", "time")):
        setattr(complete, name, np.append(getattr(complete, name), ends[:, column]))
    members = [member for datagram in whole for member in datagram.members]
    complete.members = np.append(complete.members, np.array(members, np.int64))
    more = np.array(lost, np.int64).reshape(-1, 2)
    return np.append(missing[0], more[:, 0]), np.append(missing[1], more[:, 1])


def _assemble(packets: Packets, pieces: Pieces, complete: _Complete) -> tuple[Packets, Rows]:
    """Put whole datagrams behind the file and decode them.

    Returns:
        The packets, and those that carry a fragment in a tunnel.
    """
    count = min(len(complete.row), _MOST)
    begin = np.searchsorted(complete.number, np.arange(count + 1))
    first = complete.index[begin[:-1]]
    rows = complete.row[:count]
    total = np.add.reduceat(complete.size, begin[:-1])[:count] if count else begin[:-1]
    held = np.minimum(pieces.held[complete.index] - complete.skip, complete.size)
    head = pieces.body[first]
    link = packets.network_at[rows].astype(np.int64)
    far = link > _LINK
    packets.ether_at[rows[far]] = ABSENT
    link[far] = 0
    kept = _kept(begin, complete.size, held, total)
    small = np.cumsum(kept + head + link) > _WHOLE
    kept[small] = np.minimum(kept[small], np.minimum(held[begin[:-1]][small], _HEAD))
    place = np.cumsum(link + head + kept) - (link + head + kept)
    buffer = np.zeros(int(place[-1] + link[-1] + head[-1] + kept[-1]) if count else 0, np.uint8)
    _fill(packets, pieces, complete, buffer, (begin, place, link, head, kept))
    _patch(buffer, place + link, head, total, packets.ip_version[rows])
    nothing = np.zeros(count, np.int64)
    frames = Frames(
        buffer, place + link, (head + kept).astype(np.uint32), (head + total).astype(np.uint32), nothing,
        np.full(count, _RAW_IP, np.uint16), nothing.astype(np.uint16), [], {},
    )  # fmt: skip
    inside = Packets.of(frames)
    decode(frames, inside, np.arange(count))
    _forget(packets, pieces.row[complete.members])
    base = len(packets.data) + len(packets.assembled)
    _take(packets, rows, inside, link)
    packets.offset[rows] = base + place
    return packets.continued(buffer, place + link + head + kept), rows[inside.fragment]


def _kept(begin: Ints, size: Ints, held: Ints, total: Ints) -> Ints:
    """How many bytes of datagrams the file holds without a gap."""
    kept = total.copy()
    ahead = np.cumsum(size) - size
    cut = np.flatnonzero(held < size)
    number = np.searchsorted(begin, cut, side="right") - 1
    for at, datagram in zip(cut[::-1].tolist(), number[::-1].tolist(), strict=True):
        if datagram < len(kept):
            kept[datagram] = ahead[at] - ahead[begin[datagram]] + held[at]
    return kept


def _fill(
    packets: Packets, pieces: Pieces, complete: _Complete, buffer: Bytes, layout: tuple[Ints, Ints, Ints, Ints, Ints]
) -> None:
    """Copy the link header, the IP header of the first fragment and the pieces."""
    begin, place, link, head, kept = (each.tolist() for each in layout)

    starts, bodies = pieces.start.tolist(), pieces.body.tolist()
    offsets = packets.offset[complete.row].tolist()
    index, skip, size = complete.index.tolist(), complete.skip.tolist(), complete.size.tolist()
    view, read = memoryview(buffer), packets.read  # type: ignore[arg-type]

    def copy(target: int, source: int, length: int) -> None:
        raw = read(source, length)
        view[target : target + len(raw)] = raw

    for number in range(len(place)):
        at = place[number]
        if link[number]:
            copy(at, offsets[number], link[number])
        at += link[number]
        opener = index[begin[number]]
        copy(at, starts[opener], head[number])
        at += head[number]
        left = kept[number]
        for piece in range(begin[number], begin[number + 1]):
            if left <= 0:
                break
            fragment = index[piece]
            length = min(size[piece], left)
            copy(at, starts[fragment] + bodies[fragment] + skip[piece], length)
            at, left = at + length, left - length


def _patch(buffer: Bytes, at: Ints, head: Ints, total: Ints, version: Array) -> None:
    """Make the headers those of whole datagrams; a length that has no room becomes zero, which means: all there is."""
    six = version == 6
    length = np.where(six, head - 40, head) + total
    length[length > _LARGEST] = 0
    place = at + np.where(six, 4, 2)
    buffer[place], buffer[place + 1] = length >> 8, length & 0xFF
    four = at[~six]
    buffer[four + 6] &= 0x40  # what is not the offset: don't fragment
    buffer[four + 7] = 0
    behind = (at + head)[six]
    buffer[behind - 6] = buffer[behind - 5] = 0


def _forget(packets: Packets, rows: Rows) -> None:
    """Fragments of a whole datagram carry nothing of their own."""
    for name in _CARRIED:
        getattr(packets, name)[rows] = 0
    packets.transport_at[rows] = packets.payload_at[rows] = ABSENT


def _take(packets: Packets, rows: Rows, inside: Packets, link: Ints) -> None:
    """Write what was decoded of whole datagrams to the packets that completed them."""
    for name in inside.names():
        if name in _SET:
            continue
        values: Array = getattr(inside, name)
        if name.endswith("_at"):
            values = np.where(values == ABSENT, ABSENT, np.minimum(values + link, ABSENT))
        if name in _KEPT:
            mine = values != NONE.get(name, 0)
            getattr(packets, name)[rows[mine]] = values[mine]
        else:
            getattr(packets, name)[rows] = values
    again = inside.fragment
    packets.fragment_offset[rows[again]] = inside.fragment_offset[again]
