"""What the analyzer says: a finding, with its evidence, and the report that holds it all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from analyzer.rule import Rule
from parsers.contract import Problem

Severity = Literal["critical", "high", "medium", "low", "info"]
SEVERITIES: tuple[Severity, ...] = ("critical", "high", "medium", "low", "info")


@dataclass(frozen=True, slots=True)
class Evidence:
    """A line that shows a finding.

    Attributes:
        source: path inside the bundle.
        line_number: from 1; 0 when unknown.
        time: UTC, None when the line has none.
        text: the line, without colours and control characters, cut when very long.
        highlights: (start, end) character ranges of the text that matched.
        byte_offset: where the line starts in the decompressed file; -1 when unknown.
        frame_number: the packet as Wireshark counts, from 1; 0 when it is no packet.
        before, after: the lines of the file directly ahead and behind, for context; empty when not quoted.
    """

    source: str
    line_number: int
    time: datetime | None
    text: str
    highlights: tuple[tuple[int, int], ...] = ()
    byte_offset: int = -1
    frame_number: int = 0
    before: tuple[str, ...] = ()
    after: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where in the source it stands, to be put behind its path: ":12", " frame 12", or nothing."""
        if self.line_number:
            return f":{self.line_number}"
        return f" frame {self.frame_number}" if self.frame_number else ""


@dataclass(frozen=True, slots=True)
class Finding:
    """A rule that holds for the bundle.

    Attributes:
        rule: what is known about the fault.
        severity: the rule's.
        confidence: 0 .. 1.
        summary: one sentence with numbers and times.
        count: records that show it.
        first_seen, last_seen: UTC, None when no record has a time.
        sources: paths, most records first.
        evidence: the first lines that show it, and the last.
        sparkline: records that show it in equal spans of `Report.bucket_seconds`, the first of them the report's
            first bucket; empty when not counted.
        status: whether a baseline knows it, or a suppression covers it; reason: the baseline's or suppression's words.
        fails: whether it fails the run.
    """

    rule: Rule
    severity: Severity
    confidence: float
    summary: str
    count: int
    first_seen: datetime | None
    last_seen: datetime | None
    sources: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    sparkline: tuple[int, ...] = ()
    status: Literal["new", "known", "suppressed"] = "new"
    fails: bool = False
    reason: str = ""

    @property
    def fingerprint(self) -> str:
        """Equal for the same fault in the same kind of file in any bundle; 16 hex digits."""
        names = sorted({_generic(source) for source in self.sources})
        return hashlib.sha256("\n".join([self.rule.id, *names]).encode(errors="backslashreplace")).hexdigest()[:16]


def explains(cause: Finding, effect: Finding) -> bool:
    """Whether a finding follows from another one, or is part of it.

    A rule may say so of another. A symptom follows from any fault that matters, shows in the same file, and does not
    begin when the symptom is over; attacks make no program fail by themselves.
    """
    if effect.rule.id in cause.rule.explains:
        return True
    if not effect.rule.symptom or cause.rule.symptom or cause.rule.category == "security":
        return False
    if not set(cause.sources) & set(effect.sources):
        return False
    if cause.first_seen and effect.last_seen and cause.first_seen > effect.last_seen:
        return False
    return SEVERITIES.index(cause.severity) <= max(SEVERITIES.index("medium"), SEVERITIES.index(effect.severity))


def counted(number: int, one: str, many: str = "") -> str:
    """A number with the word for it: "1 file", "1,234 files"."""
    return f"{number:,} {one if number == 1 else many or one + 's'}"


def leading(findings: Sequence[Finding]) -> list[Finding]:
    """The findings that no other one explains, in their order."""
    return [finding for finding in findings if not any(explains(other, finding) for other in findings)]


def _generic(source: str) -> str:
    """A source path without what changes from bundle to bundle: the archive's name and digits."""
    inside = source.rsplit("!/", 1)[-1]
    return "".join(char for char in inside if not char.isdigit())


# Letters that a template has beside its masks, if it says something.
TELLING_LETTERS = 8


