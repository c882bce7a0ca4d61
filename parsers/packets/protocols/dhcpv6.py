"""DHCP messages for IPv6 (RFC 8415): who asks, what is offered, and why not."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv6Address

TYPES = {
    1: "SOLICIT", 2: "ADVERTISE", 3: "REQUEST", 4: "CONFIRM", 5: "RENEW", 6: "REBIND", 7: "REPLY", 8: "RELEASE",
    9: "DECLINE", 10: "RECONFIGURE", 11: "INFORMATION_REQUEST", 12: "RELAY_FORW", 13: "RELAY_REPL",
}  # fmt: skip
REPLIES = (2, 7, 10)
# https://www.iana.org/assignments/dhcpv6-parameters
STATUS = {
    0: "Success", 1: "UnspecFail", 2: "NoAddrsAvail", 3: "NoBinding", 4: "NotOnLink", 5: "UseMulticast",
    6: "NoPrefixAvail",
}  # fmt: skip
_RELAYED = (12, 13)
_CLIENT, _SERVER, _RELAY_MESSAGE, _STATUS, _NAME = 1, 2, 9, 13, 39
_CONTAINERS = {3: 12, 4: 4, 25: 12}  # IA_NA, IA_TA, IA_PD: options stand behind so many bytes
_ADDRESS, _PREFIX = 5, 26
_MAX_OPTIONS = 256
_MAX_RELAYS = 8


@dataclass(slots=True)
class Message:
    """One message, without the relays around it.

    Attributes:
        reply: sent by a server. msg_type: "SOLICIT" .. xid: transaction number.
        duid, server_duid: hexadecimal, "" without. mac: hardware address in the client's one, None without.
        addresses: given, or asked for; prefixes with their length.
        status: the worst code, None without one; the codes of addresses that were given do not count.
        message: the server's words. host_name: that the client wants.
        relay_addr: of the relay next to the client.
    """

    reply: bool
    msg_type: str
    xid: int
    duid: str = ""
    server_duid: str = ""
    mac: str | None = None
    addresses: list[str] = field(default_factory=list)
    status: int | None = None
    message: str | None = None
    host_name: str | None = None
    relay_addr: str | None = None


def parse(data: bytes) -> Message | None:
    """Read a message; None if it is not one of DHCPv6."""
    relay: str | None = None
    for _ in range(_MAX_RELAYS):
        if len(data) < 34 or data[0] not in _RELAYED:
            break
        relay = str(IPv6Address(data[18:34]))
        data = next((value for code, value in _options(data[34:]) if code == _RELAY_MESSAGE), b"")
    if len(data) < 4 or data[0] not in TYPES or data[0] in _RELAYED:
        return None
    message = Message(data[0] in REPLIES, TYPES[data[0]], int.from_bytes(data[1:4], "big"), relay_addr=relay)
    for code, value in _options(data[4:]):
        if code == _CLIENT:
            message.duid, message.mac = value.hex(), _hardware(value)
        elif code == _SERVER:
            message.server_duid = value.hex()
        elif code == _STATUS:
            _judge(message, value)
        elif code == _NAME and len(value) > 2:
            message.host_name = _labels(value[1:])
        elif code in _CONTAINERS:
            _container(message, value[_CONTAINERS[code] :])
    return message


def _options(data: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    for _ in range(_MAX_OPTIONS):
        if at + 4 > len(data):
            return
        length = int.from_bytes(data[at + 2 : at + 4], "big")
        yield int.from_bytes(data[at : at + 2], "big"), data[at + 4 : at + 4 + length]
        at += 4 + length


def _container(message: Message, data: bytes) -> None:
    for code, value in _options(data):
        if code == _STATUS:
            _judge(message, value)
        elif code == _ADDRESS and len(value) >= 24:
            message.addresses.append(str(IPv6Address(value[:16])))
        elif code == _PREFIX and len(value) >= 25:
            message.addresses.append(f"{IPv6Address(value[9:25])}/{value[8]}")


def _judge(message: Message, value: bytes) -> None:
    if len(value) < 2:
        return
    code = int.from_bytes(value[:2], "big")
    if message.status is None or code > 0:
        message.status = code
        message.message = value[2:].decode("utf-8", "replace").strip("\0 ") or message.message


def _hardware(duid: bytes) -> str | None:
    """The Ethernet address in a DUID of type 1 or 3."""
    begin = {b"\0\1\0\1": 8, b"\0\3\0\1": 4}.get(duid[:4])
    return duid[begin : begin + 6].hex(":") if begin and len(duid) == begin + 6 else None


def _labels(data: bytes) -> str | None:
    parts: list[str] = []
    at = 0
    while at < len(data) and data[at] and data[at] < 64:
        parts.append(data[at + 1 : at + 1 + data[at]].decode("utf-8", "replace"))
        at += 1 + data[at]
    return ".".join(parts) or None


def status_name(code: int) -> str:
    """The name of a status code: "NoAddrsAvail"."""
    return STATUS.get(code) or f"status_{code}"
