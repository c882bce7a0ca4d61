"""Rules and reports for the tests of the analyzer."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.finding import Report
from analyzer.pipeline import Options, analyze
from analyzer.rulebook import load


@pytest.fixture
def report_on(tmp_path: Path) -> Callable[..., Report]:
    """Analyse texts as files of a folder, with rules written as YAML."""

    def run(files: dict[str, str | bytes] | str, rules: str = "", options: Options | None = None) -> Report:
        folder = tmp_path / "bundle"
        for name, content in ({"app.log": files} if isinstance(files, str) else files).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        book = []
        if rules:
            (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
            book = list(load([tmp_path / "rules.yaml"]))
        return analyze([str(folder)], book, options or Options(jobs=1))

    return run
