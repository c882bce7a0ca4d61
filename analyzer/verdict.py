"""The first sentence of a report."""

from __future__ import annotations

from collections.abc import Sequence

from analyzer.finding import Coverage, Finding, UnknownError, counted
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
    tail = f" {counted(empty, 'capture holds', 'captures hold')} no packet." if empty else ""
    tail += f" {counted(unread, 'file was', 'files were')} not read." if unread else ""
    if not read and outside:
        first, last = min(first for first, _ in outside), max(last for _, last in outside)
        span = f"from {first:%Y-%m-%d %H:%M:%S} to {last:%Y-%m-%d %H:%M:%S} UTC"
        return f"No record is of the time asked for: they are {span}." + tail
    if outside:
        tail = f" {counted(len(outside), 'file has', 'files have')} no record of the time asked for." + tail
    if not read and documents:
        return f"{counted(documents, 'file is', 'files are')} configuration, code or text, and no log." + tail
    if not read:
        return ("There is nothing to analyse." if empty and not unread else "Nothing could be analysed.") + tail
    if documents and not findings:
        tail = f" {counted(documents, 'more is', 'more are')} configuration, code or text." + tail
    if not findings:
        if unknown:
            return (
                f"No known issue in {counted(read, 'file')}, but "
                f"{counted(sum(entry.count for entry in unknown), 'error record')} that no rule knows." + tail
            )
        warned = ", but warnings" if warnings else ""
        return f"No known issue and no error in {counted(read, 'file')}{warned}." + tail
    lead = findings[0]
    word = "at" if lead.first_seen == lead.last_seen else "since"
    since = f" {word} {lead.first_seen:%Y-%m-%d %H:%M:%S} UTC" if lead.first_seen else ""
    what = counted(len(findings), "known issue")
    title = lead.rule.title.rstrip(".")
    return f"{what}; most likely: {title}{since}." + tail
