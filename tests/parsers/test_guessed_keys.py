"""JSON lines of loggers whose keys nobody has listed have their time, level and message."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Any

import pytest

from analyzer.clock import decide_clocks, utc_now
from parsers import identify
from parsers.contract import Source
from parsers.times import to_datetime


@pytest.mark.parametrize(
    "keys",
    [
        {"when": "2026-03-14 09:26:53", "sev": "ERR", "text": "the cart is lost"},
        {"logTime": 1773480413000, "logLevel": "SEVERE", "logMessage": "the cart is lost"},
        {"meta": {"at": "2026-03-14T09:26:53Z", "lvl": "E"}, "payload": {"cart": 7, "what": "the cart is lost"}},
        {"date": "2026-03-14", "hour": "09:26:53", "level": "error", "message": "the cart is lost"},
        {"time": "2026-03-14T09:26:53Z", "prio": 1, "label": "Error", "msg": "the cart is lost"},
        {"cart": 7, "shop": "web", "sale_epoch": "1773480413", "priority": "3", "reason": "the cart is lost"},
        {
            "occurredAt": "14/Mar/2026:09:26:53 +0000",
            "x_level": "",
            "severity_label": "ERROR",
            "note": "the cart is lost",
        },
    ],
)
def test_time_level_and_message_are_found_by_words_and_looks(
    keys: Mapping[str, Any], make_source: Callable[..., Source]
) -> None:
    source = make_source("".join(json.dumps(keys) + "\n" for _ in range(20)))
    parser = identify(source).parser
    plan = parser.plan(source, decide_clocks([source], utc_now(), None)[source.path])
    (piece,) = parser.slices(source, plan, 1 << 24)
    batch = parser.read(source, piece, plan)
    bodies = batch.extract(batch, batch.record_of(batch.heads), ["body"]).get_column("body").to_list()
    times = {str(to_datetime(int(batch.time[row]))) for row in batch.heads}
    assert parser.name == "json_lines"
    assert (bodies, times) == (["the cart is lost"] * 20, {"2026-03-14 09:26:53+00:00"})
    assert {int(batch.severity[row]) for row in batch.heads} == {17}


@pytest.mark.parametrize("level", ["", "²", "9" * 5000, 10**400, -1, True, None, 1.5, [], {"level": []}])
def test_levels_that_make_no_sense_are_none(level: Any, make_source: Callable[..., Source]) -> None:
    source = make_source(
        "".join(json.dumps({"when": "2026-03-14 09:26:53", "sev": level, "text": "x y"}) + "\n" for _ in range(9))
    )
    parser = identify(source).parser
    plan = parser.plan(source, decide_clocks([source], utc_now(), None)[source.path])
    (piece,) = parser.slices(source, plan, 1 << 24)
    batch = parser.read(source, piece, plan)
    assert {int(batch.severity[row]) for row in batch.heads} == {0}


def test_data_without_a_time_is_no_log(make_source: Callable[..., Source]) -> None:
    towns = "".join(json.dumps({"town": f"T{at}", "people": at * 1000, "river": "Rhine"}) + "\n" for at in range(40))
    assert identify(make_source(towns)).parser.name != "json_lines"
