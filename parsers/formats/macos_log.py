"""macOS's unified log as `log show` and `log stream` print it; their JSON is read as any JSON."""

from __future__ import annotations

from ..lines import LineFormat, Sample
from ..severity import CRITICAL, DEBUG, ERROR, INFO

_TIME = r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3,6}"
_ZONE = r"[+-][0-9]{4}"

FORMAT = LineFormat(
    name="macos_log",
    title="macOS unified log (log show)",
    reference="log(1); https://developer.apple.com/documentation/os/logging",
    patterns=(
        # default: thread, type, activity, process and time to live ahead of the process
        _TIME
        + _ZONE
        + r" +0x[0-9a-f]+ +(?P<severity_text>Default|Info|Debug|Error|Fault|Activity|Create|Loss|State|Timer|Release) +0x[0-9a-f]+ +[0-9]+ +(?:[0-9]+ +)?(?P<service_name>[^:]{1,100}?): (?P<body>.*)$",
        # syslog
        _TIME
        + _ZONE
        + r" +(?P<host_name>\S+) (?P<service_name>[^\[\]:]{1,100})\[[0-9]+\]: (?:\([^)]*\) )?<(?P<severity_text>[A-Z][a-z]+)>: (?P<body>.*)$",
        _TIME + _ZONE + r"  (?P<host_name>\S+) (?P<service_name>[^\[\]:]{1,100})\[[0-9]+\]: (?P<body>.*)$",
        # compact
        _TIME
        + r" (?P<severity_text>Df|In|I|Db|D|E|F|A|Er|Ft|Ac)  ?(?P<service_name>[^\[\]:]{1,100})\[[0-9]+:[0-9a-f]+\] (?P<body>.*)$",
    ),
    times=("iso",),
    severity_words={
        "Default": INFO,
        "Activity": INFO,
        "Create": INFO,
        "State": INFO,
        "Timer": INFO,
        "Release": INFO,
        "Loss": INFO,
        "Fault": CRITICAL,
        "Df": INFO,
        "In": INFO,
        "Db": DEBUG,
        "Er": ERROR,
        "Ft": CRITICAL,
        "F": CRITICAL,
        "Ac": INFO,
        "A": INFO,
        "Notice": INFO,
    },
    confidence=0.97,
    inside=r"^(?:Timestamp  |Filtering the log data|Skipping info and debug|={40}|Log  +- )",
    samples=(
        Sample(
            "2026-03-14 10:26:53.589001+0100 0x1a2b     Error       0x0                  123    0    shopd: (CoreFoundation) [com.apple.foo:bar] pay failed",
            {
                "time": "2026-03-14T09:26:53.589001Z",
                "severity_number": 17,
                "service_name": "shopd",
                "body": "(CoreFoundation) [com.apple.foo:bar] pay failed",
            },
        ),
        Sample(
            "2026-03-14 09:26:54.001000+0000  mac-1 shopd[123]: (CoreFoundation) [com.apple.foo:bar] ready",
            {"time": "2026-03-14T09:26:54.001Z", "host_name": "mac-1", "service_name": "shopd"},
        ),
        Sample(
            "2026-03-14 09:26:55.250 Df shopd[123:1a2b] [com.apple.foo:bar] disk is 91 % full",
            {"time": "2026-03-14T09:26:55.250Z", "severity_number": 9, "service_name": "shopd"},
        ),
    ),
)
