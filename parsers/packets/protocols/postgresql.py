"""Messages of the PostgreSQL protocol, version 3: statements, and what a server answers with.

https://www.postgresql.org/docs/current/protocol-message-formats.html
"""

from __future__ import annotations

QUERY, PARSE, BIND = b"Q", b"P", b"B"
ERROR = b"E"
STATEMENTS = (QUERY, PARSE, BIND)
MAX_MESSAGE = 1 << 24  # bytes; libpq sends longer ones, but they are no statements that one writes


def statement(data: bytes) -> str | None:
    """The text of the statement that bytes begin with, "" where it was sent before; None if there is none."""
    if len(data) < 6 or data[:1] not in STATEMENTS:
        return None
    length = int.from_bytes(data[1:5], "big")
    if not 5 <= length <= MAX_MESSAGE:
        return None
    body = data[5 : 1 + length]
    if data[:1] == BIND:
        return ""
    if data[:1] == PARSE:  # behind the name of the prepared statement
        body = body.partition(b"\0")[2]
    return body.partition(b"\0")[0].decode("utf-8", "replace")


def sqlstate(data: bytes) -> str | None:
    """The code of the error that bytes begin with, None if there is none."""
    if data[:1] != ERROR or len(data) < 5:
        return None
    fields = data[5 : 1 + int.from_bytes(data[1:5], "big")].split(b"\0")
    codes = [field[1:].decode("ascii", "replace") for field in fields if field[:1] == b"C"]
    return codes[0] if codes else None
