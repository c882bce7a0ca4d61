"""The formats that CI servers read, each judged by the schema or the rules of who reads it."""

from __future__ import annotations

import csv
import io
import json
import re
import subprocess
import tarfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft7Validator, Draft202012Validator

from analyzer.finding import Report
from analyzer.gate import Policy, judge
from analyzer.render import Style, format_of, formats, renderer

SampleReport = Callable[[str], Report]
ReportOn = Callable[..., Report]
Command = Callable[..., "subprocess.CompletedProcess[str]"]
BUNDLES = ["webshop-outage.zip", "disk-full.tar.gz", "tls-expired.zip", "webshop-healthy.zip", "oom-kill.tar.gz"]
RULE = 'id: t.beep\ntitle: It beeps\nseverity: high\ndetection: {a: {body|contains: "beep"}}\n'


def made(report: Report, name: str) -> str:
    return renderer(name).render(judge(report, Policy()), Style())


@pytest.fixture(scope="session")
def schema() -> Draft202012Validator:
    path = Path(__file__).resolve().parents[3] / "analyzer" / "render" / "_report.schema.json"
    found = json.loads(path.read_text(encoding="utf-8"))
    Draft202012Validator.check_schema(found)
    return Draft202012Validator(found, format_checker=Draft202012Validator.FORMAT_CHECKER)


@pytest.mark.parametrize("bundle", BUNDLES)
def test_json_is_what_its_schema_says(sample_report: SampleReport, schema: Draft202012Validator, bundle: str) -> None:
    data = json.loads(made(sample_report(bundle), "json"))
    assert [error.message for error in schema.iter_errors(data)] == []
    # The schema names every key: what is added must be described.
    for name, items in (("finding", data["findings"]), ("coverage", data["coverage"]), ("unknown", data["unknown"])):
        known = schema.schema["$defs"][name]["properties"].keys()
        assert all(item.keys() <= known for item in items)
    assert data.keys() <= schema.schema["properties"].keys()


def test_the_schema_is_published(analyze_command: Command) -> None:
    assert json.loads(analyze_command("schema").stdout)["title"] == "Report of analyze, version 1"


def test_json_lines_hold_a_finding_each_and_a_summary(sample_report: SampleReport) -> None:
    report = sample_report("disk-full.tar.gz")
    lines = [json.loads(line) for line in made(report, "jsonl").splitlines()]
    assert [line["type"] for line in lines] == ["finding"] * len(report.findings) + ["summary"]
    assert [line["id"] for line in lines[:-1]] == [finding.rule.id for finding in report.findings]
    assert lines[-1]["verdict"] == report.verdict


@pytest.fixture(scope="session")
def oasis(tmp_path_factory: pytest.TempPathFactory) -> Draft7Validator:
    """The schema of OASIS, as Microsoft's SARIF tools carry it."""
    folder = tmp_path_factory.mktemp("sarif")
    subprocess.run(["npm", "pack", "--silent", "@microsoft/sarif-multitool-linux"], cwd=folder, check=True)
    (archive,) = folder.glob("*.tgz")
    with tarfile.open(archive) as packed:
        member = packed.extractfile("package/sarif-2.1.0.json")
        assert member is not None
        return Draft7Validator(json.load(member))


@pytest.mark.slow
@pytest.mark.parametrize("bundle", BUNDLES)
def test_sarif_is_valid(sample_report: SampleReport, oasis: Draft7Validator, bundle: str) -> None:
    data = json.loads(made(sample_report(bundle), "sarif"))
    assert [error.message for error in oasis.iter_errors(data)] == []


def test_sarif_names_a_tag_once(report_on: ReportOn) -> None:
    own = RULE + "category: network\ntags: [network, dns, network]\n"
    (rule,) = json.loads(made(report_on("it went beep\n", own), "sarif"))["runs"][0]["tool"]["driver"]["rules"]
    assert rule["properties"]["tags"] == ["network", "dns"]


def test_sarif_places_files_inside_their_archives(sample_report: SampleReport) -> None:
    report = sample_report("disk-full.tar.gz")
    (run,) = json.loads(made(report, "sarif"))["runs"]
    artifacts = run["artifacts"]

    def path(index: int) -> str:
        own = artifacts[index]
        name = str(own["location"]["uri"]).removeprefix("/")
        return f"{path(own['parentIndex'])}!/{name}" if "parentIndex" in own else name

    for finding, result in zip(report.findings, run["results"], strict=True):
        first = result["locations"][0]["physicalLocation"]
        assert path(first["artifactLocation"]["index"]) == finding.evidence[0].source
        assert first["region"]["startLine"] == finding.evidence[0].line_number
        rule = run["tool"]["driver"]["rules"][result["ruleIndex"]]
        assert rule["id"] == finding.rule.id and "Stop-gap" in rule["help"]["markdown"]
    assert len(run["invocations"][0]["toolExecutionNotifications"]) == len(report.problems)


