"""What routers say to each other: BGP-4 (RFC 4271), OSPF version 2 (RFC 2328), VRRP (RFC 3768, RFC 9568)."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address

_HEADER = 19  # bytes of a message of BGP: a marker of 16, length, type
_NOTIFICATION = 3
# https://www.iana.org/assignments/bgp-parameters
_CODES = {
    1: "message header error", 2: "OPEN message error", 3: "UPDATE message error", 4: "hold timer expired",
    5: "finite state machine error", 6: "cease", 7: "ROUTE-REFRESH message error", 8: "send hold timer expired",
}  # fmt: skip
_SUBCODES = {
    (2, 1): "unsupported version number", (2, 2): "bad peer AS", (2, 3): "bad BGP identifier",
    (2, 4): "unsupported optional parameter", (2, 5): "authentication failure", (2, 6): "unacceptable hold time",
    (2, 7): "unsupported capability", (2, 8): "role mismatch", (3, 1): "malformed attribute list",
    (3, 3): "missing well-known attribute", (3, 8): "invalid next hop", (3, 11): "malformed AS path",
    (6, 1): "maximum number of prefixes reached", (6, 2): "administrative shutdown", (6, 3): "peer de-configured",
    (6, 4): "administrative reset", (6, 5): "connection rejected", (6, 6): "other configuration change",
    (6, 7): "connection collision resolution", (6, 8): "out of resources", (6, 9): "hard reset", (6, 10): "BFD down",
}  # fmt: skip
_TEXTED = ((6, 2), (6, 4))  # they may bring a text (RFC 9003)


@dataclass(frozen=True, slots=True)
class Notification:
    """Why a session ends: code, subcode, both in words, an operator's text, whether it is part of healthy work."""

    code: int
    subcode: int
    name: str
    text: str
    usual: bool


def parse_bgp(data: bytes) -> Notification | None:
    """The NOTIFICATION among the messages of a segment that begins with one; None without one."""
    at = 0
    while data[at : at + 16] == b"\xff" * 16 and at + _HEADER <= len(data):
        size = int.from_bytes(data[at + 16 : at + 18], "big")
        if size < _HEADER:
            return None
        body = data[at + _HEADER : at + size]
        if data[at + 18] == _NOTIFICATION and len(body) >= 2:
            code, sub = body[0], body[1]
            name = _CODES.get(code, f"error {code}")
            if sub:
                name += f", {_SUBCODES.get((code, sub), f'subcode {sub}')}"
            text = body[3 : 3 + body[2]].decode("utf-8", "replace") if (code, sub) in _TEXTED and len(body) > 2 else ""
            return Notification(code, sub, name, " ".join(text.split()), (code, sub) == (6, 7))
        at += size
    return None


@dataclass(frozen=True, slots=True)
class Hello:
    """A greeting of OSPF: what two routers must agree on, and who it is."""

    router: IPv4Address
    area: IPv4Address
    authentication: int
    mask: int
    hello_interval: int
    dead_interval: int
    stub: bool

    def differs(self, other: Hello) -> tuple[str, object, object] | None:
        """The first thing that keeps the two from becoming neighbours: its name and both values."""
        pairs: tuple[tuple[str, object, object], ...] = (
            ("area", self.area, other.area),
            ("authentication type", self.authentication, other.authentication),
            ("hello interval", self.hello_interval, other.hello_interval),
            ("dead interval", self.dead_interval, other.dead_interval),
            ("network mask", IPv4Address(self.mask), IPv4Address(other.mask)),
            ("stub area flag", int(self.stub), int(other.stub)),
        )
        for name, mine, theirs in pairs:
            if mine != theirs:
                return name, mine, theirs
        return ("the same router ID", self.router, other.router) if self.router == other.router else None


def parse_hello(data: bytes) -> Hello | None:
    """A Hello of OSPF version 2."""
    if len(data) < 44 or data[0] != 2 or data[1] != 1:
        return None
    return Hello(
        router=IPv4Address(data[4:8]),
        area=IPv4Address(data[8:12]),
        authentication=int.from_bytes(data[14:16], "big"),
        mask=int.from_bytes(data[24:28], "big"),
        hello_interval=int.from_bytes(data[28:30], "big"),
        dead_interval=int.from_bytes(data[32:36], "big"),
        stub=not data[30] & 2,
    )


@dataclass(frozen=True, slots=True)
class VirtualRouter:
    """A virtual router: its number and first address."""

    number: int
    address: str


def parse_vrrp(data: bytes, ip_version: int) -> VirtualRouter | None:
    """An advertisement of VRRP 2 or 3."""
    if len(data) < 12 or data[0] not in (0x21, 0x31) or not data[3]:
        return None
    if ip_version == 6:
        return VirtualRouter(data[1], str(IPv6Address(data[8:24]))) if len(data) >= 24 else None
    return VirtualRouter(data[1], str(IPv4Address(data[8:12])))
