"""Statements of PostgreSQL with their answers, as the wire shows them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import SimpleNamespace

import polars as pl
import pytest

from parsers.packets.capture import Capture

Read = Callable[..., Capture]
PSH_ACK = 0x18


def message(kind: bytes, body: bytes) -> bytes:
    return kind + struct.pack(">I", 4 + len(body)) + body


QUERY = message(b"Q", b"select 1\0")
PREPARED = message(b"P", b"s1\0select $1\0\0\0") + message(b"B", b"\0s1\0\0\0\0\0\0\0") + message(b"S", b"")
BOUND = message(b"B", b"\0s1\0\0\0\0\0\0\0") + message(b"S", b"")
ROWS = message(b"T", bytes(10)) + message(b"Z", b"I")
FAILED = message(b"E", b"SERROR\0C42P01\0Mrelation does not exist\0\0") + message(b"Z", b"I")


def table(wire: SimpleNamespace, read: Read, *said: tuple[float, str, bytes], port: int = 5432) -> pl.DataFrame:
    """What was said by "c" or "s", at which second."""
    sent = {"c": 1000, "s": 5000}
    packets = []
    for number, (at, who, payload) in enumerate(said):
        orig = who == "c"
        other = "s" if orig else "c"
        ports, ends = ((40000, port), ("10.0.0.5", "10.0.0.9")) if orig else ((port, 40000), ("10.0.0.9", "10.0.0.5"))
        segment = wire.tcp(*ports, sent[who], sent[other], PSH_ACK) + payload
        packets.append((at, wire.ethernet(0x800, wire.ip(6, segment, *ends, number=number))))
        sent[who] += len(payload)
    return read(packets).tables["postgresql"]


@pytest.mark.parametrize(("asked", "text"), [(QUERY, "select 1"), (PREPARED, "select $1"), (BOUND, "")])
def test_a_statement_and_its_answer(wire: SimpleNamespace, read: Read, asked: bytes, text: str) -> None:
    found = table(wire, read, (0, "c", asked), (1.5, "s", ROWS))
    assert found.select("frontend_arg", "response_frame_number", "response_time", "sqlstate").rows() == [
        (text, 2, pytest.approx(1.5), None)
    ]
    assert found.select("id_orig_h", "id_resp_p").rows() == [("10.0.0.5", 5432)]


def test_an_error_and_a_statement_without_an_answer(wire: SimpleNamespace, read: Read) -> None:
    found = table(wire, read, (0, "c", QUERY), (0.1, "s", FAILED), (5, "c", QUERY))
    assert found["sqlstate"].to_list() == ["42P01", None]
    assert found["response_time"].to_list() == [pytest.approx(0.1), None]


def test_statements_sent_before_the_answer_are_one_wait(wire: SimpleNamespace, read: Read) -> None:
    found = table(wire, read, (0, "c", QUERY), (0.1, "c", QUERY), (2, "s", ROWS), (3, "c", QUERY), (3.1, "s", ROWS))
    assert found.select("frame_number", "response_frame_number").rows() == [(1, 3), (4, 5)]


def test_other_ports_and_other_messages_are_not_taken_for_statements(wire: SimpleNamespace, read: Read) -> None:
    assert not len(table(wire, read, (0, "c", QUERY), (2, "s", ROWS), port=8080))
    assert not len(table(wire, read, (0, "c", message(b"p", b"secret\0")), (2, "s", ROWS)))
    assert not len(table(wire, read, (0, "c", b"Q\xff\xff\xff\xffx"), (2, "s", ROWS)))
