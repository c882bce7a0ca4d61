"""The bytes that each side of chosen TCP connections sent, in order, read where they stand in the file.

Nothing is copied until it is asked for: a stream is a table of segments, sorted by sequence number, without what
was sent again. What the capture does not hold is a gap, which no read crosses.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from .capture import Capture
from .columns import ABSENT, SYN, TCP, Bools, Ints, Packets

_BATCH = 131_072  # packets that are sorted at once
_SPAN = 1 << 40  # room for one stream among the sorted offsets of all
_REACH = (1 << 39) - (1 << 20)  # farther from the first byte nothing honest stands


View = memoryview


@dataclass(slots=True)
class Stream:
    """What one side of a connection sent; offsets count from its first byte in the capture.

    Attributes:
        connection: row of the connections table. from_orig: which side.
        rows: packets, sorted by offset. starts, lengths: their part of the stream, without overlaps.
        places: where that part begins in the file. held: how much of it the file holds. They are views of int64:
            single numbers are read from these, which arrays are slow at.
        marks: offsets at which a packet begins that was asked for.
    """

    packets: Packets
    connection: int
    from_orig: bool
    marks: list[int]
    rows: View
    starts: View
    lengths: View
    places: View
    held: View

    @property
    def end(self) -> int:
        """The offset behind the last byte."""
        return self.starts[-1] + self.lengths[-1]

    def _segment(self, offset: int) -> int:
        """The segment that holds an offset, -1 in a gap."""
        at = bisect_right(self.starts, offset) - 1
        return at if at >= 0 and offset < self.starts[at] + self.lengths[at] else -1

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from an offset on; they end at a gap."""
        at = self._segment(offset)
        parts: list[bytes] = []
        while 0 <= at < len(self.starts) and size > 0:
            start, held = self.starts[at], self.held[at]
            if start > offset:  # a gap
                break
            place = self.places[at] + offset - start
            count = min(size, held - (offset - start))
            if count > 0:
                parts.append(self.packets.read(place, count))
                size -= count
            if held < self.lengths[at]:  # the capture kept only the head of the packet
                break
            offset = start + held
            at += 1
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def piece(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from an offset on, as far as one packet holds them."""
        at = bisect_right(self.starts, offset) - 1
        if at < 0:
            return b""
        skip = offset - self.starts[at]
        count = min(size, self.held[at] - skip)
        place = self.places[at] + skip
        return self.packets.read(place, count) if count > 0 else b""

    def row_at(self, offset: int) -> int:
        """The packet that carries an offset; the one before it in a gap."""
        return self.rows[max(bisect_right(self.starts, offset) - 1, 0)]


def streams(
    capture: Capture, connections: Ints, marked: Bools | None = None
) -> Iterator[tuple[int, list[Stream]]]:  # fmt: skip
    """The streams of connections: for each one what its sides sent, the originator first, without silent sides.

    Args:
        capture: whose packets they are.
        connections: rows of the connections table, each once, ascending.
        marked: packets whose place in their stream is wanted; bool, one element a packet.
    """
    flows = capture.flows
    group = np.empty(len(flows), np.int64)
    group[flows.number] = np.arange(len(flows))
    group = group[connections]
    sizes = flows.start[group + 1] - flows.start[group]
    for batch in np.split(np.arange(len(connections)), np.flatnonzero(np.diff(np.cumsum(sizes) // _BATCH)) + 1):
        if len(batch):
            rows = np.concatenate([flows.order[flows.start[at] : flows.start[at + 1]] for at in group[batch].tolist()])
            yield from _batch(capture, rows, marked)


def _batch(capture: Capture, rows: Ints, marked: Bools | None) -> Iterator[tuple[int, list[Stream]]]:
    """The streams of the connections that rows belong to."""
    packets = capture.packets
    kept = (packets.protocol[rows] == TCP) & (packets.payload_length[rows] > 0) & (packets.payload_at[rows] != ABSENT)
    rows = rows[kept & ~capture.duplicate[rows]]
    group = packets.connection[rows].astype(np.int64) * 2 + ~packets.from_orig[rows]
    by_group = np.argsort(group, kind="stable")
    rows, group = rows[by_group], group[by_group]
    offset = _offsets(packets, rows, group)
    order = np.argsort(offset, kind="stable")
    offset, rows, group = offset[order], rows[order], group[order]
    length = packets.payload_length[rows].astype(np.int64)
    reached = np.maximum.accumulate(offset + length)
    skip = np.maximum(np.append(np.int64(-1), reached[:-1]) - offset, 0) if len(rows) else length
    new = np.flatnonzero(skip < length)
    skip, offset, rows, group = skip[new], offset[new], rows[new], group[new]
    length = length[new] - skip
    places = packets.place("payload", rows) + skip
    held = np.clip(packets.payload_captured[rows].astype(np.int64) - skip, 0, length)
    first = np.flatnonzero(np.diff(group, prepend=-1))
    offset += skip
    offset -= np.repeat(offset[first], np.diff(np.append(first, len(rows))))
    marks = np.flatnonzero(marked[rows] & (skip == 0)) if marked is not None else rows[:0]
    marked_offsets, marks_of = offset[marks].tolist(), np.searchsorted(marks, np.append(first, len(rows))).tolist()
    views = [np.ascontiguousarray(column).data for column in (rows, offset, length, places, held)]
    found: dict[int, list[Stream]] = {}
    bounds = zip(pairwise([*first.tolist(), len(rows)]), pairwise(marks_of), group[first].tolist(), strict=True)
    for (start, stop), (low, high), side in bounds:
        mine = [view[start:stop] for view in views]
        stream = Stream(packets, side >> 1, not side & 1, marked_offsets[low:high], *mine)
        found.setdefault(side >> 1, []).append(stream)
    yield from found.items()


def _offsets(packets: Packets, rows: Ints, group: Ints) -> Ints:
    """Where in all streams, laid far apart, the segments stand; rows are sorted by stream and time."""
    first = np.diff(group, prepend=-1) != 0
    number = np.cumsum(first) - 1
    # A payload of a SYN stands one behind its sequence number (RFC 9293 section 3.4).
    seq = packets.seq[rows] + ((packets.tcp_flags[rows] & SYN) != 0).astype(np.uint32)
    step = np.diff(seq, prepend=seq[:1]).view(np.int32).astype(np.int64)
    step[first] = 0
    offset = np.cumsum(step)
    offset -= offset[first][number] if len(rows) else 0
    spread: Ints = np.clip(offset, -_REACH, _REACH) + (2 * number + 1) * (_SPAN // 2)
    return spread
