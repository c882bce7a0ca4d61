"""HTTP: requests that failed, and who made them slow."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..protocols.http2 import grpc_name
from . import ERROR, INFO, WARN, Notice, Value
from ._make import ConnectionRows, Row, from_row, rows, server, shorten

if TYPE_CHECKING:
    from ..capture import Capture

SLOW = 1.0  # seconds to the first byte of a response
SLOW_TRANSFER = 2.0  # seconds from its first to its last byte
_SLOW_RATE = 125_000  # bytes a second
# What browsers and crawlers meet every day.
_USUAL = (401, 404, 407, 410, 416)
# Unknown, deadline exceeded, resource exhausted, unimplemented, internal, unavailable, data loss; others are answers.
_GRPC_FAULTS = (2, 4, 8, 12, 13, 14, 15)


# How interfaces call it when an answer is meant to wait: Consul, etcd, Kubernetes, CometD, Socket.IO, Matrix, Telegram.
POLL = re.compile(
    r"(?i)(?<![a-z])(wait|watch|poll|polling|longpoll|longpolling|long-poll|cometd?|getupdates|timeout|timeoutseconds)"
    r"(?![a-z])"
)


_NEARLY = 0.9  # of a deadline; what the client counts begins a little earlier
_BROKEN_OFF = ("CANCEL", "STREAM_CLOSED", "REFUSED_STREAM")  # a reader lost interest; a request that may be sent again
_TURNS, _MOSTLY, _AT_ONCE = 3, 0.6, 0.5  # polls behind each other, and their share; seconds from an answer to the next
_SMALL, _TIMED = 2048, 15.0  # bytes of an answer that brings news; seconds that no page takes again and again


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a failed or slow request; rules say how many are too many."""
    table = capture.tables["http"]
    slow = (pl.col("response_time") >= SLOW) | (pl.col("transfer_time") >= SLOW_TRANSFER)
    course: _Course | None = None
    waiting = waiting_for_news(table)
    failed = (pl.col("status_code") >= 400) | pl.col("grpc_status").is_in(_GRPC_FAULTS)
    for row in rows(table.filter(pl.col("reset_error").is_not_null())):
        yield from _reset(capture, row)
    for row in rows(table.filter(failed | slow)):
        if (row["status_code"] or 0) >= 400:
            yield _failed(capture, row)
        elif row["grpc_status"] in _GRPC_FAULTS:
            yield _grpc(capture, row)
        if row["frame_number"] in waiting:
            continue
        if (row["response_time"] or 0) >= SLOW or (row["transfer_time"] or 0) >= SLOW_TRANSFER:
            course = course or _Course(capture)
            yield from _slow(capture, row, course)


def waiting_for_news(table: pl.DataFrame) -> set[int]:
    """Frames of requests whose answer is meant to wait, by how client and server behave.

    Streams of events are told by their type. A poll that nothing came of ends without a body. Else a client asks for
    the same again as soon as it is answered; the answers are small, and come when something happens or a time is up.
    """
    slow = pl.col("response_time") >= SLOW
    kind = pl.col("content_type").fill_null("")
    stream = kind.str.starts_with("text/event-stream") | kind.str.starts_with("multipart/x-mixed-replace")
    empty = slow & pl.col("status_code").is_in([204, 304]) & (pl.col("method") == "GET")
    found = set(table.filter(stream | empty)["frame_number"])
    asked = table.filter(pl.col("method").is_in(["GET", "POST"]) & pl.col("response_time").is_not_null())
    if not (asked["response_time"] >= SLOW).any():
        return found
    took = pl.col("response_time") + pl.col("transfer_time").fill_null(0)
    key = ["id_orig_h", "id_resp_h", "id_resp_p", "method", "path"]
    asked = asked.with_columns(
        path=pl.col("uri").str.split("?").list.first(), began=pl.col("time").dt.epoch("us") / 1e6
    )
    asked = asked.sort("began", maintain_order=True).with_columns(done=pl.col("began") + took)
    gap = (pl.col("began") - pl.col("done").shift(1)).over(key)
    asked = asked.with_columns(chained=gap.is_between(-0.1, _AT_ONCE).fill_null(False))
    waits = pl.col("response_time")
    groups = asked.group_by(key).agg(
        pl.col("frame_number").filter(slow),
        (pl.col("chained").sum() >= _TURNS)
        & (pl.col("chained").mean() >= _MOSTLY)
        & (pl.col("response_body_len").fill_null(0).max() <= _SMALL)
        & ((waits.max() >= 2 * waits.filter(slow).min()) | (waits.filter(slow).min() >= _TIMED)),
    )  # fmt: skip
    for frames in groups.filter("chained")["frame_number"].to_list():
        found |= set(frames)
    return found


def _what(row: Row) -> str:
    return f"{row['method'] or 'a request'} {shorten(row['uri'], 80)}".strip()


def _fields(row: Row) -> dict[str, Value | None]:
    return {
        "method": row["method"],
        "uri": row["uri"],
        "host": row["host"],
        "status": row["status_code"],
        "server": server(row),
        "client": row["id_orig_h"],
        "server_software": row["server"],
    }


def _frames(row: Row) -> tuple[int | None, ...]:
    return row["frame_number"], row["response_frame_number"]


def _failed(capture: Capture, row: Row) -> Notice:
    code = row["status_code"]
    fault = code >= 500
    note = "http_server_errors" if fault else "http_client_errors"
    severity = ERROR if fault else INFO if code in _USUAL else WARN
    reason = f" {shorten(row['status_msg'], 40)}" if row["status_msg"] else ""
    msg = f"The server {row['host'] or server(row)} answered {_what(row)} with {code}{reason}"
    return from_row(capture, note, severity, row, msg, _fields(row), _frames(row))


