"""Unreal Engine: logs of games and of the editor (Saved/Logs)."""

from __future__ import annotations

import re
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ..lines import LineFormat, Sample
from ..plan import Plan
from ..severity import DEBUG, INFO, TRACE

_AHEAD = r"^(?:\[[0-9]{4}\.[0-9]{2}\.[0-9]{2}-[0-9]{2}\.[0-9]{2}\.[0-9]{2}:[0-9]{3}\]\[[ 0-9]*\])?(?:Log[A-Z][A-Za-z0-9]*|[A-Z][A-Za-z0-9]+): "
# What the engine writes about its end, line by line, behind "=== Critical error: ===".
_CRASH = re.compile(
    _AHEAD.replace("(?P<", "(?:")
    + r"(?:Fatal|Error): (?:\s*$|\[Callstack\]|Fatal error!|Unhandled Exception: |Assertion failed: |Fatal error: \[File:)"
)


class UnrealFormat(LineFormat):
    """What the engine writes about its end is one record."""

    def starts_record(self, line: str) -> bool:
        """Whether a line begins a record, and does not go on with the report of a crash."""
        return super().starts_record(line) and not _CRASH.match(line)

    @cached_property
    def _inside(self) -> re.Pattern[str]:
        return re.compile(f"{super()._inside.pattern}|{_CRASH.pattern}")

    def _record_starts(self, shapes: pl.Series, header: pl.DataFrame, plan: Plan) -> NDArray[np.bool_]:
        starts = super()._record_starts(shapes, header, plan)
        # Shapes have no digits.
        within = shapes.str.contains(_CRASH.pattern.replace("{4}", "*").replace("{2}", "*").replace("{3}", "*"))
        out: NDArray[np.bool_] = starts & ~within.to_numpy()
        return out

    def severity_numbers(self, header: pl.DataFrame) -> NDArray[np.uint8]:
        """The verbosity; messages that name none are of verbosity Log."""
        numbers = super().severity_numbers(header)
        if "severity_text" not in header.columns:
            return numbers
        plain = header.get_column("matched") & header.get_column("severity_text").is_null()
        return np.where(plain.to_numpy(), INFO, numbers).astype(np.uint8)


FORMAT = UnrealFormat(
    name="unreal_engine",
    title="Unreal Engine log",
    reference="https://dev.epicgames.com/documentation/en-us/unreal-engine/logging-in-unreal-engine",
    patterns=(
        r"^\[[0-9]{4}\.[0-9]{2}\.[0-9]{2}-[0-9]{2}\.[0-9]{2}\.[0-9]{2}:[0-9]{3}\]\[[ 0-9]*\](?P<scope_name>[A-Z][A-Za-z0-9_]*): (?:(?P<severity_text>Fatal|Error|Warning|Display|Log|Verbose|VeryVerbose): )?(?P<body>.*)$",
        # Ahead of the first frame there is no time yet.
        r"^(?P<scope_name>Log[A-Z][A-Za-z0-9]*): (?:(?P<severity_text>Fatal|Error|Warning|Display|Log|Verbose|VeryVerbose): )?(?P<body>.*)$",
    ),
    times=("dotted_clock",),
    severity_words={"Display": INFO, "Verbose": DEBUG, "VeryVerbose": TRACE},
    confidence=0.97,
    samples=(
        Sample(
            "[2026.03.14-09.26.53:589][829]LogShop: Warning: no card",
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 13,
                "scope_name": "LogShop",
                "body": "no card",
            },
        ),
        Sample(
            "[2026.03.14-09.26.54:100][830]LogWindows: Error: === Critical error: ===\n"
            "[2026.03.14-09.26.54:101][830]LogWindows: Error: \n"
            "[2026.03.14-09.26.54:101][830]LogWindows: Error: Assertion failed: Card != nullptr [File:D:\\shop\\Pay.cpp] [Line: 7]\n"
            "[2026.03.14-09.26.54:102][830]LogWindows: Error: [Callstack] 0x00007ff8c210d066 Shop.exe!Pay() []",
            {"time": "2026-03-14T09:26:54.1Z", "severity_number": 17},
        ),
        Sample(
            "[2026.03.14-09.26.55:000][  0]LogInit: Display: Running engine for game: Shop",
            {"severity_number": 9, "body": "Running engine for game: Shop"},
        ),
        Sample(
            "[2026.03.14-09.26.55:001][  0]LogWindows: Failed to load 'pay.dll' (GetLastError=126)",
            {"severity_number": 9},
        ),
    ),
)
