"""http: one row a request with its response (Zeek's http.log), HTTP/1 and HTTP/2 in the clear, on any port.

Heads are found at the beginning of packets and then by the length of the message before, so that several responses in
one packet are all seen and bodies are never read.
"""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_left
from collections import deque
from typing import TYPE_CHECKING
from urllib.parse import unquote

import numpy as np
import polars as pl

from ..columns import Bools
from ..protocols.http import MAX_HEAD, METHODS, Head, parse_head, starts_head
from ..protocols.http2 import grpc_timeout
from ..streams import Stream, streams
from . import _http2, _rows
from ._exchange import Message, Transaction

if TYPE_CHECKING:
    from ..capture import Capture

SCHEMA = _rows.schema(
    {
        "trans_depth": pl.UInt32,  # the how manieth of its connection, from 1
        "method": pl.String,  # null where the capture does not hold the request
        "host": pl.String,
        "uri": pl.String,
        "version": pl.String,
        "user_agent": pl.String,
        "auth_scheme": pl.String,  # "basic", "bearer" ...; what goes with it is not kept
        "username": pl.String,
        "request_body_len": pl.UInt64,
        "response_body_len": pl.UInt64,  # as the head says
        "status_code": pl.UInt16,  # null without a response
        "status_msg": pl.String,
        "server": pl.String,
        "content_type": pl.String,
        "location": pl.String,
        "grpc_status": pl.UInt16,
        "grpc_message": pl.String,
        "grpc_timeout": pl.Float64,  # seconds that the client gives the call
        "reset_error": pl.String,  # of RST_STREAM: "CANCEL"; "GOAWAY ENHANCE_YOUR_CALM" if it ended the connection
        "reset_msg": pl.String,
        "reset_from": pl.String,  # client, server
        "reset_frame_number": pl.UInt32,
        "response_frame_number": pl.UInt32,
        "response_time": pl.Float64,  # seconds from the last byte of the request to the first one of the response
        "transfer_time": pl.Float64,  # seconds from the first to the last byte of the response
        "response_end_frame_number": pl.UInt32,
        "response_missing": pl.UInt64,  # bytes of the body that never came; 0: the end of a chunked one; null none
        "weird": pl.List(pl.String),
    }
)
_LAST_CHUNK = b"0\r\n\r\n"
_USUAL_HEAD = 640  # bytes of one packet; longer heads are read a second time
# So often a side the end of a head is looked for beyond its packet in vain.
_LONG_HEADS = 64
_MAX_TEXT = 2048  # of a value that is kept
_RESPONSE = int.from_bytes(b"HTTP/")
_WORDS = np.array([int.from_bytes(start[:4].ljust(4), "big") for start in (b"HTTP", *METHODS)], np.uint64)


def table(capture: Capture) -> pl.DataFrame:
    """Every request of the capture with its response."""
    begins = _begins(capture)
    connections = np.unique(capture.packets.connection[begins]).astype(np.int64)
    found: list[Transaction] = []
    upgraded: dict[int, Transaction] = {}
    for connection, sides in streams(capture, connections, begins):
        found += _transactions(sides)
        if found and found[-1].response and found[-1].response.head.status == 101:
            upgraded[connection] = found[-1]
    for connection, exchanges in _http2.exchanges(capture):
        for one in exchanges:
            if one.request is None and one.depth == 1 and connection in upgraded:
                upgraded[connection].response = one.response  # the request that asked for HTTP/2 is its first stream
            else:
                found.append(one)
    firsts = [one.request or one.response for one in found]
    rows = [first.row for first in firsts if first]
    return _rows.build(capture, SCHEMA, rows, [one.request is None for one in found], _columns(capture, found))


