"""The examples for CI servers do what they say: their very commands run here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[1]
BUNDLES = ROOT / "samples" / "bundles"


@pytest.fixture
def shell(tmp_path: Path, installed: Path) -> dict[str, str]:
    """An environment in which `analyze` is installed."""
    command = tmp_path / "bin" / "analyze"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec {sys.executable} -P -c "from analyzer.cli import main; main()" "$@"\n')
    command.chmod(0o755)
    return {**os.environ, "PATH": f"{command.parent}:{os.environ['PATH']}", "PYTHONPATH": str(installed)}


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def action_step(name: str) -> Any:
    (step,) = (step for step in read("action.yml")["runs"]["steps"] if step["name"] == name)
    return step


@pytest.mark.parametrize(
    ("paths", "fail_on", "arguments", "code"),
    [
        (f"{BUNDLES}/webshop-outage.zip\n", "high", "", 1),
        pytest.param(
            f"{BUNDLES}/webshop-outage.zip\n{BUNDLES}/webshop-healthy.zip\n", "never", "", 0, marks=pytest.mark.slow
        ),
        (f"{BUNDLES}/webshop-healthy.zip", "high", "--require=postgres.*\n", 1),
        pytest.param(f"{BUNDLES}/webshop-healthy.zip", "high", "\n--min-severity=low\n", 0, marks=pytest.mark.slow),
        ("$(touch pwned)", "high", "", 3),
    ],
)
def test_the_action(tmp_path: Path, shell: dict[str, str], paths: str, fail_on: str, arguments: str, code: int) -> None:
    step = action_step("Analyze")
    given = {"paths": paths, "fail-on": fail_on, "arguments": arguments, "output": "out"}
    environment = {
        key: given[value.removeprefix("${{ inputs.").removesuffix(" }}")] for key, value in step["env"].items()
    }
    done = subprocess.run(
        ["bash", "-e", "-o", "pipefail", "-c", step["run"]],
        env={**shell, **environment, "GITHUB_STEP_SUMMARY": str(tmp_path / "summary.md")},
        cwd=tmp_path, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    assert not (tmp_path / "pwned").exists()
    if code != 3:
        assert {path.name for path in (tmp_path / "out").iterdir()} == {
            "report.html", "report.json", "report.sarif", "report.xml"
        }  # fmt: skip
        assert "analyze: " in done.stdout and (tmp_path / "summary.md").exists()
        report = json.loads((tmp_path / "out" / "report.json").read_text())
        failing = report["failing"] + report["failures"]
        assert done.stdout.count("::error ") == len(failing)


def test_the_action_takes_no_input_as_text_of_a_script() -> None:
    for step in read("action.yml")["runs"]["steps"]:
        assert "${{" not in step["run"]


def test_the_gitlab_job(tmp_path: Path, shell: dict[str, str]) -> None:
    job = read(".ci/examples/gitlab-ci.yml")["analyze-logs"]
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "kern.log").write_text("Mar 14 09:26:53 db-1 kernel: EXT4-fs error (device sda1): bad block\n")
    script = [line for line in job["script"] if "pip install" not in line]
    done = subprocess.run(
        ["bash", "-e", "-c", "\n".join(script)], env={**shell, **job["variables"]}, cwd=tmp_path, capture_output=True
    )
    assert done.returncode in (0, 1), done.stderr
    ET.parse(tmp_path / job["artifacts"]["reports"]["junit"])
    assert all((tmp_path / path).stat().st_size for path in job["artifacts"]["paths"])


def test_the_pre_commit_hook_checks_rule_files(tmp_path: Path, shell: dict[str, str]) -> None:
    (hook,) = read(".pre-commit-hooks.yaml")
    good = tmp_path / "good.yaml"
    good.write_text(
        'id: t.beep\ntitle: T\nseverity: low\ndetection: {a: {body|contains: "beep"}}\n'
        "examples: {match: [a beep], no_match: [b]}\n"
    )
    bad = tmp_path / "bad.yaml"
    bad.write_text(good.read_text().replace("match: [a beep]", "match: [a boop]"))
    codes = [
        subprocess.run([*hook["entry"].split(), path], env=shell, capture_output=True).returncode
        for path in (good, bad)
    ]
    assert codes[0] == 0 and codes[1] != 0


def test_the_image_copies_all_that_the_build_needs_and_runs_as_nobody() -> None:
    lines = (ROOT / "Dockerfile").read_text(encoding="utf-8").splitlines()
    copied = {word for line in lines if line.startswith("COPY ") for word in line.split()[1:-1]}
    assert all((ROOT / name).exists() for name in copied)
    assert {"analyzer", "parsers", "rules", "pyproject.toml", "README.md", "LICENSE"} <= copied
    users = [index for index, line in enumerate(lines) if line.startswith("USER ")]
    assert users and lines[users[-1]].split()[1].isdigit()
    assert users[-1] < next(index for index, line in enumerate(lines) if line.startswith("ENTRYPOINT"))
