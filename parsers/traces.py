"""Stack traces of which every line has a header of its own, as syslog and the journal write them: one record again.

    Mar 14 09:26:53 web1 shop[77]: Traceback (most recent call last):
    Mar 14 09:26:53 web1 shop[77]:   File "/opt/shop/pay.py", line 8, in pay
    Mar 14 09:26:53 web1 shop[77]:     raise CardRefused(card)
    Mar 14 09:26:53 web1 shop[77]: shop.CardRefused: card 17

A line goes on with the one before it when both have the same header but for the time, came within a second, and follow
each other in the grammar of a trace. Lines of other programs between them are put behind the trace.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .continuation import EXCEPTION_TYPE
from .severity import WARN
from .times import NAT

# What a line is in a trace. Shapes have no digits, so all of these hold with and without them.
_NONE, _INSIDE, _EXCEPTION, _CRASH, _OPENING, _CHAIN, _FRAME, _PYTHON_FRAME = range(8)
_KINDS: Final = {
    # Indented details and source lines, closing brackets, functions of Go: only inside a trace are they part of it.
    _INSIDE: (
        r"^(?:\s*$|(?:\t|\s{2,})\S|[\])}]+;?\s*$|[A-Za-z_/][\w./*()\-]*\(.*\)$|\[signal |exit status|note: run with "
        r"|Node\.js v)"
    ),
    _EXCEPTION: r"^(?:" + EXCEPTION_TYPE + r"|(?:[a-z_]\w*\.)+[A-Za-z_]\w*)(?:: |:?\s*$)",
    _CRASH: r"^(?:Exception in thread |Unhandled exception|panic: |(?:thread '[^']*' .*)?panicked at )",
    _OPENING: r"^Traceback \(most recent call last\)",
    _CHAIN: r"^(?:During handling of the above exception|The above exception was the direct cause)",
    _FRAME: (
        r"^(?:\s+at \S|\s*at [\w$.<>/@\-]+\(.*\)$|\s*(?:Caused by|Suppressed|Wrapped by): "
        r"|\s*\.\.\. [0-9]* ?(?:more|common frames)|[Ss]tack (?:back)?trace:$"
        # rsyslog writes a tab as #011.
        r"|(?:#(?:011)?)+(?:at \S|\.\.\. )|\s*--- End of "
        # Ruby and Rails
        r"|(?:[\w.\-]+ \([0-9.]*\) )?/?[\w.\-]+/\S+\.rb:[0-9]*:in [`']"
        r"|goroutine [0-9]* ?\[|created by \S|\t\S+\.go:|\s*from /\S+:[0-9]*:in "
        r"|\s*#[0-9]* (?:\S+\.php\([0-9]*\)|\{main\}|\[internal function\])|\s+\(\S+ [0-9.]*\) \S+\.exs?:)"
    ),
    _PYTHON_FRAME: r"^\s*File \"[^\"]*\", line [0-9]*(?:, in |$)",
}
_ANY = re.compile("|".join(pattern for pattern in _KINDS.values()))
# How long a program takes, at most, from one line of a trace to the next, in microseconds.
_TOGETHER = 1_000_000
# How many lines with headers of others may stand between two lines of a trace.
_REACH = 64


def may_continue(body: str) -> bool:
    """Whether a message may be part of a trace that began before it."""
    return _ANY.match(body) is not None


def kinds(bodies: pl.Series) -> NDArray[np.uint8]:
    """What messages may be in a trace."""
    out = np.zeros(len(bodies), np.uint8)
    left = np.flatnonzero(bodies.str.contains(_ANY.pattern).to_numpy())
    if not len(left):
        return out
    some = bodies.gather(left)
    for kind, pattern in _KINDS.items():
        out[left[some.str.contains(pattern).to_numpy()]] = kind
    return out


def with_traces(
    starts: NDArray[np.bool_],
    bodies: pl.Series,
    code: NDArray[np.int32],
    severity: NDArray[np.uint8],
    time: NDArray[np.int64],
    ahead: Callable[[NDArray[np.int64]], pl.Series],
) -> tuple[NDArray[np.bool_], NDArray[np.int64] | None]:
    """Where records start when the lines of a trace are one record.

    Args:
        starts: bool[n], the lines that have a header or begin a record for another reason.
        bodies: k strings, the messages of the shapes.
        code: int32[n], the shape of each line.
        severity: uint8[n], of the lines.
        time: int64[n], of the lines.
        ahead: of lines, what stands ahead of their messages, without the time; null where that cannot be told.

    Returns:
        bool[n], and int64[n], the order of the lines in which no others stand inside a trace; None where none do.
    """
    of_shape = kinds(bodies)
    if not (of_shape >= _CRASH).any():
        return starts, None
    heads = np.flatnonzero(starts)
    kind = of_shape[code[heads]]
    chosen = np.flatnonzero(kind[1:] > 0) + 1
    together = _together(heads, chosen, time, ahead)
    joined, _ = traced(kind, together, severity[heads])
    before = np.arange(len(heads)) - 1
    parted = _parted(kind, chosen[~together[chosen]], time[heads])
    if len(parted):
        _across(parted, joined, before, (kind, severity[heads], time[heads]), lambda some: ahead(heads[some]))
    if not joined.any():
        return starts, None
    out = starts.copy()
    out[heads[joined]] = False
    own = np.arange(len(heads))
    return out, None if (before[joined] == own[joined] - 1).all() else _order(starts, joined, before)


def _together(
    heads: NDArray[np.int64],
    chosen: NDArray[np.int64],
    time: NDArray[np.int64],
    ahead: Callable[[NDArray[np.int64]], pl.Series],
) -> NDArray[np.bool_]:
    """bool[h], whether a chosen head has the header of the head before it, and came right behind it."""
    out = np.zeros(len(heads), np.bool_)
    chosen = chosen[soon(time[heads[chosen - 1]], time[heads[chosen]])]
    if len(chosen):
        wanted = np.zeros(len(heads), np.bool_)
        wanted[chosen] = wanted[chosen - 1] = True
        header, place = ahead(heads[wanted]), np.cumsum(wanted) - 1
        mine, others = header.gather(place[chosen]), header.gather(place[chosen - 1])
        out[chosen] = (mine == others).fill_null(False).to_numpy()
    return out


def _parted(kind: NDArray[np.uint8], alone: NDArray[np.int64], time: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of the heads that do not follow the one before them, those that a trace just before them may go on with."""
    alone = alone[kind[alone] != _OPENING]
    latest = np.maximum.accumulate(np.where(kind >= _CRASH, np.arange(len(kind)), -1))[np.maximum(alone - 1, 0)]
    near = (latest >= 0) & (alone - latest <= _REACH)
    alone, latest = alone[near], latest[near]
    return alone[soon(time[latest], time[alone])]


