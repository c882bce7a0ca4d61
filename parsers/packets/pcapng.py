"""pcapng: sections of blocks, each with its own byte order, interfaces and clock resolutions.

https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html
"""

from __future__ import annotations

import struct
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from .columns import Array, Bools, Bytes, Ints, gather
from .frames import MAX_PACKET, MAX_SEARCH, NANO, WINDOW, FrameReader
from .mapping import release

SECTION, INTERFACE, PACKET, SIMPLE, NAMES, STATISTICS, ENHANCED, SECRETS = 0x0A0D0D0A, 1, 2, 3, 4, 5, 6, 10
_KNOWN = (SECTION, INTERFACE, PACKET, SIMPLE, NAMES, STATISTICS, ENHANCED, SECRETS)
_LITTLE, _BIG = b"\x4d\x3c\x2b\x1a", b"\x1a\x2b\x3c\x4d"
_MAX_BLOCK = 16 * 1024 * 1024
_MAX_OPTIONS = 65_536  # bytes of a block's options that are looked at
_MAX_PACKET_OPTIONS = 16
_MAX_OTHER = 1_000_000  # blocks that are no packets
_MAX_FOUND = MAX_PACKET + 4096  # bytes of a block that a search takes for one
_MAX_SECTIONS = 256  # that a search looks at in one step
_MAX_INTERFACES = 65_535
_SEARCH_STEP = 1024 * 1024
_FAR_FUTURE = 9_000_000_000  # seconds since 1970 that nanoseconds in an int64 can hold
_VERSIONS = (1, 0), (1, 2)
_MAX_LINK_TYPE = 1023
_COMMENT, _NAME, _TIME_RESOLUTION, _TIME_OFFSET, _HARDWARE, _SYSTEM, _APPLICATION = 1, 2, 9, 14, 2, 3, 4
_RECEIVED, _DROPPED, _SYSTEM_DROPPED = 4, 5, 7


@dataclass(slots=True)
class _Interface:
    """One interface: its link type, its clock's resolution (a power of 2 or 10) and offset in seconds."""

    link_type: int
    snaplen: int
    binary: bool = False
    exponent: int = 6
    offset: int = 0
    number: int = 0  # within the file


@dataclass(slots=True)
class _Walk:
    """Where the walk is, and what the current section said."""

    at: int = 0
    order: str = "<"
    interfaces: list[_Interface] = field(default_factory=list)
    seen: int = 0  # interfaces of all sections
    others: int = 0  # blocks that are no packets
    offsets: list[int] = field(default_factory=list)
    kinds: list[int] = field(default_factory=list)


def headless(head: bytes) -> str:
    """The byte order of a pcapng file that lacks its section header, and begins with an interface instead; "" else."""
    for order in "<>":
        kind, length, link_type, reserved = struct.unpack_from(order + "IIHH", head.ljust(12, b"\0"))
        if kind != INTERFACE or reserved or not 20 <= length <= len(head) or length & 3 or link_type > _MAX_LINK_TYPE:
            continue
        if struct.unpack_from(order + "I", head, length - 4)[0] == length:
            return order
    return ""


def read_pcapng(reader: FrameReader) -> None:
    """Walk a pcapng file; what is broken is named and skipped where it is safe."""
    reader.facts["format"] = "pcapng"
    walk = _Walk()
    if order := headless(reader.data[:_MAX_OPTIONS].tobytes()):
        walk.order = order
        reader.problem("corrupt", "The section header that a pcapng file begins with is missing; its blocks were read.")
    while walk.at < len(reader.data) and not reader.full():
        fault = _walk_blocks(reader, walk)
        broken = _flush(reader, walk)
        release(reader.data)
        if broken is not None:
            walk.at, fault = broken
        if not fault:
            continue
        resumed = _search(reader, walk) if walk.others <= _MAX_OTHER else -1
        if not reader.fault(walk.at, resumed, fault):
            break
        walk.at = resumed
    lies = int(reader.facts.get("broken_options", 0))
    if lies:
        message = f"The options of {lies:,} blocks run past their end; they were left out, the packets were read."
        reader.problem("malformed", message)


