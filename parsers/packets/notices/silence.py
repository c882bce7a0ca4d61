"""Requests that reached a server and got no answer: its program hangs, or had just closed the connection."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import ACK, FIN, RST, TCP, Ints, Rows
from ..protocols.http import starts_head
from . import ERROR, WARN, Notice, Value
from ._endpoints import about, limited
from ._make import ConnectionRows
from .http import POLL, waiting_for_news

if TYPE_CHECKING:
    from ..capture import Capture

# Nanoseconds of waiting until the client ended it, the server did, or the capture.
_GIVEN_UP, _CLOSED, _WAITED = 3_000_000_000, 5_000_000_000, 15_000_000_000
_RESTED = 500_000_000  # nanoseconds without data before a connection counts as idle
_RESET = 2_000_000_000  # nanoseconds within which the answer to a late request comes
_SEALED = 100  # bytes of TLS that are more than a farewell
# Servers that speak first: FTP, SSH, SMTP, POP3, IMAP, MySQL.
_GREETERS = (21, 22, 25, 110, 143, 587, 2525, 3306)
# Commands of Redis that wait on purpose.
_BLOCKING = (b"BLPOP", b"BRPOP", b"BLMOVE", b"BZPOP", b"BLOCK", b"SUBSCRIBE", b"MONITOR", b"WAIT", b"SYNC", b"BLMPOP")
# Of MySQL: quit and the dumps of replication are not answered; statements are.
_MYSQL_STATEMENTS = (0x02, 0x03, 0x0E, 0x16, 0x17)
_LDAP_SILENT = (0x42, 0x50)  # unbind, abandon


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a request, or a greeting, that never came."""
    if not len(capture.packets):
        return
    packets_of = ConnectionRows(capture)
    yield from limited(capture, _silent(capture, packets_of))
    yield from limited(capture, _late(capture, packets_of))


def _silent(capture: Capture, packets_of: ConnectionRows) -> Iterator[Notice]:
    """Servers whose kernel confirms what a client sends, and whose program says nothing."""
    table = capture.connections
    lasts = _lasts(capture)
    asked = {row - 1 for row in _unanswered_http(capture)}
    for row in sorted({*lasts, *asked}):
        connection = int(capture.packets.connection[row])
        mine = packets_of.get(connection)
        if row in asked or _is_request(capture, row, int(table["id_resp_p"][connection])):
            yield from _unanswered(capture, connection, row, mine)
    quiet = table.with_row_index("row").filter(
        (pl.col("proto") == "tcp") & pl.col("id_resp_p").is_in(_GREETERS) & (pl.col("resp_bytes") == 0)
        & pl.col("history").str.contains("^S.*h.*A")
    )["row"]  # fmt: skip
    for connection in quiet.to_list():
        yield from _no_greeting(capture, connection, packets_of.get(connection))


def _lasts(capture: Capture) -> list[int]:
    """The last data of each connection that has waited long, where the originator sent it."""
    packets, order = capture.packets, capture.flows.order
    data = (packets.protocol == TCP) & (packets.payload_length > 0) & ~capture.duplicate
    rows = order[data[order]]
    if not len(rows):
        return []
    owner = packets.connection[rows]
    rows = rows[np.append(owner[1:] != owner[:-1], True)]
    ports = capture.connections["id_resp_p"].to_numpy()
    rows = rows[np.isin(ports[packets.connection[rows]], list(_REQUESTS)) & packets.from_orig[rows]]
    end = int(packets.time.max())
    waited: list[int] = rows[end - packets.time[rows] >= _GIVEN_UP].tolist()
    return waited


def _unanswered_http(capture: Capture) -> list[int]:
    """Frames of requests of HTTP/1 without a response, but for those that wait for news."""
    table = capture.tables["http"].with_columns(path=pl.col("uri").fill_null("").str.split("?").list.first())
    polls = table.filter(pl.col("frame_number").is_in(list(waiting_for_news(table))))
    polled = set(polls.select("id_resp_h", "path").iter_rows())
    lonely = table.filter(pl.col("status_code").is_null() & pl.col("method").is_not_null())
    lonely = lonely.filter((pl.col("version") != "2") & (pl.col("method") != "CONNECT"))
    columns = lonely.select("frame_number", "id_resp_h", "path", "uri").iter_rows()
    return [frame for frame, host, path, uri in columns if (host, path) not in polled and not POLL.search(uri or "")]


def _is_request(capture: Capture, row: int, port: int) -> bool:
    return _REQUESTS[port](capture.packets.payload_bytes(row, 512)) if port in _REQUESTS else False


def _redis(data: bytes) -> bool:
    return data[:1] == b"*" and not any(word in data.upper() for word in _BLOCKING)


def _mysql(data: bytes) -> bool:
    return len(data) > 4 and data[3] == 0 and data[4] in _MYSQL_STATEMENTS


def _postgresql(data: bytes) -> bool:
    return data[:1] in (b"Q", b"P", b"B", b"p") or data[:2] == b"\0\0"


def _ldap(data: bytes) -> bool:
    return data[:1] == b"\x30" and not any(code in data[2:12] for code in _LDAP_SILENT)


_REQUESTS = {
    5432: _postgresql, 5433: _postgresql, 6432: _postgresql, 3306: _mysql, 6379: _redis, 389: _ldap,
}  # fmt: skip


