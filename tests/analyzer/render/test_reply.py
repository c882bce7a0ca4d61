"""The message to the customer: every statement is traceable, nothing is jargon of ours, nothing is missing."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest

from analyzer.finding import Report
from analyzer.render import Style, reply

SampleReport = Callable[[str], Report]
ReportOn = Callable[..., Report]
BUNDLES = ["webshop-outage.zip", "disk-full.tar.gz", "tls-expired.zip", "oom-kill.tar.gz"]
RULE = """
id: t.beep
title: The sensor beeps
severity: high
detection: {a: {body|contains: "beep"}}
impact: Its piezo sounds.
plain: {en: The sensor is too loud., zh: 传感器声音太大。, impact: {en: Nobody can sleep., zh: 没有人能睡觉。}}
diagnose: [{do: Listen to it, run: "arecord -d 5"}, {do: Name it, run: "stty -F DEVICE"}]
fixes: [{kind: temporary, steps: [Turn it off.], risk: It no longer warns.}, {kind: permanent, steps: [Buy another.]}]
verify: It is silent for a day.
questions: [Since when does it beep?]
translations:
  zh: {steps: [请关闭它。], risks: [不再报警。], lasting: [换一个。], verify: 安静一天。,
    questions: [从什么时候开始的？], diagnose: [听一听]}
"""
LOG = "2026-03-14 09:26:53 ERROR beep\n2026-03-14 09:36:53 ERROR beep\n"


@pytest.mark.parametrize("bundle", BUNDLES)
@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_statement_has_a_footnote(sample_report: SampleReport, bundle: str, language: str) -> None:
    report = sample_report(bundle)
    text = reply.render(report, Style(language="en" if language == "en" else "zh"))
    body, _, notes = text.rpartition("\n\n[1] ")
    statements = [line for line in body.splitlines() if re.match(r"- |[0-9]+\. ", line)]
    assert len(statements) > 5
    assert all(re.search(r"\[[1-3]\]$", line) for line in statements)
    known = {finding.rule.id for finding in report.findings}
    told = {line.split("] ")[-1].split(",")[0] for line in ("[1] " + notes).splitlines() if line}
    assert told <= known


def test_the_whole_message(sample_report: SampleReport, same_as_expected: Callable[[str, str], None]) -> None:
    same_as_expected(reply.render(sample_report("disk-full.tar.gz"), Style()), "disk-full-reply.txt")


def test_chinese_where_the_rule_has_it_and_marked_english_where_not(report_on: ReportOn) -> None:
    rule = RULE.replace(", diagnose: [听一听]", "")
    text = reply.render(report_on(LOG, rule), Style(language="zh"))
    for words in ("传感器声音太大。", "没有人能睡觉。", "请关闭它。", "从什么时候开始的？", "Listen to it（英文原文）"):
        assert words in text
    assert "请注意：不再报警。" in text and "- 换一个。 [1]" in text and "如何确认问题已解决：安静一天。 [1]" in text
    assert "The sensor" not in text and "共出现 2 次" in text


def test_what_it_means_is_said_in_plain_words_and_else_as_the_rule_says_it(report_on: ReportOn) -> None:
    rule = RULE.replace(", diagnose: [听一听]", "")
    assert "- Nobody can sleep. [1]" in reply.render(report_on(LOG, rule), Style())
    technical = rule.replace(", impact: {en: Nobody can sleep., zh: 没有人能睡觉。}", "")
    assert "- Its piezo sounds. [1]" in reply.render(report_on(LOG, technical), Style())
    assert "- Its piezo sounds.（英文原文） [1]" in reply.render(report_on(LOG, technical), Style(language="zh"))


def test_a_risk_that_there_is_not_is_not_told(report_on: ReportOn) -> None:
    rule = (
        RULE.replace(", diagnose: [听一听]", "")
        .replace("risk: It no longer warns.", "risk: none")
        .replace("不再报警。", "无。")
    )
    assert "Please note" not in reply.render(report_on(LOG, rule), Style())
    assert "请注意" not in reply.render(report_on(LOG, rule), Style(language="zh"))


def test_a_translation_that_is_not_one_for_one_is_refused(report_on: ReportOn) -> None:
    with pytest.raises(Exception, match=r"'diagnose' has 1 entries, the rule has 2"):
        report_on(LOG, RULE)


def test_commands_with_names_to_fill_in_are_not_asked_of_a_customer(report_on: ReportOn) -> None:
    text = reply.render(report_on(LOG, RULE.replace(", diagnose: [听一听]", "")), Style())
    assert "arecord -d 5" in text and "DEVICE" not in text
    assert "Please note: It no longer warns. [1]" in text
    assert "Buy another. [1]" in text and "It is silent for a day. [1]" in text


NO_PACKET = bytes.fromhex("d4c3b2a1020004000000000000000000ffff000001000000")


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize(
    ("files", "english", "chinese"),
    [
        ({"a.log": "2026-03-14 09:26:53 INFO all is well\n" * 3}, "no sign of a problem", "没有发现已知问题"),
        ({"a.log": "2026-03-14 09:26:53 ERROR odd thing\n" * 3}, "that we do not know yet", "尚不了解的错误"),
        ({"a.bin": bytes(range(256)) * 40}, "could not read anything", "无法读取"),
        ({"a.pcap": NO_PACKET, "a.log": b""}, "What you sent is empty", "文件是空的"),
        ({"a.pcap": NO_PACKET, "a.bin": bytes(range(256)) * 40}, "could not read anything", "无法读取"),
        ({"a.pcap": NO_PACKET}, "    tcpdump -i any -w capture.pcap", "    tcpdump -i any -w capture.pcap"),
    ],
)
def test_without_findings_it_asks_for_what_is_missing(
    report_on: ReportOn, files: dict[str, str | bytes], english: str, chinese: str, language: str
) -> None:
    text = reply.render(report_on(files), Style(language="en" if language == "en" else "zh"))
    assert (english if language == "en" else chinese) in text
    assert "    tar czf logs.tar.gz /var/log" in text
