"""Rules over records: which records of a slice does each rule find.

A rule is one *stream* of records, the ones its condition holds for; a rule that correlates its own selections has one
stream for each of them. Streams are evaluated on whole records, but only on candidates: records with a
row whose shape holds, without digits, a literal that the stream cannot do without. So the cost of a
thousand rules barely depends on the number of lines.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analyzer.condition import And, Expression, Name, Not, Or
from analyzer.detection import Detection, ExistsItem, Item, NumberItem, Selection, TextItem
from analyzer.errors import RuleError
from analyzer.rule import Rule, invalid_patterns
from analyzer.shapes import ShapeMap
from parsers.times import NAT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.batch import Batch

# Shorter literals hit so many shapes that a pre-filter of them filters nothing.
MIN_LITERAL = 3
# Records of a stream that a slice reports one by one, when the rule does not correlate them.
KEPT_RECORDS = 20
# Shapes in which literals are looked for one by one.
SMALL_SHAPES = 500
_DIGITS = str.maketrans("", "", "0123456789")


@dataclass(frozen=True, slots=True)
class Stream:
    """The records that one condition finds.

    Attributes:
        rule: index of the rule.
        selection: the selection that a correlation names; "" for the rule's own condition.
        expression: what must hold for a record.
        detection: where the selections of the expression are.
        correlated: whether every record is needed, with the columns of `keys`.
        keys: fields and named groups that the correlation groups by or counts.
    """

    rule: int
    selection: str
    expression: Expression
    detection: Detection
    correlated: bool
    keys: tuple[str, ...]

    @property
    def fields(self) -> set[str]:
        """The fields of a record that the condition and the keys look at."""
        return {item.field for item in self.detection.items()} | set(self.keys)


@dataclass(frozen=True, slots=True)
class Hits:
    """What one stream found in one slice.

    Attributes:
        stream: index of the stream.
        count: records found.
        frame: the records that are kept, in file order: line_number (from 0 within the slice),
            byte_offset, time (microseconds, NAT unknown), severity_number, and a string column a key. Line and offset
            are those of the row that holds the literal.
        first, last: earliest and latest time in microseconds, NAT unknown.
    """

    stream: int
    count: int
    frame: pl.DataFrame
    first: int
    last: int


@dataclass(slots=True)
class Matcher:
    """Compiled rules.

    Attributes:
        rules: in the order of their indexes.
        streams: what `scan` looks for.
    """

    rules: Sequence[Rule]
    streams: list[Stream] = field(default_factory=list)
    _literals: list[str] = field(default_factory=list)
    _any_literal: str = ""
    _wanted_by: Mapping[str, list[int]] = field(default_factory=dict)
    _unanchored: list[int] = field(default_factory=list)
    _without: ShapeMap = field(default_factory=ShapeMap)

    def __post_init__(self) -> None:
        """Compile the rules.

        Raises:
            RuleError: a regular expression is not valid.
        """
        for rule in self.rules:
            for _, fault in invalid_patterns(rule, pattern_error):
                raise RuleError(f"rule {rule.id}: {fault}")
        keys = _keys_for_others(self.rules)
        for index, rule in enumerate(self.rules):
            self.streams.extend(_streams(index, rule, keys.get(rule.id)))
        wanted: dict[str, list[int]] = defaultdict(list)
        for number, stream in enumerate(self.streams):
            literals = triggers(stream.expression, stream.detection)
            if literals is None:
                self._unanchored.append(number)
            for literal in literals or ():
                wanted[literal].append(number)
        self._wanted_by = dict(wanted)
        self._literals = sorted(wanted)
        # As a pattern, not as a list of literals: the engine keeps compiled patterns from call to call.
        self._any_literal = "|".join(map(_quoted, self._literals))

    def scan(
        self, batch: Batch, source: str, parser: str, wanted: NDArray[np.bool_]
    ) -> tuple[list[Hits], NDArray[np.bool_]]:
        """The records of a slice that each stream finds.

        Args:
            batch: the slice.
            source: its path, `parser` the name of its parser: fields of rules, too.
            parser: see above.
            wanted: bool[r], records that count at all.

        Returns:
            Hits by stream, and bool[r]: whether any stream found the record.
        """
        explained = np.zeros(len(batch.heads), np.bool_)
        if not wanted.any():
            return [], explained
        candidates = self._candidates(batch, wanted)
        for number in self._unanchored:
            if _may_hold(self.streams[number], source, parser):
                candidates[number] = np.flatnonzero(wanted)
        if not candidates:
            return [], explained
        union = np.zeros(len(batch.heads), np.bool_)
        for records in candidates.values():
            union[records] = True
        fields = {name for number in candidates for name in self.streams[number].fields}
        evaluator = _Evaluator(batch, np.flatnonzero(union), fields, source, parser)
        found: list[Hits] = []
        for number in sorted(candidates):
            stream = self.streams[number]
            records = candidates[number]
            records = records[evaluator.holds(stream.expression, stream.detection, records)]
            if len(records):
                explained[records] = True
                found.append(_hits(number, stream, records, evaluator))
        return found, explained

    def _candidates(self, batch: Batch, wanted: NDArray[np.bool_]) -> dict[int, NDArray[np.int64]]:
        """Records that hold a row of a shape in which a literal of the stream occurs."""
        if not self._literals:
            return {}
        # Shapes that held no literal in an earlier slice hold none in this one.
        maybe = np.flatnonzero(self._without.get(batch.shape_hash) < 0)
        bare = batch.bare.gather(maybe).str.to_lowercase()
        has = _known(bare.str.contains(self._any_literal))
        self._without.add(batch.shape_hash[maybe[~has]], np.zeros(int((~has).sum()), np.int32))
        hit = maybe[has]
        if not len(hit):
            return {}
        shapes_of = self._streams_of(bare.filter(pl.Series(has)), hit)
        interesting = np.zeros(len(batch.shapes), np.bool_)
        interesting[hit] = True
        rows = np.flatnonzero(interesting[batch.code])
        codes = batch.code[rows]
        records = batch.record_of(rows)
        usable = (records >= 0) & wanted[records]
        candidates: dict[int, NDArray[np.int64]] = {}
        for number, shapes in shapes_of.items():
            mine_shapes = np.zeros(len(batch.shapes), np.bool_)
            mine_shapes[np.concatenate(shapes)] = True
            # Rows are in order, so equal records are neighbours.
            mine = records[mine_shapes[codes] & usable]
            mine = mine[np.flatnonzero(np.diff(mine, prepend=-1))]
            if len(mine):
                candidates[number] = mine
        return candidates

    def _streams_of(self, texts: pl.Series, shapes: NDArray[np.int64]) -> dict[int, list[NDArray[np.int64]]]:
        """The shapes that may matter to each stream, from their lower-case texts without digits."""
        literals = self._literals
        if len(texts) < SMALL_SHAPES:
            # A search for many literals at once builds an automaton of them each time. In a few lines
            # each is looked for alone, and the few that are there are searched again.
            whole = "\n".join(texts.to_list())
            literals = [literal for literal in literals if literal in whole]
        found = texts.str.extract_many(literals, overlapping=True).list.join("\0")
        keys = found.to_arrow().dictionary_encode()
        codes = keys.indices.to_numpy(zero_copy_only=False)
        streams: dict[int, list[NDArray[np.int64]]] = defaultdict(list)
        for code, key in enumerate(keys.dictionary.to_pylist()):
            mine = shapes[codes == code]
            for number in {number for name in key.split("\0") for number in self._wanted_by[name]}:
                streams[number].append(mine)
        return streams


def _hits(number: int, stream: Stream, records: NDArray[np.int64], evaluator: _Evaluator) -> Hits:
    batch = evaluator.batch
    times = batch.time[batch.heads[records]]
    known = times[times != NAT]
    kept = records if stream.correlated else _ends(records, KEPT_RECORDS)
    rows = _hit_rows(batch, kept, list(stream.detection.literals()))
    frame = pl.DataFrame(
        {
            "line_number": batch.line_number[rows],
            "byte_offset": batch.offsets[rows],
            "time": batch.time[batch.heads[kept]],
            "severity_number": batch.severity[batch.heads[kept]],
        }
    )
    if stream.keys:
        frame = frame.hstack(evaluator.keys(stream, kept))
    first, last = (int(known.min()), int(known.max())) if len(known) else (NAT, NAT)
    return Hits(number, len(records), frame, first, last)


def _ends(records: NDArray[np.int64], keep: int) -> NDArray[np.int64]:
    """The first records and the very last."""
    return records if len(records) <= keep else np.append(records[: keep - 1], records[-1])


def _keys_for_others(rules: Sequence[Rule]) -> dict[str, tuple[str, ...]]:
    """The group-by keys with which correlations of other rules want the records of a rule, by its id."""
    wanted: dict[str, tuple[str, ...]] = {}
    for rule in rules:
        for name in rule.correlation.rules if rule.correlation else ():
            if "." in name and rule.correlation:
                wanted[name] = tuple(dict.fromkeys((*wanted.get(name, ()), *rule.correlation.group_by)))
    return wanted


def _streams(index: int, rule: Rule, wanted: tuple[str, ...] | None) -> Iterable[Stream]:
    correlation = rule.correlation
    keys: tuple[str, ...] = ()
    if correlation is not None:
        counted = correlation.condition.field if correlation.condition else None
        keys = (*correlation.group_by, *([counted] if counted else []))
    keys = tuple(dict.fromkeys((*keys, *(wanted or ()))))
    if rule.detection.condition is not None and (correlation is None or not correlation.rules):
        correlated = correlation is not None or wanted is not None
        yield Stream(index, "", rule.detection.condition, rule.detection, correlated, keys)
    for name in dict.fromkeys(correlation.rules if correlation else ()):
        if name in rule.detection.selections:
            yield Stream(index, name, Name(name), rule.detection, True, keys)


def pattern_error(pattern: str) -> str | None:
    """Why a regular expression is not valid for Rust's regex crate; None when it is."""
    try:
        pl.Series([""]).str.contains(pattern)
    except pl.exceptions.PolarsError as error:
        lines = [line for line in str(error).splitlines() if line.strip()]
        return lines[-1].strip().removeprefix("error: ") if lines else "unknown reason"
    return None


