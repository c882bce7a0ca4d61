"""Every rule of the rules folder proves itself on its own examples and keeps quiet on the others'.

The matcher here is a second, slow one, written from the definition of the rule format: what it finds must not
depend on how the fast one is built. Regular expressions run in the engine of the product (Rust, by polars).
"""

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from itertools import product
from operator import eq, ge, gt, le, lt

import polars as pl
import pytest

from analyzer.detection import Detection, ExistsItem, NumberItem, Selection, TextItem
from analyzer.rule import Correlation, Example, Rule, alternatives
from analyzer.rule_faults import invalid_patterns, missing_parts
from analyzer.rulebook import Rulebook, load, rules_dir
from parsers.formats.commands import FORMAT as COMMANDS
from parsers.formats.windows_event_viewer import FORMAT as EVENTS
from parsers.severity import of_messages

ISO = re.compile(r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)")
SYSLOG_TIME = re.compile(r"([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d)")
SYSLOG = re.compile(
    r"(?:\S+T\S+|[A-Z][a-z]{2} [ \d]\d [\d:]{8}) (?P<host>\S+) "
    r"(?P<service>[^\s\[:]+)(?:\[\d+\])?: (?P<body>.*)",
    re.S,
)


@dataclass(frozen=True)
class Record:
    fields: dict[str, str]
    time: datetime
    groups: dict[str, str] = field(default_factory=dict)


@cache
def extract(pattern: str, text: str) -> dict[str, str] | None:
    """The named groups of the first match, None when there is none."""
    series = pl.Series([text])
    if not series.str.contains(pattern)[0]:
        return None
    if "(?P<" not in pattern:
        return {}
    return {k: v for k, v in series.str.extract_groups(pattern)[0].items() if v is not None and not k.isdigit()}


def item_groups(item: TextItem | NumberItem | ExistsItem, record: Record) -> dict[str, str] | None:
    value = record.fields.get(item.field)
    if isinstance(item, ExistsItem):
        return {} if (value is not None) is item.expected else None
    if value is None:
        return None
    if isinstance(item, NumberItem):
        compare = {"gt": gt, "gte": ge, "lt": lt, "lte": le}.get(item.operator, eq)
        return {} if any(compare(float(value), wanted) for wanted in item.values) else None
    if item.operator == "re":
        found = [extract(pattern, value) for pattern in item.values]
    else:
        left = value if item.cased else value.lower()
        wanted = [text if item.cased else text.lower() for text in item.values]
        tests = {"contains": left.__contains__, "startswith": left.startswith, "endswith": left.endswith}
        found = [{} if tests.get(item.operator, left.__eq__)(text) else None for text in wanted]
    hits = [groups for groups in found if groups is not None]
    if not hits or (item.match_all and len(hits) < len(found)):
        return None
    return hits[0]


def select(selection: Selection, record: Record) -> dict[str, str] | None:
    for alternative in selection.alternatives:
        groups: dict[str, str] = {}
        for item in alternative:
            found = item_groups(item, record)
            if found is None:
                break
            groups |= found
        else:
            return groups
    return None


def detect(detection: Detection, record: Record) -> Record | None:
    hits = {name: select(selection, record) for name, selection in detection.selections.items()}
    assert detection.condition is not None
    if not detection.condition.evaluate({name: hit is not None for name, hit in hits.items()}):
        return None
    groups: dict[str, str] = {}
    for hit in hits.values():
        groups |= hit or {}
    return Record(record.fields, record.time, groups)


def key(correlation: Correlation, record: Record) -> tuple[str | None, ...]:
    return tuple(record.groups.get(name, record.fields.get(name)) for name in correlation.group_by)


def windows(records: list[Record], length: timedelta) -> Iterator[list[Record]]:
    for start in records:
        yield [r for r in records if start.time <= r.time <= start.time + length]


def hits(rule: Rule, records: list[Record], book: Rulebook) -> list[Record]:
    """The records at which the rule is satisfied."""
    correlation = rule.correlation
    if correlation is None:
        return [hit for r in records if (hit := detect(rule.detection, r))]
    groups: dict[tuple[str | None, ...], list[Record]] = defaultdict(list)
    if correlation.condition:
        for record in records:
            if hit := detect(rule.detection, record):
                groups[key(correlation, hit)].append(hit)
        return [w[-1] for g in groups.values() for w in windows(g, correlation.timespan) if holds(correlation, w)]
    parts = [part_hits(rule, name, records, book) for name in correlation.rules]
    length = correlation.timespan
    found = []
    for first in parts[0]:
        same = [[r for r in part if key(correlation, r) == key(correlation, first)] for part in parts[1:]]
        later = [[r for r in part if first.time <= r.time <= first.time + length] for part in same]
        if correlation.type == "absence":
            if not later[0] and records[-1].time > first.time + length:
                found.append(first)
        elif all(later):
            found.append(first)
    return found


def holds(correlation: Correlation, window: list[Record]) -> bool:
    assert correlation.condition
    counted = correlation.condition.field
    number = len({r.groups.get(counted, r.fields.get(counted)) for r in window}) if counted else len(window)
    return correlation.condition.holds(number)


def part_hits(rule: Rule, name: str, records: list[Record], book: Rulebook) -> list[Record]:
    if "." in name:
        return [record for other in alternatives(name) for record in hits(book.rules[other], records, book)]
    selection = rule.detection.selections[name]
    return [Record(r.fields, r.time, groups) for r in records if (groups := select(selection, r)) is not None]


