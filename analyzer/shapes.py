"""Sets and maps of shape hashes, asked for a whole slice at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Entries above which nothing more is remembered: what is looked up is then computed again.
CAPACITY = 8_000_000
# The share of the slots above which the table is doubled.
_MOST_FULL = 0.7
_FREE = -1
# 2 ** 64 divided by the golden ratio.
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)


class ShapeMap:
    """From shape hash (uint64) to a small number (int32, not negative).

    A hash table with linear probing, in which all entries of a call take each step together. It grows in place: arrays
    that are kept sorted are copied with every slice.
    """

    def __init__(self) -> None:
        """Start empty."""
        self._count = 0
        self._allocate(1 << 12)

    def __len__(self) -> int:
        """The number of entries."""
        return self._count

    def get(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """The values of hashes, -1 for those that are not there."""
        slots = self._home(hashes)
        found = self._values[slots]
        left = np.flatnonzero((found != _FREE) & (self._hashes[slots] != hashes))
        while len(left):
            slots[left] = (slots[left] + 1) & self._last
            at = slots[left]
            found[left] = self._values[at]
            left = left[(found[left] != _FREE) & (self._hashes[at] != hashes[left])]
        return found

    def put(self, hashes: NDArray[np.uint64], values: NDArray[np.int32]) -> None:
        """Set the values of hashes that differ from each other."""
        fresh = int((self.get(hashes) == _FREE).sum())
        if fresh and self._count >= CAPACITY:
            return
        self._count += fresh
        if self._count > _MOST_FULL * (self._last + 1):
            self._grow()
        self._enter(hashes, values)

    def _allocate(self, slots: int) -> None:
        self._last = slots - 1
        self._hashes: NDArray[np.uint64] = np.empty(slots, np.uint64)
        self._values: NDArray[np.int32] = np.full(slots, _FREE, np.int32)

    def _home(self, hashes: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The slot in which the search for each hash begins: the upper bits of a product (Knuth, TAOCP 3, 6.4)."""
        bits = np.uint64(64 - self._last.bit_length())
        return ((hashes * _GOLDEN) >> bits).view(np.int64)

    def _grow(self) -> None:
        used = self._values != _FREE
        hashes, values = self._hashes[used], self._values[used]
        slots = self._last + 1
        while self._count > _MOST_FULL * slots:
            slots *= 2
        self._allocate(slots)
        self._enter(hashes, values)

    def _enter(self, hashes: NDArray[np.uint64], values: NDArray[np.int32]) -> None:
        slots = self._home(hashes)
        left = np.arange(len(hashes))
        while len(left):
            at = slots[left]
            free = (self._values[at] == _FREE) | (self._hashes[at] == hashes[left])
            # Of several entries that want one free slot, the last one written gets it.
            self._hashes[at[free]] = hashes[left[free]]
            self._values[at[free]] = values[left[free]]
            lost = ~free | (self._hashes[at] != hashes[left])
            left = left[lost]
            slots[left] = (slots[left] + 1) & self._last
