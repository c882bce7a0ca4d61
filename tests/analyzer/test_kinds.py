"""Kinds of files that customers send: what is read of them, and which of their lines a person is shown."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import polars as pl
import pytest

from analyzer.finding import Report
from analyzer.pipeline import Options, analyze

PRETTY = json.dumps(
    {
        "kind": "List",
        "items": [
            {
                "kind": "Event",
                "count": 4,
                "involvedObject": {"kind": "Pod", "name": "shop-7f"},
                "lastTimestamp": "2026-03-14T09:26:53Z",
                "level": "error",
                "message": "Back-off pulling image of shop",
            }
        ],
    },
    indent=4,
)
RSYSLOG = (
    "Debug line with all properties:\nFROMHOST: 'web-1', fromhost-ip: '10.0.0.7', HOSTNAME: 'web-1', PRI: 27,\n"
    "syslogtag 'shop[7]:', programname: 'shop', APP-NAME: 'shop', PROCID: '7', MSGID: '-',\n"
    "TIMESTAMP: 'Mar 14 09:26:53', STRUCTURED-DATA: '-',\nmsg: ' Back-off pulling image of shop'\n"
    "escaped msg: ' Back-off pulling image of shop'\ninputname: imudp rawmsg: 'x'\n\n"
) * 2
DESCRIBE = (
    "Name:             shop-7f\nNamespace:        shop\nContainers:\n  shop:\n    Image:          shop:2\n"
    "    State:          Waiting\n      Reason:       Back-off pulling image\nEvents:          <none>\n"
)
RULE = 'id: t.pull\ntitle: T\nseverity: high\ndetection: {a: {body|contains: "Back-off pulling image"}}\n'


@pytest.mark.parametrize(
    ("name", "text"), [("events.json", PRETTY), ("debug.log", RSYSLOG), ("pod.txt", DESCRIBE)], ids=lambda v: v[:12]
)
def test_evidence_is_the_line_that_has_the_message(report_on: Callable[..., Report], name: str, text: str) -> None:
    (finding,) = report_on({name: text}, RULE).findings
    for evidence in finding.evidence:
        assert "Back-off pulling image" in evidence.text
        assert text.splitlines()[evidence.line_number - 1].strip() == evidence.text.strip()


def events(path: Path, tmp_path: Path, **options: object) -> pl.DataFrame:
    save = tmp_path / "saved"
    analyze([str(path)], [], Options(jobs=1, save=save, **options))  # type: ignore[arg-type]
    return pl.scan_parquet(save / "events.parquet" / "*.parquet").collect()


def test_each_line_of_tail_knows_its_file_in_any_slice(tmp_path: Path) -> None:
    log = tmp_path / "both.txt"
    parts = (
        f"==> {name}.log <==\n"
        + "".join(f"2026-03-14 09:26:{at % 60:02},000 INFO [main] shop.Pay - {name} paid {at}\n" for at in range(300))
        for name in ("a", "b", "c")
    )
    log.write_text("\n".join(parts))
    rows = events(log, tmp_path, slice_bytes=2000)
    assert rows.height == 900
    assert rows.filter(pl.col("service_name") != pl.col("body").str.head(1) + ".log").height == 0
    assert rows.get_column("service_name").null_count() == 0


def test_a_message_that_is_a_whole_log_is_read_as_its_records(tmp_path: Path) -> None:
    log = "\n".join(
        (
            "2026-03-14 09:26:53,000 INFO  [main] shop.Boot - starts",
            "2026-03-14 09:26:54,000 ERROR [main] shop.Pay - pay failed",
            "java.lang.IllegalStateException: no pool",
            "\tat shop.Pay.pay(Pay.java:7)",
            "2026-03-14 09:26:55,000 WARN  [main] shop.Pay - slow",
        )
    )
    path = tmp_path / "job.json"
    path.write_text(json.dumps({"job": 7, "log": log}) + "\n")
    rows = events(path, tmp_path)
    assert rows.get_column("severity_number").to_list() == [9, 17, 13]
    assert [f"{time:%S}" for time in rows.get_column("time")] == ["53", "54", "55"]
    assert rows.get_column("body")[1].splitlines()[1] == "java.lang.IllegalStateException: no pool"


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("symbols.txt", "".join(f"ffffffff81{at:06x} T {name}\n" for at, name in enumerate(["panic", "oops_end"] * 9))),
        ("files.txt", "-rw-r--r-- 1 root root 7 Mar 14 09:26 fatal error.log\n" * 9),
        ("bytes.txt", "00000000  46 61 74 61 6c 20 65 72  72 6f 72 3a 20 78 0a 00  |Fatal error: x..|\n" * 9),
        ("logins.txt", "anna     pts/0        10.0.0.9         Sat Mar 14 09:26   still logged in\n" * 9),
    ],
)
def test_lists_are_no_logs(report_on: Callable[..., Report], name: str, text: str) -> None:
    report = report_on({name: text})
    (entry,) = report.coverage
    assert entry.parser == "document"
    assert (entry.records, entry.first_seen) == (text.count("\n"), None)
    assert not report.unknown
