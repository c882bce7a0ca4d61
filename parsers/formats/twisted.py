"""Twisted: Buildbot's twistd.log, and whatever else runs under twistd."""

from __future__ import annotations

from ..lines import LineFormat, Sample

FORMAT = LineFormat(
    name="twisted",
    title="Twisted (twistd.log)",
    reference="https://docs.twisted.org/en/stable/core/howto/logger.html (textFileLogObserver), twisted.python.log",
    # The system: "-", a factory with its number and peer, or a namespace with its level.
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{4} "
        r"\[(?P<scope_name>-|Uninitialized|[^\]#\s]*[.,][^\]#]*|[^\]#\s]+)#(?P<severity_text>debug|info|warn|error|critical)\] (?P<body>.*)$",
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[ T][0-9]{2}:[0-9]{2}:[0-9]{2}[+-][0-9]{4} "
        r"\[(?P<scope_name>-|Uninitialized|[^\]#\s]*[.,][^\]#]*)\] (?P<body>.*)$",
    ),
    times=("iso",),
    confidence=0.95,
    samples=(
        Sample(
            "2026-03-14 09:26:53+0000 [-] Unhandled Error\n\tTraceback (most recent call last):\n"
            '\t  File "/opt/shop/web.py", line 9, in render_GET\n\t    return prices[item]\n'
            "\tbuiltins.KeyError: 'a'\n\t",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "scope_name": "-",
                "exception_type": "builtins.KeyError",
            },
        ),
        Sample(
            "2026-03-14 10:26:54+0100 [HTTPChannel,3,10.0.0.7] shop: paid",
            {"time": "2026-03-14T09:26:54Z", "scope_name": "HTTPChannel,3,10.0.0.7", "body": "shop: paid"},
        ),
        Sample(
            "2026-03-14T09:26:55+0000 [twisted.internet.defer#critical] Unhandled error in Deferred:",
            {"severity_number": 18, "scope_name": "twisted.internet.defer", "body": "Unhandled error in Deferred:"},
        ),
        Sample("2026-03-14T09:26:56+0000 [stdout#info] ready", {"severity_number": 9, "body": "ready"}),
    ),
)