def may_fire_together(one: Rule, other: Rule) -> bool:
    """Whether a record may show both faults: one of them is a symptom, or explains or correlates the other."""
    return one.symptom != other.symptom or any(
        b.id in (*a.explains, *(a.correlation.others() if a.correlation else ()))
        for a, b in ((one, other), (other, one))
    )


def time_of(line: str, default: datetime) -> datetime:
    if match := ISO.search(line):
        return datetime.fromisoformat(f"{match[1]}T{match[2]}")
    if match := SYSLOG_TIME.search(line):
        return datetime.strptime(f"2026 {match[1]}", "%Y %b %d %H:%M:%S")
    return default


@cache
def severity_of(body: str) -> int:
    return int(of_messages(pl.Series([body]))[0])


def records_of(example: Example, split_header: bool, correlated: bool) -> list[list[Record]]:
    """The ways to read an example: as one record, and as a record for each line."""
    lines = example.text.splitlines()
    if any("\n" in row for row in COMMANDS.records(lines).body):
        # Tables of commands are read row by row, and rules ask for their sentences.
        fields = {"parser": COMMANDS.name, "source": example.source or ""}
        return [[Record({**fields, "body": body}, datetime(2026, 1, 1)) for body in COMMANDS.records(lines).body]]
    if lines and EVENTS.starts_record(lines[0]):
        # Labels are read as events, and rules ask for their source.
        found = EVENTS.records(lines)
        fields = {name: values[0] or "" for name, values in found.fields.items()}
        return [[Record({**fields, "body": body}, datetime(2026, 1, 1)) for body in found.body]]
    readings = [lines] if correlated or len(lines) == 1 else [lines, [example.text]]
    result = []
    for reading in readings:
        time, records = datetime(2026, 1, 1), []
        for line in reading:
            time = time_of(line, time)
            fields = {"body": line}
            if split_header and (match := SYSLOG.fullmatch(line)):
                fields = {"body": match["body"], "service_name": match["service"], "host_name": match["host"]}
            if severity := severity_of(fields["body"]):
                fields["severity_number"] = str(severity)
            if example.source:
                fields["source"] = example.source
            records.append(Record(fields, time))
        result.append(records)
    return result


def fires(rule: Rule, example: Example, split_header: bool, book: Rulebook) -> bool:
    readings = records_of(example, split_header, rule.correlation is not None)
    return any(hits(rule, records, book) for records in readings)


BOOK = load([rules_dir()])
RULES = list(BOOK)
HEADERS = pytest.mark.parametrize("split_header", [False, True], ids=["whole-line", "message"])
EACH = pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)


@EACH
def test_has_everything_that_people_need(rule: Rule) -> None:
    assert missing_parts(rule) == []
    captured = any(example.capture for example in rule.examples.match)
    assert len(rule.examples.match) >= (1 if captured else 3)
    assert len(rule.examples.no_match) >= (1 if captured else 2)
    assert re.search(r"[\u4e00-\u9fff]{4}", rule.plain.zh if rule.plain and rule.plain.zh else "")


@EACH
def test_stands_where_its_id_says(rule: Rule) -> None:
    component, problem = rule.id.split(".")
    assert BOOK.entries[rule.id].path == str(rules_dir() / component / f"{problem}.yaml")
    assert rule.component == component


@EACH
@HEADERS
def test_finds_its_examples(rule: Rule, split_header: bool) -> None:
    missed = [e.text for e in rule.examples.match if e.text and not fires(rule, e, split_header, BOOK)]
    assert missed == []


@EACH
@HEADERS
def test_leaves_its_near_misses_alone(rule: Rule, split_header: bool) -> None:
    wrong = [e.text for e in rule.examples.no_match if e.text and fires(rule, e, split_header, BOOK)]
    assert wrong == []


@EACH
def test_keeps_quiet_on_the_examples_of_other_rules(rule: Rule) -> None:
    wrong = [
        (other.id, example.text)
        for other in RULES
        if other.id != rule.id and not may_fire_together(rule, other)
        for example in other.examples.match
        if example.text and fires(rule, example, False, BOOK)
    ]
    assert wrong == []


@EACH
def test_patterns_compile_in_rust(rule: Rule) -> None:
    def reason(pattern: str) -> str | None:
        try:
            pl.Series([""]).str.contains(pattern)
        except pl.exceptions.ComputeError as error:
            return str(error)
        return None

    assert invalid_patterns(rule, reason) == []


@EACH
def test_each_alternative_has_a_literal_to_filter_by(rule: Rule) -> None:
    for name, selection in rule.detection.selections.items():
        if only_excludes(rule.detection, name):
            continue
        for alternative in selection.alternatives:
            assert any(is_literal(item) for item in alternative), f"{name} has no literal of four characters"


def is_literal(item: TextItem | NumberItem | ExistsItem) -> bool:
    if not isinstance(item, TextItem) or item.field != "body" or item.operator == "re":
        return False
    return all(len(re.sub(r"\d", "", text)) >= 4 for text in item.values)


def only_excludes(detection: Detection, name: str) -> bool:
    """Whether switching the selection on can never make the condition true."""
    condition = detection.condition
    if condition is None:
        return False
    others = [other for other in detection.selections if other != name]
    states = [dict(zip(others, bits, strict=True)) for bits in product([False, True], repeat=len(others))]
    return not any(condition.evaluate({**s, name: True}) > condition.evaluate({**s, name: False}) for s in states)
