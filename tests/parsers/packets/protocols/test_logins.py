"""Passwords that anybody on the way can read: the user is named, the password never."""

from __future__ import annotations

import struct
from collections.abc import Callable
from types import SimpleNamespace

import pytest

from parsers.packets.capture import Capture

Read = Callable[..., Capture]
SYN, PSH, ACK = 2, 8, 16
SECRET = b"hunter2hunter2"
FORM = b"Host: a.test\r\nContent-Type: application/x-www-form-urlencoded\r\n\r\n"


def talk(wire: SimpleNamespace, port: int, *said: tuple[str, bytes]) -> list[tuple[float, bytes]]:
    """A connection in which each side says what is given."""
    opened = wire.Talk(sport=port).open()
    packets, sent = list(opened.packets), {"c": 1, "s": 1}
    for number, (who, text) in enumerate(said, 1):
        other = "s" if who == "c" else "c"
        ports = (opened.cport, port) if who == "c" else (port, opened.cport)
        base = opened.base if who == "c" else opened.base[::-1]
        segment = wire.tcp(*ports, base[0] + sent[who], base[1] + sent[other], PSH | ACK) + text
        hosts = (opened.client, opened.server) if who == "c" else (opened.server, opened.client)
        packets.append((number * 0.1, wire.ethernet(0x800, wire.ip(6, segment, *hosts, number=100 + number))))
        sent[who] += len(text)
    return packets


def counted(*texts: bytes) -> bytes:
    return b"".join(struct.pack(">H", len(text)) + text for text in texts)


def ldap(password: bytes) -> bytes:
    bind = b"\x02\x01\x03\x04\x08cn=admin\x80" + bytes([len(password)]) + password
    message = b"\x02\x01\x01\x60" + bytes([len(bind)]) + bind
    return b"\x30" + bytes([len(message)]) + message


def mqtt(flags: int, *payload: bytes) -> bytes:
    body = counted(b"MQTT") + bytes([4, flags, 0, 60]) + counted(*payload)
    return bytes([0x10, len(body)]) + body


CLEAR = {
    "redis-auth": (6379, "redis", None, [("c", b"*2\r\n$4\r\nAUTH\r\n$14\r\n" + SECRET + b"\r\n")]),
    "redis-acl": (6379, "redis", "eve", [("c", b"*3\r\n$4\r\nauth\r\n$3\r\neve\r\n$14\r\n" + SECRET + b"\r\n")]),
    "redis-typed": (6379, "redis", None, [("c", b"AUTH " + SECRET + b"\r\n")]),
    "ldap": (389, "ldap", "cn=admin", [("c", ldap(SECRET))]),
    "mqtt": (1883, "mqtt", "eve", [("c", mqtt(0xC2, b"sensor", b"eve", SECRET))]),
    "mqtt-will": (1883, "mqtt", "eve", [("c", mqtt(0xC6, b"sensor", b"gone", b"bye", b"eve", SECRET))]),
    "postgresql": (
        5432,
        "postgresql",
        None,
        [("c", b"hello"), ("s", b"R\0\0\0\x08\0\0\0\x03"), ("c", b"p\0\0\0\x13" + SECRET + b"\0")],
    ),
    "telnet": (23, "telnet", None, [("s", b"login: "), ("c", b"eve\r\n"), ("s", b"Password: "), ("c", SECRET)]),
    "form": (8080, "http", "eve", [("c", b"POST /login HTTP/1.1\r\n" + FORM + b"user=eve&password=" + SECRET)]),
    "form-behind": (
        80,
        "http",
        "a@b.test",
        [("c", b"POST /x HTTP/1.1\r\n" + FORM), ("c", b"email=a%40b.test&pwd=" + SECRET)],
    ),
    "json": (
        80,
        "http",
        "eve",
        [("c", b"PUT /x HTTP/1.1\r\n\r\n" + b'{"username": "eve", "password": "hunter2hunter2"}')],
    ),
    "address": (80, "http", None, [("c", b"GET /api?password=hunter2hunter2&q=1 HTTP/1.1\r\nHost: a\r\n\r\n")]),
}


@pytest.mark.parametrize("name", CLEAR)
def test_a_password_in_the_clear_is_told_and_not_shown(name: str, wire: SimpleNamespace, read: Read) -> None:
    port, service, user, said = CLEAR[name]
    found = read(talk(wire, port, *said))
    texts = [notice.text() for notice in found.notices() if notice.note == "cleartext_credentials"]
    assert len(texts) == 1
    assert f" service={service} user={user or 'unknown'} " in texts[0]
    assert f" server=10.0.0.9:{port}" in texts[0]
    assert not [value for row in found.tables["logins"].rows() for value in row if "hunter2" in str(value)]
    assert "hunter2" not in texts[0]


NOTHING = {
    "redis": (6379, [("c", b"*2\r\n$3\r\nGET\r\n$4\r\nAUTH\r\n")]),
    "ldap-anonymous": (389, [("c", ldap(b""))]),
    "mqtt-anonymous": (1883, [("c", mqtt(0x02, b"sensor"))]),
    "postgresql-scram": (5432, [("s", b"R\0\0\0\x17\0\0\0\x0aSCRAM-SHA-256\0\0"), ("c", b"p\0\0\0\x36SCRAM")]),
    "telnet-without": (23, [("s", b"login: "), ("c", b"eve\r\n")]),
    "form-empty": (80, [("c", b"POST /login HTTP/1.1\r\n" + FORM + b"user=eve&password=&bypass=1")]),
    "form-search": (80, [("c", b"GET /search?q=password HTTP/1.1\r\nHost: a\r\n\r\n")]),
}


@pytest.mark.parametrize("name", NOTHING)
def test_what_is_no_password_is_not_told(name: str, wire: SimpleNamespace, read: Read) -> None:
    port, said = NOTHING[name]
    notes = [notice.note for notice in read(talk(wire, port, *said)).notices()]
    assert "cleartext_credentials" not in notes
