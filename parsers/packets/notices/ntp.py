"""NTP servers that have no time to give."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from . import WARN, Notice
from ._make import from_row, rows, server

if TYPE_CHECKING:
    from ..capture import Capture


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a server that says that it is not synchronised, or sends its clients away."""
    answers = capture.tables["ntp"].filter(pl.col("mode").is_in([2, 4, 5]))
    bad = answers.filter((pl.col("leap") == 3) | pl.col("stratum").is_in([0, 16]))
    groups = bad.group_by("id_resp_h", "kiss_code", maintain_order=True).agg(
        pl.len().alias("count"),
        pl.col("frame_number").head(5).alias("frames"),
        pl.exclude("id_resp_h", "kiss_code").first(),
    )
    for row in rows(groups):
        kiss = row["kiss_code"]
        msg = f"The NTP server {row['id_resp_h']} has no time to give: stratum {row['stratum']}, leap {row['leap']}"
        if kiss:
            msg = f"The NTP server {row['id_resp_h']} sends its client away: {kiss}"
        fields = {
            "stratum": row["stratum"],
            "leap": row["leap"],
            "kiss_code": kiss,
            "count": row["count"],
            "server": server(row),
        }
        yield from_row(capture, "ntp_unsynchronised", WARN, row, msg, fields, row["frames"])
