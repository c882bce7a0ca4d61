from __future__ import annotations

from collections.abc import Callable

import pytest

from analyzer.finding import Report

ReportOn = Callable[..., Report]


def log(*events: tuple[int, str]) -> str:
    return "".join(f"2026-03-14 09:{second // 60:02d}:{second % 60:02d} WARN {body}\n" for second, body in events)


def rule(correlation: str, detection: str = '{a: {body|contains: "login failed"}}') -> str:
    return f"id: t.rule\ntitle: T\nseverity: high\ndetection: {detection}\ncorrelation: {correlation}\n"


BY_ADDRESS = '{a: {body|contains: "login failed", body|re: "for (?P<user>[a-z0-9]+) from (?P<src_ip>[0-9.]+)"}}'


@pytest.mark.parametrize(
    ("seconds", "found"),
    [([0, 10, 20], 3), ([0, 10, 70], 0), ([0, 30, 60], 3), ([0, 31, 62, 63, 64, 300], 4), ([5], 0)],
)
def test_event_count_wants_enough_records_within_the_timespan(
    report_on: ReportOn, seconds: list[int], found: int
) -> None:
    text = log(*((second, "login failed") for second in seconds))
    report = report_on(text, rule("{type: event_count, timespan: 1m, condition: {gte: 3}}"))
    assert sum(finding.count for finding in report.findings) == found


def test_event_count_by_group(report_on: ReportOn) -> None:
    events = [(i, f"login failed for root from 10.0.0.{1 if i % 2 else i}") for i in range(20)]
    correlation = "{type: event_count, group-by: [src_ip], timespan: 1m, condition: {gte: 5}}"
    (finding,) = report_on(log(*events), rule(correlation, BY_ADDRESS)).findings
    assert finding.count == 10
    assert "10.0.0.1" in finding.summary


def test_value_count_counts_distinct_values(report_on: ReportOn) -> None:
    correlation = "{type: value_count, group-by: [src_ip], timespan: 1m, condition: {gte: 4, field: user}}"
    same = log(*((i, "login failed for root from 10.0.0.1") for i in range(10)))
    many = log(*((i, f"login failed for user{i} from 10.0.0.1") for i in range(10)))
    slow = log(*((i * 50, f"login failed for user{i} from 10.0.0.1") for i in range(10)))
    counts = [len(report_on(text, rule(correlation, BY_ADDRESS)).findings) for text in (same, many, slow)]
    assert counts == [0, 1, 0]


TWO = '{start: {body|contains: "job started"}, done: {body|contains: "job finished"}}'


@pytest.mark.parametrize(
    ("kind", "events", "found"),
    [
        ("temporal", [(0, "job finished"), (10, "job started")], True),
        ("temporal", [(0, "job finished"), (100, "job started")], False),
        ("temporal_ordered", [(0, "job started"), (10, "job finished")], True),
        ("temporal_ordered", [(0, "job finished"), (10, "job started")], False),
        ("temporal_ordered", [(0, "job started"), (100, "job finished")], False),
        ("temporal_ordered", [(0, "job started"), (90, "job started"), (100, "job finished")], True),
        ("absence", [(0, "job started"), (100, "x")], True),
        ("absence", [(0, "job started"), (30, "job finished"), (100, "x")], False),
        ("absence", [(0, "job started"), (90, "job finished"), (100, "x")], True),
        ("absence", [(0, "job started"), (10, "x")], False),  # the log ends before the timespan does
    ],
)
def test_sequences_and_absences(report_on: ReportOn, kind: str, events: list[tuple[int, str]], found: bool) -> None:
    report = report_on(log(*events), rule(f"{{type: {kind}, rules: [start, done], timespan: 1m}}", TWO))
    assert bool(report.findings) is found


def test_a_sequence_may_cross_files_and_other_rules(report_on: ReportOn) -> None:
    rules = """\
- {id: t.full, title: Full, severity: low, detection: {a: {body|contains: "disk full"}}}
- {id: t.down, title: Down, severity: low, detection: {a: {body|contains: "database down"}}}
- id: t.both
  title: Full, then down
  severity: high
  correlation: {type: temporal_ordered, rules: [t.full, t.down], timespan: 5m}
"""
    report = report_on({"disk.log": log((0, "disk full")), "db.log": log((60, "database down"))}, rules)
    (finding,) = (finding for finding in report.findings if finding.rule.id == "t.both")
    assert [evidence.source.rsplit("/")[-1] for evidence in finding.evidence] == ["disk.log", "db.log"]


def test_without_times_a_threshold_still_counts_and_says_that_it_is_less_sure(report_on: ReportOn) -> None:
    report = report_on("login failed\n" * 5, rule("{type: event_count, timespan: 1m, condition: {gte: 3}}"))
    (finding,) = report.findings
    assert finding.count == 5
    assert finding.confidence < 0.7
