"""Reads slices in this process or in several, and gives what came of them in their order.

A slice that cannot be read costs itself: whatever a hostile file breaks, the other files are read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context
from typing import Self

from analyzer import worker
from analyzer.inputs import unreadable
from analyzer.rule import Rule
from analyzer.worker import Job, SliceResult, Worker
from parsers.contract import Problem

Outcome = SliceResult | Problem


# Slices that another process has before it, so that it never waits for this one; and what may wait for its turn here.
_AHEAD = 2
_MAX_WAITING = 24


class Readers:
    """This process and the others that read slices with it; used in a `with`."""

    def __init__(self, rules: Sequence[Rule], processes: int) -> None:
        """Start the other processes: they get ready while this one looks at what there is to read."""
        self._helpers = processes - 1
        self._pool: ProcessPoolExecutor | None = None
        if self._helpers > 0:
            # Threads of polars do not survive a fork.
            self._pool = ProcessPoolExecutor(self._helpers, get_context("spawn"), worker.start, (list(rules),))
            self._pool.submit(worker.ready)

    def __enter__(self) -> Self:
        """Return itself."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the other processes."""
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)

    def in_order(self, jobs: Iterator[tuple[int, Job]], local: Worker) -> Iterator[tuple[int, Job, Outcome]]:
        """Read the jobs and yield what came of them in their order.

        Args:
            jobs: each with a number that is given back with it.
            local: reads in this process.
        """
        waiting: deque[tuple[int, Job, Outcome | Future[SliceResult]]] = deque()
        for index, job in jobs:
            waiting.append((index, job, self._submit(job, waiting) or _attempt(job, local)))
            while waiting and (len(waiting) > _MAX_WAITING or _is_ready(waiting[0][2])):
                yield _collect(*waiting.popleft(), local)
        while waiting:
            yield _collect(*waiting.popleft(), local)

    def _submit(
        self, job: Job, waiting: Iterable[tuple[int, Job, Outcome | Future[SliceResult]]]
    ) -> Future[SliceResult] | None:
        """Give a job to another process if there is one that will soon have nothing to do."""
        busy = sum(not _is_ready(outcome) for _, _, outcome in waiting)
        if self._pool is None or busy >= _AHEAD * self._helpers:
            return None
        try:
            return self._pool.submit(worker.run, job)
        except BrokenProcessPool:
            self._pool = None
            return None


def _is_ready(outcome: Outcome | Future[SliceResult]) -> bool:
    return not isinstance(outcome, Future) or outcome.done()


def _collect(index: int, job: Job, outcome: Outcome | Future[SliceResult], local: Worker) -> tuple[int, Job, Outcome]:
    if not isinstance(outcome, Future):
        return index, job, outcome
    try:
        return index, job, outcome.result()
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
