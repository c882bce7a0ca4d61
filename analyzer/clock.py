"""The clocks of a bundle: which year, date and zone the times of each file leave unsaid.

A year that a file does not name comes from the heading of journalctl, the file's own modification time, or the other
files of the bundle. A zone that it does not name comes from the modification time, too: a log that was written to the
end has its last time there, in local time, and the file system has the same moment in UTC.
"""

from __future__ import annotations

import re
from calendar import isleap
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta

import polars as pl

from analyzer.told_clock import AMBIGUOUS, has_leap_day, sense_of, signed, told_year, zone_of, zones_of_machines
from parsers.contract import Source
from parsers.excerpt import head_lines, tail_lines
from parsers.text import detect_encoding
from parsers.time_kinds import ZONE_MINUTES, TimeKind
from parsers.time_layout import find_kind
from parsers.times import Clock, local_time, parse_times, to_datetime

_SAMPLE = 40
EPOCH = date(1970, 1, 1)
# A rotated or copied log keeps its modification time; how far from the last record it may lie.
_ZONE_TOLERANCE = timedelta(seconds=5)
_ZONE_STEP = timedelta(minutes=15)
# Groups of a time that tell where it stands in UTC.
_ZONED = frozenset(("zone", "zone2", "zone3", "bias", "place", "scientific", "epoch", "tai", "hex"))
_MAX_ZONE = timedelta(hours=14)
# Where the heading of journalctl stands, at most; tools that collect logs write their own lines ahead of it.
_HEADING = 1000
# journalctl until systemd 250: "-- Logs begin at Sat 2026-03-14 09:26:53 CET, end at Sun 2026-03-15 10:00:00 CET. --".
_JOURNAL = re.compile(
    r"^-- (?:Logs begin|Journal begins) at [^,\n]{0,60}, ends? at [^\n]{0,20}?"
    r"([0-9]{4}-[0-9]{2}-[0-9]{2}) [0-9:]{8}(?: ([A-Z]{1,5}))?\. --\r?$",
    re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class _Seen:
    """The first and last times of a source, as written (zone and missing year not applied).

    `journal` is when the journal ended that journalctl wrote the source from, and the zone of its times. `told` is the
    year that messages name beside times without one. `leap` says that there is a 29 February. `abbreviation` is that of
    its zone, where it stands for several.
    """

    kind: TimeKind
    first: datetime
    last: datetime
    zoned: bool
    journal: tuple[datetime, str] | None
    told: int | None
    leap: bool
    abbreviation: str


def decide_clocks(
    sources: Sequence[Source], now: datetime, zone: int | str | None, others: Sequence[Source] = ()
) -> Mapping[str, Clock]:
    """The clock of each source, by its path.

    Args:
        sources: text files.
        now: the present, for times without a year when nothing else tells.
        zone: what the user gave for times without a zone: minutes east of UTC, or a place; None to infer.
        others: further files, which may describe the machines that the sources come from.
    """
    seen = {source.path: found for source in sources if (found := _look(source)) is not None}
    dated = [found for found in seen.values() if found.kind.year and found.kind.date]
    reference = max((found.last for found in dated), default=None)
    years = {source.path: _year(source, seen.get(source.path), reference, now) for source in sources}
    general = _zone(sources, seen, years) if zone is None else (zone, "given by --timezone")
    machines = zones_of_machines([*sources, *others]) if zone is None else {}
    clocks = {}
    for source in sources:
        found = seen.get(source.path)
        known = None if zone is not None else _journal_zone(found) or zone_of(source.path, machines)
        clock = _clock(found, years[source.path], *(known or general))
        if found is not None and found.abbreviation:
            clock = _in_sense(clock, found, source, [known, general] if known else [general])
        clocks[source.path] = clock
    for source in sources:
        found = seen.get(source.path)
        if found is not None and not found.kind.date:
            clocks[source.path] = _dated(clocks[source.path], found, source.modified or reference)
    return clocks


def _dated(clock: Clock, seen: _Seen, anchor: datetime | None) -> Clock:
    """The clock of a file whose times have no date: that of the moment at which it was last written."""
    if anchor is None:
        return replace(clock, note="times without a date, and nothing tells the date")
    local = local_time(anchor, clock)
    last = seen.last.hour * 3600 + seen.last.minute * 60 + seen.last.second
    # Written before midnight, closed after it.
    day = (
        local.date()
        if last <= local.hour * 3600 + local.minute * 60 + local.second + 60
        else local.date() - timedelta(1)
    )
    note = f"{clock.note}; date {day} from the file's modification time".removeprefix("; ")
    return replace(clock, date=(day - EPOCH).days, last_second=last, note=note)


def _look(source: Source) -> _Seen | None:
    lines = [line for line in head_lines(source) if line.strip()][:_SAMPLE]
    kind = find_kind(lines)
    if kind is None or kind.name == "uptime":
        return None
    tail = tail_lines(source, detect_encoding(source.head), _SAMPLE)
    # The first and the last line with a time, read in one go.
    timed = [next((line for line in part if kind.regex.search(line)), "") for part in (lines, reversed(tail))]
    times = parse_times(pl.Series(timed, dtype=pl.String), kind, Clock(year=2000, last=(12, 31), date=0))
    first, last = to_datetime(int(times[0])), to_datetime(int(times[1]))
    if first is None or last is None:
        return None
    groups = [match.groupdict() for line in lines if (match := kind.regex.search(line))]
    zoned = any(not _ZONED.isdisjoint(name for name, value in g.items() if value) for g in groups)
    names = {name for g in groups if (name := g.get("zone"))}
    # Beside CDT it is no puzzle what CST means.
    abbreviation = next(iter(names & AMBIGUOUS), "") if len(names) == 1 else ""
    heading = _JOURNAL.search(source.head[:_HEADING].decode("latin-1"))
    journal = (datetime.fromisoformat(heading[1]).replace(tzinfo=UTC), heading[2] or "") if heading else None
    no_year = kind.date and not kind.year
    told = told_year([*lines, *tail], kind, last) if no_year else None
    leap = no_year and has_leap_day(source, kind)
    return _Seen(kind, first, last, zoned, journal, told, leap, abbreviation)


def _year(source: Source, seen: _Seen | None, reference: datetime | None, now: datetime) -> tuple[int, str]:
    """The year of the last time of a source, and how it was decided."""
    if seen is None or seen.kind.year or not seen.kind.date:
        return (seen.last.year if seen else now.year), ""
    if seen.journal is not None:
        year = _latest_year(seen, seen.journal[0])
        return year, f"year {year} from the heading of journalctl"
    if seen.told is not None:
        return seen.told, f"year {seen.told} from the dates that it names"
    modified = source.modified
    for anchor, how in ((modified, "the file's modification time"), (reference, "the other files of the bundle")):
        if anchor is None:
            continue
        # A copy made long after the incident has a modification time that says nothing about the year.
        stale = reference is not None and anchor is modified and anchor - reference > timedelta(days=180)
        if not stale:
            year = _latest_year(seen, anchor)
            leap = year != _latest_year(replace(seen, leap=False), anchor)
            return year, f"year {year} from {how}{' and its 29 February' if leap else ''}"
    anchor = modified or now
    year = _latest_year(seen, anchor)
    return year, f"year {year} assumed"


def _latest_year(seen: _Seen, anchor: datetime) -> int:
    """The latest year in which the last time is not after an anchor, with a day of grace for zones.

    Where there is a 29 February, it is one that has such a day, or the year behind it where the day comes from the
    winter before.
    """
    limit = anchor + timedelta(days=1)
    last = (seen.last.month, seen.last.day)
    earlier = seen.leap and last < (2, 29)
    for year in range(limit.year, limit.year - 9, -1):
        if (last, seen.last.time()) > ((limit.month, limit.day), limit.time()) and year == limit.year:
            continue
        if not seen.leap or isleap(year - earlier):
            return year
    return limit.year - 1


def _zone(
    sources: Sequence[Source], seen: Mapping[str, _Seen], years: Mapping[str, tuple[int, str]]
) -> tuple[int, str]:
    """Minutes east of UTC of the times without a zone, and how they were decided.

    One file may agree by chance (one in 180); two that agree, or none that contradicts more than one, do not.
    """
    votes: Counter[int] = Counter()
    for source in sources:
        found = seen.get(source.path)
        if found is None or found.zoned or source.modified is None or not found.kind.date:
            continue
        try:
            last = found.last if found.kind.year else found.last.replace(year=years[source.path][0])
        except ValueError:
            continue
        offset = last - source.modified
        steps = round(offset / _ZONE_STEP)
        if abs(offset) <= _MAX_ZONE and abs(offset - steps * _ZONE_STEP) <= _ZONE_TOLERANCE:
            votes[steps * 15] += 1
    best = votes.most_common(2)
    if best and best[0][1] >= 2 and (len(best) == 1 or best[0][1] > best[1][1]):
        minutes = best[0][0]
        return minutes, f"zone {signed(minutes)} from the modification times of {best[0][1]} files"
    return 0, "no zone in the file, taken as UTC"


def _journal_zone(seen: _Seen | None) -> tuple[int, str] | None:
    """The zone that the heading of journalctl names: that of the times without a year and a zone below it."""
    name = seen.journal[1] if seen is not None and seen.journal is not None and not seen.kind.year else ""
    if not name or name in AMBIGUOUS or name not in ZONE_MINUTES:
        return None
    return ZONE_MINUTES[name], f"zone {signed(ZONE_MINUTES[name])} from the heading of journalctl"


def _clock(seen: _Seen | None, year: tuple[int, str], zone: int | str, how_zone: str) -> Clock:
    minutes, place = (0, zone) if isinstance(zone, str) else (zone, "")
    if seen is None:
        return Clock(year=year[0], zone_minutes=minutes, place=place)
    last = (seen.last.month, seen.last.day)
    if seen.zoned:
        return Clock(year=year[0], last=last, note=year[1])
    return Clock(year[0], last, zone_minutes=minutes, place=place, note="; ".join(filter(None, (year[1], how_zone))))


def _in_sense(clock: Clock, seen: _Seen, source: Source, zones: Sequence[tuple[int | str, str]]) -> Clock:
    """The clock of a file whose zone has an ambiguous abbreviation."""
    name = seen.abbreviation
    sense = sense_of(name, seen.last + timedelta(minutes=ZONE_MINUTES[name]), source, zones)
    if sense is None:
        return clock
    minutes, how = sense
    return replace(clock, abbreviations=((name, minutes),), note="; ".join(filter(None, (clock.note, how))))


def utc_now() -> datetime:
    """The present, aware."""
    return datetime.now(UTC)
