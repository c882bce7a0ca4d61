"""Comma-separated values (RFC 4180): a row a finding, for spreadsheets."""

from __future__ import annotations

import csv
import io

from analyzer.finding import Finding, Report
from analyzer.render import Style
from analyzer.render._escape import visible

ENDINGS = (".csv",)
COLUMNS = (
    "bundle", "id", "severity", "confidence", "title", "summary", "count", "first_seen", "last_seen", "status",
    "component", "category", "source", "line_number", "frame_number", "text", "fingerprint",
)  # fmt: skip
# A spreadsheet takes a cell that begins so for a formula: https://owasp.org/www-community/attacks/CSV_Injection
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def render(report: Report, style: Style) -> str:
    """The findings, worst first, with the first line that shows each."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for finding in report.findings:
        writer.writerow([_cell(value) for value in _row(report.bundle.name, finding)])
    return out.getvalue()


def _row(bundle: str, finding: Finding) -> tuple[object, ...]:
    rule = finding.rule
    evidence = finding.evidence[0] if finding.evidence else None
    return (
        bundle,
        rule.id,
        finding.severity,
        f"{finding.confidence:.2f}",
        rule.title,
        finding.summary,
        finding.count,
        finding.first_seen.isoformat() if finding.first_seen else "",
        finding.last_seen.isoformat() if finding.last_seen else "",
        finding.status,
        rule.component or "",
        rule.category or "",
        evidence.source if evidence else "",
        evidence.line_number or "" if evidence else "",
        evidence.frame_number or "" if evidence else "",
        evidence.text if evidence else "",
        finding.fingerprint,
    )


def _cell(value: object) -> str:
    text = visible(str(value))
    return f"'{text}" if text.startswith(_FORMULA) else text
