"""Identifiers of connections: the Community ID, and a short one of our own.

https://github.com/corelight/community-id-spec, version 1
"""

from __future__ import annotations

import hashlib
from binascii import b2a_base64
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt

from .columns import ICMP, ICMP6, SCTP, TCP, UDP, Array, Bytes, Ints

# Types of ICMP that are answered by another one; the two make one flow. The others go one way.
_COUNTERPART = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17, 10: 9, 9: 10}
_COUNTERPART_6 = {128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 130: 131, 131: 130, 144: 145, 145: 144}
_PORTED = (TCP, UDP, SCTP)
_LETTERS = bytes.maketrans(b"+/", b"xy")
_ENCODED = 28  # characters of a SHA-1 in base64
_FLOW, _UID = 2 + _ENCODED, 18  # characters of the two identifiers
End = tuple[Array, Array, Array]
Texts = npt.NDArray[np.bytes_]


def community_id(src: bytes, dst: bytes, protocol: int, sport: int, dport: int, seed: int = 0) -> str:
    """The Community ID of a flow.

    Args:
        src: address of 4 or 16 bytes, in network order.
        dst: the same of the other end.
        protocol: IP protocol number.
        sport: port; type of ICMP.
        dport: port; code of ICMP.
        seed: 16 bits.
    """
    ports = b""
    one_way = False
    if protocol in (ICMP, ICMP6):
        table = _COUNTERPART if protocol == ICMP else _COUNTERPART_6
        one_way = sport not in table
        dport = table.get(sport, dport)
    one, two = (src, sport), (dst, dport)
    if not one_way and two < one:
        one, two = two, one
    if protocol in (*_PORTED, ICMP, ICMP6):
        ports = one[1].to_bytes(2, "big") + two[1].to_bytes(2, "big")
    text = seed.to_bytes(2, "big") + one[0] + two[0] + bytes((protocol, 0)) + ports
    return _told(text)


def community_ids(ends: tuple[End, End], protocol: Array, version: Array) -> Texts:
    """The Community IDs of many flows, S30[n].

    Args:
        ends: source and target: the two halves of an address of 128 bits (IPv4 as ::ffff:a.b.c.d), and a port.
        protocol: IP protocol numbers.
        version: 4 or 6.
    """
    (src_hi, src_lo, sport), (dst_hi, dst_lo, dport) = ends
    turned = (src_hi > dst_hi) | ((src_hi == dst_hi) & (src_lo > dst_lo))
    turned |= (src_hi == dst_hi) & (src_lo == dst_lo) & (sport > dport)
    sorted_ = [[np.where(turned, b, a) for a, b in zip(*pair, strict=True)] for pair in (ends, ends[::-1])]
    addresses = [np.stack(end[:2], axis=1).astype(">u8").view(np.uint8) for end in sorted_]
    ports = np.stack([end[2] for end in sorted_], axis=1).astype(">u2").view(np.uint8)
    seed = np.zeros((len(protocol), 2), np.uint8)
    kind = np.stack([protocol, seed[:, 0]], axis=1)
    out = np.empty(len(protocol), f"S{_FLOW}")
    plain = np.isin(protocol, _PORTED)
    for number, skip in ((4, 12), (6, 0)):
        chosen = np.flatnonzero(plain & (version == number))
        parts = [part[chosen] for part in (seed, addresses[0][:, skip:], addresses[1][:, skip:], kind, ports)]
        text = np.concatenate(parts, axis=1)
        raw, width = text.tobytes(), text.shape[1]
        told = np.empty((len(chosen), _FLOW), np.uint8)
        told[:, :2] = tuple(b"1:")
        told[:, 2:] = _encoded(raw[at : at + width] for at in range(0, len(raw), width))
        out[chosen] = told.view(out.dtype).ravel()
    for row in np.flatnonzero(~plain).tolist():
        skip = 12 if version[row] == 4 else 0
        src, dst = ((int(hi[row]) << 64 | int(lo[row])).to_bytes(16, "big")[skip:] for hi, lo, _ in ends)
        out[row] = community_id(src, dst, int(protocol[row]), int(sport[row]), int(dport[row])).encode()
    return out


def _told(text: bytes) -> str:
    return "1:" + b2a_base64(hashlib.sha1(text, usedforsecurity=False).digest(), newline=False).decode()


def _encoded(texts: Iterable[bytes]) -> Bytes:
    """The SHA-1 of texts in base64, uint8[n, 28]; encoded all at once."""
    sha1 = hashlib.sha1
    digests = b"\0".join([sha1(text, usedforsecurity=False).digest() for text in texts])
    encoded = np.frombuffer(b2a_base64(digests + b"\0" if digests else b"", newline=False), np.uint8)
    out = encoded.reshape(-1, _ENCODED).copy()
    out[:, -1] = ord("=")  # the byte behind each digest is padding
    return out


def uids(flows: Texts, time: Ints, frame_number: Ints) -> Texts:
    """Identifiers of connections of one capture, the same in every run: "C" and 17 letters and digits, S18[n].

    Args:
        flows: Community IDs.
        time: nanoseconds of the first packets.
        frame_number: of the first packets.
    """
    known = zip(flows.tolist(), time.tolist(), frame_number.tolist(), strict=True)
    encoded = _encoded(b"%b %d %d" % each for each in known)
    out = np.empty((len(flows), _UID), np.uint8)
    out[:, 0] = ord("C")
    letters = np.frombuffer(_LETTERS, np.uint8)
    out[:, 1:] = letters[encoded[:, : _UID - 1]]
    return out.view(f"S{_UID}").ravel()
