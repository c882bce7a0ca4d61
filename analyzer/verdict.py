"""The first sentence of a report."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.finding import Coverage, Finding, UnknownError
from parsers import by_name
from parsers.contract import Problem


def verdict(
    findings: Sequence[Finding],
    unknown: Sequence[UnknownError],
    warnings: Sequence[UnknownError],
    coverage: Sequence[Coverage],
    problems: Sequence[Problem],
) -> str:
    """One sentence: what is wrong, most likely what, since when."""
    searched = {name: by_name(name).searched for name in {entry.parser for entry in coverage} if name}
    read = sum(1 for entry in coverage if entry.records and searched.get(entry.parser))
    documents = sum(1 for entry in coverage if entry.parser and not searched[entry.parser])
    silent = [entry.source for entry in coverage if entry.bytes and not entry.was_read]
    outside = [entry.outside_span for entry in coverage if entry.outside_span and not entry.records]
    void = {problem.source for problem in problems if problem.kind == "empty"}
    empty = sum(1 for source in silent if source in void)
    unread = len(silent) - empty
    tail = f" {_plural(empty, 'capture holds', 'captures hold')} no packet." if empty else ""
    tail += f" {_plural(unread, 'file was', 'files were')} not read." if unread else ""
    if not read and outside:
        first, last = min(first for first, _ in outside), max(last for _, last in outside)
        span = f"from {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC"
        return f"No record is of the time asked for: they are {span}." + tail
    if outside:
        tail = f" {_plural(len(outside), 'file has', 'files have')} no record of the time asked for." + tail
    if not read and documents:
        return f"{_plural(documents, 'file is', 'files are')} configuration, code or text, and no log." + tail
    if not read:
        return ("There is nothing to analyse." if empty and not unread else "Nothing could be analysed.") + tail
    if documents and not findings:
        tail = f" {_plural(documents, 'more is', 'more are')} configuration, code or text." + tail
    if not findings:
        if unknown:
            return (
                f"No known issue in {_plural(read, 'file', 'files')}, but "
                f"{_plural(sum(entry.count for entry in unknown), 'error record', 'error records')} that no rule knows."
                + tail
            )
        warned = ", but warnings" if warnings else ""
        return f"No known issue and no error in {_plural(read, 'file', 'files')}{warned}." + tail
    lead = findings[0]
    word = "at" if lead.first_seen == lead.last_seen else "since"
    since = f" {word} {lead.first_seen:%Y-%m-%d %H:%M:%S} UTC" if lead.first_seen else ""
    what = _plural(len(findings), "known issue", "known issues")
    title = lead.rule.title.rstrip(".")
    return f"{what}; most likely: {title}{since}." + tail


def _plural(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
