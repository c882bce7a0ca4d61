"""Python's logging module in its usual layouts: basicConfig, Django, Airflow, OpenStack, Celery, Salt, gunicorn, uvicorn, loguru, structlog."""

from __future__ import annotations

from ..lines import LineFormat, Sample
from ..severity import INFO

_TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{3,6})?(?:Z| ?[+-][0-9]{2}:?[0-9]{2})?"
_LEVEL = r"(?P<severity_text>DEBUG|INFO|WARNING|ERROR|CRITICAL|WARN|FATAL|TRACE|SUCCESS)"
_NAME = r"(?P<scope_name>[A-Za-z_][A-Za-z0-9_.\-]*(?::[A-Za-z0-9_<>]+)*(?:\.py:[0-9]+)?)"
_BODY = r"(?P<body>.*)$"

FORMAT = LineFormat(
    name="python_logging",
    title="Python logging (basicConfig, Django, Airflow, OpenStack, Celery, Salt, gunicorn, uvicorn, loguru, structlog)",
    reference="https://docs.python.org/3/library/logging.html#logrecord-attributes",
    patterns=(
        # %(asctime)s - %(name)s - %(levelname)s - %(message)s
        r"^\[?" + _TIME + r"\]? - (?:" + _NAME + r" - )?" + _LEVEL + r" - " + _BODY,
        # logging.BASIC_FORMAT: %(levelname)s:%(name)s:%(message)s
        r"^" + _LEVEL + r":(?:" + _TIME + r":)?" + _NAME + r":" + _BODY,
        # loguru: {time} | {level: <8} | {name}:{function}:{line} - {message}
        r"^" + _TIME + r" \| " + _LEVEL + r" *\| " + _NAME + r" (?:-|\|) " + _BODY,
        # [%(levelname)s] %(asctime)s %(module)s:%(lineno)d %(message)s
        r"^\[" + _LEVEL + r"\] +" + _TIME + r" +(?P<scope_name>[A-Za-z_][A-Za-z0-9_.]*:[0-9]+) " + _BODY,
        # Django's "verbose": {levelname} {asctime} {module} {process:d} {thread:d} {message}
        r"^" + _LEVEL + r" +" + _TIME + r" (?P<scope_name>[A-Za-z_][A-Za-z0-9_.]*) [0-9]+ [0-9]+ " + _BODY,
        # Airflow: [%(asctime)s] {%(filename)s:%(lineno)d} %(levelname)s - %(message)s
        r"^\[" + _TIME + r"\] \{(?P<scope_name>[^}]*)\} " + _LEVEL + r" - " + _BODY,
        # OpenStack: %(asctime)s.%(msecs)03d %(process)d %(levelname)s %(name)s [%(request_id)s ...] %(message)s
        r"^" + _TIME + r" [0-9]+ " + _LEVEL + r" (?P<scope_name>[A-Za-z_][A-Za-z0-9_.\-]*) (?:\[[^\]]*\] )?" + _BODY,
        # Celery: [%(asctime)s: %(levelname)s/%(processName)s] %(message)s
        r"^\[" + _TIME + r": " + _LEVEL + r"/(?P<scope_name>[^\]]+)\] " + _BODY,
        # gunicorn: %(asctime)s [%(process)d] [%(levelname)s] %(message)s, the time in brackets
        r"^\[" + _TIME + r"\] \[[0-9]+\] \[" + _LEVEL + r"\] " + _BODY,
        # uvicorn pads the level to nine characters and has no time.
        r"^(?P<severity_text>INFO|DEBUG|TRACE|ERROR|WARNING|CRITICAL):(?: {5}| {4}| {2}| )(?P<body>(?:Started |Waiting |Application |Uvicorn |Shutting |Finished |Will watch |Exception in ASGI|Traceback|ASGI |Invalid HTTP|\[Errno|[0-9A-Fa-f.:]+ - \").*)$",
        # %(asctime)s %(levelname)s [%(process)d] %(name)s: %(message)s
        r"^" + _TIME + r" +" + _LEVEL + r" +\[[0-9]+\] " + _NAME + r": " + _BODY,
        # Salt: %(asctime)s,%(msecs)03d [%(name)-17s:%(lineno)-4d][%(levelname)-8s][%(process)d] %(message)s
        r"^"
        + _TIME
        + r" \[(?P<scope_name>[A-Za-z_][A-Za-z0-9_.]*) *(?::[0-9]+ *)?\]\["
        + _LEVEL
        + r" *\](?:\[[0-9]+\])? "
        + _BODY,
        # structlog's ConsoleRenderer: the time, [level in nine columns], the event, its pairs
        r"^" + _TIME + r" \[(?P<severity_text>debug|info|warning|error|critical|exception|notset) *\] " + _BODY,
    ),
    times=("iso",),
    severity_words={"SUCCESS": INFO, "exception": 17},
    confidence=0.92,
    inside=r"^(?:[A-Za-z_][A-Za-z0-9_.]*(?:Error|Exception|Warning|Exit|Interrupt)(?:: |$)|During task with name|\+-\+-|\| |> File )",
    samples=(
        Sample(
            "2026-03-14 09:26:53,046 [salt.utils.templates:274 ][ERROR   ][4242] Rendering exception occurred",
            {
                "time": "2026-03-14T09:26:53.046Z",
                "severity_number": 17,
                "scope_name": "salt.utils.templates",
                "body": "Rendering exception occurred",
            },
        ),
        Sample(
            "2026-03-14 09:26:53,053 - billing.jobs - ERROR - job 1 failed\nTraceback (most recent call last):\n"
            "  File \"/srv/a.py\", line 51, in serve\n    fault()\nKeyError: 'DATABASE_URL'\n\n"
            "The above exception was the direct cause of the following exception:\n\n"
            'Traceback (most recent call last):\n  File "/srv/a.py", line 54, in serve\nRuntimeError: settings are incomplete',
            {
                "time": "2026-03-14T09:26:53.053Z",
                "severity_number": 17,
                "scope_name": "billing.jobs",
                "exception_type": "KeyError",
            },
        ),
        Sample(
            "WARNING:billing.jobs:cache is cold, the first requests will be slow",
            {
                "severity_number": 13,
                "scope_name": "billing.jobs",
                "body": "cache is cold, the first requests will be slow",
            },
        ),
        Sample(
            "2026-03-14 09:26:53.938 | INFO     | __main__:main:87 - billing starting",
            {"severity_number": 9, "scope_name": "__main__:main:87", "body": "billing starting"},
        ),
        Sample(
            "[2026-03-14 09:26:54,132] {taskinstance.py:1768} ERROR - Task failed with exception",
            {"severity_number": 17, "scope_name": "taskinstance.py:1768", "body": "Task failed with exception"},
        ),
        Sample(
            "2026-03-14 09:26:54.489 40 WARNING nova.compute.manager [req-6a3f - - - - -] Instance is not running",
            {
                "time": "2026-03-14T09:26:54.489Z",
                "severity_number": 13,
                "scope_name": "nova.compute.manager",
                "body": "Instance is not running",
            },
        ),
        Sample(
            "[2026-03-14 09:26:55,002: ERROR/ForkPoolWorker-1] Task shop.pay[6a3f] raised unexpected: ConnectionError()",
            {
                "severity_number": 17,
                "scope_name": "ForkPoolWorker-1",
                "body": "Task shop.pay[6a3f] raised unexpected: ConnectionError()",
            },
        ),
        Sample(
            "[2026-03-14 09:26:55 +0000] [7] [CRITICAL] WORKER TIMEOUT (pid:9)",
            {"time": "2026-03-14T09:26:55Z", "severity_number": 18, "body": "WORKER TIMEOUT (pid:9)"},
        ),
        Sample(
            "ERROR 2026-03-14 09:26:55,771 log 40 140165015150656 Internal Server Error: /pay/",
            {"severity_number": 17, "scope_name": "log", "body": "Internal Server Error: /pay/"},
        ),
        Sample(
            'INFO:     10.0.0.7:51966 - "GET /pay HTTP/1.1" 500 Internal Server Error',
            {"severity_number": 9, "body": '10.0.0.7:51966 - "GET /pay HTTP/1.1" 500 Internal Server Error'},
        ),
        Sample(
            "2026-03-14T09:26:56.941040Z [warning  ] cache is cold                  hit_rate=0.0",
            {"time": "2026-03-14T09:26:56.941040Z", "severity_number": 13},
        ),
    ),
)
