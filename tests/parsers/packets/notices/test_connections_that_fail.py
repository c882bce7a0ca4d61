"""Connections that a firewall, a flood or a box on the way keeps from working, as their packets tell it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import SimpleNamespace

from parsers.packets.capture import Capture
from parsers.packets.notices import ERROR, INFO, WARN, Notice

Read = Callable[..., Capture]
SYN, RST, PSH, ACK = 2, 4, 8, 16


def told(capture: Capture, severity: int = WARN) -> list[Notice]:
    return [notice for notice in capture.notices() if notice.severity_number >= severity]


def test_a_firewall_that_rejects_tcp_by_icmp_is_no_silent_server(wire: SimpleNamespace, read: Read) -> None:
    # What "iptables -j REJECT" and "nft reject" send.
    talk = wire.Talk(sport=9001).send(0, "c", 0, 0, SYN)
    quoted = talk.packets[0][1][14:42]
    reply = wire.ip(1, struct.pack(">BBHI", 3, 3, 0, 0) + quoted, talk.server, talk.client)
    later = wire.Talk(cport=40001, sport=22).open(5).close(5.1, 1, 1)
    found = read([*talk.packets, (0.001, wire.ethernet(0x800, reply)), *later.packets])
    (notice,) = told(found)
    assert (notice.note, notice.fields["proto"]) == ("icmp_unreachable", "tcp")
    assert "a firewall rule rejects it" in notice.msg
    (silent,) = [notice for notice in found.notices() if notice.note == "tcp_syn_unanswered"]
    assert (silent.severity_number, silent.fields["cause"]) == (INFO, "icmp_unreachable")


def flood(wire: SimpleNamespace, half: int, whole: int) -> list[tuple[float, bytes]]:
    packets = []
    for number in range(half + whole):
        talk = wire.Talk(cport=20000 + number, client=f"203.0.113.{number % 200 + 1}")
        at = number * 0.01
        talk.send(at, "c", 0, 0, SYN).send(at + 0.001, "s", 0, 1, SYN | ACK)
        if number >= half:
            talk.send(at + 0.002, "c", 1, 1).close(at + 0.003, 1, 1)
        packets += talk.packets
    return [*packets, *wire.Talk(cport=9, sport=22).open(20).close(21, 1, 1).packets]


def test_many_callers_that_never_complete_the_handshake_are_a_flood(wire: SimpleNamespace, read: Read) -> None:
    (notice,) = told(read(flood(wire, 40, 5)), ERROR)
    assert (notice.note, notice.fields["answers"], notice.fields["attempts"]) == ("tcp_half_open", 40, 45)
    assert told(read(flood(wire, 15, 5)), ERROR) == []
    assert told(read(flood(wire, 30, 100)), ERROR) == []


def rested(wire: SimpleNamespace, pause: float, answered: bool) -> SimpleNamespace:
    talk = wire.Talk(sport=5432).open()
    talk.send(1, "c", 1, 1, PSH | ACK, 20).send(1.01, "s", 1, 21, PSH | ACK, 50).send(1.02, "c", 21, 51)
    for wait in (0, 0.2, 0.6, 1.4, 3.0):
        talk.send(1 + pause + wait, "c", 21, 51, PSH | ACK, 20)
    if answered:
        talk.send(1 + pause + 3.1, "s", 51, 41, PSH | ACK, 50)
    return talk


def test_a_connection_that_died_while_it_rested_is_told_with_its_pause(wire: SimpleNamespace, read: Read) -> None:
    (notice,) = told(read(rested(wire, 400, False)))
    assert (notice.note, notice.fields["sender"], notice.fields["times"]) == ("tcp_dead_after_idle", "client", 5)
    assert "After 400 s without a packet 10.0.0.5:40000 sent the same data 5 times" in notice.msg
    for other in (rested(wire, 400, True), rested(wire, 5, False)):
        assert "tcp_dead_after_idle" not in [notice.note for notice in read(other).notices()]


def test_a_reset_right_behind_the_first_request_is_compared_with_the_answer_to_the_syn(
    wire: SimpleNamespace, read: Read
) -> None:
    def first(ttl: int) -> list[str]:
        talk = wire.Talk(sport=443)
        talk.send(0, "c", 0, 0, SYN).send(0.01, "s", 0, 1, SYN | ACK, ttl=57).send(0.02, "c", 1, 1)
        talk.send(0.03, "c", 1, 1, PSH | ACK, 300).send(0.032, "s", 1, 301, RST | ACK, ttl=ttl)
        return [notice.note for notice in told(read(talk))]

    assert first(250) == ["tcp_reset_middlebox"]
    assert first(57) == ["tcp_reset_midstream"]


def behind_a_hole(wire: SimpleNamespace, size: int, filled: bool) -> SimpleNamespace:
    """Full segments are missing, and smaller ones of `size` from behind them come."""
    talk = wire.Talk().open()
    talk.send(0.1, "c", 1, 1, PSH | ACK, 300).send(0.11, "s", 1, 301)
    talk.send(0.12, "s", 2897, 301, PSH | ACK, size).send(0.121, "c", 301, 1)
    if filled:
        talk.send(0.5, "s", 1, 301, ACK, 1448).send(0.51, "s", 1449, 301, ACK, 1448).send(0.52, "c", 301, 2897 + size)
    return talk.send(9, "c", 301, 2897 + size if filled else 1)


def test_a_black_hole_is_seen_from_behind_it_too(wire: SimpleNamespace, read: Read) -> None:
    (notice,) = told(read(behind_a_hole(wire, 120, False)))
    assert (notice.note, notice.fields["direction"], notice.fields["bytes"]) == (
        "mtu_black_hole",
        "server_to_client",
        2896,
    )
    assert "10.0.0.5:40000 waited 8.88 s for 2,896 bytes of 10.0.0.9:443 that never came" in notice.msg
    for other in (behind_a_hole(wire, 120, True), behind_a_hole(wire, 1448, False)):
        assert "mtu_black_hole" not in [notice.note for notice in read(other).notices()]
