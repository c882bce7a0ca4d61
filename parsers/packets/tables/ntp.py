"""ntp: one row an NTP packet (RFC 5905): who has which time, from whom, and how far off it is."""

from __future__ import annotations

import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ..columns import UDP
from ..reading import payloads
from . import _rows

if TYPE_CHECKING:
    from ..capture import Capture

SCHEMA = _rows.schema(
    {
        "version": pl.UInt8,
        "mode": pl.UInt8,
        "mode_name": pl.String,  # client, server, symmetric_active, symmetric_passive, broadcast
        "leap": pl.UInt8,  # 3: the clock is not synchronised
        "stratum": pl.UInt8,  # 0: not synchronised or a kiss code, 16: not synchronised
        "poll": pl.Int8,  # log2 seconds
        "root_delay": pl.Float64,  # seconds
        "root_disp": pl.Float64,
        "ref_id": pl.String,
        "kiss_code": pl.String,  # RFC 5905 section 7.4: DENY, RSTR, RATE ...
        "offset": pl.Float64,  # seconds that the sender's clock is ahead of the clock of the capture, of servers only
    }
)
_MODES = {1: "symmetric_active", 2: "symmetric_passive", 3: "client", 4: "server", 5: "broadcast"}
_HEAD = struct.Struct(">BBbbII4s8xQQQ")
_EPOCH = 2_208_988_800  # seconds from 1900 to 1970
_ERA = 1 << 32


def table(capture: Capture) -> pl.DataFrame:
    """Every NTP packet of the modes that carry time."""
    packets = capture.packets
    ports = (packets.sport == 123) | (packets.dport == 123)
    chosen = ports & (packets.protocol == UDP) & (packets.payload_captured >= _HEAD.size) & ~capture.duplicate
    rows: list[int] = []
    told: list[dict[str, Any]] = []
    for row, raw in payloads(packets, np.flatnonzero(chosen & packets.has("payload")), _HEAD.size):
        fields = _fields(raw, int(packets.time[row]))
        if fields:
            rows.append(row)
            told.append(fields)
    own = {name: [fields[name] for fields in told] for name in SCHEMA if name not in _rows.IDENTITY}
    return _rows.build(capture, SCHEMA, rows, [fields["mode"] in (2, 4) for fields in told], own)


def _fields(data: bytes, nanos: int) -> dict[str, Any]:
    first, stratum, poll, _, delay, dispersion, reference, _, _, sent = _HEAD.unpack(data)
    mode, version = first & 7, first >> 3 & 7
    if mode not in _MODES or not 1 <= version <= 4:
        return {}
    code = reference.rstrip(b"\0").decode("ascii", "replace")
    serves = mode in (2, 4, 5)
    name = "" if not code.isprintable() else code
    return {
        "version": version,
        "mode": mode,
        "mode_name": _MODES[mode],
        "leap": first >> 6,
        "stratum": stratum,
        "poll": poll,
        "root_delay": delay / 65536,
        "root_disp": dispersion / 65536,
        "ref_id": name if stratum <= 1 else ".".join(map(str, reference)),
        "kiss_code": name or None if stratum == 0 and serves and len(name) == 4 else None,
        "offset": _offset(sent, nanos) if serves and sent else None,
    }


def _offset(sent: int, nanos: int) -> float:
    """How far a timestamp (32 bits of seconds since 1900, modulo 2^32, and of fraction) is ahead of the capture."""
    seconds, rest = divmod(nanos, 1_000_000_000)
    whole = ((sent >> 32) - (seconds + _EPOCH) + _ERA // 2) % _ERA - _ERA // 2
    return whole + (sent & 0xFFFFFFFF) / _ERA - rest / 1e9
