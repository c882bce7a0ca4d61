"""What a rule looks for: Sigma's named selections over the fields of a record.

A selection is a mapping of `field|modifier: value`, or a list of such mappings:

    keys of a mapping    all must match
    values of a list     one must match, or all of them with `|all`
    mappings of a list   one must match

`FIELDS` is the one place that knows which fields exist and of which type they are. The words are those of
the Sigma specification (https://sigmahq.io/sigma-specification/specification/sigma-rules-specification.html).
Unlike Sigma, `*` and `?` in a value are plain characters.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from textwrap import shorten
from types import MappingProxyType
from typing import Final, Literal, cast

from analyzer.condition import KEYWORDS, ConditionError, Expression, Name, parse_condition

FieldType = Literal["string", "number"]
TextOperator = Literal["equals", "contains", "startswith", "endswith", "re", "cidr"]
NumberOperator = Literal["equals", "gt", "gte", "lt", "lte"]

FIELDS: Final[Mapping[str, FieldType]] = MappingProxyType(
    {
        "body": "string",
        "source": "string",
        "parser": "string",
        "severity_text": "string",
        "severity_number": "number",
        "service_name": "string",
        "host_name": "string",
        "scope_name": "string",
        "trace_id": "string",
        "exception_type": "string",
        "http_response_status_code": "number",
    }
)
"""Every field that a rule may name: the event table's, after the OpenTelemetry Logs data model."""

_TEXT_OPERATORS: Final = ("contains", "startswith", "endswith", "re", "cidr")
_NUMBER_OPERATORS: Final = ("gt", "gte", "lt", "lte")
_MODIFIERS: Final = (*_TEXT_OPERATORS, *_NUMBER_OPERATORS, "exists", "cased", "all")

_SELECTION_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_NAMED_GROUP: Final = re.compile(r"\(\?P?<([A-Za-z_][A-Za-z0-9_]*)>")

Path = tuple[str | int, ...]


class DetectionError(ValueError):
    """A detection that cannot be used.

    Attributes:
        at: keys and indexes that lead from the detection to the offending key or value.
        offset: 0-based index of the offending character in the value, None when the key is at fault.
    """

    def __init__(self, message: str, at: Path = (), offset: int | None = None) -> None:
        """Build the error; `message` is a sentence without the position."""
        super().__init__(message)
        self.at, self.offset = at, offset


@dataclass(frozen=True, slots=True)
class TextItem:
    """A test of a string field.

    Attributes:
        values: what to look for; for `re` patterns in the syntax of Rust's regex crate, for `cidr` networks.
        cased: compare upper and lower case as different; always true for `re`.
        match_all: every value must match, not just one.
    """

    field: str
    operator: TextOperator
    values: tuple[str, ...]
    cased: bool = False
    match_all: bool = False


@dataclass(frozen=True, slots=True)
class NumberItem:
    """A test of a number field; `equals` may have several values, the comparisons have one."""

    field: str
    operator: NumberOperator
    values: tuple[int | float, ...]


@dataclass(frozen=True, slots=True)
class ExistsItem:
    """A test whether a field has a value at all."""

    field: str
    expected: bool


Item = TextItem | NumberItem | ExistsItem


@dataclass(frozen=True, slots=True)
class Selection:
    """Alternatives of which one must match; in an alternative every item must match."""

    alternatives: tuple[tuple[Item, ...], ...]

    def items(self) -> Iterator[Item]:
        """Yield the items of every alternative."""
        for alternative in self.alternatives:
            yield from alternative


