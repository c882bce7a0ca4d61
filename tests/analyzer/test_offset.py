"""The clock of a log against that of a capture."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.finding import Report
from analyzer.offset import SECOND, Landmarks, estimate

START = 1_773_480_413 * SECOND
HOUR = 3600 * SECOND
FORMS = (
    "Accepted publickey for root from {host} port {port} ssh2",
    "connection received: host={host} port={port}",
    "{host}:{port} [14/Mar/2026] web~ app/s1 200",
    '[{host}]:{port} "GET / HTTP/1.1" 200',
    "closed ({host}, {port})",
)


def connections(seed: int, count: int) -> Landmarks:
    rnd = random.Random(seed)
    ends = {}
    for i in range(count):
        begin = START + rnd.randrange(600 * SECOND)
        ends[f"10.0.{i % 3}.{i % 200 + 1}", 40_000 + i] = (begin, begin + rnd.randrange(5 * SECOND))
    return Landmarks(ends=ends)


@given(st.integers(-24 * HOUR, 24 * HOUR), st.integers(0, 99), st.integers(5, 60), st.sampled_from([1, 1000, SECOND]))
def test_the_offset_at_which_most_events_agree_is_found(offset: int, seed: int, count: int, unit: int) -> None:
    marks = connections(seed, count)
    rnd = random.Random(seed)
    form = rnd.choice(FORMS)
    records = []
    for (host, port), (begin, _) in marks.ends.items():
        time = (begin + offset + rnd.randrange(SECOND // 50)) // unit * unit
        records.append((time, form.format(host=host, port=port)))
    records += [(START + rnd.randrange(600 * SECOND), "job done in 12 s") for _ in range(50)]
    found = estimate(records, marks)
    assert found is not None
    assert abs(found.micros - offset) <= found.uncertainty + SECOND // 20
    # Few events may fit the begin of their connections and the end alike; then the answer says so by its uncertainty.
    assert found.uncertainty <= (SECOND // 2 + SECOND // 20 if count >= 12 else 6 * SECOND)
    assert found.events >= count * 0.9


def test_requests_tell_the_offset_where_no_port_is_logged() -> None:
    asked = {("GET", f"/item/{i}"): (START + i * 7 * SECOND, START + i * 7 * SECOND + 30_000) for i in range(20)}
    records = [
        (times[1] + 90 * SECOND, f'10.0.0.1 - - "{m} {path} HTTP/1.1" 200') for (m, path), times in asked.items()
    ]
    found = estimate(records, Landmarks(requests=asked))
    assert found is not None
    assert abs(found.micros - 90 * SECOND) <= found.uncertainty + SECOND // 20
    assert "90." in str(found) and "ahead of the capture" in str(found)


@pytest.mark.parametrize("known", [0, 2])
def test_too_few_shared_events_say_nothing(known: int) -> None:
    marks = connections(1, 30)
    keys = list(marks.ends)[:known]
    records = [(START, FORMS[0].format(host=host, port=port)) for host, port in keys]
    records += [(START, FORMS[0].format(host="192.0.2.1", port=port)) for _, port in marks.ends]
    assert estimate(records, marks) is None


def test_events_that_do_not_agree_say_nothing() -> None:
    marks = connections(2, 40)
    rnd = random.Random(5)
    records = [(START + rnd.randrange(24 * HOUR), FORMS[1].format(host=h, port=p)) for h, p in marks.ends]
    assert estimate(records, marks) is None


def test_the_clock_of_each_host_of_a_bundle(sample_report: Callable[[str], Report]) -> None:
    """In the sample the clock of app-1 is 2.6 s ahead (samples/bundles/net-trouble.md)."""
    clocks = {entry.source.split("/")[-1]: entry.clock for entry in sample_report("net-trouble.zip").coverage}
    assert re.search(r"\b2\.[56]\d\d s ahead of the capture, give or take 0\.0", clocks["shop.log"])
    for name in ("postgresql.log", "access.log", "error.log"):
        assert re.search(r"\b0\.0\d\d s (?:ahead of|behind) the capture", clocks[name]), name
