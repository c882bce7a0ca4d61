"""What is told inside of tunnels is what is told without them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

from parsers.packets.capture import Capture

Read = Callable[..., Capture]
CAPTURES = Path(__file__).parents[3] / "samples" / "captures"
NAMES = (
    "dns_servfail", "tcp_refused", "http_server_errors", "tcp_zero_window", "tls_version_mismatch", "icmp_unreachable",
    "service_overloaded", "healthy_web",
)  # fmt: skip
LABELS = struct.pack(">II", 16 << 12 | 64, 17 << 12 | 0x100 | 64)


def frames(name: str) -> list[tuple[float, bytes]]:
    """The frames of a sample, with seconds from its beginning."""
    raw = (CAPTURES / f"{name}.pcap").read_bytes()
    found: list[tuple[float, bytes]] = []
    at = 24
    while at < len(raw):
        seconds, micros, size = struct.unpack_from("<III", raw, at)
        found.append((seconds + micros / 1e6, raw[at + 16 : at + 16 + size]))
        at += 16 + size
    return [(round(time - found[0][0], 6), frame) for time, frame in found]


def wrapped(wire: SimpleNamespace, name: str, frame: bytes) -> bytes:
    """A frame of Ethernet inside of a tunnel between two routers."""
    packet = frame[14:]
    ether, ip, udp = wire.ethernet, wire.ip, wire.udp
    ways: dict[str, Callable[[], bytes]] = {
        "vxlan": lambda: ether(0x800, ip(17, udp(50000, 4789, b"\x08\0\0\0\0\0\x2a\0" + frame))),
        "vxlan_over_ipv6": lambda: ether(
            0x86DD, ip(17, udp(50000, 4789, b"\x08\0\0\0\0\0\x2a\0" + frame), "2001:db8::1", "2001:db8::2")
        ),
        "geneve": lambda: ether(
            0x800, ip(17, udp(50000, 6081, struct.pack(">BBHI8s", 2, 0, 0x6558, 0, b"12345678") + frame))
        ),
        "gre": lambda: ether(0x800, ip(47, struct.pack(">HHI", 0x2000, 0x800, 7) + packet)),
        "gre_ethernet": lambda: ether(0x800, ip(47, struct.pack(">HH", 0, 0x6558) + frame)),
        "erspan": lambda: ether(0x800, ip(47, struct.pack(">HHIII", 0x1000, 0x88BE, 1, 0x10000001, 0) + frame)),
        "ipip": lambda: ether(0x800, ip(4, packet)),
        "ip_in_ipv6": lambda: ether(0x86DD, ip(4, packet, "2001:db8::1", "2001:db8::2")),
        "gtpu": lambda: ether(0x800, ip(17, udp(2152, 2152, struct.pack(">BBHI", 0x30, 255, len(packet), 7) + packet))),
        "mpls": lambda: ether(0x8847, LABELS + packet),
        "mpls_pseudowire": lambda: ether(0x8847, LABELS + bytes(4) + frame),
        "qinq": lambda: ether(0x88A8, struct.pack(">HHHH", 100, 0x8100, 12, 0x800) + packet),
        "pppoe": lambda: ether(0x8864, struct.pack(">BBHHH", 0x11, 0, 1, len(packet) + 2, 0x21) + packet),
    }
    return ways[name]()


@pytest.mark.parametrize(
    "tunnel",
    [
        "vxlan", "vxlan_over_ipv6", "geneve", "gre", "gre_ethernet", "erspan", "ipip", "ip_in_ipv6", "gtpu", "mpls",
        "mpls_pseudowire", "qinq", "pppoe",
    ],
)  # fmt: skip
@pytest.mark.parametrize("name", [*NAMES[:2], *(pytest.param(name, marks=pytest.mark.slow) for name in NAMES[2:])])
def test_notices_are_the_same_inside(wire: SimpleNamespace, read: Read, name: str, tunnel: str) -> None:
    bare = [(time, frame) for time, frame in frames(name) if frame[12:14] == b"\x08\0"]
    told = [notice.text() for notice in read(bare).notices()]
    assert told
    inside = read([(time, wrapped(wire, tunnel, frame)) for time, frame in bare])
    assert [notice.text() for notice in inside.notices()] == told


@pytest.mark.parametrize(
    ("protocol", "payload", "name"),
    [
        (17, lambda wire: wire.udp(40000, 7777, b"\1\0\0\0" + bytes(144)), "WireGuard"),
        (17, lambda wire: wire.udp(51820, 51820, b"\4\0\0\0" + bytes(92)), "WireGuard"),
        (50, lambda wire: struct.pack(">II", 77, 1) + bytes(80), "IPsec"),
        (17, lambda wire: wire.udp(4500, 4500, struct.pack(">II", 77, 1) + bytes(80)), "IPsec"),
    ],
)
def test_tunnels_that_are_encrypted_are_named(
    wire: SimpleNamespace, read: Read, protocol: int, payload: Callable[[SimpleNamespace], bytes], name: str
) -> None:
    packet = wire.ethernet(0x800, wire.ip(protocol, payload(wire)))
    (problem,) = read([(n, packet) for n in range(4)]).problems
    assert problem.message.startswith(f"4 of 4 packets are encrypted tunnels ({name}): what is inside")


@pytest.mark.parametrize("name", ["healthy_quic", "healthy_dns", "healthy_tls"])
def test_other_traffic_is_no_encrypted_tunnel(read: Read, name: str) -> None:
    assert [problem for problem in read(frames(name)).problems if problem.kind == "encrypted"] == []
