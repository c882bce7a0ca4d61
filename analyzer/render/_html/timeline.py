"""The chart of a report: where bars, spans, marks and ticks stand.

x runs from 0 to WIDTH whatever the width of the page (the drawings are stretched), y is in pixels. Ticks are in
percent, so that their text is not stretched.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from analyzer.finding import Bucket, Report

WIDTH = 1000
LOUD_HEIGHT, QUIET_HEIGHT, EMPTY_HEIGHT = 84, 40, 20
_LOUD = ("fatal", "error", "warn")
_QUIET = ("info", "debug", "unset")
_TICKS = 7
_SLOTS = 240
_DAY = 86_400
_STEPS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10_800, 21_600, 43_200, _DAY, 2 * _DAY,
          7 * _DAY, 14 * _DAY, 30 * _DAY, 91 * _DAY, 182 * _DAY, 365 * _DAY)  # fmt: skip
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_MARKS_SHOWN = 60


@dataclass(frozen=True, slots=True)
class Stack:
    """Stacked bars: a path of SVG for each severity, the most records in one bucket, and the height of the drawing."""

    paths: Mapping[str, str]
    peak: int
    height: int


@dataclass(frozen=True, slots=True)
class Span:
    """From x to x + width, with what a person should know about it."""

    x: float
    width: float
    kind: str
    note: str


@dataclass(frozen=True, slots=True)
class Tick:
    """A label under the chart; every second one is minor and gives way on narrow pages."""

    percent: float
    text: str
    minor: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """All that the page draws.

    Attributes:
        start, seconds, step: begin of the axis since 1970, its length, length of a slot.
        buckets: of the report in a slot; more than one only when there are very many.
        loud, quiet: warnings and worse; everything else.
        shades: gaps and clock jumps.
        captures: time that captures cover and trouble in them, None when there is no capture.
        ticks: labels; `day` is the date for an axis that shows hours only.
        slots: (number from 0, warnings and worse, all) for the script; empty ones are left out.
    """

    start: int
    seconds: int
    step: int
    buckets: int
    day: str
    loud: Stack
    quiet: Stack
    shades: Sequence[Span]
    captures: Sequence[Span] | None
    ticks: Sequence[Tick]
    slots: Sequence[tuple[int, int, int]]

    @property
    def width(self) -> timedelta:
        """Length of a slot."""
        return timedelta(seconds=self.step)

    def span(self, first: datetime | None, last: datetime | None) -> Span | None:
        """Where a span of time stands on the axis; None when it does not."""
        if first is None or last is None or last.timestamp() < self.start:
            return None
        if first.timestamp() > self.start + self.seconds:
            return None
        low, high = self._x(first.timestamp()), self._x(last.timestamp())
        return Span(low, round(high - low, 1), "", "")

    def bars(self, counts: Sequence[int], height: int) -> str:
        """Counts of the report's buckets from the begin of the axis on as a path of SVG, the largest `height` high."""
        sums: Counter[int] = Counter()
        for bucket, count in enumerate(counts[: self.seconds // self.step * self.buckets]):
            sums[bucket // self.buckets] += max(0, count)
        peak, width = max(sums.values(), default=0), self.step / self.seconds * WIDTH
        return "".join(
            _bar(slot * width, width, height, max(1.5, count / peak * height)) for slot, count in sums.items() if count
        )

    def _x(self, second: float) -> float:
        return round(min(max((second - self.start) / self.seconds, 0.0), 1.0) * WIDTH, 1)


def chart(report: Report) -> Chart | None:
    """The chart of a report; None when no record has a time."""
    buckets = sorted(report.timeline, key=lambda bucket: bucket.start)
    if not buckets:
        return None
    step = max(1, report.bucket_seconds)
    start, last = int(buckets[0].start.timestamp()), int(buckets[-1].start.timestamp())
    group = -(-((last - start) // step + 1) // _SLOTS)
    step *= group
    slots = _slots(buckets, start, step)
    seconds = (max(slots) + 1) * step
    nothing = Stack({}, 0, EMPTY_HEIGHT)
    empty = Chart(start, seconds, step, group, "", nothing, nothing, (), None, (), ())
    return replace(
        empty,
        day=_day(buckets[0].start) if seconds <= 2 * _DAY else "",
        loud=_stack(slots, _LOUD, LOUD_HEIGHT, step / seconds * WIDTH),
        quiet=_stack(slots, _QUIET, QUIET_HEIGHT, step / seconds * WIDTH),
        shades=list(_marks(report, empty, ("gap", "clock_jump"))),
        captures=_captures(report, empty),
        ticks=list(_ticks(start, seconds, last)),
        slots=[(slot, sum(counts[name] for name in _LOUD), counts.total()) for slot, counts in slots.items()],
    )


def _slots(buckets: Sequence[Bucket], start: int, step: int) -> dict[int, Counter[str]]:
    """Records of each slot that has any by severity, in their order; a severity that is not known counts as unset."""
    slots: dict[int, Counter[str]] = {}
    for bucket in buckets:
        counts = slots.setdefault((int(bucket.start.timestamp()) - start) // step, Counter())
        for name, count in bucket.counts.items():
            counts[name if name in _LOUD or name in _QUIET else "unset"] += count
    return slots


def _stack(slots: Mapping[int, Counter[str]], names: Sequence[str], height: int, width: float) -> Stack:
    peak = max(sum(counts[name] for name in names) for counts in slots.values())
    paths = dict.fromkeys(names, "")
    for slot, counts in slots.items():
        # What is there at all is seen, however little it is.
        heights = {name: max(1.5, counts[name] / peak * height) for name in names if counts[name] > 0}
        scale = min(1.0, height / max(1.0, sum(heights.values())))
        base = float(height)
        for name, tall in heights.items():
            paths[name] += _bar(slot * width, width, base, tall * scale)
            base -= tall * scale
    return Stack({name: path for name, path in paths.items() if path}, peak, height if peak else EMPTY_HEIGHT)


def _bar(x: float, width: float, base: float, height: float) -> str:
    room = width * 0.14 if width > 4 else 0.0
    wide = max(1.0, width - room)
    return f"M{x + room / 2:.1f} {base:.1f}h{wide:.1f}v{-height:.1f}h{-wide:.1f}z"


def _marks(report: Report, axis: Chart, kinds: Sequence[str]) -> Iterator[Span]:
    shown = [mark for mark in report.marks if mark.kind in kinds][:_MARKS_SHOWN]
    for mark in shown:
        span = axis.span(mark.start, mark.end)
        if span is not None:
            note = f"{mark.source}: {mark.note}" if mark.source else mark.note
            yield Span(span.x, max(span.width, 2.0), mark.kind, note)


def _captures(report: Report, axis: Chart) -> list[Span] | None:
    """The lane of the captures: the time that they cover, and on it what is wrong on the wire."""
    troubles = list(_marks(report, axis, ("capture",)))
    covered = [
        Span(span.x, max(span.width, 2.0), "covered", entry.source)
        for entry in [entry for entry in report.coverage if entry.parser == "capture"][:_MARKS_SHOWN]
        if (span := axis.span(entry.first_seen, entry.last_seen)) is not None
    ]
    return covered + troubles if covered or troubles else None


def _ticks(start: int, seconds: int, last: int) -> Iterator[Tick]:
    step = next((step for step in _STEPS if seconds / step <= _TICKS), -(-seconds // _TICKS))
    low = -(-start // step) * step
    for index, second in enumerate(range(low, min(start + seconds, last) + 1, step)):
        moment = datetime.fromtimestamp(second, UTC)
        if step >= 28 * _DAY:
            text = f"{_MONTHS[moment.month - 1]} {moment.year}"
        elif seconds > 2 * _DAY:
            text = f"{moment.day} {_MONTHS[moment.month - 1]}" + ("" if step >= _DAY else f" {moment:%H:%M}")
        elif second % _DAY == 0:
            text = f"{moment.day} {_MONTHS[moment.month - 1]}"
        else:
            text = f"{moment:%H:%M:%S}" if step < 60 else f"{moment:%H:%M}"
        yield Tick(round((second - start) / seconds * 100, 2), text, index % 2 == 1)


def _day(moment: datetime) -> str:
    return f"{moment.day} {_MONTHS[moment.month - 1]} {moment.year}"