def _across(
    parted: NDArray[np.int64],
    joined: NDArray[np.bool_],
    before: NDArray[np.int64],
    of_heads: tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.int64]],
    ahead: Callable[[NDArray[np.int64]], pl.Series],
) -> None:
    """Join heads to those of their own stream, across those of others.

    Args:
        parted: the heads around which others stand.
        joined: bool[h], the heads that go on with another one; changed here.
        before: int64[h], which one; changed here.
        of_heads: kind, severity and time of the heads.
        ahead: of heads, as in `with_traces`.
    """
    edges = np.zeros(len(joined) + 1, np.int64)
    np.add.at(edges, np.maximum(parted - _REACH, 0), 1)
    np.add.at(edges, parted + 1, -1)
    some = np.flatnonzero(np.cumsum(edges[:-1]) > 0)
    frame = pl.DataFrame({"head": some, "stream": ahead(some)}).drop_nulls().sort("stream", "head")
    stream = frame.get_column("stream")
    some = frame.get_column("head").to_numpy()
    kind, severity, time = of_heads[0][some], of_heads[1][some], of_heads[2][some]
    together = np.zeros(len(some), np.bool_)
    together[1:] = (stream[1:] == stream[:-1]).to_numpy() & soon(time[:-1], time[1:]) & (np.diff(some) <= _REACH)
    goes_on, _ = traced(kind, together, severity)
    places = np.flatnonzero(goes_on)
    places = places[~joined[some[places]]]
    joined[some[places]] = True
    before[some[places]] = some[places - 1]


def _order(starts: NDArray[np.bool_], joined: NDArray[np.bool_], before: NDArray[np.int64]) -> NDArray[np.int64]:
    """int64[n], the lines in an order in which those of a record follow each other."""
    first = np.where(joined, before, np.arange(len(joined)))
    while (further := first[first] != first).any():
        first[further] = first[first[further]]
    record = np.cumsum(starts) - 1
    # Lines ahead of the first head stay there.
    return np.argsort(np.where(record >= 0, first[record], -1), kind="stable")


def soon(before: NDArray[np.int64], now: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether one time is so close behind another one that both lines may be of one trace; so are two unknown ones."""
    known = (before != NAT) & (now != NAT)
    step = np.where(known, now - before, np.where(before == now, 0, -1))
    out: NDArray[np.bool_] = (step >= 0) & (step <= _TOGETHER)
    return out


def traced(
    kind: NDArray[np.uint8], together: NDArray[np.bool_], severity: NDArray[np.uint8]
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Which lines go on with the line before them, and which begin a trace.

    Args:
        kind: uint8[n], from `kinds`.
        together: bool[n], whether a line comes from the stream of the line before it, right behind that.
        severity: uint8[n].

    Returns:
        bool[n] twice.
    """
    count = np.arange(len(kind))
    before = np.append(_NONE, kind[:-1])[: len(kind)]
    # An exception with frames below it begins a trace as Java and Node write it; in Python it is the last line.
    throws = (kind == _EXCEPTION) & np.append(together[1:] & (kind[1:] == _FRAME), False)[: len(kind)]
    opening = (kind == _OPENING) | throws
    first = np.maximum.accumulate(np.where(together & (kind > 0), 0, count))
    anchor = np.maximum.accumulate(np.where(throws | (kind >= _CRASH), count, -1))
    in_trace = anchor >= first
    chain = np.maximum.accumulate(np.where(kind == _CHAIN, count, -2))
    # A trace belongs to the message that says what went wrong, and to the exception that it was thrown for.
    behind_message = (before == _NONE) & (np.append(0, severity[:-1])[: len(kind)] >= WARN)
    behind_chain = (chain == count - 1) | ((chain == count - 2) & (before == _INSIDE))
    ends = (kind == _EXCEPTION) & ~throws & in_trace & ((before == _INSIDE) | (before == _PYTHON_FRAME))
    within = (kind >= _CHAIN) | ((kind == _INSIDE) & in_trace) | ends | (opening & (behind_message | behind_chain))
    joined: NDArray[np.bool_] = together & within
    alone = (kind == _EXCEPTION) & (before == _NONE) & ~behind_message
    begins: NDArray[np.bool_] = ((kind == _CRASH) | opening | alone) & ~joined
    return joined, begins
