"""Which of thousands of literals each of many texts holds.

Each literal is looked for by its *gram*: of its stretches of eight bytes (four where it is shorter) the one whose first
four bytes are the rarest among all literals. One pass over the texts asks a table whether the four bytes at each
position can begin a gram; the few positions that are left are asked for the whole gram, then for the end of the
literal, and then compared. An automaton (Aho and Corasick, 1975) reads faster, but polars builds that of our literals
in 20 ms, and anew in each call.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    import polars as pl
    from numpy.typing import NDArray

_SHORT, _LONG = 4, 8
# Entries of a hash table, in bits: far more than there are literals, and still in the processor's cache.
_BITS = 20
# Bytes of texts that are looked at together.
_BLOCK = 1 << 20
_NOTHING = np.empty(0, np.int64)
# 2 ** 64 and 2 ** 32 divided by the golden ratio.
_GOLDEN_8, _GOLDEN_4 = np.uint64(0x9E3779B97F4A7C15), np.uint32(0x9E3779B1)


class Literals:
    """Texts to be looked for, each of at least three bytes."""

    def __init__(self, literals: Sequence[str]) -> None:
        """Take the distinct literals."""
        self._literals = list(literals)
        written = [literal.encode() for literal in literals]
        self._bytes = written
        self._sizes = np.array([len(literal) for literal in written], np.int64)
        # A literal of three bytes is found by whatever may follow it.
        longer = [
            (literal + tail, index)
            for index, literal in enumerate(written)
            for tail in ([b""] if len(literal) >= _SHORT else [bytes([byte]) for byte in range(256)])
        ]
        index = np.array([index for _, index in longer], np.int64)
        sizes = np.array([len(literal) for literal, _ in longer], np.int64)
        buffer = b"".join(literal for literal, _ in longer) + bytes(_LONG)
        firsts = np.cumsum(sizes) - sizes
        width = np.where(sizes >= _LONG, _LONG, _SHORT)
        ahead = _rarest(buffer, firsts, sizes, width)
        at = firsts + ahead
        self._begins = np.zeros(1 << _BITS, np.bool_)
        self._begins[_hash_4(_words_4(buffer, at))] = True
        short = width == _SHORT
        self._short = _Grams(_words_4(buffer, at[short]), index[short], ahead[short])
        self._long = _Grams(_words_8(buffer, at[~short]), index[~short], ahead[~short])
        self._last = _words_4(buffer, firsts + sizes - _SHORT)[np.searchsorted(index, np.arange(len(literals)))]

    def sets(self, texts: pl.Series) -> tuple[NDArray[np.int32], list[frozenset[str]]]:
        """Which of the sets each text holds, int32[n], and the sets: all literals in it, also those within others."""
        held = np.zeros(len(texts), np.int32)
        sets: list[frozenset[str]] = [frozenset()]
        if not len(texts) or not self._literals:
            return held, sets
        text, literal = self._pairs(texts)
        numbers: dict[bytes, int] = {}
        edges = np.flatnonzero(np.diff(text, prepend=-1, append=-1)).tolist()
        for begin, end in pairwise(edges):
            key = literal[begin:end].tobytes()
            if key not in numbers:
                numbers[key] = len(sets)
                sets.append(frozenset(self._literals[index] for index in literal[begin:end].tolist()))
            held[text[begin]] = numbers[key]
        return held, sets

    def _pairs(self, texts: pl.Series) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Each text and a literal in it, by their numbers, in order and each pair once."""
        array = texts.to_arrow()
        _, offsets, buffer = array.buffers()
        ends = np.frombuffer(offsets, np.int64)[array.offset : array.offset + len(texts) + 1]
        written = memoryview(buffer)[int(ends[0]) : int(ends[-1])].tobytes() if buffer is not None else b""
        ends = ends - ends[0]
        data = written + bytes(_LONG)
        # Some texts at a time: one that repeats a literal all along has very many candidates.
        edges = np.unique(np.searchsorted(ends, np.arange(0, len(written) + 1, _BLOCK)))
        parts = [self._found(data, ends, first, last) for first, last in pairwise([*edges.tolist(), len(texts)])]
        both = np.concatenate(parts)
        return both // len(self._literals), both % len(self._literals)

    def _found(self, data: bytes, ends: NDArray[np.int64], first: int, last: int) -> NDArray[np.int64]:
        """The literals in some of the texts: number of the text times number of literals, plus that of the literal."""
        candidates = list(self._candidates(data, int(ends[first]), int(ends[last])))
        begin, literal = (np.concatenate([part[side] for part in candidates]) for side in (0, 1))
        text = np.searchsorted(ends, begin, side="right") - 1
        end = begin + self._sizes[literal]
        likely = (begin >= 0) & (end <= ends[text + 1])
        begin, literal, text, end = begin[likely], literal[likely], text[likely], end[likely]
        likely = (self._sizes[literal] < _SHORT) | (_words_4(data, np.maximum(end - _SHORT, 0)) == self._last[literal])
        places = np.flatnonzero(likely)
        pairs = zip(places.tolist(), begin[places].tolist(), literal[places].tolist(), strict=True)
        sure = np.array([place for place, at, index in pairs if data.startswith(self._bytes[index], at)], np.int64)
        return np.unique(text[sure] * len(self._literals) + literal[sure])

    def _candidates(self, data: bytes, start: int, end: int) -> Iterator[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Where literals may begin whose grams stand between two places, and their numbers."""
        for first in range(start, min(start + _SHORT, end)):
            # Each fourth position is a word of an array: no copy is made of the text.
            words = np.frombuffer(data, "<u4", (end - first + _SHORT - 1) // _SHORT, first)
            hits = np.flatnonzero(self._begins[_hash_4(words)])
            at = hits * _SHORT + first
            yield self._long.literals(at, _words_8(data, at))
            yield self._short.literals(at, words[hits])
        yield _NOTHING, _NOTHING


class _Grams:
    """The grams of one width."""

    def __init__(self, words: NDArray[np.unsignedinteger], index: NDArray[np.int64], ahead: NDArray[np.int64]) -> None:
        """Take the gram of each literal as a number, the number of the literal, and how many bytes are ahead of it."""
        order = np.argsort(words, kind="stable")
        self._words, self._index, self._ahead = words[order].astype(np.uint64), index[order], ahead[order]
        self._known = np.zeros(1 << _BITS, np.bool_)
        self._known[_hash_8(self._words)] = True

    def literals(
        self, at: NDArray[np.int64], words: NDArray[np.unsignedinteger]
    ) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """Where the literals begin whose grams stand at some positions, and their numbers."""
        words = words.astype(np.uint64, copy=False)
        likely = self._known[_hash_8(words)]
        at, words = at[likely], words[likely]
        first = np.searchsorted(self._words, words, side="left")
        count = np.searchsorted(self._words, words, side="right") - first
        owner = np.repeat(np.arange(len(at)), count)
        entry = np.arange(len(owner)) - (np.cumsum(count) - count - first)[owner]
        return at[owner] - self._ahead[entry], self._index[entry]


def _rarest(
    buffer: bytes, firsts: NDArray[np.int64], sizes: NDArray[np.int64], width: NDArray[np.int64]
) -> NDArray[np.int64]:
    """How many bytes of each literal are ahead of its gram."""
    if not len(firsts):
        return firsts
    owner = np.repeat(np.arange(len(firsts)), sizes)
    place = np.arange(len(owner)) - firsts[owner]
    # Some eight entries a stretch: a table that is larger than needed takes longer to make than to fill.
    spare = np.uint32(max(0, _BITS - len(owner).bit_length() - 3))
    hashes = _hash_4(_words_4(buffer, np.arange(len(owner)))) >> spare
    usual = np.bincount(hashes)[hashes]
    usual[place > (sizes - width)[owner]] = len(owner)  # no whole gram
    # The least of each literal, the leftmost of equal ones.
    step = len(owner) + 1
    rarest: NDArray[np.int64] = np.minimum.reduceat(usual * step + place, firsts) % step
    return rarest


def _words_4(data: bytes, at: NDArray[np.int64]) -> NDArray[np.uint32]:
    """The four bytes at some positions."""
    whole: NDArray[np.uint32] = np.ndarray((len(data) - _SHORT + 1,), "<u4", data, strides=(1,))
    return whole[at]


def _words_8(data: bytes, at: NDArray[np.int64]) -> NDArray[np.uint64]:
    """The eight bytes at some positions."""
    whole: NDArray[np.uint64] = np.ndarray((len(data) - _LONG + 1,), "<u8", data, strides=(1,))
    return whole[at]


def _hash_4(words: NDArray[np.uint32]) -> NDArray[np.uint32]:
    hashed: NDArray[np.uint32] = (words * _GOLDEN_4) >> np.uint32(32 - _BITS)
    return hashed


def _hash_8(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    hashed: NDArray[np.uint64] = (words * _GOLDEN_8) >> np.uint64(64 - _BITS)
    return hashed
