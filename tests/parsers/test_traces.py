"""Stack traces of which every line has a header: one record in every log that writes them so."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

import pytest

from analyzer.finding import Report
from analyzer.pipeline import Options

ReportOn = Callable[..., Report]

PYTHON = (
    "Traceback (most recent call last):",
    '  File "/opt/acme/main.py", line 33, in run',
    "    self.load(widget)",
    '  File "/opt/acme/widgets.py", line 8, in load',
    "    raise WidgetLost(widget)",
    "acme.WidgetLost: widget 17 is lost",
)
CHAINED = (
    *PYTHON,
    "",
    "During handling of the above exception, another exception occurred:",
    "",
    "Traceback (most recent call last):",
    '  File "/opt/acme/main.py", line 40, in run',
    "    retry()",
    "RuntimeError: no widget to retry",
)
JAVA = (
    "ERROR com.acme.Job - job 12 failed",
    "java.lang.IllegalStateException: bad state 3",
    "\tat com.acme.Job.run(Job.java:12)",
    "Caused by: com.acme.StoreClosedException: store is closed",
    "\tat com.acme.Store.get(Store.java:77)",
    "\t... 2 more",
)
NODE = (
    "WidgetError: no widget",
    "    at load (/opt/acme/index.js:12:11)",
    "    at Object.<anonymous> (/opt/acme/index.js:20:1) {",
    "  code: 'EWIDGET'",
    "}",
)


def syslog(at: int, line: str) -> str:
    return f"Mar 14 09:26:{at % 60:02d} web1 acme[812]: {line}"


def protocol(at: int, line: str) -> str:
    return f"<30>1 2026-03-14T09:26:{at % 60:02d}.5Z web1 acme 812 - - {line}"


def journal(at: int, line: str) -> str:
    entry = {"__REALTIME_TIMESTAMP": f"{1773480400 + at}000000", "PRIORITY": "6", "MESSAGE": line}
    return json.dumps(entry | {"_HOSTNAME": "web1", "SYSLOG_IDENTIFIER": "acme"})


def docker(at: int, line: str) -> str:
    return json.dumps({"log": line + "\n", "stream": "stderr", "time": f"2026-03-14T09:26:{at % 60:02d}.5Z"})


def cri(at: int, line: str) -> str:
    return f"2026-03-14T09:26:{at % 60:02d}.500000000Z stderr F {line}"


def compose(_at: int, line: str) -> str:
    return f"acme-1  | {line}"


def actions(at: int, line: str) -> str:
    return f"2026-03-14T09:26:{at % 60:02d}.5000000Z {line}"


def bracket(at: int, line: str) -> str:
    return f"[2026-03-14 09:26:{at % 60:02d}] {line}"


HEADERS = [syslog, protocol, journal, docker, cri, compose, actions, bracket]


def log_of(header: Callable[[int, str], str], messages: Sequence[Sequence[str]]) -> str:
    return "".join(header(at, line) + "\n" for at, message in enumerate(messages) for line in message)


def records(report: Report) -> int:
    return sum(entry.records for entry in report.coverage)


@pytest.mark.parametrize("header", HEADERS)
@pytest.mark.parametrize(
    ("trace", "told"),
    [
        (PYTHON, "acme.WidgetLost: widget <*> is lost"),
        (CHAINED, "RuntimeError: no widget to retry"),
        (JAVA, "ERROR com.acme.Job - job <*> failed | Caused by: com.acme.StoreClosedException: store is closed"),
        (NODE, "WidgetError: no widget"),
    ],
    ids=["python", "chained", "java", "node"],
)
def test_a_trace_is_one_record(
    report_on: ReportOn, header: Callable[[int, str], str], trace: tuple[str, ...], told: str
) -> None:
    served = ("served widget 7",)
    report = report_on(log_of(header, [served, served, trace, served, trace, trace, served, served]))
    assert [(entry.template, entry.count) for entry in report.unknown] == [(told, 3)]
    assert records(report) == 8


@pytest.mark.parametrize("header", HEADERS)
def test_the_size_of_the_slices_does_not_matter(report_on: ReportOn, header: Callable[[int, str], str]) -> None:
    log = log_of(header, [("served widget 7",), PYTHON, JAVA, ("served widget 9",), CHAINED, NODE] * 5)
    whole, cut = report_on(log), report_on(log, "", Options(jobs=1, slice_bytes=500))
    assert records(cut) == records(whole)
    assert [(entry.template, entry.count) for entry in cut.unknown] == [
        (entry.template, entry.count) for entry in whole.unknown
    ]


def test_parts_of_files_are_cut_between_traces(report_on: ReportOn) -> None:
    served = ("2026-03-14 09:26:53,123 INFO [main] acme.Shop - served widget 7",)
    log = "==> a.log <==\n" + log_of(lambda _, line: line, [served, PYTHON, served, NODE] * 8)
    whole, cut = report_on(log), report_on(log, "", Options(jobs=1, slice_bytes=300))
    assert records(cut) == records(whole)
    assert [(entry.template, entry.count) for entry in cut.unknown] == [
        (entry.template, entry.count) for entry in whole.unknown
    ]


def test_rules_see_a_trace_without_the_headers_of_its_lines(report_on: ReportOn) -> None:
    rule = (
        "---\nid: t.lost\ntitle: T\nseverity: high\ndetection:\n  a:\n    body|contains: most recent call last\n"
        "    body|re: 'last\\):\\n  File [\\s\\S]*\\n    raise WidgetLost\\(widget\\)\\n^acme\\.WidgetLost'\n"
    )
    (finding,) = report_on(log_of(syslog, [("up",), PYTHON, ("up",)]), rule).findings
    assert finding.count == 1


@pytest.mark.parametrize("header", HEADERS[:-1])
@pytest.mark.parametrize(
    "frame", ["/opt/acme/lib/job.rb:{0}:in `run'", "actionpack (7.1.3) lib/rack/call.rb:{0}:in 'call'"]
)
def test_frames_of_ruby_belong_to_the_error_above_them(
    report_on: ReportOn, header: Callable[[int, str], str], frame: str
) -> None:
    error = ("ERROR: job 12 raised #<Acme::WidgetLost: gone>", *(frame.format(line) for line in (7, 70, 700)))
    report = report_on(log_of(header, [("served widget 7",), error, ("served widget 8",), error]))
    assert [entry.count for entry in report.unknown] == [2]
    assert records(report) == 4


def test_lines_of_another_process_are_none_of_a_trace(report_on: ReportOn) -> None:
    other = log_of(syslog, [PYTHON[3:]]).replace("[812]", "[813]")
    report = report_on(log_of(syslog, [PYTHON[:3]]) + other)
    assert records(report) == 2


def test_what_comes_later_is_none_of_a_trace(report_on: ReportOn) -> None:
    late = log_of(syslog, [("  indented",)]).replace("09:26:00", "09:27:00")
    assert records(report_on(log_of(syslog, [PYTHON]) + late)) == 2


def test_indented_lines_without_a_trace_stay_records(report_on: ReportOn) -> None:
    assert records(report_on(log_of(syslog, [("table:", "  a: 1", "  b: 2", "End()")]))) == 4


@pytest.mark.parametrize("header", [protocol, journal])
def test_the_priority_of_standard_output_hides_no_error(report_on: ReportOn, header: Callable[[int, str], str]) -> None:
    log = log_of(header, [("ERROR: the store is shut",), ("served 0 errors",), ("WARNING: slow",)])
    report = report_on(log)
    assert [entry.template for entry in report.unknown] == ["ERROR: the store is shut"]


def interleaved(header: Callable[[int, str], str], trace: Sequence[str], process: str) -> str:
    """A trace of one process between the lines of the same trace of another one and those of a third program."""
    lines = [header(0, line) + "\n" for line in trace]
    other = header(0, "GET /widgets").replace("acme", "nginx") + "\n"
    return "".join(line + (other if at % 2 else "") + line.replace("812", process) for at, line in enumerate(lines))


@pytest.mark.parametrize("header", [syslog, protocol])
@pytest.mark.parametrize("trace", [PYTHON, CHAINED, JAVA, NODE], ids=["python", "chained", "java", "node"])
def test_lines_of_others_between_those_of_a_trace_do_not_end_it(
    report_on: ReportOn, header: Callable[[int, str], str], trace: tuple[str, ...]
) -> None:
    served = log_of(header, [("served widget 7",)])
    alone = report_on(served + log_of(header, [trace]))
    report = report_on(served + interleaved(header, trace, "813") + served)
    assert [entry.template for entry in report.unknown] == [entry.template for entry in alone.unknown]
    assert sum(entry.count for entry in report.unknown) == 2
    assert records(report) == 4 + len(trace) // 2


def test_the_lines_of_parted_traces_are_quoted_from_where_they_stand(report_on: ReportOn) -> None:
    rule = "---\nid: t.lost\ntitle: T\nseverity: high\ndetection: {a: {body|contains: 'widget 17 is lost'}}\n"
    log = interleaved(syslog, PYTHON, "813")
    (finding,) = report_on(log, rule).findings
    quoted = [(entry.line_number, entry.text) for entry in finding.evidence]
    assert quoted == [(line, log.splitlines()[line - 1]) for line in (13, 15)]
