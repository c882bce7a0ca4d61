"""Markdown for tickets: what was found, where, what to do; under 6 KB, so that every tracker takes it.

The details of a finding are in a collapsible block where the tracker knows one (GitHub, GitLab). What does not fit is
counted at the end, never cut in the middle.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from analyzer.finding import Finding, Report
from analyzer.render import Style
from analyzer.render._escape import visible
from analyzer.render._system import system_line

MAX_BYTES = 6_000
_ROOM_FOR_THE_END = 160
_EVIDENCE = 2
_LINE = 240
_UNKNOWN = 5
_PROBLEMS = 5
_FACTS = 8
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~])")

ENDINGS = (".md", ".markdown")


def render(report: Report, style: Style) -> str:
    """The report as GitHub-flavoured Markdown of at most MAX_BYTES, or all of it with `style.verbosity` 1."""
    return within(report, MAX_BYTES if style.verbosity < 1 else 0)


def within(report: Report, most: int) -> str:
    """The report as Markdown of at most a number of bytes, the worst findings in full; 0 is no limit."""
    out = _Budget(most and most - _ROOM_FOR_THE_END)
    out.add(_head(report))
    left_out = 0
    for position, finding in enumerate(report.findings):
        # The first finding is told in full, the others too as long as there is room, else in one line.
        if not out.add(_finding(finding), reserve=0 if position == 0 else 120 * (len(report.findings) - position)):
            left_out += not out.add(_short(finding))
    for block in (*_unknown(report), _problems(report), _coverage(report)):
        if block and not out.add(block):
            left_out += 1
    if left_out:
        parts = "part was" if left_out == 1 else "parts were"
        out.text += f"\n_{left_out} more {parts} left out of this summary; the whole report has everything._\n"
    return out.text


class _Budget:
    """Text that grows by whole blocks up to a number of bytes; 0 is no limit."""

    def __init__(self, limit: int) -> None:
        self.text = ""
        self._limit = limit

    def add(self, block: str, reserve: int = 0) -> bool:
        """Append a block if it fits and leaves `reserve` bytes; tell whether it did."""
        if self._limit and len((self.text + block).encode()) + reserve > self._limit:
            return False
        self.text += block
        return True


def _text(text: str) -> str:
    """Input as text: no character of it is Markdown or HTML."""
    return _SPECIAL.sub(r"\\\1", visible(" ".join(text.split()))).replace("&", "&amp;")


def _code(text: str) -> str:
    """Input as an inline code span, fenced by more backticks than it holds."""
    shown = visible(text)
    fence = "`" * (max((len(run) for run in re.findall("`+", shown)), default=0) + 1)
    pad = " " if shown.startswith("`") or shown.endswith("`") else ""
    return f"{fence}{pad}{shown}{pad}{fence}"


def _cut(text: str, size: int) -> str:
    return text if len(text) <= size else text[: size - 1] + "…"


def _head(report: Report) -> str:
    lines = [f"# {_text(_cut(report.bundle.name, 120))}", "", f"**{_text(report.verdict)}**"]
    if report.bundle.sha256:
        lines += ["", f"SHA-256 {_code(report.bundle.sha256)}"]
    about = system_line(report.facts, _FACTS)
    if about:
        lines += ["", f"System: {_text(about)}"]
    lines += [line for text in report.failures for line in ("", f"**The run fails.** {_text(_cut(text, _LINE))}")]
    return "\n".join(lines) + "\n"


def _finding(finding: Finding) -> str:
    return "\n" + "\n".join(_lines(finding)) + "\n"


def _short(finding: Finding) -> str:
    """A finding in one line."""
    what = f"**{finding.severity}** {_text(finding.rule.title)} ({_code(finding.rule.id)}, {finding.confidence:.0%})"
    return f"\n- {what}. {_text(finding.summary)}\n"


def _lines(finding: Finding) -> Iterator[str]:
    rule = finding.rule
    yield f"## {finding.severity}: {_text(rule.title)}"
    yield ""
    yield f"{_code(rule.id)}, {finding.confidence:.0%} sure. {_text(finding.summary)}"
    yield ""
    for evidence in finding.evidence[:_EVIDENCE]:
        yield f"- {_text(evidence.source)}{evidence.place} {_code(_cut(evidence.text, _LINE))}"
    if rule.impact:
        yield ""
        yield f"**Impact.** {_text(rule.impact)}"
    yield ""
    yield "<details><summary>Cause, steps, fixes</summary>"
    yield ""
    if rule.cause:
        yield f"**Cause.** {_text(rule.cause)}"
        yield ""
    if rule.diagnose:
        yield "**Check.**"
        yield ""
        for number, step in enumerate(rule.diagnose, 1):
            yield f"{number}. {_text(step.do)}" + (f": {_code(step.run)}" if step.run else "")
        yield ""
    for fix in rule.fixes:
        risk = f" Risk: {_text(fix.risk)}" if fix.risk else ""
        yield f"**{'Stop-gap' if fix.kind == 'temporary' else 'Lasting fix'}.**{risk}"
        yield ""
        for number, text in enumerate(fix.steps, 1):
            yield f"{number}. {_text(text)}"
        yield ""
    if rule.questions:
        yield "**To ask.**"
        yield ""
        for question in rule.questions:
            yield f"- {_text(question)}"
        yield ""
    yield "</details>"


def _unknown(report: Report) -> Iterator[str]:
    for title, entries in (("Errors that no rule knows", report.unknown), ("Warnings", report.warnings)):
        if not entries:
            continue
        lines = [f"## {title}", ""]
        for entry in entries[:_UNKNOWN]:
            where = entry.example.source + entry.example.place
            lines.append(f"- {entry.count:,} × {_code(_cut(entry.text, _LINE))} ({_text(where)})")
        more = len(entries) - _UNKNOWN
        if more > 0:
            lines.append(f"- and {more} more")
        yield "\n" + "\n".join(lines) + "\n"


def _problems(report: Report) -> str:
    if not report.problems:
        return ""
    lines = ["## Problems with the input", ""]
    for problem in report.problems[:_PROBLEMS]:
        source = f"{_text(problem.source)}: " if problem.source else ""
        lines.append(f"- {source}{_text(problem.message)}")
    more = len(report.problems) - _PROBLEMS
    if more > 0:
        lines.append(f"- and {more} more")
    return "\n" + "\n".join(lines) + "\n"


def _coverage(report: Report) -> str:
    lines = ["<details><summary>Coverage</summary>", "", "| file | parser | records | note |"]
    lines.append("| --- | --- | ---: | --- |")
    for item in report.coverage:
        note = item.problem or item.clock
        lines.append(f"| {_text(item.source)} | {item.parser or '-'} | {item.records:,} | {_text(note)} |")
    return "\n" + "\n".join([*lines, "", "</details>"]) + "\n"
