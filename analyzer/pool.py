"""Reads slices in this process or in several, and gives what came of them in their order.

A slice that cannot be read costs itself: whatever a hostile file breaks, the other files are read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context

from analyzer import worker
from analyzer.inputs import unreadable
from analyzer.rule import Rule
from analyzer.worker import Job, SliceResult, Worker
from parsers.contract import Problem

Outcome = SliceResult | Problem


def in_order(
    jobs: Iterator[tuple[int, Job]], local: Worker, rules: Sequence[Rule], processes: int
) -> Iterator[tuple[int, Job, Outcome]]:
    """Read the jobs, in this process or in several, and yield what came of them in their order."""
    if processes <= 1:
        for index, job in jobs:
            yield index, job, _attempt(job, local)
        return
    with _pool(processes, rules) as pool:
        waiting: deque[tuple[int, Job, Future[SliceResult]]] = deque()
        for index, job in jobs:
            waiting.append((index, job, pool.submit(worker.run, job)))
            if len(waiting) > 2 * processes:
                yield _collect(waiting.popleft(), local)
        while waiting:
            yield _collect(waiting.popleft(), local)


@contextmanager
def _pool(processes: int, rules: Sequence[Rule]) -> Iterator[ProcessPoolExecutor]:
    # Threads of polars do not survive a fork.
    pool = ProcessPoolExecutor(processes, get_context("spawn"), worker.start, (list(rules),))
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _collect(entry: tuple[int, Job, Future[SliceResult]], local: Worker) -> tuple[int, Job, Outcome]:
    index, job, future = entry
    try:
        return index, job, future.result()
    except BrokenProcessPool:
        # A worker process was killed, most likely for want of memory: this process reads what it left.
        return index, job, _attempt(job, local)
    except Exception as error:  # noqa: BLE001 - see _attempt
        return index, job, _failure(job, error)


def _attempt(job: Job, local: Worker) -> Outcome:
    try:
        return local.run(job)
    except Exception as error:  # noqa: BLE001 - whatever a hostile file breaks, it must not cost the other files
        return _failure(job, error)


def _failure(job: Job, error: Exception) -> Problem:
    if isinstance(error, OSError):
        return unreadable(job.source, error)
    reason = (str(error).splitlines() or [""])[0][:200]
    return Problem(
        job.source.path,
        "malformed",
        f"{job.piece.size:,} bytes from byte {job.piece.start:,} on could not be read as {job.parser} "
        f"({type(error).__name__}: {reason}). This is a fault of the program: please report it.",
    )
