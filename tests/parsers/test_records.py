"""Formats that read records one by one."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from parsers.batch import Batch
from parsers.contract import HEAD_BYTES, Source
from parsers.formats import containers, json_documents, json_lines, mysql, tables, windows
from parsers.records import RecordFormat
from parsers.times import NAT, Clock, to_datetime


def source_of(folder: Path, text: str) -> Source:
    data = text.encode("utf-8", "surrogatepass")
    file = folder / "file.log"
    file.write_bytes(data)
    return Source("file.log", file, len(data), data[:HEAD_BYTES])


def read(form: RecordFormat, source: Source, size: int = 1 << 24) -> list[Batch]:
    plan = form.plan(source, Clock(year=2026))
    return [form.read(source, piece, plan) for piece in form.slices(source, plan, size)]


def bodies(batches: list[Batch]) -> list[str]:
    return [
        text
        for batch in batches
        for text in batch.extract(batch, np.arange(len(batch.heads)), ()).get_column("body").to_list()
    ]


def times(batches: list[Batch]) -> list[str]:
    found = [time for batch in batches for time in batch.time[batch.heads]]
    return ["" if time == NAT else to_datetime(int(time)).isoformat() for time in found]  # type: ignore[union-attr]


def test_a_lone_surrogate_in_json_is_no_reason_to_fail(tmp_path: Path) -> None:
    assert bodies(
        read(json_lines.FORMAT, source_of(tmp_path, '{"time":"2026-03-14T09:26:53Z","msg":"a\\ud800b"}\n'))
    ) == ["a?b"]


def test_lines_that_are_no_json_are_kept_and_counted(tmp_path: Path) -> None:
    text = '{"time":"2026-03-14T09:26:53Z","msg":"a"}\n{"time": broken\n{"time":"2026-03-14T09:26:54Z","msg":"b"}\n'
    (batch,) = read(json_lines.FORMAT, source_of(tmp_path, text))
    assert bodies([batch]) == ["a", '{"time": broken', "b"]
    assert [problem.kind for problem in batch.problems] == ["malformed"]


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("1773480413", "2026-03-14T09:26:53+00:00"),
        ("1773480413.589", "2026-03-14T09:26:53.589000+00:00"),
        ("1773480413589", "2026-03-14T09:26:53.589000+00:00"),
        ('"1773480413589123"', "2026-03-14T09:26:53.589123+00:00"),
        ('"2026-03-14T10:26:53+01:00"', "2026-03-14T09:26:53+00:00"),
    ],
)
def test_times_of_json(written: str, moment: str, tmp_path: Path) -> None:
    assert times(read(json_lines.FORMAT, source_of(tmp_path, f'{{"ts":{written},"msg":"a"}}\n'))) == [moment]


@pytest.mark.parametrize("size", [64, 700, 1 << 20])
def test_rows_of_a_table_keep_their_columns_in_every_slice(size: int, tmp_path: Path) -> None:
    rows = [f'2026-03-14T09:26:{i:02d}Z,"line one\nline two, {i}",ERROR\n' for i in range(60)]
    source = source_of(tmp_path, "Time,Message,Level\n" + "".join(rows))
    batches = read(tables.CSV, source, size)
    assert bodies(batches) == [f"line one\nline two, {i}" for i in range(60)]
    assert {int(level) for batch in batches for level in batch.severity} == {17}
    assert (len(batches) > 1) == (size < 1 << 20)


@pytest.mark.parametrize("size", [64, 1 << 20])
def test_columns_of_iis_are_known_in_every_slice(size: int, tmp_path: Path) -> None:
    head = "#Software: IIS\n#Fields: date time cs-uri-stem sc-status\n"
    rows = [f"2026-03-14 09:26:{i:02d} /pay {500 + i}\n" for i in range(50)]
    batches = read(windows.IIS, source_of(tmp_path, head + "".join(rows)), size)
    assert times(batches) == [f"2026-03-14T09:26:{i:02d}+00:00" for i in range(50)]


def docker(text: str, stream: str = "stdout", second: int = 0) -> str:
    return json.dumps({"log": text, "stream": stream, "time": f"2026-03-14T09:26:{second:02d}Z"}) + "\n"


@pytest.mark.parametrize("size", [64, 1 << 20])
def test_docker_lines_of_more_than_16_kib_are_joined_by_stream(size: int, tmp_path: Path) -> None:
    half = "x" * 16 * 1024
    text = docker(half) + docker("meanwhile\n", "stderr", 1) + docker("end\n", second=2)
    batches = read(containers.DOCKER, source_of(tmp_path, docker("before\n") + text), size)
    assert sorted(bodies(batches), key=len) == ["before", "meanwhile", half + "end"]


def test_a_stack_trace_in_a_container_is_one_record(tmp_path: Path) -> None:
    lines = ["ERROR pay failed", "java.io.IOException: boom", "\tat a.B.c(B.java:7)", "", "Caused by: x.Y: z", "next"]
    text = "".join(f"2026-03-14T09:26:53.1Z stdout F {line}\n" for line in lines)
    assert bodies(read(containers.CRI, source_of(tmp_path, text))) == ["\n".join(lines[:5]), "next"]


def test_a_container_message_is_read_as_what_it_is(tmp_path: Path) -> None:
    inner = [
        'level=error msg="no space left on device"',
        "W0314 09:26:53.000000       1 a.go:7] slow",
        '10.0.0.7 - - [14/Mar/2026:09:26:53 +0000] "GET / HTTP/1.1" 500 1 "-" "-"',
        '{"severity":"CRITICAL","message":"gone"}',
        "plain words",
    ]
    (batch,) = read(containers.DOCKER, source_of(tmp_path, "".join(docker(line + "\n") for line in inner)))
    assert batch.severity.tolist() == [17, 13, 17, 18, 0]


def test_json_documents_are_read_on_one_line_and_on_many(tmp_path: Path) -> None:
    events = [{"eventTime": f"2026-03-14T09:26:{i:02d}Z", "message": f"m{i}", "n": {"a": [{"b": i}]}} for i in range(9)]
    for indent in (None, 1, 4):
        for document in ({"Records": events}, events):
            source = source_of(tmp_path, json.dumps(document, indent=indent) + "\n")
            assert json_documents.FORMAT.sniff(source) > 0.5
            assert bodies(read(json_documents.FORMAT, source, 256)) == [f"m{i}" for i in range(9)]


def test_a_slow_query_of_the_same_second_has_its_time(tmp_path: Path) -> None:
    block = "# User@Host: a[a] @ b []\n# Query_time: 1.0  Lock_time: 0.0\nSET timestamp=1773480413;\nSELECT 1;\n"
    text = "# Time: 260314  9:26:53\n" + block + block
    batches = read(mysql.SLOW_LOG, source_of(tmp_path, text))
    assert times(batches) == ["2026-03-14T09:26:53+00:00"] * 2
