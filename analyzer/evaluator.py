"""What holds for records: the items, selections and conditions of rules, evaluated on the records of one slice.

Everything is evaluated as late and on as few records as possible: an `and` stops at what does not hold, header fields
are read only of the records that are still in question, and an item that several rules share is evaluated once a
record.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analyzer.condition import And, Expression, Name, Not, Or
from analyzer.detection import Detection, ExistsItem, Item, NumberItem, TextItem
from parsers.severity import PASSED

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.batch import Batch


# Which of the given positions a test holds for.
_Test = Callable[["NDArray[np.int64]"], "NDArray[np.bool_]"]
# Literals times records up to which looking for them one by one is faster than one call of polars.
_ONE_BY_ONE = 1000


class Evaluator:
    """Evaluates rules on records of one slice. Records are given as int64 indexes, in ascending order."""

    def __init__(self, batch: Batch, records: NDArray[np.int64], source: str, parser: str) -> None:
        """Take the slice, all the records that will be asked for, and what is the same for all of them."""
        self.batch = batch
        self._records = records
        self._place = np.full(len(batch.heads), -1, np.int64)
        self._place[records] = np.arange(len(records))
        self._constant = {"source": source, "parser": parser}
        self._bodies = batch.extract(batch, records, ()).get_column("body")
        if batch.quoted:
            self._bodies = self._bodies.str.replace_all(batch.quoted, "${1}-${2}")
        passed = self._passed()
        if passed.any():
            self._bodies = self._bodies.zip_with(pl.Series(~passed), pl.Series([""]))
        self._items: dict[Item, tuple[NDArray[np.bool_], NDArray[np.bool_]]] = {}
        self._bytes: dict[int, tuple[bytes, bytes]] = {}
        self._header: tuple[NDArray[np.int64], pl.DataFrame] | None = None

    def _passed(self) -> NDArray[np.bool_]:
        """Which records are results of tests that went well, whose names may say anything; told by the shape."""
        batch, heads = self.batch, self.batch.heads
        if not len(self._records):
            return np.zeros(0, np.bool_)
        codes = batch.code[heads[self._records]]
        used = np.zeros(len(batch.shapes), np.bool_)
        used[codes] = True
        of_shape = np.zeros(len(batch.shapes), np.bool_)
        distinct = np.flatnonzero(used)
        of_shape[distinct] = known(batch.bodies.gather(distinct).str.contains(PASSED))
        passed = of_shape[codes]
        if passed.any():
            passed &= np.append(heads, len(batch))[self._records + 1] - heads[self._records] == 1
        return passed

    def holds(self, expression: Expression, detection: Detection, records: NDArray[np.int64]) -> NDArray[np.bool_]:
        """For which of the records the expression holds."""
        return self._expression(expression, detection, self._place[records])

    def field(self, name: str, records: NDArray[np.int64]) -> pl.Series:
        """A field of records, null where it is absent."""
        return self._field(name, self._place[records])

    def _expression(self, expression: Expression, detection: Detection, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        match expression:
            case Name(name):
                alternatives = detection.selections[name].alternatives
                return _any(at, [partial(self._all, items) for items in alternatives])
            case And(operands):
                return _all(at, [partial(self._expression, operand, detection) for operand in operands])
            case Or(operands):
                return _any(at, [partial(self._expression, operand, detection) for operand in operands])
            case Not(operand):
                return ~self._expression(operand, detection, at)

    def _all(self, items: Sequence[Item], at: NDArray[np.int64]) -> NDArray[np.bool_]:
        return _all(at, [partial(self._item, item) for item in sorted(items, key=_cost)])

    def _item(self, item: Item, at: NDArray[np.int64]) -> NDArray[np.bool_]:
        if item not in self._items:
            self._items[item] = (np.zeros(len(self._records), np.bool_), np.zeros(len(self._records), np.bool_))
        done, value = self._items[item]
        left = at[~done[at]]
        if len(left):
            quick = _quick(item, len(left))
            value[left] = self._contains(quick, left) if quick else _test(item, self._field(item.field, left))
            done[left] = True
        return value[at]

    def _contains(self, item: TextItem, at: NDArray[np.int64]) -> list[bool]:
        """For which bodies an item with literals holds: the same as `text_holds`, for a few of them."""
        wanted = at.tolist()
        missing = [place for place in wanted if place not in self._bytes]
        if missing:
            for place, text in zip(missing, self._bodies.gather(missing).to_list(), strict=True):
                written = (text or "").encode()
                self._bytes[place] = (written, written.lower())
        # Bytes, because their lower case is that of ASCII, as in polars.
        values = [value.encode() if item.cased else value.encode().lower() for value in item.values]
        combine = all if item.match_all else any
        texts = [self._bytes[place][0 if item.cased else 1] for place in wanted]
        return [combine(value in text for value in values) for text in texts]

    def _field(self, name: str, at: NDArray[np.int64]) -> pl.Series:
        if name == "body":
            return self._bodies if len(at) == len(self._bodies) else self._bodies.gather(at)
        if name in self._constant:
            return pl.Series([self._constant[name]]).new_from_index(0, len(at))
        if name == "severity_number":
            return pl.Series(self.batch.severity[self.batch.heads[self._records[at]]])
        # Fields of one header are mostly asked for together: of the same records, one after the other.
        if self._header is None or name not in self._header[1].columns or not np.array_equal(self._header[0], at):
            frame = self.batch.extract(self.batch, self._records[at], (name,))
            self._header = (at, frame)
        frame = self._header[1]
        if name in frame.columns:
            return frame.get_column(name)
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(at))


def _quick(item: Item, records: int) -> TextItem | None:
    """The item, if it looks for a few literals in the messages of a few records."""
    if not isinstance(item, TextItem) or item.operator != "contains" or item.field != "body":
        return None
    return item if len(item.values) * records <= _ONE_BY_ONE else None


def _cost(item: Item) -> int:
    """The order in which items are evaluated: what costs little and rules out much comes first."""
    if item.field in ("source", "parser"):
        return 0
    if item.field == "body":
        return 2 if isinstance(item, TextItem) and item.operator == "re" else 1
    return 1 if item.field == "severity_number" else 3


def _all(at: NDArray[np.int64], tests: Sequence[_Test]) -> NDArray[np.bool_]:
    """For which positions every test holds; a test sees only those for which all before it hold."""
    out = np.ones(len(at), np.bool_)
    for test in tests:
        left = np.flatnonzero(out)
        if not len(left):
            break
        out[left] = test(at[left] if len(left) < len(at) else at)
    return out


def _any(at: NDArray[np.int64], tests: Sequence[_Test]) -> NDArray[np.bool_]:
    """For which positions some test holds; a test sees only those for which none before it holds."""
    out = np.zeros(len(at), np.bool_)
    for test in tests:
        left = np.flatnonzero(~out)
        if not len(left):
            break
        out[left] = test(at[left] if len(left) < len(at) else at)
    return out


def _test(item: Item, values: pl.Series) -> NDArray[np.bool_]:
    if isinstance(item, ExistsItem):
        there: NDArray[np.bool_] = values.is_not_null().to_numpy()
        return there if item.expected else ~there
    if isinstance(item, NumberItem):
        return _number_holds(values, item)
    return text_holds(values, item)


def _number_holds(values: pl.Series, item: NumberItem) -> NDArray[np.bool_]:
    numbers = values.cast(pl.Float64, strict=False)
    match item.operator:
        case "gt":
            result = numbers > item.values[0]
        case "gte":
            result = numbers >= item.values[0]
        case "lt":
            result = numbers < item.values[0]
        case "lte":
            result = numbers <= item.values[0]
        case _:
            result = numbers.is_in([float(value) for value in item.values])
    return known(result)


def text_holds(values: pl.Series, item: TextItem) -> NDArray[np.bool_]:
    """For which values a text item holds; not for null."""
    texts = values.cast(pl.String)
    if item.operator == "contains" and not item.match_all:
        found = texts.str.contains_any(list(item.values), ascii_case_insensitive=not item.cased)
        return known(found)
    combine = np.logical_and if item.match_all else np.logical_or
    out: NDArray[np.bool_] = combine.reduce([known(_one_text_holds(texts, item, value)) for value in item.values])
    return out


def known(mask: pl.Series) -> NDArray[np.bool_]:
    """A mask without nulls: what is absent does not match."""
    out: NDArray[np.bool_] = (mask.fill_null(False) if mask.null_count() else mask).to_numpy()
    return out


def by_line(pattern: str) -> str:
    """A rule's regular expression, in which ^ and $ are the ends of each line of a record, whatever ends its lines."""
    return f"(?mR){pattern}"


@cache
def _thread() -> ThreadPoolExecutor:
    """Polars keeps the last 32 regular expressions of a thread: those of rules must not push out those of parsers."""
    return ThreadPoolExecutor(1)


def _one_text_holds(texts: pl.Series, item: TextItem, value: str) -> pl.Series:
    if item.operator == "re":
        return _thread().submit(texts.str.contains, by_line(value)).result()
    if item.operator == "contains":
        return texts.str.contains_any([value], ascii_case_insensitive=not item.cased)
    if item.operator == "cidr":
        network = ip_network(value)
        known = {text: _in_network(text, network) for text in texts.unique().drop_nulls()}
        return texts.replace_strict(known, default=False, return_dtype=pl.Boolean)
    if not item.cased:
        texts, value = texts.str.to_lowercase(), value.lower()
    if item.operator == "startswith":
        return texts.str.starts_with(value)
    if item.operator == "endswith":
        return texts.str.ends_with(value)
    return texts == value


def _in_network(text: str, network: object) -> bool:
    try:
        return ip_address(text) in network  # type: ignore[operator]
    except ValueError:
        return False
