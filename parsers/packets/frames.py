"""What reading the framing of a capture gives: where each packet is, when it was taken, what is broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from ..contract import Problem, ProblemKind
from .columns import Array, Bytes, Ints

# No capture tool writes larger packets (tcpdump's MAXIMUM_SNAPLEN).
MAX_PACKET = 262_144
# Packets that are walked before their headers are gathered and the file's pages given back.
WINDOW = 16_384
# How much of a file is searched, in all, for the next good record behind broken ones.
MAX_SEARCH = 256 * 1024 * 1024
MAX_FAULTS = 100
# A packet takes some 200 bytes of memory; small records in a large file must not take all of it.
MAX_PACKETS = 20_000_000
NANO = 1_000_000_000
# Interrupts of several processors hand over packets this much out of order; nobody needs to know.
CLOCK_TOLERANCE = 1_000_000
# Of the columns of Frames, in their order.
_KINDS = (np.int64, np.uint32, np.uint32, np.int64, np.uint16, np.uint16)


@dataclass(slots=True)
class Frames:
    """Where the packets of a capture are; all arrays have one element a packet.

    Attributes:
        data: the bytes of the file, read-only.
        offset: first byte of the packet in `data`. captured, length: bytes in the file and on the wire.
        time: nanoseconds since 1970 UTC; that of the packet before where the file gives none.
        link_type: LINKTYPE number. interface: number within the file.
        problems: what is broken. facts: what the file says about itself.
        backwards: packets earlier than the one before them. largest_step_back: of them, nanoseconds.
    """

    data: Bytes
    offset: npt.NDArray[np.int64]
    captured: npt.NDArray[np.uint32]
    length: npt.NDArray[np.uint32]
    time: npt.NDArray[np.int64]
    link_type: npt.NDArray[np.uint16]
    interface: npt.NDArray[np.uint16]
    problems: list[Problem]
    facts: dict[str, str | int]
    backwards: int = 0
    largest_step_back: int = 0

    def part(self, start: int, stop: int) -> Frames:
        """The frames of rows start .. stop - 1, as views."""
        mine = slice(start, stop)
        offset, captured, length, time = self.offset[mine], self.captured[mine], self.length[mine], self.time[mine]
        return Frames(self.data, offset, captured, length, time, self.link_type[mine], self.interface[mine], [], {})


@dataclass(slots=True)
class FrameReader:
    """Collects the frames of a capture while it is walked.

    Attributes:
        path: name of the capture inside the bundle.
        data: its bytes.
        taken: told the frames of each part of the file while that part is in memory.
        facts: what the file says about itself.
    """

    path: str
    data: Bytes
    taken: Callable[[Frames], None] | None = None
    facts: dict[str, str | int] = field(default_factory=dict)
    problems: list[Problem] = field(default_factory=list)
    searched: int = 0
    faults: int = 0
    count: int = 0
    last_time: int = 0
    _columns: list[Array] = field(default_factory=lambda: [np.empty(0, kind) for kind in _KINDS])
    _repeated: dict[str, list[int]] = field(default_factory=dict)

    def add(self, offset: Ints, captured: Array, length: Array, time: Ints, link_type: Array, interface: Array) -> None:
        """Take the packets of a window, in the order of the file."""
        if not len(offset):
            return
        begin, end = self.count, self.count + len(offset)
        if end > len(self._columns[0]):
            self._grow(room(end, len(self.data), int(offset[-1]) + int(captured[-1])))
        for column, values in zip(self._columns, (offset, captured, length, time, link_type, interface), strict=True):
            column[begin:end] = values
        self.count = end
        if self.taken:
            self.taken(self._frames([], {}).part(begin, end))
        self.last_time = int(time[-1])

    def _grow(self, size: int) -> None:
        for index, known in enumerate(self._columns):
            self._columns[index] = np.zeros(size, known.dtype)
            self._columns[index][: self.count] = known[: self.count]

    def _frames(self, problems: list[Problem], facts: dict[str, str | int]) -> Frames:
        offset, captured, length, time, link_type, interface = (column[: self.count] for column in self._columns)
        return Frames(self.data, offset, captured, length, time, link_type, interface, problems, facts)

    def full(self) -> bool:
        """Whether so many packets were read that the rest is left out, which is then named."""
        if self.count < MAX_PACKETS:
            return False
        self.problem("limit", f"Only the first {self.count:,} packets were read; split the capture to see the rest.")
        return True

    def problem(self, kind: ProblemKind, message: str) -> None:
        """Name something that is broken."""
        self.problems.append(Problem(self.path, kind, message))

    def fault(self, at: int, resumed: int, what: str) -> bool:
        """Name a broken part of the file and say whether to go on behind it.

        Of faults of one kind the first one is told, and how many there are at the end.

        Args:
            at: where the broken part begins.
            resumed: where the next good record is, or -1.
            what: what is wrong, a clause: "A packet claims 9,999,999 bytes".
        """
        self.faults += 1
        kinds = self._repeated.setdefault(what.rstrip("0123456789,. "), [0, 0])
        kinds[0] += 1
        kinds[1] += max(resumed - at, 0)
        done = f"{what} after {self.count:,} packets, at byte {at:,}"
        if resumed < 0:
            kind: ProblemKind = "truncated" if "truncated" in what else "corrupt"
            rest = len(self.data) - at
            self.problem(kind, f"{done}; the rest of the capture ({rest:,} bytes) was not read.")
            return False
        if self.faults > MAX_FAULTS:
            self.problem("limit", f"{done}, and {MAX_FAULTS} times before; the rest of the capture was not read.")
            return False
        if kinds[0] == 1:
            self.problem("corrupt", f"{done}; {resumed - at:,} bytes were skipped.")
        return True

    def finish(self) -> Frames:
        """The frames, with what is odd about them as a whole among the problems."""
        frames = self._frames(self.problems, self.facts)
        self._judge(frames)
        return frames

    def _judge(self, frames: Frames) -> None:
        for what, (times, skipped) in self._repeated.items():
            if times > 1:
                self.problem("corrupt", f"{what}: {times:,} times in all; {skipped:,} bytes were skipped.")
        total = len(frames.offset)
        if not total:
            if not self.problems:
                self.problem("empty", "The capture is empty: it holds no packet.")
            return
        step = np.diff(frames.time)
        back = step[step < 0]
        frames.backwards = len(back)
        frames.largest_step_back = -int(back.min()) if len(back) else 0
        if frames.largest_step_back >= CLOCK_TOLERANCE:
            self.facts |= {"clock_steps_back": len(back), "clock_step_back_us": frames.largest_step_back // 1000}
            self.facts["clock_step_back_frame"] = int(step.argmin()) + 2
            most = frames.largest_step_back / NANO
            self.problem("clock", f"Time goes back at {len(back):,} packets, by {most:.6g} s at most.")
        cut = int(np.count_nonzero(frames.captured < frames.length))
        if cut:
            most = int(frames.captured.max())
            self.problem(
                "truncated",
                f"{cut:,} of {total:,} packets were cut when they were captured (none is longer than {most:,} bytes): "
                "what they carried behind that was not read. Capture with a snap length of 0 to keep it.",
            )
        self.facts["packets"] = total


def room(packets: int, size: int, read: int) -> int:
    """How many packets to make room for when so many were found in the bytes that were read of a file.

    Pages of an array that nothing was written to take no memory: there may be too many of them.
    """
    return max(packets * 3 // 2, int(packets * 1.2 * size / max(read, 1)))
