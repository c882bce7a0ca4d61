"""JUnit XML for CI servers: a test case a rule that ran, failed where the rule found something.

Jenkins and GitLab read it in this form: https://github.com/testmoapp/junitxml. What fails the run is a failure;
a finding that is known, suppressed or below the wanted severity is told in the output of its case, which passes. What
else fails the run (--require, an expired suppression, an input that cannot be read) is a case of its own.
"""

from __future__ import annotations

import re
from xml.etree import ElementTree as ET

from analyzer.finding import Finding, Report
from analyzer.render import Style
from analyzer.render._escape import visible

ENDINGS = (".xml",)
# What XML 1.0 cannot hold, even as a reference (https://www.w3.org/TR/xml/#charsets).
_FORBIDDEN = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def render(report: Report, style: Style) -> str:
    """The rules of the run as test cases, those that found something first."""
    cases = [*report.findings]
    quiet = [rule for rule in report.rules if rule.id not in {finding.rule.id for finding in cases}]
    failures = len(report.failures) + sum(finding.fails for finding in cases)
    size = {"tests": str(len(report.failures) + len(cases) + len(quiet)), "failures": str(failures)}
    size |= {"errors": "0", "skipped": "0", "time": str(report.stats.get("seconds", 0))}
    root = ET.Element("testsuites", {"name": "analyze", **size})
    suite = ET.SubElement(root, "testsuite", {"name": _clean(report.bundle.name), **size})
    properties = ET.SubElement(suite, "properties")
    for name, value in (("verdict", report.verdict), ("sha256", report.bundle.sha256 or "")):
        ET.SubElement(properties, "property", {"name": name, "value": _clean(value)})
    for text in report.failures:
        # Named by what does not change from day to day, so that servers know the case again.
        named = {"name": _clean(text.partition(": ")[0]), "classname": "analyze", "time": "0"}
        case = ET.SubElement(suite, "testcase", named)
        ET.SubElement(case, "failure", {"message": _clean(text), "type": "run"})
    for finding in cases:
        _case(suite, finding)
    for rule in quiet:
        ET.SubElement(
            suite, "testcase", {"name": rule.id, "classname": f"rules.{rule.component or 'own'}", "time": "0"}
        )
    if report.problems:
        lines = (f"{problem.source}: {problem.message}" for problem in report.problems)
        ET.SubElement(suite, "system-err").text = _clean("\n".join(lines), lines=True)
    ET.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _case(suite: ET.Element, finding: Finding) -> None:
    rule = finding.rule
    attributes = {"name": rule.id, "classname": f"rules.{rule.component or 'own'}", "time": "0"}
    case = ET.SubElement(suite, "testcase", attributes)
    told = [f"{finding.severity}: {rule.title}", finding.summary]
    told += [f"{evidence.source}{evidence.place}: {evidence.text}" for evidence in finding.evidence]
    told += [f"{fix.kind} fix: {' '.join(fix.steps)}" for fix in rule.fixes]
    if finding.fails:
        message = {"message": _clean(f"{rule.title}. {finding.summary}"), "type": finding.severity}
        ET.SubElement(case, "failure", message).text = _clean("\n".join(told), lines=True)
    else:
        status = f"{finding.status}: " if finding.status != "new" else ""
        ET.SubElement(case, "system-out").text = _clean(status + "\n".join(told), lines=True)


def _clean(text: str, lines: bool = False) -> str:
    parts = text.split("\n") if lines else [text]
    return "\n".join(_FORBIDDEN.sub("\ufffd", visible(part)) for part in parts)
