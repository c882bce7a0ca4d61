"""Logs of build tools, editors, games and devices, as people see them told."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from analyzer.finding import Report

ReportOn = Callable[..., Report]

COMPILER = """\
   Compiling till v0.1.0 (/srv/till)
error[E0433]: failed to resolve: use of undeclared crate or module `card`
 --> src/main.rs:6:5
  |
6 | use card::Card;
  |     ^^^^ use of undeclared crate or module `card`

warning: unused import: `Coin`
 --> src/main.rs:5:5

error: could not compile `till` (bin "till") due to previous error; 1 warning emitted
"""
SPIDER = """\
2026-03-14 09:26:53 [till.log] INFO: Till 1.5 started
2026-03-14 09:26:53 [till.pay] CRITICAL: no drawer
2026-03-14 09:26:54 [till.log] INFO: Till 1.5 ended
"""
NPM = """\
0 info it worked if it ends with ok
1 verbose cli [ 'node', 'npm', 'install' ]
2 silly parsed { raw: 'till',
2 silly parsed   scope: null }
3 error path /srv/till
4 error code EWHATEVER
5 error Error: EWHATEVER, open '/srv/till'
5 error     at Error (native)
6 error Please try it again.
7 verbose exit [ 1, true ]
"""
ECLIPSE = """\
!SESSION 2026-03-14 09:26:00.100 -----------------------------------------------
java.version=17.0.10

!ENTRY org.till.server 4 0 2026-03-14 09:26:53.589
!MESSAGE Server Till did not come up.

!ENTRY org.till.ui 1 0 2026-03-14 09:26:54.589
!MESSAGE Warning: a folder is used.
"""
DEBUGGER = """\
Microsoft (R) Windows Debugger Version 10.0.25200.1003 AMD64

Symbol search path is: srv*
Debug session time: Sat Mar 14 10:26:53.000 2026 (UTC + 1:00)
(a84.1d50): Access violation - code c0000005 (first/second chance not available)

PROCESS_NAME:  till.exe

SYMBOL_NAME:  paylib!Charge+29

MODULE_NAME: paylib
"""
UNREAL = """\
[2026.03.14-09.26.51:000][  7]LogWindows: Failed to load 'pay.dll' (GetLastError=126)
[2026.03.14-09.26.52:000][  8]LogTill: Display: open
[2026.03.14-09.26.53:000][  9]LogWindows: Windows GetLastError: The operation completed successfully. (0)
[2026.03.14-09.26.53:100][  9]LogWindows: Error: === Critical error: ===
[2026.03.14-09.26.53:101][  9]LogWindows: Error: {nothing}
[2026.03.14-09.26.53:101][  9]LogWindows: Error: Assertion failed: Card != nullptr [File:D:\\till\\Pay.cpp] [Line: 7]
[2026.03.14-09.26.53:102][  9]LogWindows: Error: [Callstack] 0x00007ff8c210d066 Till.exe!Pay() []
""".format(nothing="")
IDEA = """\
2026-03-14 09:26:53,589 [   1425]  ERROR - com.till.ide.Pay - no drawer
java.lang.IllegalStateException: no drawer
\tat com.till.ide.Pay.open(Pay.java:7)
2026-03-14 09:26:53,590 [   1426]  ERROR - com.till.ide.Pay - Till IDE 2026.1  Build #TI-261.44
2026-03-14 09:26:53,590 [   1426]  ERROR - com.till.ide.Pay - JDK: 21.0.2; VM: OpenJDK 64-Bit Server VM
2026-03-14 09:26:53,590 [   1426]  ERROR - com.till.ide.Pay - OS: Windows 11
"""
BACKUP = "[C] >f.st...... home/anna/till.db\n[C] >f..t...... home/anna/till.log\n[I] Done\n"
SERIAL = "09:26:53.601 -> Error: no drawer\n09:26:53.642 -> waiting\n09:26:54.001 -> waiting\n"


@pytest.mark.parametrize(("text", "parser"), [(COMPILER, "generic"), (SPIDER, "time_level"), (NPM, "npm")])
def test_a_file_is_called_what_it_is(report_on: ReportOn, text: str, parser: str) -> None:
    assert [entry.parser for entry in report_on(text).coverage] == [parser]


def test_a_crash_that_a_debugger_shows_is_told_with_its_place(report_on: ReportOn) -> None:
    (error,) = report_on(DEBUGGER).unknown
    assert error.template.startswith("process till.exe crashed: Access violation - code ")
    assert ", in paylib!Charge" in error.template


def test_the_last_words_of_an_engine_are_one_error_and_a_success_is_none(report_on: ReportOn) -> None:
    (error,) = report_on(UNREAL).unknown
    assert (error.count, f"{error.first_seen:%H:%M:%S.%f}") == (1, "09:26:53.100000")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (SPIDER, ["no drawer"]),
        (ECLIPSE, ["Server Till did not come up."]),
        (IDEA, ["no drawer | java.lang.IllegalStateException: no drawer"]),
        (BACKUP, []),
        (SERIAL, ["Error: no drawer"]),
    ],
)
def test_errors_are_told_once_and_what_is_no_error_is_not(report_on: ReportOn, text: str, told: list[str]) -> None:
    assert [entry.template for entry in report_on(text).unknown] == told


def test_the_lines_of_npm_about_one_failure_are_one_error(report_on: ReportOn) -> None:
    (error,) = report_on(NPM).unknown
    assert (error.count, error.example.line_number) == (1, 7)


@pytest.mark.parametrize(
    "line",
    [
        "[14Mar2026 09:26:53.000] [main/INFO] [net.till.Loader/CORE]: ready",
        "26-3-14 09:26:53.0|Info|TillService|ready",
        "1773480413000\tgeckodriver\tINFO\tready",
        "!ENTRY org.till 1 0 2026-03-14 09:26:53.000\n!MESSAGE ready",
        "Microsoft (R) Windows Debugger Version 10\nDebug session time: Sat Mar 14 10:26:53.000 2026 (UTC + 1:00)\n"
        "PROCESS_NAME:  till.exe\nMODULE_NAME: paylib",
    ],
)
def test_times_are_read(report_on: ReportOn, line: str) -> None:
    (entry,) = report_on(f"{line}\n").coverage
    assert f"{entry.first_seen:%Y-%m-%d %H:%M:%S}" == "2026-03-14 09:26:53"
