from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from analyzer.shapes import ShapeMap

HASHES = st.lists(st.integers(0, 2**64 - 1), max_size=30)


@given(slices=st.lists(HASHES, max_size=5), asked=HASHES)
def test_it_answers_as_a_dict_would(slices: list[list[int]], asked: list[int]) -> None:
    known: dict[int, int] = {}
    shapes = ShapeMap()
    for number, hashes in enumerate(slices):
        fresh = [value for value in dict.fromkeys(hashes) if value not in known]
        known |= dict.fromkeys(fresh, number)
        shapes.put(np.array(fresh, np.uint64), np.full(len(fresh), number, np.int32))
    wanted = [*asked, *known]
    assert shapes.get(np.array(wanted, np.uint64)).tolist() == [known.get(value, -1) for value in wanted]
    assert len(shapes) == len(known)
