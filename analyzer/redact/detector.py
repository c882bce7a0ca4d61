"""How one family of values is found."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import ne

from analyzer.redact.pseudonyms import Pseudonyms, is_own

Valid = Callable[[str], bool]
Accept = Callable[[str, "re.Match[str]"], bool]
Behind = Callable[[str], bool]
Canonical = Callable[[str], str]
Whole = Callable[[Sequence[str]], "list[str | None]"]
# Characters ahead of a value that may tell what it is.
_BEFORE = 60

# A JSON number that becomes a word needs quotes, or the record is no JSON any more.
_JSON_NUMBER_BEFORE = re.compile(r'"\s*:\s*\Z|\[\s*\Z')
_JSON_NUMBER_AFTER = re.compile(r"\s*[,}\]]")

_REPEAT = re.compile(r"\{([0-9]+),[0-9]{2,}\}")
# Repeats that Rust's engine writes out without growing large.
_MOST_COPIES = 24


def _endless(repeat: re.Match[str]) -> str:
    """A repeat without its upper bound, and without a large lower one."""
    least = min(int(repeat.group(1)), _MOST_COPIES)
    return "*+"[least] if least < 2 else f"{{{least},}}"


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


def loose(pattern: str) -> str:
    """A pattern for Rust's regex engine that matches at least what one of Python's does."""
    return _REPEAT.sub(_endless, _without_lookaround(pattern))


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
        common: with `shape`, whether many lines pass the gate in logs of some kind.
        pattern: finds values; every alternative has exactly one group, the value. It never crosses a line end.
        valid: whether a found value can be one, wherever it stands; None if all can.
        accept: whether it is one where it stands; it sees the match for what stands around it. None if it always is.
        behind: whether it is one behind the (at most 60) characters of the text ahead of it; None if it always is.
        canonical: the spelling by which equal values are known to be equal; "" if it is no value after all.
        run: a pattern of Rust's regex engine for a run of characters that holds a value and all that `pattern` may look
            at around it. In large texts values are then looked for in different runs only; "" to look in whole lines.
        ahead: characters that belong to a run when they stand right in front of what the pattern `run` finds: to find
            where a value begins is faster than to find where the characters around it do.
        whole: with `run`, a shortcut for runs that are one value and nothing else: of each of many runs the canonical
            spelling, "" to leave it as it is, None if it must be searched.
        doubt: with `run`, a pattern of Rust's regex engine for lines in which `behind` may refuse a value; "" for none.
    """

    kind: str
    gate: str
    pattern: re.Pattern[str]
    valid: Valid | None = None
    accept: Accept | None = None
    behind: Behind | None = None
    canonical: Canonical = field(default=_as_is)
    shape: bool = True
    common: bool = False
    run: str = ""
    ahead: str = ""
    whole: Whole | None = None
    doubt: str = ""

    @cached_property
    def sharp_gate(self) -> str:
        """The pattern without what Rust's engine does not know: look-around, and repeats that it would write out."""
        # Unicode classes make its tables large; ASCII ones would miss letters that Python's see.
        text = loose(self.pattern.pattern)
        return text if self.pattern.flags & re.IGNORECASE == 0 or text.startswith("(?i)") else f"(?i){text}"

    def replace(self, text: str, names: Pseudonyms) -> str:
        """Put pseudonyms in the place of what is found."""
        known = names.known(self)
        accept, behind = self.accept, self.behind
        count = 0

        def swap(match: re.Match[str]) -> str:
            nonlocal count
            group = match.lastindex or 0
            value: str = match[group]
            name = known.get(value)
            if name is None:
                name = known[value] = self._judged(value)
            if not name or (accept is not None and not accept(value, match)):
                return match[0]
            start, end = match.span(group)
            if behind is not None and not behind(match.string[start - _BEFORE if start > _BEFORE else 0 : start]):
                return match[0]
            if name[0] == _UNNAMED:
                name = known[value] = names.peek(self.kind, name[1:])
            count += 1
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

    def replace_in_runs(self, text: str, names: Pseudonyms) -> str | None:
        """Put pseudonyms in the place of what is found in runs of characters, wherever these stand.

        Returns:
            The text; None if it has characters that this can't keep (it is to be given to `replace` then).
        """
        import polars as pl

        if _MARK in text or not _is_unicode(text):
            return None
        out: list[str] = pl.Series([text]).str.replace_all(self.run, f"{_MARK}${{0}}{_MARK}").item().split(_MARK)
        if self.ahead:
            ahead = frozenset(self.ahead)
            for place in [2 * index for index, between in enumerate(out[:-1:2]) if between[-1:] in ahead]:
                between = out[place].rstrip(self.ahead)
                out[place + 1] = out[place][len(between) :] + out[place + 1]
                out[place] = between
        runs = out[1::2]
        known = names.runs(self)
        new = [run for run in dict.fromkeys(runs) if run not in known]
        canonical = self.whole(new) if self.whole is not None else [None] * len(new)
        for run, value in zip(new, canonical, strict=True):
            if value is None:
                known[run] = self._run(run, names)
            else:
                known[run] = names.peek(self.kind, value) if value else run
        out[1::2] = swapped = list(map(known.__getitem__, runs))
        count = sum(map(ne, runs, swapped))
        more = names.more_values(self)
        if more:
            count += sum([more.get(run, 0) for run in runs])
        if count:
            names.counts[names.source, self.kind] += count
        return "".join(out)

    def _run(self, run: str, names: Pseudonyms) -> str:
        """A run with pseudonyms."""
        known = names.known(self)
        out, done, count = "", 0, 0
        for match in self.pattern.finditer(run):
            group = match.lastindex or 0
            value = match[group]
            name = known.get(value)
            if name is None:
                name = known[value] = self._judged(value)
            if not name:
                continue
            if name[0] == _UNNAMED:
                name = known[value] = names.peek(self.kind, name[1:])
            out += run[done : match.start(group)] + name
            done = match.end(group)
            count += 1
        if count > 1:
            names.more_values(self)[run] = count - 1
        return out + run[done:]

    def _judged(self, value: str) -> str:
        """What is remembered of a value: "" when it can be none, whatever stands around it."""
        if not value or is_own(value) or (self.valid is not None and not self.valid(value)):
            return ""
        canonical = self.canonical(value)
        return f"{_UNNAMED}{canonical}" if canonical else ""


# In front of the canonical spelling of what can be a value, and has no pseudonym yet.
_UNNAMED = "?"
# Stands at both ends of a run.
_MARK = "\x00"


def _is_unicode(text: str) -> bool:
    """Whether Arrow's strings can hold a text: it has no lone surrogates, which stand for bytes that are no text."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _bare_json_number(value: str, text: str, start: int, end: int) -> bool:
    if not value.removeprefix("-").replace(".", "", 1).isdecimal():
        return False
    before = _JSON_NUMBER_BEFORE.search(text[max(0, start - 8) : start])
    return before is not None and _JSON_NUMBER_AFTER.match(text, end) is not None
