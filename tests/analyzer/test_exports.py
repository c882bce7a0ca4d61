"""What rules find does not depend on how a log was collected or exported."""

from __future__ import annotations

import csv
import io
import json
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pytest

from analyzer.clock import decide_clocks, utc_now
from analyzer.pipeline import Options, analyze
from analyzer.rule import Rule
from analyzer.rulebook import load_indexed, rules_dir
from parsers import identify
from parsers.contract import HEAD_BYTES, Source
from parsers.times import to_datetime

BUNDLES = Path(__file__).resolve().parents[2] / "samples" / "bundles"
LOGS = {
    "python": ("net-trouble.zip", "net-trouble/app-1/shop.log"),
    "syslog": ("oom-kill.tar.gz", "oom-kill/inv-app-1/var/log/syslog"),
    "java": ("oom-kill.tar.gz", "oom-kill/inv-app-1/srv/inventory/logs/inventory.log"),
    "nginx": ("net-trouble.zip", "net-trouble/web-1/error.log"),
    "access": ("net-trouble.zip", "net-trouble/web-1/access.log"),
}
Line = tuple[datetime, str, bool]
"""When it was written, the line, and whether it begins a record."""


def iso(time: datetime) -> str:
    return time.isoformat(timespec="milliseconds").removesuffix("+00:00")


def milliseconds(time: datetime) -> int:
    return round(time.timestamp() * 1000)


def table(rows: Sequence[Sequence[str]]) -> str:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL).writerows(rows)
    return out.getvalue()


def records(lines: Sequence[Line]) -> list[tuple[datetime, str]]:
    out: list[tuple[datetime, str]] = []
    for time, line, begins in lines:
        if begins or not out:
            out.append((time, line))
        else:
            out[-1] = (out[-1][0], f"{out[-1][1]}\n{line}")
    return out


EXPORTS: dict[str, Callable[[Sequence[Line]], str]] = {
    "docker": lambda lines: "".join(
        json.dumps({"log": f"{line}\n", "stream": "stdout", "time": f"{iso(time)}000001Z"}) + "\n"
        for time, line, _ in lines
    ),
    "cri": lambda lines: "".join(f"{iso(time)}000001Z stdout F {line}\n" for time, line, _ in lines),
    "compose": lambda lines: "".join(f"shop-1  | {line}\n" for _, line, _ in lines),
    "kubectl": lambda lines: "".join(f"[pod/shop-5d8c7-x2v4q/shop] {line}\n" for _, line, _ in lines),
    "splunk": lambda lines: table(
        [("_raw", "_time", "host"), *((text, f"{iso(time)}+0000", "web-1") for time, text in records(lines))]
    ),
    "elasticsearch": lambda lines: json.dumps(
        {
            "hits": {
                "hits": [{"_source": {"@timestamp": f"{iso(time)}Z", "message": text}} for time, text in records(lines)]
            }
        },
        indent=1,
    ),
    "cloudwatch": lambda lines: json.dumps(
        {"events": [{"timestamp": milliseconds(time), "message": line} for time, line, _ in lines]}, indent=4
    ),
    "cloudwatch tail": lambda lines: "".join(f"{iso(time)}000+00:00 shop/web/7f {line}\n" for time, line, _ in lines),
    "loki": lambda lines: json.dumps(
        {
            "data": {
                "result": [
                    {
                        "stream": {"app": "shop"},
                        "values": [[f"{milliseconds(time)}000000", line] for time, line, _ in lines],
                    }
                ]
            }
        }
    ),
    "mail": lambda lines: "Hello,\nthis is our log:\n" + "".join(f"> {line}\n" for _, line, _ in lines),
}


@cache
def rules() -> list[Rule]:
    return list(load_indexed(rules_dir()))


def content(bundle: str, member: str) -> bytes:
    path = BUNDLES / bundle
    if path.suffix == ".zip":
        with zipfile.ZipFile(path) as archive:
            return archive.read(member)
    with tarfile.open(path) as archive:
        file = archive.extractfile(member)
        assert file is not None
        return file.read()


def lines_of(folder: Path, data: bytes) -> list[Line]:
    path = folder / "plain.log"
    path.write_bytes(data)
    source = Source("plain.log", path, len(data), data[:HEAD_BYTES])
    parser = identify(source).parser
    plan = parser.plan(source, decide_clocks([source], utc_now(), None)[source.path])
    (piece,) = parser.slices(source, plan, 1 << 24)
    batch = parser.read(source, piece, plan)
    return [
        (to_datetime(int(time)) or datetime(2026, 11, 24, tzinfo=UTC), text.rstrip("\r\n"), bool(begins))
        for time, text, begins in zip(batch.time, batch.text.to_list(), batch.starts, strict=True)
    ]


def found(path: Path) -> dict[str, int]:
    return {finding.rule.id: finding.count for finding in analyze([str(path)], rules(), Options(jobs=1)).findings}


@pytest.mark.slow
@pytest.mark.parametrize("log", LOGS)
def test_findings_do_not_depend_on_the_export(log: str, tmp_path: Path) -> None:
    lines = lines_of(tmp_path, content(*LOGS[log]))
    plain = found(tmp_path / "plain.log")
    assert plain
    for name, export in EXPORTS.items():
        path = tmp_path / "export.txt"
        path.write_text(export(lines), encoding="utf-8")
        assert found(path) == plain, name
