"""JSON Lines: a line a finding, then a line that sums up; for programs that read line by line."""

from __future__ import annotations

from analyzer.finding import Report
from analyzer.render import Style
from analyzer.render.json import document, dumped

ENDINGS = (".jsonl", ".ndjson")


def render(report: Report, style: Style) -> str:
    """The findings as objects with `type` "finding", and one of `type` "summary" with the rest of the JSON report."""
    whole = document(report)
    lines = [{"type": "finding", **finding} for finding in whole.pop("findings")]
    lines.append({"type": "summary", **whole})
    return "".join(dumped(line) + "\n" for line in lines)
