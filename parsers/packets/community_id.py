"""Identifiers of connections: the Community ID, and a short one of our own.

https://github.com/corelight/community-id-spec, version 1
"""

from __future__ import annotations

import hashlib
from binascii import b2a_base64

import numpy as np

from .columns import ICMP, ICMP6, SCTP, TCP, UDP, Array

# Types of ICMP that are answered by another one; the two make one flow. The others go one way.
_COUNTERPART = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17, 10: 9, 9: 10}
_COUNTERPART_6 = {128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 130: 131, 131: 130, 144: 145, 145: 144}
_PORTED = (TCP, UDP, SCTP)
_LETTERS = bytes.maketrans(b"+/", b"xy")
End = tuple[Array, Array, Array]


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


def community_ids(ends: tuple[End, End], protocol: Array, version: Array) -> list[str]:
    """The Community IDs of many flows.

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
    out = np.empty(len(protocol), object)
    plain = np.isin(protocol, _PORTED)
    for number, skip in ((4, 12), (6, 0)):
        chosen = np.flatnonzero(plain & (version == number))
        parts = [part[chosen] for part in (seed, addresses[0][:, skip:], addresses[1][:, skip:], kind, ports)]
        text = np.concatenate(parts, axis=1)
        raw, width = text.tobytes(), text.shape[1]
        out[chosen] = [_told(raw[at : at + width]) for at in range(0, len(raw), width)]
    for row in np.flatnonzero(~plain).tolist():
        skip = 12 if version[row] == 4 else 0
        src, dst = ((int(hi[row]) << 64 | int(lo[row])).to_bytes(16, "big")[skip:] for hi, lo, _ in ends)
        out[row] = community_id(src, dst, int(protocol[row]), int(sport[row]), int(dport[row]))
    return list(out)


def _told(text: bytes) -> str:
    return "1:" + b2a_base64(hashlib.sha1(text, usedforsecurity=False).digest(), newline=False).decode()


def uid(flow: str, time: int, frame_number: int) -> str:
    """An identifier of one connection of one capture, the same in every run: "C" and 17 letters and digits."""
    digest = hashlib.sha1(b"%b %d %d" % (flow.encode(), time, frame_number), usedforsecurity=False).digest()
    return "C" + b2a_base64(digest).translate(_LETTERS)[:17].decode()
