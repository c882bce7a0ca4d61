"""Rules over records: which records of a slice does each rule find.

A rule is one *stream* of records, the ones its condition holds for; a rule that correlates its own selections has one
stream for each of them. Streams are evaluated on whole records, but only on candidates: records with a
row whose shape holds, without digits, a literal that the stream cannot do without (its triggers): lines cost little.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analyzer.condition import And, Expression, Name, Not, Or
from analyzer.detection import Detection, TextItem
from analyzer.errors import PatternError
from analyzer.evaluator import Evaluator, by_line, known, text_holds
from analyzer.rule import Rule, invalid_patterns
from analyzer.shapes import ShapeMap
from analyzer.telling import rows_with
from analyzer.trigger import bare, triggers
from parsers.batch import numbered
from parsers.times import NAT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.batch import Batch

# What the parser of captures is called: its records are for rules alone that ask for it.
CAPTURE = "capture"
# Records of a stream that a slice reports one by one, when the rule does not correlate them.
KEPT_RECORDS = 20
# Shapes in which literals are looked for one by one.
SMALL_SHAPES = 40
# Of a record: a rule explains it, or none found it.
EXPLAINED, UNEXPLAINED = -1, -2


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
        seconds: int64, the seconds since 1970 in which there are records, and how many there are in each.
    """

    stream: int
    count: int
    frame: pl.DataFrame
    first: int
    last: int
    seconds: tuple[NDArray[np.int64], NDArray[np.int64]]


@dataclass(slots=True)
class Matcher:
    """Compiled rules.

    Attributes:
        rules: in the order of their indexes.
        proven: ids of rules whose regular expressions are known to be valid.
        streams: what `scan` looks for.
    """

    rules: Sequence[Rule]
    proven: Set[str] = frozenset()
    streams: list[Stream] = field(default_factory=list)
    _literals: list[str] = field(default_factory=list)
    _any_literal: str = ""
    _wanted_by: Mapping[str, Mapping[int, tuple[str, ...]]] = field(default_factory=dict)
    _unanchored: list[int] = field(default_factory=list)
    # Which literals a shape holds is found once: the number of a set of literals, and what each set means.
    _known: ShapeMap = field(default_factory=ShapeMap)
    _numbers: dict[str, int] = field(default_factory=lambda: {"": 0})
    _meanings: list[Mapping[int, tuple[str, ...]]] = field(default_factory=lambda: [{}])

    def __post_init__(self) -> None:
        """Compile the rules.

        Raises:
            PatternError: a regular expression is not valid.
        """
        for rule in self.rules:
            if rule.id in self.proven:
                continue
            for at, reason in invalid_patterns(rule, pattern_error):
                raise PatternError(rule.id, at, reason)
        keys = _keys_for_others(self.rules)
        for index, rule in enumerate(self.rules):
            self.streams.extend(_streams(index, rule, keys.get(rule.id)))
        wanted: dict[str, dict[int, tuple[str, ...]]] = defaultdict(dict)
        for number, stream in enumerate(self.streams):
            literals = triggers(stream.expression, stream.detection)
            if literals is None:
                self._unanchored.append(number)
            for literal in sorted(literals or ()):
                key = bare(literal)
                wanted[key][number] = (*wanted[key].get(number, ()), literal)
        self._wanted_by = dict(wanted)
        self._literals = sorted(wanted)
        # As a pattern, not as a list of literals: the engine keeps compiled patterns from call to call.
        self._any_literal = "|".join(map(_quoted, self._literals))

    def scan(
        self, batch: Batch, source: str, parser: str, wanted: NDArray[np.bool_]
    ) -> tuple[list[Hits], NDArray[np.int32]]:
        """The records of a slice that each stream finds.

        Args:
            batch: the slice.
            source: its path, `parser` the name of its parser: fields of rules, too.
            parser: see above.
            wanted: bool[r], records that count at all.

        Returns:
            Hits by stream, and int32[r]: EXPLAINED, UNEXPLAINED, or the rule that explains it if its correlation holds.
        """
        explained = np.full(len(batch.heads), UNEXPLAINED, np.int32)
        if not wanted.any():
            return [], explained
        candidates = self._candidates(batch, wanted)
        for number in self._unanchored:
            candidates[number] = np.flatnonzero(wanted)
        candidates = {n: rows for n, rows in candidates.items() if _may_hold(self.streams[n], source, parser)}
        if not candidates:
            return [], explained
        union = np.zeros(len(batch.heads), np.bool_)
        for records in candidates.values():
            union[records] = True
        evaluator = Evaluator(batch, np.flatnonzero(union), source, parser)
        found: list[Hits] = []
        for number in sorted(candidates):
            stream = self.streams[number]
            records = candidates[number]
            records = records[evaluator.holds(stream.expression, stream.detection, records)]
            if len(records):
                if self.rules[stream.rule].correlation is None:
                    explained[records] = EXPLAINED
                else:
                    explained[records[explained[records] == UNEXPLAINED]] = stream.rule
                found.append(_hits(number, stream, records, evaluator))
        return found, explained

    def _candidates(self, batch: Batch, wanted: NDArray[np.bool_]) -> dict[int, NDArray[np.int64]]:
        """Records that hold a row of a shape in which a literal of the stream occurs."""
        held = self._held(batch)
        if not held.any():
            return {}
        rows = np.flatnonzero((held > 0)[batch.code])
        records = batch.record_of(rows)
        usable = (records >= 0) & wanted[records]
        rows, records = rows[usable], records[usable]
        codes = batch.code[rows]
        candidates: dict[int, NDArray[np.int64]] = {}
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


