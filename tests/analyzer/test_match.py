from __future__ import annotations

from collections.abc import Callable

import pytest

from analyzer.errors import RuleError
from analyzer.finding import Report
from analyzer.match import pattern_error

ReportOn = Callable[..., Report]


def rule(detection: str, extra: str = "", rule_id: str = "t.rule") -> str:
    return f"---\nid: {rule_id}\ntitle: T\nseverity: high\ndetection: {detection}\n{extra}\n"


def lines(*bodies: str) -> str:
    return "".join(f"2026-03-14 09:26:{i:02d} INFO {body}\n" for i, body in enumerate(bodies))


def found_lines(report: Report) -> list[int]:
    return [evidence.line_number for finding in report.findings for evidence in finding.evidence]


@pytest.mark.parametrize(
    ("detection", "bodies", "expected"),
    [
        ('{a: {body|contains: "disk full"}}', ["disk full", "DISK FULL now", "disk is full"], [1, 2]),
        ('{a: {body|contains|cased: "Disk"}}', ["disk", "Disk"], [2]),
        ('{a: {body|contains: ["one", "two"]}}', ["one", "two", "three"], [1, 2]),
        ('{a: {body|contains|all: ["one", "two"]}}', ["one", "one two", "two"], [2]),
        ('{a: {body|contains: "HTTP 503"}}', ["HTTP 503", "HTTP 502", "HTTP 5030"], [1, 3]),
        ('{a: {body|contains: "exit code 137"}}', ["exit code 1", "exit code 137"], [2]),
        ('{a: {body|contains: "eth up"}}', ["eth0 up", "eth up", "eth1 up"], [2]),
        ('{a: {body|contains: "eth0 up"}}', ["eth up", "eth1 up", "eth0 up"], [3]),
        ('{a: {body|startswith: "x"}}', ["x", "y x"], [1]),
        ('{a: {body|endswith: "gone"}}', ["he is gone", "gone he is"], [1]),
        ('{a: {body|re: "took [0-9]{4,}ms"}}', ["took 12ms", "took 12345ms"], [2]),
        ('{a: {body|contains: "took", body|re: "took [0-9]{4,}ms"}}', ["took 12ms", "took 12345ms"], [2]),
        ('{a: [{body|contains: "red"}, {body|contains: "green"}]}', ["red", "blue", "green"], [1, 3]),
        ('{a: {body|contains: "refused"}, b: {body|contains: "stopping"}, condition: a and not b}',
         ["refused", "refused while stopping", "stopping"], [1]),
        ('{a: {body|contains: "red"}, b: {body|contains: "blue"}, condition: 1 of them}', ["red", "x", "blue"], [1, 3]),
        ('{a: {body|contains: "x", source|endswith: ".log"}}', ["x"], [1]),
        ('{a: {body|contains: "x", source|endswith: ".txt"}}', ["x"], []),
        ('{a: {body|contains: "x", severity_number|gte: 17}}', ["x"], []),
        ('{a: {severity_number|lte: 9}}', ["x", "y"], [1, 2]),
        ('{a: {body|contains: "x", trace_id|exists: false}}', ["x"], [1]),
    ],
)  # fmt: skip
def test_a_detection_finds_its_lines_and_no_others(
    report_on: ReportOn, detection: str, bodies: list[str], expected: list[int]
) -> None:
    assert found_lines(report_on(lines(*bodies), rule(detection))) == expected


def test_a_record_is_matched_as_a_whole_and_shown_at_the_line_that_tells(report_on: ReportOn) -> None:
    log = (
        "2026-03-14 09:26:53 ERROR payment failed\n"
        "java.lang.IllegalStateException: closed\n"
        "\tat a.B.c(B.java:7)\n"
        "Caused by: java.net.ConnectException: Connection refused\n"
        "\tat d.E.f(E.java:9)\n"
        "2026-03-14 09:26:54 INFO next\n"
    )
    report = report_on(log, rule('{a: {body|contains|all: ["payment failed", "connection refused"]}}'))
    (finding,) = report.findings
    assert finding.count == 1
    assert finding.evidence[0].line_number == 1
    only_inside = report_on(log, rule('{a: {body|contains: "ConnectException"}}'))
    assert found_lines(only_inside) == [4]
    assert only_inside.findings[0].first_seen == report.findings[0].first_seen


@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("^Caused by: out$", 1),
        ("^one$", 1),
        ("^out", 0),
        (r"\ACaused", 0),
        (r"\Aone", 1),
        (r"one\z", 0),
        (r"out\s*\z", 1),
    ],
)
def test_an_expression_sees_the_lines_of_a_record(report_on: ReportOn, line_end: str, pattern: str, found: int) -> None:
    log = line_end.join(["2026-03-14 09:26:53 ERROR one", "    at a.B.c(B.java:7)", "Caused by: out", ""])
    assert len(report_on(log, rule(f"{{a: {{body|re: '{pattern}'}}}}")).findings) == found


