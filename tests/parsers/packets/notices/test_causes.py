"""A symptom of a fault that the capture shows names its cause and raises no alarm of its own; other connections do."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import SimpleNamespace

from parsers.packets.capture import Capture
from parsers.packets.notices import INFO, WARN

Read = Callable[..., Capture]
CLIENT, ROUTER, SERVER = "10.0.0.5", "10.0.0.1", "10.9.0.9"


def syns(wire: SimpleNamespace, port: int, server: str) -> list[tuple[float, bytes]]:
    packets = [wire.ip(6, wire.tcp(port, 443, 7, 0, 2), CLIENT, server, number=n) for n in (port, port + 1)]
    return [(n * 1.5, wire.ethernet(0x800, packet)) for n, packet in enumerate(packets)]


def report(wire: SimpleNamespace, code: int, port: int, server: str) -> bytes:
    quoted = wire.ip(6, wire.tcp(port, 443, 7, 0, 2), CLIENT, server)[:28]
    return bytes(wire.ethernet(0x800, wire.ip(1, struct.pack(">BBHI", 3, code, 0, 0) + quoted, ROUTER, CLIENT)))


def told(capture: Capture) -> list[tuple[str, int, object]]:
    chosen = [notice for notice in capture.notices() if notice.note == "tcp_syn_unanswered"]
    return sorted((notice.dst, notice.severity_number, notice.fields.get("cause")) for notice in chosen)


def test_what_a_router_reports_explains_that_host_alone(wire: SimpleNamespace, read: Read) -> None:
    packets = syns(wire, 40000, SERVER) + syns(wire, 40010, SERVER) + syns(wire, 40020, "10.9.0.10")
    packets.append((0.1, report(wire, 1, 40000, SERVER)))  # reports of the others are not sent so often
    assert told(read(sorted(packets))) == [
        ("10.9.0.10:443", 17, None),
        ("10.9.0.9:443", INFO, "icmp_unreachable"),
        ("10.9.0.9:443", INFO, "icmp_unreachable"),
    ]


def test_a_filter_explains_the_connection_that_it_forbids(wire: SimpleNamespace, read: Read) -> None:
    packets = [*syns(wire, 40000, SERVER), *syns(wire, 40010, SERVER), (0.1, report(wire, 13, 40000, SERVER))]
    found = told(read(sorted(packets)))
    assert [cause for _, _, cause in found] == ["icmp_unreachable", None]
    assert found[1][1] >= WARN


def test_a_port_that_a_firewall_closes_by_icmp_explains_the_silence_of_tcp(wire: SimpleNamespace, read: Read) -> None:
    packets = [*syns(wire, 40000, SERVER), (0.1, report(wire, 3, 40000, SERVER))]
    assert told(read(sorted(packets))) == [("10.9.0.9:443", INFO, "icmp_unreachable")]
