from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.contract import Source
from parsers.excerpt import quote, surroundings
from parsers.text import detect_encoding

MakeSource = Callable[..., Source]
# Blanks that do not break are read and shown as blanks, and what has no width not at all.
CHARACTERS = st.characters(
    codec="utf-8", exclude_categories=("Cc", "Cf", "Cs", "Zl", "Zp"), exclude_characters="\u00a0\u2007\u202f"
)
LINES = st.lists(st.text(CHARACTERS), min_size=1)


@given(LINES, st.data(), st.sampled_from(["utf-8", "utf-16-le"]), st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_a_line_is_quoted_with_the_lines_around_it(
    make_source: MakeSource, lines: list[str], data: st.DataObject, codec: str, end: str, ended: bool
) -> None:
    lines = ["2026 first", *lines, "last"]
    bom = "\ufeff" if codec == "utf-16-le" else ""
    text = bom + end.join(lines) + (end if ended else "")
    source = make_source(text.encode(codec))
    at = data.draw(st.integers(0, len(lines) - 1))
    offset = len((bom + "".join(line + end for line in lines[:at])).encode(codec))
    encoding = detect_encoding(source.head)
    before, after = surroundings(source, offset, encoding, 3)
    assert quote(source, offset, encoding) == lines[at]
    assert list(before) == lines[max(0, at - 3) : at]
    assert list(after) == lines[at + 1 : at + 4]


@pytest.mark.parametrize("at", [0, 1, 2])
def test_very_long_neighbours_are_left_out(make_source: MakeSource, at: int) -> None:
    lines = ["a" * 20_000, "b", "c" * 20_000]
    source = make_source("\n".join(lines).encode())
    offset = sum(len(line) + 1 for line in lines[:at])
    before, after = surroundings(source, offset, detect_encoding(source.head), 5)
    assert before == (("b",) if at == 2 else ())
    assert after == ()
