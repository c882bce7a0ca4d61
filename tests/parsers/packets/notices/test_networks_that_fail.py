"""Troubles of whole networks, seen from where a customer captures: at one of its hosts."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from parsers.packets.capture import Capture
from parsers.packets.notices import WARN, Notice

Read = Callable[..., Capture]
SYN = 2
CLIENT, SERVER = "10.0.0.5", "10.0.0.9"


def told(capture: Capture, note: str) -> list[Notice]:
    return [notice for notice in capture.notices() if notice.note == note and notice.severity_number >= WARN]


def question(wire: SimpleNamespace, number: int) -> bytes:
    name = b"".join(bytes([len(label)]) + label for label in (b"h%d" % number, b"example", b"com")) + b"\0"
    data = struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + name + b"\0\1\0\1"
    return wire.ethernet(0x800, wire.ip(17, wire.udp(30000 + number, 53, data), CLIENT, "10.0.0.53", number=number))


def test_a_silent_resolver_is_told_where_other_answers_reach_the_client(wire: SimpleNamespace, read: Read) -> None:
    asked = [(float(number), question(wire, number + 1)) for number in range(4)]
    page = wire.Talk().open(8).close(9, 1, 1).packets
    assert len(told(read([*asked, *page]), "dns_timeout")) == 4
    # Without them the capture may hold one direction only.
    assert (
        told(read([*asked, *[packet for packet in page if packet[1][26:30] == bytes([10, 0, 0, 5])]]), "dns_timeout")
        == []
    )


def expired(wire: SimpleNamespace, ttl: int, reports: int) -> list[tuple[float, bytes]]:
    packets = []
    for number in range(reports):
        talk = wire.Talk(cport=40000 + number).send(number * 1.0, "c", 0, 0, SYN, ttl=ttl)
        quoted = talk.packets[0][1][14:42]
        reply = wire.ip(1, struct.pack(">BBHI", 11, 0, 0, 0) + quoted, f"192.0.2.{number % 2 + 1}", CLIENT)
        packets += [*talk.packets, (number + 0.05, wire.ethernet(0x800, reply))]
    return packets


def test_a_host_sees_that_its_packets_circle_somewhere(wire: SimpleNamespace, read: Read) -> None:
    (notice,) = told(read(expired(wire, 64, 4)), "routing_loop")
    assert notice.fields == {"target": SERVER, "packets": 4, "reporter": "192.0.2.1,192.0.2.2"}
    # A traceroute of TCP sends with a small TTL on purpose; one report is one stray packet.
    for packets in (expired(wire, 9, 4), expired(wire, 64, 1)):
        assert told(read(packets), "routing_loop") == []


def dhcp(wire: SimpleNamespace, kind: int, server: bool = False, mac: bytes = b"\2\0\0\0\0\5") -> bytes:
    head = struct.pack(">BBBBIHH", 2 if server else 1, 1, 6, 0, 7, 0, 0) + bytes(4)
    address = bytes([10, 0, 0, 60]) if server else bytes(4)
    options = b"\x63\x82\x53\x63\x35\1" + bytes([kind]) + b"\x36\4\x0a\0\0\1" + b"\x32\4\x0a\0\0\x3c\xff"
    data = head + address + bytes(8) + mac + bytes(10 + 64 + 128) + options
    ports, hosts = ((67, 68), ("10.0.0.1", "255.255.255.255")) if server else ((68, 67), ("0.0.0.0", "255.255.255.255"))
    return wire.ethernet(0x800, wire.ip(17, wire.udp(*ports, data), *hosts))


DISCOVER, OFFER, REQUEST, DECLINE, CONFIRM = 1, 2, 3, 4, 5


@pytest.mark.parametrize(("confirmed", "count"), [(False, 1), (True, 0)])
def test_an_offer_that_is_never_confirmed_is_no_address(
    confirmed: bool, count: int, wire: SimpleNamespace, read: Read
) -> None:
    packets = [(0, dhcp(wire, DISCOVER)), (0.1, dhcp(wire, OFFER, True))]
    packets += [(1.0 + 4 * number, dhcp(wire, REQUEST)) for number in range(3)]
    if confirmed:
        packets.append((13, dhcp(wire, CONFIRM, True)))
    found = told(read([*packets, (20, dhcp(wire, DISCOVER, mac=b"\2\0\0\0\0\6"))]), "dhcp_no_offer")
    assert len(found) == count
    assert all("took the offer of the DHCP server 10.0.0.1 3 times" in notice.msg for notice in found)


def test_an_address_that_a_client_declines_is_in_use_elsewhere(wire: SimpleNamespace, read: Read) -> None:
    (notice,) = told(read([(0, dhcp(wire, CONFIRM, True)), (1, dhcp(wire, DECLINE))]), "dhcp_decline")
    assert notice.fields["address"] == "10.0.0.60"


def udp_scan(wire: SimpleNamespace, sport: int, ports: range) -> list[tuple[float, bytes]]:
    packets = []
    for number, port in enumerate(ports):
        asked = wire.ip(17, wire.udp(sport, port, b"x"), CLIENT, SERVER, number=number)
        reply = wire.ip(1, struct.pack(">BBHI", 3, 3, 0, 0) + asked[:28], SERVER, CLIENT)
        packets += [(number * 0.1, wire.ethernet(0x800, asked)), (number * 0.1 + 0.01, wire.ethernet(0x800, reply))]
    return packets


def test_a_scan_of_udp_ports_is_told_and_late_answers_are_not(wire: SimpleNamespace, read: Read) -> None:
    (notice,) = told(read(udp_scan(wire, 40000, range(100, 140))), "port_scan")
    assert "10.0.0.5 tried 40 UDP ports of 10.0.0.9 in vain" in notice.msg
    for packets in (udp_scan(wire, 161, range(50000, 50040)), udp_scan(wire, 40000, range(33434, 33474))):
        assert told(read(packets), "port_scan") == []


def multicast(wire: SimpleNamespace, number: int) -> bytes:
    packet = wire.ip(17, wire.udp(1900, 1900, b"%05d" % number), CLIENT, "239.255.255.250", number=number + 1)
    return bytes.fromhex("01005e7ffffa020000000002") + b"\x08\0" + packet


def test_multicast_that_circles_is_a_storm_and_a_doubled_stream_is_not(wire: SimpleNamespace, read: Read) -> None:
    storm = [(at * 5e-4, multicast(wire, at % 4)) for at in range(2000)]
    (notice,) = told(read(storm), "broadcast_storm")
    assert "multicast frames in 1 s" in notice.msg
    doubled = [(at * 1e-3 + late, multicast(wire, at)) for at in range(1000) for late in (0, 5e-5)]
    assert told(read(doubled), "broadcast_storm") == []
