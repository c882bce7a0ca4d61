"""Squid: access.log in its native format, and cache.log."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..lines import LineFormat, Sample
from ..severity import DEBUG
from .access_log import severity_of_status


def _severity_of_level(level: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Levels of debug_options as severity numbers: from 2 on debugging, 0 (unknown) below."""
    return np.where(level > 1, DEBUG, 0).astype(np.uint8)


ACCESS = LineFormat(
    name="squid_access",
    title="Squid access log",
    reference="https://wiki.squid-cache.org/Features/LogFormat",
    patterns=(
        r"^(?P<body>[0-9]{10}\.[0-9]{3} +-?[0-9]+ \S+ [A-Z_]+/(?P<http_response_status_code>[0-9]{3}) [0-9]+ [A-Z_]+ .*)$",
    ),
    times=("epoch",),
    severity_digits=r"^[0-9]{10}\.[0-9]{3} +-?[0-9]+ \S+ [A-Z_]+/([0-9]{3}) ",
    severity_of=severity_of_status,
    multiline=False,
    confidence=0.98,
    samples=(
        Sample(
            "1773480413.123    204 10.0.0.7 TCP_MISS/200 10182 GET http://shop.example.com/ - HIER_DIRECT/10.0.0.2 text/html",
            {"time": "2026-03-14T09:26:53.123Z", "severity_number": 9, "http_response_status_code": 200},
        ),
        Sample(
            "1773480414.001  60003 2001:db8::7 TCP_MISS/503 4012 CONNECT api.example.com:443 anna HIER_NONE/- -",
            {"severity_number": 17, "http_response_status_code": 503},
        ),
        Sample(
            "1773480415.002      0 10.0.0.7 TCP_DENIED/407 3987 GET http://example.com/ - HIER_NONE/- text/html",
            {"severity_number": 13, "http_response_status_code": 407},
        ),
    ),
)

CACHE = LineFormat(
    name="squid_cache",
    title="Squid cache.log",
    reference="https://wiki.squid-cache.org/SquidFaq/SquidLogs#cachelog",
    patterns=(
        r"^[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3})?(?: kid[0-9]+)?\| (?:(?P<severity_text>FATAL|ERROR|WARNING|CRITICAL|SECURITY ALERT|SECURITY ERROR):? )?(?P<body>.*)$",
    ),
    times=("iso",),
    # With debug_options, "section,level" stands ahead of the message; what level 0 and 1 say is for everybody.
    severity_digits=r"\| ?[0-9]{1,2},([0-9])\| ",
    severity_of=_severity_of_level,
    severity_words={"SECURITY ALERT": 19, "SECURITY ERROR": 17},
    confidence=0.97,
    samples=(
        Sample(
            "2026/03/14 09:26:53 kid1| WARNING: Disk space over limit: 102400.00 KB > 102400 KB",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 13,
                "body": "Disk space over limit: 102400.00 KB > 102400 KB",
            },
        ),
        Sample(
            "2026/03/14 09:26:54.001| 14,3| Address.cc(389) lookupHostIP: Given Non-IP 'web'", {"severity_number": 5}
        ),
        Sample("2026/03/14 09:26:54 kid1| FATAL: Cannot open HTTP Port", {"severity_number": 21}),
        Sample(
            "2026/03/14 09:26:55.001 kid1| Accepting HTTP Socket connections at conn3 local=[::]:3128",
            {"time": "2026-03-14T09:26:55.001Z"},
        ),
    ),
)
