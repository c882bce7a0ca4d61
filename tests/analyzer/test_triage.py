from __future__ import annotations

from collections.abc import Callable

import pytest

from analyzer.finding import Report
from analyzer.pipeline import Options

ReportOn = Callable[..., Report]


def rule(rule_id: str, severity: str, word: str, extra: str = "") -> str:
    detection = f'{{a: {{body|contains: "{word}"}}}}'
    return f"- {{id: {rule_id}, title: {word}, severity: {severity}, detection: {detection}{extra}}}\n"


LOG = """\
2026-03-14 09:26:53 WARN generic fault
2026-03-14 09:26:52 ERROR special fault
2026-03-14 09:26:55 INFO tiny fault
"""
RULES = (
    rule("t.tiny", "low", "tiny fault")
    + rule("t.generic", "high", "generic fault")
    + rule("t.special", "high", "special fault")
)


def test_findings_come_worst_first_then_by_what_came_first(report_on: ReportOn) -> None:
    report = report_on(LOG, RULES)
    assert [finding.rule.id for finding in report.findings] == ["t.special", "t.generic", "t.tiny"]
    assert report.verdict == "3 known issues; most likely: special fault at 2026-03-14 09:26:52 UTC."


def test_what_another_finding_explains_comes_behind_it(report_on: ReportOn) -> None:
    rules = (
        rule("t.tiny", "low", "tiny fault")
        + rule("t.generic", "critical", "generic fault")
        + rule("t.special", "high", "special fault", ", explains: [t.generic]")
    )
    report = report_on(LOG, rules)
    assert [finding.rule.id for finding in report.findings] == ["t.special", "t.generic", "t.tiny"]
    assert "special fault" in report.verdict


SYMPTOM = rule("t.crash", "high", "program ended", ", symptom: true")


@pytest.mark.parametrize(
    ("files", "first"),
    [
        ({"a.log": "09:26:52 ERROR special fault\n09:26:53 ERROR program ended"}, "t.special"),
        ({"a.log": "09:26:52 ERROR special fault", "b.log": "09:26:53 ERROR program ended"}, "t.crash"),
        ({"a.log": "09:26:52 ERROR program ended\n09:26:53 ERROR special fault"}, "t.crash"),
        ({"a.log": "09:26:52 ERROR tiny fault\n09:26:53 ERROR program ended"}, "t.crash"),
    ],
    ids=["same file", "another file", "what comes later is no cause", "what hardly matters is no cause"],
)
def test_a_symptom_comes_behind_a_cause_in_the_same_file(
    report_on: ReportOn, files: dict[str, str], first: str
) -> None:
    rules = SYMPTOM + rule("t.special", "medium", "special fault") + rule("t.tiny", "low", "tiny fault")
    dated = {name: "".join(f"2026-03-14 {line}\n" for line in text.splitlines()) for name, text in files.items()}
    report = report_on(dated, rules)
    assert report.findings[0].rule.id == first


def test_a_message_in_an_info_record_is_less_sure(report_on: ReportOn) -> None:
    by_id = {finding.rule.id: finding.confidence for finding in report_on(LOG, RULES).findings}
    assert by_id["t.tiny"] < by_id["t.special"]


def test_the_fingerprint_is_that_of_the_fault_not_of_the_bundle(report_on: ReportOn) -> None:
    first = {finding.rule.id: finding.fingerprint for finding in report_on(LOG, RULES).findings}
    later = LOG.replace("2026-03-14", "2026-05-01") * 3
    again = {finding.rule.id: finding.fingerprint for finding in report_on(later, RULES).findings}
    assert first == again
    assert len(set(first.values())) == 3


def test_the_matching_text_is_highlighted(report_on: ReportOn) -> None:
    (finding,) = report_on(
        "2026-03-14 09:26:53 ERROR the Special Fault of it\n", rule("t.x", "low", "special fault")
    ).findings
    (evidence,) = finding.evidence
    assert [evidence.text[start:end] for start, end in evidence.highlights] == ["Special Fault"]


def test_a_healthy_log_is_called_so(report_on: ReportOn) -> None:
    report = report_on("2026-03-14 09:26:53 INFO all is well\n", RULES)
    assert (report.findings, report.unknown) == ([], [])
    assert report.verdict == "No known issue and no error in 1 file."


def test_what_is_said_at_the_level_of_debugging_alone_is_no_finding(report_on: ReportOn) -> None:
    quiet = "2026-03-14 09:26:53 DEBUG special fault, the next one is tried\n"
    loud = "2026-03-14 09:26:54 WARN special fault\n"
    rules = rule("t.x", "high", "special fault")
    assert report_on(quiet, rules).findings == []
    (finding,) = report_on(quiet + loud, rules).findings
    assert finding.count == 2


def test_the_verdict_names_what_is_no_log(report_on: ReportOn) -> None:
    files = {"app.log": "2026-03-14 09:26:53 INFO all is well\n", "app.conf": "# special fault\nport = 80\n" * 3}
    report = report_on(files, RULES)
    assert report.verdict == "No known issue and no error in 1 file. 1 more is configuration, code or text."


def test_an_unknown_error_of_masks_alone_is_shown_by_its_line(report_on: ReportOn) -> None:
    (unknown,) = report_on("2026-03-14 09:26:53 ERROR 0x7f12 4711\n", RULES).unknown
    assert "4711" not in unknown.template
    assert unknown.text == unknown.example.text


@pytest.mark.parametrize(("count", "found", "unknown"), [(2, [], 2), (3, ["t.often"], 0)])
@pytest.mark.parametrize("slice_bytes", [70, 1 << 20])
def test_too_few_records_for_a_finding_are_still_errors(
    report_on: ReportOn, count: int, found: list[str], unknown: int, slice_bytes: int
) -> None:
    often = ", correlation: {type: event_count, timespan: 1m, condition: {gte: 3}}"
    log = "".join(f"2026-03-14 09:26:5{i} ERROR often fault of job {i}\n" for i in range(count))
    report = report_on(log, rule("t.often", "low", "often fault", often), Options(jobs=1, slice_bytes=slice_bytes))
    assert [finding.rule.id for finding in report.findings] == found
    assert sum(entry.count for entry in report.unknown) == unknown


def test_the_line_that_decides_is_quoted_rather_than_a_word_that_counts_beside_others(report_on: ReportOn) -> None:
    rule = """
id: t.store
title: The store is broken
severity: high
detection:
  found:
    - body|contains|all: ["store", "corrupt"]
    - body|contains: "cluster ids differ"
"""
    log = (
        "2026-03-14 09:26:53 ERROR store: cannot add a directory\n"
        "java.io.IOException: cluster ids differ in store /srv\n"
        "\tat store.Open.run(Open.java:7)\n"
    )
    (finding,) = report_on(log, rule).findings
    (evidence,) = finding.evidence
    assert (evidence.line_number, evidence.highlights) == (2, ((21, 39),))
    both = log.replace("cluster ids differ in", "corrupt blocks in the")
    (finding,) = report_on(both, rule).findings
    assert finding.evidence[0].line_number == 1