def _begins(capture: Capture) -> Bools:
    """Packets that begin as a head does."""
    packets = capture.packets
    begins = np.zeros(len(packets), np.bool_)
    starts = packets.payload_start
    likely = np.flatnonzero(np.isin(starts >> np.uint64(32), _WORDS) & (packets.connection >= 0))
    found = starts[likely]
    heads = [start for start in set(found.tolist()) if starts_head(start.to_bytes(8, "big"))]
    begins[likely] = np.isin(found, np.array(heads, np.uint64))
    return begins


def _transactions(sides: list[Stream]) -> list[Transaction]:
    asking = [side for side in sides if _asks(side)]
    if len(asking) > 1:  # both sides send requests: not HTTP as it is read here
        return []
    requests: list[Message] = []
    for side in asking:
        requests = _walk(side, [])
    responses: list[Message] = []
    for side in sides:
        if side not in asking:
            responses = _walk(side, [message.head.method for message in requests])
    return _paired(requests, responses)


def _asks(side: Stream) -> bool:
    return len(side.marks) > 0 and int(side.packets.payload_start[side.row_at(side.marks[0])]) >> 24 != _RESPONSE


def _walk(side: Stream, methods: list[str]) -> list[Message]:
    """The messages of one side, a response with the method that it answers."""
    places = side.marks
    messages: list[Message] = []
    turn = 0  # among the requests; interim responses take none
    at = places[0] if places else -1
    raw = b""
    long = _LONG_HEADS
    while at >= 0:
        raw = raw or side.piece(at, _USUAL_HEAD)
        head = parse_head(raw)
        if (head is None or not head.complete) and long and starts_head(raw):
            head = parse_head(side.read(at, MAX_HEAD))
            long -= head is None or not head.complete
        raw = b""
        if head is None:
            at = _next(places, at + 1)
            continue
        method = methods[turn] if turn < len(methods) else ""
        size = _body(head, method)
        end = at + head.size + size if size is not None else _until(side, places, at + head.size)
        missing = _missing(side, head, end, size)
        messages.append(Message(head, at, end, side.row_at(at), side.row_at(min(end, side.end) - 1), missing))
        turn += not 100 <= head.status < 200
        if head.status == 101 or (method == "CONNECT" and 200 <= head.status < 300) or head.method == "CONNECT":
            break
        if not head.complete:
            at = _next(places, at + 1)
        elif size is not None and end < side.end and starts_head(raw := _beginning(side, end)):
            at = end
        else:
            at, raw = _next(places, end), b""
    return messages


def _beginning(side: Stream, at: int) -> bytes:
    raw = side.piece(at, _USUAL_HEAD)
    return raw if len(raw) >= 8 else side.read(at, _USUAL_HEAD)


def _body(head: Head, method: str) -> int | None:
    """Bytes behind the head (RFC 9112 section 6.3); None where only the end of them can tell."""
    if method == "HEAD" or 100 <= head.status < 200 or head.status in (204, 304):
        return 0
    if head.chunked or not head.complete:
        return None
    length = head.content_length
    return length if length is not None else (None if head.status else 0)


def _missing(side: Stream, head: Head, end: int, size: int | None) -> int | None:
    """Bytes of a body that the stream ends without, 0 for the end of a chunked one; None where nothing is missing."""
    if size is not None:
        return end - side.end if end > side.end else None
    if not head.chunked or not head.complete or end < side.end:
        return None
    # Behind the last chunk, of size 0, fields may follow (RFC 9112 section 7.1.2); an empty line ends both.
    tail = side.read(max(end - len(_LAST_CHUNK), 0), len(_LAST_CHUNK))
    return None if len(tail) < len(_LAST_CHUNK) or tail.endswith(b"\r\n\r\n") else 0


def _next(places: list[int], at: int) -> int:
    """The first place at or behind an offset, -1 without one."""
    index = bisect_left(places, at)
    return places[index] if index < len(places) else -1


def _until(side: Stream, places: list[int], at: int) -> int:
    following = _next(places, at)
    return following if following >= 0 else side.end


