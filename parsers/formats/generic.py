"""Any other text: a time and a severity wherever lines have them."""

from __future__ import annotations

from ..generic import GenericFormat
from ..lines import Sample
from .access_log import severity_of_status

FORMAT = GenericFormat(
    name="generic",
    title="Any other text: finds time and severity in the lines",
    reference="",
    patterns=(),
    times=(),
    severity_digits=r"(?: HTTP/[0-9.]+\" |^\[GIN\] [^|]{20,30}\| )([1-5][0-9]{2})(?: |$)",
    severity_of=severity_of_status,
    samples=(
        Sample(
            "14.03.2026 09:26:53 (worker 7) ERROR: no answer from the scale",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "body": "(worker 7) ERROR: no answer from the scale",
            },
        ),
        Sample(
            "14.03.2026 09:26:54 weight 12.5 kg",
            {"time": "2026-03-14T09:26:54Z", "severity_number": 0, "body": "weight 12.5 kg"},
        ),
        Sample(
            "14.03.2026 09:26:55 stopped by an exception\n   at Scale.Read() in C:\\src\\Scale.cs:line 7",
            {"time": "2026-03-14T09:26:55Z"},
        ),
    ),
)
