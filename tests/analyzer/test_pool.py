from __future__ import annotations

import multiprocessing
from collections.abc import Callable

import pytest

from analyzer.finding import Report
from analyzer.pipeline import Options
from analyzer.render.json import document

RULE = 'id: t.timeout\ntitle: T\nseverity: high\ndetection: {a: {body|contains: "timed out"}}\n'
LOG = "".join(
    f"2026-03-14 09:{i // 60:02d}:{i % 60:02d} ERROR request {i} of user{i % 7} timed out after {i % 9} s\n"
    for i in range(3000)
)


def comparable(report: Report) -> dict[str, object]:
    data = document(report)
    data.pop("stats")
    return data


@pytest.mark.parametrize("when", [1, 5])
def test_slices_of_a_worker_process_that_is_killed_are_read_all_the_same(
    report_on: Callable[..., Report], when: int
) -> None:
    expected = comparable(report_on(LOG, RULE, Options(jobs=1, slice_bytes=10_000)))
    told = 0
    killed = []

    def kill_once(done: int, total: int) -> None:
        nonlocal told
        told += 1
        if told == when:
            for process in multiprocessing.active_children():
                process.kill()
                killed.append(process)

    report = report_on(LOG, RULE, Options(jobs=2, slice_bytes=10_000), kill_once)
    assert killed
    assert comparable(report) == expected
