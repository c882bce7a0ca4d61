"""A log and a capture are one finding where they are about the same hosts, and two where they are not."""

from __future__ import annotations

import shutil
import zipfile
from datetime import timedelta
from pathlib import Path

import pytest

from analyzer.finding import Finding, Report
from analyzer.match import Matcher
from analyzer.pipeline import Options, analyze
from analyzer.rulebook import load_indexed, rules_dir

SAMPLES = Path(__file__).parents[2] / "samples" / "captures"
JOINS = ("tls_failure", "dns_failure", "smtp_refusal", "upstream_timeout", "timeout", "reset", "bad_gateway")


@pytest.fixture(scope="module")
def matcher() -> Matcher:
    return Matcher(list(load_indexed(rules_dir())))


def joined(report: Report) -> list[Finding]:
    return [found for found in report.findings if found.rule.id.endswith("_seen_on_wire")]


def capture_of(name: str, folder: Path) -> Path:
    """The capture of a sample, alone."""
    with zipfile.ZipFile(SAMPLES / f"{name}_seen_on_wire.zip") as archive:
        inside = next(member for member in archive.namelist() if member.endswith(".pcap"))
        with archive.open(inside) as found, (folder / "wire.pcap").open("wb") as out:
            shutil.copyfileobj(found, out)
    return folder / "wire.pcap"


@pytest.mark.parametrize("name", JOINS)
def test_lines_and_frames_are_quoted(name: str, matcher: Matcher) -> None:
    (found,) = joined(analyze([str(SAMPLES / f"{name}_seen_on_wire.zip")], matcher, Options(jobs=1)))
    assert found.rule.id == f"network.{name}_seen_on_wire"
    assert any(quoted.frame_number for quoted in found.evidence)
    assert any(quoted.line_number for quoted in found.evidence)


@pytest.mark.parametrize(
    ("target", "one"),
    [("10.81.0.3:5432", True), ("10.81.0.3:9999", False), ("192.0.2.7:5432", False), ("it", False)],
)
def test_timeouts_belong_to_the_server_that_they_name(tmp_path: Path, target: str, one: bool, matcher: Matcher) -> None:
    capture = capture_of("timeout", tmp_path)
    alone = analyze([str(capture)], matcher, Options(jobs=1)).findings
    syn = next(found for found in alone if found.rule.id == "network.tcp_syn_unanswered")
    assert syn.first_seen is not None
    moments = [syn.first_seen + timedelta(seconds=turn) for turn in range(4)]
    lines = [f"{moment:%Y-%m-%d %H:%M:%S},000 ERROR job: to {target}: Connection timed out\n" for moment in moments]
    (tmp_path / "job.log").write_text("".join(lines))
    report = analyze([str(capture), str(tmp_path / "job.log")], matcher, Options(jobs=1))
    assert "network.timeout" in {found.rule.id for found in report.findings}
    assert bool(joined(report)) is one
