"""What the files of a bundle say of clocks: years beside times without one, leap days, zones of machines."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from analyzer.clock import decide_clocks
from analyzer.pipeline import Options, analyze
from parsers import by_name
from parsers.contract import Source
from parsers.times import to_datetime

MakeSource = Callable[..., Source]
NOW = datetime(2026, 11, 23, tzinfo=UTC)
SYSLOG = "Mar 14 09:26:53 web-1 app[7]: x\nMar 14 09:30:00 web-1 app[7]: y\n"
TIMEDATECTL = "      Local time: Sat 2026-03-14 17:30:00 CST\n       Time zone: Asia/Shanghai (CST, +0800)\n"


@pytest.mark.parametrize(
    ("text", "year", "how"),
    [
        (
            "Feb 28 10:00:00 db-1 app: x\nFeb 29 10:00:00 db-1 app: y\n",
            2024,
            "29 February",
        ),
        (
            "Feb 29 10:00:00 db-1 app: x\nJan  2 10:00:00 db-1 app: z\n",
            2025,
            "29 February",
        ),
        (
            "Mar 14 09:26:53 lb-1 haproxy[8]: 10.0.0.7:1 [14/Mar/2019:09:26:53.614] shop a/b 0/0/0/1/1 200 9\n"
            "Mar 14 09:26:54 lb-1 haproxy[8]: 10.0.0.7:2 [14/Mar/2019:09:26:54.614] shop a/b 0/0/0/1/1 200 9\n",
            2019,
            "dates that it names",
        ),
        (
            "== dumpstate: 2021-03-14 09:40:00\n03-14 09:26:53.100   812   813 I shop: x\n"
            "03-14 09:26:54.100   812   813 I shop: y\n",
            2021,
            "dates that it names",
        ),
        # Dates of other days say nothing, and neither do some that differ.
        (
            "Mar 14 09:26:53 web-1 app[7]: certificate ends 2019-08-01 00:00:00\n"
            "Mar 14 09:30:00 web-1 app[7]: certificate ends 2019-08-01 00:00:00\n",
            2026,
            "modification time",
        ),
        (
            "Mar 14 09:26:53 web-1 app[7]: 2019-03-14 09:26:53 x\n"
            "Mar 14 09:30:00 web-1 app[7]: 2020-03-14 09:30:00 y\n",
            2026,
            "modification time",
        ),
    ],
)
def test_a_year_that_a_file_tells_itself(make_source: MakeSource, text: str, year: int, how: str) -> None:
    source = make_source(text, "app.log", datetime(2026, 11, 20, tzinfo=UTC))
    clock = decide_clocks([source], NOW, None)["app.log"]
    assert clock.year == year
    assert how in clock.note


@pytest.mark.parametrize(
    ("name", "text", "zone", "place"),
    [
        ("date", "Sat Mar 14 10:30:00 CET 2026\n", 60, ""),
        ("sos_commands/date/date", "Sat 14 Mar 2026 04:30:00 AM EST\n", -300, ""),
        ("sos_commands/systemd/timedatectl", TIMEDATECTL, 0, "Asia/Shanghai"),
        ("etc/timezone", "America/New_York\n", 0, "America/New_York"),
        # CST is of Chicago or of Shanghai; a list of dates is no clock.
        ("date", "Sat Mar 14 10:30:00 CST 2026\n", 0, ""),
        ("dates.txt", "Sat Mar 14 10:30:00 CET 2026\n", 0, ""),
    ],
)
def test_the_zone_of_the_machine_counts_for_its_files_only(
    make_source: MakeSource, name: str, text: str, zone: int, place: str
) -> None:
    mine = make_source(SYSLOG, "case/web-1/var/log/syslog")
    other = make_source(SYSLOG, "case/web-2/var/log/syslog")
    clocks = decide_clocks([mine, other], NOW, None, [make_source(text, f"case/web-1/{name}")])
    clock = clocks["case/web-1/var/log/syslog"]
    assert (clock.zone_minutes, clock.place) == (zone, place)
    assert ("from the file" in clock.note) == bool(zone or place)
    assert "taken as UTC" in clocks["case/web-2/var/log/syslog"].note


POSTGRES = "2026-03-14 17:26:53.120 {} [812] {}\n"


@pytest.mark.parametrize(
    ("zone", "message", "modified", "place", "given", "utc"),
    [
        ("CST", "LOG:  ready", None, "", None, "23:26"),  # US Central
        ("CST", "LOG:  ready", None, "Asia/Shanghai", None, "09:26"),
        ("CST", "LOG:  ready", None, "America/Chicago", None, "23:26"),
        ("CST", "LOG:  ready", datetime(2026, 3, 14, 9, 26, 54, tzinfo=UTC), "", None, "09:26"),
        ("CST", "LOG:  ready", datetime(2026, 5, 1, tzinfo=UTC), "", 480, "09:26"),
        ("CST", "错误:  设备上没有空间", None, "", None, "09:26"),
        ("IST", "LOG:  ready", None, "", None, "11:56"),
        ("IST", "LOG:  ready", None, "Asia/Jerusalem", None, "15:26"),
        ("BST", "LOG:  ready", None, "Asia/Dhaka", None, "11:26"),
    ],
)
def test_an_abbreviation_of_several_zones_means_that_of_its_machine(
    make_source: MakeSource, zone: str, message: str, modified: datetime | None, place: str, given: int | None, utc: str
) -> None:
    log = make_source(POSTGRES.format(zone, message) * 3, "case/db-1/postgresql.log", modified)
    others = [make_source(f"{place}\n", "case/db-1/etc/timezone")] if place else []
    clock = decide_clocks([log], NOW, given, others)["case/db-1/postgresql.log"]
    parser = by_name("postgresql")
    plan = parser.plan(log, clock)
    (piece,) = parser.slices(log, plan)
    first = to_datetime(int(parser.read(log, piece, plan).time[0]))
    assert f"{first:%H:%M}" == utc


def test_what_the_user_says_counts_more_than_the_machine(make_source: MakeSource) -> None:
    machine = make_source(TIMEDATECTL, "timedatectl")
    assert decide_clocks([make_source(SYSLOG, "syslog")], NOW, 120, [machine])["syslog"].zone_minutes == 120


def test_an_unknown_error_is_dated_and_quoted_by_an_error(tmp_path: Path) -> None:
    line = '10.0.0.7 - - [14/Mar/2026:09:{}:53 +0000] "GET /shop HTTP/1.1" {} 812 "-" "curl/8.1"\n'
    statuses = (200, 200, 500, 200, 502, 200)
    (tmp_path / "access.log").write_text("".join(line.format(26 + at, code) for at, code in enumerate(statuses)))
    report = analyze([str(tmp_path / "access.log")], [], Options(jobs=1))
    (error,) = report.unknown
    assert error.count == 2
    assert error.example.line_number == 3
    assert (error.first_seen, error.last_seen) == (
        datetime(2026, 3, 14, 9, 28, 53, tzinfo=UTC),
        datetime(2026, 3, 14, 9, 30, 53, tzinfo=UTC),
    )