@pytest.mark.parametrize("bundle", BUNDLES)
def test_junit_has_a_case_for_every_rule_that_ran(sample_report: SampleReport, bundle: str) -> None:
    report = sample_report(bundle)
    root = ET.fromstring(made(report, "junit"))
    cases = root.findall("testsuite/testcase")
    assert len(cases) == len({case.attrib["name"] for case in cases}) == len(report.rules)
    failed = [case.attrib["name"] for case in cases if case.find("failure") is not None]
    assert failed == [f.rule.id for f in report.findings if f.severity in ("critical", "high")]
    assert root.attrib["failures"] == str(len(failed)) and root.attrib["tests"] == str(len(cases))


def test_github_annotates_and_sums_up(
    sample_report: SampleReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    report = sample_report("tls-expired.zip")
    lines = made(report, "github").splitlines()
    levels = [line.split(" ")[0] for line in lines if line.startswith("::")][: len(report.findings)]
    assert levels == ["::error" if f.severity in ("critical", "high") else "::notice" for f in report.findings]
    assert report.findings[0].rule.title in summary.read_text(encoding="utf-8")


@pytest.mark.slow
def test_a_step_summary_is_never_larger_than_github_takes(
    sample_report: SampleReport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    summary = tmp_path / "summary.md"
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    report = sample_report("webshop-outage.zip")
    made(replace(report, findings=[*report.findings] * 400), "github")
    assert 500_000 < summary.stat().st_size < 1_000_000
    assert "left out of this summary" in summary.read_text(encoding="utf-8")


def test_a_line_of_json_is_one_for_every_reader(report_on: ReportOn) -> None:
    report = report_on("2026-03-14 09:26:53 ERROR beep \u2028 \x85 \x9b31m \u202e end\n", RULE)
    for name in ("json", "jsonl", "sarif"):
        text = made(report, name)
        assert len(text.splitlines()) == text.count("\n"), name
        assert not re.search("[\x7f-\x9f\u2028\u202e]", text), name
    assert [json.loads(line)["type"] for line in made(report, "jsonl").splitlines()] == ["finding", "summary"]


def test_csv_holds_a_row_a_finding(sample_report: SampleReport) -> None:
    report = sample_report("webshop-outage.zip")
    text = made(report, "csv")
    rows = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["id"] for row in rows] == [finding.rule.id for finding in report.findings]
    assert text.count("\r\n") == len(rows) + 1
    assert [int(row["count"]) for row in rows] == [finding.count for finding in report.findings]


HOSTILE = st.text(st.characters(codec="utf-8"), min_size=1, max_size=60).map(lambda text: f"it went beep {text}")


@given(HOSTILE)
def test_whatever_a_log_holds_stays_data(report_on: ReportOn, text: str) -> None:
    line = " ".join(text.splitlines()).replace("\0", "")
    report = report_on(f"2026-03-14 09:26:53 ERROR {line}\r::error::x]]>\x1b[31m\n", RULE)
    assert len(report.findings) == 1
    ET.fromstring(made(report, "junit"))
    json.loads(made(report, "sarif"))
    assert len(list(csv.reader(io.StringIO(made(report, "csv"), newline="")))) == 2
    commands = [line for line in re.split(r"[\r\n\u2028\x85]", made(report, "github")) if line.startswith("::")]
    assert len(commands) == 1


@pytest.mark.parametrize("start", ["=1+1", "+1", "-1", "@x", "\t=1"])
def test_a_cell_is_no_formula(report_on: ReportOn, start: str) -> None:
    report = report_on({f"{start}.log": f"{start} beep\n"}, RULE)
    (row,) = csv.DictReader(io.StringIO(made(report, "csv"), newline=""))
    assert not row["text"].startswith(("=", "+", "-", "@", "\t"))


def test_every_file_format_is_chosen_by_its_ending() -> None:
    endings = {"a.json", "a.JSONL", "a.html", "a.md", "a.sarif", "a.xml", "a.csv", "a.txt"}
    assert {format_of(name) for name in endings} | {"reply", "github"} == set(formats())
    assert format_of("a.pdf") is None
