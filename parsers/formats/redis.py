"""Redis, Valkey, KeyDB and Sentinel."""

from __future__ import annotations

from ..lines import LineFormat, Sample
from ..severity import DEBUG, INFO, NOTICE, WARN

FORMAT = LineFormat(
    name="redis",
    title="Redis",
    reference="https://github.com/redis/redis/blob/unstable/src/server.c (serverLogRaw)",
    patterns=(
        r"^[0-9]+:[XCSM] [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})? (?P<severity_text>[.\-*#]) (?P<body>.*)$",
        r"^\[[0-9]+\] [0-9]{1,2} [A-Z][a-z]{2} [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})? (?P<severity_text>[.\-*#]) (?P<body>.*)$",
    ),
    times=("rfc5322",),
    # redis.conf, loglevel: debug, verbose, notice, warning ("only very important or critical messages").
    severity_words={".": DEBUG, "-": INFO, "*": NOTICE, "#": WARN},
    confidence=0.97,
    samples=(
        Sample(
            "610:M 14 Mar 2026 09:26:53.219 * Ready to accept connections",
            {"time": "2026-03-14T09:26:53.219Z", "severity_number": 10, "body": "Ready to accept connections"},
        ),
        Sample(
            "645:C 14 Mar 2026 09:26:53.442 # Fatal error, can't open config file '/tmp/redis.conf': No such file or directory",
            {
                "time": "2026-03-14T09:26:53.442Z",
                "severity_number": 13,
                "body": "Fatal error, can't open config file '/tmp/redis.conf': No such file or directory",
            },
        ),
        Sample(
            "610:S 14 Mar 2026 09:26:54.001 # Error condition on socket for SYNC: Connection refused",
            {"severity_number": 13, "body": "Error condition on socket for SYNC: Connection refused"},
        ),
        Sample(
            "610:M 14 Mar 2026 09:26:55.130 # Internal error in RDB reading offset 0, function at rdb.c:1837 -> \n"
            "------ STACK TRACE ------\n"
            "EIP:\n",
            {"severity_number": 13},
        ),
    ),
    inside=r"^(?:------ |=== REDIS BUG REPORT|=== INSTRUCTIONS|EIP:|Backtrace:|/\S+\(\S*\)?\[0x|\S+=\S*$)",
)
OLD = LineFormat(
    name="redis_2",
    title="Redis before 5.0, which writes no year",
    reference="https://github.com/redis/redis/blob/2.8/src/redis.c (redisLogRaw)",
    patterns=(
        r"^[0-9]+:[XCSM] [0-9]{1,2} [A-Z][a-z]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})? (?P<severity_text>[.\-*#]) (?P<body>.*)$",
        r"^\[[0-9]+\] [0-9]{1,2} [A-Z][a-z]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})? (?P<severity_text>[.\-*#]) (?P<body>.*)$",
    ),
    times=("day_month",),
    severity_words=FORMAT.severity_words,
    confidence=0.98,
    samples=(
        Sample(
            "[1234] 14 Mar 09:26:53.589 # Server started, Redis version 2.8.24",
            {"time": "2026-03-14T09:26:53.589Z", "severity_number": 13, "body": "Server started, Redis version 2.8.24"},
        ),
        Sample(
            "[1234] 14 Mar 09:26:53.590 * The server is now ready to accept connections on port 6379",
            {"severity_number": 10, "body": "The server is now ready to accept connections on port 6379"},
        ),
        Sample(
            "31:M 14 Mar 09:26:54.001 # WARNING overcommit_memory is set to 0! Background save may fail under low memory condition.",
            {"time": "2026-03-14T09:26:54.001Z", "severity_number": 13},
        ),
    ),
    inside=FORMAT.inside,
)
