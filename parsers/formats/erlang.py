"""Erlang and Elixir: RabbitMQ, CouchDB, Erlang's old report blocks, Elixir's Logger."""

from __future__ import annotations

from ..blocks import BlockFormat
from ..lines import LineFormat, Sample

_LEVEL = r"(?P<severity_text>debug|info|notice|warning|warn|error|critical|alert|emergency)"

RABBITMQ = LineFormat(
    name="rabbitmq",
    title="RabbitMQ, CouchDB and other Erlang programs",
    reference="https://www.rabbitmq.com/docs/logging",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3,6}(?:Z|[+-][0-9]{2}:[0-9]{2})? \["
        + _LEVEL
        + r"\] <(?P<scope_name>[0-9.]+)> ?(?P<body>.*)$",
        r"^\["
        + _LEVEL
        + r"\] [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+Z (?P<service_name>\S+@(?P<host_name>\S+)) <[0-9.]+> (?P<body>.*)$",
    ),
    times=("iso",),
    confidence=0.97,
    samples=(
        Sample(
            "2026-03-14 10:26:53.123456+01:00 [error] <0.812.0> closing AMQP connection <0.812.0> (10.0.0.7:51966 -> 10.0.0.2:5672):",
            {
                "time": "2026-03-14T09:26:53.123456Z",
                "severity_number": 17,
                "scope_name": "0.812.0",
                "body": "closing AMQP connection <0.812.0> (10.0.0.7:51966 -> 10.0.0.2:5672):",
            },
        ),
        Sample(
            "2026-03-14 09:26:54.001 [warning] <0.7.0> memory resource limit alarm set on node rabbit@mq-1.",
            {"time": "2026-03-14T09:26:54.001Z", "severity_number": 13},
        ),
        Sample("2026-03-14 09:26:55.002 [info] <0.7.0> ", {"severity_number": 9, "body": ""}),
    ),
)

REPORTS = BlockFormat(
    name="erlang_report",
    title="Erlang report blocks (RabbitMQ before 3.7)",
    reference="https://www.erlang.org/doc/apps/sasl/error_logging.html",
    start=r"^=[A-Z]+ REPORT==== ",
    patterns=(
        r"^=(?P<severity_text>[A-Z]+) REPORT==== (?P<time>[0-9]{1,2}-[A-Z][a-z]{2}-[0-9]{4}::[0-9:.]+)(?: UTC)? ===\n?(?P<body>.*)$",
    ),
    severity_words={"CRASH": 17, "SUPERVISOR": 17, "PROGRESS": 9},
    confidence=0.98,
    samples=(
        Sample(
            "=ERROR REPORT==== 14-Mar-2026::09:26:53 ===\nError on AMQP connection <0.812.0>:\n{inet_error,etimedout}\n",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "body": "Error on AMQP connection <0.812.0>:\n{inet_error,etimedout}",
            },
        ),
        Sample(
            "=INFO REPORT==== 14-Mar-2026::09:26:54 ===\nstarted TCP Listener on [::]:5672\n", {"severity_number": 9}
        ),
        Sample(
            "=CRASH REPORT==== 14-Mar-2026::09:26:55.002 ===\n  crasher:\n    initial call: a:b/1",
            {"time": "2026-03-14T09:26:55.002Z", "severity_number": 17},
        ),
    ),
)

ELIXIR = LineFormat(
    name="elixir",
    title="Elixir Logger",
    reference="https://hexdocs.pm/logger/Logger.Formatter.html",
    patterns=(
        r"^[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} (?:[a-z_]+=\S+ )*\[" + _LEVEL + r"\] ?(?:[a-z_]+=\S+ )*(?P<body>.*)$",
    ),
    times=("clock",),
    inside=r"^(?:\*\* \(|State: |Last message: )",
    confidence=0.93,
    samples=(
        Sample(
            "09:26:53.123 [error] GenServer Shop.Pool terminating\n** (DBConnection.ConnectionError) tcp connect (db:5432): connection refused\n    (db_connection 2.4.3) lib/pool.ex:7: f/1",
            {"time": "2026-03-14T09:26:53.123Z", "severity_number": 17},
        ),
        Sample("09:26:54.001 request_id=F3x [info] GET /pay", {"severity_number": 9, "body": "GET /pay"}),
        Sample("09:26:55.002 [warn] cache is cold", {"severity_number": 13}),
    ),
)
