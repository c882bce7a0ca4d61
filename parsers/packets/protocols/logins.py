"""Passwords that clients send as they are: who logs in, never with what.

Redis (AUTH, HELLO), LDAP simple bind (RFC 4513), MQTT CONNECT, PostgreSQL's "password" method, forms and JSON of HTTP.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import unquote_plus

# The name of the user, "" where the login has none; None where there is no password in the clear.
Login = str | None
Reader = Callable[[bytes], Login]
_MOST_NAME = 64
_REDIS = re.compile(
    rb"(?:\*[234]\r\n\$4\r\nAUTH\r\n(?:\$[0-9]{1,4}\r\n([^\r\n]{1,256})\r\n)?\$[0-9]{1,5}\r\n[^\r\n]"
    rb"|\*[0-9]{1,2}\r\n\$5\r\nHELLO\r\n\$1\r\n[0-9]\r\n\$4\r\nAUTH\r\n\$[0-9]{1,4}\r\n([^\r\n]{1,256})\r\n"
    rb"|AUTH +(?:([^ \r\n]{1,256}) +)?[^ \r\n]{1,512}\r?\n)",
    re.IGNORECASE,
)
_SECRET = rb"(?:pass|passwd|password|passwort|pwd|user_?pass|j_password|login_?password)"
_NAME = rb"(?:user|username|user_?name|login|log|email|j_username|usr|account)"
_FORM_SECRET = re.compile(rb"(?:^|[&?])" + _SECRET + rb"=[^&\s]", re.IGNORECASE)
_FORM_NAME = re.compile(rb"(?:^|[&?])" + _NAME + rb"=([^&\s]{1,128})", re.IGNORECASE)
_JSON_SECRET = re.compile(rb'"' + _SECRET + rb'"\s{0,4}:\s{0,4}"[^"]', re.IGNORECASE)
_JSON_NAME = re.compile(rb'"' + _NAME + rb'"\s{0,4}:\s{0,4}"([^"]{1,128})"', re.IGNORECASE)

_POSTGRESQL = re.compile(rb"p\0\0[\0-\x04][\0-\xff]([\x20-\x7e]{1,1024})\0")


def _name(raw: bytes | None) -> str:
    return (raw or b"").decode("utf-8", "replace")[:_MOST_NAME]


def redis(data: bytes) -> Login:
    """AUTH of RESP, also within HELLO, and as a line that a person types."""
    found = _REDIS.match(data)
    return None if found is None else _name(found[1] or found[2] or found[3])


def ldap(data: bytes) -> Login:
    """A bind by name and password; without a password it is anonymous."""
    message, _ = _element(data, 0x30)
    number, rest = _element(message, 0x02)
    bind, _ = _element(rest, 0x60)
    version, rest = _element(bind, 0x02)
    name, rest = _element(rest, 0x04)
    return _name(name) if number and version and rest[:1] == b"\x80" and rest[1:2] not in (b"", b"\0") else None


def _element(data: bytes, tag: int) -> tuple[bytes, bytes]:
    """What an element of BER holds, and what follows it; nothing where there is another one."""
    if len(data) < 2 or data[0] != tag:
        return b"", b""
    size, begin = data[1], 2
    if size > 0x80:
        begin += size & 0x7F
        size = int.from_bytes(data[2:begin], "big")
    return data[begin : begin + size], data[begin + size :]


def mqtt(data: bytes) -> Login:
    """CONNECT with a password."""
    if data[:1] != b"\x10":
        return None
    at = 1
    while at < 5 and data[at : at + 1] >= b"\x80":
        at += 1
    protocol, rest = _counted(data[at + 1 :])
    if protocol not in (b"MQTT", b"MQIsdp") or len(rest) < 4 or not rest[1] & 0x40:
        return None
    level, flags, rest = rest[0], rest[1], rest[4:]
    if level >= 5 and rest:  # properties; longer ones than 127 bytes are rare ahead of a login
        rest = rest[1 + (rest[0] & 0x7F) :]
    _, rest = _counted(rest)
    if flags & 0x04:  # a last will: its topic, and what it says
        if level >= 5 and rest:
            rest = rest[1 + (rest[0] & 0x7F) :]
        for _ in range(2):
            _, rest = _counted(rest)
    return _name(_counted(rest)[0]) if flags & 0x80 else ""


def _counted(data: bytes) -> tuple[bytes, bytes]:
    size = int.from_bytes(data[:2], "big")
    return data[2 : 2 + size], data[2 + size :]


def form(data: bytes) -> Login:
    """A request of HTTP whose address or body has a field for a password that is filled in."""
    head, _, body = data.partition(b"\r\n\r\n")
    address = head.partition(b"\r\n")[0]
    for secret, name, text in (
        (_FORM_SECRET, _FORM_NAME, address),
        (_FORM_SECRET, _FORM_NAME, body),
        (_JSON_SECRET, _JSON_NAME, body),
    ):
        if secret.search(text):
            found = name.search(text)
            return unquote_plus(_name(found[1])) if found else ""
    return None


def secret_at(data: bytes) -> tuple[int, int] | None:
    """Where the password of a login by LDAP, MQTT or PostgreSQL begins and ends in a packet."""
    if ldap(data) is not None:
        bind, _ = _element(_element(_element(data, 0x30)[0], 0x02)[1], 0x60)
        _, rest = _element(_element(bind, 0x02)[1], 0x04)
        begin = data.find(rest[: 2 + rest[1]]) + 2
        return begin, min(begin + rest[1], len(data))
    if mqtt(data) is not None:
        head = 1 + sum(1 for byte in data[1:4] if byte >= 0x80)
        size = sum((byte & 0x7F) << 7 * at for at, byte in enumerate(data[1 : head + 1]))
        fields, end = data[: head + 1 + size], min(head + 1 + size, len(data))
        for length in range(1, min(len(fields), 512)):  # the last field: what its two bytes count ends with it
            if int.from_bytes(fields[end - length - 2 : end - length], "big") == length:
                return end - length, end
    found = _POSTGRESQL.fullmatch(data)
    return found.span(1) if found else None


def asks_in_the_clear(data: bytes) -> bool:
    """PostgreSQL's AuthenticationCleartextPassword."""
    return data[:9] == b"R\0\0\0\x08\0\0\0\x03"


TELNET_PORTS = (23, 2323)


def prompts(data: bytes) -> bool:
    """The end of what a Telnet server shows before a password is typed."""
    return data.rstrip(b" \0\r\n").lower().endswith((b"password:", b"passwort:", b"passcode:", b"mot de passe:"))
