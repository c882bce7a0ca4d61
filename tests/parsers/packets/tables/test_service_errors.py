"""Errors of servers in protocols of their own, as they stand on the wire, and bytes that only look like them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import SimpleNamespace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.packets.capture import Capture
from parsers.packets.tables.service_errors import _SERVICES

Read = Callable[..., Capture]


def pg(severity: bytes, state: bytes, text: bytes) -> bytes:
    body = b"S" + severity + b"\0V" + severity + b"\0C" + state + b"\0M" + text + b"\0\0"
    return b"E" + struct.pack(">I", len(body) + 4) + body


def mysql(code: int, state: bytes, text: bytes, number: int = 2) -> bytes:
    body = b"\xff" + struct.pack("<H", code) + (b"#" + state if state else b"") + text
    return struct.pack("<I", len(body))[:3] + bytes([number]) + body


def tds(code: int, severity: int, text: str) -> bytes:
    wide = text.encode("utf-16-le")
    token = struct.pack("<IBBH", code, 1, severity, len(text)) + wide + b"\2S\0Q\0\0\1\0\0\0"
    return struct.pack(">BBHHBB", 4, 1, 11 + len(token), 52, 1, 0) + b"\xaa" + struct.pack("<H", len(token)) + token


def tns(code: int) -> bytes:
    text = f"(DESCRIPTION=(TMP=)(VSNNUM=318767104)(ERR={code})(ERROR_STACK=(ERROR=(CODE={code})(EMFI=4))))".encode()
    return struct.pack(">HHBBHBBH", 12 + len(text), 0, 4, 0, 0, 34, 0, len(text)) + text


def amqp(kind: tuple[int, int], code: int, text: bytes) -> bytes:
    body = struct.pack(">HHHB", *kind, code, len(text)) + text + bytes(4)
    return struct.pack(">BHI", 1, 0, len(body)) + body + b"\xce"


def ldap(op: int, code: int, text: bytes = b"") -> bytes:
    body = b"\x0a\1" + bytes([code]) + b"\4\0\4" + bytes([len(text)]) + text
    inner = b"\2\1\1" + bytes([op, len(body)]) + body
    return b"\x30\x84" + struct.pack(">I", len(inner)) + inner


def kerberos(code: int) -> bytes:
    fields = b"\xa0\3\2\1\5\xa1\3\2\1\x1e\xa4\x11\x18\x0f20260314092653Z\xa5\5\2\3\0\x12\x34\xa6\3\2\1" + bytes([code])
    inner = b"\x30" + bytes([len(fields)]) + fields
    return b"\x7e" + bytes([len(inner)]) + inner


def smb(status: int, response: bool = True) -> bytes:
    head = b"\xfeSMB" + struct.pack("<HHIHHI", 64, 1, status, 1, 1, int(response)) + bytes(44)
    return struct.pack(">I", len(head)) + head


RADIUS = struct.pack(">BBH", 3, 7, 20 + 9) + bytes(16) + b"\x12\x09sorry!\0"
CASES = [
    (5432, pg(b"FATAL", b"53300", b"sorry, too many clients already"), "postgresql", "53300", "overload"),
    (5432, b"R\0\0\0\x08\0\0\0\0" + pg(b"FATAL", b"57P03", b"starting up"), "postgresql", "57P03", "unavailable"),
    (5432, b"1\0\0\0\x042\0\0\0\4" + pg(b"ERROR", b"40P01", b"deadlock detected"), "postgresql", "40P01", "conflict"),
    (5432, pg("СБОЙ".encode(), b"28P01", "пользователь".encode()), "postgresql", "28P01", "login"),
    (5432, pg(b"ERROR", b"23505", b"duplicate key"), "postgresql", "23505", "usual"),
    (3306, mysql(1040, b"", b"Too many connections", 0), "mysql", "1040", "overload"),
    (3306, mysql(1213, b"40001", b"Deadlock found"), "mysql", "1213", "conflict"),
    (1433, tds(18456, 14, "Login failed for user 'shop'."), "mssql", "18456", "login"),
    (1433, tds(823, 24, "The operating system returned error 21"), "mssql", "823", "fault"),
    (1521, tns(12519), "oracle", "ORA-12519", "overload"),
    (6379, b"-LOADING Redis is loading the dataset in memory\r\n", "redis", "LOADING", "unavailable"),
    (6379, b"-ERR max number of clients reached\r\n", "redis", "ERR", "overload"),
    (6379, b"-MOVED 3999 10.0.0.7:6381\r\n", "redis", "MOVED", "usual"),
    (11211, b"SERVER_ERROR out of memory storing object\r\n", "memcached", "SERVER_ERROR", "overload"),
    (1883, b"\x20\2\0\3", "mqtt", "3", "unavailable"),
    (1883, b"\x20\6\0\x9f\3\x1f\0\0", "mqtt", "159", "overload"),
    (1883, b"\xe0\2\x8b\0", "mqtt", "139", "unavailable"),
    (5672, amqp((10, 50), 403, b"ACCESS_REFUSED - Login was refused"), "amqp", "403", "login"),
    (5672, amqp((20, 40), 404, b"NOT_FOUND - no queue 'till'"), "amqp", "404", "fault"),
    (389, ldap(0x61, 49, b"80090308: LdapErr: DSID-0C090447, data 775"), "ldap", "49", "login"),
    (389, ldap(0x65, 51), "ldap", "51", "overload"),
    (88, struct.pack(">I", len(kerberos(37))) + kerberos(37), "kerberos", "37", "clock"),
    (445, smb(0xC000006D), "smb", "0xc000006d", "login"),
    (445, smb(0xC000007F), "smb", "0xc000007f", "overload"),
]  # fmt: skip


def answer(wire: SimpleNamespace, port: int, payload: bytes, protocol: int = 6) -> list[tuple[float, bytes]]:
    head = wire.tcp(port, 40000, 9, 9, 0x18) + payload if protocol == 6 else wire.udp(port, 40000, payload)
    return [(0.0, wire.ethernet(0x800, wire.ip(protocol, head, "10.0.0.9", "10.0.0.5")))]


@pytest.mark.parametrize(("port", "payload", "service", "code", "kind"), CASES)
def test_errors(
    wire: SimpleNamespace, read: Read, port: int, payload: bytes, service: str, code: str, kind: str
) -> None:  # fmt: skip
    found = read(answer(wire, port, payload))
    columns = ("service", "code", "kind", "id_orig_h", "id_resp_h", "id_resp_p")
    assert found.tables["service_errors"].select(columns).rows() == [
        (service, code, kind, "10.0.0.5", "10.0.0.9", port)
    ]
    (notice,) = [notice for notice in found.notices() if notice.note == "service_error"]
    assert f" service={service} kind={kind} code={code} " in notice.text() and "server=10.0.0.9:" in notice.text()


@pytest.mark.parametrize(("port", "payload", "code"), [(88, kerberos(24), "24"), (1812, RADIUS, "3")])
def test_errors_in_datagrams(wire: SimpleNamespace, read: Read, port: int, payload: bytes, code: str) -> None:
    table = read(answer(wire, port, payload, 17)).tables["service_errors"]
    assert table.select("code", "kind").rows() == [(code, "login")]


@pytest.mark.parametrize(
    ("port", "payload"),
    [
        (445, smb(0xC0000016)), (445, smb(0xC000006D, response=False)), (445, smb(0)), (389, ldap(0x61, 0)),
        (389, ldap(0x60, 49)), (1883, b"\x20\2\0\0"), (6379, b"-1\r\n"), (6379, b"+OK\r\n"),
        (3306, b"\x05\0\0\1\0\0\0\2\0"), (5432, b"Z\0\0\0\5I"), (5672, amqp((10, 50), 200, b"bye")),
        (8080, pg(b"FATAL", b"53300", b"not its port")),
    ],
)  # fmt: skip
def test_what_is_no_error(wire: SimpleNamespace, read: Read, port: int, payload: bytes) -> None:
    assert len(read(answer(wire, port, payload)).tables["service_errors"]) == 0


@settings(max_examples=300, deadline=None)
@given(st.sampled_from(CASES), st.integers(0, 200), st.integers(0, 255), st.integers(0, 120))
def test_broken_errors_make_nothing_fail(case: tuple[int, bytes, str, str, str], at: int, value: int, cut: int) -> None:
    data = bytearray(case[1])
    data[at % len(data)] = value
    for service in _SERVICES:
        for raw in (bytes(data), bytes(data[:cut]), b"\x30\x84" + bytes(data)):
            error = service.read(raw)
            assert error is None or (error.code and error.kind)
