"""Records that are blocks of lines."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.contract import HEAD_BYTES, Source
from parsers.formats.databases import ORACLE
from parsers.formats.java_util_logging import TWO_LINES


def test_the_level_stands_on_the_second_line() -> None:
    found = TWO_LINES.records(["Mar 14, 2026 3:08:12 PM Till main", "SEVERE: paper jam", "\tat a.B.c(B.java:7)"])
    assert found.severity == [17]
    assert found.body == ["paper jam\n\tat a.B.c(B.java:7)"]


def test_blocks_that_do_not_read_are_kept_as_text() -> None:
    found = TWO_LINES.records(["before", "Mar 14, 2026 3:08:12 PM Till main", "no level here", ""])
    assert found.body == ["before", "Mar 14, 2026 3:08:12 PM Till main\nno level here"]
    assert found.line == [0, 1]


def test_a_default_severity_holds_where_nothing_says_more() -> None:
    found = ORACLE.records(["Sat Mar 14 09:26:55 2026", "Thread 1 advanced to log sequence 7"])
    assert found.severity == [9]


def test_a_half_block_at_the_end_of_the_head_does_not_count(tmp_path: Path) -> None:
    text = "Mar 14, 2026 3:08:12 PM Till main\nINFO: x\n" * 3 + "Mar 14, 2026 3:08:13 PM Till main\n"
    data = text.encode()
    assert len(data) < HEAD_BYTES
    cut = Source("a", tmp_path / "a", len(data) + 1, data)
    assert TWO_LINES.sniff(cut) == pytest.approx(TWO_LINES.confidence)


@given(st.lists(st.sampled_from(["Sat Mar 14 09:26:55 2026", "ORA-00600: x", "", "text"]), max_size=12))
def test_every_line_is_in_a_block_or_skipped(lines: list[str]) -> None:
    found = ORACLE.records(lines)
    starts = sum(ORACLE.starts_record(line) for line in lines)
    assert starts <= len(found.line) <= starts + 1
    assert found.line == sorted(found.line)
    assert bool(found.line) == any(lines)
