"""Logs of installers, sync clients, notebooks and phones, as people see them told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from analyzer.finding import Report

ReportOn = Callable[..., Report]

INSTALLER = """\
MSI (s) (A4:1C) [09:26:52:100]: Custom Action Manager thread ending.
MSI (c) (A4:20) [09:26:53:000]: Back from server. Return value: 1603
=== Verbose logging stopped: {day}  09:26:53 ===
"""
SYNC = """\
# timestamp | file | instruction | modtime | size | status
#=#=#=# Syncrun started 2026-03-14T09:26:53
||till/a.txt|NEW|1520933034|12|1|
||till/b.txt|NEW|1580933034|12|4|
||till/c.txt|NEW|1550933034|12|4|
||till/d.txt|NEW|1530933034|12|4|
||till/e.txt|NEW|1540933034|12|4|
||till/f.txt|NEW|1510933034|12|4|
"""
EVENTS = """\
till|open|1773480413|ok
till|pay|1773480414|ok
till|pay|1773480414|ok
till|close|1773480420|ok
"""
NOTEBOOK = """\
[I 09:26:50.100 NotebookApp] Serving notebooks from local directory: /home/anna
[W 09:26:53.589 NotebookApp] Till is slow
ERROR:root:no drawer
[E 09:26:54.001 NotebookApp] Drawer is stuck
"""
PHONE = """\
03-14 09:26:53.100  4242  4242 F libc    : till ended (SIGILL)
03-14 09:26:53.200  4300  4300 F DEBUG   : Build fingerprint: 'till/till:12/T1/7:user/release-keys'
03-14 09:26:53.200  4300  4300 F DEBUG   : ABI: 'arm64'
03-14 09:26:53.200  4300  4300 F DEBUG   : pid: 4242, tid: 4242, name: till  >>> com.example.till <<<
03-14 09:26:53.200  4300  4300 F DEBUG   : signal 4 (SIGILL), code 1 (ILL_ILLOPC), fault addr 0x7
03-14 09:26:53.200  4300  4300 F DEBUG   :     x0  0000000000000000  x1  000000000000002a
03-14 09:26:53.201  4300  4300 F DEBUG   :       #00 pc 000e1818  /system/lib64/libtill.so
"""
KERNEL = """\
[    1.100000] Call Trace:
[    1.100001]  dump_stack_lvl+0x5d/0x80
[    1.100002]  panic+0x155/0x316
[    1.100003]  kernel_init+0x1a/0x140
"""


@pytest.mark.parametrize("day", ["14/03/2026", "3/14/2026", "14.3.2026", "14-3-2026", "2026-03-14"])
def test_an_installation_is_dated_by_the_line_that_ends_it(report_on: ReportOn, day: str) -> None:
    (entry,) = report_on(INSTALLER.format(day=day)).coverage
    assert (entry.parser, f"{entry.first_seen:%Y-%m-%d %H:%M:%S}") == ("windows_installer", "2026-03-14 09:26:52")


def test_when_files_were_changed_is_not_when_a_log_was_written(report_on: ReportOn) -> None:
    (entry,) = report_on(SYNC).coverage
    assert entry.first_seen is None or f"{entry.first_seen:%Y-%m-%d}" == "2026-03-14"


def test_seconds_in_a_column_that_rise_are_times(report_on: ReportOn) -> None:
    (entry,) = report_on(EVENTS).coverage
    assert (f"{entry.first_seen:%H:%M:%S}", f"{entry.last_seen:%H:%M:%S}") == ("09:26:53", "09:27:00")


def test_the_log_of_a_notebook_has_levels(report_on: ReportOn) -> None:
    report = report_on(NOTEBOOK)
    assert [entry.parser for entry in report.coverage] == ["tornado"]
    assert sorted(entry.template for entry in report.unknown) == ["Drawer is stuck", "no drawer"]


def test_the_dump_of_a_crash_is_not_an_error_a_line(report_on: ReportOn) -> None:
    told = [entry.template for entry in report_on(PHONE).unknown]
    assert len(told) == 2
    assert told[0].startswith("till ended")
    assert told[1].startswith("signal ")


def test_a_function_in_a_call_trace_is_no_error(report_on: ReportOn) -> None:
    assert report_on(KERNEL).unknown == []
