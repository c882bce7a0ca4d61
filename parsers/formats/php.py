"""PHP: the error log and PHP-FPM."""

from __future__ import annotations

from ..lines import LineFormat, Sample
from ..severity import ERROR, NOTICE, WARN

FORMAT = LineFormat(
    name="php",
    title="PHP error log and PHP-FPM",
    reference="https://www.php.net/manual/en/errorfunc.configuration.php#ini.error-log; https://www.php.net/manual/en/install.fpm.configuration.php#error-log",
    patterns=(
        r"^\[[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?: [A-Za-z_/]+)?\] (?P<body>PHP (?P<severity_text>Fatal error|Parse error|Recoverable fatal error|Warning|Notice|Deprecated|Catchable fatal error|Core error|Compile error): .*)$",
        r"^\[[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?\] (?P<severity_text>DEBUG|NOTICE|WARNING|ERROR|ALERT): (?P<body>.*)$",
        r"^\[[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?: [A-Za-z_/]+)?\] (?P<body>.*)$",
    ),
    times=("rfc5322",),
    severity_words={
        "Fatal error": ERROR,
        "Parse error": ERROR,
        "Core error": ERROR,
        "Compile error": ERROR,
        "Recoverable fatal error": ERROR,
        "Catchable fatal error": ERROR,
        "Warning": WARN,
        "Notice": NOTICE,
        "Deprecated": NOTICE,
    },
    confidence=0.95,
    inside=r"^(?:Stack trace:|#[0-9]+ |PHP Stack trace:|PHP +[0-9]+\. )",
    samples=(
        Sample(
            "[14-Mar-2026 09:26:53 UTC] PHP Fatal error:  Uncaught InvalidArgumentException: amount -5 is negative in /srv/php/exception.php:1\nStack trace:\n#0 /srv/php/exception.php(1): pay()\n#1 {main}\n  thrown in /srv/php/exception.php on line 1",
            {"time": "2026-03-14T09:26:53Z", "severity_number": 17, "exception_type": "InvalidArgumentException"},
        ),
        Sample(
            "[14-Mar-2026 09:26:54 Europe/Berlin] PHP Warning:  Undefined variable $total in /srv/php/undefined.php on line 1",
            {
                "severity_number": 13,
                "body": "PHP Warning:  Undefined variable $total in /srv/php/undefined.php on line 1",
            },
        ),
        Sample(
            "[14-Mar-2026 09:26:55] WARNING: [pool www] server reached pm.max_children setting (5), consider raising it",
            {
                "time": "2026-03-14T09:26:55Z",
                "severity_number": 13,
                "body": "[pool www] server reached pm.max_children setting (5), consider raising it",
            },
        ),
    ),
)
