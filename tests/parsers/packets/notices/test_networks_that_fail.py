"""Troubles of whole networks, seen from where a customer captures: at one of its hosts."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from parsers.packets.capture import Capture
from parsers.packets.notices import WARN, Notice

Read = Callable[..., Capture]
SYN, PSH, ACK = 2, 8, 16
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


def test_keep_alives_without_an_answer_are_told_and_those_with_one_are_not(wire: SimpleNamespace, read: Read) -> None:
    def idle(answered: bool) -> Capture:
        talk = wire.Talk().open().send(0.1, "c", 1, 1, ACK | PSH, 10).send(0.11, "s", 1, 11)
        for turn in range(5):
            talk.send(20 + 2 * turn, "c", 10, 1)
            if answered:
                talk.send(20.01 + 2 * turn, "s", 1, 11)
        return read(talk)

    (notice,) = told(idle(answered=False), "tcp_dead_after_idle")
    assert "5 keep-alives within 8.0 s" in notice.msg
    assert (notice.fields["sender"], notice.frames[0]) == ("client", 6)
    assert told(idle(answered=True), "tcp_dead_after_idle") == []


def radius(wire: SimpleNamespace, at: float, port: int = 1812, server: str = SERVER) -> tuple[float, bytes]:
    data = b"\1\7\0\x14" + bytes(16) + b"\1\6anna"
    return at, wire.ethernet(0x800, wire.ip(17, wire.udp(41000, port, data), CLIENT, server, number=int(at * 10) + 1))


def test_a_service_that_answers_nothing_is_told(wire: SimpleNamespace, read: Read) -> None:
    asked = [radius(wire, 5.0 * turn) for turn in range(3)]
    (notice,) = told(read(asked), "udp_service_unanswered")
    assert (notice.fields["service"], notice.dst) == ("RADIUS", f"{SERVER}:1812")
    reply = wire.ethernet(
        0x800, wire.ip(17, wire.udp(1812, 41000, b"\2\7\0\x14" + bytes(16)), SERVER, CLIENT, number=9)
    )
    other = [radius(wire, 5.0 * turn, port=9999) for turn in range(3)]
    crowd = [(0.01 * host, radius(wire, 0, server=f"10.0.1.{host}")[1]) for host in range(1, 12)]
    for packets in ([*asked, (11.0, reply)], other, asked[:2], [*crowd, *asked]):
        assert told(read(packets), "udp_service_unanswered") == []


def test_probes_without_an_acknowledgement_are_no_capture_of_one_direction(wire: SimpleNamespace, read: Read) -> None:
    packets = []
    for port in range(20, 60):
        packets += [
            (
                port + at * 0.1,
                wire.ethernet(0x800, wire.ip(6, wire.tcp(50000, port, 7, 0, flags), number=port * 4 + at)),
            )
            for at, flags in enumerate((0, 1, 41))
        ]
    assert {notice.note for notice in read(packets).notices() if notice.severity_number >= WARN} == {"port_scan"}


def answer(wire: SimpleNamespace, number: int, kind: int, code: int) -> list[tuple[float, bytes]]:
    name = b"\3web\7example\3com\0" + struct.pack(">HH", kind, 1)
    record = b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4) + bytes([10, 0, 0, 7])
    asked = struct.pack(">HHHHHH", number, 0x0100, 1, 0, 0, 0) + name
    said = struct.pack(">HHHHHH", number, 0x8180 | code, 1, 0 if code else 1, 0, 0) + name + (b"" if code else record)
    ports = (33000 + number, 53)
    return [
        (number * 0.1, wire.ethernet(0x800, wire.ip(17, wire.udp(*ports, asked), CLIENT, "10.0.0.53", number=number))),
        (number * 0.1 + 0.01, wire.ethernet(0x800, wire.ip(17, wire.udp(*ports[::-1], said), "10.0.0.53", CLIENT))),
    ]


def test_a_name_with_an_address_exists_although_a_server_denies_it_for_another_type(
    wire: SimpleNamespace, read: Read
) -> None:
    a, aaaa = 1, 28
    assert told(read([*answer(wire, 1, a, 0), *answer(wire, 2, aaaa, 3)]), "dns_nxdomain") == []
    assert len(told(read([*answer(wire, 1, a, 0), *answer(wire, 2, a, 3)]), "dns_nxdomain")) == 1
    assert len(told(read(answer(wire, 2, aaaa, 3)), "dns_nxdomain")) == 1


def test_the_password_of_anonymous_ftp_is_none(wire: SimpleNamespace, read: Read) -> None:
    def login(user: bytes) -> Capture:
        talk = wire.Talk(sport=21).open()
        lines = [("s", b"220 ready\r\n"), ("c", b"USER " + user + b"\r\n"), ("s", b"331 password\r\n")]
        lines += [("c", b"PASS guest@example.com\r\n"), ("s", b"230 ok\r\n")]
        place = {"c": 1, "s": 1}
        for turn, (who, line) in enumerate(lines):
            talk.send(1 + turn, who, place[who], place["s" if who == "c" else "c"], ACK | PSH, len(line))
            at, packet = talk.packets[-1]
            talk.packets[-1] = (at, packet[: -len(line)] + line)
            place[who] += len(line)
        return read(talk)

    assert told(login(b"anonymous"), "cleartext_credentials") == []
    assert len(told(login(b"anna"), "cleartext_credentials")) == 1


def test_a_traceroute_is_known_where_the_reports_were_cut_ahead_of_the_ports(wire: SimpleNamespace, read: Read) -> None:
    def probes(first: int) -> list[tuple[float, bytes]]:
        packets = []
        for number in range(4):
            asked = wire.ip(17, wire.udp(40000 + number, first + number, bytes(24)), CLIENT, SERVER, number=number + 1)
            said = wire.ip(1, struct.pack(">BBHI", 3, 3, 0, 0) + asked[:28], SERVER, CLIENT)
            packets += [(number, wire.ethernet(0x800, asked)), (number + 0.01, wire.ethernet(0x800, said))]
        return packets

    assert told(read(probes(33440), snaplen=64), "icmp_unreachable") == []
    assert len(told(read(probes(5140), snaplen=64), "icmp_unreachable")) == 1