def _unanswered(capture: Capture, connection: int, row: int, mine: Rows) -> Iterator[Notice]:
    packets = capture.packets
    later = mine[mine > row]
    back = later[~packets.from_orig[later]]
    sent = later[packets.from_orig[later] & (packets.payload_length[later] > 0)]
    last = int(sent[-1]) if len(sent) else row
    if np.any(packets.payload_length[back] > 0):
        return
    behind = int(packets.seq[last]) + int(packets.payload_length[last])
    heard = back[packets.tcp_flags[back] & ACK != 0]
    if not np.any(((packets.ack[heard].astype(np.int64) - behind) & 0xFFFFFFFF) < 1 << 31):
        return  # what was sent did not arrive: that is loss
    forth = later[packets.from_orig[later]]
    more = (packets.ack[forth].astype(np.int64) - int(packets.ack[row])) & 0xFFFFFFFF
    if np.any((more > 1) & (more < 1 << 31)):  # one is the end of what the server sends
        return  # the client confirms what the capture does not hold
    seconds, how = _wait(capture, last, mine)
    if not how:
        return
    msg = (
        f"{{server}} confirmed what {{client}} sent, but its program did not answer for {seconds:.3g} s, until {how}: "
        "the network is well, the program hangs or waits."
    )
    fields: dict[str, Value] = {"seconds": seconds, "missing": "answer"}
    yield about(
        capture, connection, "server_silent", ERROR, np.append(row, _ended(capture, last, mine)[:1]), msg, fields
    )


def _no_greeting(capture: Capture, connection: int, mine: Rows) -> Iterator[Notice]:
    opened = int(mine[0])
    seconds, how = _wait(capture, opened, mine)
    if not how:
        return
    msg = (
        f"{{server}} accepted a connection of {{client}}, but its program, which speaks first, said nothing for "
        f"{seconds:.3g} s, until {how}."
    )
    fields: dict[str, Value] = {"seconds": seconds, "missing": "greeting"}
    yield about(capture, connection, "server_silent", ERROR, mine[:1], msg, fields)


def _ended(capture: Capture, row: int, mine: Rows) -> Rows:
    """The packets behind a row that end its connection."""
    later = mine[mine > row]
    ended: Rows = later[capture.packets.tcp_flags[later] & (FIN | RST) != 0]
    return ended


def _wait(capture: Capture, row: int, mine: Rows) -> tuple[float, str]:
    """Seconds from a packet to the end of the waiting and what ended it; "" where it was too short to be told."""
    packets = capture.packets
    ended = _ended(capture, row, mine)
    by_client = len(ended) > 0 and bool(packets.from_orig[ended[0]])
    until = int(packets.time[ended[0]]) if len(ended) else int(packets.time.max())
    waited = until - int(packets.time[row])
    if waited < (_GIVEN_UP if by_client else _CLOSED if len(ended) else _WAITED):
        return waited / 1e9, ""
    how = "the client gave up" if by_client else "the server closed" if len(ended) else "the capture ended"
    return waited / 1e9, how


def _late(capture: Capture, packets_of: ConnectionRows) -> Iterator[Notice]:
    """Requests in a connection that the server had closed while it was idle; they get a reset."""
    packets = capture.packets
    tcp = (packets.protocol == TCP) & (packets.connection >= 0) & ~capture.duplicate
    closed = np.flatnonzero(tcp & ~packets.from_orig & (packets.tcp_flags & FIN != 0))
    first: Ints = np.full(len(capture.connections) + 1, len(packets), np.int64)
    first[packets.connection[closed[::-1]]] = closed[::-1]
    late = np.flatnonzero(tcp & packets.from_orig & (packets.payload_length > 0))
    late = late[late > first[packets.connection[late]]]
    told: set[int] = set()
    for row in late.tolist():
        connection = int(packets.connection[row])
        if connection in told or not _asks(capture, row):
            continue
        mine = packets_of.get(connection)
        before = mine[(mine < row) & (packets.payload_length[mine] > 0)]
        after = mine[(mine > row) & ~packets.from_orig[mine] & (packets.tcp_flags[mine] & RST != 0)]
        if not len(before) or not len(after) or packets.time[after[0]] - packets.time[row] > _RESET:
            continue
        if packets.time[row] - packets.time[before[-1]] < _RESTED:
            continue  # the server refused the rest of a long request
        told.add(connection)
        fin = int(first[connection])
        idle = (int(packets.time[fin]) - int(packets.time[before[-1]])) / 1e9
        gap = (int(packets.time[row]) - int(packets.time[fin])) / 1e9
        msg = (
            f"{{server}} closed a connection that was idle for {idle:.3g} s; {gap:.3g} s later {{client}} sent a "
            "request into it and got a reset."
        )
        fields: dict[str, Value] = {"idle": idle, "gap": gap}
        yield about(capture, connection, "keepalive_race", WARN, np.array([row, int(after[0]), fin]), msg, fields)


def _asks(capture: Capture, row: int) -> bool:
    """Whether a packet holds a request: one of HTTP, or data of TLS that are more than a farewell."""
    start = int(capture.packets.payload_start[row]).to_bytes(8, "big")
    sealed = start[:1] == b"\x17" and int(capture.packets.payload_length[row]) >= _SEALED
    return sealed or (starts_head(start) and not start.startswith(b"HTTP/"))
