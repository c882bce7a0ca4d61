from __future__ import annotations

import unicodedata

from hypothesis import given
from hypothesis import strategies as st

from analyzer.render._escape import visible


@given(st.text())
def test_nothing_that_could_act_is_left(text: str) -> None:
    shown = visible(text)
    assert not [char for char in shown if unicodedata.category(char) in ("Cc", "Zl", "Zp", "Cs")]
    assert not set(shown) & set("\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f")


@given(st.text("abc 中文ü€[]{}<>&"))
def test_ordinary_text_stays_as_it_is(text: str) -> None:
    assert visible(text) == text


def test_escapes_name_the_character() -> None:
    assert visible("a\x1b[2J\u202eb\x9bc\td") == "a\\x1b[2J\\u202eb\\x9bc    d"
