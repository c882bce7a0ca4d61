"""Identifiers of connections: the Community ID, and a short one of our own.

https://github.com/corelight/community-id-spec, version 1
"""

from __future__ import annotations

import hashlib
from base64 import b64encode

from .columns import ICMP, ICMP6, SCTP, TCP, UDP

# Types of ICMP that are answered by another one; the two make one flow. The others go one way.
_COUNTERPART = {8: 0, 0: 8, 13: 14, 14: 13, 15: 16, 16: 15, 17: 18, 18: 17, 10: 9, 9: 10}
_COUNTERPART_6 = {128: 129, 129: 128, 133: 134, 134: 133, 135: 136, 136: 135, 130: 131, 131: 130, 144: 145, 145: 144}
_PORTED = (TCP, UDP, SCTP)


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
    return "1:" + b64encode(hashlib.sha1(text, usedforsecurity=False).digest()).decode()


def uid(flow: str, time: int, frame_number: int) -> str:
    """An identifier of one connection of one capture, the same in every run: "C" and 17 letters and digits."""
    digest = hashlib.sha1(f"{flow} {time} {frame_number}".encode(), usedforsecurity=False).digest()
    return "C" + b64encode(digest, altchars=b"xy").decode()[:17]
