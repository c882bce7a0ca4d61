"""Which records may matter to which streams of the rules, by the literals that the shapes of their rows hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analyzer.evaluator import known
from analyzer.shapes import ShapeMap
from analyzer.trigger import bare
from parsers.batch import numbered

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.batch import Batch

# Shapes in which literals are looked for one by one.
SMALL_SHAPES = 40
# Shapes that may hold a record of a stream, and the literals with digits of which one must be in its text; none where
# the literal has no digits.
_Reason = tuple["NDArray[np.int64]", tuple[str, ...]]


class Prefilter:
    """The literals of some streams, to be looked for in shapes."""

    def __init__(self, triggers: Mapping[int, Set[str] | None]) -> None:
        """Take the literals of which one is in every record that a stream holds for, by the number of the stream.

        Where they are None, every record is a candidate.
        """
        self._unanchored = [number for number, literals in triggers.items() if literals is None]
        wanted: dict[str, dict[int, tuple[str, ...]]] = defaultdict(dict)
        for number, literals in triggers.items():
            for literal in sorted(literals or ()):
                key = bare(literal)
                wanted[key][number] = (*wanted[key].get(number, ()), literal)
        self._wanted_by: Mapping[str, Mapping[int, tuple[str, ...]]] = dict(wanted)
        self._literals = sorted(wanted)
        # As a pattern, not as a list of literals: the engine keeps compiled patterns from call to call.
        self._any_literal = "|".join(map(_quoted, self._literals))
        # Which literals a shape holds is found once: the number of a set of literals, and what each set means.
        self._known = ShapeMap()
        self._numbers: dict[str, int] = {"": 0}
        self._meanings: list[Mapping[int, tuple[str, ...]]] = [{}]

    def candidates(self, batch: Batch, wanted: NDArray[np.bool_]) -> dict[int, NDArray[np.int64]]:
        """Of each stream, the records that hold a row of a shape in which one of its literals occurs.

        Args:
            batch: a slice.
            wanted: bool[r], records that count at all.
        """
        candidates = {number: np.flatnonzero(wanted) for number in self._unanchored}
        held = self._held(batch)
        if not held.any():
            return candidates
        rows = np.flatnonzero((held > 0)[batch.code])
        records = batch.record_of(rows)
        usable = (records >= 0) & wanted[records]
        rows, records = rows[usable], records[usable]
        codes = batch.code[rows]
        for number, reasons in self._reasons(held).items():
            level = np.zeros(len(held), np.uint8)
            for some, literals in reasons:
                level[some] = np.maximum(level[some], 1 if literals else 2)
            mine = np.flatnonzero(level[codes])
            # Where only the digits of a literal were lost, the text of the row decides.
            unsure = mine[level[codes[mine]] == 1]
            if len(unsure):
                texts = batch.text.gather(rows[unsure])
                exact = sorted({literal for _, literals in reasons for literal in literals})
                holds = known(texts.str.contains_any(exact, ascii_case_insensitive=True))
                mine = np.sort(np.concatenate([mine[level[codes[mine]] == 2], unsure[holds]]))
            # Rows are in order, so equal records are neighbours.
            found = records[mine]
            found = found[np.flatnonzero(np.diff(found, prepend=-1))]
            if len(found):
                candidates[number] = found
        return candidates

    def _held(self, batch: Batch) -> NDArray[np.int32]:
        """int32[k], the set of literals that each shape holds: 0 for none, else its index in `_meanings`."""
        held = self._known.get(batch.shape_hash)
        new = np.flatnonzero(held < 0)
        if len(new):
            held[new] = self._search(batch.bare.gather(new).str.to_lowercase())
            self._known.put(batch.shape_hash[new], held[new])
        return held

    def _search(self, texts: pl.Series) -> NDArray[np.int32]:
        """The sets of literals that lower-case texts without digits hold."""
        held = np.zeros(len(texts), np.int32)
        hit = np.flatnonzero(known(texts.str.contains(self._any_literal))) if self._literals else held[:0]
        if not len(hit):
            return held
        texts = texts.gather(hit)
        literals = self._literals
        if len(texts) < SMALL_SHAPES:
            # A search for many literals at once builds an automaton of them each time. In a few lines
            # each is looked for alone, and the few that are there are searched again.
            whole = "\n".join(texts.to_list())
            literals = [literal for literal in literals if literal in whole]
        found = texts.str.extract_many(literals, overlapping=True).list.unique().list.sort().list.join("\0")
        codes, keys = numbered(found)
        numbers = np.array([self._number(key) for key in keys.to_pylist()], np.int32)
        held[hit] = numbers[codes]
        return held

    def _number(self, key: str) -> int:
        """The number of a set of literals, given joined."""
        number = self._numbers.get(key)
        if number is None:
            meaning: dict[int, tuple[str, ...]] = {}
            for name in key.split("\0"):
                for stream, exact in self._wanted_by[name].items():
                    sure = meaning.get(stream) == () or any(literal.lower() == name for literal in exact)
                    meaning[stream] = () if sure else (*meaning.get(stream, ()), *exact)
            number = self._numbers[key] = len(self._meanings)
            self._meanings.append(meaning)
        return number

    def _reasons(self, held: NDArray[np.int32]) -> dict[int, list[_Reason]]:
        """The shapes that may matter to each stream."""
        reasons: dict[int, list[_Reason]] = defaultdict(list)
        for number in np.unique(held[held > 0]).tolist():
            shapes = np.flatnonzero(held == number)
            for stream, exact in self._meanings[number].items():
                reasons[stream].append((shapes, exact))
        return reasons


_SPECIAL = str.maketrans({char: f"\\{char}" for char in r"\.+*?()|[]{}^$#&~-"})


def _quoted(literal: str) -> str:
    """A literal as a regular expression of Rust's engine."""
    return literal.translate(_SPECIAL)
