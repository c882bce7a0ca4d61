"""Logs of programs that were broken on purpose: the first finding is what was done to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.finding import Report
from analyzer.pipeline import Options, analyze
from analyzer.rulebook import load_indexed, rules_dir

SAMPLES = Path(__file__).resolve().parents[2] / "samples"
RULES = list(load_indexed(rules_dir()))


def report(*path: str) -> Report:
    return analyze([str(SAMPLES.joinpath(*path))], RULES, Options(jobs=1))


@pytest.mark.parametrize(
    ("log", "lead", "line"),
    [
        ("supervisor/worker-gave-up.log", "process.restart_given_up", "exited: worker (exit status 1; not expected)"),
        ("pgbouncer/max-client-conn.log", "postgres.pooler_exhausted", "no more connections allowed (max_client_conn)"),
        ("pgbouncer/server-down.log", "postgres.pgbouncer_login_failed", "closing because: connect failed"),
        ("redis-sentinel/primary-down.log", "redis.primary_down", "+odown master shop"),
        ("docker-registry/disk-full.log", "disk.full", "no space left on device"),
    ],
)
def test_the_first_finding_is_the_fault(log: str, lead: str, line: str) -> None:
    first = report("logs", log).findings[0]
    assert first.rule.id == lead
    assert line in first.evidence[0].text


@pytest.mark.parametrize("log", ["supervisor.log", "pgbouncer.log", "docker-registry.log", "redis-sentinel.log"])
def test_the_healthy_twin_has_no_finding(log: str) -> None:
    healthy = report("healthy", log)
    assert healthy.coverage[0].records > 3
    assert not healthy.findings
    assert not healthy.unknown
