"""Web access logs: the Common Log Format and what servers and proxies have added at its end."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..lines import LineFormat, Sample
from ..severity import ERROR, INFO, WARN

_CLIENT = r"(?:[0-9A-Za-z_.\-]+:[0-9]+ )?[0-9A-Za-z_.:%,\-\[\]]+ "
_USER = r"\S+ (?:\S+|\"[^\"]*\"|[^\[\"]{1,64}) "
_TIME = r"\[[0-9]{1,2}/[A-Z][a-z]{2}/[0-9]{4}:[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? ?[+\-0-9]*\] "
# What clients say: the path, the page they come from, what they call themselves.
QUOTED = r"(\"[A-Z]+ )(?:[^\"\\]|\\.)*( HTTP/[0-9.]+\")|\"(?:[^\"\\]|\\.)*\""
_REQUEST = r"\"(?:[^\"\\]|\\.)*\" "


def severity_of_status(status: NDArray[np.int64]) -> NDArray[np.uint8]:
    """HTTP status codes as severity numbers: 5xx an error, 4xx a warning; 0 for what is no status."""
    return np.select([status >= 600, status >= 500, status >= 400, status >= 0], [0, ERROR, WARN, INFO], 0).astype(
        np.uint8
    )


FORMAT = LineFormat(
    name="access_log",
    title="Web access log (common and combined format: nginx, Apache httpd, Tomcat, gunicorn and others)",
    reference="https://httpd.apache.org/docs/2.4/logs.html#accesslog; https://nginx.org/en/docs/http/ngx_http_log_module.html",
    # The whole line is the message: every field of it, the client first, is what a rule may ask for.
    patterns=(
        r"^(?P<body>" + _CLIENT + _USER + _TIME + _REQUEST + r"(?P<http_response_status_code>[0-9]{3}|-)(?: .*)?)$",
    ),
    times=("clf",),
    severity_digits=r"^[^\"\[]*(?:\"[^\"]*\" )?\[[^\]]{20,40}\] \"(?:[^\"\\]|\\.)*\" ([0-9]{3})\b",
    severity_of=severity_of_status,
    multiline=False,
    quoted=QUOTED,
    confidence=0.95,
    samples=(
        Sample(
            '10.20.14.9 - - [14/Mar/2026:10:26:53 +0100] "POST /payments HTTP/1.1" 200 13 "-" "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X)"',
            {"time": "2026-03-14T09:26:53Z", "severity_number": 9, "http_response_status_code": 200},
        ),
        Sample(
            '127.0.0.1 - frank [14/Mar/2026:09:26:53 +0000] "GET /apache_pb.gif HTTP/1.0" 404 2326',
            {"time": "2026-03-14T09:26:53Z", "severity_number": 13, "http_response_status_code": 404},
        ),
        Sample(
            '2001:db8::17 - - [14/Mar/2026:09:26:54 +0000] "GET /api?q=\\x22a\\x22 HTTP/2.0" 502 157 "https://shop.example.com/" "curl/7.88.1" rt=1.204 uct="0.000" urt="1.203"',
            {"time": "2026-03-14T09:26:54Z", "severity_number": 17, "http_response_status_code": 502},
        ),
        Sample(
            'shop.example.com:443 10.0.0.7 - - [14/Mar/2026:09:26:55 +0000] "-" 408 0 "-" "-"',
            {"time": "2026-03-14T09:26:55Z", "severity_number": 13, "http_response_status_code": 408},
        ),
        Sample(
            '10.0.0.7 - - [14/Mar/2026:09:26:56 +0000] "\\x16\\x03\\x01\\x02\\x00\\x01" 400 157 "-" "-" "-"',
            {"time": "2026-03-14T09:26:56Z", "severity_number": 13, "http_response_status_code": 400},
        ),
    ),
)
