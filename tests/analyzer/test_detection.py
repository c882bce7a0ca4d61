import pytest

from analyzer.condition import Name
from analyzer.detection import DetectionError, ExistsItem, NumberItem, TextItem, parse_detection


def item(key: str, value: object) -> TextItem | NumberItem | ExistsItem:
    return parse_detection({"one": {key: value}}).selections["one"].alternatives[0][0]


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("body", "x", TextItem("body", "equals", ("x",))),
        ("body|contains", ["a", "b"], TextItem("body", "contains", ("a", "b"))),
        ("body|contains|all", ["a", "b"], TextItem("body", "contains", ("a", "b"), match_all=True)),
        ("source|endswith|cased", ".log", TextItem("source", "endswith", (".log",), cased=True)),
        ("body|re", "^a+$", TextItem("body", "re", ("^a+$",), cased=True)),
        ("host_name|cidr", "10.0.0.0/8", TextItem("host_name", "cidr", ("10.0.0.0/8",))),
        ("body|contains", 503, TextItem("body", "contains", ("503",))),
        ("severity_number|gte", "17", NumberItem("severity_number", "gte", (17,))),
        (
            "http_response_status_code",
            ["502", 503],
            NumberItem("http_response_status_code", "equals", (502, 503)),
        ),
        ("trace_id|exists", "true", ExistsItem("trace_id", True)),
        ("trace_id|exists", False, ExistsItem("trace_id", False)),
    ],
)
def test_reads_an_item(key: str, value: object, expected: object) -> None:
    assert item(key, value) == expected


@pytest.mark.parametrize(
    ("key", "value", "message"),
    [
        ("bdy|contains", "x", "unknown field 'bdy': did you mean 'body'?"),
        ("message", "x", "unknown field 'message': the fields are body, source"),
        ("body|containz", "x", "did you mean 'contains'?"),
        ("body|contains|re", "x", "do not go together"),
        ("body|all|all", "x", "do not go together"),
        ("body|all", "x", "'all' needs contains"),
        ("body|re|cased", "x", "'cased' has no effect"),
        ("body|gt", "3", "cannot be compared"),
        ("body|contains", "", "would match anything"),
        ("body|re", [], "has no value"),
        ("body|contains", ["a", ["b"]], "must be text, not a list"),
        ("body|contains", {"a": "b"}, "must be text, not a mapping"),
        ("body|exists", "maybe", "true or false"),
        ("body|cidr", "10.0.0.0/8", "the body is text"),
        ("host_name|cidr", "10.0.0.1/8", "write a network such as"),
        ("severity_number|contains", "1", "is a number"),
        ("severity_number|gt", ["1", "2"], "takes one number"),
        ("severity_number", "high", "'high' is not"),
        ("severity_number", "1e309", "'1e309' is not"),
        ("severity_number", True, "'True' is not"),
    ],
)
def test_says_what_is_wrong_with_an_item(key: str, value: object, message: str) -> None:
    with pytest.raises(DetectionError) as caught:
        item(key, value)
    assert message in str(caught.value)
    assert caught.value.at[:2] == ("one", key)


@pytest.mark.parametrize(
    ("detection", "message", "at"),
    [
        ("x", "must be a mapping", ()),
        ({"one": ["keyword"]}, "must be a mapping", ("one", 0)),
        ({"one": []}, "is empty", ("one",)),
        ({"one": {}}, "is empty", ("one",)),
        ({"not": {"body": "x"}}, "cannot be the name", ("not",)),
        ({"a b": {"body": "x"}}, "cannot be the name", ("a b",)),
        ({"condition": "x"}, "no selections", ("condition",)),
        ({"a": {"body": "x"}, "condition": ["a"]}, "must be text", ("condition",)),
        ({"a": {"body": "x"}, "condition": "not a"}, "would match anything", ("condition",)),
        (
            {"a": {"body": "x"}, "b": {"body": "y"}, "condition": "a"},
            "does not use the selection 'b'",
            ("b",),
        ),
    ],
)
def test_says_what_is_wrong_with_a_detection(detection: object, message: str, at: tuple[str, ...]) -> None:
    with pytest.raises(DetectionError) as caught:
        parse_detection(detection)
    assert message in str(caught.value)
    assert caught.value.at == at


def test_one_selection_needs_no_condition() -> None:
    assert parse_detection({"one": {"body": "x"}}).condition == Name("one")
    assert parse_detection({"one": {"body": "x"}, "two": {"body": "y"}}).condition is None


def test_knows_the_groups_of_its_patterns() -> None:
    detection = parse_detection({"a": {"body|re": r"from (?P<src_ip>\S+) (?<port>\d+) (?:x)"}})
    assert detection.named_groups() == {"src_ip", "port"}


def test_mappings_of_a_list_are_alternatives() -> None:
    selection = parse_detection({"a": [{"body": "x", "source": "y"}, {"body": "z"}]}).selections["a"]
    assert [len(alternative) for alternative in selection.alternatives] == [2, 1]
    assert len(list(selection.items())) == 3