def _walk_blocks(reader: FrameReader, walk: _Walk) -> str:
    """Walk blocks until a window of packets is full, the section ends or a block is broken: what is wrong."""
    data, end = reader.data.data, len(reader.data)
    unpack = struct.Struct(walk.order + "II").unpack_from
    at, offsets, kinds = walk.at, walk.offsets, walk.kinds
    try:
        while at < end:
            if at + 12 > end:
                return "A block is truncated: the capture was cut short"
            kind, length = unpack(data, at)
            if kind == SECTION:
                if offsets:
                    return ""
                fault = _section(reader, walk, at)
                if fault:
                    return fault
                unpack = struct.Struct(walk.order + "II").unpack_from
                length = unpack(data, at)[1]
            if length < 12 or length & 3 or length > _MAX_BLOCK:
                return f"A block claims {length:,} bytes: the capture is corrupt"
            if at + length > end:
                return "A block is truncated: the capture was cut short"
            if kind in (ENHANCED, SIMPLE, PACKET):
                offsets.append(at)
                kinds.append(kind)
            elif kind != SECTION:
                if struct.unpack_from(walk.order + "I", data, at + length - 4)[0] != length:
                    return "A block's two lengths differ: the capture is corrupt"
                _other(reader, walk, kind, reader.data[at + 8 : at + length - 4])
                walk.others += 1
                if walk.others > _MAX_OTHER:
                    return f"More than {_MAX_OTHER:,} blocks are no packets"
            at += length
            if len(offsets) >= WINDOW:
                return ""
        return ""
    finally:
        walk.at = at


def _section(reader: FrameReader, walk: _Walk, at: int) -> str:
    """Begin a section: its byte order, no interfaces yet."""
    data = reader.data
    magic = data[at + 8 : at + 12].tobytes()
    if magic not in (_LITTLE, _BIG):
        return "A section's byte order is unknown: the capture is corrupt"
    walk.order = "<" if magic == _LITTLE else ">"
    walk.interfaces = []
    length = struct.unpack_from(walk.order + "I", data.data, at + 4)[0]
    version = struct.unpack_from(walk.order + "HH", data.data, at + 12) if at + 16 <= len(data) else _VERSIONS[0]
    if version not in _VERSIONS:
        told = f"A section has version {version[0]}.{version[1]}, which nobody describes; it was read as 1.0."
        reader.problem("unsupported", told)
    if length < 28 or length & 3 or length > _MAX_BLOCK or at + length > len(data):
        return ""  # the walk names it
    for code, value in _options(reader, data[at + 24 : at + length - 4], walk.order):
        name = {_HARDWARE: "hardware", _SYSTEM: "os", _APPLICATION: "tool"}.get(code)
        if name:
            reader.facts.setdefault(name, _text(value))
        elif code == _COMMENT:
            _comment(reader, value)
    return ""


def _other(reader: FrameReader, walk: _Walk, kind: int, body: Bytes) -> None:
    """Blocks that are no packets."""
    if kind == INTERFACE:
        if len(body) >= 8 and walk.seen < _MAX_INTERFACES:
            walk.interfaces.append(_interface(reader, walk, body))
            walk.seen += 1
        reader.facts["interfaces"] = walk.seen
    elif kind == STATISTICS:
        for code, value in _options(reader, body[12:], walk.order):
            if code in (_DROPPED, _SYSTEM_DROPPED, _RECEIVED) and len(value) == 8:
                name = {_DROPPED: "dropped", _SYSTEM_DROPPED: "dropped_by_system", _RECEIVED: "received"}[code]
                reader.facts[name] = max(int(reader.facts.get(name, 0)), struct.unpack(walk.order + "Q", value)[0])
    else:
        name = {NAMES: "name_blocks", SECRETS: "decryption_secrets"}.get(kind, "other_blocks")
        reader.facts[name] = int(reader.facts.get(name, 0)) + 1


def _interface(reader: FrameReader, walk: _Walk, body: Bytes) -> _Interface:
    link_type, _, snaplen = struct.unpack(walk.order + "HHI", body[:8].tobytes())
    interface = _Interface(link_type, snaplen, number=walk.seen)
    for code, value in _options(reader, body[8:], walk.order):
        if code == _TIME_RESOLUTION and value:
            interface.binary, interface.exponent = bool(value[0] & 0x80), value[0] & 0x7F
        elif code == _TIME_OFFSET and len(value) == 8:
            interface.offset = struct.unpack(walk.order + "q", value)[0]
        elif code == _NAME and walk.seen < 16:
            reader.facts[f"interface_{walk.seen}"] = _text(value)
        elif code == _COMMENT:
            _comment(reader, value)
    return interface


