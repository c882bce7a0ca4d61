"""HTML: one file that opens by a double click, needs no network and works without JavaScript.

Everything from the input passes `_escape.visible` and jinja2's autoescape; a content security policy allows only the
page's own style and script, by their hashes. What does not fit into about 2 MB is summarised, and the page says so.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import cache
from importlib.resources import files
from typing import Any

import jinja2
from markupsafe import Markup

import analyzer
from analyzer.finding import SEVERITIES, Coverage, Finding, Report, UnknownError, explains
from analyzer.render import Style, markdown
from analyzer.render._html.filters import FILTERS, linkable, printable
from analyzer.render._html.rules import definition, skeleton
from analyzer.render._html.timeline import WIDTH, Chart, chart

# Bytes of HTML that each part may take; together with the page itself they stay below 2 MB.
CARD_BYTES, ROW_BYTES, UNKNOWN_BYTES, FILE_BYTES = 950_000, 200_000, 150_000, 300_000
PROBLEM_BYTES, NETWORK_BYTES, FACT_BYTES = 80_000, 150_000, 40_000
OPEN_CARDS = 3
EVIDENCE_OPEN = 2
GANTT_ROWS = 14
_TICKET_FILES = 10

Row = Mapping[str, str | int | float | None]

ENDINGS = (".html", ".htm")


@dataclass(frozen=True, slots=True)
class Entry:
    """A finding as the page knows it.

    Attributes:
        anchor: id of its card: the rule's, with a number when several findings share it.
        causes, effects: entries of which the rules say that they explain this one, or follow from it.
    """

    number: int
    anchor: str
    finding: Finding
    causes: tuple[tuple[int, str], ...] = ()
    effects: tuple[tuple[int, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Part:
    """Pieces of HTML that fitted into their budget, and how many there are in all."""

    pieces: Sequence[Markup]
    total: int

    @property
    def rest(self) -> int:
        """How many did not fit."""
        return self.total - len(self.pieces)


def render(report: Report, style: Style) -> str:
    """The whole report as one HTML page of at most about 2 MB, the same for the same report."""
    environment = _environment()
    drawn = chart(report)
    macros: Any = environment.get_template("parts.html").make_module({"bundle": report.bundle.name, "chart": drawn})
    entries = _entries(report.findings)
    loud = report.unknown or report.warnings
    cards = _fit((macros.card(entry, _ticket(report, entry.finding)) for entry in entries), len(entries), CARD_BYTES)
    css, script = _asset("style.css"), _asset("script.js")
    void = {problem.source for problem in report.problems if problem.kind == "empty"}
    return (
        environment.get_template("page.html")
        .render(
            report=report,
            macros=macros,
            version=analyzer.__version__,
            css=css,
            script=script,
            policy=_policy(css, script),
            chart=drawn,
            data=_data(drawn),
            entries=entries,
            gantt=entries[:GANTT_ROWS] if drawn else [],
            cards=cards,
            rows=_fit((macros.row(entry) for entry in entries[len(cards.pieces) :]), cards.rest, ROW_BYTES),
            unknown=_fit((macros.unknown(entry, peak=_loudest(loud)) for entry in loud), len(loud), UNKNOWN_BYTES),
            coverage=_fit((macros.file(entry) for entry in report.coverage), len(report.coverage), FILE_BYTES),
            problems=_fit(
                (macros.problem(problem) for problem in report.problems), len(report.problems), PROBLEM_BYTES
            ),
            network=list(_network(macros, report)),
            facts=_fit(
                (macros.fact(name, values) for name, values in report.facts.items()), len(report.facts), FACT_BYTES
            ),
            counts={severity: sum(f.severity == severity for f in report.findings) for severity in SEVERITIES},
            unread=[
                entry for entry in report.coverage if entry.bytes and not entry.was_read and entry.source not in void
            ],
            empty=sum(not entry.bytes for entry in report.coverage),
            read=[entry for entry in report.coverage if entry.was_read],
            span=_span(report.coverage),
        )
        .strip()
        + "\n"
    )


def _network(macros: Any, report: Report) -> Iterator[tuple[str, Mapping[str, bool], Part]]:
    for title, rows in report.network.items():
        columns = _columns(rows)
        pieces = (macros.network_row(row, columns) for row in rows)
        yield title, columns, _fit(pieces, len(rows), NETWORK_BYTES // len(report.network))


def _loudest(entries: Sequence[UnknownError]) -> int:
    return max((entry.count for entry in entries), default=1)


def _columns(rows: Sequence[Row]) -> dict[str, bool]:
    """The keys of all rows, in the order in which they first appear, and whether their values are numbers."""
    keys = dict.fromkeys(key for row in rows for key in row)
    return {key: all(isinstance(row.get(key), int | float | None) for row in rows) for key in keys}


@cache
def _environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("analyzer.render", "_html"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        finalize=printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(FILTERS)
    environment.tests["linkable"] = linkable
    environment.globals.update(WIDTH=WIDTH, OPEN_CARDS=OPEN_CARDS, EVIDENCE_OPEN=EVIDENCE_OPEN)
    environment.globals.update(definition=definition, skeleton=skeleton)
    return environment


@cache
def _asset(name: str) -> Markup:
    # Files of this package, no input: they stand on the page as they are.
    return Markup("\n" + (files("analyzer.render") / "_html" / name).read_text(encoding="utf-8"))  # noqa: S704


def _policy(css: str, script: str) -> str:
    """Nothing may be loaded or run but the page's own style and script."""
    style_hash, script_hash = (
        base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (css, script)
    )
    return (
        f"default-src 'none'; script-src 'sha256-{script_hash}'; style-src 'sha256-{style_hash}'; "
        "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )


def _data(drawn: Chart | None) -> dict[str, Any]:
    if drawn is None:
        return {}
    return {"start": drawn.start, "seconds": drawn.seconds, "step": drawn.step, "slots": drawn.slots}


def _entries(findings: Sequence[Finding]) -> list[Entry]:
    seen: dict[str, int] = {}
    named = []
    for number, finding in enumerate(findings, 1):
        count = seen[finding.rule.id] = seen.get(finding.rule.id, 0) + 1
        # A rule's id holds no hyphen, so that the names stay apart.
        named.append(Entry(number, finding.rule.id if count == 1 else f"{finding.rule.id}-{count}", finding))
    return [
        replace(
            entry,
            causes=tuple((other.number, other.anchor) for other in named if explains(other.finding, entry.finding)),
            effects=tuple((other.number, other.anchor) for other in named if explains(entry.finding, other.finding)),
        )
        for entry in named
    ]


def _ticket(report: Report, finding: Finding) -> str:
    """A finding as Markdown, with the coverage of the files that show it."""
    sources = set(finding.sources[:_TICKET_FILES])
    coverage = [entry for entry in report.coverage if entry.source in sources]
    alone = replace(report, findings=[finding], unknown=(), warnings=(), problems=(), coverage=coverage)
    return markdown.render(alone, Style())


def _fit(pieces: Iterable[Markup], total: int, budget: int) -> Part:
    """The first pieces that fit into a number of bytes; nothing behind them is made."""
    kept = []
    for piece in pieces:
        budget -= len(piece.encode())
        if budget < 0:
            break
        kept.append(piece)
    return Part(kept, total)


def _span(coverage: Iterable[Coverage]) -> tuple[datetime, datetime] | None:
    entries = list(coverage)
    firsts = [entry.first_seen for entry in entries if entry.first_seen]
    lasts = [entry.last_seen for entry in entries if entry.last_seen]
    return (min(firsts), max(lasts)) if firsts and lasts else None
