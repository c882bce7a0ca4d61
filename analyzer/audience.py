"""How much of a report its readers may see: Report -> Report, before it is rendered.

internal   everything
customer   what concerns them: findings with their own lines, without errors that nobody has looked at yet, and without
           why a finding is accepted or the run fails: that is between those who run it
public     nothing from the input: no lines, names, addresses or paths; what is wrong, since when, what to do
"""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from analyzer.facts import HOSTS
from analyzer.finding import Coverage, Finding, Report
from analyzer.triage import seen_text
from parsers.contract import Problem

Audience = Literal["internal", "customer", "public"]
_PROBLEMS = {
    "binary": "is no text",
    "clock": "has times that cannot be trusted",
    "corrupt": "is damaged",
    "empty": "is empty",
    "encoding": "has bytes that are not valid in its encoding",
    "encrypted": "is encrypted",
    "limit": "is larger than a limit allows",
    "malformed": "has records that its own format does not allow",
    "name": "has a name that cannot be used",
    "special": "is no regular file",
    "truncated": "ends too early",
    "unreadable": "cannot be read",
    "unsupported": "is in a format that cannot be read",
}


def for_audience(report: Report, audience: Audience) -> Report:
    """The report with what an audience may see; the same one for "internal"."""
    if audience == "internal":
        return report
    if audience == "customer":
        findings = [replace(finding, reason="") for finding in report.findings]
        return replace(report, findings=findings, unknown=(), warnings=(), failures=())
    return replace(
        report,
        bundle=replace(report.bundle, name="bundle", path="", sha256=None),
        findings=[_public(finding) for finding in report.findings],
        unknown=(),
        warnings=(),
        coverage=[_file(number, entry) for number, entry in enumerate(report.coverage, 1)],
        problems=_kinds(report),
        facts={name: values for name, values in report.facts.items() if name != HOSTS},
        network={},
        marks=[replace(mark, source="", note="") for mark in report.marks],
        failures=(),
    )


def _public(finding: Finding) -> Finding:
    summary = seen_text(finding.count, "", finding.first_seen, finding.last_seen)
    return replace(finding, summary=summary, sources=(), evidence=(), reason="")


def _file(number: int, entry: Coverage) -> Coverage:
    problem = "not read in full" if entry.problem else ""
    return replace(entry, source=f"file {number}", clock="", problem=problem, why="")


def _kinds(report: Report) -> list[Problem]:
    """How often each kind of problem came, without a name."""
    counts: dict[str, int] = {}
    for problem in report.problems:
        counts[problem.kind] = counts.get(problem.kind, 0) + 1
    return [
        Problem("", problem.kind, f"{counts.pop(problem.kind)} × a file {_PROBLEMS[problem.kind]}.")
        for problem in report.problems
        if problem.kind in counts
    ]
