"""Responses of HTTP that end too early or trickle, and requests that a server hangs up on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import FIN, RST, TCP, Ints, Rows
from . import ERROR, INFO, WARN, Notice, Value
from ._make import ConnectionRows, Row, from_row, rows, server, shorten
from .http import waiting_for_news

if TYPE_CHECKING:
    from ..capture import Capture

_ONE = 1 << 32
_LONG = 5.0  # seconds that a response takes
_LEAST, _SLOW_RATE = 200_000, 125_000  # bytes of a response, and bytes a second
_PAUSE = 20_000_000  # nanoseconds
_SHARE = 0.6  # of the time of a transfer
_SCALED = 65_536  # bytes of a window below which it is small
_OFTEN = 5  # times that a window was full
_SOON = 5.0  # seconds; a program that hangs for longer is told by silence.py


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a response that was cut short or that was slow without loss, and a request that was hung up on."""
    table = capture.tables["http"].filter(pl.col("version") != "2")
    if not len(table):
        return
    packets_of = ConnectionRows(capture)
    for row in rows(table.filter(pl.col("response_missing").is_not_null() & pl.col("method").is_not_null())):
        yield from _cut(capture, row, packets_of)
    lonely = table.filter(pl.col("status_code").is_null() & pl.col("method").is_not_null())
    for row in rows(lonely.filter(pl.col("method") != "CONNECT")):
        yield from _hung_up(capture, row, packets_of)
    took, size = pl.col("transfer_time"), pl.col("response_body_len")
    slow = table.filter((took >= _LONG) & (size >= _LEAST) & (size / took < _SLOW_RATE) & (pl.col("status_code") < 300))
    waiting = waiting_for_news(table) if len(slow) else set()
    for row in rows(slow.filter(pl.col("response_missing").is_null())):
        if row["frame_number"] not in waiting:
            yield from _slow(capture, row, packets_of)


def _what(row: Row) -> str:
    return f"{row['method']} {shorten(row['uri'], 80)}"


def _fields(row: Row) -> dict[str, Value | None]:
    return {
        "method": row["method"], "uri": row["uri"], "host": row["host"], "status": row["status_code"],
        "server_software": row["server"],
    }  # fmt: skip


def _ends(capture: Capture, mine: Rows, after: int) -> tuple[int, bool] | None:
    """The first packet behind a row that ends its connection, and whether the server sent it."""
    packets = capture.packets
    later = mine[(mine >= after) & ~capture.duplicate[mine]]
    ended = later[packets.tcp_flags[later] & (FIN | RST) != 0]
    return (int(ended[0]), not packets.from_orig[ended[0]]) if len(ended) else None


def _cut(capture: Capture, row: Row, packets_of: ConnectionRows) -> Iterator[Notice]:
    packets = capture.packets
    last = row["response_end_frame_number"] - 1
    connection = int(packets.connection[last])
    mine = packets_of.get(connection)
    ended = _ends(capture, mine, last)
    if ended is None or capture.connections["missed_bytes"][connection]:
        return  # the capture ended before the response did, or does not hold all of it
    end, by_server = ended
    behind = (int(packets.seq[last]) + int(packets.payload_length[last])) % _ONE
    own = int(packets.seq[end]) + (int(packets.payload_length[end]) if end != last else 0)
    if end == last:
        own = behind
    if by_server and own % _ONE != behind:
        return  # what is missing was sent, but the capture does not hold it
    missing, whole = row["response_missing"], row["response_body_len"]
    came = "its last chunk never came" if not missing else f"{missing:,} of {whole:,} bytes never came"
    reset = bool(packets.tcp_flags[end] & RST)
    who, how = ("server" if by_server else "client"), ("reset" if reset else "closed")
    name = server(row) if by_server else "the client"
    msg = f"The answer to {_what(row)} was cut short: {came}, {name} {how} the connection before"
    fields = {**_fields(row), "missing": missing, "ended_by": who, "how": how}
    frames = (end + 1, row["response_frame_number"], row["frame_number"])
    yield from_row(capture, "http_response_cut", ERROR if by_server else INFO, row, msg, fields, frames)


