"""Rotated logs: which files are parts of one log, and in which order they were written."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime

from parsers.contract import Source

_COMPRESSED = re.compile(r"\.(gz|bz2|xz|zst|zstd|lzma|z)\Z", re.IGNORECASE)
# syslog.1, app.log.12; logrotate and most loggers count from the newest.
_NUMBERED = re.compile(r"(?P<base>.+)\.(?P<number>[0-9]{1,3})\Z")
_LETTER = re.compile("[^-._0-9]")
_OLD = re.compile(r"(?P<base>.+)\.(old|prev|previous)\Z", re.IGNORECASE)
# app.log-20260314, app.2026-03-14.log, app-2026-03-14-13.0.log, pod.log.20260314-101112
_DATED = re.compile(
    r"""(?P<before>.*[^-._0-9])[-._]?
    (?P<date>(?:19|20)[0-9]{2}(?P<dash>[-_.]?)(?:0[1-9]|1[0-2])(?P=dash)(?:0[1-9]|[12][0-9]|3[01]))
    (?:[-_.T]?(?P<time>(?:[01][0-9]|2[0-3])(?:[-_.:]?[0-5][0-9]){0,2}))?
    (?:[-_.](?P<number>[0-9]{1,4}))?
    (?P<after>\.[A-Za-z][A-Za-z0-9]*)?\Z""",
    re.VERBOSE,
)
# logrotate's dateformat with %s
_EPOCH = re.compile(r"(?P<base>.*[^-._0-9])[-._](?P<seconds>1[0-9]{9})\Z")
_DIGITS = re.compile(r"([0-9]+)")

# Oldest first: dated parts, then the numbers downwards, then the log that is being written.
OrderKey = tuple[int, tuple[int, ...]]
_CURRENT: OrderKey = (3, ())
NaturalKey = tuple[tuple[int, int, str], ...]


def stream_of(path: str) -> tuple[str, OrderKey]:
    """Split a path into the log that it is a part of and its place in the order of time.

    Returns:
        The path of the log without number, date and compression; a key that sorts oldest first.
    """
    cut = path.rfind("/") + 1
    folder, name = path[:cut], path[cut:]
    name = _COMPRESSED.sub("", name) or name
    base, key = _split(name)
    return folder + base, key


def _split(name: str) -> tuple[str, OrderKey]:
    if match := _EPOCH.match(name):
        moment = datetime.fromtimestamp(int(match["seconds"]), UTC)
        return match["base"], (0, (*moment.timetuple()[:6], 0))
    if match := _DATED.match(name):
        return match["before"] + (match["after"] or ""), (0, _moment(match))
    # An address such as 10.0.0.1 is no first rotation of 10.0.0.
    if (match := _NUMBERED.match(name)) and _LETTER.search(match["base"]):
        return match["base"], (1, (-int(match["number"]),))
    if match := _OLD.match(name):
        return match["base"], (2, ())
    return name, _CURRENT


def _moment(match: re.Match[str]) -> tuple[int, ...]:
    digits = re.sub("[^0-9]", "", match["date"])
    clock = re.sub("[^0-9]", "", match["time"] or "").ljust(6, "0")
    parts = (digits[:4], digits[4:6], digits[6:8], clock[:2], clock[2:4], clock[4:6], match["number"] or "0")
    return tuple(map(int, parts))


def natural_key(text: str) -> NaturalKey:
    """Sort key under which "part9" comes before "part10"."""
    # 18 digits are more than any counter; int() of thousands would be refused.
    return tuple(
        (0, int(part), "") if part.isascii() and part.isdigit() and len(part) <= 18 else (1, 0, part)
        for part in _DIGITS.split(text)
        if part
    )


def in_reading_order(sources: Iterable[Source]) -> list[Source]:
    """Sort sources by stream in natural order, the parts of a stream oldest first."""

    def key(source: Source) -> tuple[NaturalKey, OrderKey, NaturalKey]:
        return natural_key(source.stream), stream_of(source.path)[1], natural_key(source.path)

    return sorted(sources, key=key)
