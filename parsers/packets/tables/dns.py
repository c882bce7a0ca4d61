"""dns: one row a question with its answer (Zeek's dns.log), over UDP and TCP; mDNS and LLMNR by their `service`."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ..columns import TCP, UDP, Array, Ints, Rows
from ..protocols.dns import CLASSES, Message, parse, rcode_name, type_name
from ..reading import payloads
from ..streams import Stream, streams
from . import _rows
from ._questions import Messages, Transactions, paired

if TYPE_CHECKING:
    from ..capture import Capture

SERVICES = {53: "dns", 5353: "mdns", 5355: "llmnr"}
_NAMES = tuple(SERVICES.values())
_DNS, _MDNS = _NAMES.index("dns"), _NAMES.index("mdns")
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
_MAX_STREAM_MESSAGES = 100_000
# Payloads whose message is remembered, and the longest of them.
_REMEMBERED, _LONGEST = 16_384, 512


class _Kinds:
    """The distinct messages of a capture, but for their numbers: the same questions are asked again and again."""

    def __init__(self) -> None:
        """Know no message yet."""
        self.messages: list[Message] = []
        self._known: dict[tuple[bytes, bool], int] = {}

    def code(self, raw: bytes, whole: bool) -> int:
        """The index of what a payload holds, -1 where that is no message; `whole` as for `parse`."""
        key = raw[2:], whole
        code = self._known.get(key)
        if code is None:
            message = parse(raw, whole)
            code = -1 if message is None else len(self.messages)
            if message is not None:
                self.messages.append(message)
            if len(raw) <= _LONGEST:
                if len(self._known) >= _REMEMBERED:
                    self._known.clear()
                self._known[key] = code
        return code


def table(capture: Capture) -> pl.DataFrame:
    """Every question of the capture with its answer."""
    kinds = _Kinds()
    found = [*_datagrams(capture, kinds), *_streamed(capture, kinds)]
    row, code, number, service, tcp = (np.concatenate(column) for column in zip(*found, strict=True))
    order = np.argsort(row, kind="stable")
    connection = capture.packets.connection[row[order]].astype(np.int64)
    messages = Messages(row[order], code[order], number[order], connection, service[order], tcp[order], kinds.messages)
    pairs = paired(messages, _DNS, _MDNS)
    rows = messages.row[pairs.at]
    return _rows.build(capture, SCHEMA, rows, pairs.question < 0, _columns(capture, messages, pairs))


_Found = tuple[Rows, Ints, Ints, Array, Array]  # packets, index of message, its number, service, whether over TCP


def _datagrams(capture: Capture, kinds: _Kinds) -> Iterator[_Found]:
    packets = capture.packets
    ports = np.array(list(SERVICES), np.uint16)
    server = np.isin(packets.sport, ports) | np.isin(packets.dport, ports)
    chosen = server & (packets.protocol == UDP) & packets.has("payload") & ~capture.duplicate
    rows = np.flatnonzero(chosen)
    complete = packets.payload_captured[rows] >= packets.payload_length[rows]
    complete &= ~packets.fragment[rows] | packets.reassembled(rows)
    found: list[int] = []
    for (_, raw), whole in zip(payloads(packets, rows), complete.tolist(), strict=True):
        found += kinds.code(raw, whole), int.from_bytes(raw[:2], "big")
    codes, numbers = np.array(found, np.int64).reshape(-1, 2).T
    service = np.zeros(len(rows), np.uint8)
    for port in (packets.sport[rows], packets.dport[rows]):  # that of the target counts where both are known
        for index, known in enumerate(SERVICES):
            service[port == known] = index
    good = codes >= 0
    yield rows[good], codes[good], numbers[good], service[good], np.zeros(int(good.sum()), np.bool_)


def _streamed(capture: Capture, kinds: _Kinds) -> Iterator[_Found]:
    packets = capture.packets
    chosen = ((packets.sport == 53) | (packets.dport == 53)) & (packets.protocol == TCP) & (packets.payload_length > 0)
    connections = np.unique(packets.connection[chosen & (packets.connection >= 0)]).astype(np.int64)
    for _, sides in streams(capture, connections):
        for stream in sides:
            found = np.array(list(_of_stream(stream, kinds)), np.int64).reshape(-1, 3)
            row, code, number = found.T
            yield row, code, number, np.full(len(row), _DNS, np.uint8), np.ones(len(row), np.bool_)


def _of_stream(stream: Stream, kinds: _Kinds) -> Iterator[tuple[int, int, int]]:
    """The packet, index and number of each message of a stream."""
    at = 0
    for _ in range(_MAX_STREAM_MESSAGES):
        size = int.from_bytes(stream.read(at, 2), "big")  # RFC 1035 section 4.2.2
        raw = stream.read(at + 2, size)
        code = kinds.code(raw, len(raw) == size)
        if code < 0:
            return
        yield stream.row_at(at), code, int.from_bytes(raw[:2], "big")
        at += 2 + size


def _columns(capture: Capture, messages: Messages, pairs: Transactions) -> dict[str, object]:
    kinds, answer = messages.kinds, pairs.answer
    head = np.where(pairs.question >= 0, pairs.question, answer)
    time = capture.packets.time
    asked, answered = pairs.question >= 0, answer >= 0
    waited = (int(time.max(initial=0)) - time[messages.row[pairs.at]]) / 1e9
    service = messages.service[pairs.at]
    rtt = (time[np.maximum(pairs.answer_row, 0)] - time[messages.row[pairs.at]]) / 1e9

    def of(name: str, values: Iterable[Any], index: Ints, missing: Any = None) -> pl.Series:
        """A column of what is known of each distinct message, and what it holds where there is none."""
        known = _rows.column(name, [*values, missing], SCHEMA[name])
        return known.gather(np.where(index < 0, len(known) - 1, index))

    return {
        "proto": of("proto", ["udp", "tcp"], messages.tcp[pairs.at].astype(np.int64)),
        "service": of("service", _NAMES, service.astype(np.int64)),
        "trans_id": messages.number[pairs.at],
        "opcode": of("opcode", [kind.opcode for kind in kinds], head),
        "rtt": pl.Series(rtt).set(pl.Series(~(asked & answered)), None),
        "query": of("query", [kind.query for kind in kinds], head),
        "qclass_name": of("qclass_name", [CLASSES.get(kind.qclass, str(kind.qclass)) for kind in kinds], head),
        "qtype_name": of("qtype_name", [type_name(kind.qtype) if kind.qtype else "" for kind in kinds], head),
        "rcode": of("rcode", [kind.rcode for kind in kinds], answer),
        "rcode_name": of("rcode_name", [rcode_name(kind.rcode) for kind in kinds], answer),
        "aa": of("aa", [kind.aa for kind in kinds], answer),
        "tc": of("tc", [kind.tc for kind in kinds], answer),
        "rd": of("rd", [kind.rd for kind in kinds], head),
        "ra": of("ra", [kind.ra for kind in kinds], answer),
        "answers": of("answers", [kind.answers for kind in kinds], answer, []),
        "ttls": of("ttls", [kind.ttls for kind in kinds], answer, []),
        "attempts": pairs.attempts,
        "asked": asked,
        # The capture may have ended too soon to tell.
        "unanswered": pl.Series(~answered).set(pl.Series(~answered & ((service != _DNS) | (waited < PATIENCE))), None),
        "response_frame_number": pl.Series(pairs.answer_row + 1).set(pl.Series(~answered), None),
        "weird": of("weird", pairs.weird, pairs.weird_code),
    }
