from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pytest
import yaml
from hypothesis import example, given, settings
from hypothesis import strategies as st

from analyzer.detection import parse_detection
from analyzer.finding import Bucket, BundleInfo, Coverage, Evidence, Finding, Mark, Report, UnknownError
from analyzer.render import Style, html, markdown
from analyzer.render._escape import visible
from analyzer.render._html.quotes import quotes
from analyzer.render._html.rules import definition, skeleton
from analyzer.render._html.timeline import WIDTH, chart
from analyzer.rule import Rule
from analyzer.rulebook import load_indexed, rules_dir
from parsers.contract import Problem

SampleReport = Callable[[str], Report]
T0 = datetime(2026, 3, 14, 9, 26, tzinfo=UTC)


class Page(HTMLParser):
    """The page as a browser would take it apart: tags with their attributes, and the text in each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[tuple[int, str]] = []
        self._open: list[int] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self._open.append(len(self.tags) - 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        while self._open and self.tags[self._open.pop()][0] != tag:
            pass

    def handle_data(self, data: str) -> None:
        self.texts += [(index, data) for index in self._open]

    def text(self, wanted: Callable[[str, dict[str, str | None]], bool]) -> list[str]:
        """The text of every element that is wanted, of the elements inside it, too."""
        found = [index for index, (tag, attributes) in enumerate(self.tags) if wanted(tag, attributes)]
        return ["".join(text for at, text in self.texts if at == index) for index in found]

    def shape(self) -> list[tuple[str, tuple[str, ...]]]:
        return [(tag, tuple(attributes)) for tag, attributes in self.tags]


def made_rule(text: str = "words", **more: object) -> Rule:
    found = {"found": {"body|contains": "words"}, "condition": "found"}
    parts: dict[str, object] = dict.fromkeys(("cause", "impact", "verify", "prevent"), text)
    return Rule.model_validate(
        {"id": "t.words", "title": "words", "severity": "high", "detection": found} | parts | more
    )


def made_report(text: str, name: str = "case.zip", rule: Rule | None = None) -> Report:
    """A report in which everything that may come from the input is one text."""
    line = Evidence(text, 3, T0, text, ((0, 1),), before=(text,), after=(text, text))
    finding = Finding(
        rule or made_rule(), "high", 0.95, text, 2, T0, T0 + timedelta(seconds=5), (text, text), (line, line)
    )
    return Report(
        bundle=BundleInfo(name, text, text, "ab" * 32, 10, 1),
        verdict=text,
        findings=[finding],
        unknown=[UnknownError(1, text, 17, 3, T0, T0, line)],
        coverage=[Coverage(text, 10, "capture", 0.9, 3, 3, 1, text, text, T0, T0, text), Coverage(text, 5, "")],
        problems=[Problem(text, "binary", text)],
        timeline=[Bucket(T0, {"error": 3, "info": 5})],
        bucket_seconds=1,
        stats={"rules": 1, "lines": 3, "records": 3, "seconds": 0.1},
        facts={"Hosts": [text], "Kernel": [text], "nginx": ["1.22.1"]},
        network={"Failed connections": [{"client": text, "frame_number": 4711}]},
        marks=[Mark("clock_jump", T0, T0, text, text), Mark("capture", T0, T0, text)],
    )


def page_of(report: Report) -> Page:
    return Page(html.render(report, Style()))


@pytest.mark.parametrize("name", ["webshop-outage.zip", "webshop-healthy.zip", "tls-expired.zip"])
def test_the_page_stands_alone_and_is_the_same_each_time(sample_report: SampleReport, name: str) -> None:
    report = sample_report(name)
    text = html.render(report, Style())
    assert text == html.render(report, Style(width=200, color=True))
    lines = [line for finding in report.findings for line in finding.evidence]
    evidence = sum(len(text.encode()) for line in lines for text in (line.text, *line.before, *line.after))
    assert len(text.encode()) < 300_000 + evidence
    page = Page(text)
    for tag, attributes in page.tags:
        assert tag not in {"link", "img", "iframe", "object", "embed", "base", "form", "audio", "video"}
        assert not [key for key in attributes if key in ("src", "srcset", "style") or key.startswith("on")]
        link = attributes.get("href") or "#"
        assert link.startswith("#") or (tag == "a" and link.startswith("https://"))


def test_the_policy_allows_only_the_style_and_the_script_of_the_page(sample_report: SampleReport) -> None:
    page = page_of(sample_report("webshop-outage.zip"))
    (policy,) = [a["content"] for tag, a in page.tags if a.get("http-equiv") == "Content-Security-Policy"]
    assert policy is not None
    assert policy.startswith("default-src 'none'; ")
    for tag, directive in (("style", "style-src"), ("script", "script-src")):
        (content,) = page.text(lambda name, attributes, tag=tag: name == tag and not attributes)  # type: ignore[misc]
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{directive} 'sha256-{digest}';" in policy


def test_everything_that_a_rule_and_a_finding_say_is_there(sample_report: SampleReport) -> None:
    report = sample_report("webshop-outage.zip")
    page = page_of(report)
    assert page.text(lambda tag, _: tag == "h1") == [report.verdict]
    cards = page.text(lambda tag, attributes: tag == "article" and attributes.get("data-item") == "finding")
    assert len(cards) == len(report.findings) == 9
    for finding, card in zip(report.findings, cards, strict=True):
        words = " ".join(card.split())
        rule = finding.rule
        assert rule.cause and rule.impact and rule.verify and rule.plain and rule.plain.zh
        said = [rule.title, finding.summary, rule.cause, rule.impact, rule.verify, rule.plain.zh, *rule.questions]
        said += [text for step in rule.diagnose for text in (step.do, step.run, step.expect) if text]
        said += [text for fix in rule.fixes for text in (*fix.steps, fix.risk, fix.rollback) if text]
        assert not [text for text in said if " ".join(text.split()) not in words]
        assert f"{finding.severity}{finding.confidence:.0%} sure" in re.sub(r"\s+(?=\d)", "", words)


def test_evidence_is_the_line_with_the_match_marked(sample_report: SampleReport) -> None:
    report = sample_report("webshop-outage.zip")
    page = page_of(report)
    lines = [evidence for finding in report.findings for evidence in finding.evidence]
    hits = page.text(lambda _, attributes: (attributes.get("class") or "") == "line hit")
    assert hits == [visible(line.text) for line in lines]
    marks = [line.text[start:end] for line in lines for start, end in line.highlights]
    assert page.text(lambda tag, _: tag == "mark") == [visible(mark) for mark in marks]
    places = page.text(lambda tag, _: tag == "figcaption")
    for line in lines:
        path = line.source.removeprefix("webshop-outage.zip!/")
        assert [place for place in places if f"{path}:" in place and re.search(rf"[:, ]{line.line_number}\b", place)]


def test_context_and_frames_are_shown_where_the_report_has_them() -> None:
    report = made_report("words")
    frame = replace(report.findings[0].evidence[0], line_number=0, frame_number=4711)
    finding = replace(report.findings[0], evidence=(report.findings[0].evidence[0], frame))
    page = page_of(replace(report, findings=[finding], unknown=[]))
    numbers = [a.get("data-n") for _, a in page.tags if (a.get("class") or "").split()[:1] == ["line"]]
    assert numbers == ["2", "3", "4", "5", None, "4711", None, None]
    assert any("frame 4711" in text for text in page.text(lambda tag, _: tag == "figcaption"))
    assert page.text(lambda tag, attributes: tag == "td" and attributes.get("data-label") == "frame_number") == ["4711"]


@given(st.lists(st.tuples(st.sampled_from("ab"), st.integers(1, 60)), min_size=1, max_size=8), st.integers(0, 5))
def test_lines_near_each_other_become_one_excerpt(places: list[tuple[str, int]], around: int) -> None:
    def line(source: str, number: int) -> Evidence:
        before = tuple(f"{source}{n}" for n in range(max(1, number - around), number))
        after = tuple(f"{source}{n}" for n in range(number + 1, number + 1 + around))
        return Evidence(source, number, T0, f"{source}{number}", before=before, after=after)

    evidence = [line(*place) for place in places]
    excerpts = quotes(evidence)
    assert [entry for excerpt in excerpts for entry in excerpt.evidence] == evidence
    for excerpt in excerpts:
        numbers = [entry.number for entry in excerpt.lines]
        assert numbers == list(range(numbers[0], numbers[-1] + 1))
        assert ["".join(text for text, _ in entry.pieces) for entry in excerpt.lines] == [
            f"{excerpt.first.source}{number}" for number in numbers
        ]
        hits = [entry.number for entry in excerpt.lines if entry.hit]
        assert hits == [entry.line_number for entry in excerpt.evidence]
    for one, two in pairwise(excerpts):
        apart = two.lines[0].number > one.lines[-1].number + 1 or two.first.line_number <= one.evidence[-1].line_number
        assert one.first.source != two.first.source or apart


@settings(max_examples=40)
@example("\ud800")
@given(
    st.text(st.characters(blacklist_categories=()), min_size=1, max_size=80)
    | st.sampled_from(
        ["</script><script>x()</script>", "<!--", "]]>", "\"'><img src=x onerror=x()>", "{{ 7*7 }}", "&lt;b&gt;"]
    )
)
def test_no_input_changes_the_structure_of_the_page(text: str) -> None:
    # What is marked is cut out of the line, and a template is cut at its masks.
    text = "x" + text.replace("<*>", "<>") + "x"
    page = page_of(made_report(text))
    assert page.shape() == page_of(made_report("harmless")).shape()
    assert page.text(lambda tag, _: tag == "h1") == [visible(text)]


def test_only_the_web_becomes_a_link() -> None:
    rule = made_rule(references=["javascript:alert(1)", "https://example.org/a?b&c", "the manual"])
    page = page_of(made_report("words", rule=rule))
    links = [
        attributes["href"]
        for tag, attributes in page.tags
        if tag == "a" and not (attributes["href"] or "").startswith("#")
    ]
    assert links == ["https://example.org/a?b&c"]


def test_the_ticket_is_the_markdown_report_of_the_finding(sample_report: SampleReport) -> None:
    report = sample_report("disk-full.tar.gz")
    tickets = page_of(report).text(lambda tag, _: tag == "template")
    whole = markdown.render(report, Style(verbosity=1))
    for finding, ticket in zip(report.findings, tickets, strict=True):
        start = f"## {finding.severity}: {finding.rule.title}"
        assert start in whole
        section = ticket[ticket.index(start) : ticket.index("</details>")]
        assert section.strip() in whole


def test_links_lead_to_elements_of_the_page(sample_report: SampleReport) -> None:
    report = sample_report("webshop-outage.zip")
    page = page_of(replace(report, findings=[*report.findings, report.findings[0]]))
    names = [attributes["id"] for _, attributes in page.tags if "id" in attributes]
    assert len(names) == len(set(names))
    targets = {
        (attributes["href"] or "")[1:] for tag, attributes in page.tags if tag in ("a", "use") and "href" in attributes
    }
    assert {target for target in targets if not target.startswith(("?", "ttp"))} <= set(names)
    assert "postgres.too_many_connections" in names


def test_a_big_report_is_summarised_and_says_so() -> None:
    report = made_report("word " * 300)
    finding = replace(report.findings[0], sources=tuple(f"case.zip!/var/log/{number}.log" for number in range(500)))
    text = html.render(
        replace(
            report,
            findings=[finding] * 2_000,
            unknown=list(report.unknown) * 300,
            coverage=list(report.coverage) * 9_000,
            problems=list(report.problems) * 3_000,
            network={"Slow DNS": [{"query": "word " * 30}] * 9_000},
            facts={f"Fact {number}": ["word " * 30] * 9 for number in range(500)},
            timeline=[Bucket(T0 + timedelta(seconds=9 * n), {"error": n % 7, "x": 1}) for n in range(9_000)],
        ),
        Style(),
    )
    assert len(text.encode()) <= 2_000_000
    page = Page(text)
    shown = [attributes["data-item"] for _, attributes in page.tags if "data-item" in attributes]
    words = " ".join(text.split())
    assert re.search(r"[\d,]+ more findings are named only", words)
    assert f"{18_000 - shown.count('file'):,} more files are left out" in words
    assert f"{9_000 - shown.count('network'):,} more rows are left out" in words
    assert f"{3_000 - shown.count('problem'):,} more are left out" in words


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (lambda made: replace(made, findings=[], unknown=[]), "No known issue was found."),
        (lambda made: replace(made, findings=[]), "There are errors that no rule knows"),
        (
            lambda made: replace(made, findings=[], unknown=[], coverage=[], problems=[], timeline=[]),
            "Nothing was analysed.",
        ),
        (lambda made: replace(made, timeline=[]), "No record has a time"),
        (lambda made: replace(made, problems=[]), "No more is known than the coverage says."),
        (
            lambda made: replace(made, problems=[], coverage=made.coverage[:1]),
            "Everything that was given could be read.",
        ),
    ],
)
def test_what_is_empty_is_said(report: Callable[[Report], Report], said: str) -> None:
    assert said in html.render(report(made_report("words")), Style())


def test_every_rule_can_be_written_down_as_it_was_read() -> None:
    rules = list(load_indexed(rules_dir()))
    assert len(rules) > 100
    for rule in rules:
        parts = yaml.safe_load(definition(rule))
        assert parse_detection(parts["detection"]) == rule.detection
        again = Rule.model_validate({"id": rule.id, "title": rule.title, "severity": rule.severity, **parts})
        assert (again.correlation, again.explains) == (rule.correlation, rule.explains)


@pytest.mark.parametrize(
    "message",
    [
        "frobnicator 7 lost its widget at 10.0.0.7:8080",
        "cannot open '/srv/data/7.dat': \"quota\" exceeded: {code: 17}",
        "消息队列 7 已满，无法写入",
        "io: 7 ab",
    ],
)
def test_the_skeleton_of_a_rule_finds_the_error_that_it_was_made_of(
    report_on: Callable[..., Report], message: str
) -> None:
    log = "".join(
        f"2026-03-14 09:26:{second:02} ERROR {message.replace('7', str(second))}\n" for second in range(10, 20)
    )
    (unknown,) = report_on(log).unknown
    rule = skeleton(unknown)
    (finding,) = report_on(log, rules=rule).findings
    assert finding.count == 10
    assert finding.rule.id.startswith("custom.")


times = st.datetimes(datetime(1970, 1, 1), datetime(9999, 12, 31), timezones=st.just(UTC))
names = st.sampled_from(["fatal", "error", "warn", "info", "debug", "unset", "other"])


@settings(max_examples=60)
@given(
    st.lists(st.tuples(times, st.dictionaries(names, st.integers(0, 10**9))), min_size=1, max_size=30),
    st.sampled_from([1, 60, 86_400, 31_536_000]),
    times,
)
def test_everything_drawn_stands_on_the_axis(
    buckets: list[tuple[datetime, dict[str, int]]], step: int, moment: datetime
) -> None:
    made = made_report("words")
    finding = replace(made.findings[0], first_seen=min(moment, buckets[0][0]), last_seen=max(moment, buckets[0][0]))
    report = replace(made, findings=[finding], timeline=[Bucket(*bucket) for bucket in buckets], bucket_seconds=step)
    drawn = chart(report)
    assert drawn is not None
    for path in (*drawn.loud.paths.values(), *drawn.quiet.paths.values(), drawn.bars(list(range(999)), 16)):
        for x, y, wide, tall in re.findall(r"M([-\d.]+) ([-\d.]+)h([-\d.]+)v-([\d.]+)h", path):
            assert float(x) >= 0 and float(x) + float(wide) <= WIDTH + 1.1
            assert float(y) - float(tall) + 0.11 >= 0 and float(y) <= 84
    assert sum(count for _, _, count in drawn.slots) == sum(sum(counts.values()) for _, counts in buckets)
    assert len(drawn.slots) <= 241
    assert len(drawn.ticks) <= 9
    assert all(0 <= tick.percent <= 100 for tick in drawn.ticks)
    span = drawn.span(finding.first_seen, finding.last_seen)
    assert span is not None
    assert 0 <= span.x <= span.x + span.width <= WIDTH + 0.1
    assert json.dumps(drawn.slots)


def test_hosts_and_versions_stand_on_top() -> None:
    report = replace(
        made_report("words"), facts={"Hosts": ["web1", "db1"], "nginx": ["1.22.1", "1.24.0"], "Kernel": ["6.1.0"]}
    )
    (top,) = page_of(report).text(lambda tag, _: tag == "header")
    assert "web1, db1" in top
    assert "Kernel 6.1.0, nginx 1.22.1, nginx 1.24.0" in top


def test_the_command_line_writes_it(analyze_command: Callable[..., object], tmp_path: Path) -> None:
    bundle = Path(__file__).resolve().parents[3] / "samples" / "bundles" / "ssh-bruteforce.zip"
    analyze_command(bundle, "--format", "html", "-o", tmp_path / "report.html")
    text = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert text.startswith("<!doctype html>")
    assert "A password login succeeded" in text
