from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path

from analyzer.check import check
from analyzer.rulebook import load

Command = Callable[..., "subprocess.CompletedProcess[str]"]


def rule(rule_id: str, word: str, example: str, extra: str = "") -> str:
    return (
        f'- id: {rule_id}\n  title: T\n  severity: low\n  detection: {{a: {{body|contains: "{word}"}}}}\n'
        f'  examples: {{match: ["{example}"]}}\n{extra}'
    )


def faults(tmp_path: Path, text: str, **options: object) -> list[str]:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    return [str(fault) for fault in check(load([path]), **{"complete": False, **options})]  # type: ignore[arg-type]


def test_a_rule_must_not_fire_on_the_example_of_another(tmp_path: Path) -> None:
    rules = rule("t.any", "refused", "refused") + rule("t.some", "mysql refused", "mysql refused")
    assert faults(tmp_path, rules) == ["t.any: fires on an example of t.some: 'mysql refused'"]
    explained = rule("t.any", "refused", "refused") + rule(
        "t.some", "mysql refused", "mysql refused", "  explains: [t.any]\n"
    )
    assert faults(tmp_path, explained) == []


def test_a_rule_must_not_fire_on_a_healthy_log(tmp_path: Path) -> None:
    healthy = tmp_path / "healthy.log"
    healthy.write_text("2026-03-14 09:26:53 INFO refused nothing\n")
    (fault,) = faults(tmp_path, rule("t.any", "refused", "refused"), healthy=[healthy])
    assert "healthy.log:1" in fault


def test_a_complete_rule_has_all_parts_and_a_literal(tmp_path: Path) -> None:
    (first,) = faults(tmp_path, rule("t.any", "refused", "refused"), complete=True)
    assert first.startswith("t.any: lacks category, component")
    found = faults(tmp_path, rule("t.any", "42", "42"), complete=True)
    assert any("no literal" in fault for fault in found)


def test_an_example_that_is_not_there_is_a_fault(tmp_path: Path, analyze_command: Command) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(
        "id: t.dns\ntitle: T\nseverity: low\ndetection: {a: {parser: capture, body|startswith: 'dns_servfail:'}}\n"
        "examples: {match: [{capture: lost.pcap}]}\n"
    )
    done = analyze_command("rules", "check", path)
    assert done.returncode == 2
    assert "t.dns: its example is not there: lost.pcap" in done.stdout