@dataclass(frozen=True, slots=True)
class Detection:
    """The selections of a rule and how they combine.

    Attributes:
        selections: by name, in the order of the rule file.
        condition: which of them must match; None when the correlation names them instead.
    """

    selections: Mapping[str, Selection] = field(default_factory=dict)
    condition: Expression | None = None

    def items(self) -> Iterator[Item]:
        """Yield the items of every selection."""
        for selection in self.selections.values():
            yield from selection.items()

    def literals(self) -> Iterator[str]:
        """Yield the plain texts that are looked for in the body of a record."""
        for item in self.items():
            if isinstance(item, TextItem) and item.field == "body" and item.operator not in ("re", "cidr"):
                yield from item.values

    def telling(self) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """The plain texts of which one alone can make a selection hold, and those that only count beside others."""
        alone = {
            text
            for selection in self.selections.values()
            for alternative in selection.alternatives
            for item in alternative
            if isinstance(item, TextItem) and not (item.match_all and len(item.values) > 1)
            if sum(other.field == "body" for other in alternative) == 1
            for text in item.values
        }
        texts = tuple(dict.fromkeys(self.literals()))
        return tuple(text for text in texts if text in alone), tuple(text for text in texts if text not in alone)

    def patterns(self) -> Iterator[str]:
        """Yield every regular expression."""
        for item in self.items():
            if isinstance(item, TextItem) and item.operator == "re":
                yield from item.values

    def named_groups(self) -> frozenset[str]:
        """Return the names of the groups that its regular expressions capture."""
        return frozenset(name for pattern in self.patterns() for name in _NAMED_GROUP.findall(pattern))


def parse_detection(value: object) -> Detection:
    """Build a detection from the plain data of a rule file.

    A condition that is not written is the selection itself when there is one, else None.

    Raises:
        DetectionError: something in it cannot be used; `at` says where.
    """
    data = _mapping(value, "detection", ())
    selections = {name: _parse_selection(name, content) for name, content in data.items() if name != "condition"}
    if "condition" in data:
        return Detection(selections, _parse_condition(data["condition"], selections))
    return Detection(selections, Name(next(iter(selections))) if len(selections) == 1 else None)


def _parse_condition(text: object, selections: Mapping[str, Selection]) -> Expression:
    at = ("condition",)
    if not isinstance(text, str):
        raise DetectionError("the condition must be text such as 'refused and not stopping'", at)
    if not selections:
        raise DetectionError("the condition has no selections to combine: add one beside it", at)
    try:
        condition = parse_condition(text, tuple(selections))
    except ConditionError as error:
        raise DetectionError(f"{error} (character {error.offset + 1} of the condition)", at, error.offset) from error
    if condition.evaluate(dict.fromkeys(selections, False)):
        raise DetectionError(
            "the condition is true for a record that matches no selection: it would match anything", at, 0
        )
    used = set(condition.names())
    for name in selections:
        if name not in used:
            raise DetectionError(f"the condition does not use the selection '{name}': use it or remove it", (name,))
    return condition


def _parse_selection(name: str, content: object) -> Selection:
    if not _SELECTION_NAME.fullmatch(name) or name in KEYWORDS:
        raise DetectionError(
            f"'{name}' cannot be the name of a selection: use letters, digits and _, and none of the words "
            f"{', '.join(sorted(KEYWORDS))}",
            (name,),
        )
    if not isinstance(content, (list, tuple)):
        return Selection((_parse_alternative(name, content, (name,)),))
    if not content:
        raise DetectionError(f"the selection '{name}' is empty", (name,))
    return Selection(tuple(_parse_alternative(name, entry, (name, index)) for index, entry in enumerate(content)))


def _parse_alternative(name: str, content: object, at: Path) -> tuple[Item, ...]:
    data = _mapping(content, f"selection '{name}'", at)
    if not data:
        raise DetectionError(f"the selection '{name}' is empty", at)
    return tuple(_parse_item(key, value, (*at, key)) for key, value in data.items())


def _mapping(value: object, what: str, at: Path) -> dict[str, object]:
    if not isinstance(value, Mapping) or not all(isinstance(key, str) for key in value):
        raise DetectionError(
            f'the {what} must be a mapping such as {{body|contains: "some text"}}, not {_kind(value)}', at
        )
    return dict(value)


def _kind(value: object) -> str:
    if isinstance(value, Mapping):
        return "a mapping"
    return "a list" if isinstance(value, (list, tuple)) else f"'{shorten(str(value), 80)}'"


