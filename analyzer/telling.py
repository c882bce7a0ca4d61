"""The line of a record that tells most: the exception of its trace, or the one that a rule looked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from parsers.continuation import EXCEPTION_TYPE
from parsers.severity import ERROR, of_messages

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.batch import Batch

# The line of an exception. What was suppressed while another one was handled is indented, as frames are; Twisted puts a
# tab ahead of all lines of a trace.
_LINE = (
    r"^(?:Caused by: |\s*-+> |\s*\[cause\]: |Exception in thread \"[^\"]*\" |Unhandled exception\. "
    r"|(?:Uncaught|Unhandled) |\t)?" + EXCEPTION_TYPE + r"(?: \[\w+\])?(?::(?:\s|$)|\s*$)"
    r"|^[ \t]{1,8}(?:[a-z_][A-Za-z0-9_]*\.)+[A-Z][A-Za-z0-9_]*(?:Error|Exception): \S"
    r"|: [^:]*\(" + EXCEPTION_TYPE + r"\)$"
    r"|^(?:panic: |terminate called after throwing|  what\(\): )\S"
)
# First lines that say nothing beside it: that a trace follows, or where.
EMPTY = (
    r"^(?:Traceback \(most recent call last\):?|\s*at \S+\(.*\)"
    r"|(?:[A-Za-z]:)?[^\s:]*[/\\.][^\s:]*:[0-9]+(?::[0-9]+)?|[-=*#>\s]*)$"
)
# A level, and nothing that would be at it.
LEVEL_ALONE = r"^\[?(?:ERROR|Error|error|ERR!?|FATAL|Fatal|WARNING|WARN|Warning)\]?:?[-=*#>\s]*$"
# Between the first line of a record and its exception.
JOINED = " | "
# Lines of a record among which the one to show is looked for.
_LOOKED_AT = 2000


@dataclass(frozen=True, slots=True)
class Told:
    """What r records tell, in k shapes: one first line with two exceptions gives two of them.

    Attributes:
        code: int32[r], the shape of each record; the shapes of the batch come first.
        hash: uint64[k], as in a batch.
        message: the k messages.
        row: int64[r], the row that tells most: that of the exception, or the first one.
    """

    code: NDArray[np.int32]
    hash: NDArray[np.uint64]
    message: pl.Series
    row: NDArray[np.int64]


def with_exceptions(batch: Batch, rows: NDArray[np.int64], wanted: NDArray[np.bool_]) -> Told:
    """What records tell when their exceptions are read, too.

    Args:
        batch: the rows.
        rows: the first row of each record.
        wanted: bool[r], the records whose exceptions are read.
    """
    code, hashes = batch.code[rows], batch.shape_hash
    bodies = _headlines(batch.bodies, np.unique(code[wanted]))
    if len(batch.heads) == len(batch) or not wanted.any():
        return Told(code, hashes, bodies, rows)
    lines = np.flatnonzero(~batch.starts)
    messages = batch.bodies.str.splitn("\n", 2).struct.field("field_0")
    lines = lines[messages.str.contains(_LINE).to_numpy()[batch.code[lines]]]
    # Of each record the last: exceptions stand behind what they led to in Python, and ahead of their causes in Java.
    record = np.searchsorted(rows, lines, side="right") - 1
    lines, record = lines[record >= 0], record[record >= 0]
    inside = lines < np.append(batch.heads, len(batch))[np.searchsorted(batch.heads, rows[record]) + 1]
    lines, record = lines[inside & wanted[record]], record[inside & wanted[record]]
    last = np.append(np.diff(record) > 0, True)[: len(record)]
    lines, record = lines[last], record[last]
    left = wanted.copy()
    left[record] = False
    more = _speaking(batch, rows, np.flatnonzero(left), messages)
    lines, record = np.append(lines, more), np.append(record, np.searchsorted(rows, more, side="right") - 1)
    if not len(lines):
        return Told(code, hashes, bodies, rows)
    pairs, member = np.unique(np.stack([code[record], batch.code[lines]]), axis=1, return_inverse=True)
    code = code.copy()
    code[record] = len(hashes) + member.reshape(-1).astype(np.int32)
    both = _joined(bodies.gather(pairs[0]), bodies.gather(pairs[1]).str.strip_chars())
    of_both = pl.DataFrame({"head": hashes[pairs[0]], "told": hashes[pairs[1]]}).hash_rows().to_numpy()
    told_by = rows.copy()
    told_by[record] = lines
    return Told(code, np.concatenate([hashes, of_both]), pl.concat([bodies, both.rename(bodies.name)]), told_by)


def _speaking(
    batch: Batch, rows: NDArray[np.int64], records: NDArray[np.int64], messages: pl.Series
) -> NDArray[np.int64]:
    """Of records without a header whose first line reports no error, as a mere name, the first line that does."""
    shapes = np.unique(batch.code[rows[records]])
    heads = messages.gather(shapes)
    bare = (heads == batch.shapes.gather(shapes).str.strip_chars_end("\r\n")).to_numpy()
    silent = np.zeros(len(messages), np.bool_)
    silent[shapes] = bare & (of_messages(heads) == 0)
    records = records[silent[batch.code[rows[records]]]]
    if not len(records):
        return np.empty(0, np.int64)
    heads_and_end = np.append(batch.heads, len(batch))
    ends = heads_and_end[np.searchsorted(batch.heads, rows[records]) + 1]
    lengths = np.minimum(ends - rows[records], _LOOKED_AT)
    lines = rows[records].repeat(lengths) + np.arange(lengths.sum()) - (np.cumsum(lengths) - lengths).repeat(lengths)
    shapes, member = np.unique(batch.code[lines], return_inverse=True)
    lines = lines[(of_messages(messages.gather(shapes)) >= ERROR)[member.reshape(-1)]]
    _, first = np.unique(np.searchsorted(rows, lines, side="right"), return_index=True)
    out: NDArray[np.int64] = lines[first]
    return out


def _headlines(bodies: pl.Series, wanted: NDArray[np.int64]) -> pl.Series:
    """The first lines of bodies; of those that are wanted with the line of the last exception behind it."""
    long = bodies.str.contains("\n", literal=True).arg_true()
    if not len(long):
        return bodies
    rows = bodies.gather(long).str.split("\n")
    heads = rows.list.first().str.strip_chars_end("\r")
    last = rows.list.eval(pl.element().filter(pl.element().str.contains(_LINE))).list.last().str.strip_chars()
    telling = last.is_not_null() & long.is_in(wanted.tolist())
    return bodies.scatter(long, _joined(heads, last).zip_with(telling, heads))


def _joined(heads: pl.Series, told: pl.Series) -> pl.Series:
    heads = heads.str.replace(EMPTY, "").str.replace(LEVEL_ALONE, "")
    return (heads + JOINED + told).zip_with((heads != "") & (heads != told), told)


def rows_with(batch: Batch, records: NDArray[np.int64], literals: Sequence[Sequence[str]]) -> NDArray[np.int64]:
    """The row of each record that shows why it was found: the first with a literal, in any case; else its first.

    Of several lists of literals the first counts more than the second.
    """
    heads = batch.heads
    out = heads[records]
    if len(heads) == len(batch):
        return out
    lengths = np.minimum(np.append(heads, len(batch))[records + 1] - out, _LOOKED_AT)
    left = np.flatnonzero(lengths > 1)
    for some in filter(None, literals):
        record = left.repeat(lengths[left])
        ahead = np.cumsum(lengths[left]) - lengths[left]
        lines = out[record] + np.arange(len(record)) - ahead.repeat(lengths[left])
        found = batch.text.gather(lines).str.contains_any(list(some), ascii_case_insensitive=True)
        hits = np.flatnonzero(found.fill_null(False).to_numpy())[::-1]
        left = np.setdiff1d(left, record[hits])
        out[record[hits]] = lines[hits]  # of several in a record the first is written last
    return out
