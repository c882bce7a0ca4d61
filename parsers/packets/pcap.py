"""pcap and snoop: a file header, then records of a fixed header and a packet.

https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-03.html, RFC 1761 (snoop)
"""

from __future__ import annotations

import struct
from collections.abc import Container
from dataclasses import dataclass

import numpy as np

from .columns import Array, Bytes, Ints, gather
from .frames import MAX_PACKET, MAX_SEARCH, NANO, WINDOW, FrameReader
from .mapping import release
from .strides import REGION, Layout, in_step

# Magic number -> units a second, bytes of a record's header. The last one is Kuznetzov's modified libpcap.
PCAP = {0xA1B2C3D4: (1_000_000, 16), 0xA1B23C4D: (NANO, 16), 0xA1B2CD34: (1_000_000, 24)}
SNOOP = b"snoop\0\0\0"
# RFC 1761's datalink types that have a LINKTYPE.
_SNOOP_LINKS = {0: 1, 2: 6, 4: 1, 8: 10, 9: 0}
_SEARCH_STEP = 1024 * 1024
_FAR = 30 * 86400  # seconds; a record further from its neighbour is not taken for one in a search
_SMALL = 4 * 1024 * 1024  # bytes; less of a file is walked record by record
_CUT_HEADER = "A packet's header is truncated: the capture was cut short"
_CHAIN = 3  # records in a row that must make sense before reading goes on behind a broken one


@dataclass(frozen=True, slots=True)
class _Format:
    """How the records of a file are written.

    Attributes:
        order: "<" or ">".
        units: of a second in the fraction.
        header: bytes in front of a packet.
        seconds_at: where in the header the seconds stand.
        size_at: where in the header the length of the packet in the file stands.
        padded: where the length of the whole record stands (snoop), or -1.
        fields: seconds, fraction, captured and length in a record's header.
        link_type: LINKTYPE number.
    """

    order: str
    units: int
    header: int
    seconds_at: int
    size_at: int
    padded: int
    fields: np.dtype[np.void]
    link_type: int


def _fields(order: str, header: int, seconds: int, fraction: int, captured: int, length: int) -> np.dtype[np.void]:
    return np.dtype(
        {
            "names": ["seconds", "fraction", "captured", "length"],
            "formats": [order + "u4"] * 4,
            "offsets": [seconds, fraction, captured, length],
            "itemsize": header,
        }
    )


def read_pcap(reader: FrameReader) -> None:
    """Walk a pcap file; what is broken is named and skipped where it is safe."""
    head = reader.data[:24].tobytes()
    order = "<" if struct.unpack("<I", head[:4])[0] in PCAP else ">"
    if len(head) < 24:
        reader.problem("truncated", "The capture's file header is truncated: it holds no packet.")
        return
    units, size = PCAP[struct.unpack(order + "I", head[:4])[0]]
    major, minor, _, _, snaplen, link = struct.unpack(order + "HHiIII", head[4:])
    if major != 2:
        reader.problem("corrupt", f"The capture has version {major}, which no tool writes: its header is corrupt.")
        return
    reader.facts |= {"format": f"pcap {major}.{minor}", "snaplen": snaplen}
    fields = _fields(order, size, 0, 4, 8, 12)
    _walk(reader, _Format(order, units, size, 0, 8, -1, fields, link & 0xFFFF), 24)


def read_snoop(reader: FrameReader) -> None:
    """Walk a snoop file (RFC 1761)."""
    head = reader.data[:16].tobytes()
    if len(head) < 16:
        reader.problem("truncated", "The capture's file header is truncated: it holds no packet.")
        return
    version, link = struct.unpack(">II", head[8:])
    reader.facts["format"] = f"snoop {version}"
    fields = _fields(">", 24, 16, 20, 4, 0)
    _walk(reader, _Format(">", 1_000_000, 24, 16, 4, 8, fields, _SNOOP_LINKS.get(link, 0xFFFF)), 16)


def _walk(reader: FrameReader, form: _Format, at: int) -> None:
    """Read records region by region, and search for the next good one behind a broken one."""
    while at < len(reader.data) and not reader.full():
        offsets, at, fault = _walk_region(reader.data, form, at)
        good = _add(reader, form, offsets)
        release(reader.data)
        if good < len(offsets):
            at, fault = int(offsets[good]), "A packet's header makes no sense: the capture is corrupt"
        if not fault:
            continue
        resumed = _search(reader, form, at + 1) if reader.count else -1
        if not reader.fault(at, resumed, fault):
            return
        at = resumed


