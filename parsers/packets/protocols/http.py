"""Heads of HTTP/1 messages (RFC 9112): start line, the fields that matter, length of the body."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import lru_cache

MAX_HEAD = 65_536
_SHORT = 256  # bytes of a line that is worth to be remembered
_USUAL = 2048  # and of a head
_STATUS = re.compile(rb"HTTP/([0-9]\.[0-9]) ([1-5][0-9]{2})(?: ([^\r\n]{0,200}))?\r?$")
_REQUEST = re.compile(rb"([A-Z-]{3,20}) (\S{1,65536}) HTTP/([0-9]\.[0-9])\r?$")
METHODS = (
    b"GET", b"POST", b"PUT", b"HEAD", b"DELETE", b"OPTIONS", b"PATCH", b"CONNECT", b"TRACE", b"PROPFIND", b"PROPPATCH",
    b"MKCOL", b"COPY", b"MOVE", b"LOCK", b"UNLOCK", b"REPORT", b"SEARCH", b"PURGE",
)  # fmt: skip
# The first eight bytes of a head: what a packet is chosen by before anything is parsed.
_STARTS = (b"HTTP/1.", *((method + b" ")[:8] for method in METHODS))
# The fields that are kept; the rest is not even decoded.
KEPT = (
    "authorization", "content-length", "content-type", "host", "location", "server", "transfer-encoding", "user-agent",
)  # fmt: skip
_KEPT = {name.encode(): name for name in KEPT}


@dataclass(frozen=True, slots=True)
class Head:
    """The head of a request or of a response; the same one for all messages that begin alike.

    Attributes:
        status: 0 for a request. reason: the words behind it.
        method, uri: "" for a response. version: "1.1".
        fields: values of those that matter by lower-case names, the first of each.
        content_length: of the body; None if nothing or nothing that can be believed is said. chunked: or it comes so.
        size: bytes of the head with its empty line; of what is there where `complete` is False.
        complete: whether the empty line was found.
        weird: Zeek's names of what is odd.
    """

    status: int
    method: str
    uri: str
    version: str
    reason: str
    fields: dict[str, str]
    size: int
    complete: bool
    content_length: int | None = None
    chunked: bool = False
    weird: list[str] = field(default_factory=list)


def starts_head(data: bytes) -> bool:
    """Whether bytes begin as a head does."""
    return data.startswith(_STARTS)


def parse_head(data: bytes) -> Head | None:
    """Read the head at the beginning of bytes; None if there is none."""
    if not starts_head(data):
        return None
    end = data.find(b"\r\n\r\n")
    size = end + 4
    if end < 0:
        end = data.find(b"\n\n")
        size = end + 2
    if end < 0:
        return _read_head(data[:MAX_HEAD], len(data), complete=False)
    return (_head if end <= _USUAL else _read_head)(data[:end], size, complete=True)


def _read_head(written: bytes, size: int, complete: bool) -> Head | None:
    lines = written.split(b"\n")
    start = _start(lines[0]) if len(lines[0]) <= _SHORT else _read_start(lines[0])
    if start is None:
        return None
    fields: dict[str, str] = {}
    for line in lines[1:]:
        if found := _field(line) if len(line) <= _SHORT else _read_field(line):
            fields.setdefault(*found)
    single = complete and not lines[0].endswith(b"\r")
    return Head(
        *start,
        fields,
        size,
        complete,
        length_of(fields.get("content-length", "")),
        "chunked" in fields.get("transfer-encoding", "").lower(),
        ["line_terminated_with_single_LF"] if single else [],
    )


# Clients that ask again and again send the same head each time.
_head = lru_cache(1024)(_read_head)


def length_of(value: str) -> int | None:
    """The length that the field of that name says, if that can be believed."""
    return int(value) if value.isascii() and value.isdigit() and len(value) <= 15 else None


def _read_field(line: bytes) -> tuple[str, str] | None:
    name, _, value = line.partition(b":")
    kept = _KEPT.get(name.strip().lower())
    return None if kept is None else (kept, _text(value).strip())


# The fields of one server's messages are mostly the same ones.
_field = lru_cache(4096)(_read_field)


def _read_start(line: bytes) -> tuple[int, str, str, str, str] | None:
    """Status, method, URI, version and reason."""
    if found := _STATUS.match(line):
        version, code, reason = found.groups()
        return int(code), "", "", version.decode(), _text(reason or b"").strip()
    if found := _REQUEST.match(line):
        method, uri, version = found.groups()
        return 0, method.decode(), _text(uri), version.decode(), ""
    return None


_start = lru_cache(4096)(_read_start)


def _text(raw: bytes) -> str:
    return raw.decode("utf-8", "replace")
