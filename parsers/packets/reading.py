"""Bytes of many packets of a large file, read without keeping its pages in memory.

The file is mapped. A page that was read stays resident until it is given back, and the system maps the pages around it,
too: reading a few bytes of every packet makes the whole file resident. So it is read in portions.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from .columns import Bytes, Ints, Packets, Rows, gather
from .mapping import release

_PORTION = 8 * 1024 * 1024  # bytes of the file
_BATCH = 4096  # packets
_SMALL, _NEAR = 2048, 4096  # bytes of payloads, and from one to the next, that are read many at once


def gathered(packets: Packets, start: Ints, have: Ints, width: int) -> Bytes:
    """Rows of `width` bytes as `columns.gather` gives them, a portion of the file after the other."""
    return packets.gathered(_in_portions, start, have, width)


def _in_portions(data: Bytes, start: Ints, have: Ints, width: int) -> Bytes:
    out = np.zeros((len(start), width), np.uint8)
    edges = np.flatnonzero(np.diff(start // _PORTION)) + 1
    for low, high in pairwise([0, *edges.tolist(), len(start)]):
        out[low:high] = gather(data, start[low:high], have[low:high], width)
        release(data)
    return out


def payloads(packets: Packets, rows: Rows, limit: int = 65_536) -> Iterator[tuple[int, bytes]]:
    """The payloads of packets, each with its row."""
    for begin in range(0, len(rows), _BATCH):
        batch = rows[begin : begin + _BATCH]
        places = packets.place("payload", batch)
        sizes = np.where(places < 0, 0, np.minimum(packets.payload_captured[batch], limit)).astype(np.int64)
        places = np.maximum(places, 0)
        width = int(sizes.max())
        # Small ones close together are read at once; of those far apart each would bring pages of its own into memory.
        if 0 < width <= _SMALL and int(np.abs(np.diff(places)).mean() if len(batch) > 1 else _NEAR) < _NEAR:
            raw = gathered(packets, places, sizes, width).tobytes()
            for row, at, size in zip(batch.tolist(), range(0, len(raw), width), sizes.tolist(), strict=True):
                yield row, raw[at : at + size]
            continue
        for row, place, size in zip(batch.tolist(), places.tolist(), sizes.tolist(), strict=True):
            yield row, packets.read(place, size)
