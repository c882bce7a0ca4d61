"""What makes a run fail: by the command line and by analyze.toml, as CI uses them."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from xml.etree import ElementTree

import pytest

Command = Callable[..., "subprocess.CompletedProcess[str]"]
RULES = """
id: t.loud
title: Something is loud
severity: high
detection: {a: {body|contains: "loud"}}
---
id: t.odd
title: Something is odd
severity: low
detection: {a: {body|contains: "odd"}}
"""
FUTURE = (date.today() + timedelta(days=400)).isoformat()
PAST = (date.today() - timedelta(days=1)).isoformat()


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "rules.yaml").write_text(RULES)
    (tmp_path / "app.log").write_text("2026-03-14 09:26:53 ERROR loud\n2026-03-14 09:26:54 WARN odd\n")
    (tmp_path / "well.log").write_text("2026-03-14 09:26:53 INFO all is well\n")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def suppression(rule: str, expires: str, source: str = "*") -> str:
    table = {"id": rule, "source": source, "reason": "the fan is old", "owner": "team air"}
    lines = [f'{name} = "{value}"' for name, value in table.items()]
    return "\n".join(["[[suppress]]", *lines, f"expires = {expires}", ""])


def run(command: Command, *arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return command(*arguments, "--rules", "rules.yaml", "--format", "json")


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["app.log"], 1, ""),
        (["app.log", "--fail-on", "never"], 0, ""),
        (["well.log"], 0, ""),
        (["app.log", "--fail-on", "critical", "--forbid", "t.odd"], 1, ""),
        (["app.log", "--fail-on", "critical", "--forbid", "t.*"], 1, ""),
        (["well.log", "--require", "t.loud"], 1, "--require t.loud: there is no such finding"),
        (["app.log", "--fail-on", "never", "--require", "t.lo*"], 0, ""),
    ],
)
def test_the_command_line_decides(
    project: Path, analyze_command: Command, arguments: list[str], code: int, words: str
) -> None:
    done = run(analyze_command, *arguments)
    assert done.returncode == code, done.stderr
    assert words in done.stderr


def test_what_a_baseline_knows_does_not_fail(project: Path, analyze_command: Command) -> None:
    assert analyze_command("app.log", "--rules", "rules.yaml", "-o", "old.json").returncode == 1
    done = run(analyze_command, "app.log", "--baseline", "old.json")
    report = json.loads(done.stdout)
    assert done.returncode == 0
    assert {finding["status"] for finding in report["findings"]} == {"known"}
    assert report["verdict"].endswith("(2 known)") and report["failing"] == []
    (project / "rules.yaml").write_text(RULES.replace("t.loud", "t.new"))
    done = run(analyze_command, "app.log", "--baseline", "old.json")
    assert done.returncode == 1
    assert {f["id"]: f["status"] for f in json.loads(done.stdout)["findings"]} == {"t.new": "new", "t.odd": "known"}


@pytest.mark.parametrize(
    ("table", "code", "words"),
    [
        (suppression("t.loud", FUTURE), 0, ""),
        (suppression("t.*", FUTURE, "*app.log"), 0, ""),
        (suppression("t.loud", FUTURE, "*/other.log"), 1, ""),
        (suppression("t.loud", PAST), 1, f"The suppression of t.loud expired on {PAST}: ask team air"),
        (suppression("t.never", PAST) + suppression("t.loud", FUTURE), 1, f"t.never expired on {PAST}"),
    ],
)
def test_a_suppression_holds_until_its_day(
    project: Path, analyze_command: Command, table: str, code: int, words: str
) -> None:
    (project / "analyze.toml").write_text(table)
    done = run(analyze_command, "app.log")
    assert done.returncode == code, done.stderr
    assert words in done.stderr
    if code == 0:
        finding = json.loads(done.stdout)["findings"][0]
        assert finding["status"] == "suppressed" and "the fan is old (team air" in finding["reason"]


def test_settings_come_from_the_project_and_the_command_line_wins(project: Path, analyze_command: Command) -> None:
    (project / "analyze.toml").write_text('fail-on = "low"\nrules = ["rules.yaml"]\nlimits = {line_bytes = "4KiB"}\n')
    (project / "odd.log").write_text("2026-03-14 09:26:54 WARN odd " + "x" * 5000 + "\n")
    done = analyze_command("odd.log", "--format", "json")
    assert done.returncode == 1
    assert "limit" in {problem["kind"] for problem in json.loads(done.stdout)["problems"]}
    assert analyze_command("odd.log", "--fail-on", "high").returncode == 0
    (project / "analyze.toml").unlink()
    (project / "pyproject.toml").write_text('[tool.analyze]\nfail-on = "low"\nrules = ["rules.yaml"]\n')
    assert analyze_command("odd.log").returncode == 1
    (project / "elsewhere").mkdir()
    (project / "elsewhere" / "x.toml").write_text('rules = ["../rules.yaml"]\n')
    assert analyze_command("app.log", "--config", "elsewhere/x.toml").returncode == 1


@pytest.mark.parametrize(
    ("text", "words"),
    [
        (
            'fail-on = "high"\nfial-on = "low"\n',
            "analyze.toml:2: 'fial-on' is not a setting: did you mean 'fail-on'?",
        ),
        ('fail_on = "high"\n', "'fail_on' is not a setting: did you mean 'fail-on'?"),
        ('\ntimezone = "Mars/Crater"\n', "analyze.toml:2: Mars/Crater: not known"),
        ('[limits]\ndepth = "deep"\n', "analyze.toml:2: depth=deep: write a number"),
        ('baseline = "gone.json"\n', "analyze.toml:1: gone.json: cannot be read"),
        ('fail-on = "loud"\n', "analyze.toml:1: 'fail-on' should be 'critical'"),
        (
            '\n[[suppress]]\nid = "x"\nreason = "y"\nexpires = 2027-01-01\n',
            "analyze.toml:2: 'suppress.0.owner' is missing",
        ),
        (
            '[[suppress]]\nid = "x"\nreason = "y"\nowner = "z"\nexpires = "soon"\n',
            "analyze.toml:5: 'suppress.0.expires'",
        ),
        ("fail-on = \n", "no valid TOML"),
        ('require = "x"\n', "'require' should be a list, such as"),
        ("limits = 3\n", "'limits' should be a table"),
        ("timezone = 8\n", "'timezone' should be text in quotes"),
    ],
)
def test_a_setting_that_is_not_understood_is_named_with_its_line(
    project: Path, analyze_command: Command, text: str, words: str
) -> None:
    (project / "analyze.toml").write_text(text)
    done = run(analyze_command, "app.log")
    assert (done.returncode, done.stdout) == (2, "")
    assert words in done.stderr


def test_sarif_tells_new_from_unchanged_only_where_a_baseline_does(project: Path, analyze_command: Command) -> None:
    def states() -> list[str | None]:
        results = json.loads((project / "out.sarif").read_text())["runs"][0]["results"]
        return [result.get("baselineState") for result in results]

    rules = ("--rules", "rules.yaml")
    analyze_command("app.log", *rules, "-o", "old.json", "-o", "out.sarif")
    assert states() == [None, None]
    analyze_command("app.log", *rules, "--baseline", "old.json", "-o", "out.sarif")
    assert states() == ["unchanged", "unchanged"]


@pytest.mark.parametrize("content", ["no json", "[]", '{"findings": [{"id": 1}]}', None])
def test_a_baseline_that_is_no_report_is_refused(project: Path, analyze_command: Command, content: str | None) -> None:
    if content is not None:
        (project / "old.json").write_text(content)
    done = run(analyze_command, "app.log", "--baseline", "old.json")
    assert done.returncode == 2
    assert "--baseline old.json" in done.stderr


def test_one_run_writes_every_format(project: Path, analyze_command: Command) -> None:
    files = ["r.html", "r.xml", "r.sarif", "r.json", "r.jsonl", "r.md", "r.csv", "r.txt"]
    outputs = [part for file in files for part in ("-o", file)]
    done = analyze_command("app.log", "--rules", "rules.yaml", *outputs)
    assert (done.returncode, done.stdout) == (1, "")
    assert "failed: high[t.loud]: Something is loud" in done.stderr
    begins = ["<!doctype html>", "<?xml", '{\n "$schema"', "{", '{"type"', "# ", "bundle,id", ""]
    for file, begin in zip(files, begins, strict=True):
        assert (project / file).read_text(encoding="utf-8").lstrip().lower().startswith(begin.lower()), file
    done = analyze_command("app.log", "--rules", "rules.yaml", "-o", "r.json", "-f", "github")
    assert done.stdout.startswith("::error file=app.log,line=1")
    assert json.loads((project / "r.json").read_text())["schema_version"] == 1


def test_every_report_says_why_the_run_fails(project: Path, analyze_command: Command) -> None:
    (project / "analyze.toml").write_text(suppression("t.never", PAST))
    files = ["r.xml", "r.sarif", "r.json", "r.md", "r.html"]
    outputs = [part for file in files for part in ("-o", file)]
    gates = ["--require", "app.started", "--forbid", "t.o*", "--min-severity", "high", "--fail-on", "low"]
    done = analyze_command("app.log", "--rules", "rules.yaml", *gates, *outputs, "-f", "github")
    assert done.returncode == 1
    reasons = [
        "--require app.started: there is no such finding.",
        "--forbid t.o*: t.odd is there.",
        f"The suppression of t.never expired on {PAST}: ask team air",
        "--min-severity high leaves out what fails the run: t.odd.",
    ]
    for reason in reasons:
        assert f"analyze: failed: {reason}" in done.stderr
        assert f"::error title=The run fails::{reason}" in done.stdout
    assert [text[:30] for text in json.loads((project / "r.json").read_text())["failures"]] == [r[:30] for r in reasons]
    suite = ElementTree.parse(project / "r.xml").getroot()
    cases = {case.get("name"): case.find("failure") for case in suite.iter("testcase")}
    assert cases["--require app.started"] is not None
    assert suite.get("failures") == str(sum(failure is not None for failure in cases.values())) == "5"
    run_ = json.loads((project / "r.sarif").read_text())["runs"][0]
    told = [note["message"]["text"] for note in run_["invocations"][0]["toolExecutionNotifications"]]
    for file in ("r.md", "r.html"):
        text = (project / file).read_text()
        assert text.count("The run fails.") >= len(reasons), file
    assert all(any(text.startswith(reason) for text in told) for reason in reasons)


def test_what_could_not_be_read_is_no_green_report(project: Path, analyze_command: Command) -> None:
    (project / "noise.bin").write_bytes(bytes(range(256)) * 40)
    assert analyze_command("noise.bin", "-o", "r.xml", "-o", "r.sarif").returncode == 3
    suite = ElementTree.parse(project / "r.xml").getroot()
    assert suite.get("failures") == "1" and "Nothing could be analysed" in (project / "r.xml").read_text()
    run_ = json.loads((project / "r.sarif").read_text())["runs"][0]
    assert run_["invocations"][0]["executionSuccessful"] is False


def test_the_reader_of_a_report_does_not_see_who_accepted_what(project: Path, analyze_command: Command) -> None:
    (project / "analyze.toml").write_text(suppression("t.loud", FUTURE) + suppression("t.never", PAST))
    for reader in ("customer", "public"):
        done = analyze_command("app.log", "--rules", "rules.yaml", "-f", "json", "--audience", reader)
        assert done.returncode == 1 and "team air" in done.stderr
        assert "team air" not in done.stdout and "suppressed" in done.stdout


@pytest.mark.parametrize(
    ("output", "words"),
    [("nowhere/r.html", "there is no folder nowhere"), (".", "is a folder"), ("app.log/r.html", "there is no folder")],
)
def test_where_nothing_can_be_written_is_said_ahead_of_the_work(
    project: Path, analyze_command: Command, output: str, words: str
) -> None:
    done = analyze_command("app.log", "-o", output, "--save", "tables")
    assert done.returncode == 2 and words in done.stderr
    assert not (project / "tables").exists()


def test_a_reply_goes_into_a_text_file(project: Path, analyze_command: Command) -> None:
    done = analyze_command("app.log", "--rules", "rules.yaml", "-f", "reply", "-o", "mail.txt")
    assert done.stdout == "" and (project / "mail.txt").read_text().startswith("Hello,")
    analyze_command("app.log", "--rules", "rules.yaml", "-o", "mail.txt")
    assert (project / "mail.txt").read_text().startswith("2 known issues")


def test_what_is_outside_the_wanted_time_was_read(project: Path, analyze_command: Command) -> None:
    (project / "late.log").write_text("2026-03-15 09:00:00 ERROR odd\n")
    files = ("app.log", "late.log", "--rules", "rules.yaml", "-f", "json")
    done = analyze_command(*files, "--since", "2026-03-15")
    assert json.loads(done.stdout)["verdict"].endswith("UTC. 1 file has no record of the time asked for.")
    done = analyze_command(*files, "--since", "2027-01-01")
    assert done.returncode == 0
    assert json.loads(done.stdout)["verdict"].startswith("No record is of the time asked for")
    done = analyze_command("app.log", "late.log", "--since", "2026-03-15", "-o", "r.html")
    assert "not read" not in (project / "r.html").read_text().split("<main", 1)[0].split("<h1>", 1)[1]
    done = analyze_command(*files, "--since", "2026-03-15", "--until", "2026-03-14")
    assert done.returncode == 2 and "is later than --until 2026-03-14" in done.stderr


def test_explain_takes_globs_and_any_severity(project: Path, analyze_command: Command) -> None:
    done = analyze_command("app.log", "--rules", "rules.yaml", "--explain", "t.o*", "--min-severity", "critical")
    assert "t.odd" in done.stdout and "t.loud]" not in done.stdout
    done = analyze_command("app.log", "--rules", "rules.yaml", "--explain", "no.such")
    assert done.returncode == 2 and "no such finding; found: t.loud, t.odd." in done.stderr


@pytest.mark.parametrize(
    ("text", "code", "words"),
    [
        ('[tool]\nanalyze = {fail-on = "never", rules = ["rules.yaml"]}\n', 0, ""),
        ("tool = 3\n# tool.analyze\n", 0, ""),
        ("[tool]\nanalyze = 3\n", 2, "'tool.analyze' is no table"),
    ],
)
def test_every_way_to_write_the_table_in_pyproject(
    project: Path, analyze_command: Command, text: str, code: int, words: str
) -> None:
    (project / "pyproject.toml").write_text(text)
    done = analyze_command("app.log")
    assert done.returncode == code and words in done.stderr
