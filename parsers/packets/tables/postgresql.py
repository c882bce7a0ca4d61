"""postgresql: one row a statement with its answer (after Zeek's postgresql.log), on the ports of PostgreSQL.

A statement is known where it begins a packet, as clients send it; the answer is what the server sends next.
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import TCP, Bools
from ..protocols.postgresql import MAX_MESSAGE, STATEMENTS, sqlstate, statement
from ..streams import Stream, streams
from . import _rows

if TYPE_CHECKING:
    from ..capture import Capture

PORTS = (5432, 5433, 6432)  # the server, a second one beside it, PgBouncer
SCHEMA = _rows.schema(
    {
        "frontend_arg": pl.String,  # the statement; empty where it was prepared before
        "sqlstate": pl.String,  # of an error
        "response_frame_number": pl.UInt32,
        "response_time": pl.Float64,  # seconds from the last byte of the statement to the first one of the answer
    }
)
_MAX_TEXT = 2048  # bytes of a statement that are kept
_USUAL = 256  # bytes of an error


@dataclass(slots=True)
class _Statement:
    row: int
    last_row: int
    text: str
    answer: int | None = None
    sqlstate: str | None = None


def table(capture: Capture) -> pl.DataFrame:
    """Every statement of the capture with its answer."""
    begins = _begins(capture)
    connections = np.unique(capture.packets.connection[begins]).astype(np.int64)
    found: list[_Statement] = []
    for _, sides in streams(capture, connections, begins):
        asking = [side for side in sides if side.marks]
        answering = [side for side in sides if not side.marks]
        if len(asking) == 1:
            found += _statements(asking[0], answering[0] if answering else None)
    answers = [one.answer for one in found]
    own = {
        "frontend_arg": [one.text for one in found],
        "sqlstate": [one.sqlstate for one in found],
        "response_frame_number": _rows.frames(answers),
        "response_time": _rows.between(
            capture, [None if one.answer is None else one.last_row for one in found], answers
        ),
    }
    return _rows.build(capture, SCHEMA, [one.row for one in found], [False] * len(found), own)


def _begins(capture: Capture) -> Bools:
    """Packets to a server that begin as a statement does."""
    packets = capture.packets
    start = packets.payload_start
    length = (start >> np.uint64(24)) & np.uint64(0xFFFFFFFF)
    begins = (packets.protocol == TCP) & np.isin(packets.dport, PORTS) & (packets.connection >= 0)
    begins &= np.isin(start >> np.uint64(56), [kind[0] for kind in STATEMENTS])
    begins &= (length >= 5) & (length <= MAX_MESSAGE)
    return np.asarray(begins)


def _statements(asking: Stream, answering: Stream | None) -> list[_Statement]:
    """The statements of a connection; one that comes before the answer to the one before belongs to that one."""
    found: list[_Statement] = []
    answers = sorted(answering.rows) if answering is not None else []
    for offset in asking.marks:
        head = asking.read(offset, _MAX_TEXT)
        text = statement(head)
        if text is None:
            continue
        row = asking.row_at(offset)
        end = offset + int.from_bytes(head[1:5], "big")
        one = _Statement(row, asking.row_at(min(end, asking.end - 1)), text)
        before = found[-1].answer if found else -1
        if before is None or row < before:
            continue
        at = bisect_right(answers, one.last_row)
        if at < len(answers) and answering is not None:
            one.answer = answers[at]
            one.sqlstate = sqlstate(asking.packets.payload_bytes(one.answer, _USUAL))
        found.append(one)
    return found
