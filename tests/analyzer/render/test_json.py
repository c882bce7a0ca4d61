from __future__ import annotations

import json
from collections.abc import Callable
from datetime import datetime

from analyzer.finding import Report
from analyzer.render import Style
from analyzer.render import json as json_report

SampleReport = Callable[[str], Report]


def test_the_names_that_other_programs_rely_on(sample_report: SampleReport) -> None:
    data = json.loads(json_report.render(sample_report("webshop-outage.zip"), Style()))
    assert data["schema_version"] == 1
    assert set(data) == {
        "schema_version", "tool", "bundle", "verdict", "findings", "unknown", "coverage", "problems", "timeline",
        "facts", "network", "marks", "failures", "failing", "stats", "warnings",
    }  # fmt: skip
    assert set(data["bundle"]) == {"name", "path", "kind", "sha256", "bytes", "files"}
    for finding in data["findings"]:
        assert {"id", "title", "severity", "confidence", "summary", "count", "first_seen", "last_seen", "sources",
                "evidence", "cause", "impact", "plain", "diagnose", "fixes", "questions", "references",
                "fingerprint"} <= set(finding)  # fmt: skip
        assert datetime.fromisoformat(finding["first_seen"]) <= datetime.fromisoformat(finding["last_seen"])
        assert {"source", "line_number", "time", "text", "before", "after"} == set(finding["evidence"][0])


def test_evidence_is_the_line_that_stands_there(sample_report: SampleReport) -> None:
    import io
    import zipfile
    from pathlib import Path

    bundle = Path(__file__).resolve().parents[3] / "samples" / "bundles" / "webshop-outage.zip"
    data = json.loads(json_report.render(sample_report(bundle.name), Style()))
    checked = 0
    with zipfile.ZipFile(bundle) as archive:
        members = {f"{bundle.name}!/{name}": name for name in archive.namelist()}
        for finding in data["findings"]:
            for evidence in finding["evidence"]:
                if evidence["source"] not in members or evidence["source"].endswith((".gz", ".xz")):
                    continue
                raw = io.TextIOWrapper(archive.open(members[evidence["source"]]), encoding="utf-8", errors="replace")
                lines = raw.read().split("\n")
                assert lines[evidence["line_number"] - 1].rstrip("\r")[:2000] == evidence["text"]
                checked += 1
    assert checked > 3