def _options(reader: FrameReader, data: Bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """The options of a block as far as they are whole."""
    raw = data[:_MAX_OPTIONS].tobytes()
    at = 0
    while at + 4 <= len(raw):
        code, length = struct.unpack_from(order + "HH", raw, at)
        if code == 0:
            return
        if at + 4 + length > len(raw):
            _lie(reader, 1)
            return
        yield code, raw[at + 4 : at + 4 + length]
        at += 4 + (length + 3) // 4 * 4


def _lie(reader: FrameReader, count: int) -> None:
    reader.facts["broken_options"] = int(reader.facts.get("broken_options", 0)) + count


def _text(value: bytes) -> str:
    return value[:200].decode("utf-8", "replace").rstrip("\0")


def _comment(reader: FrameReader, value: bytes) -> None:
    reader.facts["comments"] = int(reader.facts.get("comments", 0)) + 1
    reader.facts.setdefault("comment", _text(value))


def _flush(reader: FrameReader, walk: _Walk) -> tuple[int, str] | None:
    """Take the packets of the window; where a block is broken, and what is wrong with it."""
    if not walk.offsets:
        return None
    blocks, kinds = np.array(walk.offsets, np.int64), np.array(walk.kinds, np.int64)
    walk.offsets.clear()
    walk.kinds.clear()
    word = walk.order + "u4"
    heads = _words(reader.data, blocks, 28, word)
    size = heads[:, 1].astype(np.int64)
    trailer = _words(reader.data, blocks + size - 4, 4, word)[:, 0]
    simple, old = kinds == SIMPLE, kinds == PACKET
    number = np.where(simple, 0, heads[:, 2])
    if old.any():
        number = np.where(old, heads[:, 2].astype(word).view(walk.order + "u2").reshape(-1, 2)[:, 0], number)
    room = size - np.where(simple, 16, 32)
    known = number < len(walk.interfaces)
    snaplen = np.array([each.snaplen or MAX_PACKET for each in walk.interfaces] or [0], np.int64)
    length = np.where(simple, heads[:, 2], heads[:, 6]).astype(np.int64)
    captured = np.where(simple, np.minimum(np.minimum(length, room), snaplen[0]), heads[:, 5].astype(np.int64))
    wrong = (trailer != heads[:, 1]) | (room < 0) | ~known | (captured > room)
    bad = np.flatnonzero(wrong)
    good = int(bad[0]) if len(bad) else len(blocks)
    kept = slice(0, good)
    time = _times(reader, walk, heads[kept], number[kept].astype(np.int64), simple[kept])
    links = np.array([each.link_type for each in walk.interfaces] or [0])
    numbers = np.array([each.number for each in walk.interfaces] or [0])
    at = number[kept].astype(np.int64)
    start = blocks[kept] + np.where(simple[kept], 12, 28)
    _packet_options(reader, walk, (start + captured[kept] + 3) & ~3, (blocks + size - 4)[kept], simple[kept])
    length = np.maximum(length[kept], captured[kept])
    reader.add(start, captured[kept], length, time, links[at] if good else at, numbers[at] if good else at)
    if not len(bad):
        return None
    row = int(bad[0])
    if trailer[row] != heads[row, 1]:
        return int(blocks[row]), "A block's two lengths differ: the capture is corrupt"
    if not known[row]:
        return int(blocks[row]), "A packet of an interface that is not described: the capture is corrupt"
    claim = f"A packet claims {max(int(captured[row]), 0):,} bytes, more than its block holds: the capture is corrupt"
    return int(blocks[row]), claim


def _packet_options(reader: FrameReader, walk: _Walk, at: Ints, end: Ints, simple: Bools) -> None:
    """Count the comments of packets, and options that run past the end of their block."""
    rows = np.flatnonzero((at + 4 <= end) & ~simple)
    for _ in range(_MAX_PACKET_OPTIONS):
        if not len(rows):
            return
        heads = _words(reader.data, at[rows], 4, walk.order + "u2").astype(np.int64)
        code, length = heads[:, 0], heads[:, 1]
        lies = (code != 0) & (at[rows] + 4 + length > end[rows])
        if lies.any():
            _lie(reader, int(np.count_nonzero(lies)))
        comments = rows[(code == _COMMENT) & ~lies]
        if len(comments):
            begin = int(at[comments[0]]) + 4
            first = reader.data[begin : begin + int(length[(code == _COMMENT) & ~lies][0])].tobytes()
            _comment(reader, first)
            reader.facts["comments"] = int(reader.facts["comments"]) + len(comments) - 1
        at[rows] += 4 + ((length + 3) & ~3)
        rows = rows[(code != 0) & ~lies]
        rows = rows[at[rows] + 4 <= end[rows]]


def _words(data: Bytes, at: Ints, width: int, word: str) -> Array:
    return gather(data, at, np.full(len(at), width, np.int64), width).view(word)


def _times(reader: FrameReader, walk: _Walk, heads: Array, number: Ints, simple: Array) -> Ints:
    """Nanoseconds since 1970 of packets; that of the packet before where a block has none."""
    ticks = (heads[:, 3].astype(np.uint64) << np.uint64(32)) | heads[:, 4].astype(np.uint64)
    time = np.zeros(len(ticks), np.int64)
    for index in np.unique(number).tolist():
        rows = np.flatnonzero(number == index)
        interface = walk.interfaces[index]
        seconds, fraction = _split(ticks[rows], interface.binary, interface.exponent)
        offset = min(max(interface.offset, -_FAR_FUTURE), _FAR_FUTURE)
        whole = np.minimum(seconds, np.uint64(2 * _FAR_FUTURE)).astype(np.int64) + offset
        time[rows] = np.clip(whole, -_FAR_FUTURE, _FAR_FUTURE) * NANO + fraction
        far = int(np.count_nonzero(np.abs(whole) >= _FAR_FUTURE))
        if far:
            reader.problem("clock", f"{far:,} packets carry a time that cannot be: the year is beyond 2255.")
    if simple.any():
        last = np.maximum.accumulate(np.where(simple, -1, np.arange(len(time))))
        time = np.where(last >= 0, time[np.maximum(last, 0)], reader.last_time)
    return time


def _split(ticks: Array, binary: bool, exponent: int) -> tuple[Array, Ints]:
    """Seconds and nanoseconds of clock ticks; a second has 2 or 10 to the exponent of them."""
    if binary:
        if exponent > 63:
            return np.zeros_like(ticks), np.zeros(len(ticks), np.int64)
        fraction = ticks & np.uint64((1 << exponent) - 1)
        lost = max(exponent - 32, 0)  # bits below a nanosecond that would overflow
        nanos = ((fraction >> np.uint64(lost)) * np.uint64(NANO)) >> np.uint64(exponent - lost)
        return ticks >> np.uint64(exponent), nanos.astype(np.int64)
    if exponent > 19:
        return np.zeros_like(ticks), np.zeros(len(ticks), np.int64)
    units = np.uint64(10**exponent)
    fraction = ticks % units
    nanos = fraction // np.uint64(10 ** (exponent - 9)) if exponent > 9 else fraction * np.uint64(10 ** (9 - exponent))
    return ticks // units, nanos.astype(np.int64)


def _search(reader: FrameReader, walk: _Walk) -> int:
    """Where the next block begins that is whole: of a known kind, with two equal lengths; or -1."""
    data, end = reader.data, len(reader.data)
    word = walk.order + "u4"
    at = walk.at + 4
    while at + 12 <= end and reader.searched < MAX_SEARCH:
        stop = min(at + _SEARCH_STEP, end)
        count = (stop - at) // 4
        if not count:
            return -1
        reader.searched += stop - at
        for place in _candidates(data, word, at, count).tolist():
            if _whole(data, place, end, walk):
                release(data)
                return int(place)
        release(data)
        at += 4 * count
    return -1


def _candidates(data: Bytes, word: str, at: int, count: int) -> Ints:
    """Places among the next words that begin with a known kind and a length that stands at the end again, too."""
    words = np.frombuffer(data, word, min(count + 1, (len(data) - at) // 4), at)
    kinds, lengths = words[:-1], words[1:].astype(np.int64)
    # A section of the other byte order begins with a kind that reads the same, and a length that does not.
    begins = np.flatnonzero(kinds == SECTION)
    chosen = np.flatnonzero(np.isin(kinds, _KNOWN) & (lengths >= 16) & (lengths <= _MAX_FOUND) & (lengths & 3 == 0))
    place = at + 4 * chosen
    trailer = _words(data, place + lengths[chosen] - 4, 4, word)[:, 0]
    place = place[trailer == lengths[chosen]]
    return np.unique(np.append(place, at + 4 * begins[:_MAX_SECTIONS]))


def _whole(data: Bytes, at: int, end: int, walk: _Walk) -> bool:
    if at + 12 > end:
        return False
    order = walk.order
    kind, length = struct.unpack(order + "II", data[at : at + 8].tobytes())
    if kind == SECTION:
        magic = data[at + 8 : at + 12].tobytes()
        if magic not in (_LITTLE, _BIG):
            return False
        order = "<" if magic == _LITTLE else ">"
        length = struct.unpack(order + "I", data[at + 4 : at + 8].tobytes())[0]
    if kind in (ENHANCED, PACKET) and length < 32:
        return False
    if length < 16 or length & 3 or length > _MAX_FOUND or at + length > end:
        return False
    return bool(struct.unpack(order + "I", data[at + length - 4 : at + length].tobytes())[0] == length)