def _quoted(literal: str) -> str:
    """A literal as a regular expression of Rust's engine."""
    return re.sub(r"([\\.+*?()|\[\]{}^$#&~-])", r"\\\1", literal)


def _bare(literal: str) -> str:
    return literal.lower().translate(_DIGITS)


def triggers(expression: Expression, detection: Detection) -> set[str] | None:
    """Literals, lower case and without digits, of which one is in every record that the expression holds for.

    None: there are none, every record must be looked at.
    """
    match expression:
        case Name(name):
            return _selection_triggers(detection.selections[name])
        case And(operands):
            known = [found for operand in operands if (found := triggers(operand, detection)) is not None]
            return max(known, key=lambda literals: min(map(len, literals), default=0), default=None)
        case Or(operands):
            union: set[str] = set()
            for operand in operands:
                found = triggers(operand, detection)
                if found is None:
                    return None
                union |= found
            return union
        case Not():
            return None


def _selection_triggers(selection: Selection) -> set[str] | None:
    union: set[str] = set()
    for alternative in selection.alternatives:
        options = [found for item in alternative if (found := _item_triggers(item)) is not None]
        if not options:
            return None
        union |= max(options, key=lambda literals: min(map(len, literals)))
    return union


def _item_triggers(item: Item) -> set[str] | None:
    if not isinstance(item, TextItem) or item.field != "body" or item.operator in ("re", "cidr"):
        return None
    # A literal of several lines is searched by its longest line: shapes are shapes of lines.
    literals = [max((_bare(part) for part in value.splitlines()), key=len, default="") for value in item.values]
    if item.match_all:
        literals = [max(literals, key=len)]
    return set(literals) if min(map(len, literals)) >= MIN_LITERAL else None