def _paired(requests: list[Message], responses: list[Message]) -> list[Transaction]:
    """Requests with their responses, in the order in which they were sent (RFC 9112 section 9.3)."""
    found = [Transaction(number, message) for number, message in enumerate(requests, 1)]
    waiting = deque(found)
    for response in responses:
        if 100 <= response.head.status < 200 and response.head.status != 101:
            continue
        if waiting and waiting[0].request and waiting[0].request.row <= response.row:
            waiting.popleft().response = response
        else:
            found.append(Transaction(len(found) + 1, None, response, ["unmatched_HTTP_reply"]))
    for one in found:
        for message in (one.request, one.response):
            if message:
                one.weird += message.head.weird
    return found


def _columns(capture: Capture, found: list[Transaction]) -> dict[str, object]:
    requests = [one.request.head if one.request else None for one in found]
    responses = [one.response.head if one.response else None for one in found]

    def value(heads: list[Head | None], name: str) -> list[str | None]:
        return [head.fields.get(name, "")[:_MAX_TEXT] or None if head else None for head in heads]

    logins = [_login(head.fields.get("authorization", "")) if head else (None, None) for head in requests]
    return {
        "trans_depth": [one.depth for one in found],
        "method": [(head.method or None) if head else None for head in requests],
        "host": value(requests, "host"),
        "uri": [(head.uri[:_MAX_TEXT] or None) if head else None for head in requests],
        "version": [(request or response or Head(0, "", "", "", "", {}, 0, False)).version
                    for request, response in zip(requests, responses, strict=True)],
        "user_agent": value(requests, "user-agent"),
        "auth_scheme": [scheme for scheme, _ in logins],
        "username": [name for _, name in logins],
        "request_body_len": [head and head.content_length for head in requests],
        "response_body_len": [head and head.content_length for head in responses],
        "status_code": [(head.status or None) if head else None for head in responses],
        "status_msg": [head and head.reason for head in responses],
        "server": value(responses, "server"),
        "content_type": value(responses, "content-type"),
        "location": value(responses, "location"),
        "grpc_status": [_number(text) for text in value(responses, "grpc-status")],
        "grpc_message": [text and unquote(text) for text in value(responses, "grpc-message")],
        "grpc_timeout": [text and grpc_timeout(text) for text in value(requests, "grpc-timeout")],
        "reset_error": [one.reset and f"{'GOAWAY ' * one.reset.goaway}{one.reset.error}" for one in found],
        "reset_msg": [(one.reset.text or None) if one.reset else None for one in found],
        "reset_from": [one.reset and ("client" if one.reset.by_client else "server") for one in found],
        "reset_frame_number": _rows.frames(one.reset.row if one.reset else None for one in found),
        "response_frame_number": _rows.frames(one.response.row if one.response else None for one in found),
        "response_time": _rows.between(
            capture,
            [one.request.last_row if one.request and one.response else None for one in found],
            [one.response.row if one.response else None for one in found],
        ),
        "transfer_time": _rows.between(
            capture,
            [one.response.row if one.response else None for one in found],
            [one.response.last_row if one.response else None for one in found],
        ),
        "response_end_frame_number": _rows.frames(one.response.last_row if one.response else None for one in found),
        "response_missing": [one.response.missing if one.response else None for one in found],
        "weird": [one.weird for one in found],
    }  # fmt: skip


def _number(text: str | None) -> int | None:
    return int(text) if text and len(text) <= 4 and text.isascii() and text.isdigit() else None


def _login(authorization: str) -> tuple[str | None, str | None]:
    """Scheme and user name of an Authorization field (RFC 7617); the password is left where it is."""
    scheme, _, rest = authorization.partition(" ")
    if scheme.lower() != "basic":
        return scheme.lower()[:32] or None, None
    try:
        name, colon, _ = base64.b64decode(rest.strip()[:1024]).partition(b":")
    except (binascii.Error, ValueError):
        return "basic", None
    return "basic", name.decode("utf-8", "replace") if colon else None
