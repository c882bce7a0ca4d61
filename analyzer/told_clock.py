"""What the files of a bundle say of clocks beyond the times of their lines: the year, and the zone of the machine."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import polars as pl

from parsers.contract import Source
from parsers.excerpt import head_lines
from parsers.time_kinds import MONTH_NUMBER, TIME_WINDOW, ZONE_MINUTES, TimeKind
from parsers.times import Clock, is_place, local_time, parse_times, to_datetime, zone_minutes

# Abbreviations that stand for zones far from each other, in minutes east of UTC: of the United States and of China; of
# India, Israel and Ireland; of Britain and of Bangladesh.
SENSES = {"CST": (-360, 480), "IST": (330, 120, 60), "BST": (60, 360)}
AMBIGUOUS = frozenset(SENSES)
# A file was closed within so much of its last line.
_CLOSED = timedelta(seconds=90)
_MINUTE = timedelta(minutes=1)
_CHINESE = re.compile("[\u4e00-\u9fff]{2}")
# Where a heading stands that says when a file was made.
_HEADING = 20
_NEAR = timedelta(days=1)
# A date with its year and minute, as messages carry it behind the time of their line.
_DATED = re.compile(
    r"\b(?P<y1>20[0-9]{2})-(?P<m1>[01][0-9])-(?P<d1>[0-3][0-9])[T ](?P<t1>[0-9]{2}:[0-9]{2}):[0-9]{2}"
    r"|\b(?P<d2>[0-3][0-9])/(?P<m2>[A-Z][a-z]{2})/(?P<y2>20[0-9]{2}):(?P<t2>[0-9]{2}:[0-9]{2}):[0-9]{2}"
)


def has_leap_day(source: Source, kind: TimeKind) -> bool:
    """Whether a time of the head of a source is on 29 February."""
    lines = (line for line in head_lines(source) if "29" in line[:TIME_WINDOW])
    return any(
        match["day"] == "29" and match["month"].lower() in ("feb", "02", "2")
        for line in lines
        if (match := kind.regex.search(line[:TIME_WINDOW]))
    )


def told_year(lines: Sequence[str], kind: TimeKind, last: datetime) -> int | None:
    """The year of the last time of a file, by dates with a year that stand beside its times, which have none.

    A date counts behind a time of the same day and minute (HAProxy, forwarded logs), and in the heading of a file,
    where it is of the day of the last time (dumpstate). All that count must agree.

    Args:
        lines: of the file, its first ones first.
        kind: of its times.
        last: the last time, of any year.
    """
    behind: set[int] = set()
    heading: set[int] = set()
    pairs = 0
    for at, line in enumerate(lines):
        head = kind.regex.search(line[:TIME_WINDOW])
        found = _DATED.search(line, head.end() if head else 0)
        if found is None:
            continue
        year = int(found["y1"] or found["y2"])
        month = int(found["m1"] or MONTH_NUMBER.get(found["m2"].lower(), 0))
        day = int(found["d1"] or found["d2"])
        if head is None:
            if at < _HEADING and _is_near(last, month, day):
                heading.add(year)
            continue
        shown = to_datetime(int(parse_times(pl.Series([head[0]]), kind, Clock(year=2000, last=(12, 31), date=0))[0]))
        clock = found["t1"] or found["t2"]
        if shown is not None and (shown.month, shown.day, f"{shown:%H:%M}") == (month, day, clock):
            pairs += 1
            behind.add(year + ((month, day) > (last.month, last.day)))
    years = behind if pairs > 1 else heading
    return years.pop() if len(years) == 1 else None


def _is_near(last: datetime, month: int, day: int) -> bool:
    try:
        return abs(last.replace(month=month, day=day) - last) <= _NEAR
    except ValueError:
        return False  # no such day


# Folders of a machine's root, or of a collector, in a copy of it: what stands ahead of them is the machine.
_INSIDE = re.compile(r"(?:^|/)(?:sos_commands|commands?|etc|var|proc|usr|system|sysinfo)/")
_ABBREVIATION = r"[A-Z]{3,4}|[+-][0-9]{2}(?:[0-9]{2})?"
_CLOCK = r"[0-9:]{8}(?: [AP]M)?"
_DATE = re.compile(
    rf"^[A-Z][a-z]{{2}} [A-Z][a-z]{{2}} {{1,2}}[0-9]{{1,2}} {_CLOCK} (?P<zone>{_ABBREVIATION}) 20[0-9]{{2}}$"
    rf"|^[A-Z][a-z]{{2}} [0-9]{{1,2}} [A-Z][a-z]{{2}} 20[0-9]{{2}} {_CLOCK} (?P<zone2>{_ABBREVIATION})$"
)
_TIMEDATECTL = re.compile(r"^\s*Time ?zone: (?P<place>[A-Za-z_]+(?:/[A-Za-z_\-+0-9]+)*)(?: \(|$)")
_PLACE = re.compile(r"^(?P<place>[A-Z][A-Za-z_]+(?:/[A-Za-z_\-+0-9]+)+|UTC)\s*$")


def zones_of_machines(sources: Sequence[Source]) -> dict[str, tuple[int | str, str]]:
    """Zones that files name which a collector made on a machine, by the folder of the machine ("" for all files).

    What `timedatectl` and `date` print, and /etc/timezone. A place of the IANA database, or minutes east of UTC, with
    the way in which it was decided. Files of one machine that contradict each other say nothing.
    """
    found: dict[str, list[tuple[int | str, str]]] = {}
    for source in sources:
        for zone, name in _zones(source):
            path = source.path.replace("\\", "/")
            inside = _INSIDE.search(path)
            folder = path[: inside.start()] if inside else path.rpartition("/")[0]
            found.setdefault(folder, []).append((zone, name))
    zones = {}
    for folder, told in found.items():
        # A place knows of summer time, an abbreviation only of the day on which the files were collected.
        places = [entry for entry in told if isinstance(entry[0], str)] or told
        if len({zone for zone, _ in places}) == 1:
            zones[folder] = (places[0][0], f"zone {_shown(places[0][0])} from the file {places[0][1]}")
    return zones


def _zones(source: Source) -> Iterator[tuple[int | str, str]]:
    """What a file says of the zone of its machine, if its name is that of one that does."""
    name = source.path.replace("\\", "/").rpartition("/")[2]
    stem = re.split(r"[._ -]", name, maxsplit=1)[0].lower()
    if stem not in ("date", "timedatectl", "timezone") or source.size > 10_000:
        return
    for line in head_lines(source, 60):
        match = (_DATE if stem == "date" else _TIMEDATECTL if stem == "timedatectl" else _PLACE).match(line.strip())
        if match is None:
            continue
        if stem != "date":
            if is_place(match["place"]):
                yield match["place"], name
            continue
        zone = match["zone"] or match["zone2"]
        minutes = zone_minutes(zone) if zone[0] in "+-" else ZONE_MINUTES.get(zone)
        if minutes is not None and zone not in AMBIGUOUS:
            yield minutes, name


def zone_of(path: str, zones: dict[str, tuple[int | str, str]]) -> tuple[int | str, str] | None:
    """The zone of the machine to which a file belongs, of the innermost folder of one; None where none is known."""
    path = path.replace("\\", "/")
    inner = max((f for f in zones if not f or path.startswith(f + "/")), key=len, default=None)
    return None if inner is None else zones[inner]


def sense_of(
    name: str, local: datetime, source: Source, zones: Sequence[tuple[int | str, str]]
) -> tuple[int, str] | None:
    """What an ambiguous abbreviation means in a file, and how that was decided; None where nothing tells.

    Args:
        name: of SENSES.
        local: the last time of the file as it is written, taken as UTC.
        source: the file.
        zones: what is known of the zone of its machine, the surest first: a place, or minutes east of UTC, and why.
    """
    senses = SENSES[name]
    for zone, how in zones:
        minutes = zone
        if isinstance(zone, str):
            minutes = round((local_time(local, Clock(place=zone)) - local.replace(tzinfo=None)) / _MINUTE)
        if minutes in senses:
            return minutes, f"{name} is {signed(minutes)}: {how}"
    if source.modified is not None:
        modified = source.modified
        fitting = [one for one in senses if abs(local - timedelta(minutes=one) - modified) <= _CLOSED]
        if len(fitting) == 1:
            return fitting[0], f"{name} is {signed(fitting[0])} by the file's modification time"
    if name == "CST" and sum(_CHINESE.search(line) is not None for line in head_lines(source)) > 1:
        return 480, "CST is +08:00, as the file is in Chinese"
    return None


def signed(minutes: int) -> str:
    """An offset from UTC as times show it: +05:30."""
    sign = "-" if minutes < 0 else "+"
    return f"{sign}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def _shown(zone: int | str) -> str:
    return zone if isinstance(zone, str) else signed(zone)
