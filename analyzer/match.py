"""Rules over records: which records of a slice does each rule find.

A rule is one *stream* of records, the ones its condition holds for; a rule that correlates its own selections has one
stream for each of them. Streams are evaluated on whole records, but only on candidates: records with a
row whose shape holds, without digits, a literal that the stream cannot do without (its triggers): lines cost little.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from analyzer.condition import And, Expression, Name, Not, Or
from analyzer.detection import Detection, TextItem
from analyzer.errors import PatternError
from analyzer.evaluator import Evaluator, by_line, text_holds
from analyzer.prefilter import Prefilter
from analyzer.rule import Rule
from analyzer.rule_faults import invalid_patterns
from analyzer.telling import rows_with
from analyzer.trigger import triggers
from parsers.times import NAT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.batch import Batch

# What the parser of captures is called: its records are for rules alone that ask for it.
CAPTURE = "capture"
# Records of a stream that a slice reports one by one, when the rule does not correlate them.
KEPT_RECORDS = 20
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
    _prefilters: dict[bool, Prefilter] = field(default_factory=dict)

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
        candidates = self._prefilter(parser == CAPTURE).candidates(batch, wanted)
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

    def _prefilter(self, captures: bool) -> Prefilter:
        """What finds the candidates in captures, or in all else; made when it is first needed."""
        if captures not in self._prefilters:
            streams = {n: stream for n, stream in enumerate(self.streams) if not captures or "parser" in stream.fields}
            wanted = {n: triggers(stream.expression, stream.detection) for n, stream in streams.items()}
            self._prefilters[captures] = Prefilter(wanted)
        return self._prefilters[captures]


def _hits(number: int, stream: Stream, records: NDArray[np.int64], evaluator: Evaluator) -> Hits:
    batch = evaluator.batch
    times = batch.time[batch.heads[records]]
    known = times[times != NAT]
    kept = records if stream.correlated else _ends(records, KEPT_RECORDS)
    rows = rows_with(batch, kept, stream.detection.telling())
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
        for name in rule.correlation.others() if rule.correlation else ():
            if rule.correlation:
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