@dataclass(frozen=True, slots=True)
class UnknownError:
    """A template of errors, or of warnings, that no rule knows."""

    template_id: int
    template: str
    severity_number: int
    count: int
    first_seen: datetime | None
    last_seen: datetime | None
    example: Evidence

    @property
    def text(self) -> str:
        """What a reader recognises it by: the template, or the example where little but masks is left of it."""
        said = sum(map(str.isalpha, self.template.replace("<*>", "")))
        return self.template if said >= TELLING_LETTERS else self.example.text.strip() or self.template


@dataclass(frozen=True, slots=True)
class Coverage:
    """How one file of the bundle was read.

    Attributes:
        parser: name of the parser, "" when none took it.
        confidence: how sure the parser was, 0 .. 1.
        why: why this parser read it, in a few words.
        records: records read (a stack trace is one).
        lines: lines read.
        skipped: lines that no record could be made of.
        encoding: of the file.
        clock: how year and zone of its times were decided.
        problem: why it was not read, or what went wrong; "" if nothing.
        outside: records that were left out, as they are outside of the time asked for.
        outside_span: their earliest and latest time; None where there are none.
    """

    source: str
    bytes: int
    parser: str
    confidence: float = 0.0
    records: int = 0
    lines: int = 0
    skipped: int = 0
    encoding: str = ""
    clock: str = ""
    first_seen: datetime | None = None
    last_seen: datetime | None = None
    problem: str = ""
    why: str = ""
    outside: int = 0
    outside_span: tuple[datetime, datetime] | None = None

    @property
    def was_read(self) -> bool:
        """Whether records were read, those that were then left out included."""
        return bool(self.records or self.outside)


@dataclass(frozen=True, slots=True)
class BundleInfo:
    """What was analysed."""

    name: str
    path: str
    kind: str
    sha256: str | None
    bytes: int
    files: int


@dataclass(frozen=True, slots=True)
class Bucket:
    """Records of a span of time by severity; the span begins at `start`."""

    start: datetime
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class Mark:
    """Something about a span of time that belongs on a timeline.

    Attributes:
        kind: no records (gap), a clock that was set (clock_jump), trouble on the wire (capture), records so far from
            all others that the timeline leaves them out (outside).
        start, end: UTC.
        note: a sentence.
        source: path inside the bundle, "" when it is about all of it.
    """

    kind: Literal["gap", "clock_jump", "capture", "outside"]
    start: datetime
    end: datetime
    note: str
    source: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """Everything that a renderer may show.

    Attributes:
        facts: what is known about the system, such as {"Hosts": ["web1"], "Versions": ["nginx 1.22.1"]}.
        network: tables of the captures by their title, such as {"Failed connections": [{"client": ..}]}; the keys of
            the rows are the columns.
        marks: what else a timeline shows.
        rules: those that were looked for.
        warnings: the most frequent ones, where there is neither a finding nor an error: else they would hide behind a
            verdict of good health.
        failures: sentences: why the run fails, where no finding of the report says so by itself.
        compared: whether an earlier report tells which findings are new.
    """

    bundle: BundleInfo
    verdict: str
    findings: Sequence[Finding]
    unknown: Sequence[UnknownError]
    coverage: Sequence[Coverage]
    problems: Sequence[Problem]
    timeline: Sequence[Bucket] = ()
    bucket_seconds: int = 0
    stats: Mapping[str, float | int | str] = field(default_factory=dict)
    facts: Mapping[str, Sequence[str]] = field(default_factory=dict)
    network: Mapping[str, Sequence[Mapping[str, str | int | float | None]]] = field(default_factory=dict)
    marks: Sequence[Mark] = ()
    rules: Sequence[Rule] = ()
    warnings: Sequence[UnknownError] = ()
    failures: Sequence[str] = ()
    compared: bool = False

    @property
    def was_read(self) -> bool:
        """Whether anything was recognised; a capture without a packet was."""
        empty = {problem.source for problem in self.problems if problem.kind == "empty"}
        return any(entry.was_read or (entry.parser and entry.source in empty) for entry in self.coverage)
