"""The loudest errors and warnings that no rule knows, by their templates."""

from __future__ import annotations

import re
from collections.abc import Mapping

from analyzer.finding import UnknownError
from analyzer.quoter import Quoter
from analyzer.tally import Tally
from analyzer.telling import EMPTY, LEVEL_ALONE
from analyzer.triage import CONTEXT_LINES
from parsers.severity import ERROR, FATAL, WARN
from parsers.times import to_datetime

UNKNOWN_SHOWN = 20


def unknown_errors(tally: Tally, quoter: Quoter) -> list[UnknownError]:
    """The loudest error templates that no rule explains: fatal ones first, then those with the most records."""
    loud = {key: counts.errors for key, counts in tally.counts.items() if counts.errors and counts.severity >= ERROR}
    return _loudest(tally, loud, quoter)


def warnings(tally: Tally, quoter: Quoter) -> list[UnknownError]:
    """The loudest templates whose worst records are warnings, most records first."""
    loud = {key: counts.count for key, counts in tally.counts.items() if WARN <= counts.severity < ERROR}
    return _loudest(tally, loud, quoter)


def _loudest(tally: Tally, records: Mapping[int, int], quoter: Quoter) -> list[UnknownError]:
    """The templates with the most records, from the number of records of each; fatal ones first, empty ones last.

    Templates of a level alone are told only where there is nothing else.
    """
    texts = {key: tally.templates.template(key) for key in records}
    records = {key: count for key, count in records.items() if not re.match(LEVEL_ALONE, texts[key])} or records
    silent = {key: re.match(EMPTY, texts[key]) is not None for key in records}
    milder = {key: tally.counts[key].severity < FATAL for key in records}
    ranked = sorted(records, key=lambda key: (silent[key], milder[key], -records[key], key))
    out = []
    for template_id in ranked[:UNKNOWN_SHOWN]:
        counts = tally.counts[template_id]
        example = quoter.evidence(counts.source, counts.offset, counts.line, counts.loud_first, (), CONTEXT_LINES)
        template = tally.templates.template(template_id)
        first, last = to_datetime(counts.loud_first), to_datetime(counts.loud_last)
        out.append(UnknownError(template_id, template, counts.severity, records[template_id], first, last, example))
    return out
