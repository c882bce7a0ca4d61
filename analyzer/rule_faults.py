"""What is wrong with a rule that can be read: parts that are not there, regular expressions that do not compile."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.detection import Path, TextItem
from analyzer.rule import Rule


def missing_parts(rule: Rule) -> list[str]:
    """Name what a rule of the `rules/` folder must have and this one has not, as keys of the rule file."""
    wanted: dict[str, object] = {
        "category": rule.category,
        "component": rule.component,
        "tags": rule.tags,
        "cause": rule.cause,
        "impact": rule.impact,
        "plain.en": rule.plain and rule.plain.en,
        "plain.zh": rule.plain and rule.plain.zh,
        "plain.impact.en": rule.plain and rule.plain.impact.en,
        "plain.impact.zh": rule.plain and rule.plain.impact.zh,
        "diagnose": rule.diagnose,
        "verify": rule.verify,
        "prevent": rule.prevent,
        "questions": rule.questions,
        "references": rule.references,
        "examples.match": rule.examples.match,
        "examples.no_match": rule.examples.no_match,
    }
    kinds = {fix.kind for fix in rule.fixes}
    wanted |= {f"fixes ({kind})": kind in kinds for kind in ("temporary", "permanent")}
    for index, fix in enumerate(rule.fixes):
        for part in ("risk", "rollback", "downtime", "data_loss"):
            wanted[f"fixes[{index}].{part}"] = getattr(fix, part)
    return [name for name, value in wanted.items() if not value]


def invalid_patterns(rule: Rule, reason: Callable[[str], str | None]) -> list[tuple[Path, str]]:
    """Find the regular expressions of a rule that do not compile.

    Args:
        rule: any rule.
        reason: tells why a pattern is not valid, or None when it is. The regex engine is the caller's, so
            that loading rules does not load it.

    Returns:
        For each bad pattern the path of its selection in the rule file, and a sentence.
    """
    return [
        (("detection", name), f"the regular expression {pattern!r} is not valid: {why}")
        for name, selection in rule.detection.selections.items()
        for item in selection.items()
        if isinstance(item, TextItem) and item.operator == "re"
        for pattern in item.values
        if (why := reason(pattern))
    ]
