"""HTTP/2 in the clear: from its beginning, by upgrade, from its middle, with gaps, and what only looks like it."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import SimpleNamespace

from parsers.packets.capture import Capture

Read = Callable[..., Capture]
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 4, 6, 8, 9


def frame(kind: int, stream: int = 0, payload: bytes = b"", flags: int = 0) -> bytes:
    return struct.pack(">I", len(payload))[1:] + bytes((kind, flags)) + struct.pack(">I", stream) + payload


def text(value: str) -> bytes:
    return bytes([len(value)]) + value.encode()


def request(stream: int, path: str) -> bytes:
    return frame(HEADERS, stream, b"\x82\x86\x04" + text(path) + b"\x01" + text("shop.example"), 5)


def status(code: int) -> bytes:
    return b"\x08" + text(str(code))


def response(stream: int, code: int, flags: int = 5) -> bytes:
    return frame(HEADERS, stream, status(code), flags)


def talk(wire: SimpleNamespace, *turns: tuple[str, bytes]) -> list[tuple[float, bytes]]:
    """A connection in which the sides send so in turns, 10 ms apart."""
    talk = wire.Talk(sport=9000).open()
    sent = {"c": 1, "s": 1}
    ports = {"c": (talk.cport, talk.sport), "s": (talk.sport, talk.cport)}
    for number, (who, data) in enumerate(turns):
        other = "s" if who == "c" else "c"
        mine, their = talk.base if who == "c" else talk.base[::-1]
        head = wire.tcp(*ports[who], mine + sent[who], their + sent[other], 0x18)
        ends = (talk.client, talk.server) if who == "c" else (talk.server, talk.client)
        talk.packets.append(
            (0.1 + number * 0.01, wire.ethernet(0x800, wire.ip(6, head + data, *ends, number=50 + number)))
        )
        sent[who] += len(data)
    return talk.packets


def rows(capture: Capture) -> list[tuple[object, ...]]:
    return capture.tables["http"].select("method", "host", "uri", "status_code", "version").rows()


def test_from_the_beginning_with_streams_that_overtake_each_other(wire: SimpleNamespace, read: Read) -> None:
    found = read(
        talk(
            wire,
            ("c", PREFACE + frame(SETTINGS) + request(1, "/slow") + request(3, "/fast")),
            ("s", frame(SETTINGS) + response(3, 503)),
            ("s", response(1, 200, 4) + frame(DATA, 1, b"x" * 500)),
            ("s", frame(DATA, 1, b"x" * 900, 1)),
        )
    )
    assert rows(found) == [
        ("GET", "shop.example", "/slow", 200, "2"),
        ("GET", "shop.example", "/fast", 503, "2"),
    ]
    table = found.tables["http"]
    assert table["response_frame_number"].to_list() == [6, 5]
    assert table["transfer_time"].round(3).to_list() == [0.01, 0.0]
    assert [notice.note for notice in found.notices()] == ["http_server_errors"]


def test_by_upgrade_the_first_request_gets_the_answer_of_the_first_stream(wire: SimpleNamespace, read: Read) -> None:
    ask = b"GET /first HTTP/1.1\r\nHost: a.example\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
    found = read(
        talk(
            wire,
            ("c", ask),
            ("s", b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" + frame(SETTINGS)),
            ("c", PREFACE + frame(SETTINGS)),
            ("s", response(1, 404)),
            ("c", request(3, "/second")),
            ("s", response(3, 200)),
        )
    )
    assert rows(found) == [
        ("GET", "a.example", "/first", 404, "1.1"),
        ("GET", "shop.example", "/second", 200, "2"),
    ]


def test_a_block_in_several_frames_with_padding_and_priority(wire: SimpleNamespace, read: Read) -> None:
    block = b"\x82\x86\x04" + text("/long")
    first = frame(HEADERS, 1, b"\x03" + bytes(5) + block[:4] + bytes(3), 0x29)
    found = read(
        talk(
            wire,
            ("c", PREFACE + first + frame(CONTINUATION, 1, block[4:], 4)),
            ("s", frame(SETTINGS) + response(1, 500)),
        )
    )
    assert rows(found) == [("GET", None, "/long", 500, "2")]


def test_trailers_and_the_status_of_grpc(wire: SimpleNamespace, read: Read) -> None:
    trailer = b"\x40" + text("grpc-status") + text("14") + b"\x40" + text("grpc-message") + text("gone%21")
    found = read(
        talk(
            wire,
            ("c", PREFACE + frame(SETTINGS) + request(1, "/a.B/C")),
            ("s", response(1, 200, 4) + frame(DATA, 1, b"abc") + frame(HEADERS, 1, trailer, 5)),
        )
    )
    row = found.tables["http"].row(0, named=True)
    assert (row["status_code"], row["grpc_status"], row["grpc_message"]) == (200, 14, "gone!")
    assert "gRPC call GET /a.B/C with UNAVAILABLE: gone!" in found.notices()[0].text()


def test_from_the_middle(wire: SimpleNamespace, read: Read) -> None:
    whole = talk(
        wire,
        ("c", PREFACE + frame(SETTINGS)),
        ("s", frame(SETTINGS)),
        ("c", request(7, "/a") + frame(WINDOW_UPDATE, 0, b"\0\0\1\0")),
        ("s", frame(PING, 0, bytes(8)) + response(7, 502)),
        ("c", frame(PING, 0, bytes(8), 1) + request(9, "/b")),
        ("s", response(9, 200)),
    )
    assert rows(read(whole[5:])) == [
        ("GET", "shop.example", "/a", 502, "2"),
        ("GET", "shop.example", "/b", 200, "2"),
    ]


def test_behind_a_gap_reading_goes_on(wire: SimpleNamespace, read: Read) -> None:
    turns = [("c", PREFACE + frame(SETTINGS)), ("s", frame(SETTINGS))]
    for number in range(1, 21, 2):
        turns += [("c", request(number, f"/{number}")), ("s", response(number, 200))]
    packets = talk(wire, *turns)
    del packets[10]
    found = read(packets).tables["http"]
    assert len(found) == 10
    assert found["status_code"].null_count() + found["uri"].null_count() == 1


def test_what_only_looks_like_it_is_left_alone(wire: SimpleNamespace, read: Read) -> None:
    words = frame(PING, 0, bytes(8)) + b"\xff" * 60
    found = read(talk(wire, ("c", words), ("s", words), ("c", b"\xfe" * 500), ("s", b"\xfd" * 500)))
    assert found.tables["http"].is_empty()


def test_secrets_are_not_kept(wire: SimpleNamespace, read: Read) -> None:
    block = b"\x82\x86\x84\x0f\x08" + text("Basic YWRtaW46aHVzaA==")
    found = read(talk(wire, ("c", PREFACE + frame(HEADERS, 1, block, 5)), ("s", frame(SETTINGS) + response(1, 200))))
    row = found.tables["http"].row(0, named=True)
    assert (row["auth_scheme"], row["username"]) == ("basic", "admin")
    assert "YWRtaW" not in str(row)


RST_STREAM, GOAWAY = 3, 7


def grpc(stream: int, path: str, timeout: str = "") -> bytes:
    block = b"\x83\x86\x04" + text(path) + b"\x01" + text("pay.example")
    block += b"\x40" + text("grpc-timeout") + text(timeout) if timeout else b""
    return frame(HEADERS, stream, block, 5)


def reset(stream: int, code: int) -> bytes:
    return frame(RST_STREAM, stream, struct.pack(">I", code))


def test_a_call_whose_deadline_passed_is_told(wire: SimpleNamespace, read: Read) -> None:
    waits = ("s", frame(PING, payload=bytes(8)))
    ask = ("c", PREFACE + frame(SETTINGS) + grpc(1, "/pay.Till/Charge", "50m") + grpc(3, "/pay.Till/List"))
    found = read(talk(wire, ask, ("s", frame(SETTINGS)), *[waits] * 3, ("c", reset(1, 8) + reset(3, 8))))
    told = [(notice.note, notice.severity_number, notice.fields.get("code")) for notice in found.notices()]
    assert told == [("grpc_errors", 17, "DEADLINE_EXCEEDED"), ("http2_reset", 9, None)]
    assert "/pay.Till/Charge after 0.050 s: its deadline of 0.05 s passed" in found.notices()[0].msg


def test_streams_and_connections_that_a_server_breaks_off(wire: SimpleNamespace, read: Read) -> None:
    ask = ("c", PREFACE + frame(SETTINGS) + request(1, "/a") + request(3, "/b"))
    calm = frame(GOAWAY, 0, struct.pack(">II", 3, 11) + b"too_many_pings")
    found = read(talk(wire, ask, ("s", frame(SETTINGS) + reset(1, 2)), ("s", response(3, 200)), ("s", calm)))
    assert [(notice.note, notice.severity_number) for notice in found.notices()] == [
        ("http2_reset", 13), ("http2_reset", 17),
    ]  # fmt: skip
    stream, connection = (notice.text() for notice in found.notices())
    assert "broke off GET /a with INTERNAL_ERROR" in stream and "scope=stream" in stream
    assert "ended the HTTP/2 connection with ENHANCE_YOUR_CALM (too_many_pings)" in connection


def test_a_healthy_end_is_no_reset(wire: SimpleNamespace, read: Read) -> None:
    ask = ("c", PREFACE + frame(SETTINGS) + request(1, "/a"))
    end = response(1, 200) + reset(1, 0) + frame(GOAWAY, 0, struct.pack(">II", 1, 0))
    assert read(talk(wire, ask, ("s", frame(SETTINGS) + end))).notices() == []
