"""Whether a run fails: severities, what is known already, what is suppressed, what must or must not be there."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from fnmatch import fnmatchcase
from pathlib import Path

from analyzer.config import Suppression
from analyzer.errors import UsageError
from analyzer.finding import SEVERITIES, Finding, Report


@dataclass(frozen=True, slots=True)
class Policy:
    """What makes a run fail.

    Attributes:
        fail_on: a new finding of this severity or above fails; "never": none does.
        known: fingerprints of findings that an earlier report holds; None without such a report.
        suppressions: findings that are accepted for a while; one that has expired fails.
        require: globs for ids of rules of which each must have found something.
        forbid: globs for ids of rules that must have found nothing, whatever their severity.
        today: the day on which suppressions are judged.
    """

    fail_on: str = "high"
    known: frozenset[str] | None = None
    suppressions: Sequence[Suppression] = ()
    require: Sequence[str] = ()
    forbid: Sequence[str] = ()
    today: date = date.min


def judge(report: Report, policy: Policy) -> Report:
    """The report with the status of its findings, whether each fails the run, and why else it fails."""
    findings = [_with_status(finding, policy) for finding in report.findings]
    findings = [replace(finding, fails=_fails(finding, policy)) for finding in findings]
    reasons: list[str] = []
    present = {finding.rule.id for finding in findings}
    for wanted in policy.require:
        if not any(fnmatchcase(rule_id, wanted) for rule_id in present):
            reasons.append(f"--require {wanted}: there is no such finding.")
    for unwanted in policy.forbid:
        found = [rule_id for rule_id in dict.fromkeys(f.rule.id for f in findings) if fnmatchcase(rule_id, unwanted)]
        if found:
            reasons.append(f"--forbid {unwanted}: {listed(found)} {'is' if len(found) == 1 else 'are'} there.")
    for expired in policy.suppressions:
        if expired.expires < policy.today:
            reasons.append(
                f"The suppression of {expired.id} expired on {expired.expires}: ask {expired.owner} to renew or "
                f"remove it ({expired.reason})."
            )
    settled = [f"{number} {name}" for name in ("known", "suppressed") if (number := _count(findings, name))]
    verdict = f"{report.verdict} ({', '.join(settled)})" if settled else report.verdict
    compared = policy.known is not None
    return replace(report, findings=findings, verdict=verdict, failures=tuple(reasons), compared=compared)


def fails(report: Report) -> bool:
    """Whether a judged report fails the run."""
    return bool(report.failures) or any(finding.fails for finding in report.findings)


# Names in a sentence; the report has all of them.
_NAMED = 5


def listed(names: Sequence[str]) -> str:
    """Names for a sentence: "a, b and 3 more"."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more:,} more" if more > 0 else "")


def _count(findings: Sequence[Finding], status: str) -> int:
    return sum(finding.status == status for finding in findings)


def _with_status(finding: Finding, policy: Policy) -> Finding:
    for suppression in policy.suppressions:
        if suppression.expires >= policy.today and suppression.covers(finding):
            why = f"{suppression.reason} ({suppression.owner}, until {suppression.expires})"
            return replace(finding, status="suppressed", reason=why)
    if policy.known and finding.fingerprint in policy.known:
        return replace(finding, status="known", reason="in the baseline")
    return finding


def _fails(finding: Finding, policy: Policy) -> bool:
    if any(fnmatchcase(finding.rule.id, pattern) for pattern in policy.forbid):
        return True
    if finding.status != "new" or policy.fail_on == "never":
        return False
    order: Sequence[str] = SEVERITIES
    return order.index(finding.severity) <= order.index(policy.fail_on)


def fingerprints(path: Path) -> frozenset[str]:
    """The fingerprints of the findings of an earlier JSON report.

    Raises:
        UsageError: the file is no such report.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        return frozenset(str(finding["fingerprint"]) for finding in data["findings"])
    except OSError as error:
        raise UsageError(f"--baseline {path}: cannot be read: {error.strerror or error}.") from error
    except (ValueError, KeyError, TypeError) as error:
        raise UsageError(f"--baseline {path}: is no report of analyze; write one with -o {path.name}.") from error
