"""Where the times of a file stand: which way of writing them most of its lines share, and at which columns."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

from .time_kinds import ALL_KINDS, HEADER_WINDOW, TIME_WINDOW, TimeKind

# What a text must have to hold a time of any kind. Most text has none, and this search is one instead of sixty.
_TIMELIKE = re.compile(r"[0-9][:.时][0-9]{2}|[0-9]{6}|^@4[0-9a-f]{15}|^[4-7][0-9a-f]{7}\.[0-9a-f]{8} ")
# Lines that a kind must be found among to be looked for in the others: some of each look.
_PROBED = 30
_LOOK = 24
_LOOKS_ALIKE = str.maketrans("123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz", "0" * 9 + "a" * 52)
# By how much one kind must fit better than another that comes before it in the table.
_BETTER = 1.02


def find_kind(
    texts: Sequence[str], kinds: tuple[TimeKind, ...] = ALL_KINDS, *, fields: bool = False
) -> TimeKind | None:
    """The way in which most of some texts write their time, one of `kinds`, or None where hardly any has one.

    Args:
        texts: lines, or fields that should be times.
        kinds: in the order in which they are preferred.
        fields: whether they are fields: a line that is nothing but a number counts something.
    """
    return _find_kind(tuple(texts), kinds, fields)


@lru_cache(maxsize=16)
def _find_kind(texts: tuple[str, ...], kinds: tuple[TimeKind, ...], fields: bool) -> TimeKind | None:
    best: _Best | None = None
    windows = [window for text in texts if _TIMELIKE.search(window := text[:HEADER_WINDOW])]
    probes = _probes(windows)
    for kind in kinds if windows else ():
        if not (kind.lines or fields):
            continue
        # No score is higher than the number of lines.
        if best is not None and best[0] * _BETTER >= len(windows) and _SWAPPED.get(kind.name) != best[1].name:
            continue
        search = kind.regex.search
        if not any(search(probe) for probe in probes):
            continue
        valid = [m for window in windows if (m := search(window)) and _plausible(m, kind, fields)]
        if kind.name == "epoch_field" and not fields and not _is_in_order(valid):
            continue
        # An earlier position is a better sign of a header than one in the middle of a message.
        score = sum(1.0 - m.start() / 400 for m in valid)
        if valid and (best is None or score > best[0] * _BETTER or _is_denser(kind, valid, score, best)):
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
    if kind.name in _BARE and len(valid) < 0.5 * outer:
        return None
    return kind if len(valid) >= 0.2 * outer or begin >= 3 or headed else None


def _is_in_order(matches: Sequence[re.Match[str]]) -> bool:
    """Whether bare numbers of seconds rise or fall from line to line: those of events do, those of files do not."""
    seconds = [int(match["epoch"]) for match in matches]
    pairs = list(pairwise(seconds))
    least = 0.8 * len(pairs)
    return len(pairs) < 3 or sum(a <= b for a, b in pairs) >= least or sum(a >= b for a, b in pairs) >= least


def _probes(windows: Sequence[str]) -> list[str]:
    """The first, the middle and the last of the lines that look alike at their start."""
    alike: dict[str, list[str]] = {}
    for window in windows:
        alike.setdefault(window[:_LOOK].translate(_LOOKS_ALIKE), []).append(window)
    chosen = [dict.fromkeys((same[0], same[len(same) // 2], same[-1])) for same in alike.values()]
    return [window for same in chosen for window in same][:_PROBED]


# Kinds that differ in the order of day and month only.
_SWAPPED = {
    "slashed_eu": "slashed_us", "slashed_eu_minutes": "slashed_us_minutes", "slashed_colon_us": "slashed_colon",
    "dashed_us": "dashed", "slashed_us": "yymmdd",
}  # fmt: skip


# A year of two digits beyond this one is of the century before, or no year.
_LATEST = 40
# Kinds that are a number and nothing else: one in a table may be any.
_BARE = frozenset(("epoch", "epoch_field"))
_Best = tuple[float, TimeKind, list[re.Match[str]]]


def _is_denser(kind: TimeKind, valid: Sequence[re.Match[str]], score: float, best: _Best) -> bool:
    """Whether day and month in the other order give as many dates, and such that lie closer together."""
    if _SWAPPED.get(kind.name) != best[1].name or score < best[0]:
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


def _plausible(match: re.Match[str], kind: TimeKind, fields: bool) -> bool:
    names = kind.regex.groupindex
    if not names.keys().isdisjoint(_UNDATED):
        return fields or match.group().strip() != match.string.strip()
    month = (match["month"] if "month" in names else None) or "1"
    if month.isdigit() and not 1 <= int(month) <= 12:
        return False
    day = (match["day"] if "day" in names else None) or 1
    return 1 <= int(day) <= 31 and int(match["hour"]) <= 24


# Groups of times that have neither a month nor an hour to look at.
_UNDATED = frozenset(("epoch", "uptime", "tai", "hex", "scientific"))


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