def test_the_header_of_a_line_is_not_its_body(report_on: ReportOn) -> None:
    log = "Mar 14 09:26:53 oracle mysql[7]: ready\nMar 14 09:26:54 web sshd[7]: mysql is down\n"
    assert found_lines(report_on(log, rule('{a: {body|contains: "mysql"}}'))) == [2]
    assert found_lines(report_on(log, rule('{a: {service_name: "MySQL"}}'))) == [1]
    assert found_lines(report_on(log, rule('{a: {host_name|startswith: "ora", body|contains: "ready"}}'))) == [1]


def test_hosts_that_differ_by_digits_are_told_apart(report_on: ReportOn) -> None:
    log = "".join(f"Mar 14 09:26:{i:02d} web{i % 3} app[7]: slow query\n" for i in range(9))
    assert found_lines(report_on(log, rule('{a: {body|contains: "slow query", host_name: "web1"}}'))) == [2, 5, 8]


def test_counts_are_exact_when_few_lines_are_kept(report_on: ReportOn) -> None:
    log = "".join(f"2026-03-14 09:{i // 60:02d}:{i % 60:02d} ERROR lost packet {i}\n" for i in range(3000))
    (finding,) = report_on(log, rule('{a: {body|contains: "lost packet"}}')).findings
    assert finding.count == 3000
    assert [finding.evidence[0].line_number, finding.evidence[-1].line_number] == [1, 3000]
    assert str(finding.last_seen) == "2026-03-14 09:49:59+00:00"


def test_an_invalid_regular_expression_names_the_rule(report_on: ReportOn) -> None:
    with pytest.raises(RuleError, match=r"t\.rule.*unclosed"):
        report_on("x\n", rule('{a: {body|re: "([unclosed"}}'))


@pytest.mark.parametrize(("pattern", "valid"), [("a+b", True), ("(?<=x)a", False), (r"(a)\1", False), ("[z-a]", False)])
def test_only_expressions_in_linear_time_are_valid(pattern: str, valid: bool) -> None:
    assert (pattern_error(pattern) is None) is valid


REQUEST = '10.0.0.7 - - [14/Mar/2026:09:26:53 +0000] "GET {path} HTTP/1.1" {status} 13 "-" "{agent}"\n'
SLOW = (
    "# Time: 2026-03-14T09:26:53.123456Z\n# User@Host: shop[shop] @  [10.0.0.7]  Id:     8\n"
    "# Query_time: 2.0  Lock_time: 0.0 Rows_sent: 1  Rows_examined: 1\nSET timestamp=1773480413;\n"
)
POSTGRES = "2026-03-14 09:26:53.206 UTC [260] {level}:  {text}\n"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (REQUEST.format(path="/a?said=disk-is-full", status=200, agent="x"), 0),
        (REQUEST.format(path="/", status=200, agent="the disk-is-full bot"), 0),
        (SLOW + "insert into notes values ('disk-is-full');\n", 0),
        (POSTGRES.format(level="LOG", text="statement: select 1 from notes where body = 'disk-is-full'"), 0),
        (POSTGRES.format(level="ERROR", text="cannot write: disk-is-full"), 1),
        ("shop/test_pay.py::test_disk-is-full PASSED  [ 50%]\n", 0),
        ("shop/test_pay.py::test_disk-is-full FAILED  [ 50%]\n", 1),
        ("--- PASS: TestDisk/disk-is-full (0.00s)\n", 0),
        ("[0.065s][info][class,load] shop.disk-is-full source: shared objects file\n", 0),
        ("10.0.0.7 says: disk-is-full\n", 1),
    ],
)
def test_what_others_wrote_into_a_record_is_no_message_of_it(report_on: ReportOn, text: str, found: int) -> None:
    rule = "id: t.full\ntitle: T\nseverity: high\ndetection: {a: {body|contains: disk-is-full}}\n"
    assert len(report_on(text * 3, rule).findings) == found


def test_the_answer_to_a_request_stays_in_sight(report_on: ReportOn) -> None:
    looked_for = "{a: {body|re: '\"GET [^\"]* HTTP/1.1\" 503 ', body|contains: 'HTTP/'}}"
    rule = f"id: t.x\ntitle: T\nseverity: high\ndetection: {looked_for}\n"
    assert report_on(REQUEST.format(path="/pay", status=503, agent="x"), rule).findings[0].count == 1
