"""What each audience may see of a report, in every format."""

from __future__ import annotations

import ipaddress
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from analyzer.audience import for_audience
from analyzer.finding import Report
from analyzer.render import Style, formats, renderer

SampleReport = Callable[[str], Report]
BUNDLES = Path(__file__).resolve().parents[2] / "samples" / "bundles"
_ADDRESS = re.compile(r"(?<![\w.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![\w.])")


def addresses(text: str) -> set[str]:
    found = set()
    for candidate in _ADDRESS.findall(text):
        try:
            found.add(str(ipaddress.ip_address(candidate)))
        except ValueError:
            continue
    return found


@pytest.mark.parametrize("name", formats())
@pytest.mark.parametrize("bundle", ["webshop-outage.zip", "tls-expired.zip", "ssh-bruteforce.zip"])
def test_nothing_of_the_input_is_public(sample_report: SampleReport, bundle: str, name: str) -> None:
    report = sample_report(bundle)
    shown = renderer(name).render(for_audience(report, "public"), Style(verbosity=1))
    with zipfile.ZipFile(BUNDLES / bundle) as archive:
        texts = [archive.read(entry).decode("utf-8", "replace") for entry in archive.namelist()]
        logged = {line.strip() for text in texts for line in text.splitlines()}
        members = [entry for entry in archive.namelist() if not entry.endswith("/")]
    assert not [line for line in logged if len(line) > 40 and line in shown]
    assert not [member for member in members if member in shown]
    assert not [host for host in report.facts.get("Hosts", ()) if re.search(rf"\b{re.escape(host)}\b", shown)]
    rules = " ".join(str(finding.rule) for finding in report.findings)
    assert addresses(shown) <= addresses(rules) | {"0.0.0.0", "127.0.0.1"}
    for finding in report.findings:
        assert finding.rule.title.split()[0] in shown or name == "reply"


def test_a_customer_sees_findings_and_not_what_nobody_has_looked_at(report_on: Callable[..., Report]) -> None:
    rule = 'id: t.beep\ntitle: T\nseverity: high\ndetection: {a: {body|contains: "beep"}}\n'
    report = report_on("2026-03-14 09:26:53 ERROR beep\n2026-03-14 09:26:54 ERROR strange thing\n", rule)
    assert report.unknown
    shown = for_audience(report, "customer")
    assert shown.findings == report.findings
    assert not shown.unknown
    assert for_audience(report, "internal") is report


def test_problems_are_counted_by_kind_in_public(report_on: Callable[..., Report]) -> None:
    report = report_on({"secret-name.bin": bytes(range(256)) * 40, "other.bin": b"\0" * 50, "a.log": "hello\n"})
    (problem,) = for_audience(report, "public").problems
    assert problem.message == "2 × a file is no text."
