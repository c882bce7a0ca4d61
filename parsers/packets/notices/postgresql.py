"""Statements that PostgreSQL takes long to answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from . import WARN, Notice
from ._make import from_row, rows, server, shorten

if TYPE_CHECKING:
    from ..capture import Capture

SLOW = 1.0  # seconds


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a statement whose answer took a second or more; it opens at the answer."""
    table = capture.tables["postgresql"]
    for row in rows(table.filter(pl.col("response_time") >= SLOW)):
        query = " ".join(row["frontend_arg"].split()) or "a prepared statement"
        msg = f"The server {server(row)} took {row['response_time']:.3f} s to answer: {shorten(query)}"
        fields = {"query": shorten(query), "response_time": round(row["response_time"], 6), "sqlstate": row["sqlstate"]}
        frames = row["response_frame_number"], row["frame_number"]
        yield from_row(capture, "postgresql_slow_query", WARN, row, msg, fields, frames)
