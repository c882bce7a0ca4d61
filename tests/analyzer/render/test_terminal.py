from __future__ import annotations

from collections.abc import Callable

import pytest
from rich.cells import cell_len

from analyzer.finding import Report
from analyzer.render import Style, terminal

SampleReport = Callable[[str], Report]
Same = Callable[[str, str], None]


@pytest.mark.parametrize("width", [80, 200])
def test_what_a_person_sees_of_an_outage(sample_report: SampleReport, same_as_expected: Same, width: int) -> None:
    same_as_expected(terminal.render(sample_report("webshop-outage.zip"), Style(width)), f"webshop-outage-{width}.txt")


@pytest.mark.parametrize("name", ["webshop-healthy.zip", "disk-full.tar.gz", "ssh-bruteforce.zip"])
def test_the_short_form(sample_report: SampleReport, same_as_expected: Same, name: str) -> None:
    text = terminal.render(sample_report(name), Style(80, verbosity=-1))
    same_as_expected(text, f"{name.split('.')[0]}-quiet.txt")


def test_no_line_of_text_is_wider_than_the_terminal(sample_report: SampleReport) -> None:
    text = terminal.render(sample_report("webshop-outage.zip"), Style(80))
    wide = [line for line in text.splitlines() if cell_len(line) > 80 and "-->" not in line]
    assert wide == []


def test_of_very_many_findings_the_first_stay_on_the_screen(report_on: Callable[..., Report]) -> None:
    names = [f"word{chr(97 + number)}" for number in range(24)]
    rules = "\n---\n".join(
        f"id: t.{name}\ntitle: It says {name}\nseverity: low\ndetection: {{a: {{body|contains: {name}}}}}"
        for name in names
    )
    report = report_on("".join(f"2026-03-14 09:26:53 WARN {name}\n" for name in names), rules)
    assert len(report.findings) == len(names)
    text = terminal.render(report, Style(80))
    assert "and 6 more: -q lists all" in text
    assert len([line for line in text.splitlines() if line.startswith("  low[")]) == 15
    assert all(
        f"t.{name}" in terminal.render(report, Style(80, verbosity=level)) for name in names for level in (-1, 1)
    )


def test_what_is_longer_than_a_screen_ends_with_its_verdict(
    sample_report: SampleReport, report_on: Callable[..., Report]
) -> None:
    report = sample_report("webshop-outage.zip")
    last = terminal.render(report, Style(400)).splitlines()[-1]
    counts = ", ".join(
        f"{number} {severity}"
        for severity in ("critical", "high", "medium", "low", "info")
        if (number := sum(finding.severity == severity for finding in report.findings))
    )
    assert last == f"In short: {report.verdict} By severity: {counts}."
    short = terminal.render(report_on("2026-03-14 09:26:53 INFO all is well\n"), Style(80))
    assert short.count(short.splitlines()[0]) == 1


def test_verbose_shows_every_file_and_every_step(sample_report: SampleReport) -> None:
    report = sample_report("webshop-outage.zip")
    text = " ".join(terminal.render(report, Style(400, verbosity=1)).split())
    for entry in report.coverage:
        assert entry.source.split("!/", 1)[1] in text
    for finding in report.findings:
        for step in finding.rule.diagnose:
            assert " ".join(step.do.split()) in text


def test_colours_only_when_asked_for(sample_report: SampleReport) -> None:
    report = sample_report("webshop-outage.zip")
    assert "\x1b[" not in terminal.render(report, Style(80))
    assert "\x1b[" in terminal.render(report, Style(80, color=True))
