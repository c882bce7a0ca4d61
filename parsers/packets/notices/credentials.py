"""Passwords that anybody on the way can read. They are named, never shown."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from . import WARN, Notice
from ._make import Row, from_row, rows, server

if TYPE_CHECKING:
    from ..capture import Capture


_SPELLED = {"telnet": "Telnet", "redis": "Redis", "postgresql": "PostgreSQL"}
_ANONYMOUS = ("anonymous", "ftp")


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a client, server, service and user."""
    commands = capture.tables["commands"].filter(pl.col("secret")).with_columns(username="user")
    # What stands for a password in anonymous FTP opens nothing (RFC 1635).
    nobody = (pl.col("service") == "ftp") & pl.col("username").str.to_lowercase().is_in(_ANONYMOUS)
    commands = commands.filter(~nobody.fill_null(False))
    http = capture.tables["http"].filter(pl.col("auth_scheme") == "basic").with_columns(service=pl.lit("http"))
    logins = capture.tables["logins"].with_columns(username="user")
    for table in (commands, http, logins):
        who = ("id_orig_h", "id_resp_h", "id_resp_p", "service", "username")
        groups = table.group_by(who, maintain_order=True).agg(
            pl.len().alias("count"), pl.col("frame_number").head(5).alias("frames"), pl.exclude(*who).first()
        )
        for row in rows(groups):
            if row["service"] == "snmp":
                yield _community(capture, row)
                continue
            user = f"the user {row['username']}" if row["username"] else "a user"
            times = f"{row['count']:,} time{'' if row['count'] == 1 else 's'}"
            msg = f"The password of {user} went over the wire in the clear {times}: {_protocol(row['service'])} to "
            msg += f"{server(row)} is not encrypted"
            fields = {"service": row["service"], "user": row["username"] or "unknown", "count": row["count"]}
            frames = [row.get("command_frame_number"), *row["frames"]]
            yield from_row(capture, "cleartext_credentials", WARN, row, msg, fields, frames)


def _community(capture: Capture, row: Row) -> Notice:
    """SNMP before version 3, which many networks use on purpose."""
    times = f"{row['count']:,} time{'' if row['count'] == 1 else 's'}"
    msg = f"The SNMP community of {server(row)} went over the wire in the clear {times}: versions 1 and 2c have no "
    msg += "other password"
    return from_row(capture, "snmp_community", WARN, row, msg, {"count": row["count"]}, row["frames"])


def _protocol(service: str) -> str:
    return _SPELLED.get(service, service.upper())
