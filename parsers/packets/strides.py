"""Where the records of a large pcap file begin, found in many places at once.

Each record says where the next one is, so that a walk is one step a record. A region of the file is cut into segments;
in each one a record is guessed by its time, and all segments are walked in step. What a segment's walk found counts
only where the one before ended exactly on its guess: a wrong guess costs time, never a packet.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass

import numpy as np

from .columns import Array, Bytes, Ints
from .frames import MAX_PACKET

REGION = 32 * 1024 * 1024  # bytes that are walked before their pages are given back
_SEGMENT = 128 * 1024  # bytes at least; at most MAX_PACKET, so that a record that claims more leaves its segment
_RECORDS = 64  # that a segment should hold: a guess costs as much as some of them
_REACH = 64 * 1024  # how far behind its beginning a record is looked for in a segment
_NEAR = 2048  # how far it is looked for in all segments at once
_GUESSES = 16  # places in a segment that are tried one by one


@dataclass(frozen=True, slots=True)
class Layout:
    """How the headers of records are written.

    Attributes:
        order: "<" or ">". header: bytes in front of a packet. units: of a second in the fraction.
        size_at: where in the header the length of the packet in the file stands.
    """

    order: str
    header: int
    units: int
    size_at: int


@dataclass(frozen=True, slots=True)
class Segments:
    """What a walk in step found.

    Attributes:
        begins: the guessed first record of each segment, by segment. ends: the place behind the last one.
        places: offsets of records, by segment. bounds: where in `places` each segment begins, and its end.
    """

    begins: dict[int, int]
    ends: Ints
    places: Ints
    bounds: Ints


def in_step(data: Bytes, layout: Layout, at: int) -> Segments:
    """Walk the segments of the region that begins with a record at `at`.

    A segment's walk ends at the next segment, at the end of the file, or before a record that cannot be one.
    """
    last = len(data) - layout.header
    edges = np.arange(at, min(at + REGION, last + 1), _segment(data, layout, at, last), dtype=np.int64)
    starts = _guesses(data, layout, edges, last)
    limits = np.append(edges[1:], min(at + REGION, last + 1))
    segment = np.flatnonzero(starts >= 0)
    ends = starts.copy()
    sizes = np.ndarray((last + 1,), layout.order + "u4", data, layout.size_at, (1,))
    place = starts[segment]
    inside = place < limits[segment]
    place, segment = place[inside], segment[inside].astype(np.uint16)
    limit = limits[segment]
    places: list[Ints] = []
    owners: list[Array] = []
    while len(place):
        size = sizes[place]
        following = place + size
        following += layout.header
        going = following < limit
        if np.count_nonzero(going) < len(going):
            # What claims too much, or more than there is, leaves its segment, too.
            whole = going | ((size <= MAX_PACKET) & (following <= len(data)))
            left = ~going
            ends[segment[left]] = np.where(whole, following, place)[left]
            places.append(place[whole])
            owners.append(segment[whole])
            segment, limit, following = segment[going], limit[going], following[going]
        else:
            places.append(place)
            owners.append(segment)
        place = following
    owner = np.concatenate(owners) if owners else np.empty(0, np.uint16)
    order = np.argsort(owner, kind="stable")
    found = np.concatenate(places)[order] if places else np.empty(0, np.int64)
    bounds = np.searchsorted(owner[order], np.arange(len(edges) + 1))
    begins = {start: number for number, start in enumerate(starts.tolist()) if start >= 0}
    return Segments(begins, ends, found, bounds)


def _segment(data: Bytes, layout: Layout, at: int, last: int) -> int:
    """How long segments are to be, by the first records of a region."""
    unpack, begin = struct.Struct(layout.order + "I").unpack_from, at
    for _ in range(_RECORDS):
        if at > last:
            break
        at += layout.header + min(unpack(data.data, at + layout.size_at)[0], MAX_PACKET)
    return min(max(_SEGMENT, at - begin), MAX_PACKET)


def _guesses(data: Bytes, layout: Layout, edges: Ints, last: int) -> Ints:
    """The first place behind each edge that looks like a record followed by another one, -1 where there is none.

    The first edge is a record.
    """
    view = data.data
    mark = struct.unpack_from(layout.order + "I", view, int(edges[0]))[0] >> 16
    starts = np.full(len(edges), -1, np.int64)
    starts[0] = edges[0]
    near = np.flatnonzero(edges <= last - _NEAR - layout.header)[1:]
    if len(near):
        _near_guesses(data, layout, edges, near, last, mark, starts)
    for number in np.flatnonzero(starts < 0).tolist():
        starts[number] = _guess(view, layout, int(edges[number]), last, mark)
    return starts


def _near_guesses(data: Bytes, layout: Layout, edges: Ints, near: Ints, last: int, mark: int, starts: Ints) -> None:
    """Fill in the guesses for the edges `near` that are found a short way behind them."""
    shift = 2 if layout.order == "<" else 0
    one, two = struct.pack(layout.order + "H", mark)
    raw = np.ndarray((len(data) - _NEAR + 1,), f"V{_NEAR}", data, strides=(1,))[edges[near] + shift]
    flat = raw.view(np.uint8)
    found = flat == one
    found[:-1] &= flat[1:] == two
    lane, column = np.divmod(np.flatnonzero(found), _NEAR)
    lane, column = lane[column < _NEAR - 1], column[column < _NEAR - 1]
    place = edges[near[lane]] + column
    following = _following(data, layout, place, last, mark)
    good = following > 0
    inside = good & (following <= last)
    good[inside] = _following(data, layout, following[inside], last, mark) > 0
    lane, place = lane[good], place[good]
    first = np.ones(len(lane), np.bool_)
    first[1:] = lane[1:] != lane[:-1]
    starts[near[lane[first]]] = place[first]


def _following(data: Bytes, layout: Layout, place: Ints, last: int, mark: int) -> Ints:
    """As _next, for many places that are not behind the last one."""
    raw = np.ndarray((len(data) - 15,), "V16", data, strides=(1,))[place]
    seconds, fraction, captured, length = raw.view(layout.order + "u4").reshape(-1, 4).astype(np.int64).T
    sense = (seconds >> 16 == mark) & (fraction < layout.units) & (captured > 0)
    sense &= captured <= np.minimum(length, MAX_PACKET)
    return np.where(sense, place + layout.header + captured, 0)


def _guess(view: memoryview, layout: Layout, edge: int, last: int, mark: int) -> int:
    """The first place behind an edge that looks like a record followed by another one, or -1."""
    pattern = struct.pack(layout.order + "H", mark)
    shift = 2 if layout.order == "<" else 0
    for reach in (4096, _REACH):
        raw = bytes(view[edge : edge + reach])
        found = raw.find(pattern, shift)
        for _ in range(_GUESSES):
            if found < 0:
                break
            place = edge + found - shift
            following = _next(view, layout, place, last, mark)
            if following > last or (following > 0 and _next(view, layout, following, last, mark) > 0):
                return place if following > 0 and place <= last else -1
            found = raw.find(pattern, found + 1)
    return -1


def _next(view: memoryview, layout: Layout, place: int, last: int, mark: int) -> int:
    """Where the record behind one begins, 0 if there is none that makes sense."""
    if place > last:
        return 0
    seconds, fraction, captured, length = struct.unpack_from(layout.order + "4I", view, place)
    if seconds >> 16 != mark or fraction >= layout.units or not 0 < captured <= min(length, MAX_PACKET):
        return 0
    return int(place + layout.header + captured)
