"""The page in Chromium: what a person does with it, and what hostile input tries to do with it.

Needs Playwright for Python, a Chromium (`chromium` on the path, or Playwright's own) and, for axe-core, npm.
"""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from analyzer.finding import Evidence, Mark, Report
from analyzer.render import Style, html

pytestmark = pytest.mark.browser

SampleReport = Callable[[str], Report]
Open = Callable[..., Any]
FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
CARDS = "article.card:visible"
HOSTILE = (
    "<script>window.hacked=1</script>\"'><img src=x onerror=window.hacked=2> <svg onload=window.hacked=3> "
    "</script><script>window.hacked=4</script> </template><b>x</b> {{7*7}} \u202egnp.exe \x1b[2J `code` 数据库连接超时"
)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def open_page(chromium: Any, tmp_path: Path) -> Iterator[Open]:
    """Open a report from a file, without a network; anything on the console, and any request, is a fault."""
    noise: list[str] = []

    def show(report: Report, hash_: str = "", **context: Any) -> Any:
        path = tmp_path / "report.html"
        path.write_text(html.render(report, Style()), encoding="utf-8")
        options = {"offline": True, "viewport": {"width": 1440, "height": 900}, **context}
        page = chromium.new_context(**options).new_page()
        page.on("console", lambda message: noise.append(message.text))
        page.on("pageerror", lambda error: noise.append(str(error)))
        page.on("request", lambda request: None if request.url.startswith("file:") else noise.append(request.url))
        page.goto(path.as_uri() + hash_)
        return page

    yield show
    for context in chromium.contexts:
        context.close()
    assert noise == []


@pytest.fixture(scope="module")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("axe")
    command = ["npm", "install", "--no-audit", "--no-fund", "--silent", "--prefix", str(folder), "axe-core@4"]
    subprocess.run(command, check=True, capture_output=True)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.fixture
def outage(sample_report: SampleReport) -> Report:
    return sample_report("webshop-outage.zip")


@pytest.fixture
def everything(sample_report: SampleReport) -> Report:
    """A report in which every part of the page is there."""
    report = sample_report("tls-expired.zip")
    start = report.timeline[0].start
    (first, *rest) = report.findings
    line = replace(first.evidence[0], before=("the line ahead " * 60, ""), after=("一行日志",))
    frame = Evidence("a.pcap", 0, start, "tls_alert: certificate_expired", ((0, 9),), frame_number=17)
    first = replace(first, evidence=(line, frame), sparkline=(0, 3, 1, 7))
    return replace(
        report,
        findings=[first, *rest],
        facts={"Hosts": ["edge-lb-1"], "Versions": ["HAProxy 2.8"]},
        network={"Failed connections": [{"client": "10.0.0.5:40112", "frame_number": 17}], "Slow DNS": []},
        marks=[
            Mark("clock_jump", start, start + timedelta(seconds=2), "The clock was set back by 3 s."),
            Mark("capture", start, start + timedelta(seconds=9), "The capture lost packets."),
        ],
    )


def search(page: Any, words: str) -> list[str]:
    page.fill("#search", words)
    return [card.get_attribute("id") for card in page.query_selector_all(CARDS)]


