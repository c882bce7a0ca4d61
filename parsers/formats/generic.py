"""Any other text: a time and a severity wherever lines have them."""

from __future__ import annotations

from ..lines import GenericFormat, Sample

FORMAT = GenericFormat(
    name="generic",
    title="Any other text: finds time and severity in the lines",
    reference="",
    patterns=(),
    times=(),
    samples=(
        Sample(
            "17/06/09 20:10:40 ERROR executor.Executor: Exception in task 1.0",
            {
                "time": "2017-06-09T20:10:40Z",
                "severity_number": 17,
                "body": "ERROR executor.Executor: Exception in task 1.0",
            },
        ),
    ),
)
