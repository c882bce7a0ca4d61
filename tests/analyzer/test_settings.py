from __future__ import annotations

import pytest

from analyzer.errors import UsageError
from analyzer.settings import Limits, limits_with


def test_limits_can_be_changed_one_by_one() -> None:
    assert limits_with([]) == Limits()
    changed = limits_with(["total_bytes=8GiB", "depth=10", "line_bytes=64 KiB", "ratio=5"])
    assert (changed.total_bytes, changed.depth, changed.line_bytes, changed.ratio) == (8 << 30, 10, 65536, 5)
    assert changed.members == Limits().members


@pytest.mark.parametrize("change", ["depth", "depth=", "depth=-1", "depth=x", "colour=1", "total_bytes=1 parsec"])
def test_nonsense_is_refused_with_a_sentence(change: str) -> None:
    with pytest.raises(UsageError, match="--limit"):
        limits_with([change])
