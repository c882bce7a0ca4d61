"""From records that rules found to findings for people: correlation, confidence, order, words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analyzer.correlate import WORKING_COLUMNS, Correlated, correlate, largest
from analyzer.finding import SEVERITIES, Bucket, Finding, Mark, explains, leading
from analyzer.match import Stream
from analyzer.matches import Match
from analyzer.offset import Offset
from analyzer.quoter import Quoter
from analyzer.relation import mentioned, pairs, subject
from analyzer.rule import Correlation, Rule, alternatives
from parsers.severity import INFO
from parsers.times import NAT, to_datetime

if TYPE_CHECKING:
    from numpy.typing import NDArray

EVIDENCE_LINES = 5
# Lines ahead of and behind a line of evidence.
CONTEXT_LINES = 5
# The highest of the severity numbers of debugging and tracing.
LAST_DEBUG = 8
# Records that are read again to see whom they name.
MOST_READ = 2000


@dataclass(frozen=True, slots=True)
class Clocks:
    """The clocks of the logs against that of the captures.

    Attributes:
        offsets: by the index of the source. addresses: by the names that the captures hold answers for.
        hosts: addresses of which one wrote the log, by the index of the source.
    """

    offsets: Mapping[int, Offset] = field(default_factory=dict)
    hosts: Mapping[int, frozenset[str]] = field(default_factory=dict)
    addresses: Mapping[str, Sequence[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Buckets:
    """Equal spans of time: `start` and `width` in seconds, `number` of them."""

    start: int
    width: int
    number: int

    def count(self, seconds: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]) -> tuple[int, ...]:
        """The records of each span, from seconds with the number of their records; empty without spans."""
        total = np.zeros(self.number, np.int64)
        for moments, counts in seconds:
            place = (moments - self.start) // max(self.width, 1)
            inside = (place >= 0) & (place < self.number)
            np.add.at(total, place[inside], counts[inside])
        return tuple(total.tolist())


def triage(
    rules: Sequence[Rule],
    streams: Sequence[Stream],
    matches: Mapping[int, Match],
    latest: int,
    quoter: Quoter,
    buckets: Buckets,
    clocks: Clocks | None = None,
) -> list[Finding]:
    """The findings, worst first: by severity, then confidence, then by what came first.

    Args:
        rules: all rules of the run.
        streams: of the matcher, by their number.
        matches: what the streams found, by the number of the stream.
        latest: latest time of the bundle in microseconds, NAT unknown.
        quoter: reads the lines of evidence.
        buckets: the spans of time in which their records are counted.
        clocks: of the logs against that of the captures.
    """
    clocks = clocks or Clocks()
    records = _Records(rules, streams, matches, latest, clocks, quoter)
    found = ((rule, some) for rule in rules if (some := records.of(rule)) is not None and not _is_detail(some))
    return _ordered([_finding(rule, some, quoter, buckets, clocks) for rule, some in found])


def _is_detail(found: _Found) -> bool:
    """Whether a program says it at the level of debugging alone: it knows what to do when that fails."""
    severities = found.records.get_column("severity_number").to_numpy()
    return bool(len(severities)) and bool(((severities > 0) & (severities <= LAST_DEBUG)).all())


def _ordered(findings: Sequence[Finding]) -> list[Finding]:
    """Worst first; a finding that another one explains comes behind that one.

    What a rule names as its part or consequence stands right behind it; a symptom at its own rank, behind its cause.
    """
    ranked = sorted(findings, key=_rank)
    first = leading(ranked)
    out: list[Finding] = []

    def place(finding: Finding) -> None:
        if finding in out:
            return
        out.append(finding)
        for follower in ranked:
            if follower.rule.id in finding.rule.explains:
                place(follower)

    for finding in first:
        place(finding)
    for finding in ranked:
        if finding not in out:
            causes = [place for place, other in enumerate(out) if explains(other, finding)]
            behind = range(min(causes, default=-1) + 1, len(out))
            # Rules that explain each other in a circle have no cause that is placed: they come last.
            at = (i for i in behind if causes and out[i] in first and _rank(out[i]) > _rank(finding))
            out.insert(next(at, len(out)), finding)
    return out


def _rank(finding: Finding) -> tuple[int, float, float, str]:
    first = finding.first_seen.timestamp() if finding.first_seen else float("inf")
    return SEVERITIES.index(finding.severity), -finding.confidence, first, finding.rule.id


@dataclass(frozen=True, slots=True)
class _Found:
    count: int
    first: int
    last: int
    by_source: Mapping[int, int]
    records: pl.DataFrame
    seconds: Sequence[tuple[NDArray[np.int64], NDArray[np.int64]]]
    groups: tuple[str, ...] = ()
    timed: bool = True


class _Records:
    """The records that speak for each rule, its correlation applied."""

    def __init__(
        self,
        rules: Sequence[Rule],
        streams: Sequence[Stream],
        matches: Mapping[int, Match],
        latest: int,
        clocks: Clocks,
        quoter: Quoter,
    ) -> None:
        self._rules = {rule.id: rule for rule in rules}
        self._matches = {
            (rules[stream.rule].id, stream.selection): matches[number]
            for number, stream in enumerate(streams)
            if number in matches
        }
        self._latest = latest
        self._clocks = clocks
        self._offsets = {source: offset.micros for source, offset in clocks.offsets.items()}
        self._quoter = quoter
        self._known: dict[str, _Found | None] = {}

    def of(self, rule: Rule) -> _Found | None:
        """What speaks for a rule; None where nothing does."""
        # Rules that correlate other rules ask for them again.
        if rule.id not in self._known:
            self._known[rule.id] = self._of(rule)
        return self._known[rule.id]

    def _of(self, rule: Rule) -> _Found | None:
        if rule.correlation is not None:
            return self._correlated(rule, rule.correlation)
        match = self._matches.get((rule.id, ""))
        if match is None:
            return None
        return _Found(match.count, match.first, match.last, match.by_source, match.records(), match.seconds)

    def _correlated(self, rule: Rule, correlation: Correlation) -> _Found | None:
        found = [
            some for frames in self._parts(rule, correlation) if (some := correlate(correlation, frames, self._latest))
        ]
        if correlation.type in ("temporal", "temporal_ordered"):
            found = [kept for some in found if (kept := self._of_one_matter(some, correlation))]
        if not found:
            return None
        frame = pl.concat([some.frame for some in found], how="diagonal").sort("time", maintain_order=True)
        timed = any(some.timed for some in found)
        del found
        # A span from one clock to another would be as long as they are apart.
        times = frame.get_column("time").to_numpy()
        known = times[times != NAT]
        if any("." in name for name in correlation.rules):
            frame = self._shifted(frame, 1)
        by_source = Counter(frame.get_column("source").to_list())
        first, last = (int(known.min()), int(known.max())) if len(known) else (NAT, NAT)
        seconds = np.unique(known // 1_000_000, return_counts=True)
        groups = largest(frame, correlation.group_by)
        return _Found(frame.height, first, last, by_source, frame, [seconds], groups, timed)

    def _of_one_matter(self, found: Correlated, correlation: Correlation) -> Correlated | None:
        """Of records of logs and notices of captures those that are about the same hosts; others as they are."""
        frame, quoter = found.frame, self._quoter
        wire = np.array([quoter.is_capture(source) for source in frame.get_column("source").to_list()], np.bool_)
        if wire.all() or not wire.any():
            return found
        places = frame.select("source", "byte_offset", "at").rows()
        span = int(correlation.timespan.total_seconds() * 1_000_000)
        # Of very many the first ones speak for all: each is read again.
        logs, notices = (np.flatnonzero(chosen)[:MOST_READ].tolist() for chosen in (~wire, wire))
        records = []
        for row in logs:
            source, offset, at = places[row]
            hosts = self._clocks.hosts.get(source, frozenset())
            records.append((at, mentioned(quoter.record(source, offset)), hosts))
        told = [(places[row][2], subject(quoter.record(*places[row][:2]))) for row in notices]
        some, others = pairs(records, told, span, self._clocks.addresses)
        kept = sorted([*(logs[place] for place in some), *(notices[place] for place in others)])
        return Correlated(frame[kept], found.timed) if kept else None

    def _parts(self, rule: Rule, correlation: Correlation) -> Iterator[list[pl.DataFrame]]:
        """The records of the streams of a correlation, in parts that can be looked at one by one."""
        match = self._matches.get((rule.id, ""))
        across = any("." in name for name in correlation.rules)
        if correlation.condition is None or not correlation.group_by:
            frames = [self._stream(name, rule) for name in correlation.rules or ("",)]
            yield [self._shifted(frame, -1) for frame in frames] if across else frames
        elif match is not None:
            span = int(correlation.timespan.total_seconds() * 1_000_000)
            for part in match.parts(correlation.group_by, correlation.condition.least(), span):
                yield [part]

    def _shifted(self, frame: pl.DataFrame, sign: int) -> pl.DataFrame:
        """Records with the times of the clock of the captures (sign -1), or back with their own (sign 1)."""
        if not self._offsets or frame.is_empty():
            return frame
        shift = pl.col("source").replace_strict(self._offsets, default=0, return_dtype=pl.Int64)
        known = pl.col("time") != NAT
        return frame.with_columns(pl.when(known).then(pl.col("time") + sign * shift).otherwise(pl.col("time")))

    def _stream(self, name: str, rule: Rule) -> pl.DataFrame:
        """The records of a selection of a rule, or of other rules: those that satisfy their own correlations."""
        if "." in name:
            every = [found for other in alternatives(name) if (found := self.of(self._rules[other])) is not None]
            frames = [found.records.drop(WORKING_COLUMNS, strict=False) for found in every]
            # A record may be one of several rules.
            if not frames:
                return pl.DataFrame()
            return pl.concat(frames, how="diagonal").unique(
                ["source", "byte_offset"], keep="first", maintain_order=True
            )
        match = self._matches.get((rule.id, name))
        return pl.DataFrame() if match is None else match.records()


def _finding(rule: Rule, found: _Found, quoter: Quoter, buckets: Buckets, clocks: Clocks) -> Finding:
    sources = sorted(found.by_source, key=lambda index: (-found.by_source[index], index))
    literals = rule.detection.telling()
    evidence = tuple(
        quoter.evidence(row["source"], row["byte_offset"], row["line_number"], row["time"], literals, CONTEXT_LINES)
        for row in _shown(found.records).iter_rows(named=True)
    )
    first, last = to_datetime(found.first), to_datetime(found.last)
    return Finding(
        rule=rule,
        severity=rule.severity,
        confidence=_confidence(rule, found),
        summary=_summary(found, first, last, [quoter.path(index) for index in sources])
        + _compared(sources, quoter, clocks),
        count=found.count,
        first_seen=first,
        last_seen=last,
        sources=tuple(quoter.path(index) for index in sources),
        evidence=evidence,
        sparkline=buckets.count(found.seconds),
    )


def _shown(records: pl.DataFrame) -> pl.DataFrame:
    """The records to quote: the first ones in time, of each stream of a sequence, and the very last."""
    known = pl.when(pl.col("time") != NAT).then(pl.col("time"))
    records = records.sort(known, nulls_last=True, maintain_order=True)
    if records.height <= EVIDENCE_LINES:
        return records
    keep = set(range(EVIDENCE_LINES - 1)) | {records.height - 1}
    if "stream" in records.columns:
        streams = records.get_column("stream").to_list()
        keep |= {streams.index(number) for number in set(streams)}
    return records[sorted(keep)]


def _confidence(rule: Rule, found: _Found) -> float:
    """How sure the finding is, 0 .. 1.

    The message itself is strong evidence. It is weaker when the records that hold it are themselves no
    warnings (a quoted message, a retry that went well), or when a timespan could not be checked.
    """
    severities = found.records.get_column("severity_number").to_numpy()
    known = severities[severities > 0]
    confidence = 0.95
    if len(known) and float(np.mean(known <= INFO + 1)) > 0.5:
        confidence = 0.75
    if rule.correlation is not None and not found.timed:
        confidence = min(confidence, 0.6)
    return confidence


def _summary(found: _Found, first: datetime | None, last: datetime | None, sources: Sequence[str]) -> str:
    # The whole paths are in the sources; a sentence with them is hard to read.
    name = sources[0].rsplit("/", 1)[-1]
    where = f" in {name}" if len(sources) == 1 else f" in {len(sources)} files, most in {name}"
    who = ""
    if found.groups:
        shown = "; ".join(found.groups[:3])
        who = f", for {shown}" + (f" and {len(found.groups) - 3} more" if len(found.groups) > 3 else "")
    return seen_text(found.count, where, first, last, who)


def _compared(sources: Sequence[int], quoter: Quoter, clocks: Clocks) -> str:
    """How far the clocks of the logs are from that of the capture, where a finding rests on both."""
    logs = [source for source in sources if not quoter.is_capture(source)]
    if len(logs) in (0, len(sources)):
        return ""
    told = [
        f" The clock of {quoter.path(source).rsplit('/', 1)[-1]} is {clocks.offsets[source]}."
        for source in logs
        if source in clocks.offsets
    ]
    return "".join(told[:3])


def seen_text(count: int, where: str, first: datetime | None, last: datetime | None, who: str = "") -> str:
    """One sentence: how often, where, when, for whom."""
    times = "once" if count == 1 else f"{count:,} times"
    return f"Seen {times}{where}{span_text(first, last)}{who}."


def span_text(first: datetime | None, last: datetime | None) -> str:
    """A span of time for the end of a sentence, with a space ahead of it; empty without times."""
    if first is None or last is None:
        return ""
    if last - first < timedelta(seconds=1):
        return f" at {first:%Y-%m-%d %H:%M:%S} UTC"
    end = f"{last:%H:%M:%S}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M:%S}"
    return f" from {first:%Y-%m-%d %H:%M:%S} to {end} UTC"


def gaps(timeline: Sequence[Bucket], width: int) -> list[Mark]:
    """Spans without a single record in the whole bundle that are long for it: ten times the usual, and five buckets."""
    if len(timeline) < 3:
        return []
    starts = [bucket.start for bucket in timeline]
    steps = [later - earlier for earlier, later in pairwise(starts)]
    least = max(10 * sorted(steps)[len(steps) // 2], timedelta(seconds=5 * width))
    return [
        Mark("gap", start + timedelta(seconds=width), start + step, f"No record for {step - timedelta(seconds=width)}.")
        for start, step in zip(starts, steps, strict=False)
        if step > least
    ]
