"""The line engine: records, times and severities of lines that are not as regular as one would wish."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from parsers.batch import Batch
from parsers.contract import HEAD_BYTES, Source
from parsers.formats.generic import FORMAT as GENERIC
from parsers.formats.log4j import LOG4J
from parsers.formats.postgresql import STDERR
from parsers.lines import LineFormat
from parsers.times import NAT, Clock, to_datetime


def source_of(folder: Path, text: str) -> Source:
    data = text.encode()
    file = folder / "file.log"
    file.write_bytes(data)
    return Source("file.log", file, len(data), data[:HEAD_BYTES])


def read(form: LineFormat, source: Source, clock: Clock | None = None) -> Batch:
    plan = form.plan(source, clock or Clock(year=2026))
    (piece,) = form.slices(source, plan)
    return form.read(source, piece, plan)


def times(batch: Batch) -> list[str]:
    return [
        "" if time == NAT else to_datetime(int(time)).isoformat()  # type: ignore[union-attr]
        for time in batch.time[batch.heads]
    ]


def bodies(batch: Batch) -> list[str]:
    return batch.extract(batch, np.arange(len(batch.heads)), ()).get_column("body").to_list()


def test_what_stands_ahead_of_the_first_header_is_a_record(tmp_path: Path) -> None:
    source = source_of(
        tmp_path,
        "Starting shop\nclass path: /srv/shop\n"
        "2026-03-14 09:26:53,000 INFO [main] a.B: ready\n2026-03-14 09:26:54,000 INFO [main] a.B: done\n",
    )
    batch = read(LOG4J, source)
    assert bodies(batch) == ["Starting shop\nclass path: /srv/shop", "ready", "done"]
    assert times(batch) == ["", "2026-03-14T09:26:53+00:00", "2026-03-14T09:26:54+00:00"]


@pytest.mark.parametrize(
    ("odd", "moment"),
    [
        ("2026-03-14 09:26:54.5 INFO [main] a.B: x", "2026-03-14T09:26:54.500000+00:00"),
        ("2026-03-14 09:26:54+01:00 INFO [main] a.B: x", "2026-03-14T08:26:54+00:00"),
        ("2026-03-14 09:26:54Z INFO [main] a.B: x", "2026-03-14T09:26:54+00:00"),
        ("2026-03-14 09:26:54.123456789-02:30 INFO [main] a.B: x", "2026-03-14T11:56:54.123456+00:00"),
    ],
)
def test_a_line_may_write_its_time_otherwise_than_the_rest(odd: str, moment: str, tmp_path: Path) -> None:
    usual = "2026-03-14 09:26:53 INFO [main] a.B: x\n"
    batch = read(LOG4J, source_of(tmp_path, usual * 5 + odd + "\n" + usual))
    assert times(batch)[5:] == [moment, "2026-03-14T09:26:53+00:00"]


def test_lines_of_the_same_shape_keep_times_and_texts_of_their_own(tmp_path: Path) -> None:
    lines = [f"2026-03-14 09:26:{i:02d},{i:03d} INFO [main] a.B: order {i * 7}" for i in range(60)]
    batch = read(LOG4J, source_of(tmp_path, "\n".join(lines) + "\n"))
    assert len(batch.shapes) == 1
    assert bodies(batch) == [f"order {i * 7}" for i in range(60)]
    assert len(set(times(batch))) == 60


def test_a_record_without_a_time_takes_that_of_the_record_before_it(tmp_path: Path) -> None:
    text = "2026-03-14 09:26:53.000 UTC [7] LOG:  a\nLOG:  b\n2026-03-14 09:26:54.000 UTC [7] LOG:  c\n"
    batch = read(STDERR, source_of(tmp_path, text))
    assert times(batch) == ["2026-03-14T09:26:53+00:00"] * 2 + ["2026-03-14T09:26:54+00:00"]


def test_lines_that_a_format_knows_to_continue_do(tmp_path: Path) -> None:
    text = (
        "2026-03-14 09:26:53.000 UTC [7] ERROR:  duplicate key\n"
        "2026-03-14 09:26:53.000 UTC [7] DETAIL:  Key (id)=(7) already exists.\n"
        "2026-03-14 09:26:53.000 UTC [7] STATEMENT:  insert into orders\n\tvalues (7)\n"
    ) * 4
    batch = read(STDERR, source_of(tmp_path, text))
    assert len(batch.heads) == 4
    assert set(batch.severity) == {17}


def test_what_the_driver_of_mysql_says_behind_an_empty_line_is_part_of_its_trace(tmp_path: Path) -> None:
    text = (
        "starting\nwith many lines\nthat are no log\n"
        "2026-03-14 09:26:53,000 ERROR [main] a.Pool: no connection\n"
        "com.mysql.cj.jdbc.exceptions.CommunicationsException: Communications link failure\n\n"
        "The last packet sent successfully to the server was 0 milliseconds ago. The driver has not received any.\n"
        "\tat a.b.C.d(C.java:7)\n"
    )
    (*_, last) = bodies(read(LOG4J, source_of(tmp_path, text)))
    assert last.startswith("no connection\ncom.mysql") and last.endswith("(C.java:7)")


def test_a_few_lines_by_chance_make_no_log(tmp_path: Path) -> None:
    line = "2026-03-14 09:26:53,000 INFO [main] a.B: ready\n"
    assert LOG4J.sniff(source_of(tmp_path, line + "Chapter of a book\n" * 9)) == 0.0
    assert LOG4J.sniff(source_of(tmp_path, line + "Chapter of a book\n" * 2)) == pytest.approx(LOG4J.confidence / 3)


def test_generic_text_without_times_is_a_record_a_line(tmp_path: Path) -> None:
    batch = read(GENERIC, source_of(tmp_path, "one\ntwo\nerror: three\n  at a.b (c.js:7)\n"))
    assert [body.splitlines()[0] for body in bodies(batch)] == ["one", "two", "error: three"]
    assert batch.severity[batch.heads].tolist() == [0, 0, 17]


def test_a_traceback_alone_is_an_error(tmp_path: Path) -> None:
    text = 'Traceback (most recent call last):\n  File "a.py", line 3, in f\nKeyError: 1\n'
    batch = read(GENERIC, source_of(tmp_path, text))
    assert batch.severity[batch.heads].tolist() == [17]


def test_a_record_that_names_no_severity_takes_that_of_its_other_lines(tmp_path: Path) -> None:
    text = (
        "/srv/shop.js:8\n  throw e;\n  ^\n\nTypeError: Cannot read properties of undefined\n"
        "    at f (/srv/shop.js:8:33)\n"
        "Node.js v20.20.2\n"
    )
    batch = read(GENERIC, source_of(tmp_path, text))
    assert batch.severity[batch.heads].tolist() == [17, 0]


def test_lines_of_another_kind_have_a_severity_too(tmp_path: Path) -> None:
    usual = "2026-03-14 09:26:53,000 INFO [main] a.B: ready\n"
    batch = read(LOG4J, source_of(tmp_path, usual + "ERROR: no such file\nall is well\n" * 3))
    assert batch.severity[batch.heads].tolist() == [9] + [17, 0] * 3


def test_a_clock_gives_year_and_zone(tmp_path: Path) -> None:
    source = source_of(tmp_path, "Dec 31 23:59:59 a b: x\nJan 1 00:00:01 a b: x\n")
    batch = read(GENERIC, source, Clock(year=2026, last=(1, 1), zone_minutes=60))
    assert times(batch) == ["2025-12-31T22:59:59+00:00", "2025-12-31T23:00:01+00:00"]


def test_a_record_that_no_pattern_knows_begins_where_its_time_stands_as_in_the_others(tmp_path: Path) -> None:
    text = "2026-03-14 09:26:53,000 INFO [main] a.B: ready\n2026-03-14 09:26:54,000 -- shutting down\n" * 3
    batch = read(LOG4J, source_of(tmp_path, text))
    assert len(batch.heads) == 6


def test_two_ways_to_write_a_time_in_one_file_are_both_read(tmp_path: Path) -> None:
    text = "2026-03-14 09:26:53 (a) one\n" * 3 + "Mar 14 09:26:54 (b) two\n  more of it\n" * 3
    batch = read(GENERIC, source_of(tmp_path, text))
    assert bodies(batch) == ["(a) one"] * 3 + ["(b) two\n  more of it"] * 3
    assert times(batch) == ["2026-03-14T09:26:53+00:00"] * 3 + ["2026-03-14T09:26:54+00:00"] * 3


def test_a_status_of_http_is_a_severity(tmp_path: Path) -> None:
    text = '[14/Mar/2026 09:26:53] "GET /pay HTTP/1.1" 502 7\n[14/Mar/2026 09:26:54] "GET / HTTP/1.1" 200 7\n'
    assert read(GENERIC, source_of(tmp_path, text)).severity.tolist() == [17, 9]
