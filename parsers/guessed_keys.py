"""Objects of unknown loggers: time, level and message by the words in their keys and the look of their values."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .severity import SYSLOG, number

_DEPTH = 2
_WORDS = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])")
_TIME = frozenset(
    ("time", "timestamp", "date", "datetime", "ts", "at", "when", "epoch", "stamp", "utc", "moment", "hour", "clock")
)
_LEVEL = frozenset(
    ("level", "lvl", "lev", "sev", "severity", "priority", "prio", "pri", "loglevel", "errlevel", "label")
)
_BODY = ("message", "msg", "text", "note", "reason", "error", "err", "what", "description", "desc", "detail", "details",
         "info", "summary", "title", "content", "line", "log", "event")  # fmt: skip
_SURE = 3  # of them
# A point in time, or the date or the clock alone, as nearly all loggers write them.
_MOMENT = re.compile(
    r"(?:[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/. ](?:[0-9]{1,2}|[A-Z][a-z]{2})[-/. ][0-9]{4})"
    r"(?P<clock>[T :,]{1,3}[0-9]{1,2}:[0-9]{2}.{0,24})?$"
)
_CLOCK = re.compile(r"[0-9]{1,2}:[0-9]{2}:[0-9]{2}(?:[.,][0-9]{1,9})?$")
# From 2001 to 2096, in seconds to nanoseconds.
_EPOCHS = tuple((10**power, 4 * 10**power) for power in (9, 12, 15, 18))


@dataclass(frozen=True, slots=True)
class Guess:
    """What an object seems to say.

    Attributes:
        time: as written; None where there is none.
        severity: OpenTelemetry number; 0 where no level is seen.
        leveled: whether a key speaks of a level.
        body: the message; None where no text is one.
        named: whether a key calls it a message.
        keys: those of time and level, which are no part of a message.
    """

    time: str | None
    severity: int
    leveled: bool
    body: str | None
    named: bool
    keys: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Role:
    """What the words of a key say: of time anywhere or at its end, of a level, how surely of a message (0 best)."""

    timely: bool
    is_time: bool
    is_level: bool
    body: int


@lru_cache(maxsize=4096)
def _role(key: str) -> _Role:
    """Asked for every key of every object, of which a log has few."""
    words = [word.lower() for word in _WORDS.findall(key)]
    last = words[-1] if words else ""
    body = _BODY.index(last) if last in _BODY else len(_BODY)
    return _Role(not _TIME.isdisjoint(words), last in _TIME, last in _LEVEL, body)


def guess(record: Mapping[str, Any]) -> Guess:
    """Guess at an object of which some names are not known."""
    # The best first, and of equals the first: a rank, the value, the key.
    times: list[tuple[int, str, str]] = []
    dates: dict[str, str] = {}
    levels: list[tuple[int, int, str]] = []
    bodies: list[tuple[int, int, str]] = []
    leveled = False
    for key, value in _leaves(record, _DEPTH):
        role = _role(key)
        text = value if isinstance(value, str) else ""
        counts = text[:1].isdigit()
        if counts and len(text) < 64 and (match := _MOMENT.match(text)):
            if match["clock"]:
                times.append((0 if role.is_time else 2, text, key))
            elif role.timely:
                dates.setdefault("date", text)
        elif role.timely and counts and len(text) < 24 and _CLOCK.match(text):
            dates.setdefault("clock", text)
        elif role.timely and _is_epoch(value):
            times.append((1, str(value), key))
        elif role.is_level and isinstance(value, (str, int)) and not isinstance(value, bool):
            leveled = True
            # A word says more than a number, the scale of which differs from logger to logger.
            numeric = isinstance(value, int) or (value.isascii() and value.isdigit() and len(value) < 4)
            if severity := SYSLOG.get(int(value), 0) if numeric else number(text):
                levels.append((int(numeric), severity, key))
        elif text:
            bodies.append((role.body + (role.body == len(_BODY) and " " not in text), -len(text), text))
    time = min(times, key=_rank)[1] if times else None
    if time is None and len(dates) == 2:
        time = f"{dates['date']} {dates['clock']}"
    level = min(levels, key=_rank) if levels else None
    rank, _, body = min(bodies) if bodies else (len(_BODY) + 1, 0, None)
    # One word behind "reason" is a code that says little without the rest of the object.
    named = rank < _SURE or (rank < len(_BODY) and body is not None and " " in body)
    keys = frozenset(key for *_, key in [*times, *levels])
    return Guess(time, level[1] if level else 0, leveled, body if rank <= len(_BODY) else None, named, keys)


def looks_logged(record: Mapping[str, Any]) -> bool:
    """Whether an object has a time, and a level or something that a key calls a message."""
    found = guess(record)
    return found.time is not None and (found.leveled or found.named)


def tells_level(key: str) -> bool:
    """Whether a key speaks of a level."""
    return _role(key).is_level


def _rank(found: tuple[int, Any, str]) -> int:
    return found[0]


def _leaves(record: Mapping[str, Any], depth: int) -> Iterator[tuple[str, Any]]:
    for key, value in record.items():
        if isinstance(value, dict):
            if depth:
                yield from _leaves(value, depth - 1)
        else:
            yield key, value


def _is_epoch(value: Any) -> bool:
    if isinstance(value, bool):
        return False
    if isinstance(value, str):
        if not re.fullmatch(r"[0-9]{10,19}(?:\.[0-9]{1,9})?", value):
            return False
        value = float(value)
    return isinstance(value, (int, float)) and any(low <= value < high for low, high in _EPOCHS)
