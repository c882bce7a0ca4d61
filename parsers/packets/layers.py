"""Frames to packets: link layers, tags, tunnels, IP and transport headers, decoded as columns.

Packets are decoded window by window, while their part of the file is in memory. Each round of a window reads one
network layer of those packets that still have one; packets in a tunnel go through another round, so that the columns
hold the innermost flow.
"""

from __future__ import annotations

import numpy as np

from .columns import NO_PROTOCOL, NONE, TCP, Array, Packets, Rows, gather, grown, mapped
from .frames import Frames, room
from .links import ARP, IPV4, IPV6, Layer, head, link, skip_tags
from .mapping import release
from .plain import plain
from .transport import Carried, clear, transport
from .tunnels import tunnels
from .window import Window
from .wrapped import wrapped

WINDOW = 8_192
# Going through all layers costs as much for a few packets as for hundreds: so few of a window wait for those of others.
_FEW = 64
# Packets that have waited and are decoded at once: each may bring the pages around it into memory.
_APART = 512
_MAX_TUNNELS = 4
# Hop-by-hop, routing, fragment, authentication, destination options, mobility, HIP, shim6: RFC 7045.
_EXTENSIONS = (0, 43, 44, 51, 60, 135, 139, 140)
_FRAGMENT, _AUTHENTICATION = 44, 51
_MAX_EXTENSIONS = 8

_HEAD4 = np.dtype(
    {
        "names": ["first", "length", "id", "fragment", "ttl", "protocol", "src", "dst"],
        "formats": ["u1", ">u2", ">u2", ">u2", "u1", "u1", ">u4", ">u4"],
        "offsets": [0, 2, 4, 6, 8, 9, 12, 16],
        "itemsize": 20,
    }
)
_HEAD6 = np.dtype(
    {
        "names": ["first", "length", "next", "hops", "src_hi", "src_lo", "dst_hi", "dst_lo"],
        "formats": ["u1", ">u2", "u1", "u1", ">u8", ">u8", ">u8", ">u8"],
        "offsets": [0, 4, 6, 7, 8, 16, 24, 32],
        "itemsize": 40,
    }
)


class Decoder:
    """Makes columns of the frames of a capture, part by part; what cannot be read stays empty."""

    def __init__(self) -> None:
        """Know no packet yet."""
        self._columns: dict[str, Array] = {}
        self._count = self._room = 0
        self._waiting: list[Rows] = []

    def take(self, frames: Frames) -> None:
        """Decode the frames of the next part of the file, which are in memory."""
        begin, end = self._count, self._count + len(frames.offset)
        if end > self._room:
            self._room = room(end, len(frames.data), int(frames.offset[-1]) + int(frames.captured[-1]))
            self._columns = grown(self._columns, self._room)
        for name in NONE.keys() & self._columns.keys():
            self._columns[name][begin:end] = NONE[name]
        packets = Packets.of(frames, {name: column[begin:end] for name, column in self._columns.items()})
        for start in range(0, len(packets), WINDOW):
            part, there = frames.part(start, start + WINDOW), packets.part(start, start + WINDOW)
            rows = plain(part, there)
            if len(rows) > _FEW:
                decode(part, there, rows)
            elif len(rows):
                self._waiting.append(rows + (begin + start))
        self._count = end

    def packets(self, frames: Frames) -> Packets:
        """The packets of all frames, which are those that were taken."""
        packets = Packets.of(frames, {name: column[: self._count] for name, column in self._columns.items()})
        waiting = np.concatenate(self._waiting) if self._waiting else np.empty(0, np.int64)
        for start in range(0, len(waiting), _APART):
            decode(frames, packets, waiting[start : start + _APART])
            release(frames.data)
        self._waiting.clear()
        return packets


def decode(frames: Frames, packets: Packets, rows: Rows) -> None:
    """Decode packets header by header, and fill in their rows."""
    offset, captured, length, link_type = (
        getattr(frames, name)[rows] for name in ("offset", "captured", "length", "link_type")
    )
    window = Window.of(frames.data, offset, captured, length, link_type)
    _decode_window(window)
    carries = np.flatnonzero((window.protocol == TCP) & (window.payload_captured > 0) & (window.payload >= 0))
    at, held = window.payload[carries], window.payload_captured[carries].astype(np.int64)
    window.payload_start[carries] = gather(window.data, at, held, 8).view(">u8").ravel()
    window.store(packets, rows)


def _decode_window(window: Window) -> None:
    """Fill the columns of a window of packets of which only the framing is known."""
    layer = link(window)
    wrapped(window, layer)
    for _ in range(_MAX_TUNNELS + 1):
        layer = skip_tags(window, layer)
        _arp(window, layer)
        for carried in (_version4(window, layer), _version6(window, layer)):
            transport(window, carried)
        layer = tunnels(window, layer)
        if not len(layer.rows):
            return


