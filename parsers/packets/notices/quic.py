"""QUIC: servers that do not answer it, and versions that they do not speak."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from . import INFO, WARN, Notice, Value
from ._make import Row, client, from_row, rows, server

if TYPE_CHECKING:
    from ..capture import Capture

_FALLBACK = 10_000_000  # microseconds within which a client tries TCP instead


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a connection that got no answer, and one a version that the server does not speak."""
    table = capture.tables["quic"]
    for row in rows(table.filter(pl.col("unanswered"))):
        if _two_sided(capture, row):
            yield _unanswered(capture, row)
    for row in rows(table.filter(pl.col("offered_versions").list.len() > 0)):
        yield _negotiated(capture, row)


def _two_sided(capture: Capture, row: Row) -> bool:
    """Whether the capture holds anything that was sent to this client: else it sees one direction only."""
    packets = capture.packets
    at = row["frame_number"] - 1
    mine = (packets.dst_lo == packets.src_lo[at]) & (packets.dst_hi == packets.src_hi[at])
    return bool(np.any(mine & (packets.ip_version == packets.ip_version[at])))


def _fields(row: Row) -> dict[str, Value | None]:
    return {"server_name": row["server_name"], "version": row["version"], "server": server(row)}


def _host(row: Row) -> str:
    return f"{row['server_name']} ({server(row)})" if row["server_name"] else server(row)


def _unanswered(capture: Capture, row: Row) -> Notice:
    fallback = _fell_back(capture, row)
    times = f"{row['attempts']:,} time{'' if row['attempts'] == 1 else 's'}"
    msg = f"{_host(row)} did not answer the {row['version']} packets of {client(row)}, which were sent {times}"
    if fallback:
        msg += "; the client then used TCP"
    fields = {**_fields(row), "attempts": row["attempts"], "fallback": "tcp" if fallback else "none"}
    return from_row(capture, "quic_unanswered", WARN, row, msg, fields, (row["frame_number"], fallback))


def _fell_back(capture: Capture, row: Row) -> int | None:
    """The frame by which the client opened a TCP connection to the same port instead."""
    table = capture.connections
    same = (pl.col("proto") == "tcp") & (pl.col("orig_bytes") > 0)
    for name in ("id_orig_h", "id_resp_h", "id_resp_p"):
        same &= pl.col(name) == row[name]
    began = (pl.col("time") - row["time"]).dt.total_microseconds()
    found = table.filter(same & (began.abs() <= _FALLBACK))["frame_number"]
    return int(found[0]) if len(found) else None


def _negotiated(capture: Capture, row: Row) -> Notice:
    """A server that names the versions that it speaks instead of answering."""
    offered = ", ".join(row["offered_versions"][:5])
    agreed = bool(row["established"] or row["server_hello_frame_number"])
    msg = f"The server {_host(row)} does not speak the version of QUIC that {client(row)} wanted, but {offered}"
    msg += f"; they went on with {row['version']}" if agreed else "; the client did not go on"
    fields = {**_fields(row), "offered": offered.replace(", ", ","), "outcome": "agreed" if agreed else "failed"}
    frames = (row["frame_number"], row["response_frame_number"])
    severity = INFO if agreed else WARN
    return from_row(capture, "quic_version_negotiation", severity, row, msg, fields, frames)
