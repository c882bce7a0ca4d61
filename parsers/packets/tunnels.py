"""Tunnels: from the outer flow of a packet to the layer that it carries.

GRE (RFC 2784, 2890, 2637), ERSPAN (draft-foschiano-erspan-03), IP in IP (RFC 2003, 4213), VXLAN (RFC 7348), GENEVE
(RFC 8926), GTP-U (3GPP TS 29.281), CAPWAP (RFC 5415).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .columns import TUNNELS, UDP, Array, Bytes, Ints, Rows
from .links import ETHERNET, IPV4, IPV6, NIBBLE, NOTHING, WIRELESS, Layer, head
from .window import Window

_GRE, _IPIP, _SIX = 47, 4, 41
_ERSPAN_2, _ERSPAN_3 = 0x88BE, 0x22EB
_NUMBER = {name: number for number, name in enumerate(TUNNELS)}
_VXLAN, _GENEVE, _GTPU, _CAPWAP = (4789, 8472, 4790), 6081, 2152, 5247
# UDP ports behind which there may be another packet.
PORTS = (*_VXLAN, _GENEVE, _GTPU, _CAPWAP)
_Way = Callable[[Bytes, Ints, Ints], tuple[Array, Array]]


def tunnels(window: Window, before: Layer) -> Layer:
    """The layers inside of those packets whose innermost flow so far is a tunnel.

    Args:
        window: packets whose outer flow was filled in.
        before: the layer that was just read.
    """
    rows = before.rows
    protocol = window.protocol[rows]
    begin = window.payload[rows]
    inside = np.full(len(rows), -1, np.int64)
    kind = np.full(len(rows), NOTHING, np.int64)
    open_ = (begin >= 0) & (window.payload_captured[rows] > 0) & ~window.fragment[rows]

    def enter(name: str, chosen: Array, way: _Way) -> None:
        found = np.flatnonzero(chosen & open_)
        if not len(found):
            return
        end = begin[found] + window.payload_captured[rows[found]]
        size, kinds = way(window.data, begin[found], end)
        good = (kinds != NOTHING) & (begin[found] + size < end)
        inside[found] = np.where(good, begin[found] + size, -1)
        kind[found] = kinds
        window.tunnel[rows[found[good]]] = _NUMBER[name]

    enter("gre", protocol == _GRE, _gre)
    _name_erspan(window, rows, kind)
    enter("ipip", protocol == _IPIP, _plain(IPV4))
    enter("6in4", protocol == _SIX, _plain(IPV6))
    datagram = (protocol == UDP) & open_
    if datagram.any():
        port = window.dport[rows]
        enter("vxlan", datagram & np.isin(port, _VXLAN), _vxlan)
        enter("geneve", datagram & (port == _GENEVE), _geneve)
        enter("gtpu", datagram & ((port == _GTPU) | (window.sport[rows] == _GTPU)), _gtpu)
        enter("capwap", datagram & ((port == _CAPWAP) | (window.sport[rows] == _CAPWAP)), _capwap)
    going = np.flatnonzero(inside >= 0)
    rows = rows[going]
    end = window.payload[rows] + window.payload_captured[rows]
    stop = window.payload[rows] + window.payload_length[rows]
    return Layer(rows, inside[going], end, stop, kind[going])


def _plain(kind: int) -> _Way:
    def way(data: Bytes, at: Ints, end: Ints) -> tuple[Array, Array]:
        return np.zeros(len(at), np.int64), np.full(len(at), kind, np.int64)

    return way


def _gre(data: Bytes, at: Ints, end: Ints) -> tuple[Array, Array]:
    raw, whole = head(data, at, end, 4)
    flags = raw[:, 0]
    kind = raw[:, 2].astype(np.int64) << 8 | raw[:, 3]
    size = np.full(len(at), 4, np.int64)
    size += np.where(flags & 0xC0 != 0, 4, 0)  # checksum and offset stand together
    size += np.where(flags & 0x20 != 0, 4, 0)  # key
    sequence = flags & 0x10 != 0
    size += np.where(sequence, 4, 0)
    size += np.where((raw[:, 1] & 7 == 1) & (raw[:, 1] & 0x80 != 0), 4, 0)  # acknowledgement of PPTP
    mirrored = (kind == _ERSPAN_2) | (kind == _ERSPAN_3)
    size += np.where((kind == _ERSPAN_2) & sequence, 8, 0)  # type I has no header of its own
    third = np.flatnonzero(whole & (kind == _ERSPAN_3))
    if len(third):
        inner, _ = head(data, at[third] + size[third], end[third], 12)
        size[third] += np.where(inner[:, 11] & 1 == 1, 20, 12)
    return size, np.where(whole, np.where(mirrored, ETHERNET, kind), NOTHING)


def _name_erspan(window: Window, rows: Rows, kind: Array) -> None:
    """GRE that carries mirrored Ethernet frames is called by its own name."""
    mirrored = rows[(kind == ETHERNET) & (window.tunnel[rows] == _NUMBER["gre"])]
    if not len(mirrored):
        return
    at = window.payload[mirrored]
    raw, _ = head(window.data, at, at + window.payload_captured[mirrored], 4)
    number = raw[:, 2].astype(np.int64) << 8 | raw[:, 3]
    window.tunnel[mirrored[np.isin(number, (_ERSPAN_2, _ERSPAN_3))]] = _NUMBER["erspan"]


def _vxlan(data: Bytes, at: Ints, end: Ints) -> tuple[Array, Array]:
    """VXLAN, and its extension for other protocols (draft-ietf-nvo3-vxlan-gpe)."""
    raw, whole = head(data, at, end, 8)
    valid = whole & (raw[:, 0] & 8 == 8) & (raw[:, 7] == 0)
    extended = raw[:, 0] & 4 == 4
    other = np.select([raw[:, 3] == 1, raw[:, 3] == 2, raw[:, 3] == 3], [IPV4, IPV6, ETHERNET], NOTHING)
    kind = np.where(extended, other, ETHERNET)
    return np.full(len(at), 8, np.int64), np.where(valid, kind, NOTHING)


def _geneve(data: Bytes, at: Ints, end: Ints) -> tuple[Array, Array]:
    raw, whole = head(data, at, end, 8)
    kind = raw[:, 2].astype(np.int64) << 8 | raw[:, 3]
    valid = whole & (raw[:, 0] >> 6 == 0)
    return 8 + (raw[:, 0] & 0x3F).astype(np.int64) * 4, np.where(valid, kind, NOTHING)


def _gtpu(data: Bytes, at: Ints, end: Ints) -> tuple[Array, Array]:
    raw, whole = head(data, at, end, 12)
    flags = raw[:, 0]
    whole |= end - at >= 8
    valid = whole & (flags >> 5 == 1) & (flags & 0x10 != 0) & (raw[:, 1] == 255)
    size = np.where(flags & 7 != 0, 12, 8).astype(np.int64)
    following = np.where(valid & (flags & 4 == 4), raw[:, 11], 0)
    for _ in range(4):
        more = np.flatnonzero(following)
        if not len(more):
            break
        first, _ = head(data, at[more] + size[more], end[more], 1)
        step = np.maximum(first[:, 0].astype(np.int64), 1) * 4
        last, _ = head(data, at[more] + size[more] + step - 1, end[more], 1)
        size[more] += step
        following[more] = last[:, 0]
    return size, np.where(valid & (following == 0), NIBBLE, NOTHING)


def _capwap(data: Bytes, at: Ints, end: Ints) -> tuple[Array, Array]:
    """CAPWAP data that is neither encrypted nor a fragment nor a keep-alive."""
    raw, whole = head(data, at, end, 8)
    size = (raw[:, 1] >> 3).astype(np.int64) * 4
    native = raw[:, 2] & 1 == 1
    valid = whole & (raw[:, 0] == 0) & (size >= 8) & (raw[:, 3] & 0x88 == 0)
    return size, np.where(valid, np.where(native, WIRELESS, ETHERNET), NOTHING)
