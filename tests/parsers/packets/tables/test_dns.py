"""Questions and answers of DNS that no server of the samples gives."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import SimpleNamespace

from parsers.packets.capture import Capture

NAME = b"\3api\4shop\7example\0"


def datagram(wire: SimpleNamespace, rcode: int | None, ip_id: int) -> bytes:
    """A question for an address, or an answer without one."""
    flags = 0x0100 if rcode is None else 0x8180 | rcode
    message = struct.pack(">6H", 7, flags, 1, 0, 0, 0) + NAME + struct.pack(">HH", 1, 1)
    ports, ends = ((5000, 53), ("10.0.0.5", "10.0.0.9")) if rcode is None else ((53, 5000), ("10.0.0.9", "10.0.0.5"))
    return bytes(wire.ethernet(0x800, wire.ip(17, wire.udp(*ports, message), *ends, number=ip_id)))


def test_a_second_answer_that_says_something_else_is_told(wire: SimpleNamespace, read: Callable[..., Capture]) -> None:
    said = [None, 0, 5, 0, 5]
    found = read([(n * 0.01, datagram(wire, rcode, n + 1)) for n, rcode in enumerate(said)]).tables["dns"]
    told = found.select("frame_number", "rcode_name", "asked", "id_orig_h", "weird").rows()
    assert told[0] == (1, "NOERROR", True, "10.0.0.5", [])
    assert told[1] == (3, "REFUSED", False, "10.0.0.5", ["dns_unmatched_reply"])
    assert {row[1] for row in told[1:]} == {"REFUSED"}