def test_search_hides_what_does_not_match_and_stands_in_the_address(open_page: Open, outage: Report) -> None:
    page = open_page(outage)
    severities = {finding.rule.id: finding.severity for finding in outage.findings}
    assert search(page, "") == list(severities)
    high = [name for name, severity in severities.items() if severity == "high"]
    assert search(page, "severity:high") == high
    assert page.inner_text("[data-hits]") == "4 of 9 findings"
    assert search(page, "severity:high,low") == [n for n, s in severities.items() if s in ("high", "low")]
    assert search(page, "severity:>=medium") == [
        n for n, s in severities.items() if s in ("critical", "high", "medium")
    ]
    assert search(page, "severity:<medium") == [n for n, s in severities.items() if s in ("low", "info")]
    assert search(page, "!severity:high") == [name for name in severities if name not in high]
    assert search(page, "source:postgres severity:high") == [
        f.rule.id for f in outage.findings if f.severity == "high" and any("postgres" in s for s in f.sources)
    ]
    assert search(page, "tag:connections") == [f.rule.id for f in outage.findings if "connections" in str(f.rule.tags)]
    quoted = search(page, '"connection slots are reserved"')
    assert "postgres.too_many_connections" in quoted
    assert search(page, '!"connection slots are reserved"') == [name for name in severities if name not in quoted]
    assert search(page, "http://no-such-thing") == []
    assert page.is_visible("[data-empty=finding]")
    search(page, "rule:postgres")
    assert page.evaluate("location.hash") == "#?q=rule%3Apostgres"
    again = page.context.new_page()
    again.goto(page.url)
    assert [card.get_attribute("id") for card in again.query_selector_all(CARDS)] == ["postgres.too_many_connections"]
    assert again.input_value("#search") == "rule:postgres"
    page.click("[data-clear]")
    assert len(page.query_selector_all(CARDS)) == 9
    assert page.evaluate("location.hash") == ""


def test_chips_choose_severities(open_page: Open, outage: Report) -> None:
    page = open_page(outage)
    page.click("[data-chip=high]")
    assert len(page.query_selector_all(CARDS)) == 4
    page.click("[data-chip=low]")
    assert page.input_value("#search") == "severity:high,low"
    assert len(page.query_selector_all(CARDS)) == 5
    page.click("[data-chip=high]")
    page.click("[data-chip=low]")
    assert len(page.query_selector_all(CARDS)) == 9


def test_brushing_the_timeline_filters_what_is_below(open_page: Open, outage: Report) -> None:
    page = open_page(outage)
    box = page.locator(".brush").bounding_box()
    y = box["y"] + 30
    page.mouse.move(box["x"] + 2, y)
    page.mouse.down()
    page.mouse.move(box["x"] + box["width"] * 0.5, y, steps=4)
    page.mouse.up()
    start = outage.timeline[0].start
    seconds = (outage.timeline[-1].start - start).total_seconds() + outage.bucket_seconds
    early = {
        finding.rule.id
        for finding in outage.findings
        if finding.first_seen and (finding.first_seen - start).total_seconds() < int(seconds * 0.5) + 1
    }
    shown = {card.get_attribute("id") for card in page.query_selector_all(CARDS)}
    assert shown == early
    assert 0 < len(shown) < 9
    assert len(page.query_selector_all("tr[data-item=file]:visible")) < len(outage.coverage)
    assert len(page.query_selector_all(".gantt li:visible")) == len(shown)
    assert re.fullmatch(r"#\?t=\d+%7E\d+", page.evaluate("location.hash"))
    again = page.context.new_page()
    again.goto(page.url)
    assert {card.get_attribute("id") for card in again.query_selector_all(CARDS)} == early
    page.mouse.click(box["x"] + box["width"] * 0.8, y)
    assert len(page.query_selector_all(CARDS)) == 9


def test_the_brush_moves_by_keys(open_page: Open, outage: Report) -> None:
    page = open_page(outage)
    page.locator("[role=slider]").nth(1).focus()
    for _ in range(5):
        page.keyboard.press("PageDown")
    assert 0 < len(page.query_selector_all(CARDS)) < 9
    assert page.locator("[role=slider]").nth(1).get_attribute("aria-valuetext").startswith("15:30:0")
    page.keyboard.press("Escape")
    assert len(page.query_selector_all(CARDS)) == 9


def test_a_link_to_a_finding_opens_it(open_page: Open, outage: Report) -> None:
    from playwright.sync_api import expect

    page = open_page(outage, "#systemd.unit_failed")
    assert page.locator("#systemd\\.unit_failed > details").get_attribute("open") is not None
    expect(page.locator("#systemd\\.unit_failed > details > summary")).to_be_in_viewport(ratio=1)
    assert page.evaluate("scrollY") > 500
    page.click(".gantt a[href='#nginx.bad_gateway']")
    expect(page.locator("#nginx\\.bad_gateway > details")).to_have_attribute("open", "")


