"""HAProxy: httplog, tcplog and notices, with the header of syslog or without."""

from __future__ import annotations

from ..lines import LineFormat, Sample
from .access_log import severity_of_status

_HEAD = (
    r"^(?:<[0-9]{1,3}>)?(?:(?:[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:?[0-9]{2})) "
    r"(?:(?P<host_name>[A-Za-z0-9_.\-:]+) )??(?P<service_name>haproxy)(?:\[[0-9]+\])?: )"
)
_ACCEPTED = r"[0-9A-Fa-f.:]+:[0-9]+ \[[0-9]{1,2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:.]+\] "
_HTTP = r"\S+ \S+ [0-9+/\-]+ (?P<http_response_status_code>[0-9]{3}|-1) [0-9+]+ .*"

FORMAT = LineFormat(
    name="haproxy",
    title="HAProxy",
    reference="https://docs.haproxy.org/2.8/configuration.html#8.2",
    patterns=(
        _HEAD + r"(?P<body>" + _ACCEPTED + _HTTP + r")$",
        r"^(?P<body>" + _ACCEPTED + _HTTP + r")$",
        r"^(?P<body>" + _ACCEPTED + r".*)$",
        _HEAD + r"\[(?P<severity_text>NOTICE|WARNING|ALERT|DEBUG)\] +(?:[0-9]+/[0-9]+ )?\([0-9]+\) : (?P<body>.*)$",
        _HEAD + r"(?P<body>.*)$",
        r"^\[(?P<severity_text>NOTICE|WARNING|ALERT|DEBUG)\] +(?:[0-9]+/[0-9]+ )?\([0-9]+\) : (?P<body>.*)$",
    ),
    # The header is there in every line; what follows "[" is when the connection was accepted.
    times=("syslog", "iso", "clf"),
    severity_digits=r"\[[0-9]{1,2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9:.]+\] [^\s\"]+ [^\s\"]+ [0-9+/\-]+ ([0-9]{3}) ",
    severity_of=severity_of_status,
    confidence=0.97,
    samples=(
        Sample(
            'Mar 14 09:26:53 edge-lb-1 haproxy[41]: 10.20.14.2:53587 [14/Mar/2026:09:26:53.614] shops pay/pay-web-1 0/0/2/2/4 200 142 - - ---- 1/1/0/0/0 0/0 "POST /payments HTTP/1.1"',
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 9,
                "host_name": "edge-lb-1",
                "service_name": "haproxy",
                "http_response_status_code": 200,
            },
        ),
        Sample(
            'Mar 14 09:26:54 edge-lb-1 haproxy[41]: 2001:db8::7:53588 [14/Mar/2026:09:26:54.001] shops pay/<NOSRV> 0/-1/-1/-1/0 503 217 - - SC-- 1/1/0/0/0 0/0 "GET / HTTP/1.1"',
            {"severity_number": 17, "http_response_status_code": 503},
        ),
        Sample(
            "Mar 14 09:26:55 edge-lb-1 haproxy[41]: 10.20.14.2:53589 [14/Mar/2026:09:26:50.002] db db/db-1 1/0/5003 212 -- 1/1/1/1/0 0/0",
            {
                "time": "2026-03-14T09:26:55Z",
                "http_response_status_code": None,
                "body": "10.20.14.2:53589 [14/Mar/2026:09:26:50.002] db db/db-1 1/0/5003 212 -- 1/1/1/1/0 0/0",
            },
        ),
        Sample(
            'Mar 14 09:26:56 edge-lb-1 haproxy[39]: [WARNING]  (39) : Server pay/pay-web-1 is DOWN, reason: Layer4 connection problem, info: "Connection refused"',
            {
                "severity_number": 13,
                "body": 'Server pay/pay-web-1 is DOWN, reason: Layer4 connection problem, info: "Connection refused"',
            },
        ),
        Sample(
            "Mar 14 09:26:57 edge-lb-1 haproxy[39]: backend pay has no server available!",
            {"host_name": "edge-lb-1", "body": "backend pay has no server available!"},
        ),
    ),
)
