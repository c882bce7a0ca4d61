"""service_errors: one row an error that a server answers with in a protocol of its own, on its usual ports.

An error is known where it begins a packet, as servers send it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import TCP, UDP, Array, Bools
from ..protocols import service_errors as parse
from ..reading import payloads
from . import _rows

if TYPE_CHECKING:
    from ..capture import Capture

SCHEMA = _rows.schema(
    {
        "service": pl.String,  # postgresql, mysql, redis ...
        "code": pl.String,  # as the protocol has it: "53300", "1040", "NOAUTH"
        "name": pl.String,
        "error_msg": pl.String,
        "kind": pl.String,  # login, denied, overload, unavailable, conflict, clock, fault, usual
    }
)
_MOST = 2048  # bytes of an error
_MOST_ROWS = 200_000
_POSTGRESQL = tuple(b"ER12N")  # an error, or what may stand ahead of one


def _byte(start: Array, at: int) -> Array:
    """One of the first eight bytes of payloads."""
    return (start >> np.uint64(56 - 8 * at)) & np.uint64(0xFF)


@dataclass(frozen=True, slots=True)
class _Service:
    """A protocol: the ports of its servers, what the first eight bytes of an error look like, who reads it."""

    name: str
    ports: tuple[int, ...]
    begins: Callable[[Array], Bools]
    read: Callable[[bytes], parse.ServiceError | None]
    protocol: int = TCP


def _any(start: Array) -> Bools:
    return np.ones(len(start), np.bool_)


_SERVICES = (
    _Service(
        "postgresql",
        (5432, 5433, 6432),
        lambda s: np.isin(_byte(s, 0), _POSTGRESQL) & (_byte(s, 1) == 0),
        parse.parse_postgresql,
    ),
    _Service("mysql", (3306, 3307), lambda s: (_byte(s, 4) == 0xFF) & (_byte(s, 2) == 0), parse.parse_mysql),
    _Service("mssql", (1433,), lambda s: (_byte(s, 0) == 4) & (_byte(s, 1) <= 1), parse.parse_tds),
    _Service("oracle", (1521, 1522), lambda s: _byte(s, 4) == 4, parse.parse_tns),
    _Service("redis", (6379, 6380, 26379), lambda s: _byte(s, 0) == 0x2D, parse.parse_redis),
    _Service(
        "memcached", (11211,), lambda s: s == np.uint64(int.from_bytes(b"SERVER_E", "big")), parse.parse_memcached
    ),
    _Service("mqtt", (1883,), lambda s: np.isin(_byte(s, 0), (0x20, 0xE0)), parse.parse_mqtt),
    _Service("amqp", (5672,), lambda s: (_byte(s, 0) == 1) & (_byte(s, 7) == 0), parse.parse_amqp),
    _Service("ldap", (389, 3268), lambda s: _byte(s, 0) == 0x30, parse.parse_ldap),
    _Service("smb", (445, 139), lambda s: _byte(s, 4) == 0xFE, parse.parse_smb),
    _Service("kerberos", (88,), lambda s: _byte(s, 4) == 0x7E, parse.parse_kerberos),
    _Service("kerberos", (88,), _any, parse.parse_kerberos, UDP),
    _Service("radius", (1812, 1645), _any, parse.parse_radius, UDP),
)


def table(capture: Capture) -> pl.DataFrame:
    """Every error of the capture."""
    packets = capture.packets
    found: list[tuple[int, str, parse.ServiceError]] = []
    known = np.array([port for service in _SERVICES for port in service.ports], np.uint16)
    rows = np.flatnonzero(np.isin(packets.sport, known) & (packets.payload_captured > 3) & ~capture.duplicate)
    rows = rows[packets.connection[rows] >= 0]
    for service in _SERVICES:
        mine = rows[np.isin(packets.sport[rows], service.ports) & (packets.protocol[rows] == service.protocol)]
        mine = mine[service.begins(packets.payload_start[mine])]
        for row, raw in payloads(packets, mine[:_MOST_ROWS], _MOST):
            error = service.read(raw)
            if error is not None:
                found.append((row, service.name, error))
    found.sort(key=lambda one: one[0])
    errors = [error for _, _, error in found]
    own = {
        "service": [name for _, name, _ in found],
        "code": [error.code for error in errors],
        "name": [error.name for error in errors],
        "error_msg": [error.text for error in errors],
        "kind": [error.kind for error in errors],
    }
    return _rows.build(capture, SCHEMA, [row for row, _, _ in found], [True] * len(found), own)
