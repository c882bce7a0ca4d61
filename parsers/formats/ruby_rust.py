"""Ruby's Logger (Rails, Sidekiq, Puppet) and Rust's tracing."""

from __future__ import annotations

from ..lines import LineFormat, Sample

RUBY = LineFormat(
    name="ruby_logger",
    title="Ruby Logger (Rails, Sidekiq)",
    reference="https://docs.ruby-lang.org/en/3.3/Logger/Formatter.html",
    patterns=(
        r"^[DIWEFA], \[[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})?(?:Z|[+-][0-9]{2}:?[0-9]{2})? #[0-9]+\] +(?P<severity_text>DEBUG|INFO|WARN|ERROR|FATAL|ANY) -- (?P<scope_name>[^:]*?): (?P<body>.*)$",
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z pid=[0-9]+ tid=\S+ (?:class=(?P<scope_name>\S+) )?(?:jid=\S+ )?(?:elapsed=\S+ )?(?P<severity_text>DEBUG|INFO|WARN|ERROR|FATAL): (?P<body>.*)$",
    ),
    times=("iso",),
    severity_words={"ANY": 9},
    confidence=0.97,
    inside=r"^\S+\.rb:[0-9]+:in ",
    samples=(
        Sample(
            "E, [2026-03-14T09:26:53.123456 #4242] ERROR -- : [6a3f] ActiveRecord::ConnectionNotEstablished (connection refused):\n  \napp/models/order.rb:7:in `pay'",
            {"time": "2026-03-14T09:26:53.123456Z", "severity_number": 17},
        ),
        Sample(
            "I, [2026-03-14T09:26:54.000001 #7]  INFO -- shop: Completed 500 Internal Server Error in 12ms",
            {
                "severity_number": 9,
                "scope_name": "shop",
                "body": "Completed 500 Internal Server Error in 12ms",
            },
        ),
        Sample(
            "2026-03-14T09:26:55.002Z pid=7 tid=gx1 class=PayJob jid=6a3f elapsed=0.12 WARN: fail",
            {"time": "2026-03-14T09:26:55.002Z", "severity_number": 13, "scope_name": "PayJob"},
        ),
    ),
)

TRACING = LineFormat(
    name="rust_tracing",
    title="Rust tracing",
    reference="https://docs.rs/tracing-subscriber/latest/tracing_subscriber/fmt/format/struct.Full.html",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,9})?Z +(?P<severity_text>TRACE|DEBUG|INFO|WARN|ERROR) (?:ThreadId\([0-9]+\) )?(?:[a-z_0-9]+(?:\{[^}]*\})?: ?)*?(?P<scope_name>[a-z_0-9]+(?:::[a-zA-Z_0-9]+)*): (?P<body>.*)$",
    ),
    times=("iso",),
    confidence=0.93,
    samples=(
        Sample(
            "2026-03-14T09:26:53.123456Z ERROR shop::pay: cannot connect error=Connection refused (os error 111)",
            {
                "time": "2026-03-14T09:26:53.123456Z",
                "severity_number": 17,
                "scope_name": "shop::pay",
                "body": "cannot connect error=Connection refused (os error 111)",
            },
        ),
        Sample(
            "2026-03-14T09:26:54.000001Z  INFO request{method=GET path=/}: shop::web: done status=200",
            {"severity_number": 9, "scope_name": "shop::web", "body": "done status=200"},
        ),
        Sample("2026-03-14T09:26:55Z  WARN shop: cache is cold", {"severity_number": 13, "scope_name": "shop"}),
    ),
)
