"""supervisord.log: what Supervisor does with the programs that it runs."""

from __future__ import annotations

from ..lines import LineFormat, Sample
from ..severity import CRITICAL, DEBUG, ERROR, TRACE

FORMAT = LineFormat(
    name="supervisord",
    title="Supervisor (supervisord.log)",
    reference="http://supervisord.org/logging.html#activity-log",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3} (?P<severity_text>CRIT|ERRO|WARN|INFO|DEBG|TRAC|BLAT) "
        r"(?P<body>(?:(?:spawned|exited|success|gave up|stopped|killing|reaped unknown pid|received|waiting for|RPC interface|Included extra file|Server|Unlinking)\b"
        r"|supervisord |daemonizing |Increased |Set uid |Supervisor |Creating socket |spawnerr: ).*)$",
    ),
    times=("iso",),
    severity_words={"CRIT": CRITICAL, "ERRO": ERROR, "DEBG": DEBUG, "TRAC": TRACE, "BLAT": TRACE},
    confidence=0.98,
    samples=(
        Sample(
            "2026-03-14 09:26:53,589 WARN exited: shop (exit status 1; not expected)",
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 13,
                "body": "exited: shop (exit status 1; not expected)",
            },
        ),
        Sample("2026-03-14 09:26:54,001 INFO spawned: 'shop' with pid 42", {"severity_number": 9}),
        Sample(
            "2026-03-14 09:26:55,001 CRIT Server 'unix_http_server' running without any HTTP authentication checking",
            {"severity_number": 18},
        ),
    ),
)
