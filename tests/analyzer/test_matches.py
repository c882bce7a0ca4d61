from __future__ import annotations

from datetime import timedelta

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import matches
from analyzer.correlate import correlate
from analyzer.match import Hits
from analyzer.matches import Match
from analyzer.rule import Correlation
from parsers.times import NAT

SECOND = 1_000_000


def hits(records: list[tuple[str, int | None, str]]) -> Hits:
    """Records as (key, second, value)."""
    size = len(records)
    times = np.array([NAT if second is None else second * SECOND for _, second, _ in records], np.int64)
    frame = pl.DataFrame(
        {
            "line_number": np.arange(size),
            "byte_offset": np.arange(size) * 80,
            "time": times,
            "severity_number": np.full(size, 17, np.uint8),
            "key": pl.Series([key for key, _, _ in records], dtype=pl.String),
            "value": pl.Series([value for _, _, value in records], dtype=pl.String),
        }
    )
    known = times[times != NAT]
    first, last = (int(known.min()), int(known.max())) if len(known) else (NAT, NAT)
    return Hits(0, size, frame, first, last, np.unique(known // SECOND, return_counts=True))


def match_of(slices: list[list[tuple[str, int | None, str]]]) -> Match:
    match, first = Match(), 0
    for number, records in enumerate(slices):
        match.add(hits(records), number, first)
        first += len(records)
    return match


RECORDS = st.tuples(st.sampled_from("abc"), st.integers(0, 400), st.sampled_from("xyz"))
UNTIMED = st.tuples(st.sampled_from("abc"), st.none() | st.integers(0, 400), st.sampled_from("xyz"))
SLICES = st.lists(st.lists(RECORDS, min_size=1, max_size=30), min_size=1, max_size=4) | st.lists(
    st.lists(UNTIMED, min_size=1, max_size=10), min_size=1, max_size=2
)


@given(
    slices=SLICES,
    span=st.integers(1, 120),
    comparison=st.sampled_from(["gte", "gt", "eq", "lte"]),
    number=st.integers(1, 5),
    counted=st.sampled_from([None, "value"]),
    rows=st.sampled_from([1, 7, 250_000]),
    packed=st.sampled_from([1, 10_000]),
)
def test_correlation_by_parts_finds_what_correlation_of_everything_finds(
    slices: list[list[tuple[str, int | None, str]]],
    span: int,
    comparison: str,
    number: int,
    counted: str | None,
    rows: int,
    packed: int,
) -> None:
    threshold = {comparison: number} | ({"field": counted} if counted else {})
    kind = "value_count" if counted else "event_count"
    correlation = Correlation.model_validate(
        {"type": kind, "group-by": ("key",), "timespan": f"{span}s", "condition": threshold}
    )
    assert correlation.timespan == timedelta(seconds=span)
    with pytest.MonkeyPatch.context() as settings:
        settings.setattr(matches, "PART_ROWS", rows)
        settings.setattr(matches, "PACKED_ROWS", packed)
        match = match_of(slices)
        whole = match.records()
        parts = list(match.parts(["key"], correlation.condition.least() if correlation.condition else 0, span * SECOND))
    assert whole["line_number"].to_list() == list(range(1, sum(map(len, slices)) + 1))
    found = [some for part in parts if (some := correlate(correlation, [part], 10**15))]
    expected = correlate(correlation, [whole], 10**15)
    lines = sorted(line for some in found for line in some.frame["line_number"])
    assert lines == (sorted(expected.frame["line_number"]) if expected else [])
    assert lines == by_hand(slices, span, comparison, number, counted)


def by_hand(
    slices: list[list[tuple[str, int | None, str]]], span: int, comparison: str, number: int, counted: str | None
) -> list[int]:
    """The lines of all windows that satisfy the condition, window by window."""
    numbered = [(line, *record) for line, record in enumerate((r for records in slices for r in records), 1)]
    compare = {"gte": int.__ge__, "gt": int.__gt__, "eq": int.__eq__, "lte": int.__le__}[comparison]
    out: set[int] = set()
    for key in "abc":
        mine = [record for record in numbered if record[1] == key]
        known = [second for _, _, second, _ in mine if second is not None]
        earliest = min(known, default=0)
        placed = sorted((earliest if second is None else second, line, value) for line, _, second, value in mine)
        for at, (begin, _, _) in enumerate(placed):
            window = [record for record in placed[at:] if record[0] <= begin + span]
            size = len({value for _, _, value in window}) if counted else len(window)
            if compare(size, number):
                out |= {line for _, line, _ in window}
    return sorted(out)
