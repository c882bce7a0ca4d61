"""Link types whose header says what stands behind it: logs of packet filters, wireless headers, captures of macOS.

pflog of the BSDs, NFLOG of Linux (https://www.tcpdump.org/linktypes/LINKTYPE_NFLOG.html), PPI, Prism and AVS ahead of
IEEE 802.11, PKTAP of macOS, Apple's IP over IEEE 1394.
"""

from __future__ import annotations

import numpy as np

from .columns import Bytes, Ints
from .links import ETHERNET, INET6, IPV4, IPV6, NIBBLE, NOTHING, RADIOTAP, WIRELESS, Layer, head
from .window import Window

_PRISM, _PFLOG, _IEEE1394, _USER2, _AVS, _PPI, _NFLOG, _PKTAP = 119, 117, 138, 149, 163, 192, 239, 258
_PRISM_SIZE = 144
_MOST_ATTRIBUTES = 32  # of NFLOG ahead of the packet; the kernel writes about ten
_PAYLOAD = 9  # NFULA_PAYLOAD
# What PPI and PKTAP name as the link type behind them; those of loopback begin with an address family.
_BEHIND = {1: ETHERNET, 12: NIBBLE, 14: NIBBLE, 101: NIBBLE, 105: WIRELESS, 127: RADIOTAP}
_LOOPBACK = (0, 108)
_MOST_PKTAP = 256  # bytes of its header
_ETHER_TYPE_AT = 16  # in a frame of IEEE 1394


def wrapped(window: Window, layer: Layer) -> None:
    """Go behind the header of those packets of a window whose link type is one of these."""
    for link_type in np.unique(window.link_type).tolist():
        way = _WAYS.get(link_type)
        if way is not None:
            rows = np.flatnonzero(window.link_type == link_type)
            size, kind = way(window.data, layer.at[rows], layer.end[rows])
            layer.kind[rows] = np.where(layer.at[rows] + size <= layer.end[rows], kind, NOTHING)
            layer.at[rows] += size


def _number(raw: Bytes, at: int, width: int) -> Ints:
    """A little-endian number in each row."""
    powers = np.left_shift(1, 8 * np.arange(width, dtype=np.int64))
    return np.asarray(raw[:, at : at + width].astype(np.int64) @ powers)


def _pflog(data: Bytes, at: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Its own length without padding, then an address family."""
    raw, whole = head(data, at, end, 4)
    size = (raw[:, 0].astype(np.int64) + 3) & ~3
    family = raw[:, 1]
    kind = np.where(family == 2, IPV4, np.where(np.isin(family, INET6), IPV6, NOTHING))
    return size, np.where(whole & (size >= 28), kind, NOTHING)


def _nflog(data: Bytes, at: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Attributes in the byte order of the capturing machine, one of which is the packet."""
    size = np.full(len(at), 4, np.int64)
    kind = np.full(len(at), NOTHING, np.int64)
    going = np.arange(len(at))
    for _ in range(_MOST_ATTRIBUTES):
        raw, whole = head(data, at[going] + size[going], end[going], 4)
        little, big = _number(raw, 0, 2), _number(raw[:, ::-1], 2, 2)
        # Types are small numbers: the other order makes them multiples of 256.
        swapped = (raw[:, 2] == 0) & (raw[:, 3] > 0)
        length = np.where(swapped, big, little)
        named = np.where(swapped, raw[:, 3], raw[:, 2])
        good = whole & (length >= 4)
        found = good & (named == _PAYLOAD)
        kind[going[found]] = NIBBLE
        size[going[found]] += 4
        step = good & ~found
        size[going[step]] += (length[step] + 3) & ~3
        going = going[step]
        if not len(going):
            break
    return size, kind


def _ppi(data: Bytes, at: Ints, end: Ints) -> tuple[Ints, Ints]:
    raw, whole = head(data, at, end, 8)
    size = _number(raw, 2, 2)
    return size, np.where(whole & (size >= 8), _named(_number(raw, 4, 4)), NOTHING)


def _pktap(data: Bytes, at: Ints, end: Ints) -> tuple[Ints, Ints]:
    """Its length, what it is, the link type of the interface; a loopback has an address family behind it."""
    raw, whole = head(data, at, end, 12)
    size, link = _number(raw, 0, 4), _number(raw, 8, 4)
    good = whole & (size >= 12) & (size <= _MOST_PKTAP) & (_number(raw, 4, 4) == 1)
    size = np.where(good, size + np.where(np.isin(link, _LOOPBACK), 4, 0), 0)
    kind = np.where(np.isin(link, _LOOPBACK), NIBBLE, _named(link))
    return size, np.where(good, kind, NOTHING)


def _named(link: Ints) -> Ints:
    """The kind of a layer by its link type."""
    kind = np.full(len(link), NOTHING, np.int64)
    for number, meaning in _BEHIND.items():
        kind[link == number] = meaning
    return kind


def _prism(data: Bytes, at: Ints, end: Ints) -> tuple[Ints, Ints]:
    """A header of fixed size, or that of AVS, which says so by its first bytes."""
    raw, _ = head(data, at, end, 4)
    newer = (raw[:, 0] == 0x80) & (raw[:, 1] == 0x21)
    size, kind = _avs(data, at, end)
    return np.where(newer, size, _PRISM_SIZE), np.where(newer, kind, WIRELESS)


def _avs(data: Bytes, at: Ints, end: Ints) -> tuple[Ints, Ints]:
    raw, whole = head(data, at, end, 8)
    size = _number(raw[:, ::-1], 0, 4)
    return size, np.where(whole & (size >= 64), WIRELESS, NOTHING)


def _ieee1394(data: Bytes, at: Ints, end: Ints) -> tuple[Ints, Ints]:
    raw, whole = head(data, at, end, _ETHER_TYPE_AT + 2)
    kind = raw[:, _ETHER_TYPE_AT].astype(np.int64) << 8 | raw[:, _ETHER_TYPE_AT + 1]
    return np.full(len(at), _ETHER_TYPE_AT + 2, np.int64), np.where(whole, kind, NOTHING)


_WAYS = {
    _PRISM: _prism, _PFLOG: _pflog, _IEEE1394: _ieee1394, _USER2: _pktap, _AVS: _avs, _PPI: _ppi, _NFLOG: _nflog,
    _PKTAP: _pktap,
}  # fmt: skip
