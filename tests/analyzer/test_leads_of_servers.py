# ruff: noqa: E501
"""What servers, switches and cluster tools write of a fault: which finding comes first, and on which line it stands."""

from __future__ import annotations

from pathlib import Path

import pytest

from analyzer.finding import Report
from analyzer.pipeline import Options, analyze
from analyzer.rulebook import load_indexed, rules_dir

RULES = list(load_indexed(rules_dir()))

_DESCRIBE = """Events:
  FirstSeen    LastSeen    Count    From              SubObjectPath    Type        Reason        Message
  ---------    --------    -----    ----              -------------    --------    ------        -------
  9m           9m          1        default-scheduler                  Normal      Scheduled     Successfully assigned shop-1 to node-3
  7m           1m          5        kubelet, node-3                    Warning     FailedMount   Unable to mount volumes for pod "shop-1": timeout expired waiting for volumes to attach/mount
"""
_NEXUS = """<189>2026 Mar 14 09:26:50 leaf-7 %ETHPORT-5-IF_UP: Interface Ethernet1/9 is up in mode trunk
<189>2026 Mar 14 09:26:53 leaf-7 %STP-2-BLOCK_BPDUGUARD: Received BPDU on port Ethernet1/9 with BPDU Guard enabled. Disabling port.
"""
_AIX = """Mar 14 09:26:53 lpar-3 daemon:info inetd[4811]: refreshed
Mar 14 09:26:54 lpar-3 user:err|error shopd[3761]: connect to localhost, port 8084: Connection refused
"""
_OPERATORS = """NAME             VERSION   AVAILABLE   PROGRESSING   DEGRADED   SINCE   MESSAGE
dns              4.14.9    True        False         False      12h
console          4.14.9    False       False         True       31m     RouteHealthAvailable: failed to GET route: context deadline exceeded
"""
_WINBIND = """Mar 14 09:26:53 files winbindd[3181]: Could not fetch our SID - did we join?
Mar 14 09:26:53 files systemd[1]: winbind.service: main process exited, code=exited, status=1/FAILURE
Mar 14 09:26:53 files systemd[1]: Failed to start Samba Winbind Daemon.
"""
_PANIC = """swap_pager: I/O error - pagein failed; blkno 17,size 4096, error 5
panic: swap_pager_force_pagein: read from swap failed
cpuid = 0
KDB: stack backtrace:
vpanic() at vpanic+0x182/frame 0xfffffe02317d98b0
"""
_FIREWALL = """Mar 14 09:26:50 fw1 kernel: igc0: promiscuous mode disabled
Mar 14 09:26:53 fw1 kernel: pid 878 (unbound), jid 0, uid 59, was killed: failed to reclaim memory
"""
_ETCD = """{"level":"info","ts":"2026-03-14T09:26:53.587Z","caller":"raft/node.go:336","msg":"raft.node: 8e9e05c52164694d lost leader 91bc3c398fb3c146 at term 12"}
{"level":"warn","ts":"2026-03-14T09:26:54.650Z","caller":"etcdserver/util.go:144","msg":"apply request took too long","took":"2.0s","expected-duration":"100ms","error":"context deadline exceeded"}
"""


def report(folder: Path, text: str) -> Report:
    file = folder / "case.log"
    file.write_text(text, "utf-8")
    return analyze([str(file)], RULES, Options(jobs=1))


@pytest.mark.parametrize(
    ("text", "lead", "line"),
    [
        (_DESCRIBE, "kubernetes.volume_mount_failed", 5),
        (_NEXUS, "network.port_err_disabled", 2),
        (_AIX, "network.connection_refused", 2),
        (_OPERATORS, "kubernetes.operator_degraded", 3),
        (_WINBIND, "samba.not_joined", 1),
        (_PANIC, "kernel.panic", 2),
        (_FIREWALL, "kernel.oom_killer", 2),
        (_ETCD, "etcd.leader_lost", 1),
    ],
    ids=["describe", "nexus", "aix", "operators", "winbind", "freebsd", "firewall", "etcd"],
)
def test_the_first_finding_is_the_fault(tmp_path: Path, text: str, lead: str, line: int) -> None:
    found = report(tmp_path, text)
    assert found.findings[0].rule.id == lead
    assert found.findings[0].evidence[0].line_number == line


def test_a_panic_of_freebsd_is_no_go_program(tmp_path: Path) -> None:
    assert "go.panic" not in [finding.rule.id for finding in report(tmp_path, _PANIC).findings]


def test_aix_names_level_and_program_behind_the_host(tmp_path: Path) -> None:
    text = _AIX + "Mar 14 09:26:55 lpar-3 user:err|error shopd[3761]: no answer for order 17\n"
    (unknown,) = report(tmp_path, text).unknown
    assert (unknown.severity_number, unknown.example.line_number) == (17, 3)
