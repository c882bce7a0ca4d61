"""Sets and maps of shape hashes: sorted arrays, a few bytes an entry, asked for a whole slice at once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Entries above which nothing more is remembered: what is looked up is then computed again.
CAPACITY = 8_000_000


class ShapeMap:
    """From shape hash (uint64) to a small number (int32)."""

    def __init__(self) -> None:
        """Start empty."""
        self._hashes: NDArray[np.uint64] = np.empty(0, np.uint64)
        self._values: NDArray[np.int32] = np.empty(0, np.int32)

    def __len__(self) -> int:
        """The number of entries."""
        return len(self._hashes)

    def get(self, hashes: NDArray[np.uint64]) -> NDArray[np.int32]:
        """The values of hashes, -1 for those that are not there."""
        if not len(self._hashes):
            return np.full(len(hashes), -1, np.int32)
        # In ascending order neighbours are looked up in memory that the one before has just brought in.
        order = np.argsort(hashes)
        ascending = hashes[order]
        at = np.searchsorted(self._hashes, ascending)
        at[at == len(self._hashes)] = 0
        found = np.empty(len(hashes), np.int32)
        found[order] = np.where(self._hashes[at] == ascending, self._values[at], np.int32(-1))
        return found

    def add(self, hashes: NDArray[np.uint64], values: NDArray[np.int32]) -> None:
        """Add entries whose hashes are not there yet and differ from each other."""
        if not len(hashes) or len(self._hashes) >= CAPACITY:
            return
        order = np.argsort(hashes)
        at = np.searchsorted(self._hashes, hashes[order])
        self._hashes = np.insert(self._hashes, at, hashes[order])
        self._values = np.insert(self._values, at, values[order])
