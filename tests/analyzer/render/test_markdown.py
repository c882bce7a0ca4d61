from __future__ import annotations

from collections.abc import Callable

from analyzer.finding import Report
from analyzer.render import Style, markdown

SampleReport = Callable[[str], Report]


def test_a_ticket(sample_report: SampleReport, same_as_expected: Callable[[str, str], None]) -> None:
    same_as_expected(markdown.render(sample_report("disk-full.tar.gz"), Style()), "disk-full.md")


def test_input_stays_text(report_on: Callable[..., Report]) -> None:
    log = "2026-03-14 09:26:53 ERROR `<img src=x onerror=y>` | [a](javascript:b) ``x`` *bold*\n"
    text = markdown.render(report_on({"<b>_x_|.log": log}), Style())
    assert "<img" not in text.replace("`` 2026", "").split("## Coverage")[1]
    assert "\\<b\\>\\_x\\_\\|.log" in text
