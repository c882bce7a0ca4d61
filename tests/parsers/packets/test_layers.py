from __future__ import annotations

import struct
from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.packets.capture import Capture
from parsers.packets.columns import TUNNELS, Packets

Read = Callable[..., Capture]
LINKS = (0, 1, 9, 12, 50, 51, 101, 104, 105, 108, 113, 117, 119, 127, 138, 147, 149, 163, 192, 228, 239, 258, 276)
LABELS = struct.pack(">II", 16 << 12 | 64, 17 << 12 | 0x100 | 64)
WIFI = bytes.fromhex("8801000002000000000102000000000202000000000310000000")
NFLOG = b"\2\0\0\0" + struct.pack("<HHHBB", 8, 1, 0x0008, 1, 0) + struct.pack("<HH6sxx", 10, 10, b"drop: ")
NFLOG += struct.pack("<HHI", 8, 5, 2) + struct.pack("<HH", 37, 9)
NFLOG_BIG = b"\2\0\0\0" + struct.pack(">HHHBB", 8, 1, 0x0800, 1, 0) + struct.pack(">HH", 37, 9)
SNAP = b"\xaa\xaa\3\0\0\0\x08\0"


def inner(wire: SimpleNamespace, six: bool = False) -> bytes:
    src, dst = ("2001:db8::1", "2001:db8::2") if six else ("192.0.2.1", "192.0.2.2")
    return bytes(wire.ip(17, wire.udp(5000, 6000, b"hello"), src, dst))


def flow(packets: Packets, row: int = 0) -> tuple[str | None, str | None, int, int, bytes]:
    rows = np.array([row])
    src, dst = packets.address_text(rows, "src")[0], packets.address_text(rows, "dst")[0]
    return src, dst, int(packets.sport[row]), int(packets.dport[row]), packets.payload_bytes(row)


FOUR = ("192.0.2.1", "192.0.2.2", 5000, 6000, b"hello")
SIX = ("2001:db8::1", "2001:db8::2", 5000, 6000, b"hello")


@pytest.mark.parametrize(
    ("link", "head"),
    [
        (0, b"\2\0\0\0"), (108, b"\0\0\0\2"), (9, b"\xff\3\0\x21"), (9, b"\x21"), (50, b"\xff\3\0\x21"), (101, b""),
        (104, b"\x0f\0\x08\0"), (113, struct.pack(">HHH8sH", 0, 1, 6, b"\2\0\0\0\0\1\0\0", 0x800)),
        (276, struct.pack(">HHIHBB8s", 0x800, 0, 2, 1, 0, 6, b"\2\0\0\0\0\1\0\0")),
        (51, struct.pack(">BBHHH", 0x11, 0, 1, 9, 0x21)), (105, WIFI + SNAP),
        (127, b"\0\0\x08\0\0\0\0\0" + b"\x08" + WIFI[1:24] + SNAP),
        (117, b"\x3d\2\1\0em0" + bytes(57)), (117, b"\x64\2\0\0vtnet0" + bytes(90)), (239, NFLOG), (239, NFLOG_BIG),
        (192, struct.pack("<BBHI", 0, 0, 8, 105) + WIFI + SNAP), (119, bytes(144) + WIFI + SNAP),
        (163, struct.pack(">II", 0x80211001, 64) + bytes(56) + WIFI + SNAP),
        (258, struct.pack("<III", 108, 1, 12) + bytes(96)),
        (149, struct.pack("<III", 108, 1, 0) + bytes(96) + b"\2\0\0\0"),
        (258, struct.pack("<III", 108, 1, 1) + bytes(96) + bytes(12) + b"\x08\0"), (138, bytes(16) + b"\x08\0"),
    ],
)  # fmt: skip
def test_link_types(wire: SimpleNamespace, read: Read, link: int, head: bytes) -> None:
    capture = read([(0, head + inner(wire))], link)
    assert (flow(capture.packets), capture.problems) == (FOUR, [])


