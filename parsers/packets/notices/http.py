"""HTTP: requests that failed, and who made them slow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from . import ERROR, INFO, WARN, Notice, Value
from ._make import ConnectionRows, Row, from_row, rows, server, shorten

if TYPE_CHECKING:
    from ..capture import Capture

SLOW = 1.0  # seconds to the first byte of a response
SLOW_TRANSFER = 2.0  # seconds from its first to its last byte
_SLOW_RATE = 125_000  # bytes a second
# What browsers and crawlers meet every day.
_USUAL = (401, 404, 407, 410, 416)


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a failed or slow request; rules say how many are too many."""
    table = capture.tables["http"]
    slow = (pl.col("response_time") >= SLOW) | (pl.col("transfer_time") >= SLOW_TRANSFER)
    packets_of: ConnectionRows | None = None
    for row in rows(table.filter((pl.col("status_code") >= 400) | slow)):
        if row["status_code"] >= 400:
            yield _failed(capture, row)
        if (row["response_time"] or 0) >= SLOW or row["transfer_time"] >= SLOW_TRANSFER:
            packets_of = packets_of or ConnectionRows(capture)
            yield from _slow(capture, row, packets_of)


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


def _slow(capture: Capture, row: Row, packets_of: ConnectionRows) -> Iterator[Notice]:
    packets, flags = capture.packets, capture.analysis
    first, answered = row["frame_number"] - 1, row["response_frame_number"] - 1
    of_connection = packets_of.get(int(packets.connection[first]))
    fields = _fields(row)
    waited = row["response_time"] or 0.0
    if waited >= SLOW:
        between = of_connection[(of_connection >= first) & (of_connection <= answered)]
        lost = int(np.count_nonzero(flags.retransmission[between]))
        distance = _distance(capture, row)
        fields |= {"response_time": round(waited, 6), "rtt": round(distance, 6), "retransmissions": lost}
        if lost or distance > waited / 2:
            why = f"the network lost {lost:,} packets"
            if not lost:
                why = f"the way there and back takes {distance:.3f} s"
            msg = f"The answer to {_what(row)} came after {waited:.3f} s: {why}"
            yield from_row(capture, "http_slow_network", WARN, row, msg, fields, _frames(row))
        else:
            msg = (
                f"The server {row['host'] or server(row)} thought for {waited:.3f} s before it answered {_what(row)}; "
            )
            msg += "no packet was lost meanwhile"
            yield from_row(capture, "http_slow_server", WARN, row, msg, fields, _frames(row))
        return
    last = row["response_end_frame_number"] - 1
    during = of_connection[(of_connection >= answered) & (of_connection <= last)]
    lost = int(np.count_nonzero(flags.retransmission[during]))
    took, size = row["transfer_time"], int(packets.payload_length[during].sum())
    full = bool(flags.zero_window[during].any())  # the client did not read: not the network's fault
    if lost and not full and size / took < _SLOW_RATE:
        msg = f"The answer to {_what(row)} took {took:.1f} s for {size:,} bytes: {lost:,} packets were lost"
        fields |= {"transfer_time": round(took, 6), "bytes": size, "retransmissions": lost}
        yield from_row(capture, "http_slow_network", WARN, row, msg, fields, (*_frames(row), last + 1))


def _distance(capture: Capture, row: Row) -> float:
    """The round trip time of a connection's handshake in seconds, 0 where it is not known."""
    connection = int(capture.packets.connection[row["frame_number"] - 1])
    known = capture.connections["handshake_rtt"][connection] if connection >= 0 else None
    return float(known or 0.0)
