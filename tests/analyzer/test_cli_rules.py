from __future__ import annotations

import re
import subprocess
from collections.abc import Callable
from pathlib import Path

Command = Callable[..., "subprocess.CompletedProcess[str]"]
GOOD = """\
id: mine.beep
title: It beeps
severity: medium
detection: {a: {body|contains: "beep beep"}}
examples:
  match: ["2026-03-14 09:26:53 ERROR beep beep"]
  no_match: ["2026-03-14 09:26:53 ERROR beep"]
"""


def test_list_search_and_show(analyze_command: Command) -> None:
    listed = analyze_command("rules", "list").stdout.splitlines()
    assert len(listed) >= 60
    assert listed == sorted(listed)
    found = analyze_command("rules", "search", "disk", "full").stdout
    assert found.startswith("disk.full ")
    card = analyze_command("rules", "show", "disk.full").stdout
    for part in (
        "Cause",
        "Impact",
        "Diagnose",
        "Stop-gap",
        "Lasting fix",
        "risk:",
        "rollback:",
        "给客户",
        "References",
    ):
        assert part in card
    assert max(map(len, card.splitlines())) <= 100


def test_a_rule_that_is_not_there(analyze_command: Command) -> None:
    done = analyze_command("rules", "show", "disk.ful")
    assert done.returncode == 2
    assert "Did you mean disk.full?" in done.stderr
    assert analyze_command("rules", "search", "zzzzzz").returncode == 1


def test_check_says_what_is_wrong_with_a_rule(analyze_command: Command, tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)
    assert analyze_command("rules", "check", path).returncode == 0
    path.write_text(
        GOOD.replace("ERROR beep beep", "ERROR boop boop").replace('"2026-03-14 09:26:53 ERROR beep"', '"x beep beep"')
    )
    done = analyze_command("rules", "check", path)
    assert done.returncode == 2
    assert "does not find its example" in done.stdout
    assert "fires on its own counter-example" in done.stdout


def test_a_rule_may_explain_those_that_come_along(analyze_command: Command, tmp_path: Path) -> None:
    file = tmp_path / "mine.yaml"
    file.write_text(GOOD + "explains: [disk.full]\n")
    assert analyze_command("rules", "check", file).returncode == 0
    file.write_text(GOOD + "explains: [disk.fuller]\n")
    done = analyze_command("rules", "check", file)
    assert done.returncode == 2
    assert "there is no rule 'disk.fuller': did you mean 'disk.full'?" in done.stderr


README = (Path(__file__).resolve().parents[2] / "rules" / "README.md").read_text()


def test_the_readme_of_the_rules_shows_every_key_and_every_correlation_as_they_work(
    analyze_command: Command, tmp_path: Path
) -> None:
    (whole,) = re.findall(r"```yaml\n(.*?)```", README, re.DOTALL)
    (tmp_path / "whole.yaml").write_text(whole)
    selections = 'slow: {body|contains: "disk slow"}, full: {body|contains: "queue full"}'
    counted = 'slow: {body|re: "login of (?P<user>[a-z]+) from (?P<src_ip>[0-9.]+) failed"}'
    for at, line in enumerate(re.findall(r"^    (\{type: .*?\})  ", README, re.MULTILINE)):
        own = line.replace("started", "slow").replace("finished", "full")
        text = f"id: t.r{at}\ntitle: T\nseverity: low\ndetection: {{{selections if 'rules' in own else counted}}}\n"
        (tmp_path / f"r{at}.yaml").write_text(f"{text}correlation: {own}\n")
    done = analyze_command("rules", "check", tmp_path)
    assert (done.returncode, done.stdout) == (0, "6 rules: every example is found, and nothing else.\n")
    (tmp_path / "whole.yaml").write_text(f"nonsense: 1\n{whole}")
    keys = analyze_command("rules", "check", tmp_path).stderr.partition("use one of ")[2].strip().split(", ")
    assert len(keys) > 20
    assert [
        key for key in keys if not re.search(rf"^{key}:", whole, re.MULTILINE) and f"{key}: true" not in whole
    ] == []