@pytest.mark.parametrize(
    ("link", "told"),
    [
        (195, "1 packet of link type 195 (IEEE 802.15.4) was counted, but not read."),
        (220, "1 packet of link type 220 (USB of Linux) was counted, but not read."),
        (187, "1 packet of link type 187 (Bluetooth HCI) was counted, but not read."),
        (150, "1 packet of link type 150 (reserved for private use) was counted, but not read."),
        (3999, "1 packet of link type 3999 was counted, but not read."),
    ],
)
def test_link_types_that_are_not_read_are_named(read: Read, link: int, told: str) -> None:
    assert [problem.message for problem in read([(0, bytes(60))], link).problems] == [told]


def test_wireless_frames_without_ip_are_told(read: Read) -> None:
    beacon = bytes.fromhex("80000000ffffffffffff020000000003020000000003 0010".replace(" ", "")) + bytes(40)
    (problem,) = read([(n, beacon) for n in range(5)], 105).problems
    assert problem.message.startswith("None of 5 packets holds IP or ARP in a form that can be read: wireless frames")


def test_frames_of_other_protocols_are_named(wire: SimpleNamespace, read: Read) -> None:
    sealed = [(n, wire.ethernet(0x88E5, bytes(60))) for n in range(3)]
    (problem,) = read([*sealed, (4, wire.ethernet(0x1234, bytes(60)))]).problems
    assert problem.message.endswith("the others carry MACsec, EtherType 0x1234, which is not read.")


@pytest.mark.parametrize(
    ("kind", "head", "vlan"),
    [
        (0x8100, struct.pack(">HH", 0x2007, 0x800), 7),
        (0x88A8, struct.pack(">HHHH", 9, 0x8100, 12, 0x800), 12),
        (0x8847, LABELS, -1),
        (0x8864, struct.pack(">BBHHH", 0x11, 0, 1, 9, 0x21), -1),
        (60, SNAP, -1),
    ],
)
def test_what_stands_between_ethernet_and_ip(
    wire: SimpleNamespace, read: Read, kind: int, head: bytes, vlan: int
) -> None:
    packets = read([(0, wire.ethernet(kind, head + inner(wire)))]).packets
    assert flow(packets) == FOUR
    assert packets.vlan[0] == vlan


def tunnelled(wire: SimpleNamespace, name: str) -> bytes:
    frame, packet = wire.ethernet(0x800, inner(wire)), inner(wire)
    carried = {
        "gre": lambda: (47, struct.pack(">HHI", 0x2000, 0x800, 7) + packet),
        "erspan": lambda: (47, struct.pack(">HHIII", 0x1000, 0x88BE, 1, 0x10000001, 0) + frame),
        "ipip": lambda: (4, packet),
        "6in4": lambda: (41, inner(wire, six=True)),
        "vxlan": lambda: (17, wire.udp(5555, 4789, b"\x08\0\0\0\0\0\x2a\0" + frame)),
        "geneve": lambda: (17, wire.udp(5555, 6081, struct.pack(">BBHI8s", 2, 0, 0x6558, 0, b"12345678") + frame)),
        "gtpu": lambda: (17, wire.udp(2152, 2152, bytes.fromhex("34ff0000000000010000008501100900") + packet)),
        "capwap": lambda: (17, wire.udp(5555, 5247, bytes.fromhex("0010020000000000") + frame)),
    }
    protocol, payload = carried[name]()
    return bytes(wire.ethernet(0x800, wire.ip(protocol, payload)))


@pytest.mark.parametrize("name", TUNNELS[1:])
def test_tunnels_show_the_flow_inside(wire: SimpleNamespace, read: Read, name: str) -> None:
    capture = read([(0, tunnelled(wire, name))])
    assert flow(capture.packets) == (SIX if name == "6in4" else FOUR)
    assert TUNNELS[capture.packets.tunnel[0]] == name
    assert capture.connections["tunnel"].to_list() == [name]