def _grpc(capture: Capture, row: Row) -> Notice:
    """A call that failed for a reason of the server, which HTTP knows nothing of: its status is 200."""
    name = grpc_name(row["grpc_status"])
    said = f": {shorten(row['grpc_message'])}" if row["grpc_message"] else ""
    msg = f"The server {row['host'] or server(row)} answered the gRPC call {_what(row)} with {name}{said}"
    return from_row(capture, "grpc_errors", ERROR, row, msg, {**_fields(row), "code": name}, _frames(row))


def _reset(capture: Capture, row: Row) -> Iterator[Notice]:
    """A request of HTTP/2 that a side broke off, or a connection that one ended in anger."""
    error, by, goaway = row["reset_error"], row["reset_from"], row["reset_error"].startswith("GOAWAY")
    frames = (row["reset_frame_number"], row["frame_number"])
    fields = {**_fields(row), "error": error.removeprefix("GOAWAY "), "from": by}
    since = int(capture.packets.time[frames[0] - 1]) - int(capture.packets.time[frames[1] - 1])
    waited, deadline = since / 1e9, row["grpc_timeout"]
    who = f"The {by} of {row['host'] or server(row)}"
    if (
        error == "CANCEL"
        and by == "client"
        and deadline
        and waited >= _NEARLY * deadline
        and row["grpc_status"] is None
    ):
        msg = f"The client gave up the gRPC call {_what(row)} after {waited:.3f} s: its deadline of {deadline:.3g} s "
        msg += f"passed before the server {row['host'] or server(row)} had answered"
        yield from_row(capture, "grpc_errors", ERROR, row, msg, {**fields, "code": "DEADLINE_EXCEEDED"}, frames)
    elif goaway:
        said = f" ({shorten(row['reset_msg'])})" if row["reset_msg"] else ""
        msg = f"{who} ended the HTTP/2 connection with {fields['error']}{said}"
        yield from_row(capture, "http2_reset", ERROR, row, msg, {**fields, "scope": "connection"}, frames)
    elif error != "NO_ERROR" and not (by == "server" and error == "CANCEL" and row["status_code"]):
        severity = INFO if error in _BROKEN_OFF else WARN
        msg = f"{who} broke off {_what(row)} with {error} after {waited:.3f} s"
        yield from_row(capture, "http2_reset", severity, row, msg, {**fields, "scope": "stream"}, frames)


class _Course:
    """How the packets of a connection fared between two of them, in constant time."""

    def __init__(self, capture: Capture) -> None:
        self._capture = capture
        self._packets_of = ConnectionRows(capture)
        self._again = capture.analysis.retransmission | capture.repaired()
        self._full = capture.analysis.zero_window
        self._connection = -1

    def between(self, first: int, last: int) -> tuple[int, int, int]:
        """Retransmissions, bytes of payload and announcements of a full buffer from a packet to another one."""
        connection = int(self._capture.packets.connection[first])
        if connection != self._connection:
            self._connection, self._rows = connection, self._packets_of.get(connection)
            told = (self._again, self._capture.packets.payload_length, self._full)
            self._sums = [np.append(0, np.cumsum(column[self._rows], dtype=np.int64)) for column in told]
        low, high = np.searchsorted(self._rows, [first, last + 1])
        lost, size, full = (int(sums[high] - sums[low]) for sums in self._sums)
        return lost, size, full


def _slow(capture: Capture, row: Row, course: _Course) -> Iterator[Notice]:
    first, answered = row["frame_number"] - 1, row["response_frame_number"] - 1
    fields = _fields(row)
    waited = row["response_time"] or 0.0
    if waited >= SLOW and POLL.search(row["uri"] or ""):
        return  # a client that waits for news: the server answers when there are some
    if waited >= SLOW:
        lost, _, _ = course.between(first, answered)
        distance = _distance(capture, row)
        fields |= {"response_time": round(waited, 6), "rtt": round(distance, 6), "retransmissions": lost}
        if lost or distance > waited / 2:
            why = f"{lost:,} packets had to be sent again"
            if not lost:
                why = f"the way there and back takes {distance:.3f} s"
            msg = f"The answer to {_what(row)} came after {waited:.3f} s: {why}"
            yield from_row(capture, "http_slow_network", WARN, row, msg, fields, _frames(row))
        else:
            who = row["host"] or server(row)
            msg = f"The server {who} thought for {waited:.3f} s before it answered {_what(row)}; no packet was lost"
            yield from_row(capture, "http_slow_server", WARN, row, msg, fields, _frames(row))
        return
    last = row["response_end_frame_number"] - 1
    lost, size, full = course.between(answered, last)
    took = row["transfer_time"]
    # Where the buffer was full, the client did not read: not the network's fault.
    if lost and not full and size / took < _SLOW_RATE:
        msg = f"The answer to {_what(row)} took {took:.1f} s for {size:,} bytes: {lost:,} packets had to be sent again"
        fields |= {"transfer_time": round(took, 6), "bytes": size, "retransmissions": lost}
        yield from_row(capture, "http_slow_network", WARN, row, msg, fields, (*_frames(row), last + 1))


def _distance(capture: Capture, row: Row) -> float:
    """The round trip time of a connection's handshake in seconds, 0 where it is not known."""
    connection = int(capture.packets.connection[row["frame_number"] - 1])
    known = capture.connections["handshake_rtt"][connection] if connection >= 0 else None
    return float(known or 0.0)
