"""JSON, version 1: the names that other programs rely on (see ARCHITECTURE.md)."""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any

import analyzer
from analyzer.finding import Evidence, Finding, Report, UnknownError
from analyzer.render import Style
from parsers.severity import name_of

SCHEMA_VERSION = 1
# Valid inside JSON strings, but not wanted on a terminal; escaped they mean the same.
_RAW = re.compile("[\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb\ud800-\udfff]")

ENDINGS = (".json",)


def render(report: Report, style: Style) -> str:
    """The whole report; non-ASCII text stays readable."""
    return dumped(document(report), 2) + "\n"


def dumped(data: Any, indent: int | None = None) -> str:
    """Data as JSON: non-ASCII text as it is, what could act on a terminal or end a line as escapes."""
    text = json.dumps(data, ensure_ascii=False, indent=indent, allow_nan=False)
    return _RAW.sub(lambda match: f"\\u{ord(match.group()):04x}", text)


def document(report: Report) -> dict[str, Any]:
    """The report as plain data."""
    return {
        "schema_version": SCHEMA_VERSION,
        "tool": {"name": "bundle-analyzer", "version": analyzer.__version__},
        "bundle": {
            "name": report.bundle.name,
            "path": report.bundle.path,
            "kind": report.bundle.kind,
            "sha256": report.bundle.sha256,
            "bytes": report.bundle.bytes,
            "files": report.bundle.files,
        },
        "verdict": report.verdict,
        "findings": [_finding(finding) for finding in report.findings],
        "unknown": [_unknown(entry) for entry in report.unknown],
        "warnings": [_unknown(entry) for entry in report.warnings],
        "coverage": [
            {
                "source": entry.source,
                "bytes": entry.bytes,
                "parser": entry.parser,
                "confidence": entry.confidence,
                "why": entry.why,
                "records": entry.records,
                "lines": entry.lines,
                "skipped": entry.skipped,
                "encoding": entry.encoding,
                "clock": entry.clock,
                "first_seen": _time(entry.first_seen),
                "last_seen": _time(entry.last_seen),
                "problem": entry.problem,
            }
            for entry in report.coverage
        ],
        "problems": [
            {"source": problem.source, "kind": problem.kind, "message": problem.message} for problem in report.problems
        ],
        "timeline": [{"start": _time(bucket.start), "counts": dict(bucket.counts)} for bucket in report.timeline],
        "facts": {name: list(values) for name, values in report.facts.items()},
        "network": {title: [dict(row) for row in rows] for title, rows in report.network.items()},
        "marks": [
            {
                "kind": mark.kind,
                "start": _time(mark.start),
                "end": _time(mark.end),
                "note": mark.note,
                "source": mark.source,
            }
            for mark in report.marks
        ],
        "failures": list(report.failures),
        "failing": [finding.fingerprint for finding in report.findings if finding.fails],
        "stats": {**report.stats, "bucket_seconds": report.bucket_seconds},
    }


def _time(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None


def _evidence(evidence: Evidence) -> dict[str, Any]:
    return {
        "source": evidence.source,
        **({"frame_number": evidence.frame_number} if evidence.frame_number else {"line_number": evidence.line_number}),
        "time": _time(evidence.time),
        "text": evidence.text,
        "before": list(evidence.before),
        "after": list(evidence.after),
    }


def _finding(finding: Finding) -> dict[str, Any]:
    rule = finding.rule
    return {
        "id": rule.id,
        "title": rule.title,
        "severity": finding.severity,
        "confidence": finding.confidence,
        "summary": finding.summary,
        "count": finding.count,
        "first_seen": _time(finding.first_seen),
        "last_seen": _time(finding.last_seen),
        "sources": list(finding.sources),
        "evidence": [_evidence(evidence) for evidence in finding.evidence],
        "category": rule.category,
        "component": rule.component,
        "tags": list(rule.tags),
        "cause": rule.cause,
        "impact": rule.impact,
        "plain": rule.plain.model_dump() if rule.plain else None,
        "diagnose": [step.model_dump() for step in rule.diagnose],
        "fixes": [fix.model_dump(mode="json") for fix in rule.fixes],
        "verify": rule.verify,
        "prevent": rule.prevent,
        "questions": list(rule.questions),
        "references": list(rule.references),
        "fingerprint": finding.fingerprint,
        "sparkline": list(finding.sparkline),
        "status": finding.status,
        "reason": finding.reason,
    }


def _unknown(entry: UnknownError) -> dict[str, Any]:
    return {
        "template_id": entry.template_id,
        "template": entry.template,
        "severity_number": entry.severity_number,
        "severity_text": name_of(entry.severity_number),
        "count": entry.count,
        "first_seen": _time(entry.first_seen),
        "last_seen": _time(entry.last_seen),
        "example": _evidence(entry.example),
    }
