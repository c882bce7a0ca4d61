from datetime import timedelta

import pytest
from pydantic import ValidationError

from analyzer.rule import Rule, Threshold
from analyzer.rule_faults import invalid_patterns, missing_parts

ONE = {"one": {"body|contains": "text"}}
MINIMAL = {"id": "a.b", "title": "T", "severity": "high", "detection": ONE}
TWO = {"one": {"body|re": r"(?P<unit>\w+) up"}, "two": {"body|contains": "down"}}

COUNT = {"type": "event_count", "timespan": "1m"}
VALUES = {"type": "value_count", "timespan": "1m"}
BOTH = {"type": "temporal", "timespan": "1m"}
ABSENCE = {"type": "absence", "timespan": "1m", "rules": ["one", "two"]}
PAIR = {"rules": ["one", "two"]}
BODIES = {"condition": {"gte": 2, "field": "body"}}
USERS = {"condition": {"gte": 2, "field": "user"}}


def rule(**changes: object) -> Rule:
    return Rule.model_validate(MINIMAL | changes)


def fault(**changes: object) -> tuple[str, tuple[object, ...]]:
    """The message of the first fault, and the path to it."""
    with pytest.raises(ValidationError) as caught:
        rule(**changes)
    error = caught.value.errors()[0]
    return error["msg"], (*error["loc"], *error.get("ctx", {}).get("at", ()))


def test_four_keys_are_enough() -> None:
    assert rule().severity == "high"
    assert list(rule().literals()) == ["text"]


def test_cannot_change() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        rule().title = "other"  # type: ignore[misc]


@pytest.mark.parametrize(
    "changes",
    [
        {"id": "nodot"},
        {"id": "A.b"},
        {"title": "a\nb"},
        {"title": " "},
        {"severity": "urgent"},
        {"sverity": "low"},
    ],
)
def test_refuses(changes: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        rule(**changes)


def test_an_example_is_a_text_or_a_text_with_its_source() -> None:
    examples = rule(examples={"match": ["a", {"text": "b", "source": "var/log/x"}]}).examples
    assert [(e.text, e.source) for e in examples.match] == [("a", None), ("b", "var/log/x")]


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        ("30s", timedelta(seconds=30)),
        ("5m", timedelta(minutes=5)),
        ("1h", timedelta(hours=1)),
        ("1d", timedelta(days=1)),
    ],
)
def test_reads_a_timespan(span: str, expected: timedelta) -> None:
    correlation = rule(correlation={"type": "event_count", "timespan": span, "condition": {"gte": 3}}).correlation
    assert correlation is not None
    assert correlation.timespan == expected


@pytest.mark.parametrize("span", ["5", "m", "0s", "-1s", "1w", "5 m", "", 5, None, "9999999d"])
def test_refuses_other_timespans(span: object) -> None:
    message, path = fault(correlation={"type": "event_count", "timespan": span, "condition": {"gte": 3}})
    assert "is not a timespan" in message
    assert path == ("correlation", "timespan")


@pytest.mark.parametrize(
    ("operator", "holding"), [("gte", {5, 6}), ("gt", {6}), ("lte", {4, 5}), ("lt", {4}), ("eq", {5})]
)
def test_a_threshold_holds(operator: str, holding: set[int]) -> None:
    threshold = Threshold.model_validate({operator: 5})
    assert {count for count in (4, 5, 6) if threshold.holds(count)} == holding


@pytest.mark.parametrize(
    ("detection", "correlation", "message", "path"),
    [
        (TWO, None, "several selections and no condition", ("detection",)),
        ({}, None, "has no selection", ("detection",)),
        (TWO, COUNT | {"condition": {"gte": 2}}, "no condition", ("detection",)),
        (ONE, COUNT, "needs a condition", ("correlation", "type")),
        (ONE, COUNT | {"condition": {"gte": 2, "lt": 9}}, "exactly one", ("correlation", "condition")),
        (ONE, COUNT | {"condition": {}}, "exactly one", ("correlation", "condition")),
        (
            ONE,
            COUNT | {"condition": {"gte": 2}, "rules": ["one"]},
            "remove 'rules'",
            ("correlation", "rules"),
        ),
        (ONE, COUNT | BODIES, "use value_count", ("correlation", "condition", "field")),
        (ONE, VALUES | {"condition": {"gte": 2}}, "needs the field", ("correlation", "condition")),
        (ONE, VALUES | USERS, "'user' is neither", ("correlation", "condition", "field")),
        (TWO, BOTH | {"rules": ["one"]}, "two selections", ("correlation", "rules")),
        (TWO, BOTH | {"rules": ["one", "too"]}, "called 'too'", ("correlation", "rules", 1)),
        (TWO | {"condition": "one and two"}, BOTH | PAIR, "remove the condition", ("detection", "condition")),
        (TWO | {"three": {"body": "x"}}, BOTH | PAIR, "does not use", ("detection", "three")),
        (TWO, ABSENCE | {"rules": ["one", "two", "one"]}, "needs two rules", ("correlation", "rules")),
        (TWO, ABSENCE | {"condition": {"gte": 1}}, "remove it", ("correlation", "condition")),
        (TWO, ABSENCE | {"group-by": ["unit", "x"]}, "'x' is neither", ("correlation", "group-by", 1)),
    ],
)
def test_the_parts_must_fit(detection: object, correlation: object, message: str, path: tuple[object, ...]) -> None:
    found, where = fault(
        detection=detection if detection is not None else MINIMAL["detection"], correlation=correlation
    )
    assert message in found
    assert where == path


def test_a_temporal_rule_names_its_selections_itself() -> None:
    correlated = rule(
        detection=TWO,
        correlation={
            "type": "absence",
            "timespan": "1m",
            "rules": ["one", "two"],
            "group-by": ["unit", "host_name"],
        },
    )
    assert correlated.detection.condition is None
    assert correlated.correlation is not None
    assert correlated.correlation.group_by == ("unit", "host_name")


def test_a_rule_may_correlate_other_rules_without_a_detection() -> None:
    data = {key: value for key, value in MINIMAL.items() if key != "detection"}
    correlation = {"type": "temporal", "timespan": "5m", "rules": ["disk.full", "postgres.stopped"]}
    assert Rule.model_validate(data | {"correlation": correlation}).detection.selections == {}
    with pytest.raises(ValidationError, match="detection"):
        Rule.model_validate(data)


def test_names_what_is_missing_for_the_rules_folder() -> None:
    missing = missing_parts(rule(cause="c", fixes=[{"kind": "temporary", "steps": ["s"], "risk": "r"}]))
    assert "cause" not in missing
    assert "fixes[0].risk" not in missing
    assert {"impact", "plain.zh", "fixes (permanent)", "fixes[0].rollback", "examples.match"} <= set(missing)


def test_reports_patterns_that_do_not_compile() -> None:
    bad = rule(detection={"one": {"body|re": ["fine", "([open"]}})
    found = invalid_patterns(bad, lambda pattern: "unclosed" if "[" in pattern else None)
    assert found == [(("detection", "one"), "the regular expression '([open' is not valid: unclosed")]
