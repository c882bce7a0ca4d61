"""Time stamps: where they are in a line, what they say, and how they become UTC.

The ways to write a time are in time_kinds.py; here they are recognised in a file, and read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import lru_cache

import numpy as np
import polars as pl
from numpy.typing import NDArray

from .time_kinds import ALL_KINDS, HEADER_WINDOW, MONTH_NUMBER, TIME_WINDOW, ZONE_MINUTES, TimeKind

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
        note: how year, date and zone were decided, for the coverage table.
    """

    year: int = 1970
    last: tuple[int, int] = (12, 31)
    date: int | None = None
    last_second: int = 86_400
    zone_minutes: int = 0
    note: str = ""


# What a text must have to hold a time of any kind. Most text has none, and this search is one instead of sixty.
_TIMELIKE = re.compile(r"[0-9][:.时][0-9]{2}|[0-9]{6}|^@4[0-9a-f]{15}|^[4-7][0-9a-f]{7}\.[0-9a-f]{8} ")
# Lines that a kind must be found among to be looked for in the others.
_PROBED = 30


def find_kind(texts: Sequence[str], kinds: tuple[TimeKind, ...] = ALL_KINDS) -> TimeKind | None:
    """The way in which most of some lines write their time, one of `kinds`, or None where hardly any has one."""
    return _find_kind(tuple(texts), kinds)


@lru_cache(maxsize=16)
def _find_kind(texts: tuple[str, ...], kinds: tuple[TimeKind, ...]) -> TimeKind | None:
    best: _Best | None = None
    windows = [window for text in texts if _TIMELIKE.search(window := text[:HEADER_WINDOW])]
    for kind in kinds if windows else ():
        search = kind.regex.search
        hits = [m for window in windows[:_PROBED] if (m := search(window))]
        if hits:
            hits += [m for window in windows[_PROBED:] if (m := search(window))]
        valid = [m for m in hits if _plausible(m, kind)]
        # An earlier position is a better sign of a header than one in the middle of a message.
        score = sum(1.0 - m.start() / 400 for m in valid)
        if valid and (best is None or score > best[0] * 1.02 or _is_denser(valid, score, best)):
            best = (score, kind, valid)
    if best is None:
        return None
    # A date here and there does not make a text a log; many lines that begin with one do.
    _, kind, valid = best
    begin = sum(m.start() < 3 for m in valid)
    outer = sum(not text.startswith((" ", "\t")) for text in texts)
    if len(valid) == 1 and valid[0].start() > 48:
        return None
    head = kind.regex.search(texts[0][:HEADER_WINDOW])
    headed = begin >= 2 and head is not None and head.start() < 3
    return kind if len(valid) >= 0.2 * outer or begin >= 3 or headed else None


# Kinds that differ in the order of day and month only.
_SWAPPED = {
    "slashed_eu": "slashed_us", "slashed_eu_minutes": "slashed_us_minutes", "slashed_colon_us": "slashed_colon",
    "dashed_us": "dashed", "slashed_us": "yymmdd",
}  # fmt: skip


# A year of two digits beyond this one is of the century before, or no year.
_LATEST = 40
_Best = tuple[float, TimeKind, list[re.Match[str]]]


def _is_denser(valid: Sequence[re.Match[str]], score: float, best: _Best) -> bool:
    """Whether day and month in the other order give as many dates, and such that lie closer together."""
    kinds = [kind for kind in ALL_KINDS if kind.pattern == valid[0].re.pattern]
    if not kinds or _SWAPPED.get(kinds[0].name) != best[1].name or score < best[0]:
        return False
    if best[1].name == "yymmdd":
        # "05/06/24" is of 2024 rather than of 2005: of two years that can be meant, the later.
        years = [(int(other["year"]), int(match["year"])) for match, other in zip(valid, best[2], strict=False)]
        return all(first < last <= _LATEST for first, last in years)
    return _span(valid) < _span(best[2])


def _span(matches: Sequence[re.Match[str]]) -> int:
    """Days from the first to the last of dates, roughly."""
    days = [int(m["year"]) * 372 + int(m["month"]) * 31 + int(m["day"]) for m in matches]
    return max(days) - min(days)


def _plausible(match: re.Match[str], kind: TimeKind) -> bool:
    groups = match.groupdict()
    if not groups.keys().isdisjoint(("epoch", "uptime", "tai", "hex", "scientific")):
        return True
    month = groups.get("month") or "1"
    if month.isdigit() and not 1 <= int(month) <= 12:
        return False
    return 1 <= int(groups.get("day") or 1) <= 31 and int(groups["hour"]) <= 24


