"""The error log of nginx; its access log is the format access_log."""

from __future__ import annotations

from ..lines import LineFormat, Sample

FORMAT = LineFormat(
    name="nginx_error",
    title="nginx error log",
    reference="https://nginx.org/en/docs/ngx_core_module.html#error_log",
    patterns=(
        r"^[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2} \[(?P<severity_text>debug|info|notice|warn|error|crit|alert|emerg)\] "
        r"[0-9]+#[0-9]+: (?:\*[0-9]+ )?(?P<body>.*)$",
        # Before the log is open nginx writes to stderr in this way.
        r"^nginx: \[(?P<severity_text>warn|error|alert|emerg)\] (?P<body>.*)$",
    ),
    times=("iso",),
    confidence=0.96,
    samples=(
        Sample(
            "2026/03/14 09:26:53 [error] 42#42: *249 connect() failed (111: Connection refused) while connecting to upstream, "
            'client: 10.20.14.2, server: shop.example.com, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:8080/", host: "shop.example.com"',
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "body": "connect() failed (111: Connection refused) while connecting to upstream, client: 10.20.14.2, "
                'server: shop.example.com, request: "GET / HTTP/1.1", upstream: "http://127.0.0.1:8080/", host: "shop.example.com"',
            },
        ),
        Sample(
            '2026/03/14 09:26:54 [notice] 1#1: using the "epoll" event method',
            {"time": "2026-03-14T09:26:54Z", "severity_number": 10, "body": 'using the "epoll" event method'},
        ),
        Sample(
            "2026/03/14 09:26:55 [emerg] 7#7: bind() to [::]:80 failed (98: Address already in use)",
            {"severity_number": 22, "body": "bind() to [::]:80 failed (98: Address already in use)"},
        ),
        Sample(
            '2026/03/14 09:26:56 [error] 31#31: *7 FastCGI sent in stderr: "PHP message: PHP Fatal error:  Uncaught Error: Call to undefined function f() in /srv/a.php:3\n'
            "Stack trace:\n#0 {main}\n"
            '  thrown in /srv/a.php on line 3" while reading response header from upstream, client: 10.0.0.7',
            {"time": "2026-03-14T09:26:56Z", "severity_number": 17},
        ),
    ),
    inside=r"^(?:Stack trace:$|#[0-9]+ )",
)
