import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.condition import ConditionError, parse_condition

NAMES = ("login", "login_failed", "stopping", "_noise")


def truth(condition: str, *matching: str) -> bool:
    return parse_condition(condition, NAMES).evaluate({name: name in matching for name in NAMES})


@pytest.mark.parametrize(
    ("condition", "matching", "expected"),
    [
        ("login", ["login"], True),
        ("login", [], False),
        ("login and not stopping", ["login"], True),
        ("login and not stopping", ["login", "stopping"], False),
        ("login or stopping and login_failed", ["login"], True),
        ("(login or stopping) and login_failed", ["login"], False),
        ("not not login", ["login"], True),
        ("not (login or stopping)", ["stopping"], False),
        ("1 of login*", ["login_failed"], True),
        ("all of login*", ["login_failed"], False),
        ("all of login*", ["login", "login_failed"], True),
        ("1 of *ing", ["stopping"], True),
        ("1 of them", ["_noise"], False),
        ("all of them", ["login", "login_failed", "stopping"], True),
        ("1 of them and not _noise", ["login", "_noise"], False),
        ("  login\n and\tstopping ", ["login", "stopping"], True),
    ],
)
def test_evaluates_as_sigma_does(condition: str, matching: list[str], expected: bool) -> None:
    assert truth(condition, *matching) is expected


@pytest.mark.parametrize(
    ("condition", "offset", "message"),
    [
        ("", 0, "expected the name of a selection, the condition ends"),
        ("login and", 9, "expected the name of a selection, the condition ends"),
        ("login stopping", 6, "expected 'and' or 'or', found 'stopping'"),
        ("login AND stopping", 6, "keywords are lower case"),
        ("(login", 6, "expected ')'"),
        ("login)", 5, "expected 'and' or 'or', found ')'"),
        ("stoping", 0, "did you mean 'stopping'?"),
        ("login and (stopping or nosuch)", 23, "no selection is called 'nosuch'"),
        ("login*", 0, "write '1 of login*'"),
        ("1 login", 2, "expected 'of' after '1'"),
        ("1 of", 4, "expected 'them' or a pattern"),
        ("all of x*", 7, "no selection is called 'x*'"),
        ("login & stopping", 6, "'&' has no meaning"),
        ("and", 0, "expected the name of a selection, found 'and'"),
        ("(" * 21 + "login" + ")" * 21, 20, "nested more than 20 deep"),
        ("login or " * 300 + "login", 0, "more than 500 words"),
    ],
)
def test_points_at_the_mistake(condition: str, offset: int, message: str) -> None:
    with pytest.raises(ConditionError) as caught:
        parse_condition(condition, NAMES)
    assert message in str(caught.value)
    assert caught.value.offset == offset


words = st.sampled_from(["and", "or", "not", "(", ")", "1", "all", "of", "them", *NAMES, "log*", "x", "%"])


@given(st.one_of(st.text(max_size=60), st.lists(words, max_size=40).map(" ".join)))
def test_any_text_is_a_condition_or_a_condition_error(text: str) -> None:
    try:
        expression = parse_condition(text, NAMES)
    except ConditionError as error:
        assert 0 <= error.offset <= len(text)
    else:
        assert set(expression.names()) <= set(NAMES)


expressions = st.recursive(
    st.sampled_from(NAMES),
    lambda inner: st.one_of(
        inner.map(lambda e: f"not ({e})"),
        st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(lambda t: f"({t[0]}) {t[1]} ({t[2]})"),
    ),
    max_leaves=8,
)


@given(expressions, st.dictionaries(st.sampled_from(NAMES), st.booleans()))
def test_means_what_python_means(condition: str, values: dict[str, bool]) -> None:
    matched = {name: values.get(name, False) for name in NAMES}
    assert parse_condition(condition, NAMES).evaluate(matched) == eval(condition, {}, matched)
