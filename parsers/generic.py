"""Any text that no format knows: a time and a severity wherever lines have them."""

from __future__ import annotations

import re
from collections.abc import Callable

import numpy as np
import polars as pl

from .continuation import CONTINUATION
from .contract import Source
from .excerpt import sample_lines
from .lines import LineFormat, outlined, without_prefix
from .plan import Plan
from .text import detect_encoding
from .time_kinds import HEADER_WINDOW, KINDS, TimeKind
from .time_layout import find_kind, find_layout
from .times import Clock
from .traces import may_continue

# The date of a thing and not of an event: "Built:  Fri May 30 12:07:14 2025".
_DATED = re.compile(
    r"(?i)^\s*(?:built?|build (?:date|time)|compiled|created|modified|accessed?|changed?|birth|released?"
    r"|installed|(?:original )?install date|system boot time|(?:valid |not )?(?:before|after|until|from)"
    r"|expires?(?: on| at)?|last[- ]modified)\s*:\s"
)
# When a report was written, with nothing behind it.
_REPORTED = re.compile(r"^\s*(?:Date/Time|Time|Timestamp|Date and Time|Crash Time|Time of crash)\s*:\s+(.{8,60})$")


class GenericFormat(LineFormat):
    """Whatever else is text: finds a time and a severity where lines have them."""

    def starts_record(self, line: str) -> bool:
        """Whether a line carries a time near its start, in any of the known ways."""
        return find_kind([line[:128]]) is not None

    def sniff(self, source: Source) -> float:
        """Certain of nothing, but reads any text."""
        return 0.1

    def plan(self, source: Source, clock: Clock) -> Plan:
        """Decide how this file writes its times, and whether lines without one are records of their own."""
        lines = sample_lines(source)
        kind = find_kind([line for line in lines[:150] if not _DATED.match(line)])
        if kind is None:
            # A report tells once when it was written, and not ahead of each line.
            told = [match[1] for line in lines[:150] if (match := _REPORTED.match(line))]
            kind = find_kind(told, fields=True) if told else None
        headers = [line for line in lines if kind and kind.regex.search(line[:HEADER_WINDOW])]
        candidates = sum(not CONTINUATION.match(line) for line in lines)
        loose = not headers or len(headers) < 0.5 * candidates
        layout = find_layout(headers, kind) if kind else None
        # Two programs may write one file, or somebody put two files into one.
        left = [line for line in lines if kind and not kind.regex.search(line[:HEADER_WINDOW])]
        other = find_kind([line for line in left if not CONTINUATION.match(line)])
        others = (other.name,) if other is not None and other.date else ()
        return Plan(detect_encoding(source.head), layout, clock, loose, others=others)

    def _starts(self, plan: Plan) -> Callable[[str], bool]:
        if plan.layout is None:
            return lambda line: not CONTINUATION.match(line)
        regexes = [plan.layout.kind.regex, *(KINDS[name].regex for name in plan.others)]

        def starts(line: str) -> bool:
            found = next((match for regex in regexes if (match := regex.search(line[:HEADER_WINDOW]))), None)
            if found is None:
                return plan.loose and not CONTINUATION.match(line)
            return not may_continue(re.sub(_SEPARATOR, "", line[found.end() :], count=1))

        return starts

    def header(self, lines: pl.Series, plan: Plan) -> pl.DataFrame:
        """The line without its time, and whether it has one."""
        if plan.layout is None:
            return pl.DataFrame({"body": lines, "matched": np.zeros(len(lines), np.bool_)})
        bodies, matched = _without_time(lines, plan.layout.kind, plan.layout.start)
        for name in plan.others:
            left = (~matched).arg_true()
            if len(left):
                more, hit = _without_time(lines.gather(left), KINDS[name])
                bodies, matched = bodies.scatter(left, more), matched.scatter(left, hit)
        return pl.DataFrame({"body": bodies, "matched": matched})

    def outline(self, lines: pl.Series, plan: Plan) -> pl.DataFrame:
        """What reading a slice needs of `header`: all of it."""
        if plan.layout is None or plan.layout.start != 0 or plan.others:
            return self.header(lines, plan)
        return outlined(lines, self.body(lines, plan))

    def body(self, lines: pl.Series, plan: Plan) -> pl.Series:
        """The line without its time."""
        if plan.layout is None:
            return lines
        if plan.layout.start != 0 or plan.others:
            return self.header(lines, plan).get_column("body")
        bodies = without_prefix(lines, (f"^{_time_prefix(plan.layout.kind)}",))
        timed = bodies.str.len_bytes() < lines.str.len_bytes()
        bodies = _set_off(bodies).zip_with(timed, bodies)
        other = (~timed).arg_true()
        if not len(other):
            return bodies
        return bodies.scatter(other, self.header(lines.gather(other), plan).get_column("body"))


def _without_time(lines: pl.Series, kind: TimeKind, start: int = -1) -> tuple[pl.Series, pl.Series]:
    """Lines without their time, and which of them have one: an indented line only where the others have it, too."""
    anchor = "" if kind.pattern.startswith("^") else r".{0,95}?"
    groups = lines.str.extract_groups(f"^({anchor}){_time_prefix(kind)}(.*)$").struct.unnest()
    before, after = groups.to_series(0), groups.to_series(1)
    matched = after.is_not_null()
    if start >= 0:
        matched &= ~(before.str.contains(r"^\s") & (before.str.len_chars() != start)).fill_null(False)
    before = before.str.strip_chars_end("[( ").str.strip_chars_start()
    after = _set_off(after)
    body = after.zip_with((before == "").fill_null(True), before + " " + after)
    return body.zip_with(matched, lines), matched


def _time_prefix(kind: TimeKind) -> str:
    """A time and what sets it apart from the message. Without named groups: those are of no interest and cost time."""
    time = re.sub(r"\(\?P<\w+>", "(?:", kind.pattern).removeprefix("^")
    return f"(?:{time}){_SEPARATOR}"


def _set_off(bodies: pl.Series) -> pl.Series:
    """Messages without a second blank behind the time; what is indented further is the inside of a trace."""
    return bodies.str.replace(r"^\s(\S)", "$1")


# A monitor of a serial line writes an arrow behind the time.
_SEPARATOR = r"[\])]?(?:[\s|:,-]*[|:,>-])?\s?"
