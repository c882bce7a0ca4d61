from __future__ import annotations

import io
import json
import random
import struct
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scapy.layers.dns import DNS  # noqa: F401 - scapy knows the layers that were imported
from scapy.layers.l2 import Ether  # noqa: F401
from scapy.utils import PcapReader

from analyzer.errors import InputError
from analyzer.finding import Report
from analyzer.pipeline import Options, analyze
from analyzer.render.json import document

ReportOn = Callable[..., Report]
RULE = 'id: t.timeout\ntitle: T\nseverity: high\ndetection: {a: {body|contains: "timed out"}}\n'


def varied_log(count: int, seed: int = 7) -> str:
    rnd = random.Random(seed)
    names = ["anna", "ben", "carla", "dora", "emil"]
    out = []
    for i in range(count):
        stamp = f"2026-03-14 09:{i // 60 % 60:02d}:{i % 60:02d},{rnd.randrange(1000):03d}"
        body = rnd.choice(
            [
                f"INFO [worker-{i % 8}] user {rnd.choice(names)} logged in from 10.0.{i % 256}.{i % 7}",
                f"WARN [worker-{i % 8}] query took {rnd.randrange(9999)} ms",
                f"ERROR [worker-{i % 8}] request {rnd.randrange(10**9):x} timed out after {rnd.randrange(99)} s\n"
                f"java.util.concurrent.TimeoutException: no answer\n\tat a.B.c(B.java:{rnd.randrange(99)})",
                f"ERROR link eth{i % 3} went down",
            ]
        )
        out.append(f"{stamp} {body}\n")
    return "".join(out)


def comparable(report: Report) -> dict[str, object]:
    data = document(report)
    data.pop("stats")
    return data


@pytest.mark.slow
@given(size=st.integers(400, 20_000))
@settings(max_examples=6)
def test_the_size_of_the_slices_does_not_change_the_report(report_on: ReportOn, size: int) -> None:
    log = varied_log(400)
    whole = comparable(report_on(log, RULE))
    sliced = comparable(report_on(log, RULE, Options(jobs=1, slice_bytes=size)))
    assert json.dumps(sliced, indent=1) == json.dumps(whole, indent=1)


def test_the_number_of_workers_does_not_change_the_report(report_on: ReportOn) -> None:
    files: dict[str, str | bytes] = {f"app{i}.log": varied_log(300, i) for i in range(3)}
    one = comparable(report_on(files, RULE, Options(jobs=1, slice_bytes=10_000)))
    two = comparable(report_on(files, RULE, Options(jobs=2, slice_bytes=10_000)))
    assert one == two


def test_every_file_is_in_the_coverage_and_what_was_not_read_says_why(report_on: ReportOn) -> None:
    files: dict[str, str | bytes] = {"a.log": varied_log(10), "empty.log": b"", "core": bytes(range(256)) * 50}
    report = report_on(files)
    got = {entry.source.rsplit("/")[-1]: (entry.records > 0, entry.problem) for entry in report.coverage}
    assert got["a.log"] == (True, "")
    assert got["empty.log"] == (False, "empty")
    assert got["core"] == (False, "binary")
    assert [problem.kind for problem in report.problems] == ["binary"]
    assert "2 files" not in report.verdict


def test_a_stack_trace_is_one_record(report_on: ReportOn) -> None:
    log = varied_log(200)
    (entry,) = report_on(log).coverage
    assert entry.records == 200
    assert entry.lines == log.count("\n")


def test_errors_that_no_rule_knows_are_shown_and_known_ones_are_not(report_on: ReportOn) -> None:
    report = report_on(varied_log(400), RULE)
    assert [finding.rule.id for finding in report.findings] == ["t.timeout"]
    templates = [entry.template for entry in report.unknown]
    assert len(templates) == 1
    assert templates[0].startswith("link eth")
    assert report.unknown[0].count + report.findings[0].count == varied_log(400).count(" ERROR ")


def test_since_and_until_leave_records_out(report_on: ReportOn) -> None:
    def at(minute: int) -> datetime:
        return datetime(2026, 3, 14, 9, minute, tzinfo=UTC)

    (entry,) = report_on(varied_log(600), RULE, Options(jobs=1, since=at(2), until=at(4))).coverage
    assert 118 <= entry.records <= 122
    assert entry.first_seen is not None
    assert entry.last_seen is not None
    assert (at(2) <= entry.first_seen, entry.last_seen <= at(4)) == (True, True)


def test_the_timeline_counts_every_record_with_a_time(report_on: ReportOn) -> None:
    report = report_on(varied_log(600))
    assert sum(sum(bucket.counts.values()) for bucket in report.timeline) == 600
    assert len(report.timeline) <= 121


def test_an_input_that_is_not_there_is_an_error_with_its_name(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"nowhere\.zip"):
        analyze([str(tmp_path / "nowhere.zip")], [])


CAPTURES = Path(__file__).resolve().parents[2] / "samples" / "captures"
SERVFAIL = """
id: t.servfail
title: A name server fails
severity: high
detection: {a: {parser: capture, body|startswith: "dns_servfail:"}}
"""