def test_keys_walk_through_the_findings(open_page: Open, outage: Report) -> None:
    page = open_page(outage)
    for key in "jjjj":
        page.keyboard.press(key)
    fourth = outage.findings[3].rule.id
    assert page.locator(".card.current").get_attribute("id") == fourth
    assert page.locator(".card.current > details").get_attribute("open") is None
    page.keyboard.press("o")
    assert page.locator(".card.current > details").get_attribute("open") is not None
    page.keyboard.press("k")
    assert page.locator(".card.current").get_attribute("id") == outage.findings[2].rule.id
    page.keyboard.press("/")
    page.keyboard.type("j?o")
    assert page.input_value("#search") == "j?o"
    page.keyboard.press("Escape")
    assert page.input_value("#search") == ""
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    assert page.is_visible("#help")
    page.keyboard.press("Escape")
    assert not page.is_visible("#help")


def test_copies_are_the_text_that_stands_there(open_page: Open, everything: Report) -> None:
    page = open_page(everything, permissions=["clipboard-read", "clipboard-write"])

    def copied(selector: str) -> str:
        page.locator(selector).first.click()
        page.wait_for_selector(f"{selector} >> text=Copied")
        return str(page.evaluate("navigator.clipboard.readText()"))

    first = everything.findings[0]
    ticket = copied(".actions [data-copy]")
    assert ticket.startswith("# tls-expired.zip\n\n**6 known issues;")
    assert f"## {first.severity}: {first.rule.title}\n" in ticket
    assert copied(".quote [data-copy]") == first.evidence[0].text
    assert copied(".command [data-copy]") == first.rule.diagnose[0].run
    assert copied("[data-link]").endswith(f"report.html#{first.rule.id}")
    page.locator("#unknown summary").first.click()
    assert "\nid: custom." in copied(".skeleton [data-copy]")


def test_context_is_clipped_until_it_is_wrapped(open_page: Open, everything: Report) -> None:
    page = open_page(everything, permissions=["clipboard-read", "clipboard-write"])
    ahead = page.locator(".line.context").first
    clipped = ahead.bounding_box()["height"]
    page.locator("[data-wrap]").first.click()
    assert ahead.bounding_box()["height"] > 3 * clipped
    page.locator("[data-wrap]").first.click()
    assert ahead.bounding_box()["height"] == clipped


def test_lines_of_one_excerpt_are_copied_together(open_page: Open, everything: Report) -> None:
    first, *_ = everything.findings[0].evidence
    second = replace(first, line_number=first.line_number + 1, text="the next line", before=(), highlights=())
    finding = replace(everything.findings[0], evidence=(replace(first, after=()), second))
    page = open_page(replace(everything, findings=[finding]), permissions=["clipboard-read", "clipboard-write"])
    page.locator(".quote [data-copy]").first.click()
    page.wait_for_selector(".quote >> text=Copied")
    assert page.evaluate("navigator.clipboard.readText()") == f"{first.text}\nthe next line"


def test_hostile_input_stays_text(open_page: Open, report_on: Callable[..., Report]) -> None:
    from playwright.sync_api import expect

    log = "".join(f"2026-03-14 09:26:{second} ERROR fault {HOSTILE}\n" for second in range(10, 30))
    rules = '- {id: t.fault, title: "<b>x</b></script>", severity: high, detection: {a: {body|contains: fault}}}\n'
    report = report_on({"<img src=x onerror=window.hacked=5>.log": log, "b.log": log.replace("fault", "other")}, rules)
    page = open_page(report, permissions=["clipboard-read", "clipboard-write"])
    page.locator(".quote [data-copy]").first.click()
    page.fill("#search", "<img src=x onerror=window.hacked=5>")
    assert page.locator(CARDS).count() == 1
    page.evaluate("location.hash = '#<img src=x onerror=window.hacked=6>?q=<b>&t=<i>'")
    expect(page.locator("#search")).to_have_value("<b>")
    assert page.evaluate("window.hacked") is None
    assert page.locator("img, main b > b, iframe").count() == 0
    assert page.locator("h3").first.inner_text() == "<b>x</b></script>"
    shown = page.locator(".line.hit").first.text_content()
    assert HOSTILE.replace("\u202e", "\\u202e").replace("\x1b", "\\x1b") in shown or "[2J" not in shown
    assert "数据库连接超时" in shown


