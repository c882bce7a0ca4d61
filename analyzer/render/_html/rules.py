"""Rules as YAML, for people who want to see what was looked for or to write the rule that is missing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import yaml

from analyzer.condition import And, Expression, Not, Or
from analyzer.detection import Detection, ExistsItem, Item, NumberItem, Selection
from analyzer.finding import UnknownError
from analyzer.rule import Correlation, Rule
from analyzer.telling import JOINED
from parsers.severity import FATAL

# Of a template: pieces with fewer letters are found everywhere, more than three make no rule surer.
_PIECE_LETTERS = 4
_PIECES = 3
_EXAMPLE_CHARACTERS = 500
_UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"), (1, "s"))


def definition(rule: Rule) -> str:
    """What a rule looks for, as the `detection` and `correlation` of a rule file."""
    parts: dict[str, Any] = {"detection": _detection(rule.detection)}
    if rule.correlation is not None:
        parts["correlation"] = _correlation(rule.correlation)
    if rule.explains:
        parts["explains"] = list(rule.explains)
    if rule.symptom:
        parts["symptom"] = "true"
    return _yaml(parts)


def skeleton(entry: UnknownError) -> str:
    """A rule file that finds an error no rule knows; what only a person can say is left as a comment."""
    # The example is the line of the exception, where there is one.
    told = entry.template.rsplit(JOINED, 1)[-1]
    pieces = list(filter(None, (piece.strip(" \t\"'") for piece in told.split("<*>"))))
    pieces = list(dict.fromkeys(pieces)) or [entry.example.text]
    pieces = [piece for piece in pieces if _letters(piece) >= _PIECE_LETTERS] or pieces
    words = sorted(pieces, key=_letters, reverse=True)
    found = {"body|contains|all": words[:_PIECES]} if len(words) > 1 else {"body|contains": words[0]}
    name = "_".join(re.findall(r"[a-z]{3,}", entry.template.replace("<*>", " ").lower())[:4]) or "error"
    rule = {
        "id": f"custom.{name[:48]}",
        "title": " … ".join(" ".join(piece.split()) for piece in pieces)[:100] or "Unknown error",
        "severity": "high" if entry.severity_number >= FATAL else "medium",
        "detection": {"found": found, "condition": "found"},
        "examples": {"match": [entry.example.text[:_EXAMPLE_CHARACTERS] or entry.template]},
    }
    wanted = "# To be written: cause, impact, diagnose, fixes. `analyze rules check FILE` proves the rule.\n"
    return wanted + _yaml(rule)


def _letters(piece: str) -> int:
    return sum(char.isalpha() for char in piece)


def _yaml(value: Mapping[str, Any]) -> str:
    return yaml.safe_dump(value, allow_unicode=True, sort_keys=False, width=100)


def _detection(detection: Detection) -> dict[str, Any]:
    parts: dict[str, Any] = {name: _selection(selection) for name, selection in detection.selections.items()}
    if detection.condition is not None:
        parts["condition"] = _expression(detection.condition)
    return parts


def _selection(selection: Selection) -> Any:
    alternatives = [dict(_item(item) for item in alternative) for alternative in selection.alternatives]
    return alternatives[0] if len(alternatives) == 1 else alternatives


def _item(item: Item) -> tuple[str, Any]:
    if isinstance(item, ExistsItem):
        return f"{item.field}|exists", item.expected
    words = [item.field] + ([] if item.operator == "equals" else [item.operator])
    if not isinstance(item, NumberItem):
        words += ["cased"] * (item.cased and item.operator != "re") + ["all"] * item.match_all
    values = list(item.values)
    return "|".join(words), values[0] if len(values) == 1 else values


def _expression(expression: Expression, inside: bool = False) -> str:
    if isinstance(expression, And | Or):
        word = " and " if isinstance(expression, And) else " or "
        text = word.join(_expression(operand, True) for operand in expression.operands)
        return f"({text})" if inside else text
    if isinstance(expression, Not):
        return f"not {_expression(expression.operand, True)}"
    return expression.name


def _correlation(correlation: Correlation) -> dict[str, Any]:
    seconds = int(correlation.timespan.total_seconds())
    size, unit = next((size, unit) for size, unit in _UNITS if seconds % size == 0)
    parts: dict[str, Any] = {"type": correlation.type}
    if correlation.rules:
        parts["rules"] = list(correlation.rules)
    if correlation.group_by:
        parts["group-by"] = list(correlation.group_by)
    parts["timespan"] = f"{seconds // size}{unit}"
    if correlation.condition is not None:
        parts["condition"] = correlation.condition.model_dump(exclude_none=True)
    return parts
