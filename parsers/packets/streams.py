"""The bytes that each side of chosen TCP connections sent, in order, read where they stand in the file.

Nothing is copied until it is asked for: a stream is a table of segments, sorted by sequence number, without what
was sent again. What the capture does not hold is a gap, which no read crosses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from .capture import Capture
from .columns import SYN, TCP, Ints, Packets
from .reading import Meter

_SPAN = 1 << 40  # room for one stream among the sorted offsets of all
_REACH = (1 << 39) - (1 << 20)  # farther from the first byte nothing honest stands


@dataclass(frozen=True, slots=True)
class Stream:
    """What one side of a connection sent; offsets count from its first byte in the capture.

    Attributes:
        connection: row of the connections table. from_orig: which side.
        rows: packets, sorted by offset. starts, lengths: their part of the stream, without overlaps.
        places: where that part begins in the file. held: how much of it the file holds.
        meter: keeps the file out of memory.
    """

    packets: Packets
    connection: int
    from_orig: bool
    rows: Ints
    starts: Ints
    lengths: Ints
    places: Ints
    held: Ints
    meter: Meter

    @property
    def end(self) -> int:
        """The offset behind the last byte."""
        return int(self.starts[-1] + self.lengths[-1])

    def _segment(self, offset: int) -> int:
        """The segment that holds an offset, -1 in a gap."""
        at = int(self.starts.searchsorted(offset, "right")) - 1
        return at if at >= 0 and offset < int(self.starts[at]) + int(self.lengths[at]) else -1

    def read(self, offset: int, size: int) -> bytes:
        """Up to `size` bytes from an offset on; they end at a gap."""
        self.meter.tick()
        at = self._segment(offset)
        parts: list[bytes] = []
        while 0 <= at < len(self.starts) and size > 0:
            start, held = int(self.starts[at]), int(self.held[at])
            if start > offset:  # a gap
                break
            place = int(self.places[at]) + offset - start
            count = min(size, held - (offset - start))
            if count > 0:
                parts.append(self.packets.data[place : place + count].tobytes())
                size -= count
            if held < self.lengths[at]:  # the capture kept only the head of the packet
                break
            offset = start + held
            at += 1
        return parts[0] if len(parts) == 1 else b"".join(parts)

    def row_at(self, offset: int) -> int:
        """The packet that carries an offset; the one before it in a gap."""
        at = int(self.starts.searchsorted(offset, "right")) - 1
        return int(self.rows[max(at, 0)])


class Streams:
    """The streams of some connections, by connection and side."""

    def __init__(self, capture: Capture, connections: Ints) -> None:
        """Sort the segments of connections.

        Args:
            capture: whose packets they are.
            connections: rows of the connections table, any order.
        """
        packets = capture.packets
        wanted = np.zeros(int(packets.connection.max(initial=-1)) + 2, np.bool_)
        wanted[connections] = True
        wanted[-1] = False  # connection -1: none
        chosen = wanted[packets.connection] & (packets.protocol == TCP) & (packets.payload_length > 0)
        rows = np.flatnonzero(chosen & ~capture.duplicate & (packets.payload >= 0))
        group = packets.connection[rows].astype(np.int64) * 2 + packets.from_orig[rows]
        by_group = np.argsort(group, kind="stable")
        self._packets = packets
        self._meter = Meter(packets)
        self._sort(rows[by_group], group[by_group])

    def _sort(self, rows: Ints, group: Ints) -> None:
        packets = self._packets
        first = np.flatnonzero(np.diff(group, prepend=-1))
        number = np.cumsum(np.diff(group, prepend=-1) != 0) - 1
        # A payload of a SYN stands one behind its sequence number (RFC 9293 section 3.4).
        seq = packets.seq[rows] + ((packets.tcp_flags[rows] & SYN) != 0).astype(np.uint32)
        step = np.diff(seq, prepend=seq[:1]).view(np.int32).astype(np.int64)
        step[first] = 0
        offset = np.cumsum(step)
        offset -= offset[first][number] if len(rows) else 0
        offset = np.clip(offset, -_REACH, _REACH)
        key = offset + (2 * number + 1) * (_SPAN // 2)
        order = np.argsort(key, kind="stable")
        key, rows, group = key[order], rows[order], group[order]
        length = packets.payload_length[rows].astype(np.int64)
        reached = np.maximum.accumulate(key + length) if len(rows) else key
        before = np.concatenate([np.full(min(len(rows), 1), -1, np.int64), reached[:-1]])
        skip = np.maximum(before - key, 0)
        new = np.flatnonzero(skip < length)
        skip = skip[new]
        self._rows, self._group = rows[new], group[new]
        starts = key[new] + skip
        self._first = np.flatnonzero(np.diff(self._group, prepend=-1))
        self._number = {int(key): at for at, key in enumerate(self._group[self._first].tolist())}
        counts = np.diff(np.append(self._first, len(self._group)))
        self._starts = starts - np.repeat(starts[self._first], counts)
        self._lengths = length[new] - skip
        self._places = packets.payload[self._rows] + skip
        held = packets.payload_captured[self._rows].astype(np.int64) - skip
        self._held = np.clip(held, 0, self._lengths)

    def get(self, connection: int, from_orig: bool) -> Stream | None:
        """One side of a connection; None if it sent nothing."""
        at = self._number.get(connection * 2 + from_orig)
        if at is None:
            return None
        start = int(self._first[at])
        stop = int(self._first[at + 1]) if at + 1 < len(self._first) else len(self._rows)
        part = slice(start, stop)
        return Stream(
            packets=self._packets,
            connection=connection,
            from_orig=from_orig,
            rows=self._rows[part],
            starts=self._starts[part],
            lengths=self._lengths[part],
            places=self._places[part],
            held=self._held[part],
            meter=self._meter,
        )

    def sides(self, connection: int) -> Iterable[Stream]:
        """Both sides of a connection that sent something, the originator's first."""
        for from_orig in (True, False):
            stream = self.get(connection, from_orig)
            if stream is not None:
                yield stream
