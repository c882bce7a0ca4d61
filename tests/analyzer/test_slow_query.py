"""The story of samples/bundles/slow-query.md: one slow statement, in the log of the database and on the wire."""

from __future__ import annotations

from collections.abc import Callable

from analyzer.finding import Report


def test_the_log_and_the_packets_are_one_finding(sample_report: Callable[[str], Report]) -> None:
    first, *others = sample_report("slow-query.zip").findings
    assert first.rule.id == "network.slow_query_seen_on_wire"
    assert {found.rule.id for found in others} == {"postgres.slow_query", "network.postgresql_slow_query"}
    assert {source.split("/")[-1] for source in first.sources} == {"postgresql.log", "app-1.pcap"}
    packets = [quoted for quoted in first.evidence if quoted.frame_number]
    assert "took 2.421 s" in packets[0].text
    assert any("duration: 2420.905 ms" in quoted.text for quoted in first.evidence)
