"""HTTP/2 in the clear: which connections speak it, and the requests and responses of their streams."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ..columns import TCP, Bools, Ints
from ..protocols import http2
from ..protocols.hpack import MAX_BLOCK, BlockError, Decoder
from ..protocols.http import Head
from ..streams import Stream, streams
from ._exchange import Message, Reset, Transaction

if TYPE_CHECKING:
    from ..capture import Capture

_PREFACE = np.uint64(int.from_bytes(http2.PREFACE[:8], "big"))
# PING and its answer, the acknowledgement of SETTINGS: their first eight bytes are always these.
_FIXED = np.array([0x0000080600000000, 0x0000080601000000, 0x0000000401000000], np.uint64)
_WINDOW_UPDATE = np.uint64(0x000004080000)
_FLAGS = (4, 5, 0x0C, 0x0D, 0x24, 0x25, 0x2C, 0x2D)  # of HEADERS that a whole block is in
_FEW = 3  # frames that must follow each other where the beginning of a connection is missing
_MOST_DEBUG = 200  # bytes of a GOAWAY
_MAX_FAULTS = 10_000  # places a side at which the beginning of a frame is looked for


@dataclass(slots=True)
class _Side:
    """What one side of a connection sent, by stream."""

    heads: dict[int, Message] = field(default_factory=dict)
    ends: dict[int, int] = field(default_factory=dict)
    resets: dict[int, tuple[int, str, int]] = field(default_factory=dict)  # error, text, packet; of GOAWAY under 0
    frames: int = 0
    faults: int = 0


def exchanges(capture: Capture) -> Iterator[tuple[int, list[Transaction]]]:
    """The requests of every connection that speaks HTTP/2 in the clear, from its beginning or from its middle."""
    whole, likely = _connections(capture)
    packets = capture.packets
    connections = np.union1d(whole, likely)
    if not len(connections):
        return
    chosen = np.zeros(len(capture.connections) + 1, np.bool_)
    chosen[connections] = True
    marked: Bools = chosen[packets.connection] & (packets.payload_length > 0)
    certain = set(whole.tolist())
    for connection, sides in streams(capture, connections, marked):
        read = [(stream, _walk(stream)) for stream in sides]
        if connection in certain or all(side.frames >= _FEW and side.faults <= side.frames for _, side in read):
            yield connection, _paired(read)


def _connections(capture: Capture) -> tuple[Ints, Ints]:
    """Those that begin with the preface, and those that may be in the middle."""
    packets = capture.packets
    rows = np.flatnonzero((packets.protocol == TCP) & (packets.payload_captured >= 8) & (packets.connection >= 0))
    start = packets.payload_start[rows]
    begins = start == _PREFACE
    kind = start >> np.uint64(24)
    heads = ((kind >> np.uint64(8)) & np.uint64(0xFF) == 1) & (kind >> np.uint64(30) == 0)
    heads &= np.isin(kind & np.uint64(0xFF), _FLAGS) & (start & np.uint64(0xFF0000) == 0)
    inside = np.isin(start, _FIXED) | (start >> np.uint64(16) == _WINDOW_UPDATE) | heads
    connection = packets.connection[rows]
    return np.unique(connection[begins]).astype(np.int64), np.unique(connection[inside]).astype(np.int64)


def _walk(stream: Stream) -> _Side:
    """The frames of one side."""
    side, decoder = _Side(), Decoder()
    block, opener = b"", (0, 0, 0)  # of a header block in several frames: stream, flags, offset
    at = stream.marks[0] if stream.marks else -1
    while at >= 0 and side.faults < _MAX_FAULTS:
        raw = stream.read(at, http2.HEAD)
        if raw == http2.PREFACE[: http2.HEAD]:
            at += len(http2.PREFACE)
            continue
        frame = http2.parse_frame(raw)
        if frame is None:
            if at >= stream.end:
                break
            decoder.forget()
            side.faults += 1
            block, at = b"", _next(stream, at + 1)
            continue
        length, kind, flags, number = frame
        side.frames += 1
        end = at + http2.HEAD + length
        if kind in (http2.HEADERS, http2.PUSH_PROMISE, http2.CONTINUATION):
            payload = stream.read(at + http2.HEAD, min(length, MAX_BLOCK))
            if kind != http2.CONTINUATION:
                block, opener = b"", (number if kind == http2.HEADERS else -1, flags, at)
            block += http2.fragment(kind, flags, payload)
            if len(payload) < length or len(block) > MAX_BLOCK:
                decoder.forget()
                block = b""
            elif flags & http2.END_HEADERS:
                _take(side, stream, decoder, block, opener[0], opener[2], end)
                block = b""
            flags = opener[1] if flags & http2.END_HEADERS else 0
        if kind in (http2.RST_STREAM, http2.GOAWAY):
            _reset(side, stream, kind, number, stream.read(at + http2.HEAD, min(length, _MOST_DEBUG)), at)
        if flags & http2.END_STREAM and kind in (http2.DATA, http2.HEADERS, http2.CONTINUATION):
            side.ends[number] = stream.row_at(min(end, stream.end) - 1)
        at = end
    return side


def _reset(side: _Side, stream: Stream, kind: int, number: int, payload: bytes, at: int) -> None:
    """Keep the first reset of a stream, and the first GOAWAY with an error: all say goodbye by one without."""
    begin = 0 if kind == http2.RST_STREAM else 4  # behind the last stream that was worked on
    if len(payload) < begin + 4:
        return
    error = int.from_bytes(payload[begin : begin + 4], "big")
    if kind == http2.RST_STREAM or error:
        text = payload[begin + 4 :].decode("utf-8", "replace")
        side.resets.setdefault(number, (error, text, stream.row_at(at)))


def _next(stream: Stream, at: int) -> int:
    """The next packet that begins with a frame behind which another one or nothing stands, -1 without one."""
    marks = stream.marks
    for place in range(bisect_left(marks, at), len(marks)):
        frame = http2.parse_frame(stream.read(marks[place], http2.HEAD))
        if frame is None:
            continue
        behind = stream.read(marks[place] + http2.HEAD + frame[0], http2.HEAD)
        if not behind or http2.parse_frame(behind):
            return marks[place]
    return -1


def _take(side: _Side, stream: Stream, decoder: Decoder, block: bytes, number: int, at: int, end: int) -> None:
    """Add a header block: a head, trailers behind it, or what a server promises, which is only decoded."""
    try:
        fields = decoder.decode(block)
    except BlockError:
        decoder.forget()
        return
    if number < 0:
        return
    head = http2.head_of(fields)
    if 100 <= head.status < 200:
        return
    known = side.heads.get(number)
    if known is not None:
        for name, value in head.fields.items():
            known.head.fields.setdefault(name, value)
        return
    row = stream.row_at(min(end, stream.end) - 1)
    side.heads[number] = Message(head, at, end, row, row)


def _paired(read: list[tuple[Stream, _Side]]) -> list[Transaction]:
    """The requests of a connection in their order, each with the response in its stream."""
    asks, answers = _Side(), _Side()
    for stream, side in read:
        heads = [message.head for message in side.heads.values()]
        client = _votes(heads, stream.from_orig)
        if client:
            asks = side
        else:
            answers = side
    found: list[Transaction] = []
    for number in asks.heads.keys() | answers.heads.keys():
        request, response = asks.heads.get(number), answers.heads.get(number)
        for message, side in ((request, asks), (response, answers)):
            if message is not None:
                message.last_row = max(side.ends.get(number, message.row), message.row)
        if request is not None and response is not None and response.row < request.last_row:
            request.last_row = request.row  # answered before all of the request was there: a stream both ways
        found.append(Transaction(number, request, response))
        for side in (asks, answers):
            if number in side.resets:
                error, text, row = side.resets[number]
                found[-1].reset = Reset(http2.error_name(error), text, side is asks, row)
    found.sort(key=lambda one: (one.request or one.response or _NOWHERE).offset)
    for side in (asks, answers):
        if 0 in side.resets and found:
            error, text, row = side.resets[0]
            found[-1].reset = Reset(http2.error_name(error), text, side is asks, row, goaway=True)
    return found


def _votes(heads: list[Head], originator: bool) -> bool:
    """Whether a side is the client: by its heads, or because it opened the connection."""
    asked = sum(bool(head.method or head.uri) for head in heads)
    answered = sum(head.status > 0 for head in heads)
    return asked > answered if asked != answered else originator


_NOWHERE = Message(Head(0, "", "", "", "", {}, 0, False), 0, 0, 0, 0)
