"""What very many programs write: a time, a level and a message, each set apart in one of the usual ways."""

from __future__ import annotations

from ..lines import LineFormat, Sample

_DATE = r"(?:[0-9]{4}[-/.][0-9]{2}[-/.][0-9]{2}|[0-9]{1,2}[-/.][0-9]{1,2}[-/.][0-9]{2,4}|[0-9]{1,2}[-/ ][A-Z][a-z]{2}[-/ ][0-9]{4}|[A-Z][a-z]{2} [0-9]{1,2},? [0-9]{4})"
_CLOCK = r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,:][0-9]{1,9})?"
_ZONE = r"(?: ?(?:Z|UTC|GMT|[A-Z]{3,4}|[+-][0-9]{2}:?[0-9]{2}|[AP]M))?"
_TIME = r"[\[(<]?" + _DATE + r"(?:[T _]|, )" + _CLOCK + _ZONE + r"[\])>]?"
_UPPER = r"(?:TRACE|DEBUG|INFO|INFORMATION|NOTICE|WARN|WARNING|ERROR|ERR|SEVERE|CRITICAL|CRIT|ALERT|FATAL|PANIC|EMERG|VERBOSE|DBG|INF|WRN|FTL|TRC|VRB|LOG|SUCCESS|DDEBUG|SUBDEBUG|FEHLER|WARNUNG|ERREUR|AVISO|ОШИБКА|ПРЕДУПРЕЖДЕНИЕ)"
_ANY = (
    r"(?:"
    + _UPPER
    + r"|[Tt]race|[Dd]ebug|[Ii]nfo|[Ii]nformation|[Nn]otice|[Ww]arn|[Ww]arning|[Ee]rror|[Cc]ritical|[Ff]atal|[Pp]anic)"
)
_MODULE = r"(?P<scope_name>[A-Za-z_][A-Za-z0-9_.\-:/$]*)"

FORMAT = LineFormat(
    name="time_level",
    title="Time, level and message",
    reference="no standard; the layouts of many programs",
    patterns=(
        # [time] channel.LEVEL: message (Monolog, so Laravel and Symfony)
        r"^\["
        + _DATE
        + r"[T ]"
        + _CLOCK
        + _ZONE
        + r"\] (?P<scope_name>[A-Za-z0-9_\-]+)\.(?P<severity_text>"
        + _UPPER
        + r"): (?P<body>.*)$",
        # [time LEVEL module] message (Rust's env_logger)
        r"^\["
        + _DATE
        + r"[T ]"
        + _CLOCK
        + _ZONE
        + r" (?P<severity_text>"
        + _UPPER
        + r") *(?: "
        + _MODULE
        + r")?\] (?P<body>.*)$",
        # [time] [level] [module] message
        r"^" + _TIME + r" ?[\[(<](?P<severity_text>" + _ANY + r") *[\])>] ?\[" + _MODULE + r"\][: -]* ?(?P<body>.*)$",
        # time [module] level: message (Scrapy)
        r"^" + _TIME + r" ?\[" + _MODULE + r"\] ?(?P<severity_text>" + _UPPER + r") *(?:: ?| - )(?P<body>.*)$",
        # time [level] message; time level: message; time - level - message; time | level | message
        r"^" + _TIME + r":? ?[\[(<](?P<severity_text>" + _ANY + r") *[\])>]:?[ -]* ?(?P<body>.*)$",
        r"^" + _TIME + r",? ?(?:[-|:] ?)?(?P<severity_text>" + _ANY + r") *(?:: | - |\| ?|\t)(?P<body>.*)$",
        r"^" + _TIME + r" +(?:\[?[0-9]+\]? +)?(?P<severity_text>" + _UPPER + r") +(?P<body>.*)$",
        # [level] time message; level: time message
        r"^\[(?P<severity_text>" + _ANY + r") *\][ :]*" + _TIME + r"[ :-]* ?(?P<body>.*)$",
        r"^(?P<severity_text>" + _UPPER + r")(?:: ?| +)" + _TIME + r"[ :-]* ?(?P<body>.*)$",
    ),
    times=(
        "iso",
        "iso_dots",
        "dotted",
        "dashed",
        "rfc5322",
        "month_first",
        "cisco",
        "slashed_us",
        "slashed_eu",
        "dashed_us",
        "short_year_bar",
    ),
    confidence=0.6,
    inside=r"^(?:\[stacktrace\]|#[0-9]+ |\"\} ?$)",
    samples=(
        Sample(
            "2026-03-14 09:26:53 [ERROR] connection to 10.0.0.7 lost",
            {"time": "2026-03-14T09:26:53Z", "severity_number": 17, "body": "connection to 10.0.0.7 lost"},
        ),
        Sample(
            "2026-03-14T10:26:53.5+01:00 warn: disk is 91 % full",
            {"time": "2026-03-14T09:26:53.5Z", "severity_number": 13, "body": "disk is 91 % full"},
        ),
        Sample(
            '[2026-03-14 09:26:54] production.ERROR: SQLSTATE[HY000] [2002] Connection refused {"exception":"[object] (PDOException(code: 2002)"}\n[stacktrace]\n#0 /srv/app/vendor/a.php(70): PDO->__construct()\n#1 {main}\n"}',
            {"severity_number": 17, "scope_name": "production"},
        ),
        Sample(
            "[2026-03-14T09:26:55Z ERROR shop::pay] cannot bind 0.0.0.0:8080",
            {
                "time": "2026-03-14T09:26:55Z",
                "severity_number": 17,
                "scope_name": "shop::pay",
                "body": "cannot bind 0.0.0.0:8080",
            },
        ),
        Sample(
            "2026-03-14 09:26:55 [shop.orders] CRITICAL: Unhandled error in Deferred:",
            {"severity_number": 18, "scope_name": "shop.orders", "body": "Unhandled error in Deferred:"},
        ),
        Sample(
            "26-3-14 09:26:55.5|Warn|DownloadService|no answer from the client",
            {"time": "2026-03-14T09:26:55.5Z", "severity_number": 13},
        ),
        Sample(
            "[INFO] 2026-03-14 09:26:56 ready",
            {"time": "2026-03-14T09:26:56Z", "severity_number": 9, "body": "ready"},
        ),
        Sample(
            "2026-03-14 09:26:57,001 4242 CRITICAL no worker left",
            {"time": "2026-03-14T09:26:57.001Z", "severity_number": 18, "body": "no worker left"},
        ),
    ),
)
