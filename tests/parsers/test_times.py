from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.batch import large_strings
from parsers.text import line_ends
from parsers.time_kinds import KINDS, TimeKind
from parsers.time_layout import find_kind, find_layout
from parsers.times import NAT, Clock, parse_times, times_of_lines, to_datetime, zone_minutes

CLOCK = Clock(year=2026, last=(3, 15), date=20_526)  # 2026-03-14


@pytest.mark.parametrize("kind", KINDS.values(), ids=lambda kind: kind.name)
@settings(max_examples=10)  # of each kind
@given(data=st.data())
def test_a_few_lines_give_the_times_that_many_give(kind: TimeKind, data: st.DataObject) -> None:
    texts = data.draw(st.lists(st.from_regex(kind.regex), min_size=1, max_size=5))
    few = parse_times(pl.Series(texts, dtype=pl.String), kind, CLOCK)
    many = parse_times(pl.Series(texts * 61, dtype=pl.String), kind, CLOCK)
    assert (few == many[: len(texts)]).all()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2026-03-14 09:26:53,589 INFO x", "2026-03-14T09:26:53.589"),
        ("2026-03-14T09:26:53.123456Z x", "2026-03-14T09:26:53.123456"),
        ("2026-03-14T14:56:53+05:30 x", "2026-03-14T09:26:53"),
        ("2026-03-14T09:26:53.123456789-0800 x", "2026-03-14T17:26:53.123456"),
        ("2026-03-14 10:26:53.589 CET [1] LOG:  x", "2026-03-14T09:26:53.589"),
        ("2026/03/14 09:26:53 [error] 7#7: x", "2026-03-14T09:26:53"),
        ('10.0.0.7 - - [14/Mar/2026:09:26:53 +0000] "GET', "2026-03-14T09:26:53"),
        ("[Sat Mar 14 09:26:53 2026] [error]", "2026-03-14T09:26:53"),
        ("[Sat Mar 14 09:26:53.123456 2026] [core:error]", "2026-03-14T09:26:53.123456"),
        ("Sat Mar 14 09:26:53 PDT 2026", "2026-03-14T16:26:53"),
        ("Sat, 14 Mar 2026 09:26:53 GMT", "2026-03-14T09:26:53"),
        ("812:M 14 Mar 2026 09:26:53.123 * Ready", "2026-03-14T09:26:53.123"),
        ("14-Mar-2026 09:26:53.123 SEVERE [main]", "2026-03-14T09:26:53.123"),
        ("Mar 14, 2026 9:26:53 PM org.apache", "2026-03-14T21:26:53"),
        ("Mar 14, 2026 12:26:53 AM org.apache", "2026-03-14T00:26:53"),
        ("Mar 14 09:26:53 web-1 sshd[7]:", "2026-03-14T09:26:53"),
        ("Mar  4 09:26:53 web-1 sshd[7]:", "2026-03-04T09:26:53"),
        ("Mar 14 2026 09:26:53: %ASA-6", "2026-03-14T09:26:53"),
        ("03/14/2026 9:26:53 AM x", "2026-03-14T09:26:53"),
        ("14/03/2026 09:26:53 x", "2026-03-14T09:26:53"),
        ("14.03.2026 09:26:53 x", "2026-03-14T09:26:53"),
        ("26/03/14 09:26:53 INFO x", "2026-03-14T09:26:53"),
        ("260314  9:26:53 [Note] x", "2026-03-14T09:26:53"),
        ("260314 092653 148 INFO dfs", "2026-03-14T09:26:53"),
        ("20260314-9:26:53:589|x", "2026-03-14T09:26:53.589"),
        ("20260314T092653Z x", "2026-03-14T09:26:53"),
        ("2026年03月14日 09:26:53 x", "2026-03-14T09:26:53"),
        ("2026年3月14日 星期六 下午9:26:53 x", "2026-03-14T21:26:53"),
        ("I0314 09:26:53.589123 1 x.go:7]", "2026-03-14T09:26:53.589123"),
        ("03-14 09:26:53.589 1 1 I x", "2026-03-14T09:26:53.589"),
        ("type=X msg=audit(1773480413.589:24): x", "2026-03-14T09:26:53.589"),
        ("1773480413.589 x", "2026-03-14T09:26:53.589"),
        ("1773480413589 x", "2026-03-14T09:26:53.589"),
        ("09:26:53.589 [main] x", "2026-03-14T09:26:53.589"),
        ("[GIN] 2026/03/14 - 09:26:53 | 401 | 505.317µs", "2026-03-14T09:26:53"),
        ("2026-03-14 09:26:53:589 ERROR x", "2026-03-14T09:26:53.589"),
        ("2026-03-14 11:26:53+02 mac installd[7]: x", "2026-03-14T09:26:53"),
        ("[2026-03-14, 09:26:53 UTC] {a.py:1} INFO - x", "2026-03-14T09:26:53"),
        ("2026.03.14-09.26.53:589][  0]LogInit: x", "2026-03-14T09:26:53.589"),
        ("2026-03-14-10.26.53.589793+060 I1 LEVEL: Info", "2026-03-14T09:26:53.589793"),
        ("20260314-092653.589 x", "2026-03-14T09:26:53.589"),
        ("[14-Mar-2026 10:26:53 Europe/Berlin] PHP Warning:  x", "2026-03-14T09:26:53"),
        ("[14-Jul-2026 11:26:53 Europe/Berlin] PHP Warning:  x", "2026-07-14T09:26:53"),
        ("Saturday, 14-Mar-26 09:26:53 UTC x", "2026-03-14T09:26:53"),
        ("Sat Mar 14 2026 11:26:53 GMT+0200 (EET) x", "2026-03-14T09:26:53"),
        ("Sat Mar 14 09:26:53 PM CET 2026: x", "2026-03-14T20:26:53"),
        ("Sa 14. Mär 10:26:53 CET 2026 x", "2026-03-14T09:26:53"),
        ("14 mars 2026 09:26:53 ERREUR x", "2026-03-14T09:26:53"),
        ("14. Dez. 2026 09:26:53 x", "2026-12-14T09:26:53"),
        ("Mai 14, 2026 9:26:53 PM org.apache", "2026-05-14T21:26:53"),
        ("2026 Mar 14 09:26:53 sw-1 %VSHD-5-X: y", "2026-03-14T09:26:53"),
        ("mar/14/2026 09:26:53 system,info x", "2026-03-14T09:26:53"),
        ("03/14/2026-09:26:53.589793  [**] [1:1:1] x", "2026-03-14T09:26:53.589793"),
        ("03/14-09:26:53.589793  [**] [1:1:1] x", "2026-03-14T09:26:53.589793"),
        ("14/3/2026 -- 09:26:53 - <Info> - x", "2026-03-14T09:26:53"),
        ("03/14/2026 9:26 PM - x", "2026-03-14T21:26:00"),
        ("14.03.2026 09:26 - x", "2026-03-14T09:26:00"),
        ("14-Mar 09:26 dir-1 JobId 7: x", "2026-03-14T09:26:00"),
        ("[7:7:0314/092653.589793:ERROR:a.cc(7)] x", "2026-03-14T09:26:53.589793"),
        ("E260314 09:26:53.589793 7 a.go:7 x", "2026-03-14T09:26:53.589793"),
        ("INFO 03-14 09:26:53 engine.py:7] x", "2026-03-14T09:26:53"),
        ("[ERROR] [1773480413.589]: x", "2026-03-14T09:26:53.589"),
        ("1.773480413589e+09\tERROR\tx", "2026-03-14T09:26:53.589"),
        ("@4000000069b529e723199a80 x", "2026-03-14T09:26:53.588880"),
        ("69b529dd.23199a80 0x7f3c conn=7 x", "2026-03-14T09:26:53.588880"),
        ('date=2026-03-14 time=09:26:53 devname="fw"', "2026-03-14T09:26:53"),
        ('time="10:26:53.589-060" date="3-14-2026" component=x', "2026-03-14T09:26:53.589"),
    ],
)
def test_every_common_way_to_write_a_time_is_read(text: str, expected: str) -> None:
    kind = find_kind([text] * 3)
    assert kind is not None
    (micros,) = parse_times(pl.Series([text]), kind, CLOCK)
    assert to_datetime(int(micros)) == datetime.fromisoformat(expected).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "text",
    ["2026-02-30 12:00:00", "0000-01-01 00:00:00", "2026-13-01 12:00:00", "2026-01-01 25:61:61", "1900-02-29 00:00:00"],
)
def test_a_time_that_does_not_exist_is_no_time(text: str) -> None:
    assert parse_times(pl.Series([text]), KINDS["iso"], CLOCK).tolist() == [NAT]


