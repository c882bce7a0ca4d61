"""NTP servers that have no time to give, and clocks that differ from that of the capture."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from . import ERROR, INFO, WARN, Notice
from ._make import from_row, rows, server

if TYPE_CHECKING:
    from ..capture import Capture


_PATIENCE = 3_000_000_000  # nanoseconds after a question in which an answer may still come
_LEAST = 2  # questions without an answer: a single datagram gets lost
_APART = 2.0  # seconds between a server's clock and that of the capture that no path explains
_FAR = 300.0  # seconds beyond which Kerberos refuses tickets (RFC 4120)


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a server that is silent, says that it is not synchronised, sends clients away, or has another time."""
    yield from _silent(capture)
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


def _silent(capture: Capture) -> Iterator[Notice]:
    """Servers that never answered a client, which asked more than once and waited for each answer."""
    table = capture.tables["ntp"]
    end = int(capture.packets.time.max(initial=0))
    who = ("id_orig_h", "id_resp_h")
    asked = table.filter((pl.col("mode") == 3) & ~pl.col("id_resp_h").str.ends_with(".255"))
    answered = table.filter(pl.col("mode").is_in([2, 4])).select(who).unique()
    groups = asked.join(answered, on=who, how="anti", maintain_order="left").group_by(who, maintain_order=True)
    found = groups.agg(
        pl.len().alias("count"), pl.col("frame_number").head(5).alias("frames"),
        pl.col("frame_number").last().alias("last"), pl.exclude(*who).first(),
    )  # fmt: skip
    others = dict(answered.group_by("id_orig_h").agg(pl.len()).iter_rows())
    for row in rows(found.filter(pl.col("count") >= _LEAST)):
        first, last = (int(capture.packets.time[frame - 1]) for frame in (row["frame_number"], row["last"]))
        if end - last < _PATIENCE and last - first < _PATIENCE:
            continue
        good = others.get(row["id_orig_h"], 0)
        beside = f"; {good} other server{'s' * (good > 1)} answered it" if good else ""
        msg = f"{row['id_orig_h']} asked the NTP server {row['id_resp_h']} for the time {row['count']:,} times "
        msg += f"and got no answer{beside}"
        fields = {"count": row["count"], "others": good, "server": server(row)}
        # Who has another server keeps its time.
        yield from_row(capture, "ntp_unanswered", INFO if good else WARN, row, msg, fields, row["frames"])
