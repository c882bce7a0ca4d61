"""Logs that were copied, searched or put together: what stands ahead of every line is not of the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.clock import decide_clocks, utc_now
from parsers import identify
from parsers.batch import Batch
from parsers.contract import Source
from parsers.times import to_datetime

LOG = (
    "2026-03-14 09:26:53,000 ERROR [main] shop.Pay - no answer\n"
    "java.lang.RuntimeException: no answer\n"
    "\tat shop.Pay.pay(Pay.java:7)\n"
    "2026-03-14 09:26:54,000 INFO [main] shop.Pay - ready\n"
)


def read(tmp_path: Path, lines: list[str]) -> Batch:
    data = "".join(f"{line}\n" for line in lines).encode()
    path = tmp_path / "copy.txt"
    path.write_bytes(data)
    source = Source("copy.txt", path, len(data), data[: 64 * 1024])
    parser = identify(source).parser
    plan = parser.plan(source, decide_clocks([source], utc_now(), None)[source.path])
    (piece,) = parser.slices(source, plan, 1 << 20)
    return parser.read(source, piece, plan)


def wrapped(prefix: str) -> list[str]:
    """The lines of the log behind a prefix; {n} is the number of the line."""
    return [prefix.format(n=n) + line for n, line in enumerate(LOG.splitlines(), 41)]


@pytest.mark.parametrize(
    "prefix", ["> ", "{n:6}\t", "{n}: ", "server.log:", "server.log:{n}:", "shop-1  | ", "[pod/shop-1/pay] "]
)
def test_records_are_those_of_the_log_itself(prefix: str, tmp_path: Path) -> None:
    batch = read(tmp_path, wrapped(prefix))
    assert batch.line_number[batch.heads].tolist() == [0, 3]
    assert batch.severity[batch.heads].tolist() == [17, 9]
    assert [str(to_datetime(int(time))) for time in batch.time[batch.heads]] == [
        "2026-03-14 09:26:53+00:00",
        "2026-03-14 09:26:54+00:00",
    ]


def test_offsets_are_those_of_the_file(tmp_path: Path) -> None:
    lines = wrapped("> ")
    batch = read(tmp_path, lines)
    assert batch.offsets.tolist() == [sum(len(line) + 1 for line in lines[:at]) for at in range(len(lines))]


@pytest.mark.parametrize(
    "line",
    [
        "INFO  | 2026/03/14 09:26:53 | ready",
        "INFO | jvm 1 | 2026/03/14 09:26:53 | ready",
        "7 2026-03-14 09:26:53 ready",
    ],
)
def test_a_log_that_only_looks_so_keeps_its_lines(line: str, tmp_path: Path) -> None:
    batch = read(tmp_path, [line] * 3)
    assert batch.text.to_list() == [line + "\n"] * 3
