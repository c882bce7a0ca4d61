"""Exports of log platforms: what the program wrote comes out, whoever wrapped it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from analyzer.clock import decide_clocks, utc_now
from analyzer.inputs import input_of
from parsers import identify
from parsers.contract import HEAD_BYTES, Source
from parsers.schema import HEADER_FIELDS
from parsers.times import to_datetime

EVENTS = (
    ("2026-03-14T09:26:53.589", "ERROR", "no answer from the scale"),
    ("2026-03-14T09:26:54.001", "INFO", "ready to weigh"),
    ("2026-03-14T09:26:55.250", "WARN", "disk is 91 % full"),
)
LEVELS = {"ERROR": 17, "INFO": 9, "WARN": 13}
Event = tuple[str, str, str]


def raw(event: Event) -> str:
    """An event as Log4j writes it."""
    time, level, message = event
    return f"{time.replace('T', ' ').replace('.', ',')} {level:5} [main] shop.Pay - {message}"


def lines(write: Callable[[Event], str], ahead: str = "") -> str:
    return ahead + "".join(write(event) + "\n" for event in EVENTS)


def quoted(value: object) -> str:
    return json.dumps(value).replace('"', '""')


EXPORTS = {
    "Kibana, columns": lines(
        lambda e: f'"Mar 14, 2026 @ {e[0][11:]}","{e[1].lower()}","{e[2]}"', '"@timestamp","log.level",message\n'
    ),
    "Kibana, documents": lines(
        lambda e: f'"Mar 14, 2026 @ {e[0][11:]}","{quoted({"message": e[2], "log": {"level": e[1]}})}"',
        '"@timestamp","_source"\n',
    ),
    "Kibana, fields": json.dumps(
        [{"_id": "1", "fields": {"@timestamp": [e[0] + "Z"], "log.level": [e[1]], "message": [e[2]]}} for e in EVENTS]
    ),
    "Splunk, JSON": lines(
        lambda e: json.dumps({"preview": False, "result": {"_time": e[0] + "+00:00", "_raw": raw(e)}})
    ),
    "Datadog, CSV": lines(
        lambda e: f'{e[0]}Z,web-1,shop,{e[1].lower()},"{e[2]}"', "Date,Host,Service,Status,Content\n"
    ),
    "Datadog, API": json.dumps(
        {
            "data": [
                {"type": "log", "attributes": {"timestamp": e[0] + "Z", "status": e[1].lower(), "message": e[2]}}
                for e in EVENTS
            ]
        },
        indent=2,
    ),
    "Logs Insights, CSV": lines(
        lambda e: f'{e[0].replace("T", " ")},"{quoted({"level": e[1], "msg": e[2]})}"', "@timestamp,@message\n"
    ),
    "Logs Insights, API": json.dumps(
        {
            "results": [
                [
                    {"field": "@timestamp", "value": e[0].replace("T", " ")},
                    {"field": "@message", "value": raw(e) + "\n"},
                ]
                for e in EVENTS
            ],
            "status": "Complete",
        }
    ),
    "Azure, CSV": lines(
        lambda e: f'"3/14/2026, 9:26:{e[0][17:]} AM",web-1,{e[1].title()},"{e[2]}"',
        '"TimeGenerated [UTC]",Computer,Level,Message\n',
    ),
    "Azure, tables": json.dumps(
        {
            "tables": [
                {
                    "columns": [{"name": "TimeGenerated"}, {"name": "Level"}, {"name": "Message"}],
                    "rows": [[e[0] + "Z", e[1], e[2]] for e in EVENTS],
                }
            ]
        }
    ),
    "Application Insights": lines(
        lambda e: f'{e[0]}Z,"{e[2]}",{ {"ERROR": 3, "INFO": 1, "WARN": 2}[e[1]] },trace,shop',
        "timestamp,message,severityLevel,itemType,cloud_RoleName\n",
    ),
    "Grafana, text": lines(lambda e: f"{e[0]}Z\t{raw(e)}"),
    "Grafana, JSON": json.dumps([{"line": raw(e), "timestamp": "1", "date": e[0] + "Z"} for e in EVENTS]).replace(
        '"timestamp": "1", ', ""
    ),
    "a message in a message": lines(
        lambda e: json.dumps({"time": e[0] + "Z", "log": json.dumps({"level": e[1], "msg": e[2]})})
    ),
    "a log in a ticket": "Since this morning:\n\n```\n" + lines(lambda e: "    " + raw(e)) + "```\n",
}


def source_of(folder: Path, data: bytes, name: str = "export.txt") -> Source:
    path = folder / "export"
    path.write_bytes(data)
    return Source(name, path, len(data), data[:HEAD_BYTES])


@pytest.mark.parametrize("export", EXPORTS)
def test_time_severity_and_message_are_those_of_the_program(export: str, tmp_path: Path) -> None:
    source = source_of(tmp_path, EXPORTS[export].encode())
    parser = identify(source).parser
    plan = parser.plan(source, decide_clocks([source], utc_now(), None)[source.path])
    (piece,) = parser.slices(source, plan, 1 << 20)
    batch = parser.read(source, piece, plan)
    bodies = batch.extract(batch, np.arange(len(batch.heads)), HEADER_FIELDS).get_column("body").to_list()
    read = [
        (str(to_datetime(int(batch.time[row])))[:23].replace(" ", "T"), int(batch.severity[row]), body.split("\n")[0])
        for row, body in zip(batch.heads, bodies, strict=True)
        if "Since" not in body
    ]
    assert read == [(time, LEVELS[level], message) for time, level, message in EVENTS]


DUMPS = {
    b"JAVA PROFILE 1.0.2\0": "heap dump of a Java process",
    b"PERFILE2": "profile of the Linux kernel's perf",
    b"MDMP\x93\xa7\0\0": "minidump of a Windows process",
    b"\x7fELF\x02\x01\x01" + b"\0" * 9 + b"\x04\0\x3e\0": "core dump of a process",
    b"\x84\x01\0\0\x09_id\0\0\x11\x22\x33\x8f\x01\0\0\x10type\0": "MongoDB's diagnostic data",
    b"ElfFile\0": "Windows event log",
}


@pytest.mark.parametrize("head", DUMPS)
def test_dumps_are_named(head: bytes, tmp_path: Path) -> None:
    entry = input_of(source_of(tmp_path, head + bytes(range(256)) * 40, "dump.bin"))
    assert entry.parser is None
    assert DUMPS[head] in entry.problems[0].message
