"""Bytes of many packets of a large file, read without keeping its pages in memory.

The file is mapped. A page that was read stays resident until it is given back, and the system maps the pages around it,
too: reading a few bytes of every packet makes the whole file resident. So it is read in portions.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterator
from itertools import pairwise

import numpy as np
import numpy.typing as npt

from .columns import TCP, Bytes, Ints, Packets, Rows, gather

_PORTION = 8 * 1024 * 1024  # bytes of the file
_SCATTERED = 256  # reads here and there, of up to 64 KiB of pages each

_starts: dict[int, npt.NDArray[np.uint64]] = {}


def gathered(packets: Packets, start: Ints, have: Ints, width: int) -> Bytes:
    """Rows of `width` bytes as `columns.gather` gives them, a portion of the file after the other."""
    out = np.zeros((len(start), width), np.uint8)
    edges = np.flatnonzero(np.diff(start // _PORTION)) + 1
    for low, high in pairwise([0, *edges.tolist(), len(start)]):
        out[low:high] = gather(packets.data, start[low:high], have[low:high], width)
        packets.release()
    return out


def payload_starts(packets: Packets) -> npt.NDArray[np.uint64]:
    """The first eight bytes of every TCP payload as a big-endian number, zeros behind its end; 0 for other packets.

    It is what application protocols are recognised by, and is read once a capture.
    """
    key = id(packets.data)
    known = _starts.get(key)
    if known is None or len(known) != len(packets):
        known = np.zeros(len(packets), np.uint64)
        edges = np.flatnonzero(np.diff(packets.offset // _PORTION)) + 1
        for low, high in pairwise([0, *edges.tolist(), len(packets)]):
            part = packets.part(low, high)
            rows = np.flatnonzero((part.protocol == TCP) & (part.payload >= 0) & (part.payload_captured > 0))
            known[low:high][rows] = part.payload_heads(rows, 8).view(">u8").ravel()
            packets.release()
        if key not in _starts:
            weakref.finalize(packets.data, _starts.pop, key, None)
        _starts[key] = known
    return known


def payloads(packets: Packets, rows: Rows, limit: int = 65_536) -> Iterator[tuple[int, bytes]]:
    """The payloads of packets, each with its row."""
    meter = Meter(packets)
    for row in rows.tolist():
        meter.tick()
        yield row, packets.payload_bytes(row, limit)
    packets.release()


class Meter:
    """Counts reads here and there, and gives the pages back now and then."""

    def __init__(self, packets: Packets) -> None:
        """Count the reads of a capture."""
        self._packets = packets
        self._reads = 0

    def tick(self) -> None:
        """A read is about to happen."""
        self._reads += 1
        if self._reads % _SCATTERED == 0:
            self._packets.release()