def _arp(window: Window, layer: Layer) -> None:
    """ARP is a network layer without addresses of its own; it hides the flow of a tunnel around it."""
    rows = layer.rows[layer.kind == ARP]
    if not len(rows):
        return
    window.network[rows] = layer.at[layer.kind == ARP]
    clear(window, rows)


def _version4(window: Window, layer: Layer) -> Carried:
    """IPv4 headers (RFC 791) of those packets that have one."""
    layer = layer.take(layer.kind == IPV4)
    raw, whole = head(window.data, layer.at, layer.end, 20)
    heads = raw.view(_HEAD4)[:, 0]
    size = (heads["first"] & 15).astype(np.int64) * 4
    good = whole & (heads["first"] >> 4 == 4) & (size >= 20)
    if not good.all():
        layer, heads, size = layer.take(good), heads[good], size[good]
    rows = layer.rows
    clear(window, rows)
    window.network[rows] = layer.at
    window.ip_version[rows] = 4
    window.src_lo[rows] = mapped(heads["src"])
    window.dst_lo[rows] = mapped(heads["dst"])
    window.ttl[rows] = heads["ttl"]
    window.ip_id[rows] = heads["id"]
    window.protocol[rows] = heads["protocol"]
    fragment = heads["fragment"]
    window.dont_fragment[rows] = fragment & 0x4000 != 0
    window.fragment[rows] = fragment & 0x3FFF != 0
    later = (fragment & 0x1FFF).astype(np.int64) * 8
    window.fragment_offset[rows] = later
    length = heads["length"].astype(np.int64)
    # Zero is what the kernel writes for packets that the network card cuts into segments.
    stop = np.where(length == 0, layer.stop, np.minimum(layer.at + length, layer.stop))
    protocol = np.where(later > 0, NO_PROTOCOL, heads["protocol"])
    return Carried(rows, layer.at + size, np.minimum(layer.end, stop), stop, protocol)


def _version6(window: Window, layer: Layer) -> Carried:
    """IPv6 headers (RFC 8200) and their extensions, of those packets that have one."""
    layer = layer.take(layer.kind == IPV6)
    raw, whole = head(window.data, layer.at, layer.end, 40)
    heads = raw.view(_HEAD6)[:, 0]
    good = whole & (heads["first"] >> 4 == 6)
    if not good.all():
        layer, heads = layer.take(good), heads[good]
    rows = layer.rows
    clear(window, rows)
    window.network[rows] = layer.at
    window.ip_version[rows] = 6
    for name in ("src_hi", "src_lo", "dst_hi", "dst_lo"):
        getattr(window, name)[rows] = heads[name]
    window.ttl[rows] = heads["hops"]
    length = heads["length"].astype(np.int64)
    stop = np.where(length == 0, layer.stop, np.minimum(layer.at + 40 + length, layer.stop))
    carried = Carried(rows, layer.at + 40, np.minimum(layer.end, stop), stop, heads["next"].astype(np.int64))
    for _ in range(_MAX_EXTENSIONS):
        extended = np.flatnonzero(np.isin(carried.protocol, _EXTENSIONS))
        if not len(extended):
            break
        _extension(window, carried, extended)
    carried.protocol[np.isin(carried.protocol, _EXTENSIONS)] = NO_PROTOCOL
    return carried


def _extension(window: Window, carried: Carried, chosen: Rows) -> None:
    """Go behind one extension header of the chosen packets."""
    raw, whole = head(window.data, carried.at[chosen], carried.end[chosen], 8)
    kind = carried.protocol[chosen]
    size = np.where(kind == _AUTHENTICATION, (raw[:, 1].astype(np.int64) + 2) * 4, (raw[:, 1].astype(np.int64) + 1) * 8)
    fragment = whole & (kind == _FRAGMENT)
    size[kind == _FRAGMENT] = 8
    following = np.where(whole, raw[:, 0], NO_PROTOCOL).astype(np.int64)
    window.protocol[carried.rows[chosen]] = following
    carried.at[chosen] += size
    rows = carried.rows[chosen[fragment]]
    if len(rows):
        words = raw[fragment].view(">u2")
        later = (words[:, 1] & 0xFFF8).astype(np.int64)
        window.fragment[rows] = (words[:, 1] & 0xFFF9) != 0
        window.fragment_offset[rows] = later
        window.ip_id[rows] = raw[fragment].view(">u4")[:, 1]
        following[np.flatnonzero(fragment)[later > 0]] = NO_PROTOCOL
    carried.protocol[chosen] = following
