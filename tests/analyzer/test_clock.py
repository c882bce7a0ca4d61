from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import polars as pl
import pytest

from analyzer.clock import decide_clocks
from parsers.contract import Source
from parsers.time_kinds import KINDS
from parsers.times import parse_times, to_datetime

MakeSource = Callable[..., Source]
NOW = datetime(2026, 11, 23, tzinfo=UTC)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


SYSLOG = "Mar 14 09:26:53 web-1 app[7]: x\nMar 14 09:30:00 web-1 app[7]: y\n"


@pytest.mark.parametrize(
    ("modified", "neighbour", "year", "how"),
    [
        ("2024-03-14 09:30:00", None, 2024, "modification time"),
        ("2024-01-02 00:00:00", None, 2023, "modification time"),
        ("2026-11-20 00:00:00", "2019-03-14 09:00:00 INFO x\n", 2019, "other files"),
        (None, "2019-03-14 09:00:00 INFO x\n", 2019, "other files"),
        (None, None, 2026, "assumed"),
    ],
)
def test_a_missing_year(
    make_source: MakeSource, modified: str | None, neighbour: str | None, year: int, how: str
) -> None:
    sources = [make_source(SYSLOG, "syslog", modified and at(modified))]
    if neighbour:
        sources.append(make_source(neighbour, "app.log"))
    clock = decide_clocks(sources, NOW, None)["syslog"]
    assert clock.year == year
    assert how in clock.note


@pytest.mark.parametrize(
    ("heading", "year", "zone"),
    [
        ("-- Logs begin at Sat 2018-12-01 09:26:53 CET, end at Thu 2019-03-14 10:00:01 CET. --", 2019, 60),
        ("-- Journal begins at Fri 2021-11-19 08:15:25 UTC, ends at Thu 2022-01-27 17:01:01 UTC. --", 2021, 0),
        ("-- Logs begin at Sat 2020-12-01 09:26:53 CST, end at Sun 2021-03-14 10:00:01 CST. --", 2021, 0),
    ],
)
def test_the_heading_of_journalctl_gives_year_and_zone(
    make_source: MakeSource, heading: str, year: int, zone: int
) -> None:
    source = make_source(heading + "\n" + SYSLOG, "journal.txt", at("2026-11-20 00:00:00"))
    clock = decide_clocks([source], NOW, None)["journal.txt"]
    assert (clock.year, clock.zone_minutes) == (year, zone)
    assert "heading of journalctl" in clock.note


def test_two_files_that_agree_with_their_modification_times_give_the_zone(make_source: MakeSource) -> None:
    sources = [
        make_source("2026-03-14 17:26:53 INFO a\n2026-03-14 17:30:00 INFO b\n", name, at("2026-03-14 09:30:01"))
        for name in ("a.log", "b.log")
    ]
    clocks = decide_clocks(sources, NOW, None)
    assert clocks["a.log"].zone_minutes == 480
    assert "+08:00" in clocks["a.log"].note
    alone = decide_clocks(sources[:1], NOW, None)
    assert alone["a.log"].zone_minutes == 0
    assert "taken as UTC" in alone["a.log"].note


def test_the_user_knows_best_and_zones_in_the_file_win(make_source: MakeSource) -> None:
    bare = make_source("2026-03-14 17:26:53 INFO a\n", "bare.log")
    zoned = make_source("2026-03-14T17:26:53+02:00 INFO a\n", "zoned.log")
    clocks = decide_clocks([bare, zoned], NOW, -300)
    assert clocks["bare.log"].zone_minutes == -300
    assert "--timezone" in clocks["bare.log"].note
    assert clocks["zoned.log"].note == ""


def test_a_place_has_its_summer_time(make_source: MakeSource) -> None:
    winter, summer = "2026-03-28 12:00:00 INFO a", "2026-03-29 12:00:00 INFO b"
    zoned = "2026-03-29T12:00:00-05:00 INFO c"
    clock = decide_clocks([make_source(f"{winter}\n{summer}\n", "a.log")], NOW, "Europe/Berlin")["a.log"]
    times = parse_times(pl.Series([winter, summer, zoned]), KINDS["iso"], clock)
    assert [str(to_datetime(int(time)))[5:16] for time in times] == ["03-28 11:00", "03-29 10:00", "03-29 17:00"]
    undated = make_source("11:59:58.100 [main] INFO a.B - x\n", "app.log", at("2026-07-15 10:00:02"))
    times = parse_times(
        pl.Series(["11:59:58.100 [main] INFO a.B - x"]),
        KINDS["clock"],
        decide_clocks([undated], NOW, "Europe/Berlin")["app.log"],
    )
    assert str(to_datetime(int(times[0])))[:19] == "2026-07-15 09:59:58"


def test_times_without_a_date_get_that_of_the_file(make_source: MakeSource) -> None:
    log = "23:59:58.100 [main] INFO a.B - x\n00:00:01.200 [main] INFO a.B - y\n"
    source = make_source(log, "app.log", at("2026-03-15 00:00:02"))
    clock = decide_clocks([source], NOW, None)["app.log"]
    assert "2026-03-15" in clock.note
    times = parse_times(pl.Series(log.splitlines()), KINDS["clock"], clock)
    assert [str(to_datetime(int(time)))[:19] for time in times] == ["2026-03-14 23:59:58", "2026-03-15 00:00:01"]
    unknown = decide_clocks([make_source(log, "none.log")], NOW, None)["none.log"]
    assert "nothing tells the date" in unknown.note
