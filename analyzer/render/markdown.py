"""Markdown for tickets: what was found, where, what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.finding import Finding, Report
from analyzer.render import Style
from analyzer.render._escape import visible

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")


def render(report: Report, style: Style) -> str:
    """The report as GitHub-flavoured Markdown."""
    return "\n".join(_lines(report)) + "\n"


def _text(text: str) -> str:
    """Input as text: no character of it is Markdown or HTML."""
    return _SPECIAL.sub(r"\\\1", visible(" ".join(text.split()))).replace("&", "&amp;")


def _code(text: str) -> str:
    """Input as an inline code span, fenced by more backticks than it holds."""
    shown = visible(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _lines(report: Report) -> Iterator[str]:
    yield f"# {_text(report.bundle.name)}"
    yield ""
    yield f"**{_text(report.verdict)}**"
    for finding in report.findings:
        yield ""
        yield from _finding(finding)
    if report.unknown:
        yield ""
        yield "## Errors that no rule knows"
        yield ""
        for entry in report.unknown[:10]:
            where = entry.example.source + entry.example.place
            yield f"- {entry.count:,} × {_code(entry.template[:300])} ({_text(where)})"
    yield ""
    yield "## Coverage"
    yield ""
    yield "| file | parser | records | note |"
    yield "| --- | --- | ---: | --- |"
    for item in report.coverage:
        note = item.problem or item.clock
        yield f"| {_text(item.source)} | {item.parser or '-'} | {item.records:,} | {_text(note)} |"
    if report.problems:
        yield ""
        yield "## Problems with the input"
        yield ""
        for problem in report.problems:
            yield f"- {_text(problem.source)}: {_text(problem.message)}"


def _finding(finding: Finding) -> Iterator[str]:
    rule = finding.rule
    yield f"## {finding.severity}: {_text(rule.title)}"
    yield ""
    yield f"{_code(rule.id)}, {finding.confidence:.0%} sure. {_text(finding.summary)}"
    yield ""
    for evidence in finding.evidence:
        yield f"- {_text(evidence.source)}{evidence.place} {_code(evidence.text[:300])}"
    if rule.cause:
        yield ""
        yield f"**Cause.** {_text(rule.cause)}"
    if rule.impact:
        yield ""
        yield f"**Impact.** {_text(rule.impact)}"
    for fix in rule.fixes:
        yield ""
        risk = f" Risk: {_text(fix.risk)}" if fix.risk else ""
        yield f"**{'Stop-gap' if fix.kind == 'temporary' else 'Lasting fix'}.**{risk}"
        yield ""
        for number, step in enumerate(fix.steps, 1):
            yield f"{number}. {_text(step)}"
    if rule.questions:
        yield ""
        yield "**To ask.**"
        yield ""
        for question in rule.questions:
            yield f"- {_text(question)}"