def _hung_up(capture: Capture, row: Row, packets_of: ConnectionRows) -> Iterator[Notice]:
    """A request that the server took, and closed the connection behind without a word."""
    packets = capture.packets
    asked = row["frame_number"] - 1
    connection = int(packets.connection[asked])
    mine = packets_of.get(connection)
    ended = _ends(capture, mine, asked + 1)
    if ended is None or not ended[1] or capture.connections["missed_bytes"][connection]:
        return
    end = ended[0]
    back = mine[(mine > asked) & (mine <= end) & ~packets.from_orig[mine] & (packets.protocol[mine] == TCP)]
    waited = (int(packets.time[end]) - int(packets.time[asked])) / 1e9
    if np.any(packets.payload_length[back] > 0) or waited >= _SOON or packets.tcp_flags[end] & RST:
        return  # resets are told by resets.py
    first = int(packets.seq[asked]) + int(packets.payload_length[asked])
    if ((int(packets.ack[end]) - first) % _ONE) >= _ONE // 2:
        return  # the server closed before it had the request: keepalive_race tells that
    msg = f"{server(row)} took the request {_what(row)} and closed the connection {waited * 1000:.3g} ms later "
    msg += "without an answer"
    fields = {**_fields(row), "seconds": waited}
    yield from_row(capture, "request_closed", ERROR, row, msg, fields, (asked + 1, end + 1))


def _slow(capture: Capture, row: Row, packets_of: ConnectionRows) -> Iterator[Notice]:
    """A long response whose time went by without loss: the server's program, or the client's window, sets the pace."""
    packets, analysis = capture.packets, capture.analysis
    first, last = row["response_frame_number"] - 1, row["response_end_frame_number"] - 1
    mine = packets_of.get(int(packets.connection[first]))
    mine = mine[(mine >= first) & (mine <= last) & ~capture.duplicate[mine]]
    again = analysis.retransmission | capture.repaired() | analysis.zero_window
    if np.any(again[mine]):
        return  # told by http_slow_network or tcp_zero_window
    sent = ~packets.from_orig[mine] & (packets.payload_length[mine] > 0)
    pause = np.diff(packets.time[mine])
    # All that was sent is acknowledged where the packet ahead of a pause is the client's and reaches the last byte.
    ends = _behind(packets.seq[mine].astype(np.int64) + packets.payload_length[mine], int(packets.seq[first]))
    reached = np.maximum.accumulate(np.where(sent, ends, 0))
    heard = _behind(packets.ack[mine].astype(np.int64), int(packets.seq[first]))
    idle = packets.from_orig[mine][:-1] & (heard[:-1] >= reached[:-1]) & sent[1:] & (pause > _PAUSE)
    took = row["transfer_time"]
    resting = float(pause[idle].sum()) / 1e9
    full = int(np.count_nonzero(analysis.window_full[mine]))
    window = int(np.max(reached - np.maximum.accumulate(np.where(packets.from_orig[mine], heard, 0))))
    size = row["response_body_len"]
    fields = {**_fields(row), "transfer_time": round(took, 3), "bytes": size}
    frames = (row["frame_number"], row["response_frame_number"], row["response_end_frame_number"])
    told = f"The answer to {_what(row)} took {took:.1f} s for {size:,} bytes, and no packet was lost: "
    if resting >= _SHARE * took:
        told += f"{server(row)} sent nothing for {resting:.1f} s of it although all was acknowledged: "
        told += "its program is slow"
        fields |= {"limited_by": "server", "seconds": round(resting, 3)}
        yield from_row(capture, "http_slow_transfer", WARN, row, told, fields, frames)
    elif full >= _OFTEN and window < _SCALED:
        told += f"the client takes no more than {window:,} bytes at a time, which the way there and back makes slow"
        fields |= {"limited_by": "client_window", "window": window}
        yield from_row(capture, "http_slow_transfer", WARN, row, told, fields, frames)


def _behind(numbers: Ints, begin: int) -> Ints:
    """How far sequence numbers are behind one of them."""
    distance: Ints = (numbers - begin + _ONE // 2) % _ONE - _ONE // 2
    return distance
