"""SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html): for code scanning and its viewers.

A file inside an archive is an artifact whose parent is the archive. What was not read is a notification of the run.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

import analyzer
from analyzer.finding import Evidence, Finding, Report
from analyzer.render import Style
from analyzer.render._escape import visible
from analyzer.render.json import dumped
from analyzer.rule import Rule

ENDINGS = (".sarif",)
SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_LEVELS = {"critical": "error", "high": "error", "medium": "warning", "low": "note", "info": "note"}
# GitHub sorts by it: over 9 critical, over 7 high, over 4 medium.
_SECURITY = {"critical": "9.5", "high": "8.0", "medium": "5.5", "low": "3.0", "info": "1.0"}
# The notification of what fails the run and is no finding.
_FAILURE = "failure"
_BASELINE = {"new": "new", "known": "unchanged", "suppressed": "unchanged"}


def render(report: Report, style: Style) -> str:
    """The report as one run."""
    artifacts = _Artifacts()
    rules = list({finding.rule.id: finding.rule for finding in report.findings}.values())
    places = {rule.id: index for index, rule in enumerate(rules)}
    results = [_result(finding, places[finding.rule.id], artifacts, report.compared) for finding in report.findings]
    notifications = [
        {
            "level": "warning",
            "message": {"text": visible(problem.message)},
            "descriptor": {"id": problem.kind},
            **({"locations": [artifacts.location(problem.source)]} if problem.source else {}),
        }
        for problem in report.problems
    ]
    notifications += [
        {"level": "error", "message": {"text": visible(text)}, "descriptor": {"id": _FAILURE}}
        for text in report.failures
    ]
    kinds = {problem.kind for problem in report.problems} | ({_FAILURE} if report.failures else set())
    run = {
        "tool": {
            "driver": {
                "name": "bundle-analyzer",
                "version": analyzer.__version__,
                "semanticVersion": analyzer.__version__,
                "rules": [_rule(rule) for rule in rules],
                "notifications": [{"id": kind} for kind in sorted(kinds)],
            }
        },
        "invocations": [{"executionSuccessful": report.was_read, "toolExecutionNotifications": notifications}],
        "artifacts": artifacts.listed,
        "results": results,
        "columnKind": "unicodeCodePoints",
        "properties": {"verdict": visible(report.verdict)},
    }
    return dumped({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, 1) + "\n"


class _Artifacts:
    """The files of the report; those inside an archive name it as their parent."""

    def __init__(self) -> None:
        self.listed: list[dict[str, Any]] = []
        self._index: dict[str, int] = {}

    def location(self, source: str, region: dict[str, Any] | None = None) -> dict[str, Any]:
        index = self._of(source)
        place: dict[str, Any] = {"artifactLocation": {"index": index, **self.listed[index]["location"]}}
        if region:
            place["region"] = region
        return {"physicalLocation": place}

    def _of(self, source: str) -> int:
        if source in self._index:
            return self._index[source]
        outer, inside, name = source.rpartition("!/")
        parent = self._of(outer) if inside else -1
        index = self._index[source] = len(self.listed)
        artifact: dict[str, Any] = {"location": {"uri": quote((f"/{name}" if inside else name) or "-", safe="/")}}
        if inside:
            artifact["parentIndex"] = parent
        self.listed.append(artifact)
        return index


def _rule(rule: Rule) -> dict[str, Any]:
    out: dict[str, Any] = {
        "id": rule.id,
        "name": "".join(part.capitalize() for part in rule.id.replace(".", "_").split("_")),
        "shortDescription": {"text": rule.title},
        "fullDescription": {"text": rule.cause or rule.title},
        "defaultConfiguration": {"level": _LEVELS[rule.severity]},
        "help": {"text": "\n".join(_help(rule, "")) or rule.title, "markdown": "\n".join(_help(rule, "**"))},
        "properties": {
            # The schema allows a tag once only; many rules carry their category as a tag, too.
            "tags": list(dict.fromkeys([*rule.tags, *([rule.category] if rule.category else [])])),
            **({"security-severity": _SECURITY[rule.severity]} if rule.category == "security" else {}),
        },
    }
    links = [link for link in rule.references if link.startswith("https://")]
    if links:
        out["helpUri"] = links[0].split()[0]
    return out


def _help(rule: Rule, bold: str) -> Sequence[str]:
    lines: list[str] = []
    for title, text in (("Cause", rule.cause), ("Impact", rule.impact)):
        if text:
            lines += [f"{bold}{title}{bold}", "", " ".join(text.split()), ""]
    for kind, title in (("temporary", "Stop-gap"), ("permanent", "Lasting fix")):
        steps = [step for fix in rule.fixes if fix.kind == kind for step in fix.steps]
        if steps:
            lines += [f"{bold}{title}{bold}", "", *(f"{n}. {step}" for n, step in enumerate(steps, 1)), ""]
    if rule.verify:
        lines += [f"{bold}Verify{bold}", "", " ".join(rule.verify.split()), ""]
    return lines


def _result(finding: Finding, rule: int, artifacts: _Artifacts, compared: bool) -> dict[str, Any]:
    out: dict[str, Any] = {
        "ruleId": finding.rule.id,
        "ruleIndex": rule,
        "level": _LEVELS[finding.severity],
        "message": {"text": visible(f"{finding.rule.title.rstrip('.')}. {finding.summary}")},
        "locations": [_location(finding.evidence[0], artifacts)] if finding.evidence else [],
        "relatedLocations": [
            {**_location(evidence, artifacts), "id": number} for number, evidence in enumerate(finding.evidence[1:], 1)
        ],
        "partialFingerprints": {"bundleAnalyzer/v1": finding.fingerprint},
        "occurrenceCount": max(1, finding.count),
        "rank": round(100 * finding.confidence, 1),
        "properties": {
            "severity": finding.severity,
            "first_seen": finding.first_seen.isoformat() if finding.first_seen else None,
            "last_seen": finding.last_seen.isoformat() if finding.last_seen else None,
        },
    }
    if compared:
        out["baselineState"] = _BASELINE[finding.status]
    if finding.status == "suppressed":
        out["suppressions"] = [{"kind": "external", "status": "accepted", "justification": visible(finding.reason)}]
    return out


def _location(evidence: Evidence, artifacts: _Artifacts) -> dict[str, Any]:
    snippet = {"text": visible(evidence.text)}
    region: dict[str, Any] | None = None
    if evidence.line_number:
        region = {"startLine": evidence.line_number, "snippet": snippet}
        if evidence.highlights:
            start, end = evidence.highlights[0]
            region |= {"startColumn": start + 1, "endColumn": end + 1}
    out = artifacts.location(evidence.source, region)
    if evidence.frame_number:
        out["logicalLocations"] = [{"name": f"frame {evidence.frame_number}", "kind": "member"}]
        out["message"] = snippet
    return out
