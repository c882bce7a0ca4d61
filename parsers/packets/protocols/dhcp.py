"""DHCP messages for IPv4 (RFC 2131): the fixed head and the options (RFC 2132) that tell how it went."""

from __future__ import annotations

from dataclasses import dataclass, field

_MAGIC = b"\x63\x82\x53\x63"
_MAX_OPTIONS = 256
TYPES = {1: "DISCOVER", 2: "OFFER", 3: "REQUEST", 4: "DECLINE", 5: "ACK", 6: "NAK", 7: "RELEASE", 8: "INFORM"}


@dataclass(slots=True)
class Message:
    """One message; addresses are None where they are 0.0.0.0 or missing.

    Attributes:
        reply: sent by a server. msg_type: "DISCOVER" ..; None for plain BOOTP.
        xid: transaction number. mac: hardware address of the client.
        client_addr, assigned_addr, relay_addr: ciaddr, yiaddr, giaddr.
        requested_addr, server_addr, host_name, lease_time, message: options 50, 54, 12, 51, 56.
        weird: Zeek's names of what is odd.
    """

    reply: bool
    xid: int
    mac: str
    client_addr: str | None
    assigned_addr: str | None
    relay_addr: str | None
    msg_type: str | None = None
    requested_addr: str | None = None
    server_addr: str | None = None
    host_name: str | None = None
    lease_time: int | None = None
    message: str | None = None
    weird: list[str] = field(default_factory=list)


def parse(data: bytes) -> Message | None:
    """Read a message; None if it is not one of DHCP."""
    if len(data) < 240 or data[236:240] != _MAGIC or data[0] not in (1, 2):
        return None
    message = Message(
        reply=data[0] == 2,
        xid=int.from_bytes(data[4:8], "big"),
        mac=data[28 : 28 + min(data[2], 16)].hex(":"),
        client_addr=_address(data[12:16]),
        assigned_addr=_address(data[16:20]),
        relay_addr=_address(data[24:28]),
    )
    options = _options(data)
    kind = options.get(53, b"")
    if kind:
        message.msg_type = TYPES.get(kind[0], f"TYPE{kind[0]}")
    else:
        message.weird.append("DHCP_no_type_option")
    message.requested_addr = _address(options.get(50, b""))
    message.server_addr = _address(options.get(54, b""))
    message.host_name = _text(options.get(12, b""))
    message.message = _text(options.get(56, b""))
    if len(options.get(51, b"")) == 4:
        message.lease_time = int.from_bytes(options[51], "big")
    return message


def _options(data: bytes) -> dict[int, bytes]:
    found: dict[int, bytes] = {}
    at = 240
    for _ in range(_MAX_OPTIONS):
        if at >= len(data) or data[at] == 255:
            break
        if data[at] == 0:
            at += 1
            continue
        if at + 1 >= len(data):
            break
        found.setdefault(data[at], data[at + 2 : at + 2 + data[at + 1]])
        at += 2 + data[at + 1]
    return found


def _address(raw: bytes) -> str | None:
    return ".".join(map(str, raw)) if len(raw) == 4 and any(raw) else None


def _text(raw: bytes) -> str | None:
    return raw.rstrip(b"\0").decode("utf-8", "replace") or None