@pytest.mark.parametrize("width", [390, 1440])
def test_long_words_stay_within_the_page(open_page: Open, report_on: Callable[..., Report], width: int) -> None:
    word = "x" * 1500
    log = "".join(f"2026-03-14 09:26:{second} ERROR fault {word}\n" for second in range(10, 30))
    rules = (
        f"- {{id: t.fault, title: {word}, severity: high, cause: {word}, detection: {{a: {{body|contains: fault}}}}}}\n"
    )
    report = report_on({f"{'d' * 200}/{'f' * 200}.log": log, f"{'g' * 200}.log": log.replace("fault", "other")}, rules)
    report = replace(report, facts={word: [word]}, network={word: [{word: word, "b": word, "c": word}]})
    page = open_page(report, viewport={"width": width, "height": 900})
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_the_policy_stops_scripts_and_the_network(chromium: Any, tmp_path: Path, outage: Report) -> None:
    path = tmp_path / "report.html"
    text = html.render(outage, Style())
    path.write_text(text.replace("</main>", "<script>window.hacked=1</script><img src='http://127.0.0.1:9/x'></main>"))
    context = chromium.new_context()
    page = context.new_page()
    noise: list[str] = []
    page.on("console", lambda message: noise.append(message.text))
    page.goto(path.as_uri())
    assert page.evaluate("window.hacked") is None
    assert len([line for line in noise if "Content Security Policy" in line]) == 2
    context.close()


def test_the_page_is_whole_without_javascript(open_page: Open, outage: Report) -> None:
    page = open_page(outage, java_script_enabled=False)
    assert page.locator("h1").inner_text() == outage.verdict
    assert page.locator(".plot path.fill").count() > 3
    assert not page.is_visible("#search")
    assert not page.is_visible("[data-copy]")
    page.locator(".card summary").nth(20).scroll_into_view_if_needed()
    assert page.locator(".card h3").count() == 9


def test_print_shows_everything_and_folds_again(open_page: Open, outage: Report) -> None:
    page = open_page(outage, color_scheme="dark")
    assert page.locator(".card > details:not([open])").count() == 6
    page.emulate_media(media="print")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert page.locator("details:not([open])").count() == 0
    assert not page.is_visible("#search")
    assert not page.is_visible(".copy")
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(26, 29, 33)"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert page.locator(".card > details:not([open])").count() == 6
    assert len(page.pdf(format="A4")) > 50_000


def test_colours_follow_the_system_and_the_button(open_page: Open, outage: Report) -> None:
    page = open_page(outage, color_scheme="dark")
    paper = "getComputedStyle(document.body).backgroundColor"
    assert page.evaluate(paper) == "rgb(19, 21, 25)"
    page.click("[data-theme-toggle]")
    page.click("[data-theme-toggle]")
    assert page.evaluate(paper) == "rgb(246, 246, 243)"
    page.reload()
    assert page.evaluate(paper) == "rgb(246, 246, 243)"


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["everything", "webshop-healthy.zip"])
def test_accessible_and_within_the_page(
    open_page: Open, axe: str, everything: Report, sample_report: SampleReport, name: str, scheme: str, width: int
) -> None:
    report = everything if name == "everything" else sample_report(name)
    size = {"width": width, "height": 900}
    # axe-core is not the page's own script.
    page = open_page(report, viewport=size, color_scheme=scheme, bypass_csp=True, reduced_motion="reduce")
    page.evaluate("for (const details of document.querySelectorAll('details')) details.open = true")
    page.evaluate(axe)
    found = page.evaluate("axe.run()")
    faults = [(fault["id"], [node["html"][:160] for node in fault["nodes"][:3]]) for fault in found["violations"]]
    assert faults == []
    assert len(found["passes"]) > 20
    assert page.evaluate("document.documentElement.scrollWidth") == width
