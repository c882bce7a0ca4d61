"""Logs of one container alone, and bare tables of events, are read as what wrote them."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.finding import Report

ReportOn = Callable[..., Report]


def test_one_container_with_any_name(report_on: ReportOn) -> None:
    log = "".join(
        f"mail              | Mar 14 09:26:{second} mx-1 amavis[812]: message {second} is clean\n"
        for second in range(10, 20)
    )
    (entry,) = report_on(log).coverage
    assert (entry.parser, entry.records) == ("compose", 10)
    assert f"{entry.first_seen:%H:%M:%S}" == "09:26:10"


def test_a_column_of_a_table_is_no_container(report_on: ReportOn) -> None:
    table = "shop | 17\nshop | 18\nshop | 19\n"
    (entry,) = report_on(table).coverage
    assert entry.parser != "compose"


def test_events_without_the_description_of_their_pod(report_on: ReportOn) -> None:
    row = "  Warning  FailedScheduling   {0}m   default-scheduler   0/4 nodes are available: {0} node(s) exceed max volume count.\n"
    log = "Events:\n  Type     Reason             Age   From                Message\n" + row.format(2) + row.format(9)
    (entry,) = report_on(log).coverage
    assert (entry.parser, entry.records) == ("kubectl_describe", 3)
