"""Programs that do not answer what their kernel took, requests into closed connections, answers meant to wait."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from parsers.packets.capture import Capture

Read = Callable[..., Capture]
GET = b"GET /cart HTTP/1.1\r\nHost: shop.example\r\n\r\n"
OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
FIN, RST, PSH, ACK = 1, 4, 8, 16


def talk(
    wire: SimpleNamespace,
    port: int,
    *turns: tuple[float, str, bytes, int],
    client_port: int = 40000,
    begin: float = 0.0,
) -> list[tuple[float, bytes]]:
    """A connection: a handshake, then who sends what with which flags when; the other side confirms data at once."""
    ends = {"c": ("10.0.0.5", client_port), "s": ("10.0.0.9", port)}
    sent = {"c": 1000, "s": 5000}
    packets: list[tuple[float, bytes]] = []

    def send(time: float, who: str, flags: int, payload: bytes = b"") -> None:
        other = "s" if who == "c" else "c"
        segment = wire.tcp(ends[who][1], ends[other][1], sent[who], sent[other], flags) + payload
        packets.append((begin + time, wire.ethernet(0x800, wire.ip(6, segment, ends[who][0], ends[other][0]))))
        sent[who] += len(payload) + bool(flags & 3)

    send(0.0, "c", 2)
    send(0.0001, "s", 2 | ACK)
    send(0.0002, "c", ACK)
    for time, who, payload, flags in turns:
        send(time, who, flags | ACK, payload)
        if payload and not flags & RST:
            send(time + 0.0001, "s" if who == "c" else "c", ACK)
    return packets


def told(capture: Capture) -> list[tuple[str, str]]:
    names = ("server_silent", "keepalive_race", "http_slow_server")
    return [(notice.note, notice.msg) for notice in capture.notices() if notice.note in names]


@pytest.mark.parametrize(
    ("port", "request_", "last", "told_"),
    [
        (80, GET, 6.0, True),
        (80, GET, 2.0, False),
        (80, GET.replace(b"/cart", b"/v1/kv/a?wait=60s"), 60.0, False),
        (6379, b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n", 5.0, True),
        (6379, b"*3\r\n$5\r\nblpop\r\n$1\r\nq\r\n$1\r\n0\r\n", 50.0, False),
        (5432, b"Q\0\0\0\x0dselect 1\0", 30.0, True),
        (5432, b"X\0\0\0\4", 30.0, False),
        (3306, b"\x09\0\0\0\3select 1", 30.0, True),
        (514, b"<34>1 2026-03-14T09:26:53Z a b - - - hello", 300.0, False),
    ],
)
def test_requests_without_an_answer(
    wire: SimpleNamespace, read: Read, port: int, request_: bytes, last: float, told_: bool
) -> None:
    greeting = ((0.1, "s", b"\x4a\0\0\0\x0a", PSH),) if port == 3306 else ()
    found = told(read(talk(wire, port, *greeting, (0.2, "c", request_, PSH), (0.2 + last, "c", b"", FIN))))
    assert [note for note, _ in found] == ["server_silent"] * told_
    if told_:
        assert f"did not answer for {last:.3g} s, until the client gave up" in found[0][1]


def test_a_program_that_does_not_greet(wire: SimpleNamespace, read: Read) -> None:
    ((note, msg),) = told(read(talk(wire, 22, (8.0, "c", b"", FIN))))
    assert note == "server_silent" and "said nothing for 8 s" in msg
    assert told(read(talk(wire, 22, (0.5, "c", b"", FIN)))) == []


def test_a_request_into_a_connection_that_was_closed(wire: SimpleNamespace, read: Read) -> None:
    first = ((0.1, "c", GET, PSH), (0.15, "s", OK, PSH))
    ((note, msg),) = told(
        read(talk(wire, 80, *first, (5.15, "s", b"", FIN), (5.2, "c", GET, PSH), (5.201, "s", b"", RST)))
    )
    assert note == "keepalive_race" and "idle for 5 s; 0.05 s later" in msg


def test_an_early_refusal_and_a_farewell_are_no_race(wire: SimpleNamespace, read: Read) -> None:
    refused = (
        (0.1, "c", GET, PSH), (0.15, "s", OK, PSH), (0.151, "s", b"", FIN), (0.152, "c", GET, PSH),
        (0.153, "s", b"", RST),
    )  # fmt: skip
    bye = b"\x17\x03\x03\0\x13" + bytes(19)
    closed = (
        (0.1, "c", b"\x17\x03\x03\0\x50" + bytes(80), PSH), (0.2, "s", b"\x17\x03\x03\0\x50" + bytes(80), PSH),
        (9.0, "s", b"", FIN), (9.1, "c", bye, PSH), (9.2, "s", b"", RST),
    )  # fmt: skip
    assert told(read(talk(wire, 80, *refused))) == told(read(talk(wire, 443, *closed))) == []


def asks(
    wire: SimpleNamespace, waits: list[float], answer: bytes, rest: float, path: bytes = b"/inbox"
) -> list[tuple[float, bytes]]:
    """A client that asks again so many seconds behind each answer."""
    packets: list[tuple[float, bytes]] = []
    now = 0.0
    for number, wait in enumerate(waits):
        turns = ((0.1, "c", GET.replace(b"/cart", path), PSH), (0.1 + wait, "s", answer, PSH))
        packets += talk(wire, 80, *turns, client_port=40000 + number, begin=now)
        now += 0.1 + wait + rest
    return packets


EVENTS = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\ndata: 1\n\n"


@pytest.mark.parametrize(
    ("waits", "answer", "rest", "slow"),
    [
        ([1.3, 4.2, 2.2, 5.0, 1.5], OK, 0.05, 0),  # news come when they come
        ([25.0, 25.0, 25.0, 25.0], OK, 0.05, 0),  # nothing new until the time is up
        ([3.0, 3.0], b"HTTP/1.1 204 No Content\r\n\r\n", 9.0, 0),
        ([2.0], EVENTS, 0.0, 0),
        ([2.5, 2.6, 2.4, 2.5, 2.5], OK, 0.05, 5),  # slow, however often one asks
        ([1.3, 4.2, 2.2, 5.0, 1.5], OK, 10.0, 5),  # people, who rest between two pages
    ],
)
def test_answers_that_are_meant_to_wait(
    wire: SimpleNamespace, read: Read, waits: list[float], answer: bytes, rest: float, slow: int
) -> None:
    assert [note for note, _ in told(read(asks(wire, waits, answer, rest)))] == ["http_slow_server"] * slow


def test_an_answer_that_the_capture_missed_is_an_answer(wire: SimpleNamespace, read: Read) -> None:
    packets = talk(wire, 80, (0.2, "c", GET, PSH), (0.3, "s", OK, PSH), (6.2, "c", b"", FIN))
    assert told(read([packet for packet in packets if not packet[1].endswith(OK)])) == []


def test_a_poll_that_its_client_breaks_off_is_no_silence(wire: SimpleNamespace, read: Read) -> None:
    packets = asks(wire, [1.3, 4.2, 2.2, 5.0, 1.5], OK, 0.05)
    left = talk(wire, 80, (0.1, "c", GET.replace(b"/cart", b"/inbox"), PSH), (9.0, "c", b"", FIN), begin=40.0)
    assert told(read([*packets, *left])) == []
    assert [note for note, _ in told(read(left))] == ["server_silent"]


def test_a_capture_that_ends_soon_blames_nobody(wire: SimpleNamespace, read: Read) -> None:
    for seconds, count in ((10.0, 0), (20.0, 1)):
        other = talk(wire, 81, begin=seconds, client_port=50000)
        assert len(told(read([*talk(wire, 80, (0.2, "c", GET, PSH)), *other]))) == count
