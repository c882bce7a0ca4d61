"""The parts of many written times, as columns: found by Rust's engine in many texts, by Python's in a few.

A call into polars takes as long as a hundred searches of Python's, and most files of a bundle are short.
"""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .time_kinds import TimeKind

# Texts up to which Python reads them.
FEW = 60
# Digits of a fraction of a second that are kept.
_DIGITS = 6


class Groups(ABC):
    """The named groups of a kind of time in n texts."""

    def __init__(self, names: Sequence[str], count: int) -> None:
        """Take the names of the groups and the number of texts."""
        self.names = frozenset(names)
        self.count = count

    @abstractmethod
    def strings(self, name: str) -> pl.Series:
        """What a group holds, null where it is absent."""

    @abstractmethod
    def _numbers(self, name: str, base: int) -> NDArray[np.int64]:
        """What a group that exists holds as numbers, -1 where it is absent or none."""

    @abstractmethod
    def _each(self, name: str, convert: Callable[[str], int | None], default: int) -> NDArray[np.int64]:
        """What a function makes of a group that exists."""

    @abstractmethod
    def _fraction(self, name: str) -> NDArray[np.int64]:
        """What a group that exists holds, read as the digits behind a decimal point, in millionths."""

    def number(self, name: str, absent: int = -1, base: int = 10) -> NDArray[np.int64]:
        """int64[n], the number in a group; -1 where it is empty or none, `absent` where there is no such group."""
        return self._numbers(name, base) if name in self.names else self.full(absent)

    def each(self, name: str, convert: Callable[[str], int | None], default: int) -> NDArray[np.int64]:
        """int64[n], what a function makes of the texts of a group; `default` where there is none or it gives None."""
        return self._each(name, convert, default) if name in self.names else self.full(default)

    def micros(self, name: str) -> NDArray[np.int64]:
        """int64[n], the digits of a fraction of a second as microseconds; 0 where there are none."""
        return self._fraction(name) if name in self.names else self.full(0)

    def full(self, value: int) -> NDArray[np.int64]:
        """int64[n], all of one value."""
        return np.full(self.count, value, np.int64)


class _Many(Groups):
    def __init__(self, texts: pl.Series, kind: TimeKind) -> None:
        self._frame = texts.str.extract_groups(kind.pattern).struct.unnest()
        super().__init__(self._frame.columns, len(texts))

    def strings(self, name: str) -> pl.Series:
        return self._frame.get_column(name)

    def _numbers(self, name: str, base: int) -> NDArray[np.int64]:
        column = self.strings(name)
        values = column.cast(pl.Int64, strict=False) if base == 10 else column.str.to_integer(base=base, strict=False)
        return values.fill_null(-1).to_numpy().astype(np.int64)

    def _each(self, name: str, convert: Callable[[str], int | None], default: int) -> NDArray[np.int64]:
        column = self.strings(name)
        made = {text: convert(text) for text in column.unique().drop_nulls().to_list()}
        if not made:
            return self.full(default)
        values = column.replace_strict(made, default=None, return_dtype=pl.Int64)
        return values.fill_null(default).to_numpy().astype(np.int64)

    def _fraction(self, name: str) -> NDArray[np.int64]:
        digits = self.strings(name).fill_null("0")
        padded = (digits + "0" * _DIGITS).str.slice(0, _DIGITS).cast(pl.Int64, strict=False).fill_null(0)
        return padded.to_numpy().astype(np.int64)


class _Few(Groups):
    def __init__(self, texts: Sequence[str | None], kind: TimeKind) -> None:
        search = kind.regex.search
        self._matches = [None if text is None else search(text) for text in texts]
        super().__init__(list(kind.regex.groupindex), len(texts))

    def _parts(self, name: str) -> list[str | None]:
        return [None if match is None else match[name] for match in self._matches]

    def strings(self, name: str) -> pl.Series:
        return pl.Series(name, self._parts(name), dtype=pl.String)

    def _numbers(self, name: str, base: int) -> NDArray[np.int64]:
        return np.array([_number(part, base) for part in self._parts(name)], np.int64)

    def _each(self, name: str, convert: Callable[[str], int | None], default: int) -> NDArray[np.int64]:
        made = [None if part is None else convert(part) for part in self._parts(name)]
        return np.array([default if value is None else value for value in made], np.int64)

    def _fraction(self, name: str) -> NDArray[np.int64]:
        padded = [((part or "0") + "0" * _DIGITS)[:_DIGITS] for part in self._parts(name)]
        return np.array([_number(part, 10) for part in padded], np.int64)


_NUMBER = re.compile(r"[+-]?[0-9a-fA-F]+")


def _number(text: str | None, base: int) -> int:
    if text is None or not _NUMBER.fullmatch(text):
        return -1
    try:
        value = int(text, base)
    except ValueError:
        return -1
    return value if -(2**63) <= value < 2**63 else -1


def groups_of(texts: pl.Series, kind: TimeKind) -> Groups:
    """The named groups of the first match of a kind's pattern in each text."""
    return _Few(texts.to_list(), kind) if len(texts) <= FEW else _Many(texts, kind)
