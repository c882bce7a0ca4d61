"""Names of old zips, as people in those places wrote them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.bundle.charset import guess_charset


@pytest.mark.parametrize(
    ("charset", "names"),
    [
        ("cp932", ["ログ/アプリ.log"]),
        ("cp932", ["障害報告書.txt"]),
        ("gb18030", ["日志/应用.log"]),
        ("gb18030", ["北京.log"]),
        ("big5", ["日誌/應用.log"]),
        ("euc_kr", ["로그.log", "시스템 오류.txt"]),
        ("euc_jp", ["ログ/アプリ.log"]),
        ("koi8_r", ["журнал.log"]),
        ("cp866", ["журнал.log"]),
        ("cp1251", ["журнал.log"]),
        ("cp437", ["Müller.log", "Größe.txt"]),
        ("cp1252", ["Müller.log"]),
    ],
)
def test_names_are_read_as_they_were_written(charset, names):
    assert guess_charset([name.encode(charset) for name in names]) == charset


@given(st.lists(st.binary(max_size=40), max_size=4))
def test_any_names_can_be_decoded_with_the_guess(names):
    assert b"\n".join(names).decode(guess_charset(names)) is not None
