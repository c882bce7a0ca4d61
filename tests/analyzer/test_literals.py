"""A search for many literals finds what a search for each of them finds."""

from __future__ import annotations

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from analyzer.literals import Literals

# Few letters, so that literals overlap, hold each other and stand across the ends of texts; of one to four bytes.
letters = st.sampled_from("aab \0éß错😀")
literals = st.lists(st.text(letters, min_size=3, max_size=20), max_size=12, unique=True)
texts = st.lists(st.text(letters, max_size=40), max_size=12)


@given(literals, texts, texts)
def test_a_search_for_many_is_a_search_for_each(wanted: list[str], ahead: list[str], bodies: list[str]) -> None:
    bodies = [*bodies, *wanted, "".join(wanted)]
    # A part of a column begins behind the start of its buffer.
    column = pl.Series([*ahead, *bodies], dtype=pl.String)[len(ahead) :]
    codes, sets = Literals(wanted).sets(column)
    found = [sets[code] for code in codes.tolist()]
    assert found == [frozenset(literal for literal in wanted if literal in text) for text in bodies]


def test_nothing_is_found_where_nothing_is() -> None:
    for texts in ([], ["", "ab", "abd"]):
        codes, sets = Literals(["abc", "abcdefghi"]).sets(pl.Series(texts, dtype=pl.String))
        assert [sets[code] for code in codes.tolist()] == [frozenset()] * len(texts)


def test_thousands_of_literals_in_one_text() -> None:
    wanted = [f"{word} {number}" for number in range(2_000) for word in ("error", "refused by")]
    text = "; ".join(wanted)
    codes, sets = Literals(wanted).sets(pl.Series(["nothing", text, "error 1999"]))
    assert sets[codes[0]] == frozenset()
    assert sets[codes[1]] == frozenset(wanted)
    assert sets[codes[2]] == {literal for literal in wanted if literal in "error 1999"}
