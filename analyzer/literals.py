"""Which of thousands of literals each of many texts holds, in the fastest way for as many texts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analyzer.evaluator import known
from parsers.batch import numbered

if TYPE_CHECKING:
    from numpy.typing import NDArray

# A search for many literals at once builds an automaton of them each time, which takes as long as to look into so many
# texts for each literal whose first letters stand there; and into so many characters.
_FEW_TEXTS = 150
_FEW_CHARACTERS = 20_000
_START = 3
_BETWEEN = "\0"


class Literals:
    """Texts to be looked for, each of at least three characters."""

    def __init__(self, literals: Sequence[str]) -> None:
        """Take the distinct literals."""
        self._literals = list(literals)

    def in_any(self, texts: pl.Series) -> NDArray[np.int64]:
        """The positions of the texts that hold some literal."""
        if not self._literals:
            return np.empty(0, np.int64)
        if (few := _few(texts)) is not None:
            return np.array([place for place, text in enumerate(few) if self._in_one(text)], np.int64)
        return np.flatnonzero(known(texts.str.contains(self._pattern)))

    def sets(self, texts: pl.Series) -> tuple[NDArray[np.int32], list[frozenset[str]]]:
        """Which of the sets each text holds, int32[n], and the sets: all literals in it, also those within others."""
        if (few := _few(texts)) is not None:
            found = pl.Series([_BETWEEN.join(self._in_one(text)) for text in few], dtype=pl.String)
        elif self._literals:
            found = texts.str.extract_many(self._literals, overlapping=True).list.join(_BETWEEN)
        else:
            found = pl.Series([""]).new_from_index(0, len(texts))
        # Sets are made of the few distinct lists: to sort the lists of all texts takes far longer than to search them.
        codes, lists = numbered(found)
        return codes, [frozenset(names.split(_BETWEEN)) - {""} for names in lists.to_pylist()]

    def _in_one(self, text: str) -> list[str]:
        starting = self._by_start.get
        return [
            literal
            for at in range(len(text) - _START + 1)
            if (some := starting(text[at : at + _START]))
            for literal in some
            if text.startswith(literal, at)
        ]

    @cached_property
    def _pattern(self) -> str:
        # Not a list of literals: polars keeps compiled patterns from call to call.
        return "|".join(map(_quoted, self._literals))

    @cached_property
    def _by_start(self) -> dict[str, list[str]]:
        found = defaultdict(list)
        for literal in self._literals:
            found[literal[:_START]].append(literal)
        return dict(found)


def _few(texts: pl.Series) -> list[str] | None:
    """The texts, if they are few."""
    if len(texts) > _FEW_TEXTS:
        return None
    few = texts.to_list()
    return few if sum(map(len, few)) <= _FEW_CHARACTERS else None


_SPECIAL = str.maketrans({char: f"\\{char}" for char in r"\.+*?()|[]{}^$#&~-"})


def _quoted(literal: str) -> str:
    """A literal as a regular expression of Rust's engine."""
    return literal.translate(_SPECIAL)