def test_a_tunnel_in_a_tunnel_and_arp_inside(wire: SimpleNamespace, read: Read) -> None:
    twice = wire.ethernet(0x800, wire.ip(4, wire.ip(4, inner(wire))))
    arp = wire.ethernet(0x806, bytes(28))
    carried = wire.ethernet(0x800, wire.ip(17, wire.udp(5555, 4789, b"\x08\0\0\0\0\0\x2a\0" + arp)))
    packets = read([(0, twice), (1, carried)]).packets
    assert flow(packets, 0) == FOUR
    assert (packets.ip_version[1], packets.has("network")[1], packets.has("transport")[1]) == (0, True, False)
    assert (packets.protocol[1], packets.connection[1]) == (255, -1)


def test_ipv6_extensions_and_fragments(wire: SimpleNamespace, read: Read) -> None:
    datagram = wire.udp(5000, 6000, b"hello")
    hops = b"\x3c" + bytes(7) + b"\x11" + bytes(7)  # hop-by-hop, destination options, UDP
    first = b"\x11\0" + struct.pack(">HI", 1, 77) + datagram
    later = b"\x11\0" + struct.pack(">HI", 16, 77) + b"rest"
    whole = [wire.ip(0, hops + datagram, *SIX[:2]), wire.ip(44, first, *SIX[:2]), wire.ip(44, later, *SIX[:2])]
    packets = read([(n, wire.ethernet(0x86DD, data)) for n, data in enumerate(whole)]).packets
    assert flow(packets, 0) == flow(packets, 1) == SIX
    assert packets.fragment.tolist() == [False, True, True]
    assert packets.fragment_offset.tolist() == [0, 0, 16]
    assert packets.ip_id.tolist() == [0, 77, 77]
    assert (packets.has("transport")[2], packets.protocol[2], packets.connection[2]) == (False, 17, -1)


def test_ipv4_options_and_later_fragments(wire: SimpleNamespace, read: Read) -> None:
    plain = bytearray(inner(wire))
    optioned = bytes([0x46]) + struct.pack(">BH", 0, len(plain) + 4) + plain[4:20] + b"\1\1\1\1" + plain[20:]
    plain[6:8] = struct.pack(">H", 185)
    packets = read([(0, wire.ethernet(0x800, optioned)), (1, wire.ethernet(0x800, bytes(plain)))]).packets
    assert flow(packets, 0) == FOUR
    assert (packets.fragment_offset[1], packets.sport[1], packets.connection[1]) == (1480, 0, -1)


def test_a_cut_packet_keeps_what_its_headers_say(wire: SimpleNamespace, read: Read) -> None:
    packet = wire.ethernet(0x800, wire.ip(17, wire.udp(53, 6000, bytes(500))))
    packets = read([(0, packet)], snaplen=60).packets
    assert (packets.payload_length[0], packets.payload_captured[0]) == (500, 18)
    assert packets.payload_heads(np.array([0]), 32).shape == (1, 32)


@settings(max_examples=80)
@given(st.lists(st.tuples(st.binary(max_size=120), st.booleans()), max_size=6), st.sampled_from(LINKS), st.data())
def test_no_packet_makes_it_fail(
    wire: SimpleNamespace, read: Read, noise: list[tuple[bytes, bool]], link: int, data: st.DataObject
) -> None:
    packets = []
    for number, (tail, real) in enumerate(noise):
        packet = bytearray(tunnelled(wire, data.draw(st.sampled_from(TUNNELS[1:]))) if real else b"")
        for at in data.draw(st.lists(st.integers(0, max(len(packet) - 1, 0)), max_size=4)) if packet else []:
            packet[at] ^= data.draw(st.integers(1, 255))
        packets.append((number, bytes(packet) + tail))
    capture = read(packets, link)
    found = capture.packets
    assert len(found) == len(noise)
    held = np.flatnonzero(found.has("payload"))
    assert (found.place("payload", held) + found.payload_captured[held] <= len(found.data)).all()
    assert all(notice.text().isprintable() for notice in capture.notices())
