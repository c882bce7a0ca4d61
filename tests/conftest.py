"""What all tests share: sources made of text, and the analyzer run as a user runs it."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from analyzer import rule_index
from analyzer.finding import Report
from analyzer.pipeline import Options, analyze
from analyzer.rulebook import load, rule_files
from parsers.contract import HEAD_BYTES, Source

ROOT = Path(__file__).resolve().parent.parent

settings.register_profile("default", deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
settings.load_profile("default")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--slow", action="store_true", help="run the tests that take long, too")
    parser.addoption("--browser", action="store_true", help="run the tests that need Chromium, Playwright and npm, too")
    parser.addoption("--tshark", action="store_true", help="compare with tshark, too, on captures made on the spot")
    parser.addoption("--seed", type=int, help="what --tshark makes its captures with; any number without it")
    parser.addoption("--update-expected", action="store_true", help="write tests/expected anew")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    for name, reason in (("slow", "takes long"), ("browser", "needs a browser"), ("tshark", "needs tshark")):
        if config.getoption(f"--{name}"):
            continue
        skip = pytest.mark.skip(reason=f"{reason}: --{name} runs it")
        for item in items:
            if name in item.keywords:
                item.add_marker(skip)


@pytest.fixture
def make_source(tmp_path: Path) -> Callable[..., Source]:
    """Write bytes or text to a file and give its source."""
    made = 0

    def make(content: bytes | str, name: str = "", modified: datetime | None = None) -> Source:
        nonlocal made
        made += 1
        data = content.encode() if isinstance(content, str) else content
        path = tmp_path / f"{made}-{Path(name).name or 'test.log'}"
        path.write_bytes(data)
        return Source(name or path.name, path, len(data), data[:HEAD_BYTES], modified)

    return make


@pytest.fixture(scope="session")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages as a wheel lays them out: with the index of the rules, without which each start takes a second."""
    site = tmp_path_factory.mktemp("site")
    for package in ("analyzer", "parsers"):
        shutil.copytree(ROOT / package, site / package)
    rules = site / "analyzer" / "_rules"
    shutil.copytree(ROOT / "rules", rules)
    rule_index.write(rules, rule_files(rules), rules / rule_index.FILE)
    return site


@pytest.fixture
def analyze_command(installed: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run `analyze` in a process of its own, as a user does."""

    def run(
        *arguments: str | Path, stdin: bytes | None = None, more: dict[str, str] | None = None, **options: object
    ) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-P", "-c", "from analyzer.cli import main; main()", *map(str, arguments)]
        environment = {"PATH": "/usr/bin:/bin", "COLUMNS": "80", "PYTHONPATH": str(installed), "LANG": "C.UTF-8"}
        environment |= more or {}
        done = subprocess.run(command, input=stdin, capture_output=True, env=environment, check=False, **options)  # type: ignore[call-overload]
        return subprocess.CompletedProcess(command, done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def report_on(tmp_path: Path) -> Callable[..., Report]:
    """Analyse texts as files of a folder, with rules written as YAML."""

    def run(
        files: dict[str, str | bytes] | str,
        rules: str = "",
        options: Options | None = None,
        on_progress: Callable[[int, int], None] | None = None,
    ) -> Report:
        folder = tmp_path / "bundle"
        for name, content in ({"app.log": files} if isinstance(files, str) else files).items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        book = []
        if rules:
            (tmp_path / "rules.yaml").write_text(rules, encoding="utf-8")
            book = list(load([tmp_path / "rules.yaml"]))
        return analyze([str(folder)], book, options or Options(jobs=1), on_progress)

    return run