def _column(frame: pl.DataFrame, name: str) -> NDArray[np.int64]:
    """A numeric group as int64, -1 where it is absent."""
    if name not in frame.columns:
        return np.full(frame.height, -1, np.int64)
    values = frame.get_column(name).cast(pl.Int64, strict=False).fill_null(-1)
    return values.to_numpy().astype(np.int64)


def parse_times(texts: pl.Series, kind: TimeKind, clock: Clock) -> NDArray[np.int64]:
    """Read time stamps.

    Args:
        texts: strings that hold one time each, anywhere.
        kind: how it is written.
        clock: what the file's times leave unsaid.

    Returns:
        int64 microseconds since 1970 UTC; NAT where there is no (valid) time.
    """
    groups = texts.str.extract_groups(kind.pattern).struct.unnest()
    if "epoch" in groups.columns:
        return _epoch(groups)
    if "scientific" in groups.columns:
        seconds = groups.get_column("scientific").cast(pl.Float64, strict=False)
        return (seconds * MICROSECOND).round().cast(pl.Int64).fill_null(NAT).to_numpy()
    if "tai" in groups.columns or "hex" in groups.columns:
        return _hexadecimal(groups)
    if "uptime" in groups.columns:
        return np.full(len(texts), NAT, np.int64)
    hour, minute = _column(groups, "hour"), _column(groups, "minute")
    second = _column(groups, "second") if "second" in groups.columns else np.zeros(len(texts), np.int64)
    hour = _twelve_hours(groups, hour)
    valid = (hour >= 0) & (hour < 24) & (minute >= 0) & (minute < 60) & (second >= 0) & (second <= 60)
    if kind.date:
        year, month, day = _year(groups, kind), _month(groups), _column(groups, "day")
        if not kind.year:
            late = (month > clock.last[0]) | ((month == clock.last[0]) & (day > clock.last[1] + 1))
            year = np.where(late, clock.year - 1, clock.year)
        days, real = _days_from_civil(year, month, day)
        valid &= real
    else:
        # What is later in the day than the last time of the file was written the day before.
        late = hour * 3600 + minute * 60 + second > clock.last_second
        days = np.where(late, -1, 0) + (clock.date or 0)
        valid &= clock.date is not None
    zone = _zone(groups, clock)
    local = (days * _DAY + hour * 3600 + minute * 60 + second) * MICROSECOND
    micros = local - zone * 60 * MICROSECOND
    if "place" in groups.columns:
        micros = _at_places(micros, local, groups.get_column("place"))
    return np.where(valid, micros + _fraction(groups), NAT)


