"""What Node.js programs write beside JSON: winston's simple format and PM2."""

from __future__ import annotations

from ..lines import LineFormat, Sample
from ..severity import DEBUG, INFO, TRACE

WINSTON = LineFormat(
    name="winston_simple",
    title="winston simple format (level: message)",
    reference="https://github.com/winstonjs/logform#simple",
    patterns=(r"^(?P<severity_text>error|warn|info|http|verbose|debug|silly): +(?P<body>.*)$",),
    times=(),
    severity_words={"http": INFO, "verbose": DEBUG, "silly": TRACE},
    confidence=0.6,
    # Compilers and commands write "error: ..." among lines of their own, too.
    least=0.4,
    samples=(
        Sample(
            'info: billing starting {"version":"2.8.1","workers":4}',
            {"severity_number": 9, "body": 'billing starting {"version":"2.8.1","workers":4}'},
        ),
        Sample('warn: cache is cold {"hitRate":0}', {"severity_number": 13}),
        Sample(
            "error: pay failed\nError: connect ECONNREFUSED 127.0.0.1:9\n    at TCPConnectWrap.afterConnect [as oncomplete] (node:net:1555:16)",
            {"severity_number": 17},
        ),
    ),
)

PM2 = LineFormat(
    name="pm2",
    title="PM2",
    reference="https://pm2.keymetrics.io/docs/usage/log-management/",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3}Z)?: PM2 (?P<severity_text>log|error|warn|info)?: ?(?P<body>.*)$",
        r"^(?P<service_name>[0-9]+\|[A-Za-z0-9_.\-]+) +\| (?P<body>.*)$",
    ),
    times=("iso",),
    confidence=0.95,
    samples=(
        Sample(
            "2026-03-14T09:26:53: PM2 log: App [shop:0] exited with code [1] via signal [SIGINT]",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 9,
                "body": "App [shop:0] exited with code [1] via signal [SIGINT]",
            },
        ),
        Sample(
            "2026-03-14T09:26:54: PM2 error: Script /srv/shop/app.js had too many unstable restarts (16). Stopped.",
            {"severity_number": 17},
        ),
        Sample("2026-03-14T09:26:55: PM2 log: App [shop:0] online", {"severity_number": 9}),
    ),
)
