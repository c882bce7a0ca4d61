"""NTP servers that have no time to give, and clocks that differ from that of the capture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from . import ERROR, WARN, Notice
from ._make import from_row, rows, server

if TYPE_CHECKING:
    from ..capture import Capture


_APART = 2.0  # seconds between a server's clock and that of the capture that no path explains
_FAR = 300.0  # seconds beyond which Kerberos refuses tickets (RFC 4120)


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a server that says that it is not synchronised, sends its clients away, or has another time."""
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
    good = answers.filter((pl.col("leap") != 3) & pl.col("stratum").is_between(1, 15) & pl.col("offset").is_not_null())
    groups = good.group_by("id_resp_h", maintain_order=True).agg(
        pl.col("offset").median().alias("apart"),
        pl.len().alias("count"),
        pl.col("frame_number").head(5).alias("frames"),
        pl.exclude("id_resp_h").first(),
    )
    for row in rows(groups.filter(pl.col("apart").abs() >= _APART)):
        apart, frames = row["apart"], row["frames"]
        way = "ahead of" if apart > 0 else "behind"
        msg = f"The clock of the NTP server {row['id_resp_h']} is {abs(apart):,.1f} s {way} the clock of the capture: "
        msg += "one of them is wrong"
        fields = {"seconds": round(apart, 3), "stratum": row["stratum"], "count": row["count"], "server": server(row)}
        severity = ERROR if abs(apart) >= _FAR else WARN
        yield from_row(capture, "clock_offset", severity, row, msg, fields, frames)
