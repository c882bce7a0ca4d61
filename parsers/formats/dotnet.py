"""What .NET programs write: the console logger of ASP.NET Core, NLog."""

from __future__ import annotations

from dataclasses import replace

from ..blocks import BlockFormat
from ..lines import LineFormat, Sample

_LEVEL = r"(?P<severity_text>trce|dbug|info|warn|fail|crit): (?P<scope_name>[^\s\[]+)\[[0-9]+\]"
_TIME = r"\[?[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:Z|[+-][0-9]{2}:[0-9]{2})?"

CONSOLE = BlockFormat(
    name="dotnet_console",
    title=".NET console logger",
    reference="https://learn.microsoft.com/en-us/dotnet/core/extensions/console-log-formatter#simple",
    start=r"^" + _LEVEL,
    patterns=(r"^" + _LEVEL + r"\s*(?P<body>.*)$",),
    severity_words={"trce": 1, "fail": 17},
    confidence=0.97,
    samples=(
        Sample(
            "info: Microsoft.Hosting.Lifetime[14]\n      Now listening on: http://[::]:8080",
            {
                "severity_number": 9,
                "scope_name": "Microsoft.Hosting.Lifetime",
                "body": "Now listening on: http://[::]:8080",
            },
        ),
        Sample(
            'fail: Microsoft.AspNetCore.Server.Kestrel[13]\n      Connection id "0HN1", Request id "0HN1:1": An unhandled exception was thrown by the application.\n'
            "      System.InvalidOperationException: no pool\n         at Shop.Pay(Order o) in /src/Shop.cs:line 12",
            {"severity_number": 17, "exception_type": "System.InvalidOperationException"},
        ),
        Sample("crit: Shop.Worker[0]\n      no worker left", {"severity_number": 18, "body": "no worker left"}),
    ),
)
CONSOLE_TIME = replace(
    CONSOLE,
    name="dotnet_console_time",
    title=".NET console logger with times",
    start=r"^" + _TIME + r"\]? ?" + _LEVEL,
    patterns=(r"^(?P<time>" + _TIME + r")\]? ?" + _LEVEL + r"\s*(?P<body>.*)$",),
    samples=(
        Sample(
            "2026-03-14T09:26:53.123+00:00 crit: Shop.Worker[0]\n      no worker left",
            {"time": "2026-03-14T09:26:53.123Z", "severity_number": 18, "body": "no worker left"},
        ),
        Sample(
            "2026-03-14 09:26:54 info: Shop.Worker[0] ready",
            {"time": "2026-03-14T09:26:54Z", "severity_number": 9, "body": "ready"},
        ),
        Sample(
            "[2026-03-14 10:26:55.5+01:00] fail: Shop.Worker[7]\n      System.TimeoutException: too slow",
            {"time": "2026-03-14T09:26:55.5Z", "severity_number": 17, "exception_type": "System.TimeoutException"},
        ),
    ),
)

NLOG = LineFormat(
    name="nlog",
    title="NLog and other layouts with bars",
    reference="https://github.com/NLog/NLog/wiki/File-target (default layout)",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]+)?\|(?:[0-9]+\|)?(?P<severity_text>TRACE|DEBUG|INFO|WARN|ERROR|FATAL|Trace|Debug|Info|Warn|Error|Fatal)\|(?P<scope_name>[^|]*)\|(?P<body>.*)$",
    ),
    times=("iso",),
    confidence=0.95,
    samples=(
        Sample(
            "2026-03-14 09:26:53.1234|ERROR|Shop.PayController|pay failed System.Net.Http.HttpRequestException: Connection refused\n   at Shop.Pay()",
            {
                "time": "2026-03-14T09:26:53.123400Z",
                "severity_number": 17,
                "scope_name": "Shop.PayController",
                "exception_type": "System.Net.Http.HttpRequestException",
            },
        ),
        Sample("2026-03-14 09:26:54.0001|INFO|Shop.Program|ready", {"severity_number": 9, "body": "ready"}),
        Sample("2026-03-14 09:26:55.0002|Warn|Shop.Cache|", {"severity_number": 13, "body": ""}),
    ),
)
