"""The whole way from what the user gives to the report.

bundle.open -> identify -> parse -> cluster -> match -> triage
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

from analyzer.bundle import Bundle, open_bundle
from analyzer.clock import decide_clocks, utc_now
from analyzer.environment import described
from analyzer.errors import UsageError
from analyzer.facts import Facts, merge
from analyzer.finding import Bucket, BundleInfo, Finding, Mark, Report
from analyzer.inputs import Input, coverage_of, input_of, merged_problems, unreadable
from analyzer.match import Matcher
from analyzer.matches import Match, Spill
from analyzer.network import Row
from analyzer.offset import Landmarks, Offset, estimate, merged, naming, writers
from analyzer.pool import Readers
from analyzer.processes import Processes, fitting
from analyzer.quoter import Quoter
from analyzer.rule import Rule
from analyzer.settings import Limits
from analyzer.store import Store
from analyzer.tally import Tally
from analyzer.triage import Buckets, Clocks, gaps, triage
from analyzer.unknown import unknown_errors, warnings
from analyzer.verdict import verdict
from analyzer.worker import Job, SliceResult, Worker
from parsers.contract import Problem
from parsers.text import SLICE_BYTES
from parsers.times import NAT, Clock, to_datetime

TIMELINE_BUCKETS = 120
_SEVERITY_NAMES = ((21, "fatal"), (17, "error"), (13, "warn"), (9, "info"), (1, "debug"), (0, "unset"))


@dataclass(frozen=True, slots=True)
class Options:
    """What a run may be told.

    Attributes:
        limits: what the input may cost.
        since, until: records outside are left out; aware.
        zone: of times without one: minutes east of UTC, or a place such as Europe/Berlin; None to infer.
        jobs: worker processes; 0 decides by size and cores, 1 reads everything in this process.
        save: folder for the Parquet tables.
        slice_bytes: bytes that are read at once.
        digest: whether the SHA-256 of the input is wanted; it takes as long as reading a quarter of it.
    """

    limits: Limits = field(default_factory=Limits)
    since: datetime | None = None
    until: datetime | None = None
    zone: int | str | None = None
    jobs: int = 0
    save: Path | None = None
    slice_bytes: int = SLICE_BYTES
    digest: bool = True

    def __post_init__(self) -> None:
        """Refuse a span of time that ends before it begins.

        Raises:
            UsageError: it does.
        """
        if self.since and self.until and self.since > self.until:
            raise UsageError(
                f"--since {self.since:%Y-%m-%dT%H:%M:%S%z} is later than --until {self.until:%Y-%m-%dT%H:%M:%S%z}."
            )


def analyze(
    paths: Sequence[str],
    rules: Sequence[Rule] | Matcher,
    options: Options | None = None,
    on_progress: Callable[[int, int], None] | None = None,
    processes: Processes | None = None,
) -> Report:
    """Analyse a bundle.

    Args:
        paths: files, folders, archives, or "-".
        rules: what to look for, compiled or not.
        options: settings of the run.
        on_progress: told the bytes that are read and the bytes in all, from time to time.
        processes: that were started already; they are ended.

    Raises:
        InputError: the input cannot be used.
        RuleError: a rule cannot be used.
    """
    options = options or Options()
    started = time.perf_counter()
    with open_bundle(paths, options.limits) as bundle:
        matcher = rules if isinstance(rules, Matcher) else Matcher(rules)
        size = sum(source.size for source in bundle.sources)
        with processes or Processes() as others:
            others.resize((options.jobs or fitting(size, len(bundle.sources))) - 1)
            run = _Run(bundle, matcher, options, on_progress, started)
            return run.report(Readers(matcher.rules, others))


class _Run:
    def __init__(
        self,
        bundle: Bundle,
        matcher: Matcher,
        options: Options,
        on_progress: Callable[[int, int], None] | None,
        started: float,
    ) -> None:
        self._bundle = bundle
        self._rules = matcher.rules
        self._options = options
        self._on_progress = on_progress
        self._started = started
        self._tally = Tally()
        self._inputs = [input_of(source) for source in bundle.sources]
        self._has_capture = any(entry.is_capture for entry in self._inputs)
        self._worker = Worker(matcher)
        self._matches: dict[int, Match] = {}
        self._spill = Spill()
        self._facts: Facts = {}
        self._marks = Landmarks()
        for source in bundle.sources:
            merge(self._facts, described(source))
        self._store = Store(options.save) if options.save else None

    def report(self, readers: Readers) -> Report:
        self._plan()
        self._read(readers)
        self._compare_clocks()
        notices = {i: entry.notices for i, entry in enumerate(self._inputs) if entry.notices is not None}
        quoter = Quoter([(entry.source, entry.plan) for entry in self._inputs], notices)
        streams = self._worker.matcher.streams
        latest = max((entry.last for entry in self._inputs), default=NAT)
        timeline, buckets, outside = self._timeline()
        offsets = {i: entry.offset for i, entry in enumerate(self._inputs) if entry.offset is not None}
        hosts = {i: entry.hosts for i, entry in enumerate(self._inputs) if entry.hosts}
        clocks = Clocks(offsets, hosts, self._marks.addresses)
        findings = triage(self._rules, streams, self._matches, latest, quoter, buckets, clocks)
        held = {finding.rule.id for finding in findings}
        self._tally.release({index for index, rule in enumerate(self._rules) if rule.id in held})
        unknown = unknown_errors(self._tally, quoter)
        warned = [] if findings or unknown else warnings(self._tally, quoter)
        coverage = [coverage_of(entry) for entry in self._inputs]
        problems = [*self._bundle.problems, *(p for entry in self._inputs for p in merged_problems(entry.problems))]
        report = Report(
            bundle=self._info(),
            verdict=verdict(findings, unknown, warned, coverage, problems),
            findings=findings,
            unknown=unknown,
            coverage=coverage,
            problems=problems,
            timeline=timeline,
            bucket_seconds=buckets.width,
            rules=self._rules,
            warnings=warned,
            stats=self._stats(),
            network=self._network(),
            facts={name: sorted(values) for name, values in sorted(self._facts.items())},
            marks=[*gaps(timeline, buckets.width), *outside, *self._jumps(), *self._capture_marks(findings)],
        )
        self._spill.close()
        if self._store is not None:
            self._store.finish(self._tally, [entry.source.path for entry in self._inputs], findings)
        return report

    def _plan(self) -> None:
        read = [entry for entry in self._inputs if entry.parser is not None]
        clocks = decide_clocks(
            [entry.source for entry in read if entry.parser and entry.parser.searched and not entry.is_capture],
            utc_now(),
            self._options.zone,
            [entry.source for entry in self._inputs if entry.parser is None or not entry.parser.searched],
        )
        for entry in read:
            if entry.parser is not None:
                clock = clocks.get(entry.source.path, Clock())
                plan = entry.parser.plan(entry.source, clock)
                entry.plan = replace(plan, line_bytes=self._options.limits.line_bytes)

    def _jobs(self) -> Iterator[tuple[int, Job]]:
        since, until = (_micros(moment) for moment in (self._options.since, self._options.until))
        for index, entry in enumerate(self._inputs):
            if entry.parser is None or entry.plan is None:
                continue
            try:
                for piece in entry.parser.slices(entry.source, entry.plan, self._options.slice_bytes):
                    part = self._store.next_part() if self._store else None
                    tables = self._store.folder if self._store else None
                    name = entry.parser.name
                    yield index, Job(entry.source, name, entry.plan, piece, since, until, part, tables)
            except OSError as error:
                entry.problems.append(unreadable(entry.source, error))

    def _read(self, readers: Readers) -> None:
        total = sum(entry.source.size for entry in self._inputs)
        done = 0
        for index, job, outcome in readers.in_order(self._jobs(), self._worker):
            entry = self._inputs[index]
            if isinstance(outcome, Problem):
                entry.problems.append(outcome)
            else:
                self._add(index, entry, job, outcome)
            done += job.piece.size
            if self._on_progress:
                self._on_progress(done, total)

    def _add(self, index: int, entry: Input, job: Job, result: SliceResult) -> None:
        ids = self._tally.add_shapes(result.shapes, index, entry.lines)
        self._tally.add_timeline(result.timeline)
        for hits in result.hits:
            match = self._matches.setdefault(hits.stream, Match(spill=self._spill))
            match.add(hits, index, entry.lines)
        if self._store is not None and job.part is not None and result.row_shape is not None:
            self._store.complete(job.part, ids[result.row_shape], entry.lines)
        if result.first != NAT:
            entry.first = result.first if entry.first == NAT else min(entry.first, result.first)
        entry.last = max(entry.last, result.last)
        entry.jumps += [replace(jump, line=entry.lines + jump.line + 1) for jump in result.jumps]
        entry.lines += result.lines
        entry.records += result.records
        entry.skipped += result.skipped
        if result.outside[0]:
            entry.outside.append(result.outside)
        entry.problems.extend(result.problems)
        entry.notices, entry.network, entry.landmarks = result.notices, result.network, result.landmarks
        if self._has_capture and result.first != NAT and entry.parser is not None and entry.parser.searched:
            entry.pieces.append((result.first, job.piece))
        merge(self._facts, result.facts)

    def _compare_clocks(self) -> None:
        """Estimate how far the clock of each log is ahead of that of the captures."""
        marks = self._marks = merged(entry.landmarks for entry in self._inputs if entry.landmarks is not None)
        starts = [entry.first for entry in self._inputs if entry.is_capture and entry.first != NAT]
        if not starts or not (marks.ends or marks.requests or marks.questions):
            return
        for entry in self._inputs:
            if entry.parser is None or entry.plan is None or not entry.pieces or entry.is_capture:
                continue
            # Of a long log, the part that was written when the capture was taken.
            nearest = max((piece for piece in entry.pieces if piece[0] <= min(starts)), default=entry.pieces[0])
            try:
                batch = entry.parser.read(entry.source, nearest[1], entry.plan)
            except OSError as error:
                entry.problems.append(unreadable(entry.source, error))
                continue
            texts = batch.text.gather(batch.heads)
            chosen = naming(texts)
            times = batch.time[batch.heads[chosen]].tolist()
            named = texts.gather(chosen).to_list()
            entry.offset = estimate(zip(times, named, strict=True), marks)
            entry.hosts = writers(named, marks)
        self._lend_offsets()

    def _lend_offsets(self) -> None:
        """Logs of one folder are of one host: what names no shared event has the clock of its neighbours."""
        best: dict[str, Offset] = {}
        for entry in self._inputs:
            folder = entry.source.path.rpartition("/")[0]
            if entry.offset is not None and (folder not in best or best[folder].events < entry.offset.events):
                best[folder] = entry.offset
        for entry in self._inputs:
            if entry.offset is None and entry.pieces and not entry.is_capture:
                entry.offset = best.get(entry.source.path.rpartition("/")[0])
        hosts: dict[str, frozenset[str]] = {}
        for entry in self._inputs:
            if entry.hosts:
                folder = entry.source.path.rpartition("/")[0]
                hosts[folder] = hosts.get(folder, frozenset()) | entry.hosts
        for entry in self._inputs:
            if not entry.hosts and entry.pieces and not entry.is_capture:
                entry.hosts = hosts.get(entry.source.path.rpartition("/")[0], frozenset())

    def _network(self) -> dict[str, list[Row]]:
        """The tables of all captures by title; with several captures each row names its own."""
        found = [(entry.source.path, entry.network) for entry in self._inputs if entry.network is not None]
        tables: dict[str, list[Row]] = {}
        for path, network in found:
            for title, rows in network.tables.items():
                named = [{"capture": path, **row} for row in rows] if len(found) > 1 else rows
                tables.setdefault(title, []).extend(named)
        return tables

    def _jumps(self) -> list[Mark]:
        """The places where the time of a file goes back, for the timeline."""
        marks = []
        for entry in self._inputs:
            for jump in entry.jumps:
                before, after = to_datetime(jump.before), to_datetime(jump.after)
                if before is not None and after is not None:
                    note = f"Time goes back by {before - after} at line {jump.line:,}."
                    marks.append(Mark("clock_jump", after, before, note, entry.source.path))
        return marks

    def _capture_marks(self, findings: Sequence[Finding]) -> list[Mark]:
        """What is wrong on the wire, for the timeline."""
        captures = {entry.source.path for entry in self._inputs if entry.is_capture}
        return [
            Mark("capture", finding.first_seen, finding.last_seen, finding.rule.title, finding.sources[0])
            for finding in findings
            if finding.first_seen and finding.last_seen and captures.issuperset(finding.sources)
        ]

    def _timeline(self) -> tuple[list[Bucket], Buckets, list[Mark]]:
        """The timeline, its spans, and what it leaves out."""
        timeline = self._tally.timeline(TIMELINE_BUCKETS)
        buckets: dict[int, dict[str, int]] = {}
        for second, severity, count in timeline.frame.select("second", "severity", "count").iter_rows():
            counts = buckets.setdefault(second, {})
            name = next(name for low, name in _SEVERITY_NAMES if severity >= low)
            counts[name] = counts.get(name, 0) + count
        starts = ((to_datetime(second * 1_000_000), counts) for second, counts in sorted(buckets.items()))
        low, high = (min(buckets), max(buckets)) if buckets else (0, -1)
        spans = Buckets(low, timeline.width, (high - low) // max(timeline.width, 1) + 1)
        outside = (
            (to_datetime(first * 1_000_000), to_datetime(last * 1_000_000), count)
            for first, last, count in timeline.outside
        )
        marks = [
            Mark("outside", first, last, _left_out(first, last, count))
            for first, last, count in outside
            if first and last
        ]
        return [Bucket(start, counts) for start, counts in starts if start is not None], spans, marks

    def _info(self) -> BundleInfo:
        bundle = self._bundle
        digest = bundle.sha256 if self._options.digest else None
        return BundleInfo(bundle.name, bundle.path, bundle.kind, digest, bundle.size, len(bundle.sources))

    def _stats(self) -> dict[str, float | int | str]:
        return {
            "lines": sum(entry.lines for entry in self._inputs),
            "records": sum(entry.records for entry in self._inputs),
            "bytes": sum(entry.source.size for entry in self._inputs),
            "templates": len(self._tally.counts),
            "rules": len(self._rules),
            "seconds": round(time.perf_counter() - self._started, 3),
        }


def _micros(moment: datetime | None) -> int | None:
    return None if moment is None else int(moment.timestamp() * 1_000_000)


def _left_out(first: datetime, last: datetime, count: int) -> str:
    what = "record" if count == 1 else "records"
    when = f"of {first:%Y-%m-%d}" if first.date() == last.date() else f"from {first:%Y-%m-%d} to {last:%Y-%m-%d}"
    return f"{count:,} {what} {when}, far from all others: not drawn."
