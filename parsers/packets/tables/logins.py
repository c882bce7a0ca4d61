"""logins: one row a password that a client sent in the clear by a protocol of its own; others are in commands and http.

A login is known where it begins a packet, as clients send it. What was sent is not kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import TCP, UDP, Bools, Rows
from ..protocols import logins as parse
from ..reading import gathered, payloads
from . import _rows

if TYPE_CHECKING:
    from ..capture import Capture

SCHEMA = _rows.schema(
    {
        "service": pl.String,  # telnet, redis, ldap, mqtt, postgresql, http, snmp
        "user": pl.String,  # null where it is not said
    }
)
_SERVICES: tuple[tuple[str, tuple[int, ...], bytes, parse.Reader], ...] = (
    ("redis", (6379, 6380, 26379), b"*Aa", parse.redis),
    ("ldap", (389, 3268), b"\x30", parse.ldap),
    ("mqtt", (1883,), b"\x10", parse.mqtt),
)
# A message of SNMP version 1 or 2c (RFC 1901): a length of one to three bytes, the version, the community.
_SNMP = (
    (0xFF00FFFFFEFF0000, 0x3000020100040000), (0xFFFF00FFFFFEFF00, 0x3081000201000400),
    (0xFFFF0000FFFFFEFF, 0x3082000002010004),
)  # fmt: skip
_SNMP_WIDTH = 8
_SNMP_PORTS = (161, 162)
_POSTGRESQL = (5432, 5433, 6432)
_METHODS = tuple(int.from_bytes(method, "big") for method in (b"POST ", b"PUT /", b"GET /"))
_LIFT = 32  # bits that a row takes
_MOST, _MOST_ROWS, _MOST_ASKED = 4096, 100_000, 256  # bytes of a login; packets; bytes of what asks for it


def table(capture: Capture) -> pl.DataFrame:
    """Every login with a password that can be read."""
    packets = capture.packets
    usable = (packets.protocol == TCP) & (packets.payload_captured > 0) & (packets.connection >= 0)
    usable &= ~capture.duplicate
    found = sorted(
        {*_commands(capture, usable), *_asked(capture, usable), *_forms(capture, usable), *_communities(capture)}
    )
    own = {"service": [service for _, service, _ in found], "user": [user or None for _, _, user in found]}
    return _rows.build(capture, SCHEMA, [row for row, _, _ in found], [False] * len(found), own)


def _commands(capture: Capture, usable: Bools) -> Iterator[tuple[int, str, str]]:
    packets = capture.packets
    for service, ports, begins, read in _SERVICES:
        rows = np.flatnonzero(usable & np.isin(packets.dport, ports))
        rows = rows[np.isin(packets.payload_start[rows] >> np.uint64(56), tuple(begins))]
        for row, raw in payloads(packets, rows[:_MOST_ROWS], _MOST):
            user = read(raw)
            if user is not None:
                yield row, service, user


def _communities(capture: Capture) -> Iterator[tuple[int, str, str]]:
    """Requests and traps of SNMP that name a community: it is their password."""
    packets = capture.packets
    rows = np.flatnonzero((packets.protocol == UDP) & np.isin(packets.dport, _SNMP_PORTS) & ~capture.duplicate)
    rows = rows[packets.payload_captured[rows] >= _SNMP_WIDTH]
    width = np.full(len(rows), _SNMP_WIDTH, np.int64)
    head = gathered(packets, packets.place("payload", rows), width, _SNMP_WIDTH)
    start = np.ascontiguousarray(head).view(">u8").ravel().astype(np.uint64)
    named = np.zeros(len(rows), np.bool_)
    for mask, begin in _SNMP:
        named |= start & np.uint64(mask) == np.uint64(begin)
    for row in rows[named][:_MOST_ROWS].tolist():
        yield row, "snmp", ""


def _asked(capture: Capture, usable: Bools) -> Iterator[tuple[int, str, str]]:
    """What a client sends next to a server that asked for a password in the clear."""
    packets = capture.packets
    for service, ports, asks in (
        ("postgresql", _POSTGRESQL, parse.asks_in_the_clear),
        ("telnet", parse.TELNET_PORTS, parse.prompts),
    ):
        rows = np.flatnonzero(usable & np.isin(packets.sport, ports))
        if service == "postgresql":
            rows = rows[packets.payload_start[rows] == np.uint64(int.from_bytes(b"R\0\0\0\x08\0\0\0", "big"))]
        rows = rows[packets.payload_captured[rows] <= _MOST_ASKED]
        asked = [row for row, raw in payloads(packets, rows[:_MOST_ROWS], _MOST_ASKED) if asks(raw)]
        if not asked:
            continue
        answers = np.flatnonzero(usable & np.isin(packets.dport, ports))
        place = np.sort(packets.connection[answers].astype(np.int64) << _LIFT | answers)
        begin = packets.connection[asked].astype(np.int64) << _LIFT | np.array(asked, np.int64)
        for key, at in zip(begin.tolist(), np.searchsorted(place, begin).tolist(), strict=True):
            if at < len(place) and int(place[at]) >> _LIFT == key >> _LIFT:
                yield int(place[at]) & ((1 << _LIFT) - 1), service, ""


def _forms(capture: Capture, usable: Bools) -> Iterator[tuple[int, str, str]]:
    """Requests of HTTP; the body may be in the packet behind the head."""
    packets = capture.packets
    begins = np.isin(packets.payload_start >> np.uint64(24), _METHODS)
    rows = np.flatnonzero(usable & begins)[:_MOST_ROWS]
    # Of the methods only POST, PUT and PATCH have a body.
    bodies = _behind(capture, rows[packets.payload_start[rows] >> np.uint64(56) == ord("P")], usable)
    for row, raw in payloads(packets, rows, _MOST):
        user = parse.form(raw)
        if user is None and raw.endswith(b"\r\n\r\n") and row in bodies:
            user = parse.form(raw + packets.payload_bytes(bodies[row], _MOST))
        if user is not None:
            yield row, "http", user


def _behind(capture: Capture, rows: Rows, usable: Bools) -> dict[int, int]:
    """The packet with data that follows in the same direction of the connection, where it comes next."""
    if not len(rows):
        return {}
    packets = capture.packets
    wanted = np.zeros(len(capture.connections) + 1, np.bool_)
    wanted[packets.connection[rows]] = True
    sent = np.flatnonzero(usable & wanted[packets.connection])
    key = packets.connection[sent].astype(np.int64) * 2 + packets.from_orig[sent]
    order = np.argsort(key, kind="stable")
    sent, key = sent[order], key[order]
    found = np.flatnonzero((key[1:] == key[:-1]) & np.isin(sent[:-1], rows))
    return dict(zip(sent[found].tolist(), sent[found + 1].tolist(), strict=True))
