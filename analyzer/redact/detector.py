"""How one family of values is found."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

from analyzer.redact.pseudonyms import Pseudonyms, is_own

Valid = Callable[[str], bool]
Accept = Callable[[str, "re.Match[str]"], bool]
Canonical = Callable[[str], str]

# A JSON number that becomes a word needs quotes, or the record is no JSON any more.
_JSON_NUMBER_BEFORE = re.compile(r'"\s*:\s*\Z|\[\s*\Z')
_JSON_NUMBER_AFTER = re.compile(r"\s*[,}\]]")

_REPEAT = re.compile(r"\{([0-9]+),[0-9]{2,}\}")


def _without_lookaround(pattern: str) -> str:
    """A pattern without (?=..), (?!..), (?<=..), (?<!..); it matches at least what the pattern does."""
    out: list[str] = []
    at, depth, skipping, in_class = 0, 0, 0, False
    while at < len(pattern):
        piece = pattern[at : at + 2] if pattern[at] == "\\" else pattern[at]
        if not in_class and piece == "(":
            depth += 1
            if not skipping and pattern.startswith(("(?=", "(?!", "(?<=", "(?<!"), at):
                skipping = depth
        if not skipping:
            out.append(piece)
        if in_class:
            in_class = piece != "]"
        elif piece == "[":
            in_class = True
        elif piece == ")":
            if skipping == depth:
                skipping = 0
            depth -= 1
        at += len(piece)
    return "".join(out)


_DECIMAL = frozenset("0123456789")


def _as_is(value: str) -> str:
    return value


@dataclass(frozen=True)
class Detector:
    """One pass over a text.

    Attributes:
        kind: of the pseudonym.
        gate: a pattern of Rust's regex engine: lines without it cannot hold a match. It may let through too much.
        shape: whether the gate is for lines without their digits, of which logs have few; else for whole lines.
        pattern: finds values; every alternative has exactly one group, the value. It never crosses a line end.
        valid: whether a found value can be one, wherever it stands; None if all can.
        accept: whether it is one where it stands; it sees the match for what stands around it. None if it always is.
        canonical: the spelling by which equal values are known to be equal.
    """

    kind: str
    gate: str
    pattern: re.Pattern[str]
    valid: Valid | None = None
    accept: Accept | None = None
    canonical: Canonical = field(default=_as_is)
    shape: bool = True

    @cached_property
    def sharp_gate(self) -> str:
        """The pattern without what Rust's engine does not know: look-around, and repeats that it would write out."""
        text = _without_lookaround(self.pattern.pattern)
        text = _REPEAT.sub(lambda match: "*" if match.group(1) == "0" else "+", text)
        # Unicode classes make its tables large; ASCII ones would miss letters that Python's see.
        return text if self.pattern.flags & re.IGNORECASE == 0 or text.startswith("(?i)") else f"(?i){text}"

    def replace(self, text: str, names: Pseudonyms) -> str:
        """Put pseudonyms in the place of what is found."""
        known = names.known(self)
        accept, valid = self.accept, self.valid
        count = 0

        def swap(match: re.Match[str]) -> str:
            nonlocal count
            group = match.lastindex or 0
            value: str = match[group]
            name = known.get(value)
            if name is None:
                # A value that can be none, whatever stands around it, is remembered as "".
                name = "" if not value or is_own(value) or (valid is not None and not valid(value)) else "?"
                known[value] = name
            if not name or (accept is not None and not accept(value, match)):
                return match[0]
            if name == "?":
                name = known[value] = names.peek(self.kind, self.canonical(value))
            count += 1
            start, end = match.span(group)
            if names.equal_length:
                name = names.fitted(name, value)
            elif value[-1] in _DECIMAL and _bare_json_number(value, match.string, start, end):
                name = f'"{name}"'
            first, last = match.span()
            if start == first and end == last:
                return name
            return f"{match.string[first:start]}{name}{match.string[end:last]}"

        text = self.pattern.sub(swap, text)
        if count:
            names.counts[names.source, self.kind] += count
        return text


def _bare_json_number(value: str, text: str, start: int, end: int) -> bool:
    if not value.removeprefix("-").replace(".", "", 1).isdecimal():
        return False
    before = _JSON_NUMBER_BEFORE.search(text[max(0, start - 8) : start])
    return before is not None and _JSON_NUMBER_AFTER.match(text, end) is not None
