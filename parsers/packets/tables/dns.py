"""dns: one row a question with its answer (Zeek's dns.log), over UDP and TCP; mDNS and LLMNR by their `service`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import TCP, UDP
from ..protocols.dns import CLASSES, Message, parse, rcode_name, type_name
from ..reading import payloads
from ..streams import Stream, streams
from . import _rows

if TYPE_CHECKING:
    from ..capture import Capture

SERVICES = {53: "dns", 5353: "mdns", 5355: "llmnr"}
SCHEMA = _rows.schema(
    {
        "proto": pl.String,
        "service": pl.String,  # dns, mdns, llmnr
        "trans_id": pl.UInt16,
        "opcode": pl.UInt8,  # 0 query, 4 notify, 5 update
        "rtt": pl.Float64,  # seconds from the first time that it was asked
        "query": pl.String,
        "qclass_name": pl.String,
        "qtype_name": pl.String,
        "rcode": pl.UInt16,  # null without an answer
        "rcode_name": pl.String,
        "aa": pl.Boolean,
        "tc": pl.Boolean,
        "rd": pl.Boolean,
        "ra": pl.Boolean,
        "answers": pl.List(pl.String),
        "ttls": pl.List(pl.UInt32),
        "attempts": pl.UInt32,  # how often it was asked with the same number
        "asked": pl.Boolean,  # whether the capture holds the question
        "unanswered": pl.Boolean,  # null where the capture ended too soon to tell
        "response_frame_number": pl.UInt32,
        "weird": pl.List(pl.String),
    }
)
# A resolver asks again after 5 s (resolv.conf), most libraries after 1 to 3 s.
PATIENCE = 2.0
_MAX_MESSAGE = 65_535
_MAX_STREAM_MESSAGES = 100_000


@dataclass(slots=True)
class _Transaction:
    row: int
    service: str
    proto: str
    question: Message | None = None
    answer: Message | None = None
    answer_row: int | None = None
    attempts: int = 1
    weird: list[str] = field(default_factory=list)


def table(capture: Capture) -> pl.DataFrame:
    """Every question of the capture with its answer."""
    packets = capture.packets
    messages = sorted([*_datagrams(capture), *_streamed(capture)], key=lambda found: found[0])
    end = int(packets.time.max(initial=0))
    found: list[_Transaction] = []
    open_: dict[tuple[int, int, str, int], _Transaction] = {}
    for row, message, service, proto in messages:
        _pair(found, open_, int(packets.connection[row]), _Transaction(row, service, proto), message)
    rows, unasked = [one.row for one in found], [one.question is None for one in found]
    return _rows.build(capture, SCHEMA, rows, unasked, _columns(capture, found, end))


def _datagrams(capture: Capture) -> Iterator[tuple[int, Message, str, str]]:
    packets = capture.packets
    ports = np.array(list(SERVICES), np.uint16)
    server = np.isin(packets.sport, ports) | np.isin(packets.dport, ports)
    chosen = server & (packets.protocol == UDP) & packets.has("payload") & ~capture.duplicate
    rows = np.flatnonzero(chosen)
    complete = packets.payload_captured[rows] >= packets.payload_length[rows]
    complete &= ~packets.fragment[rows] | packets.reassembled(rows)
    for (row, raw), whole in zip(payloads(packets, rows), complete.tolist(), strict=True):
        message = parse(raw, whole)
        if message is not None:
            port = int(packets.dport[row])
            yield row, message, SERVICES.get(port) or SERVICES[int(packets.sport[row])], "udp"


def _streamed(capture: Capture) -> Iterator[tuple[int, Message, str, str]]:
    packets = capture.packets
    chosen = ((packets.sport == 53) | (packets.dport == 53)) & (packets.protocol == TCP) & (packets.payload_length > 0)
    connections = np.unique(packets.connection[chosen & (packets.connection >= 0)]).astype(np.int64)
    for _, sides in streams(capture, connections):
        for stream in sides:
            yield from _of_stream(stream)


def _of_stream(stream: Stream) -> Iterator[tuple[int, Message, str, str]]:
    at = 0
    for _ in range(_MAX_STREAM_MESSAGES):
        size = int.from_bytes(stream.read(at, 2), "big")  # RFC 1035 section 4.2.2
        raw = stream.read(at + 2, size)
        message = parse(raw, len(raw) == size)
        if message is None:
            return
        yield stream.row_at(at), message, "dns", "tcp"
        at += 2 + size


def _pair(
    found: list[_Transaction],
    open_: dict[tuple[int, int, str, int], _Transaction],
    connection: int,
    new: _Transaction,
    message: Message,
) -> None:
    """Add a message to what was asked, or as a transaction of its own."""
    key = (connection, message.trans_id, message.query.lower(), message.qtype)
    # Who refuses need not repeat the question: the number alone tells then.
    bare = (connection, message.trans_id, "", 0)
    known = open_.get(key)
    if new.service == "mdns":  # asks many, answered by anybody, often unasked (RFC 6762)
        known = None
    if not message.response:
        if known is not None and known.answer is None and known.question is not None:
            known.attempts += 1
            return
        new.question = message
    elif known is not None:
        if known.answer is None:
            known.answer, known.answer_row = message, new.row
            known.weird += message.weird
        elif known.answer.rcode != message.rcode:  # a second answer that says something else
            new.answer, new.answer_row = message, new.row
            new.weird += ["dns_unmatched_reply", *message.weird]
            found.append(new)
        return
    else:
        new.answer, new.answer_row = message, new.row
        if new.service == "dns":
            new.weird.append("dns_unmatched_reply")
    new.weird += message.weird
    open_[key] = open_[bare] = new
    found.append(new)


def _columns(capture: Capture, found: list[_Transaction], end: int) -> dict[str, object]:
    heads = [one.question or one.answer or Message(0, False, 0, False, False, False, False, 0) for one in found]
    answers = [one.answer for one in found]
    return {
        "proto": [one.proto for one in found],
        "service": [one.service for one in found],
        "trans_id": [head.trans_id for head in heads],
        "opcode": [head.opcode for head in heads],
        "rtt": [
            _rows.seconds(capture, one.row, one.answer_row) if one.question and one.answer_row is not None else None
            for one in found
        ],
        "query": [head.query for head in heads],
        "qclass_name": [CLASSES.get(head.qclass, str(head.qclass)) for head in heads],
        "qtype_name": [type_name(head.qtype) if head.qtype else "" for head in heads],
        "rcode": [answer and answer.rcode for answer in answers],
        "rcode_name": [answer and rcode_name(answer.rcode) for answer in answers],
        "aa": [answer and answer.aa for answer in answers],
        "tc": [answer and answer.tc for answer in answers],
        "rd": [head.rd for head in heads],
        "ra": [answer and answer.ra for answer in answers],
        "answers": [answer.answers if answer else [] for answer in answers],
        "ttls": [answer.ttls if answer else [] for answer in answers],
        "attempts": [one.attempts for one in found],
        "asked": [one.question is not None for one in found],
        "unanswered": [_unanswered(capture, one, end) for one in found],
        "response_frame_number": _rows.frames(one.answer_row for one in found),
        "weird": [one.weird for one in found],
    }


def _unanswered(capture: Capture, one: _Transaction, end: int) -> bool | None:
    if one.answer is not None:
        return False
    waited = (end - int(capture.packets.time[one.row])) / 1e9
    return True if one.service == "dns" and waited >= PATIENCE else None
