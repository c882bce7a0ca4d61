"""Frames of HTTP/2 in the clear (RFC 9113), and what their header blocks say."""

from __future__ import annotations

import struct

from .http import KEPT, Head, length_of

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
HEAD = 9  # bytes of a frame's header
DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY, WINDOW_UPDATE, CONTINUATION = range(10)
END_STREAM, END_HEADERS, PADDED, PRIORITISED = 1, 4, 8, 0x20
# https://www.iana.org/assignments/http2-parameters
ERRORS = (
    "NO_ERROR", "PROTOCOL_ERROR", "INTERNAL_ERROR", "FLOW_CONTROL_ERROR", "SETTINGS_TIMEOUT", "STREAM_CLOSED",
    "FRAME_SIZE_ERROR", "REFUSED_STREAM", "CANCEL", "COMPRESSION_ERROR", "CONNECT_ERROR", "ENHANCE_YOUR_CALM",
    "INADEQUATE_SECURITY", "HTTP_1_1_REQUIRED",
)  # fmt: skip
# https://grpc.io/docs/guides/status-codes/
GRPC_CODES = (
    "OK", "CANCELLED", "UNKNOWN", "INVALID_ARGUMENT", "DEADLINE_EXCEEDED", "NOT_FOUND", "ALREADY_EXISTS",
    "PERMISSION_DENIED", "RESOURCE_EXHAUSTED", "FAILED_PRECONDITION", "ABORTED", "OUT_OF_RANGE", "UNIMPLEMENTED",
    "INTERNAL", "UNAVAILABLE", "DATA_LOSS", "UNAUTHENTICATED",
)  # fmt: skip
_UNITS = {"H": 3600.0, "M": 60.0, "S": 1.0, "m": 1e-3, "u": 1e-6, "n": 1e-9}
_HEADER = struct.Struct(">HBBBI")
_LARGEST = 1 << 20  # bytes of a frame; peers may agree on more than the usual 16 KiB
_FIXED = {PRIORITY: 5, RST_STREAM: 4, PING: 8, WINDOW_UPDATE: 4}
_OF_CONNECTION = (SETTINGS, PING, GOAWAY)
_FLAGS = {DATA: 0x09, HEADERS: 0x2D, SETTINGS: 1, PUSH_PROMISE: 0x0C, PING: 1, CONTINUATION: 4}
_USUAL = ("grpc-status", "grpc-message", "grpc-timeout")


def parse_frame(raw: bytes) -> tuple[int, int, int, int] | None:
    """Length of the payload, type, flags and stream of a frame; None if the nine bytes are no header of one."""
    if len(raw) < HEAD:
        return None
    high, low, kind, flags, stream = _HEADER.unpack_from(raw)
    length = high << 8 | low
    if kind > CONTINUATION or length > _LARGEST or stream >> 31 or flags & ~_FLAGS.get(kind, 0):
        return None
    if length != _FIXED.get(kind, length) or (kind == SETTINGS and length % 6) or (kind == GOAWAY and length < 8):
        return None
    if kind != WINDOW_UPDATE and (stream == 0) != (kind in _OF_CONNECTION):
        return None
    return length, kind, flags, stream


def fragment(kind: int, flags: int, payload: bytes) -> bytes:
    """The part of a header block in a HEADERS, PUSH_PROMISE or CONTINUATION frame."""
    begin, end = 0, len(payload)
    if kind != CONTINUATION and flags & PADDED:
        begin, end = 1, end - (payload[0] if payload else 0)
    begin += 5 if kind == HEADERS and flags & PRIORITISED else 4 if kind == PUSH_PROMISE else 0
    return payload[begin : max(end, begin)]


def head_of(fields: list[tuple[str, str]]) -> Head:
    """The head of a request or response that header fields make; status 0 and no method for trailers."""
    own: dict[str, str] = {}
    for name, value in fields:
        if name.startswith(":") or name in KEPT or name in _USUAL:
            own.setdefault(name, value)
    status = own.pop(":status", "")
    if authority := own.pop(":authority", ""):
        own["host"] = authority
    code = int(status) if len(status) == 3 and status.isascii() and status.isdigit() else 0
    length = length_of(own.get("content-length", ""))
    return Head(code, own.pop(":method", ""), own.pop(":path", ""), "2", "", own, 0, True, length)


def grpc_timeout(value: str) -> float | None:
    """The deadline of a call in seconds, as its client says it: "1S", "500m"; None if it says none."""
    unit = _UNITS.get(value[-1:])
    number = value[:-1]
    return int(number) * unit if unit and number.isascii() and number.isdigit() and len(number) <= 8 else None


def error_name(code: int) -> str:
    """The name of an error code of RST_STREAM and GOAWAY."""
    return ERRORS[code] if code < len(ERRORS) else f"ERROR_{code}"


def grpc_name(code: int) -> str:
    """The name of a status of gRPC."""
    return GRPC_CODES[code] if code < len(GRPC_CODES) else f"CODE_{code}"
