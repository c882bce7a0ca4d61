"""A capture file as an array: mapped for walks through all of it, read by its descriptor for bytes here and there.

A page of the map that was read stays resident until it is given back, and the system maps the pages around it, too;
reading by the descriptor costs neither.
"""

from __future__ import annotations

import mmap
import os
from collections.abc import Callable
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

_Bytes = npt.NDArray[np.uint8]


class _Map(mmap.mmap):
    """A read-only map of a file that keeps a descriptor of it."""

    descriptor: int = -1

    def __del__(self) -> None:
        """Close the descriptor."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1


def mapped(handle: BinaryIO) -> _Bytes:
    """The bytes of an open file as a read-only array; pages are read as they are needed.

    Raises:
        OSError: the file cannot be read.
    """
    handle.seek(0, 2)
    if not handle.tell():
        return np.empty(0, np.uint8)
    found = _Map(handle.fileno(), 0, access=mmap.ACCESS_READ)
    found.descriptor = os.dup(handle.fileno())
    return np.frombuffer(found, np.uint8)


def reader(data: _Bytes) -> Callable[[int, int], bytes]:
    """What reads so many bytes at a place of an array that may be a file's, fewer at its end."""
    found = _map_of(data)
    if found is None or not hasattr(os, "pread"):
        return lambda place, size: data[place : place + size].tobytes()
    descriptor, read = found.descriptor, os.pread
    return lambda place, size: read(descriptor, size, place)


def release(data: _Bytes) -> None:
    """Give back the pages of a mapped file; they are read again where they are needed."""
    found = _map_of(data)
    if found is not None and hasattr(mmap, "MADV_DONTNEED"):
        found.madvise(mmap.MADV_DONTNEED)


def _map_of(data: _Bytes) -> _Map | None:
    base: Any = data
    while base is not None and not isinstance(base, _Map):
        base = base.obj if isinstance(base, memoryview) else getattr(base, "base", None)
    return base
