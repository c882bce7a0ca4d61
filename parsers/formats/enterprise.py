"""Servers with a log layout of their own: Splunk, SAP, Db2, CUPS."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ..blocks import BlockFormat
from ..contract import Source
from ..excerpt import head_lines
from ..lines import LineFormat, Sample
from ..records import Records

SPLUNK = LineFormat(
    name="splunkd",
    title="Splunk (splunkd.log)",
    reference="https://docs.splunk.com/Documentation/Splunk/latest/Troubleshooting/WhatSplunklogsaboutitself",
    patterns=(
        r"^[0-9]{2}-[0-9]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} [+-][0-9]{4} (?P<severity_text>[A-Z]+) +(?P<scope_name>\S+)(?: \[[^\]]*\])? +- (?P<body>.*)$",
    ),
    times=("dashed_us",),
    confidence=0.96,
    samples=(
        Sample(
            "03-14-2026 10:26:53.589 +0100 ERROR TcpOutputFd [812 TcpOutEloop] - Connection to host=10.0.0.7:9997 failed",
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 17,
                "scope_name": "TcpOutputFd",
                "body": "Connection to host=10.0.0.7:9997 failed",
            },
        ),
        Sample("03-14-2026 09:26:54.001 +0000 WARN  DiskMon - MinFreeSpace=5000", {"severity_number": 13}),
        Sample("03-04-2026 09:26:55.002 +0000 INFO  Metrics - group=queue", {"time": "2026-03-04T09:26:55.002Z"}),
    ),
)

HANA = LineFormat(
    name="sap_hana",
    title="SAP HANA trace",
    reference="https://help.sap.com/docs/SAP_HANA_PLATFORM (traces, diagnosis files)",
    patterns=(
        r"^\[[0-9]+\]\{-?[0-9]+\}\[-?[0-9]+/-?[0-9]+\] [0-9]{4}-[0-9]{2}-[0-9]{2} [0-9:.]+ (?P<severity_text>[a-z]) (?P<scope_name>\S+) +(?P<body>.*)$",
    ),
    times=("iso",),
    severity_words={"d": 5, "i": 9, "w": 13, "e": 17, "f": 21},
    confidence=0.97,
    samples=(
        Sample(
            "[12345]{-1}[-1/-1] 2026-03-14 09:26:53.589793 e Basis            FaultProtectionImpl.cpp(01714) : SIGNAL 11 caught",
            {"time": "2026-03-14T09:26:53.589793Z", "severity_number": 17, "scope_name": "Basis"},
        ),
        Sample(
            "[12345]{200012}[13/-1] 2026-03-14 09:26:54.000001 w Logger           SavepointImpl.cc(02299) : savepoint is slow",
            {"severity_number": 13, "body": "SavepointImpl.cc(02299) : savepoint is slow"},
        ),
        Sample(
            "[7]{-1}[-1/-1] 2026-03-14 09:26:55.000001 i Service TrexService.cpp(1) : ready", {"severity_number": 9}
        ),
    ),
)

_MESSAGE = re.compile(r"(?m)^(?:MESSAGE|RETCODE|DATA #[0-9]) ?: *(.+)$")


class Db2Log(BlockFormat):
    """A header, and lines of names and values up to the next header; one of them is the message."""

    def records(self, lines: Sequence[str]) -> Records:
        """As blocks, with the message ahead of all that stands around it."""
        found = super().records(lines)
        found.body = [
            f"{told[1]}\n{body}" if (told := _MESSAGE.search(body)) is not None else body.lstrip("\n")
            for body in found.body
        ]
        return found


DB2 = Db2Log(
    name="db2diag",
    title="Db2 diagnostic log (db2diag.log)",
    reference="https://www.ibm.com/docs/en/db2 (diagnostic log file entries)",
    start=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{6}(?:[+-][0-9]{3})? +\S+ +LEVEL: ",
    patterns=(
        r"^(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2}-[0-9]{2}\.[0-9]{2}\.[0-9]{2}\.[0-9]{6}(?:[+-][0-9]{3})?) +\S+ +LEVEL: (?P<severity_text>[A-Za-z]+)(?P<body>.*)$",
    ),
    severity_words={"Event": 9},
    confidence=0.98,
    samples=(
        Sample(
            "2026-03-14-10.26.53.589793+060 I1234E500          LEVEL: Error\nPID     : 812                  PROC : db2sysc 0\n"
            "MESSAGE : ZRC=0x850F000C disk full",
            {
                "time": "2026-03-14T09:26:53.589793Z",
                "severity_number": 17,
                "body": "ZRC=0x850F000C disk full\n\nPID     : 812                  PROC : db2sysc 0\nMESSAGE : ZRC=0x850F000C disk full",
            },
        ),
        Sample(
            "2026-03-14-09.26.54.000001+000 I1235E500          LEVEL: Warning\nMESSAGE : log is full",
            {"severity_number": 13},
        ),
        Sample("2026-03-14-09.26.55.000001+000 E7E500          LEVEL: Event\nMESSAGE : ready", {"severity_number": 9}),
    ),
)


class WorkProcess(LineFormat):
    """Lines of the components of a work process; now and then one of them tells the time."""

    def sniff(self, source: Source) -> float:
        """Certain by the first lines, which name the file."""
        return 0.97 if any(line.startswith("trc file: ") for line in head_lines(source, 10)) else 0.0


SAP_TRACE = WorkProcess(
    name="sap_trace",
    title="SAP developer trace (dev_w0, dev_disp, dev_ms)",
    reference="https://help.sap.com/docs/ABAP_PLATFORM_NEW/e067931e0b0a4b2089f4db327879cd55 (developer traces)",
    patterns=(
        r"^[A-Z]? {0,2}(?P<body>(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9:]{8} [0-9]{4})$",
        r"^(?P<scope_name>[A-Z]) {1,2}(?:\*\*\* )?(?P<severity_text>ERROR|WARNING|LOG)(?: =>|[A-Z0-9 ]*=>) (?P<body>.*)$",
        r"^(?P<scope_name>[A-Z]) {1,2}\*\*\*(?P<severity_text>LOG) (?P<body>.*)$",
        r"^(?P<scope_name>[A-Z])(?: {1,2}(?P<body>.*)| *)$",
        r"^(?P<body>trc file: .*)$",
    ),
    times=("asctime",),
    # What goes to the system log, too.
    severity_words={"LOG": 17},
    confidence=0.97,
    samples=(
        Sample('trc file: "dev_w0", trc level: 1, release: "753"', {"severity_number": 0}),
        Sample("C Sat Mar 14 09:26:53 2026", {"time": "2026-03-14T09:26:53Z"}),
        Sample(
            "C  *** ERROR => Connect failed for con_name='R/3' [dbsh.c 1297]",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "scope_name": "C",
                "body": "Connect failed for con_name='R/3' [dbsh.c 1297]",
            },
        ),
        Sample(
            "M  kernel runs with dp version 3000", {"body": "kernel runs with dp version 3000", "severity_number": 0}
        ),
    ),
)

CUPS = LineFormat(
    name="cups",
    title="CUPS error_log",
    reference="https://www.cups.org/doc/man-cupsd-logs.html",
    patterns=(
        r"^(?P<severity_text>[XACEWNIDd]) \[[0-9]{2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? [+-][0-9]{4}\] (?P<body>.*)$",
    ),
    times=("clf",),
    severity_words={"X": 22, "d": 5},
    confidence=0.97,
    samples=(
        Sample(
            "E [14/Mar/2026:10:26:53 +0100] [Job 17] Stopping job because the scheduler could not execute a filter.",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "body": "[Job 17] Stopping job because the scheduler could not execute a filter.",
            },
        ),
        Sample("I [14/Mar/2026:09:26:54 +0000] Listening to 10.0.0.7:631 (IPv4)", {"severity_number": 9}),
        Sample("d [14/Mar/2026:09:26:55 +0000] cupsdReadClient: 9", {"severity_number": 5}),
    ),
)