def _hit_rows(batch: Batch, records: NDArray[np.int64], literals: list[str]) -> NDArray[np.int64]:
    """The row of each record that shows best why it was found: the first with a literal, else its first."""
    heads = batch.heads
    rows = heads[records]
    if len(heads) == len(batch) or not literals:
        return rows
    ends = np.append(heads, len(batch))[records + 1]
    out = rows.copy()
    for i in np.flatnonzero(ends - rows > 1):
        lines = batch.text.slice(int(rows[i]), min(int(ends[i] - rows[i]), 2000))
        hit = lines.str.contains_any(literals, ascii_case_insensitive=True).arg_max()
        out[i] = rows[i] + (hit or 0)
    return out


def _may_hold(stream: Stream, source: str, parser: str) -> bool:
    """Whether a stream without literals can hold for a source at all, by what is the same for all its rows."""
    constant = {"source": source, "parser": parser}

    def possible(expression: Expression) -> bool:
        match expression:
            case Name(name):
                return any(
                    all(
                        _text_holds(pl.Series([constant[item.field]]), item)[0]
                        for item in alternative
                        if isinstance(item, TextItem) and item.field in constant
                    )
                    for alternative in stream.detection.selections[name].alternatives
                )
            case And(operands):
                return all(possible(operand) for operand in operands)
            case Or(operands):
                return any(possible(operand) for operand in operands)
            case Not():
                return True

    return possible(stream.expression)


