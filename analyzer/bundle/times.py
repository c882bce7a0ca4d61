"""Modification times, where they can be believed."""

from __future__ import annotations

from datetime import UTC, datetime

# 1980-01-01 is the zero of zip's clock and what reproducible builds write: no time at all.
_EARLIEST = datetime(1980, 1, 2, tzinfo=UTC).timestamp()
_LATEST = datetime(2100, 1, 1, tzinfo=UTC).timestamp()


def modified_at(seconds: float | None) -> datetime | None:
    """Turn seconds since 1970 into a time; None before 1980-01-02, from 2100 on, and for NaN."""
    if seconds is None or not _EARLIEST <= seconds < _LATEST:
        return None
    return datetime.fromtimestamp(seconds, UTC)


def dos_time(date: int, time: int) -> datetime | None:
    """Turn the two 16-bit fields of an MS-DOS time into a time; it has no zone and is taken as UTC."""
    try:
        moment = datetime(
            1980 + (date >> 9),
            date >> 5 & 15,
            date & 31,
            time >> 11,
            time >> 5 & 63,
            (time & 31) * 2,
            tzinfo=UTC,
        )
    except ValueError:
        return None
    return modified_at(moment.timestamp())
