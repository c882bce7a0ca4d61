"""What the shell offers at the Tab key for values that only the program knows."""

from __future__ import annotations


def format_names(incomplete: str) -> list[str]:
    """The formats of reports whose names begin so."""
    from analyzer.render import formats

    return [name for name in formats() if name.startswith(incomplete)]


def rule_ids(incomplete: str) -> list[str]:
    """The ids of the rules that come along, as far as they begin so; none when these cannot be read."""
    from analyzer.errors import RuleError
    from analyzer.rulebook import load_indexed, rules_dir

    try:
        return [rule for rule in load_indexed(rules_dir()).rules if rule.startswith(incomplete)]
    except RuleError:
        return []  # the command itself says so
