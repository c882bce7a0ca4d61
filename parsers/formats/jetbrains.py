"""IntelliJ IDEA and its siblings, Android Studio: idea.log."""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..lines import LineFormat, Sample
from ..severity import INFO

# Behind each exception the program says what it is and where it runs, on the level of the exception.
_ABOUT = r"^(?:[A-Z][\w .\-]* +Build #[A-Z]{2}-|(?:JDK|VM|Vendor|OS|Last Action|Current Command): ?)"


class IdeaLog(LineFormat):
    """What stands behind an exception about the program itself is no error."""

    def severity_numbers(self, header: pl.DataFrame) -> NDArray[np.uint8]:
        """The level; INFO where a message says what the program is."""
        numbers = super().severity_numbers(header)
        about = header.get_column("body").str.contains(_ABOUT).fill_null(False).to_numpy()
        return np.where(about & (numbers > INFO), INFO, numbers).astype(np.uint8)


FORMAT = IdeaLog(
    name="idea_log",
    title="JetBrains IDE log (idea.log)",
    reference="https://intellij-support.jetbrains.com/hc/en-us/articles/207241085",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3} \[ *[0-9]+\] +(?P<severity_text>TRACE|FINE|DEBUG|INFO|WARN|ERROR|SEVERE|FATAL) +- +(?P<scope_name>\S.*?) +- (?P<body>.*)$",
    ),
    times=("iso",),
    confidence=0.97,
    samples=(
        Sample(
            "2026-03-14 09:26:53,589 [   1425]   WARN - #com.shop.ide.Pay - no card",
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 13,
                "scope_name": "#com.shop.ide.Pay",
                "body": "no card",
            },
        ),
        Sample(
            "2026-03-14 09:26:54,001 [  12968] SEVERE - #c.s.ide.Plugins - no plugin\njava.lang.IllegalStateException: no plugin\n\tat com.shop.ide.Plugins.load(Plugins.java:7)",
            {"severity_number": 17},
        ),
        Sample(
            "2026-03-14 09:26:54,002 [  12969] SEVERE - #c.s.ide.Plugins - JDK: 17.0.6; VM: OpenJDK 64-Bit Server VM",
            {"severity_number": 9},
        ),
    ),
)
