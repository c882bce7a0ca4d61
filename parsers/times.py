"""Time stamps: where they are in a line, what they say, and how they become UTC.

The ways to write a time are in time_kinds.py; here they are recognised in a file, and read.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .time_groups import Groups, groups_of
from .time_kinds import MONTH_NUMBER, TIME_WINDOW, ZONE_MINUTES, TimeKind
from .time_layout import Layout

NAT = np.iinfo(np.int64).min
MICROSECOND = 1_000_000
_DAY = 86_400


@dataclass(frozen=True, slots=True)
class Clock:
    """What is known about the clock of one file, decided once, before its slices are read.

    Attributes:
        year: the year of times that name none: that of the last time in the file.
        last: (month, day) of the last time of the file; a later (month, day) belongs to the year before.
        date: days since 1970-01-01 for times without a date: that of the last time in the file.
        last_second: second of the day of the last time in the file, for times without a date.
        zone_minutes: minutes east of UTC, for times without a zone.
        place: of the IANA database; its zone counts instead, with summer time.
        abbreviations: of zones that stand for several, with the minutes east of UTC that they mean in this file.
        note: how year, date and zone were decided, for the coverage table.
    """

    year: int = 1970
    last: tuple[int, int] = (12, 31)
    date: int | None = None
    last_second: int = 86_400
    zone_minutes: int = 0
    place: str = ""
    abbreviations: tuple[tuple[str, int], ...] = ()
    note: str = ""


def parse_times(texts: pl.Series, kind: TimeKind, clock: Clock) -> NDArray[np.int64]:
    """Read time stamps.

    Args:
        texts: strings that hold one time each, anywhere.
        kind: how it is written.
        clock: what the file's times leave unsaid.

    Returns:
        int64 microseconds since 1970 UTC; NAT where there is no (valid) time.
    """
    groups = groups_of(texts, kind)
    if "epoch" in groups.names:
        return _epoch(groups)
    if "scientific" in groups.names:
        seconds = groups.strings("scientific").cast(pl.Float64, strict=False)
        return (seconds * MICROSECOND).round().cast(pl.Int64).fill_null(NAT).to_numpy()
    if "tai" in groups.names or "hex" in groups.names:
        return _hexadecimal(groups)
    if "uptime" in groups.names:
        return groups.full(NAT)
    hour, minute, second = groups.number("hour"), groups.number("minute"), groups.number("second", absent=0)
    half = groups.each("ampm", _half_of_day, 0)
    hour = np.where((half == _PM) & (hour < 12), hour + 12, np.where((half == _AM) & (hour == 12), 0, hour))
    valid = (hour >= 0) & (hour < 24) & (minute >= 0) & (minute < 60) & (second >= 0) & (second <= 60)
    if kind.date:
        month, day = groups.each("month", _month, -1), groups.number("day")
        if kind.year:
            year = groups.each("year", _year, -1)
        else:
            late = (month > clock.last[0]) | ((month == clock.last[0]) & (day > clock.last[1] + 1))
            year = np.where(late, clock.year - 1, clock.year)
        days, real = _days_from_civil(year, month, day)
        valid &= real
    else:
        # What is later in the day than the last time of the file was written the day before.
        late = hour * 3600 + minute * 60 + second > clock.last_second
        days = np.where(late, -1, 0) + (clock.date or 0)
        valid &= clock.date is not None
    local = (days * _DAY + hour * 3600 + minute * 60 + second) * MICROSECOND
    zone = _zone(groups, clock)
    micros = local - np.where(zone == _NO_ZONE, clock.zone_minutes, zone) * 60 * MICROSECOND
    if clock.place:
        micros = np.where(zone == _NO_ZONE, _at_place(local, clock.place), micros)
    if "place" in groups.names:
        micros = _at_places(micros, local, groups.strings("place"))
    return np.where(valid, micros + groups.micros("fraction"), NAT)


def _epoch(groups: Groups) -> NDArray[np.int64]:
    original = groups.number("epoch")
    micros: NDArray[np.int64] = np.select(
        [original > 10**17, original > 10**14, original > 10**11],
        [original // 1000, original, original * 1000],
        original * MICROSECOND,
    )
    return np.where(original >= 0, micros + groups.micros("fraction"), NAT)


def _at_places(micros: NDArray[np.int64], local: NDArray[np.int64], places: pl.Series) -> NDArray[np.int64]:
    """Times of rows that name a place of the IANA database: its offset depends on the date."""
    for place in places.unique().drop_nulls().to_list():
        rows = np.flatnonzero((places == place).fill_null(False).to_numpy())
        if is_place(place):
            micros[rows] = _at_place(local[rows], place)
    return micros


def _at_place(local: NDArray[np.int64], place: str) -> NDArray[np.int64]:
    """Local times of a place as UTC; of the hour that comes twice the first, of the one that is left out none."""
    times = pl.Series(local).cast(pl.Datetime("us"))
    known = times.dt.replace_time_zone(place, ambiguous="earliest", non_existent="null")
    return known.dt.epoch("us").fill_null(NAT).to_numpy()


def is_place(name: str) -> bool:
    """Whether the IANA database has a place of this name, such as Europe/Berlin."""
    try:
        pl.Series([0]).cast(pl.Datetime("us")).dt.replace_time_zone(name)
    except pl.exceptions.PolarsError:
        return False
    return True


def local_time(moment: datetime, clock: Clock) -> datetime:
    """What a clock shows at a moment, as a time without a zone."""
    naive = moment.astimezone(UTC).replace(tzinfo=None)
    if not clock.place:
        return naive + timedelta(minutes=clock.zone_minutes)
    shown = pl.Series([naive]).dt.replace_time_zone("UTC").dt.convert_time_zone(clock.place)
    found: datetime = shown.dt.replace_time_zone(None)[0]
    return found


# TAI64 (https://cr.yp.to/libtai/tai64.html) counts from 1970 TAI, with 2**62 added; TAI was 10 s ahead of UTC in 1970.
_TAI_EPOCH = 2**62 + 10


def _hexadecimal(groups: Groups) -> NDArray[np.int64]:
    """Seconds in hexadecimal digits, as multilog's TAI64N labels and slapd write them."""
    tai, plain = groups.number("tai", base=16), groups.number("hex", base=16)
    nanoseconds = np.maximum(groups.number("nanoseconds", base=16), 0)
    seconds = np.where(tai >= _TAI_EPOCH, tai - _TAI_EPOCH, plain)
    return np.where((seconds >= 0) & (seconds < 2**33), seconds * MICROSECOND + nanoseconds // 1000, NAT)


def _year(text: str) -> int:
    year = int(text)
    if len(text) > 2:
        return year
    return year + 2000 if year < 70 else year + 1900


def _month(text: str) -> int | None:
    return int(text) if text.isdigit() else MONTH_NUMBER.get(text.lower())


_AM, _PM = 1, 2


def _half_of_day(text: str) -> int:
    return _PM if text.lower().startswith(("p", "下午")) else _AM


def _zone(groups: Groups, clock: Clock) -> NDArray[np.int64]:
    """Minutes east of UTC of each row, _NO_ZONE where it names none."""
    # What must be added to local time to get UTC, in minutes.
    if "bias" in groups.names:
        return groups.each("bias", lambda text: -int(text), _NO_ZONE)
    minutes = groups.full(_NO_ZONE)
    for name in ("zone3", "zone2", "zone"):
        named = groups.each(name, lambda text: _meant(text, clock), _NO_ZONE)
        minutes = np.where(named == _NO_ZONE, minutes, named)
    return minutes


_NO_ZONE = NAT


def _meant(zone: str, clock: Clock) -> int | None:
    """What a zone means in the file of a clock."""
    return dict(clock.abbreviations).get(zone.strip()) or zone_minutes(zone)


def zone_minutes(zone: str) -> int | None:
    """Minutes east of UTC of "Z", "GMT+0530", "-08:00", "+02", "+120" or a well-known abbreviation; else None."""
    zone = zone.strip()
    if zone in ZONE_MINUTES:
        return ZONE_MINUTES[zone]
    match = re.fullmatch(r"(?:GMT|UTC)?([+-])(?:([0-9]{2})(?::?([0-9]{2}))?|([0-9]{3}))", zone)
    if not match:
        return None
    # Three digits are minutes: so Db2 writes its zone.
    minutes = int(match[4]) if match[4] else int(match[2]) * 60 + int(match[3] or 0)
    return -minutes if match[1] == "-" else minutes


def _days_from_civil(
    year: NDArray[np.int64], month: NDArray[np.int64], day: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Days since 1970-01-01 of proleptic Gregorian dates, and which of them exist."""
    valid = (year >= 1) & (year <= 9999) & (month >= 1) & (month <= 12) & (day >= 1)
    safe_year, safe_month = np.where(valid, year, 1970), np.where(valid, month, 1)
    months = (safe_year - 1970) * 12 + safe_month - 1
    first = months.astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    after = (months + 1).astype("datetime64[M]").astype("datetime64[D]").astype(np.int64)
    valid &= day <= after - first
    return first + np.where(valid, day, 1) - 1, valid


Shapes = tuple[NDArray[np.int32], NDArray[np.int64]]


def times_of_lines(
    lines: pl.Series,
    ends: NDArray[np.int64],
    text: bytes,
    wanted: NDArray[np.bool_],
    layout: Layout,
    clock: Clock,
    shapes: Shapes | None = None,
) -> NDArray[np.int64]:
    """The times of lines: by fixed columns with one parse a run of equal seconds, the others by pattern.

    Args:
        lines: the lines of a slice.
        ends: int64[n + 1], where they start in `text`.
        text: the slice.
        wanted: which lines should have a time; the others get NAT.
        layout: from `find_layout`.
        clock: what the times leave unsaid.
        shapes: the shape of each line and the first line of each shape; lines of a shape end their times alike.

    Returns:
        int64[n] microseconds since 1970 UTC, NAT where there is none.
    """
    count = len(lines)
    out = np.full(count, NAT, np.int64)
    if layout.start >= 0:
        out = _fixed(lines, ends, text, layout, clock)
        code, first = shapes if shapes is not None else (slice(None), np.arange(count))
        out[_says_more(np.frombuffer(text, np.uint8), ends, first, layout)[code]] = NAT
        out[~wanted] = NAT
    rest = np.flatnonzero(wanted & (out == NAT))
    if len(rest):
        texts = lines.gather(rest).str.slice(0, TIME_WINDOW)
        out[rest] = parse_times(texts, layout.kind, clock)
    return out


def _fixed(lines: pl.Series, ends: NDArray[np.int64], text: bytes, layout: Layout, clock: Clock) -> NDArray[np.int64]:
    zone = _meant(layout.tail[1], clock) if layout.tail[1] else None
    known = replace(clock, zone_minutes=zone, place="") if zone is not None else clock
    whole = lines.str.slice(layout.start, layout.length)
    runs = whole.rle_id().to_numpy()
    firsts = np.flatnonzero(np.diff(runs, prepend=np.uint32(0xFFFFFFFF)))
    anchored = replace(layout.kind, pattern="^(?:" + layout.kind.pattern.removeprefix("^") + ")$")
    prefix = layout.kind.pattern.startswith("^")
    unique = whole.gather(firsts)
    micros: NDArray[np.int64] = parse_times(unique, anchored if not prefix else layout.kind, known)[runs]
    width = np.diff(ends)
    data = np.frombuffer(text, np.uint8)
    at, digits = layout.fraction
    if digits:
        micros = _add_fraction(micros, data, ends, width, at, digits)
    tail_at, tail = layout.tail
    if tail:
        same = width > tail_at + len(tail)
        start = np.where(same, ends[:-1] + tail_at, 0)
        for i, byte in enumerate(tail.encode()):
            same &= data[start + i] == byte
        micros[~same] = NAT
    return micros


def _says_more(
    data: NDArray[np.uint8], ends: NDArray[np.int64], lines: NDArray[np.int64], layout: Layout
) -> NDArray[np.bool_]:
    """Which of the lines have a fraction or an offset from UTC where the layout has none: those are read by pattern."""
    starts, width = ends[lines], ends[lines + 1] - ends[lines]
    more = np.zeros(len(width), np.bool_)
    at, digits = layout.fraction
    behind = at + digits if digits else layout.start + layout.length
    inside = width > behind + 2
    first = np.where(inside, starts + behind, 0)
    next_is_digit = data[np.minimum(first + 1, len(data) - 1)] - np.uint8(48) < 10
    if not digits:
        more |= inside & next_is_digit & ((data[first] == ord(".")) | (data[first] == ord(",")))
    if not layout.tail[1]:
        first = first + (data[first] == ord(" "))
        sign = (data[first] == ord("+")) | (data[first] == ord("-"))
        more |= inside & (
            (sign & (data[np.minimum(first + 1, len(data) - 1)] - np.uint8(48) < 10)) | (data[first] == ord("Z"))
        )
    return more


def _add_fraction(
    micros: NDArray[np.int64],
    data: NDArray[np.uint8],
    ends: NDArray[np.int64],
    width: NDArray[np.int64],
    at: int,
    digits: int,
) -> NDArray[np.int64]:
    enough = width > at + digits
    start = np.where(enough, ends[:-1] + at, 0)
    value = np.zeros(len(micros), np.int64)
    used = min(digits, 6)
    good = enough
    for i in range(used):
        digit = data[start + i] - np.uint8(48)
        good = good & (digit < 10)
        value = value * 10 + digit
    value *= 10 ** (6 - used)
    # A digit behind the last one means that this line writes its fraction longer than the layout says.
    longer = data[np.minimum(start + digits, len(data) - 1)] - np.uint8(48) < 10
    return np.where(good & ~longer & (micros != NAT), micros + value, NAT)


def to_datetime(micros: int) -> datetime | None:
    """A time of this module as an aware datetime; None for NAT and for years that datetime cannot hold."""
    if micros == NAT:
        return None
    try:
        return datetime.fromtimestamp(micros / MICROSECOND, UTC).replace(microsecond=micros % MICROSECOND)
    except (OverflowError, ValueError, OSError):
        return None
