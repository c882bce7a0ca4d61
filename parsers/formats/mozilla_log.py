"""geckodriver and Marionette: milliseconds, target, level and message between tabs (Rust's mozrunner, Log.sys.mjs)."""

from __future__ import annotations

from ..lines import LineFormat, Sample

FORMAT = LineFormat(
    name="geckodriver",
    title="geckodriver log",
    reference="https://firefox-source-docs.mozilla.org/testing/geckodriver/TraceLogs.html",
    patterns=(
        r"^1[0-9]{12}\t(?P<scope_name>[A-Za-z_][A-Za-z0-9_:.]*)\t(?P<severity_text>TRACE|DEBUG|CONFIG|INFO|WARN|ERROR|FATAL)\t(?P<body>.*)$",
    ),
    times=("epoch",),
    confidence=0.97,
    samples=(
        Sample(
            "1773480413589\tgeckodriver\tINFO\tListening on 127.0.0.1:4444",
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 9,
                "scope_name": "geckodriver",
                "body": "Listening on 127.0.0.1:4444",
            },
        ),
        Sample("1773480414001\tmozrunner::runner\tERROR\tno binary", {"severity_number": 17}),
        Sample("1773480415001\tRemoteAgent\tWARN\tTLS certificate errors will be ignored", {"severity_number": 13}),
    ),
)
