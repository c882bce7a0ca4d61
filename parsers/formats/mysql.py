"""MySQL, MariaDB and Percona Server: error log and slow query log."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..batch import SQL_CONSTANTS
from ..contract import Source
from ..excerpt import head_lines
from ..lines import LineFormat, Sample
from ..records import RecordFormat, Records
from ..severity import INFO

_LEVEL = r"\[(?P<severity_text>System|Note|Warning|ERROR|Error|Entry)\]"

ERROR_LOG = LineFormat(
    name="mysql_error",
    title="MySQL and MariaDB error log",
    reference="https://dev.mysql.com/doc/refman/8.0/en/error-log-format.html; https://mariadb.com/kb/en/error-log/",
    patterns=(
        # MySQL 8: time, thread, [priority], [code], [subsystem]
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{6}(?:Z|[+-][0-9]{2}:[0-9]{2}) +[0-9]+ "
        + _LEVEL
        + r" (?P<body>\[MY-[0-9]{6}\] \[(?P<scope_name>[^\]]*)\] .*)$",
        # MySQL 5.7; MariaDB pads the hour with a blank and has no fraction
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ] ?[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?(?:Z|[+-][0-9]{2}:[0-9]{2})? +[0-9]+ "
        + _LEVEL
        + r" (?P<body>.*)$",
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ] ?[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6}Z)? (?:[0-9a-fx]+ )?(?P<body>(?:InnoDB:|mysqld_safe|mysqld:) ?.*)$",
    ),
    times=("iso",),
    severity_words={"System": INFO, "Entry": INFO},
    confidence=0.96,
    inside=r"^(?:InnoDB: |Version: '|Thread pointer: |Attempting backtrace|stack_bottom = |Some pointers may be invalid|Query \(|Connection ID |Status: |Optimizer switch: |"
    r"The manual page at |information that should help|This error can also be|To report this bug|We will try our best|Server version: |key_buffer_size=|read_buffer_size=|"
    r"max_used_connections=|max_threads=|thread_count=|It is possible that mysqld|key_buffer_size \+|Hope that's ok|\S*mysqld\(|\S*mariadbd\(|/\S+\(|TRANSACTION |---TRANSACTION|\*\*\* |RECORD LOCKS |Record lock|MySQL thread id|mysql tables in use|LOCK WAIT| [0-9]+: len|Tcp port: )",
    samples=(
        Sample(
            "2026-03-14T09:26:53.123456Z 0 [System] [MY-010116] [Server] /usr/sbin/mysqld (mysqld 8.0.36) starting as process 1",
            {
                "time": "2026-03-14T09:26:53.123456Z",
                "severity_number": 9,
                "scope_name": "Server",
                "body": "[MY-010116] [Server] /usr/sbin/mysqld (mysqld 8.0.36) starting as process 1",
            },
        ),
        Sample(
            "2026-03-14T10:26:54.000001+01:00 0 [ERROR] [MY-012574] [InnoDB] Unable to lock ./ibdata1 error: 11",
            {"time": "2026-03-14T09:26:54.000001Z", "severity_number": 17, "scope_name": "InnoDB"},
        ),
        Sample(
            "2026-03-14T09:26:55.123456Z 7 [Note] Aborted connection 7 to db: 'shop' user: 'shop' host: '10.0.0.7' (Got an error reading communication packets)",
            {
                "severity_number": 10,
                "body": "Aborted connection 7 to db: 'shop' user: 'shop' host: '10.0.0.7' (Got an error reading communication packets)",
            },
        ),
        Sample(
            "2026-03-14  9:26:56 0 [Warning] You need to use --log-bin to make --expire-logs-days work.",
            {
                "time": "2026-03-14T09:26:56Z",
                "severity_number": 13,
                "body": "You need to use --log-bin to make --expire-logs-days work.",
            },
        ),
        Sample(
            "2026-03-14 10:26:57 0 [Note] /usr/sbin/mariadbd: ready for connections.\nVersion: '10.11.6-MariaDB'  socket: '/run/mysqld/mysqld.sock'  port: 3306  Debian 12",
            {"time": "2026-03-14T10:26:57Z", "severity_number": 10},
        ),
    ),
)
OLD_ERROR_LOG = LineFormat(
    name="mysql_error_5",
    title="MySQL 5.1 to 5.6 and MariaDB 5.5 error log",
    reference="https://dev.mysql.com/doc/refman/5.6/en/error-log.html",
    patterns=(
        r"^[0-9]{6} {1,2}[0-9]{1,2}:[0-9]{2}:[0-9]{2} " + _LEVEL + r" (?P<body>.*)$",
        r"^[0-9]{6} {1,2}[0-9]{1,2}:[0-9]{2}:[0-9]{2} +(?P<body>(?:InnoDB|mysqld_safe|mysqld|Percona|Plugin|[A-Z]).*)$",
    ),
    times=("mysql_short",),
    severity_words=ERROR_LOG.severity_words,
    confidence=0.97,
    inside=ERROR_LOG.inside,
    samples=(
        Sample(
            "260314  9:26:53 [ERROR] /usr/libexec/mysqld: Table './shop/orders' is marked as crashed and should be repaired",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "body": "/usr/libexec/mysqld: Table './shop/orders' is marked as crashed and should be repaired",
            },
        ),
        Sample(
            "260314 10:26:54 mysqld_safe Starting mysqld daemon with databases from /var/lib/mysql",
            {
                "time": "2026-03-14T10:26:54Z",
                "body": "mysqld_safe Starting mysqld daemon with databases from /var/lib/mysql",
            },
        ),
        Sample(
            "260314 10:26:55  InnoDB: Database was not shut down normally!\nInnoDB: Starting crash recovery.",
            {
                "time": "2026-03-14T10:26:55Z",
                "body": "InnoDB: Database was not shut down normally!\nInnoDB: Starting crash recovery.",
            },
        ),
    ),
)

_TIME = re.compile(r"# Time: (\S+(?: {1,2}[0-9:.]+)?)")
_EPOCH = re.compile(r"SET timestamp=([0-9]+(?:\.[0-9]+)?);$")
_FILE_HEADER = re.compile(r"\S+, Version: .* started with:|Tcp port: |Time +Id +Command +Argument")


@dataclass(frozen=True)
class SlowLog(RecordFormat):
    """Blocks of comment lines and statements; "# Time:" is left out when the second is that of the block before."""

    quoted = SQL_CONSTANTS

    def starts_record(self, line: str) -> bool:
        """Whether a line gives a new time; blocks of the same second stay with it."""
        return line.startswith("# Time: ")

    def sniff(self, source: Source) -> float:
        """Certain when the comment lines of the slow log are there."""
        lines = head_lines(source, 200)
        users = sum(line.startswith("# User@Host: ") for line in lines)
        times = sum(line.startswith("# Query_time: ") for line in lines)
        return 0.98 if users and times else 0.0

    def records(self, lines: Sequence[str]) -> Records:
        """Each block is a record; its body is the statement after the figures."""
        found = Records()
        block: list[str] = []
        first = 0
        complete = False
        for at, line in enumerate(lines):
            begins = line.startswith(("# Time: ", "# User@Host: ")) and complete
            begins = begins or _FILE_HEADER.match(line) is not None
            if begins and block:
                self._add(found, first, block)
                block, complete = [], False
            if not block:
                first = at
            block.append(line)
            complete = complete or not line.startswith("# ")
        if block:
            self._add(found, first, block)
        return found

    def _add(self, found: Records, at: int, block: list[str]) -> None:
        text = "\n".join(block)
        if _FILE_HEADER.match(text):
            found.skipped += len(block)
            return
        time = _TIME.match(text) or next(filter(None, map(_EPOCH.match, block)), None)
        figures = [line[2:] for line in block if line.startswith("# ") and not line.startswith("# Time: ")]
        statement = [line for line in block if not line.startswith(("# ", "SET timestamp=", "use "))]
        body = "\n".join(["; ".join(figures), *statement]).rstrip("\n")
        found.add(at, body, time[1] if time else None, INFO)


SLOW_LOG = SlowLog(
    name="mysql_slow",
    title="MySQL and MariaDB slow query log",
    reference="https://dev.mysql.com/doc/refman/8.0/en/slow-query-log.html",
    samples=(
        Sample(
            "# Time: 2026-03-14T09:26:53.123456Z\n# User@Host: shop[shop] @  [10.0.0.7]  Id:     8\n"
            "# Query_time: 2.000137  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 1\n"
            "use shop;\nSET timestamp=1773480411;\nselect sleep(2);",
            {
                "time": "2026-03-14T09:26:53.123456Z",
                "severity_number": 9,
                "body": "User@Host: shop[shop] @  [10.0.0.7]  Id:     8; "
                "Query_time: 2.000137  Lock_time: 0.000000 Rows_sent: 1  Rows_examined: 1\nselect sleep(2);",
            },
        ),
        Sample(
            "# Time: 260314  9:26:54\n# User@Host: root[root] @ localhost []\n"
            "# Thread_id: 32  Schema: shop  QC_hit: No\n"
            "# Query_time: 1.500414  Lock_time: 0.000058  Rows_sent: 1  Rows_examined: 0\n"
            "SET timestamp=1773480414;\nSELECT\n  SLEEP(1.5);",
            {"time": "2026-03-14T09:26:54Z"},
        ),
        Sample(
            "# User@Host: root[root] @ localhost []\n"
            "# Query_time: 1.1  Lock_time: 0.0  Rows_sent: 1  Rows_examined: 0\nSET timestamp=1773480414;\nSELECT 3;",
            {"time": "2026-03-14T09:26:54Z"},
        ),
    ),
)