def test_a_capture_is_counted_in_packets(report_on: ReportOn) -> None:
    data = (CAPTURES / "dns_servfail.pcap").read_bytes()
    report = report_on({"x.pcap": data, "a.log": varied_log(5)})
    (entry,) = (entry for entry in report.coverage if entry.parser == "capture")
    assert entry.records == len(PcapReader(io.BytesIO(data)).read_all())  # type: ignore[no-untyped-call]
    assert entry.problem == ""
    assert report.network["DNS"]


def test_what_a_rule_finds_in_a_capture_names_the_frame(report_on: ReportOn) -> None:
    data = (CAPTURES / "dns_servfail.pcap").read_bytes()
    report = report_on({"x.pcap": data}, SERVFAIL)
    (finding,) = report.findings
    assert {evidence.line_number for evidence in finding.evidence} == {0}
    frames = [evidence.frame_number for evidence in finding.evidence]
    assert all(f"frames {frame}," in e.text for frame, e in zip(frames, finding.evidence, strict=True))
    packets = PcapReader(io.BytesIO(data)).read_all()  # type: ignore[no-untyped-call]
    assert all(packets[frame - 1].haslayer("DNS") for frame in frames)
    assert [mark.kind for mark in report.marks] == ["capture"]


def test_a_rule_for_logs_does_not_look_into_captures(report_on: ReportOn) -> None:
    data = (CAPTURES / "dns_servfail.pcap").read_bytes()
    rule = SERVFAIL.replace("parser: capture, body|startswith", "body|contains")
    assert not report_on({"x.pcap": data}, rule).findings


def test_an_empty_capture_is_a_problem(report_on: ReportOn) -> None:
    report = report_on({"x.pcap": struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1), "a.log": varied_log(5)})
    assert [problem.kind for problem in report.problems] == ["empty"]
    assert report.verdict.endswith(" 1 capture holds no packet.")


def test_time_that_goes_back_and_silence_are_marked(report_on: ReportOn) -> None:
    times = [f"2026-03-14 {9 + i // 60:02d}:{i % 60:02d}:00 INFO tick {i}" for i in range(120)]
    log = "\n".join([*times, "2026-03-14 09:30:00 INFO again", "2026-03-14 20:00:00 INFO late"])
    report = report_on(log)
    assert [(m.kind, f"{m.start:%H:%M}", f"{m.end:%H:%M}") for m in report.marks] == [
        ("gap", "11:00", "20:00"), ("clock_jump", "09:30", "10:59")
    ]  # fmt: skip
    assert "line 121" in report.marks[1].note


@pytest.mark.parametrize(
    ("stray", "noted"),
    [
        (["2003-08-28 18:17:07 ERROR old"], "1 record of 2003-08-28, far from all others: not drawn."),
        (["2003-08-28 18:17:07 INFO a", "2004-01-01 00:00:00 INFO b"], "2 records from 2003-08-28 to 2004-01-01,"),
        (["2031-01-01 00:00:00 INFO later"], "1 record of 2031-01-01,"),
    ],
)
def test_the_timeline_leaves_out_what_is_far_from_all_the_rest(
    report_on: ReportOn, stray: list[str], noted: str
) -> None:
    log = [f"2026-03-14 {9 + i // 60:02d}:{i % 60:02d}:00 INFO tick {i}" for i in range(120)]
    report = report_on({"app.log": "\n".join(log), "stray.log": "\n".join(stray)})
    (mark,) = report.marks
    assert mark.kind == "outside"
    assert mark.note.startswith(noted)
    assert report.timeline[0].start == datetime(2026, 3, 14, 9, tzinfo=UTC)
    assert sum(sum(bucket.counts.values()) for bucket in report.timeline) == 120
    assert report.stats["records"] == 120 + len(stray)


def test_the_system_is_told_from_what_programs_say_of_themselves(report_on: ReportOn) -> None:
    report = report_on({
        "kern.log": "Mar 14 09:26:53 db-1 kernel: Linux version 6.1.0-18-amd64 (debian) #1 SMP\n",
        "pg.log": "2026-03-14 09:26:53.123 UTC [1] LOG:  starting PostgreSQL 15.6 on x86_64-pc-linux-gnu\n",
        "os-release": 'NAME="Debian"\nPRETTY_NAME="Debian GNU/Linux 12 (bookworm)"\n',
    })  # fmt: skip
    assert report.facts["Hosts"] == ["db-1"]
    assert report.facts["Kernel"] == ["6.1.0-18-amd64"]
    assert report.facts["PostgreSQL"] == ["15.6"]
    assert report.facts["Operating system"] == ["Debian GNU/Linux 12 (bookworm)"]


def test_findings_are_counted_over_the_time_of_the_report(report_on: ReportOn) -> None:
    lines = [f"2026-03-14 09:{i:02d}:00 ERROR {'beep' if i >= 20 else 'quiet'}" for i in range(40)]
    report = report_on(
        "\n".join(lines), 'id: t.beep\ntitle: T\nseverity: low\ndetection: {a: {body|contains: "beep"}}\n'
    )
    (finding,) = report.findings
    assert sum(finding.sparkline) == 20
    start = (report.findings[0].first_seen - report.timeline[0].start).total_seconds() // report.bucket_seconds
    assert next(i for i, count in enumerate(finding.sparkline) if count) == start
