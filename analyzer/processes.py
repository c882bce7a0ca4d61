"""Processes that read beside this one, started before it is known what they will read.

A start takes as long as to read some 50 MB. So they are started first, and get ready while this process loads its own
modules and opens the bundle.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from typing import Self

from analyzer.settings import ARCHIVES, MIB

# Bytes from which a second process pays; bytes that can be read in the time that opening and planning a file takes.
PARALLEL_BYTES = 96 * MIB
FILE_BYTES = MIB
MOST = 8
# How much larger than its archive a log is, at least; a process that was started in vain costs little.
_EXPANSION = 8


def fitting(size: int, files: int) -> int:
    """How many processes should read a bundle of some bytes in some files."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(cores, MOST) if size + files * FILE_BYTES >= PARALLEL_BYTES else 1


def likely(paths: Sequence[str]) -> int:
    """The same for paths that were not opened yet."""
    size = files = 0
    for found in (size for path in paths for size in _sizes(path)):
        size, files = size + found, files + 1
        if fitting(size, files) > 1:
            break
    return fitting(size, files)


def _sizes(path: str) -> Iterator[int]:
    """The sizes of the files of a path, roughly; nothing of what cannot be read."""
    try:
        if Path(path).is_file():
            yield _size(Path(path))
        for folder, _, names in os.walk(path):
            for name in names:
                yield _size(Path(folder, name))
    except OSError:
        return  # whoever opens it says why


def _size(file: Path) -> int:
    return file.lstat().st_size * (_EXPANSION if file.suffix.lower() in ARCHIVES else 1)


class Processes:
    """Processes that wait for work; used in a `with`, at whose end they end."""

    def __init__(self, count: int = 0) -> None:
        """Start some processes."""
        self.pools: list[ProcessPoolExecutor] = []
        self.resize(count)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the processes."""
        self.resize(0)

    def resize(self, count: int) -> None:
        """Start what is missing, end what is too much."""
        for pool in self.pools[count:]:
            pool.shutdown(wait=True, cancel_futures=True)
        del self.pools[count:]
        # Threads of polars do not survive a fork.
        context = get_context("spawn")
        while len(self.pools) < count:
            self.pools.append(ProcessPoolExecutor(1, context))
            self.pools[-1].submit(_get_ready)


def _get_ready() -> None:
    """Load what reading needs."""
    import analyzer.worker  # noqa: F401 - in the other process
