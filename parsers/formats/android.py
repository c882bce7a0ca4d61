"""Android's logcat."""

from __future__ import annotations

from ..blocks import BlockFormat
from ..lines import LineFormat, Sample
from ..severity import DEBUG, ERROR, FATAL, INFO, WARN

_LEVELS = {"V": 3, "D": DEBUG, "I": INFO, "W": WARN, "E": ERROR, "F": FATAL, "A": FATAL}
_TIME = r"(?:1[0-9]{9}\.[0-9]{3,6}|(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3,6})"

FORMAT = LineFormat(
    name="logcat",
    title="Android logcat",
    reference="https://developer.android.com/tools/logcat#outputFormat",
    patterns=(
        # The dump of a crash, of which every line is fatal: the line that names the signal is the message, the others
        # describe it.
        r"^ *"
        + _TIME
        + r"(?: [+-][0-9]{4})? +(?:[a-z0-9_]+ +)?[0-9]+ +[0-9]+ [FAI] (?P<scope_name>DEBUG) *: (?P<body>(?:[^sA]|s[^i]|A[^b]).*|)$",
        r"^"
        + _TIME
        + r" +[0-9]+-[0-9]+(?:/\?)? +(?P<scope_name>DEBUG) {2,}(?P<service_name>\S+) +[FAI] +(?P<body>(?:[^sA ]|s[^i]|A[^b]| ).*|)$",
        # threadtime, also with a user, a zone, seconds since 1970
        r"^ *"
        + _TIME
        + r"(?: [+-][0-9]{4})? +(?:[a-z0-9_]+ +)?[0-9]+ +[0-9]+ (?P<severity_text>[VDIWEFA]) (?P<scope_name>[^:]*?) *: (?P<body>.*)$",
        # time
        r"^" + _TIME + r" (?P<severity_text>[VDIWEFA])/(?P<scope_name>[^(]*?) *\( *[0-9]+\): (?P<body>.*)$",
        # Android Studio: pid-tid, tag, package
        r"^"
        + _TIME
        + r" +[0-9]+-[0-9]+ +(?P<scope_name>\S(?:.{0,60}?\S)?) {2,}(?P<service_name>\S+) +(?P<severity_text>[VDIWEFA]) +(?P<body>.*)$",
        # tag, process
        r"^(?P<severity_text>[VDIWEFA])/(?P<scope_name>[A-Za-z][A-Za-z0-9_.\-]{0,40}) *: (?P<body>.*)$",
        r"^(?P<severity_text>[VDIWEFA])\( *[0-9]{2,7}\) (?P<body>.*?)(?: +\((?P<scope_name>[^()]{1,40})\))?$",
        # brief
        r"^(?P<severity_text>[VDIWEFA])/(?P<scope_name>[^(]*?) *\( *[0-9]+\): (?P<body>.*)$",
    ),
    times=("logcat", "iso", "epoch_padded"),
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
        Sample(
            "2026-03-14 09:26:56.003  1702-1709  ShopPay       com.example.shop      E  pay failed",
            {
                "time": "2026-03-14T09:26:56.003Z",
                "severity_number": 17,
                "scope_name": "ShopPay",
                "service_name": "com.example.shop",
                "body": "pay failed",
            },
        ),
    ),
)
LONG = BlockFormat(
    name="logcat_long",
    title="Android logcat -v long",
    reference="https://developer.android.com/tools/logcat#outputFormat",
    start=r"^\[ (?:[0-9]{4}-)?[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3,6}(?: [+-][0-9]{4})? +[0-9]+: *[0-9]+ [VDIWEFA]/.* \]$",
    patterns=(
        r"^\[ (?P<time>(?:[0-9]{4}-)?[0-9]{2}-[0-9]{2} [0-9:.]+(?: [+-][0-9]{4})?) +[0-9]+: *[0-9]+ (?P<severity_text>[VDIWEFA])/(?P<scope_name>[^\n]*?) *\]\n(?P<body>.*)$",
    ),
    severity_words=_LEVELS,
    confidence=0.97,
    samples=(
        Sample(
            "[ 03-14 09:26:53.589  1702: 1709 E/ShopPay  ]\npay failed\n\tat shop.Pay.pay(Pay.java:7)\n",
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 17,
                "scope_name": "ShopPay",
                "body": "pay failed\n\tat shop.Pay.pay(Pay.java:7)",
            },
        ),
        Sample("[ 03-14 09:26:54.001  1702: 1709 I/ShopPay  ]\nready\n", {"severity_number": 9, "body": "ready"}),
        Sample("[ 03-14 09:26:55.250  1702:  709 W/ShopPay  ]\nslow\n", {"severity_number": 13, "body": "slow"}),
    ),
)
