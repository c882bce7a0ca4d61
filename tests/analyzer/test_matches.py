from __future__ import annotations

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer import matches
from analyzer.match import Hits
from analyzer.matches import Match


def hits(keys: list[str | None], begin: int) -> Hits:
    size = len(keys)
    frame = pl.DataFrame(
        {
            "line_number": np.arange(size),
            "byte_offset": np.arange(size) * 80,
            "time": np.arange(begin, begin + size) * 1_000_000,
            "severity_number": np.full(size, 17, np.uint8),
            "key": pl.Series(keys, dtype=pl.String),
        }
    )
    seconds = np.unique(np.arange(begin, begin + size), return_counts=True)
    return Hits(0, size, frame, begin * 1_000_000, (begin + size - 1) * 1_000_000, seconds)


@given(
    st.lists(st.lists(st.sampled_from(["a", "b", "c", "d"]), min_size=1, max_size=40), min_size=1, max_size=6),
    st.integers(0, 20),
    st.sampled_from([1, 7, 250_000]),
    st.sampled_from([1, 10_000]),
)
def test_parts_hold_every_record_of_the_groups_that_are_large_enough(
    slices: list[list[str]], least: int, rows: int, packed: int
) -> None:
    with pytest.MonkeyPatch.context() as settings:
        settings.setattr(matches, "PART_ROWS", rows)
        settings.setattr(matches, "PACKED_ROWS", packed)
        match, first = Match(), 0
        for number, keys in enumerate(slices):
            match.add(hits(keys, 1000 * number), number, first)
            first += len(keys)
        whole = match.records()
        parts = list(match.parts(["key"], least))
    assert whole.height == match.count == first
    assert whole["line_number"].to_list() == [i + 1 for n, keys in enumerate(slices) for i in _lines(slices, n, keys)]
    counts = dict(whole.group_by("key").len().iter_rows())
    wanted = sorted(row for row in whole.iter_rows() if counts[row[4]] >= least)
    assert sorted(row for part in parts for row in part.iter_rows()) == wanted
    groups = [set(part["key"]) for part in parts]
    assert sum(map(len, groups)) == len(set().union(*groups))


def _lines(slices: list[list[str]], number: int, keys: list[str]) -> list[int]:
    before = sum(map(len, slices[:number]))
    return [before + i for i in range(len(keys))]