class _Evaluator:
    """Fields of the candidate records of one slice, and what holds for them; each item is evaluated once."""

    def __init__(
        self, batch: Batch, records: NDArray[np.int64], fields: Collection[str], source: str, parser: str
    ) -> None:
        self.batch = batch
        self._records = records
        self._place = np.full(len(batch.heads), -1, np.int64)
        self._place[records] = np.arange(len(records))
        self._constant = {"source": source, "parser": parser}
        self._frame = batch.extract(batch, records, fields)
        self._items: dict[Item, NDArray[np.bool_]] = {}

    def holds(self, expression: Expression, detection: Detection, records: NDArray[np.int64]) -> NDArray[np.bool_]:
        """For which of the records the expression holds."""
        return self._expression(expression, detection)[self._place[records]]

    def _expression(self, expression: Expression, detection: Detection) -> NDArray[np.bool_]:
        match expression:
            case Name(name):
                alternatives = detection.selections[name].alternatives
                return _any([self._all(alternative) for alternative in alternatives])
            case And(operands):
                return _all([self._expression(operand, detection) for operand in operands])
            case Or(operands):
                return _any([self._expression(operand, detection) for operand in operands])
            case Not(operand):
                return ~self._expression(operand, detection)

    def _all(self, alternative: Sequence[Item]) -> NDArray[np.bool_]:
        return _all([self._item(item) for item in alternative])

    def _item(self, item: Item) -> NDArray[np.bool_]:
        known = self._items.get(item)
        if known is None:
            known = self._items[item] = self._test(item)
        return known

    def _test(self, item: Item) -> NDArray[np.bool_]:
        values = self.field(item.field)
        if isinstance(item, ExistsItem):
            there: NDArray[np.bool_] = values.is_not_null().to_numpy()
            return there if item.expected else ~there
        if isinstance(item, NumberItem):
            return _number_holds(values, item)
        return _text_holds(values, item)

    def field(self, name: str) -> pl.Series:
        """A field of the candidate records, null where it is absent."""
        if name in self._constant:
            return pl.Series([self._constant[name]]).new_from_index(0, len(self._records))
        if name == "severity_number":
            return pl.Series(self.batch.severity[self.batch.heads[self._records]])
        if name in self._frame.columns:
            return self._frame.get_column(name)
        return pl.Series([None], dtype=pl.String).new_from_index(0, len(self._records))

    def keys(self, stream: Stream, records: NDArray[np.int64]) -> pl.DataFrame:
        """The columns that a correlation groups by or counts, as strings."""
        at = self._place[records]
        groups = _named_groups(self.field("body").gather(at), stream.detection)
        columns = []
        for key in stream.keys:
            values = groups.get(key)
            if values is None:
                values = self.field(key).gather(at).cast(pl.String)
            columns.append(values.alias(key))
        return pl.DataFrame(columns)


def _named_groups(bodies: pl.Series, detection: Detection) -> dict[str, pl.Series]:
    """What the named groups of the regular expressions capture; the first expression that matches wins."""
    found: dict[str, pl.Series] = {}
    for pattern in detection.patterns():
        if "(?P<" not in pattern and "(?<" not in pattern:
            continue
        groups = bodies.str.extract_groups(pattern).struct.unnest()
        for name in groups.columns:
            if not name.isdigit():
                values = groups.get_column(name)
                found[name] = found[name].fill_null(values) if name in found else values
    return found


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
    return _known(result)


def _text_holds(values: pl.Series, item: TextItem) -> NDArray[np.bool_]:
    texts = values.cast(pl.String)
    if item.operator == "contains" and not item.match_all:
        found = texts.str.contains_any(list(item.values), ascii_case_insensitive=not item.cased)
        return _known(found)
    combine = _all if item.match_all else _any
    return combine([_known(_one_text_holds(texts, item, value)) for value in item.values])


def _known(mask: pl.Series) -> NDArray[np.bool_]:
    """A mask without nulls: what is absent does not match."""
    out: NDArray[np.bool_] = mask.fill_null(False).to_numpy()
    return out


def _any(masks: Sequence[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    out: NDArray[np.bool_] = np.logical_or.reduce(masks)
    return out


def _all(masks: Sequence[NDArray[np.bool_]]) -> NDArray[np.bool_]:
    out: NDArray[np.bool_] = np.logical_and.reduce(masks)
    return out


def _one_text_holds(texts: pl.Series, item: TextItem, value: str) -> pl.Series:
    if item.operator == "re":
        return texts.str.contains(value)
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
