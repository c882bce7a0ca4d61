"""commands: one row a status line of SMTP, FTP, POP3, IMAP or SIP with the command that it answers.

Passwords are hidden in the arguments; `secret` says that one went over the wire in the clear.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ..columns import TCP, UDP, Ints
from ..protocols import sip
from ..protocols.dialogue import Dialogue, Exchange
from ..reading import payloads
from ..streams import Stream, streams
from . import _rows

if TYPE_CHECKING:
    from ..capture import Capture

SCHEMA = _rows.schema(
    {
        "service": pl.String,  # smtp, ftp, pop3, imap, sip
        "command": pl.String,  # empty for a greeting
        "argument": pl.String,
        "user": pl.String,
        "secret": pl.Boolean,  # carried a password in the clear
        "reply_code": pl.UInt16,  # null where the protocol has none, or there was no answer
        "reply_status": pl.String,  # "550", "-ERR", "NO"; null without an answer
        "reply_msg": pl.String,
        "call_id": pl.String,  # of SIP
        "command_frame_number": pl.UInt32,
        "reply_frame_number": pl.UInt32,
        "reply_time": pl.Float64,  # seconds
    }
)
PORTS = {21: "ftp", 25: "smtp", 587: "smtp", 2525: "smtp", 110: "pop3", 143: "imap"}
_SIP_PORTS = (5060, 5061, 5080)
_MAX_SEGMENTS = 20_000  # of a connection


@dataclass(slots=True)
class _Row:
    service: str
    row: int
    swap: bool
    exchange: Exchange
    call_id: str | None = None


def table(capture: Capture) -> pl.DataFrame:
    """Every status line, and every command without one."""
    found = [*_dialogues(capture), *_calls(capture)]
    own: dict[str, Any] = {
        "service": [one.service for one in found],
        "command": [one.exchange.command for one in found],
        "argument": [one.exchange.argument for one in found],
        "user": [one.exchange.user or None for one in found],
        "secret": [one.exchange.secret for one in found],
        "reply_code": [one.exchange.code or None for one in found],
        "reply_status": [one.exchange.status if one.exchange.answered is not None else None for one in found],
        "reply_msg": [one.exchange.text if one.exchange.answered is not None else None for one in found],
        "call_id": [one.call_id for one in found],
        "command_frame_number": _rows.frames(one.exchange.asked for one in found),
        "reply_frame_number": _rows.frames(one.exchange.answered for one in found),
        "reply_time": [
            _rows.seconds(capture, one.exchange.asked, one.exchange.answered)
            if one.exchange.asked is not None and one.exchange.answered is not None
            else None
            for one in found
        ],
    }
    return _rows.build(capture, SCHEMA, [one.row for one in found], [one.swap for one in found], own)


def _dialogues(capture: Capture) -> Iterator[_Row]:
    services = _services(capture)
    for connection, sides in streams(capture, np.array(sorted(services), np.int64)):
        service, server_is_orig = services[connection]
        dialogue = Dialogue(service)
        for row, at, side in heapq.merge(*(_segments(side) for side in sides), key=lambda segment: segment[:2]):
            stream = sides[0] if sides[0].from_orig == side else sides[-1]
            dialogue.feed(_segment(stream, at), side != server_is_orig, row)
            if dialogue.finished:
                break
        for exchange in dialogue.close():
            begins = exchange.answered if exchange.answered is not None else exchange.asked
            if begins is not None:
                yield _Row(service, begins, exchange.answered is not None, exchange)


def _segments(stream: Stream) -> Iterator[tuple[int, int, bool]]:
    """When the segments of a stream could be read: the packet, the number of the segment, the side."""
    known = np.maximum.accumulate(np.asarray(stream.rows))
    for at, row in enumerate(known[:_MAX_SEGMENTS].tolist()):
        yield row, at, stream.from_orig


def _segment(stream: Stream, at: int) -> bytes:
    place = stream.places[at]
    return stream.packets.read(place, stream.held[at])


def _services(capture: Capture) -> dict[int, tuple[str, bool]]:
    """Connections that hold such a dialogue: the service, and whether the originator is the server."""
    packets = capture.packets
    data = (packets.protocol == TCP) & (packets.payload_captured > 3) & (packets.connection >= 0) & ~capture.duplicate
    found: dict[int, tuple[str, bool]] = {}
    rows = np.flatnonzero(data)
    ports = np.array(list(PORTS), np.uint16)
    for row in _firsts(capture, rows[np.isin(packets.sport[rows], ports) | np.isin(packets.dport[rows], ports)]):
        served = int(packets.sport[row]) in PORTS
        port = int(packets.sport[row] if served else packets.dport[row])
        found[int(packets.connection[row])] = (PORTS[port], bool(packets.from_orig[row]) == served)
    heads = packets.payload_start[rows] >> np.uint64(32)
    greetings = np.array([int.from_bytes(text, "big") for text in (b"220 ", b"220-")], np.uint64)
    for row in _firsts(capture, rows[np.isin(heads, greetings)]):
        connection = int(packets.connection[row])
        text = packets.payload_bytes(row, 200).upper()
        service = "smtp" if b"SMTP" in text else "ftp" if b"FTP" in text else ""
        if service and connection not in found:
            found[connection] = (service, bool(packets.from_orig[row]))
    return found


def _firsts(capture: Capture, rows: Ints) -> list[int]:
    """The first of the rows of each connection."""
    _, at = np.unique(capture.packets.connection[rows], return_index=True)
    first: list[int] = rows[at].tolist()
    return first


def _calls(capture: Capture) -> Iterator[_Row]:
    packets = capture.packets
    ports = np.isin(packets.sport, _SIP_PORTS) | np.isin(packets.dport, _SIP_PORTS)
    data = np.isin(packets.protocol, (TCP, UDP)) & (packets.payload_captured > 16) & ~capture.duplicate
    open_: dict[tuple[str, str], _Row] = {}
    for row, raw in payloads(packets, np.flatnonzero(ports & data), 8192):
        message = sip.parse(raw)
        if message is None:
            continue
        key = (message.call_id, message.cseq)
        known = open_.get(key)
        if message.status == 0:
            if known is None:
                exchange = Exchange(message.method, message.uri, row)
                open_[key] = _Row("sip", row, False, exchange, message.call_id)
        elif message.status >= 200:  # provisional ones decide nothing
            asked = known.exchange.asked if known else None
            uri = known.exchange.argument if known else ""
            status = str(message.status)
            exchange = Exchange(message.method, uri, asked, message.status, status, message.reason, row)
            if known is None or known.exchange.answered is None:
                open_[key] = _Row("sip", row, True, exchange, message.call_id)
    yield from (one for one in open_.values() if one.exchange.command != "ACK")