def _parse_item(key: str, value: object, at: Path) -> Item:
    name, *modifiers = key.split("|")
    if name not in FIELDS:
        near = get_close_matches(name, FIELDS, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"the fields are {', '.join(FIELDS)}"
        raise DetectionError(f"unknown field '{name}': {hint}", at)
    operator = _operator(modifiers, at)
    values = list(value) if isinstance(value, (list, tuple)) else [value]
    if not values:
        raise DetectionError(f"'{key}' has no value", at)
    if operator == "exists":
        return _exists_item(name, modifiers, values, at)
    if FIELDS[name] == "number":
        return _number_item(name, operator, modifiers, values, at)
    return _text_item(name, operator, modifiers, values, at)


def _operator(modifiers: list[str], at: Path) -> str:
    for modifier in modifiers:
        if modifier not in _MODIFIERS:
            near = get_close_matches(modifier, _MODIFIERS, n=1)
            hint = f"did you mean '{near[0]}'?" if near else f"the modifiers are {', '.join(_MODIFIERS)}"
            raise DetectionError(f"unknown modifier '{modifier}': {hint}", at)
    operators = [modifier for modifier in modifiers if modifier not in {"cased", "all"}]
    if len(operators) > 1 or len(set(modifiers)) < len(modifiers):
        raise DetectionError(f"the modifiers {', '.join(modifiers)} do not go together: keep one", at)
    return operators[0] if operators else "equals"


def _exists_item(name: str, modifiers: list[str], values: list[object], at: Path) -> ExistsItem:
    word = str(values[0]).lower()
    if len(values) > 1 or len(modifiers) > 1 or word not in {"true", "false"}:
        raise DetectionError(f"'{name}|exists' takes one value, true or false, and no other modifier", at)
    return ExistsItem(name, word == "true")


def _number_item(name: str, operator: str, modifiers: list[str], values: list[object], at: Path) -> NumberItem:
    for modifier in modifiers:
        if modifier not in _NUMBER_OPERATORS:
            raise DetectionError(
                f"'{name}' is a number: instead of '{modifier}' use {', '.join(_NUMBER_OPERATORS)}",
                at,
            )
    if operator != "equals" and len(values) > 1:
        raise DetectionError(f"'{name}|{operator}' takes one number", at)
    numbers = tuple(_number(name, value, _value_path(at, values, index)) for index, value in enumerate(values))
    return NumberItem(name, cast(NumberOperator, operator), numbers)


def _number(name: str, value: object, at: Path) -> int | float:
    if isinstance(value, (str, int, float)) and not isinstance(value, bool):
        try:
            number = float(value)
        except (ValueError, OverflowError):
            number = math.nan
        if math.isfinite(number):
            return int(number) if number.is_integer() else number
    raise DetectionError(f"'{name}' is a number, and {_kind(value)} is not", at, 0)


def _text_item(name: str, operator: str, modifiers: list[str], values: list[object], at: Path) -> TextItem:
    if operator in _NUMBER_OPERATORS:
        raise DetectionError(f"'{name}' is text and cannot be compared with '{operator}'", at)
    cased, match_all = "cased" in modifiers, "all" in modifiers
    if operator in {"re", "cidr"} and cased:
        raise DetectionError(f"'cased' has no effect on '{operator}': remove it", at)
    if match_all and operator in {"equals", "cidr"}:
        raise DetectionError("'all' needs contains, startswith, endswith or re: a field has only one value", at)
    texts = tuple(_text(name, value, _value_path(at, values, index)) for index, value in enumerate(values))
    if operator == "cidr":
        _check_networks(name, texts, at)
    return TextItem(name, cast(TextOperator, operator), texts, cased or operator == "re", match_all)


def _text(name: str, value: object, at: Path) -> str:
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        raise DetectionError(f"a value of '{name}' must be text, not {_kind(value)}", at, 0)
    text = str(value)
    if not text:
        raise DetectionError(f"an empty value of '{name}' would match anything: write what to look for", at, 0)
    return text


def _check_networks(name: str, networks: tuple[str, ...], at: Path) -> None:
    # Imported here: few rules need it, and every start of the program would pay for it.
    from ipaddress import ip_network

    if name == "body":
        raise DetectionError("'cidr' needs a field that holds an address, and the body is text", at)
    for network in networks:
        try:
            ip_network(network)
        except ValueError as error:
            raise DetectionError(f"{error}: write a network such as 10.0.0.0/8", at, 0) from error


def _value_path(at: Path, values: list[object], index: int) -> Path:
    # A value that is not in a list has the path of its key.
    return at if len(values) == 1 else (*at, index)
