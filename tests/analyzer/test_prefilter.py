from __future__ import annotations

from collections.abc import Callable
from itertools import combinations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from analyzer.finding import Report

ReportOn = Callable[..., Report]
WORDS = ["FAILED ", "Failed ", "failed ", "code 137", "Code 13", "eth0 up", "eth up", "disk", "DISK", "Disk7"]
literals = st.lists(st.sampled_from(WORDS), min_size=1, max_size=3, unique=True)
selections = st.lists(st.tuples(literals, st.booleans()), min_size=1, max_size=3)
texts = st.lists(st.sampled_from([*WORDS, "x ", "7", "y"]), max_size=5).map("".join)


def holds(text: str, selection: list[tuple[list[str], bool]]) -> bool:
    lower = text.lower()
    return any(word in text if cased else word.lower() in lower for literals, cased in selection for word in literals)


@settings(max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(selections, min_size=1, max_size=3), st.lists(texts, min_size=1, max_size=12), st.booleans())
def test_what_rules_find_by_the_shapes_of_lines_is_what_the_lines_say(
    report_on: ReportOn, wanted: list[list[tuple[list[str], bool]]], bodies: list[str], many: bool
) -> None:
    # Many shapes are searched in another way than a few.
    bodies = [f"{body}|" for body in bodies] + [
        "-".join(words) for n in (2, 3, 4) for words in combinations(WORDS, n)
    ] * many
    log = "".join(f"2026-03-14 09:{i // 60 % 60:02d}:{i % 60:02d} INFO {body}\n" for i, body in enumerate(bodies))
    rules = "".join(
        f"---\nid: t.r{i}\ntitle: T\nseverity: high\ndetection:\n  a:\n"
        + "".join(f"    - body|contains{'|cased' * cased}: {words}\n" for words, cased in selection)
        for i, selection in enumerate(wanted)
    )
    counts = {finding.rule.id: finding.count for finding in report_on(log, rules).findings}
    expected = {f"t.r{i}": sum(holds(body, one) for body in bodies) for i, one in enumerate(wanted)}
    assert counts == {name: count for name, count in expected.items() if count}


@pytest.mark.parametrize("others", [0, 300])
def test_a_literal_in_its_own_case_may_have_digits(report_on: ReportOn, others: int) -> None:
    words = [f"{chr(97 + i // 26)}{chr(97 + i % 26)}" for i in range(others)]
    log = "".join(
        f"2026-03-14 09:26:53 INFO {body}\n"
        for body in ["Code 137", "code 137", "Code 13", *(f"{w} Code 9" for w in words)]
    )
    rule = '---\nid: t.r\ntitle: T\nseverity: high\ndetection: {a: {body|contains|cased: "Code 137"}}\n'
    (finding,) = report_on(log, rule).findings
    assert [evidence.line_number for evidence in finding.evidence] == [1]
