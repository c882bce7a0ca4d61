"""Eclipse and the programs built on it: .metadata/.log and configuration/*.log."""

from __future__ import annotations

from ..blocks import BlockFormat
from ..lines import Sample
from ..severity import ERROR, INFO, WARN

_TIME = r"(?P<time>[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{1,3}|[A-Z][a-z]{2} [0-9]{1,2}, [0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3})?)"

FORMAT = BlockFormat(
    name="eclipse_log",
    title="Eclipse platform log (.metadata/.log)",
    reference="https://help.eclipse.org/latest/topic/org.eclipse.platform.doc.isv/reference/misc/runtime-options.html; org.eclipse.core.runtime.IStatus",
    start=r"^!(?:ENTRY|SESSION) ",
    patterns=(
        r"!ENTRY (?P<scope_name>\S+) (?P<severity_text>[0-9]+) -?[0-9]+ " + _TIME + r"\s*\n!MESSAGE (?P<body>.*)$",
        r"!ENTRY (?P<scope_name>\S+) (?P<severity_text>[0-9]+) -?[0-9]+ " + _TIME + r"(?P<body>.*)$",
        r"!SESSION " + _TIME + r"[ -]*(?P<body>.*)$",
    ),
    # IStatus: OK, INFO, WARNING, ERROR, CANCEL.
    severity_words={"0": INFO, "1": INFO, "2": WARN, "4": ERROR, "8": INFO},
    severity_default=INFO,
    confidence=0.98,
    samples=(
        Sample(
            "!ENTRY org.shop.server.core 4 0 2026-03-14 09:26:53.589\n!MESSAGE Server Shop at localhost failed to start.\n",
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 17,
                "scope_name": "org.shop.server.core",
                "body": "Server Shop at localhost failed to start.",
            },
        ),
        Sample(
            "!ENTRY org.shop.ui 2 0 2026-03-14 09:26:54.001\n!MESSAGE Keybinding conflicts occurred.\n"
            "!SUBENTRY 1 org.shop.ui 2 0 2026-03-14 09:26:54.001\n!MESSAGE A conflict occurred for CTRL+1\n",
            {"time": "2026-03-14T09:26:54.001Z", "severity_number": 13},
        ),
        Sample(
            "!SESSION 2026-03-14 09:26:55.100 -----------------------------------------------\n"
            "eclipse.buildId=4.31\njava.version=17.0.10\n",
            {"time": "2026-03-14T09:26:55.1Z", "severity_number": 9},
        ),
    ),
)
