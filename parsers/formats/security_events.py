"""Events of firewalls and scanners in the forms of SIEMs: CEF (ArcSight) and LEEF (QRadar), with and without a syslog header."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from ..lines import LineFormat, Sample
from ..severity import CRITICAL, ERROR, INFO, WARN

_HEADER = (
    r"^(?:<[0-9]{1,3}>)?(?:1 )?(?:(?:[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9:]{8}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9:]{5,6})) "
    r"(?:(?P<host_name>[^\s:]+) )?(?:[^\s:|]+: |[^\s:|]+ (?:[^\s|]+ ){2,3})?)?"
)
_PART = r"(?:[^|\\]|\\.)*"


def _severity_of_rank(rank: NDArray[np.int64]) -> NDArray[np.uint8]:
    """Low to 3, medium to 6, high to 8, very high to 10."""
    named = np.select([rank > 8, rank > 6, rank > 3, rank >= 0], [CRITICAL, ERROR, WARN, INFO], 0)
    return named.astype(np.uint8)


_WORDS = {"Low": INFO, "Medium": WARN, "High": ERROR, "Very-High": CRITICAL}
CEF = LineFormat(
    name="cef",
    title="Common Event Format (CEF)",
    reference="https://docs.nxlog.co/userguide/integrate/cef-logging.html; ArcSight Common Event Format, revision 25",
    patterns=(
        _HEADER
        + r"(?P<body>CEF: ?[01]\|[^|]*\|(?P<service_name>[^|]*)\|[^|]*\|[^|]*\|"
        + _PART
        + r"\|(?P<severity_text>[^|]*)\|.*)$",
    ),
    times=("iso", "syslog", "cisco", "epoch_key"),
    severity_words=_WORDS,
    severity_digits=r"CEF: ?[01]\|[^|]*\|[^|]*\|[^|]*\|[^|]*\|" + _PART + r"\|([0-9]{1,2})\|",
    severity_of=_severity_of_rank,
    multiline=False,
    confidence=0.98,
    samples=(
        Sample(
            "CEF:0|Acme|Scale|1.0|100|pay failed|8|rt=1773480413589 src=10.0.0.7",
            {"time": "2026-03-14T09:26:53.589Z", "severity_number": 17, "service_name": "Scale"},
        ),
        Sample(
            "CEF:0|Acme|Scale|1.0|101|ready|Low|rt=1773480414001 src=10.0.0.7",
            {"time": "2026-03-14T09:26:54.001Z", "severity_number": 9},
        ),
        Sample(
            "Mar 14 09:26:55 fw-1 CEF:0|Acme|Scale|1.0|102|a \\| b|5|src=10.0.0.7 rt=1773480415250",
            {"time": "2026-03-14T09:26:55.250Z", "severity_number": 13, "host_name": "fw-1"},
        ),
    ),
)
LEEF = LineFormat(
    name="leef",
    title="Log Event Extended Format (LEEF)",
    reference="https://www.ibm.com/docs/en/dsm?topic=overview-leef-event-components",
    patterns=(_HEADER + r"(?P<body>LEEF:[12]\.0\|[^|]*\|(?P<service_name>[^|]*)\|[^|]*\|[^|]*\|.*)$",),
    times=("iso", "syslog", "cisco", "epoch_key"),
    severity_digits=r"(?:^|[\t^|])sev=([0-9]{1,2})(?:[\t^|]|$)",
    severity_of=_severity_of_rank,
    multiline=False,
    confidence=0.98,
    samples=(
        Sample(
            "LEEF:2.0|Acme|Scale|1.0|100|^|devTime=Mar 14 2026 09:26:53^sev=8^msg=pay failed",
            {"time": "2026-03-14T09:26:53Z", "severity_number": 17, "service_name": "Scale"},
        ),
        Sample("LEEF:1.0|Acme|Scale|1.0|101|devTime=Mar 14 2026 09:26:54\tsev=2\tmsg=ready", {"severity_number": 9}),
        Sample(
            "LEEF:1.0|Acme|Scale|1.0|102|devTime=Mar 14 2026 09:26:55\tsev=5\tmsg=slow",
            {"time": "2026-03-14T09:26:55Z", "severity_number": 13},
        ),
    ),
)
