"""The header of Tornado's log formatter and of those who took it over: Jupyter, IPython, JupyterHub, Luigi's server."""

from __future__ import annotations

from ..lines import LineFormat, Sample
from ..severity import CRITICAL, DEBUG, ERROR, INFO, WARN

_LEVELS = {"D": DEBUG, "I": INFO, "W": WARN, "E": ERROR, "C": CRITICAL} | {
    "DEBUG": DEBUG, "INFO": INFO, "WARNING": WARN, "ERROR": ERROR, "CRITICAL": CRITICAL,
}  # fmt: skip

FORMAT = LineFormat(
    name="tornado",
    title="Tornado (Jupyter Notebook, JupyterLab, JupyterHub)",
    reference="https://www.tornadoweb.org/en/stable/log.html",
    patterns=(
        r"^\[(?P<severity_text>[DIWEC]) (?:[0-9]{4}-[0-9]{2}-[0-9]{2} |[0-9]{6} )?[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{1,3})? "
        r"(?P<scope_name>[A-Za-z_][\w.\- ]*(?::[0-9]+)?)\] ?(?P<body>.*)$",
        # What libraries write beside it before a handler is set up.
        r"^(?P<severity_text>DEBUG|INFO|WARNING|ERROR|CRITICAL):(?P<scope_name>[A-Za-z_][\w.\-]*):(?P<body>.*)$",
    ),
    times=("iso", "tornado", "clock_letter"),
    severity_words=_LEVELS,
    confidence=0.96,
    samples=(
        Sample(
            "[I 2026-03-14 09:26:53.589 ServerApp] Kernel started: 0f1e2d3c",
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 9,
                "scope_name": "ServerApp",
                "body": "Kernel started: 0f1e2d3c",
            },
        ),
        Sample(
            "[W 260314 09:26:54 web:2246] 404 GET /shop (127.0.0.1) 0.51ms",
            {
                "time": "2026-03-14T09:26:54Z",
                "severity_number": 13,
                "scope_name": "web:2246",
                "body": "404 GET /shop (127.0.0.1) 0.51ms",
            },
        ),
        Sample(
            "[E 09:26:55.001 NotebookApp] Uncaught exception GET /api/kernels (127.0.0.1)\n    Traceback (most recent call last):\n",
            {"severity_number": 17, "scope_name": "NotebookApp"},
        ),
    ),
)
