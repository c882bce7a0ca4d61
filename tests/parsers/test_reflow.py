"""Logs that a terminal, a mail program or a page has changed are read as they were written."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from html import escape

import pytest

from analyzer.clock import decide_clocks, utc_now
from parsers import identify
from parsers.contract import Source
from parsers.excerpt import quote
from parsers.text import detect_encoding
from parsers.times import to_datetime

MakeSource = Callable[..., Source]
Told = list[tuple[str, int, str]]

LOG = (
    "2026-03-14 09:26:53,000 INFO  [main] com.shop.Boot - shop 4.2 starts on port 8080 with 7 workers and two pools\n"
    "2026-03-14 09:26:54,120 WARN  [main] com.shop.Pool - the pool is at 90 % of its size, requests may have to wait\n"
    '2026-03-14 09:26:55,250 ERROR [http-7] com.shop.Pay - payment 4711 failed: no space left & "disk" <null>\n'
    "java.lang.IllegalStateException: no answer\n"
    "\tat com.shop.Pay.pay(Pay.java:77)\n"
    "2026-03-14 09:26:56,000 INFO  [main] com.shop.Boot - the workers are still running and wait for the next payment\n"
    "2026-03-14 09:26:57,500 ERROR [http-8] com.shop.Pay - payment 4712 failed: the provider does not answer any more\n"
)


def told(source: Source) -> Told:
    """(time, severity, message) of the records of a source that have a time."""
    parser = identify(source).parser
    plan = parser.plan(source, decide_clocks([source], utc_now(), None)[source.path])
    out = []
    for piece in parser.slices(source, plan, 1 << 24):
        batch = parser.read(source, piece, plan)
        frame = batch.extract(batch, batch.record_of(batch.heads), ["body"])
        for row, body in zip(batch.heads, frame.get_column("body"), strict=True):
            if (time := to_datetime(int(batch.time[row]))) is not None and batch.severity[row]:
                out.append((time.isoformat(), int(batch.severity[row]), body.strip()))
    return out


def cut(line: str, width: int) -> list[str]:
    return [line[at : at + width] for at in range(0, len(line), width)]


def wrapped_by_a_terminal(text: str) -> str:
    return "\n".join(part for line in text.splitlines() for part in cut(line, 80)) + "\n"


def wrapped_by_a_mail(text: str) -> str:
    parts = (textwrap.wrap(line, 76, drop_whitespace=True, break_on_hyphens=False) for line in text.splitlines())
    # A mail program takes one blank where it breaks, and leaves the others.
    return "\n".join(part for lines in parts for part in lines) + "\n"


def on_a_page(text: str) -> str:
    return f"<!DOCTYPE html>\n<html><body><h1>Log</h1>\n<pre>{escape(text)}</pre>\n</body></html>\n"


def in_colours_of_a_page(text: str) -> str:
    lines = "".join(f'<span class="line">{escape(line)}</span><br/>\n' for line in text.splitlines())
    return f"<html><head><title>Log</title></head><body>\n{lines}</body></html>\n"


def with_entities(text: str) -> str:
    return escape(text).replace("&#x27;", "&#39;")


def with_odd_blanks(text: str) -> str:
    return "".join(f"\ufeff\u200b{line}\n".replace(" ", "\u00a0") for line in text.splitlines())


@pytest.mark.parametrize(
    "change", [wrapped_by_a_terminal, on_a_page, in_colours_of_a_page, with_entities, with_odd_blanks]
)
def test_records_are_those_of_the_log_itself(make_source: MakeSource, change: Callable[[str], str]) -> None:
    assert told(make_source(change(LOG), "copy.txt")) == told(make_source(LOG))


def test_a_mail_gives_the_same_records_but_for_the_blanks_of_a_trace(make_source: MakeSource) -> None:
    blanks = str.maketrans("", "", "\t ")
    mailed = told(make_source(wrapped_by_a_mail(LOG), "mail.txt"))
    whole = told(make_source(LOG))
    assert [(time, level, text.translate(blanks)) for time, level, text in mailed] == [
        (time, level, text.translate(blanks)) for time, level, text in whole
    ]


def test_what_was_put_together_is_quoted_whole_and_counted_as_it_lies_in_the_file(make_source: MakeSource) -> None:
    source = make_source(wrapped_by_a_terminal(LOG))
    parser = identify(source).parser
    plan = parser.plan(source, decide_clocks([source], utc_now(), None)[source.path])
    (piece,) = parser.slices(source, plan, 1 << 24)
    batch = parser.read(source, piece, plan)
    lines = source.file.read_text().splitlines()
    assert batch.line_count == len(lines)
    for row in batch.heads:
        assert lines[batch.line_number[row]].startswith("2026-03-14")
        shown = quote(source, int(batch.offsets[row]), plan.encoding)
        assert shown in LOG.splitlines()


@pytest.mark.parametrize("width", [80, 100])
def test_lines_that_were_cut_off_are_not_put_together(make_source: MakeSource, width: int) -> None:
    # As `cut -c1-80` and `less -S` leave them.
    short = "".join(line[:width] + "\n" for line in LOG.splitlines())
    assert len(told(make_source(short))) == 5
    assert all(
        long[2].splitlines()[0].startswith(cut_off[2].splitlines()[0])
        for long, cut_off in zip(told(make_source(LOG)), told(make_source(short)), strict=True)
    )


def test_frames_of_syslog_over_tcp_are_messages(make_source: MakeSource) -> None:
    messages = [
        f"<{pri}>1 2026-03-14T09:26:5{at}.003Z web-1 shop 7 - - {text}"
        for at, (pri, text) in enumerate([(27, "pay failed"), (30, "ready"), (28, "slow, 100 ms"), (27, "again")])
    ]
    stream = "".join(f"{len(message)} {message}" for message in messages)
    assert [(level, text) for _, level, text in told(make_source(stream))] == [
        (17, "pay failed"),
        (9, "ready"),
        (13, "slow, 100 ms"),
        (17, "again"),
    ]


def test_settings_in_xml_stay_what_they_are(make_source: MakeSource) -> None:
    xml = '<?xml version="1.0"?>\n<server>\n  <rule name="a &amp; b" expr="x &lt; 7"/>\n  <pre>error</pre>\n</server>\n'
    source = make_source(xml * 3, "server.xml")
    assert identify(source).parser.name == "document"
    assert quote(source, xml.index("  <rule"), detect_encoding(source.head)).strip() == xml.splitlines()[2].strip()