def _epoch(groups: pl.DataFrame) -> NDArray[np.int64]:
    original = _column(groups, "epoch")
    micros: NDArray[np.int64] = np.select(
        [original > 10**17, original > 10**14, original > 10**11],
        [original // 1000, original, original * 1000],
        original * MICROSECOND,
    )
    return np.where(original >= 0, micros + _fraction(groups), NAT)


def _at_places(micros: NDArray[np.int64], local: NDArray[np.int64], places: pl.Series) -> NDArray[np.int64]:
    """Times of rows that name a place of the IANA database: its offset depends on the date."""
    for place in places.unique().drop_nulls().to_list():
        rows = np.flatnonzero((places == place).fill_null(False).to_numpy())
        times = pl.Series(local[rows]).cast(pl.Datetime("us"))
        try:
            known = times.dt.replace_time_zone(place, ambiguous="earliest", non_existent="null")
        except pl.exceptions.PolarsError:
            continue  # no place that is known
        micros[rows] = known.dt.epoch("us").fill_null(NAT).to_numpy()
    return micros


# TAI64 (https://cr.yp.to/libtai/tai64.html) counts from 1970 TAI, with 2**62 added; TAI was 10 s ahead of UTC in 1970.
_TAI_EPOCH = 2**62 + 10


def _hexadecimal(groups: pl.DataFrame) -> NDArray[np.int64]:
    """Seconds in hexadecimal digits, as multilog's TAI64N labels and slapd write them."""

    def column(name: str) -> NDArray[np.int64]:
        if name not in groups.columns:
            return np.full(groups.height, -1, np.int64)
        values = groups.get_column(name).str.to_integer(base=16, strict=False).fill_null(-1)
        return values.to_numpy().astype(np.int64)

    tai, plain, nanoseconds = column("tai"), column("hex"), np.maximum(column("nanoseconds"), 0)
    seconds = np.where(tai >= _TAI_EPOCH, tai - _TAI_EPOCH, plain)
    return np.where((seconds >= 0) & (seconds < 2**33), seconds * MICROSECOND + nanoseconds // 1000, NAT)


def _year(groups: pl.DataFrame, kind: TimeKind) -> NDArray[np.int64]:
    year = _column(groups, "year")
    if kind.year:
        short = (groups.get_column("year").str.len_bytes() == 2).fill_null(False).to_numpy()
        year = np.where(short, np.where(year < 70, year + 2000, year + 1900), year)
    return year


def _month(groups: pl.DataFrame) -> NDArray[np.int64]:
    column = groups.get_column("month")
    numbers = column.cast(pl.Int64, strict=False)
    if numbers.null_count() == column.null_count():
        return numbers.fill_null(-1).to_numpy().astype(np.int64)
    named = column.str.to_lowercase().replace_strict(MONTH_NUMBER, default=-1, return_dtype=pl.Int64)
    return named.fill_null(-1).to_numpy().astype(np.int64)


def _twelve_hours(groups: pl.DataFrame, hour: NDArray[np.int64]) -> NDArray[np.int64]:
    if "ampm" not in groups.columns or groups.get_column("ampm").null_count() == groups.height:
        return hour
    mark = groups.get_column("ampm").fill_null("").str.to_lowercase()
    after = mark.str.contains(r"^p|下午").to_numpy()
    before = mark.str.contains(r"^a|上午").to_numpy()
    return np.where(after & (hour < 12), hour + 12, np.where(before & (hour == 12), 0, hour))


def _fraction(groups: pl.DataFrame) -> NDArray[np.int64]:
    if "fraction" not in groups.columns:
        return np.zeros(groups.height, np.int64)
    digits = groups.get_column("fraction").fill_null("0")
    padded = (digits + "000000").str.slice(0, 6).cast(pl.Int64, strict=False).fill_null(0)
    return padded.to_numpy().astype(np.int64)


def _zone(groups: pl.DataFrame, clock: Clock) -> NDArray[np.int64]:
    """Minutes east of UTC of each row."""
    if "bias" in groups.columns:  # what must be added to local time to get UTC, in minutes
        bias = groups.get_column("bias").cast(pl.Int64, strict=False)
        return (-bias).fill_null(clock.zone_minutes).to_numpy().astype(np.int64)
    names = [name for name in ("zone", "zone2", "zone3") if name in groups.columns]
    if not names:
        return np.full(groups.height, clock.zone_minutes, np.int64)
    column = groups.select(pl.coalesce(names)).to_series()
    known = {zone: zone_minutes(zone) for zone in column.unique().drop_nulls().to_list()}
    if not known:
        return np.full(groups.height, clock.zone_minutes, np.int64)
    minutes = column.replace_strict(known, default=None, return_dtype=pl.Int64)
    return minutes.fill_null(clock.zone_minutes).to_numpy().astype(np.int64)


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


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the times of one file stand, decided once: at fixed columns in most lines, or anywhere.

    Attributes:
        kind: how they are written.
        start: first character of the time, when fixed; -1 when it is found by the pattern in each line.
        length: characters of the time up to the whole second.
        fraction: (start, digits) of the fraction of a second; digits 0 for none.
        tail: (start, text) of what follows the fraction: the zone; every line that differs is read by pattern.
    """

    kind: TimeKind
    start: int = -1
    length: int = 0
    fraction: tuple[int, int] = (0, 0)
    tail: tuple[int, str] = (0, "")


def find_layout(texts: Sequence[str], kind: TimeKind) -> Layout:
    """The columns at which most of the lines carry their time."""
    counted: Counter[tuple[int, int, tuple[int, int], tuple[int, str]]] = Counter()
    found = 0
    for text in texts:
        match = kind.regex.search(text[:TIME_WINDOW])
        if not match:
            continue
        found += 1
        if not text[: match.end()].isascii():
            continue
        fraction = (0, 0)
        end = match.end()
        groups = match.re.groupindex
        if "fraction" in groups and match["fraction"] is not None:
            fraction = (match.start("fraction"), match.end("fraction") - match.start("fraction"))
            end = match.start("fraction") - 1
        tail = (match.end("fraction") if fraction[1] else end, "")
        for name in ("zone", "zone2", "zone3"):
            if name in groups and match[name] is not None:
                end = min(end, match.start(name))
                tail = (match.start(name), match[name])
        if any(name in groups and match[name] is not None for name in ("ampm", "place")):
            continue
        counted[(match.start(), end - match.start(), fraction, tail)] += 1
    if not counted:
        return Layout(kind)
    (start, length, fraction, tail), count = counted.most_common(1)[0]
    if count < 0.5 * found or "uptime" in kind.regex.groupindex:
        return Layout(kind)
    return Layout(kind, start, length, fraction, tail)


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
    zone = zone_minutes(layout.tail[1]) if layout.tail[1] else None
    known = replace(clock, zone_minutes=zone) if zone is not None else clock
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
