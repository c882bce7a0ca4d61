"""One file of the bundle on its way through the run: who reads it, and what came of it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from analyzer.finding import Coverage
from analyzer.match import CAPTURE
from analyzer.network import NetworkSummary
from analyzer.offset import Landmarks, Offset
from analyzer.settings import ARCHIVES
from analyzer.worker import Jump
from parsers import by_name, identify
from parsers.binary import UNKNOWN, named
from parsers.contract import Parser, Problem, Source
from parsers.packets.framing import is_capture
from parsers.plan import Plan, Slice
from parsers.text import is_binary
from parsers.times import NAT, to_datetime

# A log may be named so by mistake and is read; a page is what a failed download leaves.
_NO_TEXT = ARCHIVES | {".tar", ".7z", ".rar", ".pcap", ".pcapng", ".cap"}


@dataclass(slots=True)
class Input:
    """A source, who reads it, and what came of it."""

    source: Source
    parser: Parser | None
    confidence: float
    why: str = ""
    why_not: str = ""
    plan: Plan | None = None
    lines: int = 0
    records: int = 0
    skipped: int = 0
    first: int = NAT
    last: int = NAT
    outside: list[tuple[int, int, int]] = field(default_factory=list)  # as in SliceResult, of its slices
    problems: list[Problem] = field(default_factory=list)
    notices: tuple[str, ...] | None = None
    network: NetworkSummary | None = None
    landmarks: Landmarks | None = None
    jumps: list[Jump] = field(default_factory=list)
    pieces: list[tuple[int, Slice]] = field(default_factory=list)  # with the time at which each begins
    offset: Offset | None = None
    hosts: frozenset[str] = frozenset()

    @property
    def is_capture(self) -> bool:
        """Whether it is a packet capture."""
        return self.parser is not None and self.parser.name == CAPTURE


def input_of(source: Source) -> Input:
    """Who reads a source, decided by its first bytes and lines."""
    if source.size == 0:
        return Input(source, None, 0.0, why_not="empty")
    if is_capture(source.head):
        return Input(source, by_name(CAPTURE), 1.0, "its first bytes are those of a capture file")
    if is_binary(source.head) or (b"\0" in source.head[:64] and named(source.head)):
        what = named(source.head)
        unknown = f"{UNKNOWN}: its first bytes are {source.head[:4].hex(' ')}."
        message = f"Not text: {what}." if what else unknown
        return Input(source, None, 0.0, why_not="binary", problems=[Problem(source.path, "binary", message)])
    found = identify(source)
    ending = PurePosixPath(source.path).suffix.lower()
    if ending in _NO_TEXT and not found.parser.searched:
        begins = source.head.decode("utf-8", "replace").split("\n", 1)[0].strip()[:40]
        message = f"Named {ending}, but it is text that begins with '{begins}': was a page saved instead of the file?"
        return Input(source, None, 0.0, why_not="corrupt", problems=[Problem(source.path, "corrupt", message)])
    return Input(source, found.parser, found.confidence, found.why)


def coverage_of(entry: Input) -> Coverage:
    """How a file was read, for the report."""
    source, plan = entry.source, entry.plan
    reasons = [entry.why_not] if entry.why_not else [problem.message for problem in merged_problems(entry.problems)]
    outside = sum(count for count, _, _ in entry.outside)
    first = to_datetime(min((first for _, first, _ in entry.outside), default=NAT))
    last = to_datetime(max((last for _, _, last in entry.outside), default=NAT))
    if first and last and not entry.records:
        reasons.append(f"outside of the time asked for: from {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S}")
    return Coverage(
        source=source.path,
        bytes=source.size,
        parser=entry.parser.name if entry.parser else "",
        confidence=round(entry.confidence, 2),
        why=entry.why,
        records=entry.records,
        lines=entry.lines,
        skipped=entry.skipped,
        encoding=plan.encoding.name if plan and not entry.is_capture else "",
        clock=_clock(entry),
        first_seen=to_datetime(entry.first),
        last_seen=to_datetime(entry.last),
        problem="; ".join(reasons[:3]),
        outside=outside,
        outside_span=(first, last) if first and last else None,
    )


def _clock(entry: Input) -> str:
    """How the times of a file were read, and how far they are from those of a capture."""
    notes = [entry.plan.clock.note] if entry.plan and entry.plan.layout and entry.plan.clock.note else []
    return "; ".join([*notes, str(entry.offset)] if entry.offset is not None else notes)


def merged_problems(problems: Iterable[Problem]) -> list[Problem]:
    """The problems of one source, the same kind from many slices shown once with their number."""
    by_kind: dict[str, list[Problem]] = {}
    for problem in problems:
        by_kind.setdefault(problem.kind, []).append(problem)
    out = []
    for same in by_kind.values():
        more = f" (and {len(same) - 1} more of this kind)" if len(same) > 1 else ""
        out.append(Problem(same[0].source, same[0].kind, same[0].message + more))
    return out


def unreadable(source: Source, error: OSError) -> Problem:
    """A file that the operating system does not let be read."""
    return Problem(source.path, "unreadable", f"Cannot be read: {error.strerror or error}.")
