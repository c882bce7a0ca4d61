"""Reads slices in this process or in several, and gives what came of them in their order.

A slice that cannot be read costs itself: whatever a hostile file breaks, the other files are read.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence, Set
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass, field
from itertools import chain, count, islice

from analyzer import worker
from analyzer.inputs import unreadable
from analyzer.processes import Processes
from analyzer.rule import Rule
from analyzer.worker import Job, SliceResult, Worker
from parsers.contract import Problem

Outcome = SliceResult | Problem


# Slices that another process has before it, so that it never waits for this one.
_AHEAD = 2
# Slices that may be read before the first of them is used: what came of them is kept in memory.
_WINDOW = 24


@dataclass(slots=True, eq=False)
class _Slice:
    """A slice on its way.

    Attributes:
        number: its place in the order of all.
        file: the number of its file.
        outcome: None before it is given to a process.
    """

    number: int
    file: int
    job: Job
    outcome: Outcome | Future[SliceResult] | None = None

    def is_ready(self) -> bool:
        """Whether it was read."""
        return self.outcome is not None and (not isinstance(self.outcome, Future) or self.outcome.done())

    def collect(self, local: Worker) -> Outcome:
        """What came of it; waits for it."""
        if self.outcome is None:
            return _attempt(self.job, Worker(local.matcher))
        if not isinstance(self.outcome, Future):
            return self.outcome
        try:
            return self.outcome.result()
        except BrokenProcessPool:
            # The process was killed, most likely for want of memory. A worker leaves out what it said of an earlier
            # slice, and `local` may have read later ones: a new one reads what is lost.
            return _attempt(self.job, Worker(local.matcher))
        except Exception as error:  # noqa: BLE001 - see _attempt
            return _failure(self.job, error)


@dataclass(slots=True, eq=False)
class _Process:
    """A process that reads slices: one file after the other, as what it knows of the lines of a file saves work.

    Attributes:
        pool: a pool of one process; None for this one.
        file: the number of the file of its last slice; last: the number of that slice.
        given: slices that it has still to read.
    """

    pool: ProcessPoolExecutor | None = None
    file: int = -1
    last: int = -1
    given: list[_Slice] = field(default_factory=list)

    def is_idle(self) -> bool:
        """Whether it will soon have nothing to do."""
        self.given = [piece for piece in self.given if not piece.is_ready()]
        return len(self.given) < _AHEAD

    def take(self, pending: list[_Slice], others: Set[int]) -> _Slice | None:
        """Take the next slice: of the file that it reads, else of one that no other process reads, else any.

        Never one ahead of its last, because it leaves out of a slice what it has said of an earlier one.
        """
        usable = [piece for piece in pending if piece.number > self.last]
        own = (piece for piece in usable if piece.file == self.file)
        free = (piece for piece in usable if piece.file not in others)
        piece = next(chain(own, free, usable), None)
        if piece is not None:
            pending.remove(piece)
            self.file, self.last = piece.file, piece.number
        return piece


class Readers:
    """This process and the others that read slices with it."""

    def __init__(self, rules: Sequence[Rule], processes: Processes) -> None:
        """Give the rules to the other processes."""
        self._helpers = [_Process(pool) for pool in processes.pools]
        for pool in processes.pools:
            pool.submit(worker.prepare, list(rules))

    def in_order(self, jobs: Iterator[tuple[int, Job]], local: Worker) -> Iterator[tuple[int, Job, Outcome]]:
        """Read the jobs and yield what came of them in their order.

        Args:
            jobs: each with the number of its file, which is given back with it.
            local: reads in this process.
        """
        here = _Process()
        numbers = count()
        begun: deque[_Slice] = deque()
        pending: list[_Slice] = []
        while True:
            for file, job in islice(jobs, _WINDOW - len(begun) if self._helpers else 1):
                begun.append(_Slice(next(numbers), file, job))
                pending.append(begun[-1])
            if not begun:
                return
            self._give(pending, here)
            piece = here.take(pending, {helper.file for helper in self._helpers})
            if piece is not None:
                piece.outcome = _attempt(piece.job, local)
            elif not begun[0].is_ready():
                yield begun[0].file, begun[0].job, begun[0].collect(local)
                begun.popleft()
            while begun and begun[0].is_ready():
                yield begun[0].file, begun[0].job, begun[0].collect(local)
                begun.popleft()

    def _give(self, pending: list[_Slice], here: _Process) -> None:
        """Give slices to the other processes that will soon have nothing to do."""
        for helper in self._helpers:
            others = {here.file, *(other.file for other in self._helpers if other is not helper)}
            while helper.pool is not None and helper.is_idle() and (piece := helper.take(pending, others)):
                helper.given.append(piece)
                try:
                    piece.outcome = helper.pool.submit(worker.run, piece.job)
                except BrokenProcessPool:
                    helper.pool = None  # what it was given is read when its turn comes


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
