"""What Go programs write: the standard log package, zap's and zerolog's consoles, logrus on a terminal."""

from __future__ import annotations

from ..lines import LineFormat, Sample

STANDARD = LineFormat(
    name="go_log",
    title="Go standard log package",
    reference="https://pkg.go.dev/log#pkg-constants",
    patterns=(
        r"^(?:(?P<service_name>[A-Za-z][A-Za-z0-9_.\-]*):? )?[0-9]{4}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{6})? (?:(?P<scope_name>[^\s:]+\.go:[0-9]+): )?"
        r"(?:\[?(?P<severity_text>TRACE|DEBUG|INFO|NOTICE|WARN|WARNING|ERROR|FATAL|PANIC)(?:\]:? ?|: ?| +))?(?P<body>.*)$",
    ),
    times=("iso",),
    confidence=0.65,
    inside=r"^(?:goroutine [0-9]+ \[|created by |exit status |\[signal |main\.|\S+\.go:[0-9]+)",
    samples=(
        Sample(
            "2026/03/14 09:26:53 http: TLS handshake error from 10.0.0.7:51966: EOF",
            {"time": "2026-03-14T09:26:53Z", "body": "http: TLS handshake error from 10.0.0.7:51966: EOF"},
        ),
        Sample(
            "billing: 2026/03/14 09:26:54.488854 main.go:117: dial tcp [::1]:5432: connect: connection refused",
            {
                "time": "2026-03-14T09:26:54.488854Z",
                "service_name": "billing",
                "scope_name": "main.go:117",
                "body": "dial tcp [::1]:5432: connect: connection refused",
            },
        ),
        Sample(
            "2026/03/14 09:26:55 [ERROR] agent: failed to sync\n",
            {"severity_number": 17, "body": "agent: failed to sync"},
        ),
        Sample(
            "2026/03/14 09:26:56 http: panic serving 10.0.0.7:51967: assignment to entry in nil map\n"
            "goroutine 21 [running]:\nnet/http.(*conn).serve.func1()\n\t/usr/lib/go/src/net/http/server.go:1850 +0xbf",
            {"time": "2026-03-14T09:26:56Z", "severity_number": 17},
        ),
    ),
)

CONSOLE = LineFormat(
    name="go_console",
    title="zap development console, zerolog console, logrus on a terminal",
    reference="https://pkg.go.dev/go.uber.org/zap#NewDevelopmentConfig; https://github.com/rs/zerolog#pretty-logging; https://github.com/sirupsen/logrus",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:?[0-9]{2})\t(?P<severity_text>DEBUG|INFO|WARN|ERROR|DPANIC|PANIC|FATAL)\t(?:(?P<scope_name>[^\t ]+)\t)?(?P<body>.*)$",
        r"^(?:[0-9]{1,2}:[0-9]{2}[AP]M|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})) (?P<severity_text>TRC|DBG|INF|WRN|ERR|FTL|PNC) (?:(?P<scope_name>\S+\.go:[0-9]+) > )?(?P<body>.*)$",
        r"^(?P<severity_text>TRAC|DEBU|INFO|WARN|ERRO|FATA|PANI)\[[0-9]{4,}\] (?P<body>.*)$",
    ),
    times=("iso",),
    severity_words={"TRAC": 1, "DEBU": 5, "ERRO": 17, "FATA": 21, "PANI": 22, "PNC": 22},
    confidence=0.9,
    samples=(
        Sample(
            '2026-03-14T09:26:53.473Z\tERROR\t./main.go:64\tamount is not a number\t{"error": "strconv.Atoi: invalid syntax"}\nmain.withZap\n\t./main.go:64',
            {"time": "2026-03-14T09:26:53.473Z", "severity_number": 17, "scope_name": "./main.go:64"},
        ),
        Sample(
            '9:26AM ERR ledger not reachable error="dial tcp 127.0.0.1:9: connect: connection refused"',
            {"severity_number": 17},
        ),
        Sample(
            "2026-03-14T10:26:54+01:00 INF main.go:7 > starting version=2.8.1",
            {
                "time": "2026-03-14T09:26:54Z",
                "severity_number": 9,
                "scope_name": "main.go:7",
                "body": "starting version=2.8.1",
            },
        ),
        Sample("WARN[0000] cache is cold                                 hit_rate=0", {"severity_number": 13}),
    ),
    inside=r"^(?:[a-z][A-Za-z0-9_]*(?:/[A-Za-z0-9_.\-]+)*\.[A-Za-z(*)_0-9.]+$)",
)
