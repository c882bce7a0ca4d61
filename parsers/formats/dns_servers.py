"""DNS servers that write files of their own: BIND, unbound; dnsmasq writes syslog."""

from __future__ import annotations

from ..lines import LineFormat, Sample

BIND = LineFormat(
    name="bind",
    title="BIND 9 (named)",
    reference="https://bind9.readthedocs.io/en/stable/reference.html#logging-block-grammar (print-time, print-category, print-severity)",
    patterns=(
        r"^[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} (?:(?P<scope_name>[a-z][a-z\-]*): )?(?P<severity_text>critical|error|warning|notice|info|debug [0-9]+): (?P<body>.*)$",
        r"^[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} (?P<body>[a-z].*|-+|[A-Z@].*)$",
    ),
    times=("rfc5322",),
    severity_words={f"debug {level}": 5 for level in range(1, 100)},
    confidence=0.93,
    samples=(
        Sample(
            "14-Mar-2026 09:26:53.537 starting BIND 9.18.49-1~deb12u3-Debian (Extended Support Version) <id:>",
            {"time": "2026-03-14T09:26:53.537Z"},
        ),
        Sample(
            "14-Mar-2026 09:26:54.001 general: error: zone shop.example.com/IN: loading from master file failed: file not found",
            {
                "severity_number": 17,
                "scope_name": "general",
                "body": "zone shop.example.com/IN: loading from master file failed: file not found",
            },
        ),
        Sample(
            "14-Mar-2026 09:26:55.002 queries: info: client @0x7f3c2a 2001:db8::7#51966 (example.com): query: example.com IN AAAA +E(0)K (10.0.0.2)",
            {"severity_number": 9, "scope_name": "queries"},
        ),
    ),
)

UNBOUND = LineFormat(
    name="unbound",
    title="Unbound",
    reference="https://unbound.docs.nlnetlabs.nl/en/latest/manpages/unbound.conf.html (logfile, log-time-ascii)",
    patterns=(
        r"^\[[0-9]{10}\] (?P<service_name>unbound)\[[0-9]+:[0-9a-f]+\] (?P<severity_text>debug|info|notice|warning|error|fatal error): (?P<body>.*)$",
        r"^[A-Z][a-z]{2} [0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2} (?P<service_name>unbound)\[[0-9]+:[0-9a-f]+\] (?P<severity_text>debug|info|notice|warning|error|fatal error): (?P<body>.*)$",
    ),
    times=("epoch", "syslog"),
    severity_words={"fatal error": 21},
    confidence=0.98,
    samples=(
        Sample(
            "[1773480413] unbound[812:0] error: can't bind socket: Address already in use for 127.0.0.1 port 53",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "service_name": "unbound",
                "body": "can't bind socket: Address already in use for 127.0.0.1 port 53",
            },
        ),
        Sample("[1773480414] unbound[812:0] fatal error: could not open ports", {"severity_number": 21}),
        Sample("[1773480415] unbound[812:1] info: start of service (unbound 1.17.1).", {"severity_number": 9}),
    ),
)
