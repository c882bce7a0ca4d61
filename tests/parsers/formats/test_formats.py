"""Every format reads its own samples, and no other format takes them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from parsers import by_name, identify, parsers
from parsers.contract import HEAD_BYTES, Parser, Source
from parsers.lines import LineFormat, Sample
from parsers.plan import Plan
from parsers.records import RecordFormat
from parsers.schema import HEADER_FIELDS
from parsers.times import MICROSECOND, NAT, Clock

FORMATS = [parser for parser in parsers() if isinstance(parser, (LineFormat, RecordFormat)) and parser.searched]
CLOCK = Clock(year=2026, last=(12, 31), date=20_526)  # 2026-03-14
EPOCH = datetime.fromisoformat("1970-01-01T00:00:00Z")


@dataclass(frozen=True)
class Event:
    """A record as it is read; line and time as the schema has them."""

    line: int
    lines: int
    time: int
    severity: int
    fields: dict[str, object]


def source_of(folder: Path, data: bytes) -> Source:
    file = folder / "file.log"
    file.write_bytes(data)
    return Source("file.log", file, len(data), data[:HEAD_BYTES])


def events_of(parser: Parser, source: Source, size: int = 1 << 24) -> list[Event]:
    """The records of a source, read in slices of some size."""
    return list(_read(parser, source, parser.plan(source, CLOCK), size))


def _read(parser: Parser, source: Source, plan: Plan, size: int) -> Iterator[Event]:
    first = 0
    for piece in parser.slices(source, plan, size):
        batch = parser.read(source, piece, plan)
        heads = batch.heads
        fields = fields_of(batch.extract(batch, np.arange(len(heads)), HEADER_FIELDS))
        ends = np.append(batch.line_number[heads][1:], batch.line_count)
        for i, row in enumerate(heads):
            line = int(batch.line_number[row])
            time, severity = int(batch.time[row]), int(batch.severity[row])
            yield Event(first + line, int(ends[i]) - line, time, severity, fields[i])
        first += batch.line_count


def fields_of(frame: pl.DataFrame) -> list[dict[str, object]]:
    return [{name: value for name, value in row.items() if value is not None} for row in frame.to_dicts()]


def text_of(samples: Sequence[Sample]) -> str:
    return "".join(sample.text.rstrip("\n") + "\n" for sample in samples)


def check(event: Event, sample: Sample) -> None:
    """A record is what a sample expects."""
    for name, expected in sample.expect.items():
        if name == "time":
            moment = datetime.fromisoformat(str(expected)) - EPOCH
            assert event.time == (moment.days * 86_400 + moment.seconds) * MICROSECOND + moment.microseconds, (
                sample.text
            )
        elif name == "severity_number":
            assert event.severity == expected, sample.text
        elif expected is None:
            assert name not in event.fields, sample.text
        else:
            assert str(event.fields.get(name)) == str(expected), sample.text


@pytest.fixture(params=FORMATS, ids=lambda parser: parser.name)
def parser(request: pytest.FixtureRequest) -> LineFormat | RecordFormat:
    found: LineFormat | RecordFormat = request.param
    return found


def test_a_format_shows_what_varies(parser: LineFormat | RecordFormat) -> None:
    assert parser.title
    assert len(parser.samples) >= 3
    assert all(sample.expect for sample in parser.samples)


def encode(text: str, form: str) -> bytes:
    match form:
        case "crlf":
            return text.replace("\n", "\r\n").encode()
        case "utf-16":
            return text.encode("utf-16")
        case "no end of line":
            return text.rstrip("\n").encode()
        case _:
            return text.encode()


@pytest.mark.parametrize("form", ["crlf", "utf-16", "no end of line"])
def test_samples_are_read_as_they_expect(parser: LineFormat | RecordFormat, form: str, tmp_path: Path) -> None:
    source = source_of(tmp_path, encode(text_of(parser.samples), form))
    events = events_of(parser, source)
    assert len(events) == len(parser.samples)
    for event, sample in zip(events, parser.samples, strict=True):
        check(event, sample)


@pytest.mark.parametrize("form", ["utf-8", "utf-16"])
def test_a_file_of_samples_is_identified(parser: LineFormat | RecordFormat, form: str, tmp_path: Path) -> None:
    source = source_of(tmp_path, encode(text_of(parser.samples), form))
    scores = sorted(((other.sniff(source), other.name) for other in parsers()), reverse=True)
    assert scores[0][1] == parser.name, scores[:3]
    assert scores[0][0] > scores[1][0], scores[:3]


def test_a_few_records_are_enough_to_be_identified(parser: LineFormat | RecordFormat, tmp_path: Path) -> None:
    # The first sample brings the line that names the columns, where a format has one.
    source = source_of(tmp_path, text_of((parser.samples[0], parser.samples[-1])).encode())
    assert identify(source).parser.name == parser.name


def test_slices_of_any_size_give_the_same_records(parser: LineFormat | RecordFormat, tmp_path: Path) -> None:
    source = source_of(tmp_path, text_of(parser.samples * 2).encode())
    whole = events_of(parser, source)
    assert events_of(parser, source, 64) == whole
    assert events_of(parser, source, 1024) == whole


def test_a_third_of_foreign_lines_does_no_harm(parser: LineFormat | RecordFormat, tmp_path: Path) -> None:
    if parser.name == "generic":
        return
    foreign = "waiting for the other side to answer"
    text = "".join(sample.text.rstrip("\n") + "\n" for sample in parser.samples * 4)
    lines = text.count("\n")
    mixed = f"{foreign}\n" * (lines // 3) + text
    source = source_of(tmp_path, mixed.encode())
    assert identify(source).parser.name == parser.name
    events = [event for event in events_of(parser, source) if event.line >= lines // 3]
    assert len(events) == len(parser.samples) * 4
    for event, sample in zip(events, parser.samples * 4, strict=True):
        check(event, sample)


def lines_of(parser: Parser, source: Source, size: int) -> tuple[int, int]:
    """(lines in records and skipped, lines of the file) of a source."""
    plan = parser.plan(source, CLOCK)
    counted = total = 0
    for piece in parser.slices(source, plan, size):
        batch = parser.read(source, piece, plan)
        total += batch.line_count
        heads = batch.heads
        ends = np.append(batch.line_number[heads][1:], batch.line_count) if len(heads) else np.empty(0, np.int64)
        ahead = int(batch.line_number[heads[0]]) if len(heads) else batch.line_count
        counted += int((ends - batch.line_number[heads]).sum()) + min(batch.skipped, ahead)
        assert (batch.time != NAT).sum() <= len(batch)
        assert len(batch.extract(batch, np.arange(len(heads)), HEADER_FIELDS)) == len(heads)
    return counted, total


WORDS = [sample.text for parser in FORMATS for sample in parser.samples]
JUNK = st.one_of(
    st.binary(max_size=400),
    st.lists(st.sampled_from(WORDS), max_size=4).map(lambda texts: "\n".join(texts).encode()),
    st.tuples(st.sampled_from(WORDS), st.integers(0, 200), st.binary(max_size=8)).map(
        lambda parts: parts[0].encode()[: parts[1]] + parts[2] + parts[0].encode()[parts[1] :]
    ),
)


@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=JUNK)
def test_any_bytes_are_read_without_loss(parser: LineFormat | RecordFormat, tmp_path: Path, data: bytes) -> None:
    source = source_of(tmp_path, data)
    assert 0.0 <= parser.sniff(source) <= 1.0
    for size in (64, 1 << 20):
        counted, total = lines_of(parser, source, size)
        assert counted == total


NO_LOG = {
    "settings.ini": "[server]\nport = 8080\nhost = 0.0.0.0\n\n[log]\nlevel = info\nfile = /var/log/app.log\n",
    "settings.env": "LEVEL=info\nTIME=utc\nDB_HOST=db-1\nDB_PASSWORD=x\nMSG=hello\n",
    "values.yaml": "replicas: 2\nimage:\n  tag: 1.4.2\nenv:\n  - name: LOG_LEVEL\n    value: info\n",
    "readme": "# Shop\n\nStart it with `make run`.\n\n    ERROR: this line is an example\n\nSee the manual.\n",
    "page.html": "<!DOCTYPE html>\n<html><head><title>502 Bad Gateway</title></head>\n<body>error</body></html>\n",
    "orders.csv": "id,customer,amount,created\n1,anna,12.50,2026-03-14\n2,ben,7.00,2026-03-15\n",
    "shop.py": "import logging\n\nlog = logging.getLogger(__name__)\n\n\ndef pay():\n    log.error('failed')\n",
    "ps": "USER         PID %CPU %MEM    VSZ   RSS TTY      STAT START   TIME COMMAND\n"
    "root           1  0.2  0.0  19332 11184 ?        Ss   10:09   0:00 /usr/lib/systemd/systemd\n",
    "fstab": "# <file system> <mount point> <type> <options> <dump> <pass>\n"
    "UUID=1234-ABCD / ext4 errors=remount-ro 0 1\n",
    "passwd": "root:x:0:0:root:/root:/bin/bash\ndaemon:x:1:1:daemon:/usr/sbin:/usr/sbin/nologin\n",
    "unit": "[Unit]\nDescription=Shop\n\n[Service]\nExecStart=/srv/shop\nRestart=on-failure\n",
    "package.json": '{\n  "name": "shop",\n  "version": "1.4.2",\n  "scripts": {"start": "node ."}\n}\n',
    "one-line.json": '{"name": "shop", "version": "1.4.2"}\n',
    "pom.xml": '<?xml version="1.0"?>\n<project>\n  <version>1.4.2</version>\n</project>\n',
}


@pytest.mark.parametrize("name", NO_LOG)
def test_a_text_that_is_no_log_is_read_as_any_text(name: str, tmp_path: Path) -> None:
    assert identify(source_of(tmp_path, NO_LOG[name].encode())).parser.name in ("generic", "document")


TRACES = {
    "java": 'Exception in thread "main" java.lang.IllegalStateException: no pool\n'
    "\tat com.example.Shop.pay(Shop.java:42)\n\t... 3 more\n"
    "Caused by: java.net.ConnectException: Connection refused\n"
    "\tat java.base/sun.nio.ch.Net.pollConnect(Native Method)",
    "python": "Traceback (most recent call last):\n  File \"/srv/a.py\", line 3, in f\n    g()\nKeyError: 'x'\n\n"
    "The above exception was the direct cause of the following exception:\n\n"
    'Traceback (most recent call last):\n  File "/srv/a.py", line 5, in f\n    raise E\nRuntimeError: bad',
    "go": "goroutine 1 [running]:\nmain.main()\n\t/srv/main.go:8 +0x1d\ncreated by main.start in goroutine 7",
    "node": "    at Server.listen (node:net:1800:5)\n    at Object.<anonymous> (/srv/app.js:7:3)",
    "dotnet": "   at Shop.Pay(Order o) in /src/Shop.cs:line 12\n"
    "--- End of inner exception stack trace ---\n   at Shop.Main()",
}


@pytest.mark.parametrize("language", TRACES)
@pytest.mark.parametrize(
    "header",
    [
        ("log4j", "2026-03-14 09:26:53,123 ERROR [main] com.example.Shop: pay failed"),
        ("python_logging", "2026-03-14 09:26:53,123 - shop.pay - ERROR - pay failed"),
        ("generic", "17.03.2026 09:26:53 pay failed"),
    ],
    ids=lambda header: header[0],
)
def test_a_stack_trace_belongs_to_its_record(language: str, header: tuple[str, str], tmp_path: Path) -> None:
    name, line = header
    text = f"{line}\n{TRACES[language]}\n" * 3
    events = events_of(by_name(name), source_of(tmp_path, text.encode()))
    assert [event.lines for event in events] == [TRACES[language].count("\n") + 2] * 3
