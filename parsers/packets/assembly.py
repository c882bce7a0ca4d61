"""Fragments that need a closer look one by one: sent twice, overlapping, with an id that was in use before."""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass, field

import numpy as np

from .columns import Bools, Ints, Rows

_MOST = 200_000  # fragments
_ECHO = 1_000_000_000  # nanoseconds within which the same fragments again are copies


@dataclass(slots=True)
class Pieces:
    """Fragments of a capture in its order; all arrays have one element a fragment.

    Attributes:
        row: packet. time: nanoseconds.
        start: where its IP header begins. body: bytes from there to what it carries.
        at, size: its place in the datagram, and its bytes there. held: so many of them are in the file.
        more: others follow.
        key: what fragments of one datagram have in common.
    """

    row: Rows
    time: Ints
    start: Ints
    body: Ints
    at: Ints
    size: Ints
    held: Ints
    more: Bools
    key: tuple[Ints, ...] = ()

    @property
    def groups(self) -> tuple[Ints, Ints]:
        """The fragments by what they have in common, in the order of the capture, and the number of their group."""
        order = np.lexsort(self.key) if self.key else np.arange(len(self.row))
        new = np.zeros(len(order), np.bool_)
        for column in self.key:
            new[1:] |= column[order][1:] != column[order][:-1]
        return order, np.cumsum(new).astype(np.int64)


@dataclass(slots=True)
class Datagram:
    """One that is whole.

    Attributes:
        pieces: fragment, what to skip of it, what to take, in the order of the bytes.
        members: its fragments, those that came twice included.
        row: packet that completed it. first: packet that came first. time: of the last one.
    """

    pieces: list[tuple[int, int, int]]
    members: list[int]
    row: int
    first: int
    time: int


@dataclass(slots=True)
class _Open:
    """A datagram of which parts came: (place in it, end, fragment, what to skip) without overlaps."""

    parts: list[tuple[int, int, int, int]] = field(default_factory=list)
    members: list[int] = field(default_factory=list)
    seen: set[tuple[int, int]] = field(default_factory=set)
    covered: int = 0
    end: int = -1


def odd_datagrams(
    pieces: Pieces, groups: list[Ints], patience: int, weird: set[tuple[int, str]]
) -> tuple[list[Datagram], list[tuple[int, int]], int]:
    """Follow groups of fragments in the order of the capture; of bytes that came twice the first ones count.

    Args:
        pieces: all fragments.
        groups: fragments of one id, in the order of the capture.
        patience: nanoseconds after which an id stands for another datagram.
        weird: takes (packet, Zeek's name of what is odd).

    Returns:
        Whole datagrams; (first packet, time of the last) of those of which a part is missing; fragments that were left
        out, because there are too many.
    """
    whole: list[Datagram] = []
    lost: list[tuple[int, int]] = []
    left = _MOST
    for at, group in enumerate(groups):
        if len(group) > left:
            return whole, lost, sum(len(rest) for rest in groups[at:])
        left -= len(group)
        _follow(pieces, group.tolist(), patience, weird, whole, lost)
    return whole, lost, 0


def _follow(
    pieces: Pieces,
    group: list[int],
    patience: int,
    weird: set[tuple[int, str]],
    whole: list[Datagram],
    lost: list[tuple[int, int]],
) -> None:
    open_ = _Open()
    before: tuple[set[tuple[int, int]], int] = (set(), 0)

    def give_up() -> None:
        times = [int(pieces.time[member]) for member in open_.members]
        echo = open_.seen <= before[0] and times[-1] - before[1] <= _ECHO
        if not echo:
            lost.append((int(pieces.row[open_.members[0]]), times[-1]))

    for index in group:
        time = int(pieces.time[index])
        if open_.members and time - int(pieces.time[open_.members[-1]]) > patience:
            give_up()
            open_ = _Open()
        name = _add(open_, pieces, index)
        if name:
            weird.add((int(pieces.row[index]), name))
        if open_.covered == open_.end:
            parts = [(fragment, skip, stop - start) for start, stop, fragment, skip in open_.parts]
            first, last = int(pieces.row[open_.members[0]]), int(pieces.row[index])
            whole.append(Datagram(parts, open_.members, last, first, time))
            before, open_ = (open_.seen, time), _Open()
    if open_.members:
        give_up()


def _add(open_: _Open, pieces: Pieces, index: int) -> str:
    """Take what a fragment has to add; Zeek's name of what is odd about it, or ""."""
    start, size = int(pieces.at[index]), int(pieces.size[index])
    stop = start + size
    open_.members.append(index)
    if (start, stop) in open_.seen:
        return ""
    if open_.end >= 0 and stop > open_.end:
        return "fragment_size_inconsistency"
    if not pieces.more[index]:
        if open_.end >= 0 or (open_.parts and open_.parts[-1][1] > stop):
            return "fragment_size_inconsistency"
        open_.end = stop
    open_.seen.add((start, stop))
    at, free = start, []
    where = max(bisect_right(open_.parts, (start, 1 << 20, 0, 0)) - 1, 0)
    overlap = False
    while at < stop and where < len(open_.parts) and open_.parts[where][0] < stop:
        known = open_.parts[where]
        if known[1] > at:
            overlap = True
            if known[0] > at:
                free.append((at, known[0]))
            at = known[1]
        where += 1
    if at < stop:
        free.append((at, stop))
    for low, high in free:
        insort(open_.parts, (low, high, index, low - start))
        open_.covered += high - low
    return "fragment_overlap" if overlap else ""
