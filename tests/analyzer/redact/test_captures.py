"""Captures that are handed on hold no password, whatever protocol carried it, and stay readable."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from analyzer.cli import run

SECRET = b"hunter2hunter2"


def counted(*texts: bytes) -> bytes:
    return b"".join(struct.pack(">H", len(text)) + text for text in texts)


def ldap() -> bytes:
    bind = b"\x02\x01\x03\x04\x08cn=admin\x80" + bytes([len(SECRET)]) + SECRET
    message = b"\x02\x01\x01\x60" + bytes([len(bind)]) + bind
    return b"\x30" + bytes([len(message)]) + message


def mqtt() -> bytes:
    body = counted(b"MQTT") + b"\x04\xc2\0\x3c" + counted(b"sensor", b"eve", SECRET)
    return bytes([0x10, len(body)]) + body


LOGINS = {
    "ldap": (389, ldap()),
    "mqtt": (1883, mqtt()),
    "postgresql": (5432, b"p\0\0\0\x13" + SECRET + b"\0"),
    "redis": (6379, b"*2\r\n$4\r\nAUTH\r\n$14\r\n" + SECRET + b"\r\n"),
    "redis-acl": (6379, b"*3\r\n$4\r\nAUTH\r\n$3\r\neve\r\n$14\r\n" + SECRET + b"\r\n"),
    "form": (80, b"POST /login HTTP/1.1\r\nHost: a.test\r\n\r\nuser=eve&password=" + SECRET),
}


CLIENT, SERVER = b"\x0a\0\0\5", b"\x0a\0\0\x09"


def record(payload: bytes, source: tuple[bytes, int], target: tuple[bytes, int]) -> bytes:
    """A packet of a capture file, with its header."""
    segment = struct.pack(">HHIIHHHH", source[1], target[1], 7, 9, 0x5018, 8192, 0, 0) + payload
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(segment), 7, 0x4000, 64, 6, 0)
    frame = bytes.fromhex("0200000000010200000000020800") + head + source[0] + target[0] + segment
    return struct.pack("<IIII", 1_773_480_413, 0, len(frame), len(frame)) + frame


HEADER = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1)


@pytest.mark.parametrize("name", LOGINS)
def test_no_password_is_left(name: str, tmp_path: Path) -> None:
    port, payload = LOGINS[name]
    raw = HEADER + record(payload, (CLIENT, 40000), (SERVER, port))
    file, clean = tmp_path / "a.pcap", tmp_path / "clean.pcap"
    file.write_bytes(raw)
    assert run(["redact", str(file), "-o", str(clean)]) == 0
    written = clean.read_bytes()
    assert (len(written), written.count(SECRET)) == (len(raw), 0)
    kept = payload.index(SECRET)
    assert payload[: kept // 2] in written  # what stands ahead of it tells the protocol


def test_what_is_typed_behind_the_prompt_of_telnet_is_hidden_until_the_line_ends(tmp_path: Path) -> None:
    server, typist, other = (SERVER, 23), (CLIENT, 40000), (b"\x0a\0\0\7", 40000)
    said = [(server, typist, b"\r\nPassword: "), (other, server, b"L"), (typist, server, b"q")]
    said += [(typist, server, b"7"), (typist, server, b"Z\r\0"), (typist, server, b"ls -W\r\0")]
    file, clean = tmp_path / "a.pcap", tmp_path / "clean.pcap"
    file.write_bytes(HEADER + b"".join(record(text, source, target) for source, target, text in said))
    assert run(["redact", str(file), "-o", str(clean)]) == 0
    written, place, payloads = clean.read_bytes(), len(HEADER), []
    for _, _, text in said:
        place += 16 + 14 + 20 + 20 + len(text)
        payloads.append(written[place - len(text) : place])
    assert payloads == [b"\r\nPassword: ", b"L", b"x", b"x", b"x\r\0", b"ls -W\r\0"]
