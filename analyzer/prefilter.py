"""Which records may matter to which streams of the rules, by the literals that the shapes of their rows hold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Set
from typing import TYPE_CHECKING

import numpy as np

from analyzer.evaluator import known
from analyzer.literals import Literals
from analyzer.shapes import ShapeMap
from analyzer.trigger import Literal

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

    from parsers.batch import Batch

# Shapes that may hold a record of a stream, and the texts with digits of which one must be in it; none where the
# literal has no digits.
_Reason = tuple["NDArray[np.int64]", tuple[str, ...]]
# Literals that a shape holds in lower case, and those that it holds in the case of the rules.
_Held = tuple[frozenset[str], frozenset[str]]
_NONE: frozenset[str] = frozenset()


class Prefilter:
    """The literals of some streams, to be looked for in shapes."""

    def __init__(self, triggers: Mapping[int, Set[Literal] | None]) -> None:
        """Take the literals of which one is in every record that a stream holds for, by the number of the stream.

        Where they are None, every record is a candidate.
        """
        self._unanchored = [number for number, literals in triggers.items() if literals is None]
        wanted: dict[str, dict[int, tuple[Literal, ...]]] = defaultdict(dict)
        cased: set[Literal] = set()
        for number, literals in triggers.items():
            for literal in sorted(literals or ()):
                key = literal.bare
                wanted[key][number] = (*wanted[key].get(number, ()), literal)
                if literal.cased:
                    cased.add(literal)
        self._wanted_by: Mapping[str, Mapping[int, tuple[Literal, ...]]] = dict(wanted)
        self._literals = Literals(sorted(wanted))
        self._cased = frozenset(literal.bare for literal in cased)
        self._written = Literals(sorted({literal.written for literal in cased}))
        # Which literals a shape holds is found once: the number of a set of literals, and what each set means.
        self._known = ShapeMap()
        self._numbers: dict[_Held, int] = {}
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
            held[new] = self._search(batch.bare.gather(new))
            self._known.put(batch.shape_hash[new], held[new])
        return held

    def _search(self, texts: pl.Series) -> NDArray[np.int32]:
        """The sets of literals that texts without digits hold."""
        codes, found = self._literals.sets(texts.str.to_lowercase())
        held = np.array([self._number((literals, _NONE)) for literals in found], np.int32)[codes]
        # Few of the literals count in one case only: just they are looked for once more.
        unsure = np.array([not literals.isdisjoint(self._cased) for literals in found])
        again = np.flatnonzero(unsure[codes])
        if len(again):
            also, written = self._written.sets(texts.gather(again))
            pairs, member = np.unique(np.stack([codes[again], also]), axis=1, return_inverse=True)
            both = [self._number((found[one], written[other])) for one, other in pairs.T.tolist()]
            held[again] = np.array(both, np.int32)[member.reshape(-1)]
        return held

    def _number(self, held: _Held) -> int:
        """The number of a set of literals; 0 where they mean nothing."""
        number = self._numbers.get(held)
        if number is None:
            meaning: dict[int, tuple[str, ...]] = {}
            found, written = held
            for key in sorted(found):
                for stream, literals in self._wanted_by[key].items():
                    there = [literal for literal in literals if not literal.cased or literal.written in written]
                    if there:
                        sure = meaning.get(stream) == () or not all(literal.digits for literal in there)
                        texts = tuple(literal.text for literal in there)
                        meaning[stream] = () if sure else (*meaning.get(stream, ()), *texts)
            number = self._numbers[held] = len(self._meanings) if meaning else 0
            self._meanings.extend([meaning] if meaning else [])
        return number

    def _reasons(self, held: NDArray[np.int32]) -> dict[int, list[_Reason]]:
        """The shapes that may matter to each stream."""
        reasons: dict[int, list[_Reason]] = defaultdict(list)
        for number in np.unique(held[held > 0]).tolist():
            shapes = np.flatnonzero(held == number)
            for stream, exact in self._meanings[number].items():
                reasons[stream].append((shapes, exact))
        return reasons
