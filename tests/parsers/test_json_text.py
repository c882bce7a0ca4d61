"""JSON, an object a line: lines decoded together give what each gives alone."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.json_text import decode, element, elements, objects

_LINES = st.lists(
    st.sampled_from(
        ["{}", '{"a":1}', ' {"a":1} ', '{"a":1},', "[", "]", "", "text", '{"a":"x', 'y"}', '{"a":[{}', "{}]}", "{},{}",
         '{"a":NaN}', '{"a":"\\ud800"}', '{"n":' + "9" * 5000 + "}", '{"n":' + "9" * 50 + "}", "{" * 3000, '"b":2}']
    ),
    max_size=12,
)  # fmt: skip


def test_broken_lines_do_not_hide_each_other() -> None:
    # Three values in three lines, of which none is that of its line.
    lines = ['{"a":[{}', "{}]}", "{},{}"]
    assert objects(lines) == [None, None, None]


@settings(max_examples=300, deadline=None)
@given(_LINES)
def test_lines_decoded_together_are_as_each_alone(lines: list[str]) -> None:
    assert objects(lines) == [decode(line) for line in lines]
    assert elements(lines) == [element(line) for line in lines]
