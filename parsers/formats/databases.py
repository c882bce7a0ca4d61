"""Databases with one format each: Oracle's alert log, SQL Server's ERRORLOG, ClickHouse, etcd before JSON."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..blocks import BlockFormat
from ..lines import LineFormat, Sample
from ..severity import CRITICAL, ERROR, FATAL, INFO, WARN

_ALERT_TIME = (
    r"(?:[A-Z][a-z]{2} [A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}"
    r"|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}[+-][0-9]{2}:[0-9]{2})"
)

ORACLE = BlockFormat(
    name="oracle_alert",
    title="Oracle Database alert log",
    reference="https://docs.oracle.com/en/database/oracle/oracle-database/19/admin/diagnosing-and-resolving-problems.html#GUID-alert-log",
    start=r"^" + _ALERT_TIME + r"\s*$",
    patterns=(
        r"^(?P<time>" + _ALERT_TIME + r")\s*\n(?P<body>.*?(?P<severity_text>ORA-|WARNING)[:0-9].*)$",
        r"^(?P<time>" + _ALERT_TIME + r")\s*\n(?P<body>.*)$",
    ),
    severity_words={"ORA-": ERROR, "WARNING": WARN},
    severity_default=INFO,
    confidence=0.95,
    samples=(
        Sample(
            "2026-03-14T10:26:53.123456+01:00\nErrors in file /u01/app/oracle/diag/rdbms/orcl/orcl/trace/orcl_ora_4242.trc:\nORA-00600: internal error code, arguments: [kdsgrp1]",
            {
                "time": "2026-03-14T09:26:53.123456Z",
                "severity_number": 17,
                "body": "Errors in file /u01/app/oracle/diag/rdbms/orcl/orcl/trace/orcl_ora_4242.trc:\nORA-00600: internal error code, arguments: [kdsgrp1]",
            },
        ),
        Sample(
            "2026-03-14T10:26:54.000001+01:00\nThread 1 advanced to log sequence 7 (LGWR switch)\n  Current log# 1 seq# 7 mem# 0: /u01/redo01.log",
            {"severity_number": 9},
        ),
        Sample(
            "Sat Mar 14 09:26:55 2026\nWARNING: inbound connection timed out (ORA-3136)",
            {"time": "2026-03-14T09:26:55Z", "severity_number": 13},
        ),
    ),
)


def severity_of_sql_server(level: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Severities of SQL Server: to 10 information, to 16 the user's to correct, to 19 resources, from 20 fatal."""
    steps = [level >= 20, level >= 17, level >= 11, level >= 0]
    return np.select(steps, [FATAL, CRITICAL, ERROR, INFO], 0).astype(np.uint8)


SQL_SERVER = LineFormat(
    name="sql_server",
    title="SQL Server error log",
    reference="https://learn.microsoft.com/en-us/sql/relational-databases/errors-events/database-engine-error-severities",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{2} (?P<scope_name>spid[0-9]+s?|Server|Logon|Backup|server|logon|backup) +(?P<body>.*)$",
    ),
    times=("iso",),
    severity_digits=r"Error: [0-9]+, Severity: ([0-9]+)",
    severity_of=severity_of_sql_server,
    confidence=0.97,
    samples=(
        Sample(
            "2026-03-14 09:26:53.12 spid7s      Error: 17204, Severity: 16, State: 1.",
            {
                "time": "2026-03-14T09:26:53.12Z",
                "severity_number": 17,
                "scope_name": "spid7s",
                "body": "Error: 17204, Severity: 16, State: 1.",
            },
        ),
        Sample(
            "2026-03-14 09:26:54.01 Server      Microsoft SQL Server 2019 (RTM) - 15.0.2000.5 (X64) \n\tSep 24 2019 13:48:23 \n\tCopyright (C) 2019 Microsoft Corporation",
            {"scope_name": "Server"},
        ),
        Sample(
            "2026-03-14 09:26:55.02 Logon       Error: 18456, Severity: 14, State: 8.",
            {"severity_number": 17, "scope_name": "Logon"},
        ),
        Sample("2026-03-14 09:26:56.03 spid51      Error: 823, Severity: 24, State: 2.", {"severity_number": 21}),
    ),
)

CLICKHOUSE = LineFormat(
    name="clickhouse",
    title="ClickHouse",
    reference="https://clickhouse.com/docs/en/operations/server-configuration-parameters/settings#logger",
    patterns=(
        r"^[0-9]{4}\.[0-9]{2}\.[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6} \[ [0-9]+ \] \{[^}]*\} <(?P<severity_text>Trace|Debug|Information|Notice|Warning|Error|Critical|Fatal)> (?:(?P<scope_name>[^:]+?): )?(?P<body>.*)$",
    ),
    times=("iso_dots",),
    confidence=0.98,
    inside=r"^[0-9]+\. ",
    samples=(
        Sample(
            "2026.03.14 09:26:53.123456 [ 4242 ] {6a3f} <Error> executeQuery: Code: 241. DB::Exception: Memory limit (total) exceeded",
            {
                "time": "2026-03-14T09:26:53.123456Z",
                "severity_number": 17,
                "scope_name": "executeQuery",
                "body": "Code: 241. DB::Exception: Memory limit (total) exceeded",
            },
        ),
        Sample(
            "2026.03.14 09:26:54.000001 [ 7 ] {} <Information> Application: Ready for connections.",
            {"severity_number": 9},
        ),
        Sample(
            "2026.03.14 09:26:55.000002 [ 7 ] {} <Fatal> BaseDaemon: (version 23.3.1) (from thread 7) Received signal Segmentation fault (11)\n0. /usr/bin/clickhouse",
            {"severity_number": 21},
        ),
    ),
)

ETCD = LineFormat(
    name="etcd",
    title="etcd before 3.5 (capnslog)",
    reference="https://github.com/coreos/pkg/tree/master/capnslog",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6} (?P<severity_text>[CEWNIDT]) \| (?P<scope_name>[A-Za-z0-9_/\-]+): (?P<body>.*)$",
    ),
    times=("iso",),
    confidence=0.98,
    samples=(
        Sample(
            '2026-03-14 09:26:53.123456 W | etcdserver: read-only range request "key:\\"/registry/health\\" " took too long (5.003s) to execute',
            {"time": "2026-03-14T09:26:53.123456Z", "severity_number": 13, "scope_name": "etcdserver"},
        ),
        Sample(
            "2026-03-14 09:26:54.000001 C | etcdmain: listen tcp 10.0.0.2:2380: bind: cannot assign requested address",
            {"severity_number": 18},
        ),
        Sample(
            "2026-03-14 09:26:55.000002 I | embed: ready to serve client requests",
            {"severity_number": 9, "body": "ready to serve client requests"},
        ),
    ),
)
