"""What is in a capture twice, and what only looks like it: repeated words, circling packets, repaired losses."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from parsers.packets.capture import Capture

Read = Callable[..., Capture]
CLIENT, SERVER = "2001:db8::5", "2001:db8::9"
ACK, PSH = 16, 8


def datagram(wire: SimpleNamespace, data: bytes, ttl: int = 64) -> bytes:
    return wire.ethernet(0x86DD, wire.ip(17, wire.udp(40000, 8125, data), CLIENT, SERVER, ttl))


def test_a_program_that_says_the_same_again_is_not_doubled(wire: SimpleNamespace, read: Read) -> None:
    found = read([(at * 1e-4, datagram(wire, b"web.hits:1|c")) for at in range(40)])
    assert not found.duplicate.any()


def test_datagrams_that_a_mirror_port_doubles_are(wire: SimpleNamespace, read: Read) -> None:
    packets = []
    for number in range(40):
        packets += [
            (number * 0.01, datagram(wire, b"%d" % number)),
            (number * 0.01 + 5e-5, datagram(wire, b"%d" % number)),
        ]
    assert read(packets).duplicate.tolist() == [False, True] * 40


def test_datagrams_of_one_size_and_checksum_differ_by_what_they_carry(wire: SimpleNamespace, read: Read) -> None:
    # The network card fills the checksum in later: until then it is that of the length alone.
    found = read([(at * 1e-4, datagram(wire, b"%04d" % at)) for at in range(40)])
    assert not found.duplicate.any()


def test_a_window_that_opens_is_no_copy_of_the_answer_before(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk(client=CLIENT, server=SERVER).open()
    for number in range(20):
        talk.send(0.1 + number * 0.01, "s", 1 + 1000 * number, 1, ACK, 1000)
        talk.send(0.1001 + number * 0.01, "c", 1, 1001 + 1000 * number, ACK, window=100)
        talk.send(0.1002 + number * 0.01, "c", 1, 1001 + 1000 * number, ACK, window=60000)
    assert not read(talk).duplicate.any()


def test_a_loss_that_is_repaired_at_once_is_loss(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk(client=CLIENT, server=SERVER).open()
    for number in range(60):
        at = 0.1 + number * 0.01
        talk.send(at, "c", 1 + 1000 * number, 1, ACK, 1000)
        if number % 10 == 5:
            talk.send(at + 4e-4, "c", 1 + 1000 * number, 1, ACK, 1000)
        talk.send(at + 6e-4, "s", 1, 1001 + 1000 * number)
    found = read(talk)
    assert not found.duplicate.any()
    assert int(found.analysis.retransmission.sum()) == 6


def test_a_packet_in_a_circle_is_a_loop_and_no_copy(wire: SimpleNamespace, read: Read) -> None:
    packets = []
    for turn in range(2):
        packets += [(turn + ttl * -1e-5 + 1e-3, datagram(wire, b"hello", ttl)) for ttl in range(64, 0, -1)]
    found = read(packets)
    assert int(found.duplicate.sum()) <= 2
    (notice,) = (notice for notice in found.notices() if notice.severity_number > 9)
    assert "the TTL falling from 64 to 1" in notice.text()


def test_a_server_that_does_not_hear_the_client_is_told(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk(client=CLIENT, server=SERVER).open().send(0.03, "c", 1, 1, ACK | PSH, 5)
    for number in range(1, 4):
        talk.send(float(number), "s", 0, 1, 18)
        talk.send(number + 0.001, "c", 6, 1)
    notes = [notice.text() for notice in read(talk).notices() if notice.note == "tcp_half_open"]
    assert ["what the client sends does not reach the server" in note for note in notes] == [True]


def test_packets_of_a_sealed_tunnel_differ_by_what_they_carry(wire: SimpleNamespace, read: Read) -> None:
    # Two security associations of IPsec (RFC 4303) and a tunnel of L2TP: all of one size, and without a number.
    for protocol in (50, 115):
        sealed = [struct.pack(">II", 0xABCD, number) + bytes(range(80)) for number in range(60)]
        for family in ((CLIENT, SERVER), ("10.0.0.5", "10.0.0.9")):
            kind = 0x86DD if ":" in family[0] else 0x800
            packets = [
                (at * 5e-4, wire.ethernet(kind, wire.ip(protocol, text, *family))) for at, text in enumerate(sealed)
            ]
            assert not read(packets).duplicate.any()
            doubled = [(at + late, packet) for at, packet in packets for late in (0.0, 2e-5)]
            assert read(doubled).duplicate.tolist() == [False, True] * 60


def cut_packets(wire: SimpleNamespace, ends: tuple[str, str], joined: bool) -> list[tuple[float, bytes]]:
    """A transfer through a router that cuts large segments, or puts small ones together; both sides are captured."""
    one, other = wire.Talk(client=ends[0], server=ends[1]), wire.Talk(client=ends[0], server=ends[1])
    one.open()
    number = 100
    for turn in range(12):
        at, seq = 0.1 + turn * 0.01, 1 + 4380 * turn
        one.number = other.number = number
        one.send(at, "s", seq, 1, ACK, 4380, ttl=63 if joined else 64)
        for piece in range(3):
            other.send(at + 1e-5 * (piece + 1), "s", seq + 1460 * piece, 1, ACK, 1460, ttl=64 if joined else 63)
        number += 3
        one.number = 1000 + turn
        one.send(at + 0.005, "c", 1, seq + 4380)
    if joined:
        one.packets = [(at + 1e-4 if len(packet) > 4000 else at, packet) for at, packet in one.packets]
    return sorted(one.packets + other.packets, key=lambda packet: packet[0])


@pytest.mark.parametrize("ends", [("10.0.0.5", "10.0.0.9"), (CLIENT, SERVER)])
@pytest.mark.parametrize("joined", [False, True])
def test_segments_that_are_cut_or_put_together_on_the_way_are_copies(
    wire: SimpleNamespace, read: Read, ends: tuple[str, str], joined: bool
) -> None:
    found = read(cut_packets(wire, ends, joined))
    copies = found.duplicate & (found.packets.payload_length > 0)
    assert int(copies.sum()) == (12 if joined else 36)
    assert {notice.note for notice in found.notices()} == {"capture_duplicate_frames"}


def test_a_large_segment_that_is_repeated_in_pieces_is_loss(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk().open()
    for turn in range(12):
        at, seq = 0.1 + turn * 0.5, 1 + 4380 * turn
        talk.send(at, "s", seq, 1, ACK, 4380)
        talk.number += 2
        for piece in range(3):
            talk.send(at + 0.25 + 1e-4 * piece, "s", seq + 1460 * piece, 1, ACK, 1460)
        talk.send(at + 0.3, "c", 1, seq + 4380)
    found = read(talk)
    assert not found.duplicate.any()
    assert "tcp_loss" in {notice.note for notice in found.notices()}


def test_a_longer_packet_that_fills_a_hole_is_no_copy(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk().open()
    for at, seq, size in ((0.1, 201, 100), (0.2, 1, 100), (0.3, 1, 200)):
        talk.number = 7
        talk.send(at, "s", seq, 1, ACK, size)
    assert not read(talk).duplicate.any()
