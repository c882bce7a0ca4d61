"""ClamAV's log files (clamd.log, freshclam.log) with LogTime: a time, an arrow, the message."""

from __future__ import annotations

from ..lines import LineFormat, Sample

FORMAT = LineFormat(
    name="clamav",
    title="ClamAV (clamd, freshclam)",
    reference="https://docs.clamav.net/manual/Usage/Configuration.html (LogTime)",
    patterns=(
        r"^[A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4} -> (?:(?P<severity_text>ERROR|WARNING|LibClamAV Error|LibClamAV Warning): )?(?P<body>.*)$",
    ),
    times=("asctime",),
    severity_words={"LibClamAV Error": 17, "LibClamAV Warning": 13},
    confidence=0.97,
    samples=(
        Sample(
            "Sat Mar 14 09:26:53 2026 -> WARNING: Can't download daily.cvd from https://database.clamav.net/daily.cvd",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 13,
                "body": "Can't download daily.cvd from https://database.clamav.net/daily.cvd",
            },
        ),
        Sample(
            "Sat Mar 14 09:26:54 2026 -> ERROR: Update failed for database: daily",
            {"severity_number": 17, "body": "Update failed for database: daily"},
        ),
        Sample(
            "Sat Mar 14 09:26:55 2026 -> SelfCheck: Database status OK.",
            {"time": "2026-03-14T09:26:55Z", "severity_number": 0, "body": "SelfCheck: Database status OK."},
        ),
    ),
)
