"""A report that may leave the house: everything in it that came from the input is redacted."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from difflib import SequenceMatcher

from analyzer.facts import HOSTS
from analyzer.finding import BundleInfo, Coverage, Evidence, Finding, Mark, Report, UnknownError
from analyzer.redact.engine import Redactor
from analyzer.redact.pseudonyms import is_own
from parsers.contract import Problem

Cell = str | int | float | None

# Longer lines lose their highlights: to align them takes the square of their length.
_LONGEST_ALIGNED = 4096
# What a column of a network table or a fact holds is told by its title; their values stand alone.
_HOST_FACTS = re.compile(r"(?i)\bhosts?\b|host[_ ]?name|server[_ ]name")
_HOST = re.compile(r"(?i)(?!localhost\Z)[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?")


def redact_report(report: Report, only_credentials: bool = False) -> Report:
    """The report without secrets and personal data, or without credentials only.

    Evidence, context, templates, summaries, the verdict, paths, problems, facts and network tables carry pseudonyms,
    the same one for the same value in all of the report. What rules say is the rule book's and stays, and so do
    counts, times, severities, and the fingerprints of findings whose paths hold nothing to hide. Pure: the given
    report is not changed.
    """
    redactor = Redactor(only_credentials=only_credentials)
    redactor.learn_hosts(report.facts.get(HOSTS, ()))
    # All texts together take a fraction of the time that each takes by itself: the first pass only collects them.
    texts: dict[str, str] = {}
    _Report(lambda text: texts.setdefault(text, text), lambda name: name).report(report)
    hidden = dict(zip(texts, redactor.texts(list(texts)), strict=True))
    name_host = (lambda name: name) if only_credentials else (lambda name: redactor.names.name("host", name))
    return _Report(hidden.__getitem__, name_host).report(report)


class _Report:
    """A report with other texts.

    Args:
        say: what stands in the place of a text.
        name_host: what stands in the place of the name of a host that `say` has left as it is.
    """

    def __init__(self, say: Callable[[str], str], name_host: Callable[[str], str]) -> None:
        self._say = say
        self._name_host = name_host

    def report(self, report: Report) -> Report:
        return replace(
            report,
            bundle=self._bundle(report.bundle),
            verdict=self._say(report.verdict),
            findings=[self._finding(finding) for finding in report.findings],
            unknown=[self._unknown(error) for error in report.unknown],
            warnings=[self._unknown(error) for error in report.warnings],
            coverage=[self._coverage(entry) for entry in report.coverage],
            problems=[Problem(self._say(item.source), item.kind, self._say(item.message)) for item in report.problems],
            stats={key: self._cell(value) for key, value in report.stats.items()},
            facts={title: self._facts(title, values) for title, values in report.facts.items()},
            network={title: self._table(rows) for title, rows in report.network.items()},
            marks=[self._mark(mark) for mark in report.marks],
            failures=[self._say(text) for text in report.failures],
        )

    def _bundle(self, bundle: BundleInfo) -> BundleInfo:
        return replace(bundle, name=self._say(bundle.name), path=self._say(bundle.path))

    def _finding(self, finding: Finding) -> Finding:
        return replace(
            finding,
            summary=self._say(finding.summary),
            sources=tuple(map(self._say, finding.sources)),
            evidence=tuple(map(self._evidence, finding.evidence)),
            reason=self._say(finding.reason),
        )

    def _unknown(self, error: UnknownError) -> UnknownError:
        return replace(error, template=self._say(error.template), example=self._evidence(error.example))

    def _evidence(self, evidence: Evidence) -> Evidence:
        # A private key in the context goes over several lines, so they are read together.
        lines = [*evidence.before, evidence.text, *evidence.after]
        joined = "\n".join(line.replace("\n", " ") for line in lines)
        hidden = self._say(joined).split("\n")
        here = len(evidence.before)
        return replace(
            evidence,
            source=self._say(evidence.source),
            text=hidden[here],
            highlights=_moved(evidence.highlights, evidence.text, hidden[here]),
            before=tuple(hidden[:here]),
            after=tuple(hidden[here + 1 :]),
        )

    def _coverage(self, entry: Coverage) -> Coverage:
        return replace(
            entry, source=self._say(entry.source), problem=self._say(entry.problem), clock=self._say(entry.clock)
        )

    def _mark(self, mark: Mark) -> Mark:
        return replace(mark, note=self._say(mark.note), source=self._say(mark.source))

    def _facts(self, title: str, values: Sequence[str]) -> list[str]:
        return [self._named(title, value) for value in values]

    def _table(
        self, rows: Sequence[Mapping[str, str | int | float | None]]
    ) -> list[dict[str, str | int | float | None]]:
        return [
            {key: self._named(key, cell) if isinstance(cell, str) else cell for key, cell in row.items()}
            for row in rows
        ]

    def _named(self, title: str, value: str) -> str:
        hidden = self._say(value)
        if hidden == value and _HOST_FACTS.search(title) and _HOST.fullmatch(value) and not is_own(value):
            return self._name_host(value)
        return hidden

    def _cell(self, value: float | int | str) -> float | int | str:
        return self._say(value) if isinstance(value, str) else value


def _moved(ranges: tuple[tuple[int, int], ...], before: str, after: str) -> tuple[tuple[int, int], ...]:
    """Character ranges of a text as ranges of its redacted form."""
    if before == after or not ranges:
        return ranges
    if len(before) > _LONGEST_ALIGNED:
        return ()
    starts = list(range(len(before) + 1))
    ends = list(range(len(before) + 1))
    for tag, a0, a1, b0, b1 in SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        for place in range(a0, a1 + 1):
            if tag == "equal":
                starts[place] = ends[place] = b0 + place - a0
            else:
                # A range that ends or begins within something hidden takes all of the pseudonym.
                if place < a1:
                    starts[place] = b0
                if place > a0:
                    ends[place] = b1
    moved = ((starts[start], ends[end]) for start, end in ranges if 0 <= start < end <= len(before))
    return tuple((start, end) for start, end in moved if start < end <= len(after))
