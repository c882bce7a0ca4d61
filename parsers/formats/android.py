"""Android's logcat."""

from __future__ import annotations

from ..lines import LineFormat, Sample
from ..severity import DEBUG, ERROR, FATAL, INFO, WARN

_LEVELS = {"V": 3, "D": DEBUG, "I": INFO, "W": WARN, "E": ERROR, "F": FATAL, "A": FATAL}
_TIME = r"(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3,6}"

FORMAT = LineFormat(
    name="logcat",
    title="Android logcat",
    reference="https://developer.android.com/tools/logcat#outputFormat",
    patterns=(
        # threadtime
        r"^" + _TIME + r" +[0-9]+ +[0-9]+ (?P<severity_text>[VDIWEFA]) (?P<scope_name>[^:]*?) *: (?P<body>.*)$",
        # time
        r"^" + _TIME + r" (?P<severity_text>[VDIWEFA])/(?P<scope_name>[^(]*?) *\( *[0-9]+\): (?P<body>.*)$",
        # brief
        r"^(?P<severity_text>[VDIWEFA])/(?P<scope_name>[^(]*?) *\( *[0-9]+\): (?P<body>.*)$",
    ),
    times=("logcat", "iso"),
    severity_words=_LEVELS,
    confidence=0.97,
    inside=r"^--------- beginning of ",
    samples=(
        Sample(
            "03-14 09:26:53.123  1702  2395 D WindowManager: printFreezingDisplayLogsopening app wtoken",
            {
                "time": "2026-03-14T09:26:53.123Z",
                "severity_number": 5,
                "scope_name": "WindowManager",
                "body": "printFreezingDisplayLogsopening app wtoken",
            },
        ),
        Sample(
            "03-14 09:26:54.001  4242  4242 E AndroidRuntime: FATAL EXCEPTION: main",
            {"severity_number": 17, "scope_name": "AndroidRuntime", "body": "FATAL EXCEPTION: main"},
        ),
        Sample(
            "03-14 09:26:55.002 W/ActivityManager(  585): Force removing ActivityRecord",
            {"time": "2026-03-14T09:26:55.002Z", "severity_number": 13, "scope_name": "ActivityManager"},
        ),
    ),
)