def test_a_text_without_a_time_has_no_kind() -> None:
    assert find_kind(["starting up", "version 1.2.3", "listening on 10.0.0.1:8080"]) is None


def test_a_missing_year_rolls_back_over_new_year() -> None:
    clock = Clock(year=2026, last=(1, 2))
    micros = parse_times(pl.Series(["Dec 31 23:59:59 x", "Jan  1 00:00:01 x"]), KINDS["syslog"], clock)
    assert [moment.year for value in micros if (moment := to_datetime(int(value)))] == [2025, 2026]


@given(
    moments=st.lists(st.datetimes(datetime(1971, 1, 1), datetime(2099, 1, 1)), min_size=1, max_size=30),
    digits=st.sampled_from([0, 3, 6]),
    zone=st.sampled_from(["", "Z", "+05:30", "-0800"]),
)
def test_lines_at_fixed_columns_give_what_each_line_gives_alone(
    moments: list[datetime], digits: int, zone: str
) -> None:
    def written(moment: datetime) -> str:
        fraction = f".{moment.microsecond:06d}"[: digits + 1] if digits else ""
        return f"{moment:%Y-%m-%dT%H:%M:%S}{fraction}{zone} x"

    lines = [written(moment) for moment in moments]
    buffer = "".join(line + "\n" for line in lines).encode()
    ends = line_ends(buffer)
    layout = find_layout(lines, KINDS["iso"])
    assert layout.start == 0
    wanted = np.ones(len(lines), np.bool_)
    fast = times_of_lines(large_strings(buffer, ends), ends, buffer, wanted, layout, CLOCK)
    slow = parse_times(pl.Series(lines), KINDS["iso"], CLOCK)
    assert fast.tolist() == slow.tolist()
    exact = [
        int((moment.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * 1_000_000
        - (zone_minutes(zone) or 0) * 60_000_000
        for moment in moments
    ]
    assert [value // 1_000_000 for value in fast.tolist()] == [value // 1_000_000 for value in exact]


def test_lines_that_differ_from_the_layout_are_read_all_the_same() -> None:
    lines = ["2026-03-14T09:26:53.589Z a"] * 5 + ["2026-03-14T09:26:53.5Z b", "2026-03-14T10:26:53.589+01:00 c", "none"]
    buffer = "".join(line + "\n" for line in lines).encode()
    ends = line_ends(buffer)
    layout = find_layout(lines, KINDS["iso"])
    wanted = np.ones(len(lines), np.bool_)
    got = times_of_lines(large_strings(buffer, ends), ends, buffer, wanted, layout, CLOCK)
    shown = [moment and moment.isoformat(timespec="milliseconds") for moment in map(to_datetime, got.tolist())]
    assert shown[4:] == [
        "2026-03-14T09:26:53.589+00:00",
        "2026-03-14T09:26:53.500+00:00",
        "2026-03-14T09:26:53.589+00:00",
        None,
    ]


@pytest.mark.parametrize(
    ("zone", "minutes"),
    [
        ("Z", 0),
        ("+0530", 330),
        ("-08:00", -480),
        ("CEST", 120),
        ("GMT+0200", 120),
        ("+02", 120),
        ("-060", -60),
        ("XYZ", None),
    ],
)
def test_zones(zone: str, minutes: int | None) -> None:
    assert zone_minutes(zone) == minutes


@pytest.mark.parametrize(
    ("days", "name"),
    [
        (["03/04/2026", "03/05/2026", "03/06/2026"], "slashed_us"),
        (["03/04/2026", "04/04/2026", "05/04/2026"], "slashed_eu"),
        (["13/04/2026", "14/04/2026", "01/05/2026"], "slashed_eu"),
        (["24/05/06", "24/05/07", "24/05/08"], "yymmdd"),
        (["05/06/24", "05/07/24", "05/08/24"], "slashed_us"),
    ],
)
def test_the_order_of_day_and_month_is_that_of_dates_which_follow_each_other(days: list[str], name: str) -> None:
    kind = find_kind([f"{day} 09:26:53 x" for day in days])
    assert kind is not None
    assert kind.name == name


def test_a_place_that_is_none_is_read_as_a_time_without_a_zone() -> None:
    text = "[14-Mar-2026 09:26:53 Nowhere/Atlantis] x"
    (micros,) = parse_times(pl.Series([text]), KINDS["rfc5322"], CLOCK)
    assert to_datetime(int(micros)) == datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