def _walk_region(data: Bytes, form: _Format, at: int) -> tuple[Ints, int, str]:
    """Offsets of the records of a region of the file, where the next one begins, and what is wrong there."""
    if form.padded >= 0 or len(data) - at < _SMALL:
        return _walk_window(data, form, at, {})
    segments = in_step(data, Layout(form.order, form.header, form.units, form.size_at), at)
    parts: list[Ints] = []
    limit = min(at + REGION, len(data) - form.header + 1)
    fault = ""
    while at < limit and not fault:
        number = segments.begins.get(at)
        # A walk that ends where it began has met something broken, which is named by the other one.
        if number is not None and int(segments.ends[number]) > at:
            parts.append(segments.places[segments.bounds[number] : segments.bounds[number + 1]])
            at = int(segments.ends[number])
            continue
        offsets, at, fault = _walk_window(data, form, at, segments.begins)
        parts.append(offsets)
    if not fault and len(data) - form.header < at < len(data):
        fault = _CUT_HEADER
    return np.concatenate(parts) if parts else np.empty(0, np.int64), at, fault


def _walk_window(data: Bytes, form: _Format, at: int, known: Container[int]) -> tuple[Ints, int, str]:
    """Offsets of up to WINDOW records up to a known one, where the next one begins, and what is wrong there."""
    unpack = struct.Struct(form.order + "I").unpack_from
    view = data.data
    size_at, header, end = form.size_at, form.header, len(data)
    last = end - header
    offsets: list[int] = []
    for _ in range(WINDOW):
        if at > last:
            break
        size = unpack(view, at + size_at)[0]
        if size > MAX_PACKET:
            return np.array(offsets, np.int64), at, f"A packet claims {size:,} bytes: the capture is corrupt"
        following = at + header + size
        if form.padded >= 0:
            whole = unpack(view, at + form.padded)[0]
            if not header + size <= whole <= header + size + MAX_PACKET:
                return np.array(offsets, np.int64), at, "A packet's two lengths differ: the capture is corrupt"
            following = at + whole
        if at + header + size > end:
            return np.array(offsets, np.int64), at, "A packet is truncated: the capture was cut short"
        offsets.append(at)
        at = following
        if at in known:
            break
    fault = _CUT_HEADER if last < at < end else ""
    return np.array(offsets, np.int64), at, fault


def _heads(data: Bytes, form: _Format, offsets: Ints) -> Array:
    header = form.header
    raw = gather(data, offsets, np.full(len(offsets), header, np.int64), header)
    return raw.view(form.fields)[:, 0]


def _add(reader: FrameReader, form: _Format, offsets: Ints) -> int:
    """Take the records of a window up to the first that cannot be one; how many were taken."""
    heads = _heads(reader.data, form, offsets)
    # Zeros are what a file system leaves where nothing was written.
    senseless = (heads["seconds"] == 0) & (heads["length"] == 0) & (heads["captured"] == 0)
    senseless |= (heads["fraction"] >= form.units) & (heads["captured"] > heads["length"])
    bad = np.flatnonzero(senseless)
    good = int(bad[0]) if len(bad) else len(offsets)
    offsets, heads = offsets[:good], heads[:good]
    time = heads["seconds"].astype(np.int64) * NANO + heads["fraction"].astype(np.int64) * (NANO // form.units)
    none = np.zeros(good, np.uint16)
    captured = heads["captured"]
    length = np.maximum(heads["length"], captured)
    reader.add(offsets + form.header, captured, length, time, np.full(good, form.link_type), none)
    return good


def _search(reader: FrameReader, form: _Format, at: int) -> int:
    """Where the next record begins that is followed by others, or -1.

    A record's header must make sense, and so must the next ones behind it (or the file end there).
    """
    data, end = reader.data, len(reader.data)
    near = reader.last_time // NANO
    while at + form.header <= end and reader.searched < MAX_SEARCH:
        stop = min(at + _SEARCH_STEP, end - form.header + 1)
        reader.searched += stop - at
        place = np.arange(at, stop, dtype=np.int64)
        begin = at + form.seconds_at
        seconds = np.ndarray((stop - at,), dtype=form.order + "u4", buffer=data, offset=begin, strides=(1,))
        place = place[np.abs(seconds.astype(np.int64) - near) <= _FAR]
        found = _chained(data, form, place, near)
        release(data)
        if found >= 0:
            return found
        at = stop
    return -1


def _chained(data: Bytes, form: _Format, place: Ints, near: int) -> int:
    """The first of the places at which `_CHAIN` records in a row make sense, or -1."""
    end = len(data)
    following = place.copy()
    for _ in range(_CHAIN):
        inside = following + form.header <= end
        heads = _heads(data, form, np.where(inside, following, 0))
        sense = (heads["captured"] <= MAX_PACKET) & (heads["captured"] <= heads["length"])
        sense &= (heads["captured"] > 0) & (heads["length"] <= MAX_PACKET) & (heads["fraction"] < form.units)
        sense &= np.abs(heads["seconds"].astype(np.int64) - near) <= _FAR
        size = heads["captured"].astype(np.int64) + form.header
        if form.padded >= 0:
            whole = gather(data, np.where(inside, following + form.padded, 0), np.full(len(place), 4), 4)
            size = whole.view(">u4")[:, 0].astype(np.int64)
            sense &= (size >= form.header) & (size <= 2 * MAX_PACKET)
        keep = np.where(inside, sense & (following + size <= end), following == end)
        place, following = place[keep], np.where(inside, following + size, following)[keep]
    return int(place[0]) if len(place) else -1
