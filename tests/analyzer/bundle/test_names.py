"""Names are shown safely, and what is unsafe in them is told."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.bundle.names import decode_name, shown, unsafe_because


@given(st.text(max_size=3000), st.binary(max_size=300))
def test_a_shown_name_has_nothing_that_a_terminal_obeys(text, raw):
    for name in (shown(text), shown(decode_name(raw))):
        assert not re.search("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", name)
        assert len(name) <= 6 * 1024
        name.encode()


def test_odd_characters_are_shown_as_escapes():
    assert shown("a\x1b[2J\u202eb") == r"a\x1b[2J\u202eb"
    assert shown(decode_name(b"\xff.log")) == r"\xff.log"


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("../x", '".."'),
        ("a/../../x", '".."'),
        ("..\\x", '".."'),
        ("/etc/passwd", "absolute"),
        ("\\\\server\\share", "absolute"),
        ("C:\\x", "drive"),
        ("a\nb", "control"),
        ("a\u202eb", "direction"),
        ("d/" * 2000, "too long"),
        ("", "empty"),
    ],
)
def test_unsafe_names_are_told(name, reason):
    assert reason in " ".join(unsafe_because(name))


@pytest.mark.parametrize("name", ["a.log", "var/log/日志.log", "..a/b..", "a:b.log", "~/x", "$(id).log"])
def test_sound_names_are_not(name):
    assert unsafe_because(name) == []
