"""Reports on the sample bundles, and the comparison with what a person should see."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from analyzer.finding import Report
from analyzer.pipeline import Options, analyze
from analyzer.rulebook import load_indexed, rules_dir

ROOT = Path(__file__).resolve().parents[2]
EXPECTED = ROOT / "tests" / "expected"


@cache
def _report(name: str) -> Report:
    return analyze([str(ROOT / "samples" / "bundles" / name)], list(load_indexed(rules_dir())), Options(jobs=1))


@pytest.fixture
def sample_report() -> Callable[[str], Report]:
    """The report on a sample bundle with the shipped rules."""
    return _report


@pytest.fixture
def same_as_expected(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Compare a text with a file of tests/expected; --update-expected writes the file instead."""

    def compare(text: str, name: str) -> None:
        # What differs from run to run or from machine to machine.
        text = re.sub(r"\d+(\.\d+)? s\.$", "N s.", text, flags=re.MULTILINE)
        text = re.sub(r"\b\d+ rules, N s\.$", "N rules, N s.", text, flags=re.MULTILINE)
        text = re.sub(r'"seconds": [0-9.]+', '"seconds": 0', text).replace(str(ROOT), "")
        path = EXPECTED / name
        if request.config.getoption("--update-expected"):
            path.write_text(text, encoding="utf-8")
        assert text == path.read_text(encoding="utf-8"), f"differs from {path.name}: see --update-expected"

    return compare
