"""The condition of a detection: which selections must match, and which must not.

    or_expr   := and_expr ("or" and_expr)*
    and_expr  := not_expr ("and" not_expr)*
    not_expr  := "not"* primary
    primary   := name | "(" or_expr ")" | ("1" | "all") "of" ("them" | pattern)

The grammar is that of Sigma conditions (https://sigmahq.io/docs/basics/conditions.html). A pattern is a
name with `*` in it. `them` is every selection whose name does not start with an underscore. `1 of` and
`all of` are expanded while parsing, so that an expression holds names only.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from fnmatch import fnmatchcase

KEYWORDS = frozenset({"and", "or", "not", "of", "all", "them"})
MAX_NESTING = 20
MAX_TERMS = 500

_TOKEN = re.compile(r"\s*(?:(?P<word>[A-Za-z0-9_*]+)|(?P<bracket>[()])|(?P<other>\S))")


class ConditionError(ValueError):
    """A condition that cannot be read.

    Attributes:
        offset: 0-based index of the offending character in the condition.
    """

    def __init__(self, message: str, offset: int) -> None:
        """Build the error; `message` is a sentence without the position."""
        super().__init__(message)
        self.offset = offset


@dataclass(frozen=True, slots=True)
class Name:
    """True when the selection of that name matches."""

    name: str

    def evaluate(self, matched: Mapping[str, bool]) -> bool:
        """Look the selection up in `matched` (KeyError when it is not there)."""
        return matched[self.name]

    def names(self) -> Iterator[str]:
        """Yield the names of the selections in the expression, from left to right."""
        yield self.name


@dataclass(frozen=True, slots=True)
class Not:
    """True when the operand is false."""

    operand: Expression

    def evaluate(self, matched: Mapping[str, bool]) -> bool:
        """Evaluate over a truth value for each selection."""
        return not self.operand.evaluate(matched)

    def names(self) -> Iterator[str]:
        """Yield the names of the selections in the expression, from left to right."""
        yield from self.operand.names()


@dataclass(frozen=True, slots=True)
class And:
    """True when every operand is true; two operands or more."""

    operands: tuple[Expression, ...]

    def evaluate(self, matched: Mapping[str, bool]) -> bool:
        """Evaluate over a truth value for each selection."""
        return all(operand.evaluate(matched) for operand in self.operands)

    def names(self) -> Iterator[str]:
        """Yield the names of the selections in the expression, from left to right."""
        for operand in self.operands:
            yield from operand.names()


@dataclass(frozen=True, slots=True)
class Or:
    """True when at least one operand is true; two operands or more."""

    operands: tuple[Expression, ...]

    def evaluate(self, matched: Mapping[str, bool]) -> bool:
        """Evaluate over a truth value for each selection."""
        return any(operand.evaluate(matched) for operand in self.operands)

    def names(self) -> Iterator[str]:
        """Yield the names of the selections in the expression, from left to right."""
        for operand in self.operands:
            yield from operand.names()


Expression = Name | Not | And | Or


def parse_condition(text: str, selections: Sequence[str]) -> Expression:
    """Parse a condition over the given selection names.

    Raises:
        ConditionError: the text is not a condition, or it names a selection that does not exist.
    """
    return _Parser(text, selections).parse()


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    offset: int


class _Parser:
    """Recursive descent over the tokens of one condition."""

    def __init__(self, text: str, selections: Sequence[str]) -> None:
        self._selections = selections
        self._tokens = list(_tokens(text))
        self._position = 0
        self._nesting = 0

    def parse(self) -> Expression:
        if len(self._tokens) > MAX_TERMS:
            raise ConditionError(f"the condition has more than {MAX_TERMS} words: split the rule", 0)
        expression = self._or()
        if self._peek().text:
            raise self._unexpected("expected 'and' or 'or'")
        return expression

    def _peek(self) -> _Token:
        return self._tokens[self._position]

    def _accept(self, word: str) -> bool:
        if self._peek().text != word:
            return False
        self._position += 1
        return True

    def _unexpected(self, expected: str) -> ConditionError:
        token = self._peek()
        found = f"found '{token.text}'" if token.text else "the condition ends"
        hint = ": keywords are lower case" if token.text.lower() in KEYWORDS - {token.text} else ""
        return ConditionError(f"{expected}, {found}{hint}", token.offset)

    def _or(self) -> Expression:
        return self._chain("or", self._and, Or)

    def _and(self) -> Expression:
        return self._chain("and", self._not, And)

    def _chain(
        self,
        word: str,
        operand: Callable[[], Expression],
        build: Callable[[tuple[Expression, ...]], Expression],
    ) -> Expression:
        operands = [operand()]
        while self._accept(word):
            operands.append(operand())
        return operands[0] if len(operands) == 1 else build(tuple(operands))

    def _not(self) -> Expression:
        negated = False
        while self._accept("not"):
            negated = not negated
        primary = self._primary()
        return Not(primary) if negated else primary

    def _primary(self) -> Expression:
        if self._accept("("):
            return self._parenthesis()
        token = self._peek()
        if token.text in {"1", "all"}:
            self._position += 1
            if not self._accept("of"):
                raise self._unexpected(f"expected 'of' after '{token.text}'")
            names = tuple(Name(name) for name in self._quantified())
            if len(names) == 1:
                return names[0]
            return Or(names) if token.text == "1" else And(names)
        if not _is_word(token.text) or token.text in KEYWORDS:
            raise self._unexpected("expected the name of a selection")
        if "*" in token.text:
            raise ConditionError(
                f"'{token.text}' stands for several selections: write '1 of {token.text}' or 'all of {token.text}'",
                token.offset,
            )
        if token.text not in self._selections:
            raise self._unknown(token)
        self._position += 1
        return Name(token.text)

    def _parenthesis(self) -> Expression:
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise ConditionError(
                f"parentheses are nested more than {MAX_NESTING} deep",
                self._tokens[self._position - 1].offset,
            )
        inner = self._or()
        if not self._accept(")"):
            raise self._unexpected("expected ')'")
        self._nesting -= 1
        return inner

    def _quantified(self) -> list[str]:
        token = self._peek()
        if token.text == "them":
            names = [name for name in self._selections if not name.startswith("_")]
        elif _is_word(token.text) and token.text not in KEYWORDS:
            names = [name for name in self._selections if fnmatchcase(name, token.text)]
        else:
            raise self._unexpected("expected 'them' or a pattern such as 'login*'")
        if not names:
            raise self._unknown(token)
        self._position += 1
        return names

    def _unknown(self, token: _Token) -> ConditionError:
        if token.text.lower() in KEYWORDS:
            return self._unexpected("expected the name of a selection")
        near = get_close_matches(token.text, self._selections, n=1)
        hint = f"did you mean '{near[0]}'?" if near else f"there is {', '.join(self._selections) or 'none'}"
        return ConditionError(f"no selection is called '{token.text}': {hint}", token.offset)


def _is_word(text: str) -> bool:
    return text not in {"", "(", ")"}


def _tokens(text: str) -> Iterator[_Token]:
    """Yield the tokens of the text, then one empty token that marks its end."""
    for match in _TOKEN.finditer(text):
        if match["other"]:
            raise ConditionError(
                f"'{match['other']}' has no meaning in a condition: use names, and, or, not, ( ), "
                "'1 of name*' and 'all of name*'",
                match.start("other"),
            )
        yield _Token(match["word"] or match["bracket"], match.start(match.lastgroup or 0))
    yield _Token("", len(text.rstrip()))
