"""Triggers: what a record cannot do without if a rule is to hold for it.

They are looked for in shapes, which have no digits, so that the rules are evaluated on few records. A trigger that has
digits of its own is looked for in the text of those records, too. Case counts where the rule says `cased`: "FAILED " of
a test is then no reason to look at each "Failed password".
"""

from __future__ import annotations

from collections.abc import Set
from functools import cache
from typing import NamedTuple

from analyzer.condition import And, Expression, Name, Not, Or
from analyzer.detection import Detection, Item, Selection, TextItem

# Shorter literals hit so many shapes that a pre-filter of them filters nothing.
MIN_LITERAL = 3
_DIGITS = str.maketrans("", "", "0123456789")


class Literal(NamedTuple):
    """A text that a record must hold.

    Attributes:
        text: as the rule writes it.
        cased: only in this case; else in upper or lower case.
    """

    text: str
    cased: bool = False

    @property
    def bare(self) -> str:
        """As it stands in the lower-case text of a shape."""
        return _lower(self.text)

    @property
    def written(self) -> str:
        """As it stands in the text of a shape, in its own case."""
        return self.text.translate(_DIGITS)

    @property
    def digits(self) -> bool:
        """Whether it has digits, which shapes have lost."""
        return self.written != self.text


@cache
def _lower(text: str) -> str:
    """Asked again and again for the same literals."""
    return text.lower().translate(_DIGITS)


def triggers(expression: Expression, detection: Detection) -> set[Literal] | None:
    """Literals of which one is in every record that the expression holds for.

    None: there are none, every record must be looked at.
    """
    match expression:
        case Name(name):
            return _of_selection(detection.selections[name])
        case And(operands):
            known = [found for operand in operands if (found := triggers(operand, detection)) is not None]
            return max(known, key=_selectivity, default=None)
        case Or(operands):
            union: set[Literal] = set()
            for operand in operands:
                found = triggers(operand, detection)
                if found is None:
                    return None
                union |= found
            return union
        case Not():
            return None


def _of_selection(selection: Selection) -> set[Literal] | None:
    union: set[Literal] = set()
    for alternative in selection.alternatives:
        options = [found for item in alternative if (found := _of_item(item)) is not None]
        if not options:
            return None
        union |= max(options, key=_selectivity)
    return union


def _selectivity(literals: Set[Literal]) -> int:
    """How much a set of literals filters: as much as its shortest one."""
    return min((len(literal.bare) for literal in literals), default=0)


def _of_item(item: Item) -> set[Literal] | None:
    if not isinstance(item, TextItem) or item.field != "body" or item.operator in ("re", "cidr"):
        return None
    # A literal of several lines is searched by its longest line: shapes are shapes of lines.
    literals = {Literal(_longest_line(value), item.cased) for value in item.values}
    if item.match_all:
        literals = {max(literals, key=lambda literal: len(literal.bare))}
    return literals if _selectivity(literals) >= MIN_LITERAL else None


def _longest_line(text: str) -> str:
    return max(text.splitlines(), key=lambda line: len(_lower(line)), default="") if "\n" in text else text
