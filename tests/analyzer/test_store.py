from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from analyzer.errors import UsageError
from analyzer.finding import Report
from analyzer.pipeline import Options
from parsers.schema import EVENTS, TEMPLATES

ReportOn = Callable[..., Report]
RULE = 'id: t.refused\ntitle: T\nseverity: high\ndetection: {a: {body|contains: "refused"}}\n'
LOG = (
    "Mar 14 09:26:53 web1 app[7]: connection refused by 10.0.0.7\n"
    "Mar 14 09:26:54 web2 app[8]: ok 1\n"
    "\tdetail of it\n"
    "Mar 14 09:26:55 web2 app[8]: ok 2\n"
)


def test_the_tables_hold_every_record_at_its_line(report_on: ReportOn, tmp_path: Path) -> None:
    save = tmp_path / "tables"
    files = {"a.log": LOG, "b.log": LOG * 40}
    report_on(files, RULE, Options(jobs=1, save=save, slice_bytes=500))
    events = pl.scan_parquet(save / "events.parquet").sort("source", "line_number").collect()
    assert events.schema == EVENTS
    assert events.height == 3 * 41
    first = events.row(0, named=True)
    assert (first["line_number"], first["lines"], first["host_name"], first["service_name"]) == (1, 1, "web1", "app")
    assert first["body"] == "connection refused by 10.0.0.7"
    second = events.row(1, named=True)
    assert (second["line_number"], second["lines"], second["body"]) == (2, 2, "ok 1\n\tdetail of it")
    long = events.filter(pl.col("source").str.ends_with("b.log"))
    assert long["line_number"].to_list()[:6] == [1, 2, 4, 5, 6, 8]
    for row in long.iter_rows(named=True):
        data = (LOG * 40).encode()[row["byte_offset"] :]
        assert data.startswith(b"Mar 14 09:26:5")
        assert row["body"].split("\n")[0].encode() in data.split(b"\n")[0]


def test_templates_and_findings_belong_to_the_events(report_on: ReportOn, tmp_path: Path) -> None:
    save = tmp_path / "tables"
    report = report_on({"a.log": LOG * 3}, RULE, Options(jobs=1, save=save))
    events = pl.read_parquet(save / "events.parquet")
    templates = pl.read_parquet(save / "templates.parquet")
    assert templates.schema == TEMPLATES
    counted = events.group_by("template_id").len().sort("template_id")
    assert counted["len"].to_list() == templates.sort("template_id")["count"].to_list()
    assert set(templates["template"]) == {"connection refused by <*>", "ok <*>"}
    findings = pl.read_parquet(save / "findings.parquet")
    assert findings["id"].to_list() == [finding.rule.id for finding in report.findings]


def test_saving_twice_replaces_the_tables(report_on: ReportOn, tmp_path: Path) -> None:
    save = tmp_path / "tables"
    for _ in range(2):
        report_on({"a.log": LOG}, RULE, Options(jobs=1, save=save))
    assert pl.read_parquet(save / "events.parquet").height == 3


def test_a_folder_that_cannot_be_written_is_a_usage_error(report_on: ReportOn, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    with pytest.raises(UsageError, match="--save"):
        report_on({"a.log": LOG}, RULE, Options(jobs=1, save=tmp_path / "file"))
