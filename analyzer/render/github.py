"""Annotations and a step summary for GitHub Actions.

https://docs.github.com/en/actions/reference/workflow-commands-for-github-actions. The summary goes to the file that
GITHUB_STEP_SUMMARY names; the annotations are what is printed.
"""

from __future__ import annotations

import os
from pathlib import Path

from analyzer.finding import Finding, Report
from analyzer.render import Style, markdown
from analyzer.render._escape import visible

_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "notice", "info": "notice"}
# GitHub takes 1 MiB a step, and nothing of what is larger; other commands of the step may write some, too.
SUMMARY_BYTES = 900_000
# GitHub shows ten of each level a step.
SHOWN = 10


def render(report: Report, style: Style) -> str:
    """A workflow command a finding; what does not fail the run is a notice.

    Raises:
        OSError: the step summary cannot be written.
    """
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8") as handle:
            handle.write(markdown.within(report, SUMMARY_BYTES))
    lines = [_annotation(finding) for finding in report.findings[: 3 * SHOWN]]
    lines += [f"::error title=The run fails::{_data(text)}" for text in report.failures[:SHOWN]]
    lines += [f"::notice title=Not read::{_data(f'{p.source}: {p.message}')}" for p in report.problems[:SHOWN]]
    # The verdict is no command: a line of its own that does not begin with one.
    return "\n".join([*lines, f"analyze: {visible(report.verdict)}"]) + "\n"


def _annotation(finding: Finding) -> str:
    level = _LEVELS[finding.severity] if finding.fails else "notice"
    properties = [f"title={_property(f'{finding.severity}: {finding.rule.title}')}"]
    if finding.evidence:
        evidence = finding.evidence[0]
        properties.insert(0, f"file={_property(evidence.source)}")
        if evidence.line_number:
            properties.insert(1, f"line={evidence.line_number}")
    steps = next((fix.steps[0] for fix in finding.rule.fixes if fix.kind == "temporary"), "")
    text = f"{finding.summary} {steps}".strip()
    return f"::{level} {','.join(properties)}::{_data(text)}"


def _data(text: str) -> str:
    """A message as the runner unescapes it; line ends of input cannot begin a command of their own."""
    return visible(text).replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
