"""Link layers and what stands between them and the network layer: VLAN tags, PPPoE, MPLS, LLC.

https://www.tcpdump.org/linktypes.html
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .columns import Array, Bytes, Ints, Rows, gather
from .window import Window

IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
# Kinds of a layer beyond the EtherTypes.
NOTHING, ETHERNET, PPP, LLC, NIBBLE, WIRELESS, RADIOTAP = range(0x10000, 0x10007)
VLAN_TAGS = (0x8100, 0x88A8, 0x9100, 0x9200)
_PPPOE, _MPLS, _MPLS_MULTICAST, _BRIDGED, _PPP_TYPE = 0x8864, 0x8847, 0x8848, 0x6558, 0x880B
_PPP_KINDS = {0x0021: IPV4, 0x0057: IPV6, 0x0281: _MPLS}
_MAX_TAGS = 12
INET6 = (10, 23, 24, 28, 30)  # AF_INET6 of Linux, Windows, the BSDs and macOS


@dataclass(slots=True)
class Layer:
    """Where the next layer of packets begins.

    Attributes:
        rows: packets of the window.
        at: where the layer begins in the file.
        end: end of the packet's bytes in the file. stop: its end on the wire, from the same origin.
        kind: EtherType, or one of the kinds above; NOTHING for what is not read further.
    """

    rows: Rows
    at: Ints
    end: Ints
    stop: Ints
    kind: Ints

    def take(self, chosen: Array) -> Layer:
        """The layer of some of the packets, by mask or index."""
        return Layer(self.rows[chosen], self.at[chosen], self.end[chosen], self.stop[chosen], self.kind[chosen])


def head(data: Bytes, at: Ints, end: Ints, width: int) -> tuple[Bytes, Array]:
    """The first bytes of a layer, zeros where the packet ends before, and which are whole."""
    have = end - at
    return gather(data, at, have, width), have >= width


def link(window: Window) -> Layer:
    """The first layer of each packet of a window, behind the header that its link type has."""
    count = len(window)
    at = window.offset.copy()
    end = at + window.captured
    layer = Layer(np.arange(count), at, end, at + window.length, np.full(count, NOTHING, np.int64))
    for link_type in np.unique(window.link_type).tolist():
        rows = np.flatnonzero(window.link_type == link_type)
        if link_type in _KINDS:
            layer.kind[rows] = _KINDS[link_type]
        elif link_type in (113, 276):
            _cooked(window, layer, rows, link_type)
        elif link_type in (0, 108):
            _loopback(window, layer, rows)
        elif link_type == 104:  # Cisco HDLC: address, control, EtherType
            raw, whole = head(window.data, at[rows], end[rows], 4)
            layer.kind[rows] = np.where(whole, raw[:, 2].astype(np.int64) << 8 | raw[:, 3], NOTHING)
            layer.at[rows] += 4
    return layer


_KINDS = {
    1: ETHERNET, 9: PPP, 50: PPP, 51: _PPPOE, 12: NIBBLE, 14: NIBBLE, 101: NIBBLE, 228: NIBBLE, 229: NIBBLE,
    105: WIRELESS, 127: RADIOTAP,
}  # fmt: skip


def _cooked(window: Window, layer: Layer, rows: Rows, link_type: int) -> None:
    """Linux cooked captures, version 1 and 2."""
    size, type_at = (16, 14) if link_type == 113 else (20, 0)
    raw, whole = head(window.data, layer.at[rows], layer.end[rows], size)
    kind = raw[:, type_at].astype(np.int64) << 8 | raw[:, type_at + 1]
    layer.kind[rows] = np.where(whole, kind, NOTHING)
    layer.at[rows] += size


def _loopback(window: Window, layer: Layer, rows: Rows) -> None:
    """BSD loopback: an address family, in the byte order of the capturing machine."""
    raw, whole = head(window.data, layer.at[rows], layer.end[rows], 4)
    family = raw.max(axis=1)
    single = np.count_nonzero(raw, axis=1) == 1
    kind = np.where(family == 2, IPV4, np.where(np.isin(family, INET6), IPV6, NOTHING))
    layer.kind[rows] = np.where(whole & single, kind, NOTHING)
    layer.at[rows] += 4


def skip_tags(window: Window, layer: Layer) -> Layer:
    """Go through everything between here and the network layer; VLAN ids and hardware addresses are kept."""
    for _ in range(_MAX_TAGS):
        rest = np.flatnonzero((layer.kind != IPV4) & (layer.kind != IPV6) & (layer.kind != ARP))
        kinds = set(np.unique(layer.kind[rest]).tolist())
        moved = False
        for kind in sorted(kinds):
            step = _STEPS.get(kind, _length_field if kind < 1536 else None)
            if step is not None:
                step(window, layer, rest[layer.kind[rest] == kind])
                moved = True
        if not moved:
            return layer
    return layer


def _ethernet(window: Window, layer: Layer, rows: Rows) -> None:
    raw, whole = head(window.data, layer.at[rows], layer.end[rows], 14)
    packets = layer.rows[rows]
    window.ether[packets] = np.where(whole, layer.at[rows], -1)
    window.broadcast[packets] = whole & (raw[:, :6] == 0xFF).all(axis=1)
    layer.kind[rows] = np.where(whole, raw[:, 12].astype(np.int64) << 8 | raw[:, 13], NOTHING)
    layer.at[rows] += 14


def _length_field(window: Window, layer: Layer, rows: Rows) -> None:
    """IEEE 802.3: what stands in the place of the EtherType is a length, and LLC follows."""
    layer.kind[rows] = LLC


def _llc(window: Window, layer: Layer, rows: Rows) -> None:
    raw, whole = head(window.data, layer.at[rows], layer.end[rows], 8)
    snap = whole & (raw[:, 0] == 0xAA) & (raw[:, 1] == 0xAA) & (raw[:, 2] == 3)
    kind = raw[:, 6].astype(np.int64) << 8 | raw[:, 7]
    layer.kind[rows] = np.where(snap & (kind >= 1536), kind, NOTHING)
    layer.at[rows] += 8


def _vlan(window: Window, layer: Layer, rows: Rows) -> None:
    raw, whole = head(window.data, layer.at[rows], layer.end[rows], 4)
    tag = (raw[:, 0].astype(np.int32) << 8 | raw[:, 1]) & 0xFFF
    window.vlan[layer.rows[rows]] = np.where(whole, tag, -1)
    layer.kind[rows] = np.where(whole, raw[:, 2].astype(np.int64) << 8 | raw[:, 3], NOTHING)
    layer.at[rows] += 4


def _pppoe(window: Window, layer: Layer, rows: Rows) -> None:
    layer.kind[rows] = np.where(layer.end[rows] - layer.at[rows] >= 6, PPP, NOTHING)
    layer.at[rows] += 6


def _ppp(window: Window, layer: Layer, rows: Rows) -> None:
    """PPP with or without address and control, with or without a compressed protocol (RFC 1661, 1662)."""
    raw, _ = head(window.data, layer.at[rows], layer.end[rows], 4)
    framed = (raw[:, 0] == 0xFF) & (raw[:, 1] == 3)
    first = np.where(framed, raw[:, 2], raw[:, 0]).astype(np.int64)
    second = np.where(framed, raw[:, 3], raw[:, 1])
    short = first & 1 == 1
    protocol = np.where(short, first, first << 8 | second)
    kind = np.full(len(rows), NOTHING, np.int64)
    for number, meaning in _PPP_KINDS.items():
        kind[protocol == number] = meaning
    layer.at[rows] += np.where(framed, 2, 0) + np.where(short, 1, 2)
    layer.kind[rows] = np.where(layer.at[rows] <= layer.end[rows], kind, NOTHING)


def _mpls(window: Window, layer: Layer, rows: Rows) -> None:
    """One label; behind the last one stands IP, or Ethernet after a control word (RFC 4385)."""
    raw, whole = head(window.data, layer.at[rows], layer.end[rows], 5)
    bottom = raw[:, 2] & 1 == 1
    nibble = raw[:, 4] >> 4
    inner = np.where(nibble == 4, IPV4, np.where(nibble == 6, IPV6, np.where(nibble == 0, ETHERNET, NOTHING)))
    layer.kind[rows] = np.where(whole, np.where(bottom, inner, _MPLS), NOTHING)
    layer.at[rows] += np.where(bottom & (nibble == 0), 8, 4)


def _nibble(window: Window, layer: Layer, rows: Rows) -> None:
    """IP without a header in front: its first half byte is its version."""
    raw, _ = head(window.data, layer.at[rows], layer.end[rows], 1)
    version = raw[:, 0] >> 4
    layer.kind[rows] = np.where(version == 4, IPV4, np.where(version == 6, IPV6, NOTHING))


def _radiotap(window: Window, layer: Layer, rows: Rows) -> None:
    raw, whole = head(window.data, layer.at[rows], layer.end[rows], 4)
    size = raw[:, 3].astype(np.int64) << 8 | raw[:, 2]
    layer.kind[rows] = np.where(whole & (size >= 8), WIRELESS, NOTHING)
    layer.at[rows] += size


def _wireless(window: Window, layer: Layer, rows: Rows) -> None:
    """IEEE 802.11 data frames that are not encrypted; the others carry nothing that can be read."""
    raw, whole = head(window.data, layer.at[rows], layer.end[rows], 24)
    first, flags = raw[:, 0], raw[:, 1]
    data = whole & (first & 0x0C == 0x08) & (first & 0x40 == 0) & (flags & 0x40 == 0)
    to_system, from_system = flags & 1 == 1, flags & 2 == 2
    quality = first & 0x80 == 0x80
    size = 24 + np.where(to_system & from_system, 6, 0) + np.where(quality, 2, 0)
    size += np.where(quality & (flags & 0x80 == 0x80), 4, 0)
    layer.kind[rows] = np.where(data, LLC, NOTHING)
    layer.at[rows] += size


def _bridged(window: Window, layer: Layer, rows: Rows) -> None:
    layer.kind[rows] = ETHERNET


def _framed_ppp(window: Window, layer: Layer, rows: Rows) -> None:
    layer.kind[rows] = PPP


_STEPS = {
    ETHERNET: _ethernet, LLC: _llc, PPP: _ppp, NIBBLE: _nibble, WIRELESS: _wireless, RADIOTAP: _radiotap,
    _PPPOE: _pppoe, _MPLS: _mpls, _MPLS_MULTICAST: _mpls, _BRIDGED: _bridged, _PPP_TYPE: _framed_ppp,
    **dict.fromkeys(VLAN_TAGS, _vlan),
}  # fmt: skip
