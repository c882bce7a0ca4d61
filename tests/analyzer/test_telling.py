"""Errors that no rule knows are told by the exception at the end of their trace."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import pytest

from analyzer.finding import Report
from analyzer.pipeline import Options
from analyzer.render import Style, renderer

ReportOn = Callable[..., Report]

PYTHON = """\
2026-03-14 09:26:53,123 ERROR [worker-1] acme.jobs: job 42 failed
Traceback (most recent call last):
  File "/opt/acme/jobs.py", line 22, in step
    raise KeyError("spindle")
KeyError: 'spindle'

During handling of the above exception, another exception occurred:

Traceback (most recent call last):
  File "/opt/acme/jobs.py", line 10, in run
    self.step()
acme.WidgetError: no widget left in bin 12
"""
JAVA = """\
2026-03-14 09:26:53,123 ERROR [worker-1] com.acme.Jobs - Uncaught exception in worker
java.lang.RuntimeException: wrapper
\tat com.acme.Jobs.run(Jobs.java:10)
\tSuppressed: java.io.IOException: close failed
Caused by: com.acme.{cause}
\tat com.acme.W.run(W.java:10)
\t... 12 more
"""


def told(report: Report) -> list[tuple[str, int]]:
    return [(entry.template, entry.example.line_number) for entry in report.unknown]


def test_the_last_exception_of_a_trace_is_told(report_on: ReportOn) -> None:
    assert told(report_on(PYTHON)) == [("job <*> failed | acme.WidgetError: no widget left in bin <*>", 12)]


def test_one_message_with_two_causes_is_two_errors(report_on: ReportOn) -> None:
    widget, spindle = (JAVA.format(cause=cause) for cause in ("NoWidget: bin 12", "SpindleError: jammed"))
    assert told(report_on(widget + spindle + widget)) == [
        ("Uncaught exception in worker | Caused by: com.acme.NoWidget: bin <*>", 5),
        ("Uncaught exception in worker | Caused by: com.acme.SpindleError: jammed", 12),
    ]


@pytest.mark.parametrize(
    ("text", "template", "line"),
    [
        (
            "E, [2026-03-14T09:26:53.123456 #12] ERROR -- : Job lost\n"
            "/srv/w.rb:12:in `take': no widget left (WidgetError)\n\tfrom /srv/w.rb:20:in `run'\n",
            "Job lost | <*>:in `take': no widget left (WidgetError)",
            2,
        ),
        (
            "/srv/app/index.js:12\n    throw new WidgetError('none');\n    ^\n\nWidgetError: none\n"
            "    at Object.<anonymous> (/srv/app/index.js:12:11)\n",
            "WidgetError: none",
            5,
        ),
        (
            "2026-03-14 09:26:53.123 ERROR worker stopped\nAcme.OuterException: outer\n"
            " ---> Acme.InnerException: spindle jammed\n   at Acme.Run() in C:\\acme\\run.cs:line 7\n",
            "worker stopped | ---> Acme.InnerException: spindle jammed",
            3,
        ),
        (
            '{"time":"2026-03-14T09:26:53Z","level":"error","message":"job lost\\nTraceback (most recent call last):\\n'
            '  File \\"a.py\\", line 1, in b\\nacme.WidgetError: none"}\n',
            "job lost | acme.WidgetError: none",
            1,
        ),
    ],
)
def test_exceptions_of_other_languages(report_on: ReportOn, text: str, template: str, line: int) -> None:
    assert told(report_on(text)) == [(template, line)]


@pytest.mark.parametrize(
    "crash", ['Traceback (most recent call last):\n  File "a.py", line 1, in b\nacme.WidgetError: none\n']
)
def test_a_crash_behind_good_news_is_an_error_of_its_own(report_on: ReportOn, crash: str) -> None:
    news = "2026-03-14 09:26:53,123 INFO [main] acme.boot: ready\n"
    report = report_on(news + crash + news)
    assert told(report) == [("acme.WidgetError: none", 4)]
    assert report.unknown[0].first_seen == report.coverage[0].first_seen
    assert report.coverage[0].records == 3


def test_a_trace_that_its_program_logs_stays_with_its_record(report_on: ReportOn) -> None:
    report = report_on(PYTHON)
    assert report.coverage[0].records == 1


def test_the_size_of_the_slices_does_not_matter(report_on: ReportOn) -> None:
    lines = (JAVA.format(cause=f"{name}Error: jammed") for name in itertools.islice(itertools.cycle("ABC"), 30))
    log = PYTHON + "".join(lines)
    assert told(report_on(log, "", Options(jobs=1, slice_bytes=700))) == told(report_on(log))


WARNED = "2026-03-14 09:26:53,123 WARNING [worker-1] acme.jobs: queue 12 is slow\n"


def test_warnings_are_told_where_nothing_else_is(report_on: ReportOn) -> None:
    report = report_on(WARNED * 2)
    assert report.verdict == "No known issue and no error in 1 file, but warnings."
    assert [(entry.template, entry.count) for entry in report.warnings] == [("queue <*> is slow", 2)]
    shown = {name: renderer(name).render(report, Style()) for name in ("terminal", "markdown", "html", "json")}
    assert all("queue" in text for text in shown.values())
    assert all("Errors that no rule knows" not in text for text in shown.values())


def test_errors_hide_warnings(report_on: ReportOn) -> None:
    assert report_on(WARNED + WARNED.replace("WARNING", "ERROR").replace("slow", "stuck")).warnings == []


def test_what_only_announces_a_trace_comes_last(report_on: ReportOn) -> None:
    lines = ("Traceback (most recent call last):", '  File "a.py", line 1, in b', "acme.WidgetError: none")
    log = "".join(f"Mar 14 09:26:{50 + 3 * at} web1 acme[812]: {line}\n" for at, line in enumerate(lines))
    assert [template for template, _ in told(report_on(log))] == ["acme.WidgetError: none", lines[0]]


def test_what_ended_a_program_comes_first(report_on: ReportOn) -> None:
    log = "2026-03-14 09:26:53 ERROR a card was refused\n" * 9 + "2026-03-14 09:26:54 FATAL the store is gone\n"
    assert [template for template, _ in told(report_on(log))] == ["the store is gone", "a card was refused"]


def test_a_long_error_is_cut_and_says_so(report_on: ReportOn) -> None:
    report = report_on("2026-03-14 09:26:53 ERROR " + "数据库" * 100 + "\n")
    shown = renderer("terminal").render(report, Style(width=60)).splitlines()
    lines = [line.rstrip() for line in shown if "数据库" in line]
    assert len(lines) == 3 and lines[-1].endswith("…")
    assert not any(line.endswith("…") for line in lines[:-1])


@pytest.mark.parametrize(
    ("crash", "template"),
    [
        ("KeyError: key not found: :price\n\tshop.rb:3:in `block'\n", "KeyError: key not found: :price"),
        ("ERROR: [064]: unable to write\n       [FileWriteError] on retry\n", "ERROR: [<*>]: unable to write"),
    ],
)
def test_what_is_printed_beside_a_log_is_an_error_of_its_own(report_on: ReportOn, crash: str, template: str) -> None:
    news = "2026-03-14 09:26:53,123 INFO [worker-1] acme.jobs: job 42 is done\n"
    report = report_on(news + crash + news)
    assert told(report) == [(template, 2)]
    assert report.coverage[0].records == 3


def test_what_ends_a_program_is_told_behind_a_last_warning(report_on: ReportOn) -> None:
    trace = 'Traceback (most recent call last):\n  File "a.py", line 1, in b\nacme.WidgetError: none\n'
    assert told(report_on(WARNED + trace)) == [("acme.WidgetError: none", 4)]
    # Between others it is what the warning tells of.
    assert told(report_on(WARNED + trace + WARNED)) == []


def test_the_first_error_below_a_mere_name_is_told(report_on: ReportOn) -> None:
    log = "compile:\n    note: a.c\n    a.c:7: error: no widget\n    a.c:9: error: x\n"
    assert told(report_on(log)) == [("compile: | a.c:<*>: error: no widget", 3)]