# Shapes that may hold a record of a stream, and the literals with digits of which one must be in its text; none where
# the literal has no digits.
_Reason = tuple["NDArray[np.int64]", tuple[str, ...]]


def _hits(number: int, stream: Stream, records: NDArray[np.int64], evaluator: Evaluator) -> Hits:
    batch = evaluator.batch
    times = batch.time[batch.heads[records]]
    known = times[times != NAT]
    kept = records if stream.correlated else _ends(records, KEPT_RECORDS)
    rows = rows_with(batch, kept, list(stream.detection.literals()))
    line, offset = batch.places(rows)
    frame = pl.DataFrame(
        {
            "line_number": line,
            "byte_offset": offset,
            "time": batch.time[batch.heads[kept]],
            "severity_number": batch.severity[batch.heads[kept]],
        }
    )
    if stream.keys:
        frame = frame.hstack(_keys(stream, kept, evaluator))
    first, last = (int(known.min()), int(known.max())) if len(known) else (NAT, NAT)
    return Hits(number, len(records), frame, first, last, np.unique(known // 1_000_000, return_counts=True))


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
        told = [line.strip() for line in str(error).splitlines()]
        return next((line.removeprefix("error: ") for line in told if line.startswith("error: ")), told[0])
    return None


def _quoted(literal: str) -> str:
    """A literal as a regular expression of Rust's engine."""
    return re.sub(r"([\\.+*?()|\[\]{}^$#&~-])", r"\\\1", literal)


def _may_hold(stream: Stream, source: str, parser: str) -> bool:
    """Whether a stream can hold for a source at all, by what is the same for all its rows."""
    constant = {"source": source, "parser": parser}
    if parser == CAPTURE and "parser" not in stream.fields:
        return False
    if not constant.keys() & stream.fields:
        return True

    def possible(expression: Expression) -> bool:
        match expression:
            case Name(name):
                return any(
                    all(
                        text_holds(pl.Series([constant[item.field]]), item)[0]
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


def _keys(stream: Stream, records: NDArray[np.int64], evaluator: Evaluator) -> pl.DataFrame:
    """The columns that a correlation groups by or counts, as strings."""
    groups = _named_groups(evaluator.field("body", records), stream.detection)
    columns = []
    for key in stream.keys:
        values = groups.get(key)
        if values is None:
            values = evaluator.field(key, records).cast(pl.String)
        columns.append(values.alias(key))
    return pl.DataFrame(columns)


def _named_groups(bodies: pl.Series, detection: Detection) -> dict[str, pl.Series]:
    """What the named groups of the regular expressions capture; the first expression that matches wins."""
    found: dict[str, pl.Series] = {}
    for pattern in detection.patterns():
        if "(?P<" not in pattern and "(?<" not in pattern:
            continue
        groups = bodies.str.extract_groups(by_line(pattern)).struct.unnest()
        for name in groups.columns:
            if not name.isdigit():
                values = groups.get_column(name)
                found[name] = found[name].fill_null(values) if name in found else values
    return found
