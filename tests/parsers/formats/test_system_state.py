from __future__ import annotations

from collections.abc import Callable

import pytest

from analyzer.finding import Report
from parsers import identify
from parsers.contract import Source

SYMBOLS = "ffffffff8186c310 T __pfx___traceiter_xfs_delalloc_enospc\nffffffff81202dde t oops_end.cold\n"
SCRIPT = 'report_err() { echo "$0: Error: $*" >&2 ; }\n# 2005-07-03 18:51:43 first version\n'


@pytest.mark.parametrize(
    ("name", "text", "parser"),
    [
        ("sosreport-web1/proc/kallsyms", SYMBOLS, "system_state"),
        ("case.zip!/proc/1234/net/dev", "eth0: 1420659105 2312 0 0\n", "system_state"),
        ("host/sys/fs/cgroup/cpuacct/cpuacct.usage_percpu", "2168503834156\n", "system_state"),
        ("sos/etc/init.d/mariadb", SCRIPT, "system_state"),
        ("sos/sos_logs/sos.log", "2026-11-29 03:03:09,386 INFO: not collected: Input/output error\n", "system_state"),
        ("sos/sos_commands/ldap/loaded_schemas", "ldap_bind: Can't contact LDAP server (-1)\n", "system_state"),
        # What may tell of a fault stays searched.
        ("sos/proc/mdstat", "md0 : active raid1 sdb1[1]\n      1047552 blocks [2/1] [_U]\n", "generic"),
        ("sos/sos_commands/kernel/dmesg", "[    1.500000] EXT4-fs error (device sda1): bad block\n" * 9, "dmesg"),
        ("sos/etc/tomcat/logs/start.log", "could not start\n", "generic"),
        ("opt/proc/app.log", "2026-03-14 09:26:53 could not start\n", "generic"),
    ],
)
def test_what_a_file_is_by_its_place(make_source: Callable[..., Source], name: str, text: str, parser: str) -> None:
    assert identify(make_source(text, name)).parser.name == parser


def test_a_number_alone_on_its_line_is_no_time(report_on: Callable[..., Report]) -> None:
    report = report_on("1420659105\n1720659105\n1720659110\n", "")
    assert report.coverage[0].first_seen is None
