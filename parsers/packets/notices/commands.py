"""Commands that mail, file and telephone servers refused."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from . import ERROR, INFO, WARN, Notice
from ._make import Row, from_row, rows, server, shorten

if TYPE_CHECKING:
    from ..capture import Capture

# 401 and 407 ask for a login, 487 confirms a cancelled call (RFC 3261); busy and away are answers of people.
_SIP_USUAL = (401, 407, 487)
_SIP_PEOPLE = (408, 480, 486, 600, 603)
# A server that does not know a command that a client tries first: EHLO, AUTH, FEAT, MLSD, OPTS.
_UNKNOWN_COMMAND = (500, 501, 502, 503, 504)
_SIP_PATIENCE = 4_000_000  # microseconds: eight times T1 of RFC 3261, three repetitions


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a command that failed; a call that was never answered counts, too."""
    table = capture.tables["commands"]
    texts = table.filter((pl.col("service") != "sip") & _refused())
    for row in rows(texts):
        yield _refusal(capture, row)
    calls = table.filter(pl.col("service") == "sip")
    for row in rows(calls.filter((pl.col("reply_code") >= 400) & ~pl.col("reply_code").is_in(_SIP_USUAL))):
        yield _call(capture, row)
    end = int(capture.packets.time.max(initial=0)) // 1000
    for row in rows(calls.filter(pl.col("reply_status").is_null())):
        if end - capture.packets.micros(row["frame_number"] - 1) >= _SIP_PATIENCE:
            yield _call(capture, row)


def _refused() -> pl.Expr:
    return (pl.col("reply_code") >= 400) | pl.col("reply_status").is_in(["-ERR", "NO", "BAD"])


def _refusal(capture: Capture, row: Row) -> Notice:
    code, service = row["reply_code"], row["service"]
    severity = INFO if code in _UNKNOWN_COMMAND else ERROR if service == "smtp" and (code or 0) >= 500 else WARN
    did = shorten(f"{row['command']} {row['argument']}".strip(), 80)
    answer = f"{row['reply_status']} {shorten(row['reply_msg'])}".strip()
    msg = f"The {service.upper()} server {server(row)} " + (f"refused {did}: {answer}" if did else f"said {answer}")
    fields = {
        "status": row["reply_status"],
        "command": row["command"] or "none",
        "user": row["user"],
        "text": shorten(row["reply_msg"], 80),
    }
    frames = (row["reply_frame_number"], row["command_frame_number"])
    return from_row(capture, f"{service}_failure", severity, row, msg, fields, frames)


def _call(capture: Capture, row: Row) -> Notice:
    code = row["reply_code"]
    what = f"{row['command']} {shorten(row['argument'], 80)}".strip()
    fields = {"status": code or "none", "command": row["command"], "call_id": row["call_id"]}
    frames = (row["reply_frame_number"], row["command_frame_number"])
    if code is None:
        msg = f"The SIP server {server(row)} did not answer {what}"
        return from_row(capture, "sip_failure", ERROR, row, msg, fields, frames)
    severity = INFO if code in _SIP_PEOPLE else ERROR if code >= 500 else WARN
    msg = f"The SIP server {server(row)} refused {what}: {code} {shorten(row['reply_msg'])}".rstrip()
    return from_row(capture, "sip_failure", severity, row, msg, fields, frames)
