from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from analyzer.finding import Report
from analyzer.render import Style, markdown

SampleReport = Callable[[str], Report]


def test_a_ticket(sample_report: SampleReport, same_as_expected: Callable[[str, str], None]) -> None:
    same_as_expected(markdown.render(sample_report("disk-full.tar.gz"), Style()), "disk-full.md")


def test_input_stays_text(report_on: Callable[..., Report]) -> None:
    log = "2026-03-14 09:26:53 ERROR `<img src=x onerror=y>` | [a](javascript:b) ``x`` *bold*\n"
    text = markdown.render(report_on({"<b>_x_|.log": log}), Style())
    assert "<img" not in text.replace("`` 2026", "").split("<summary>Coverage")[1]
    assert "\\<b\\>\\_x\\_\\|.log" in text


@pytest.mark.parametrize("bundle", ["webshop-outage.zip", "disk-full.tar.gz", "oom-kill.tar.gz", "webshop-healthy.zip"])
def test_it_fits_every_tracker_and_says_what_it_leaves_out(sample_report: SampleReport, bundle: str) -> None:
    report = sample_report(bundle)
    text = markdown.render(report, Style())
    whole = markdown.render(report, Style(verbosity=1))
    assert len(text.encode()) < 6_144
    assert text.count("<details>") == text.count("</details>")
    assert ("left out" in text) == (len(whole.encode()) > len(text.encode()))
    assert all(finding.rule.id in whole for finding in report.findings)
    # What is worst is never what is left out.
    assert [finding.rule.id for finding in report.findings if finding.rule.id in text][:1] == [
        finding.rule.id for finding in report.findings
    ][:1]


def test_a_crowd_of_findings_is_counted(report_on: Callable[..., Report]) -> None:
    rules = "\n".join(
        f'---\nid: t.r{i}\ntitle: {"Rule " * 20}{i}\nseverity: low\ndetection: {{a: {{body|contains: "beep"}}}}'
        for i in range(80)
    )
    text = markdown.render(report_on("2026-03-14 09:26:53 ERROR beep\n", rules), Style())
    shown = len(set(re.findall(r"`(t\.r[0-9]+)`", text)))
    assert 5 < shown < 80
    assert f"_{80 - shown} more parts were left out" in text or f"_{81 - shown} more parts were left out" in text
    assert len(text.encode()) < 6_144
