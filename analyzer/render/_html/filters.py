"""How values are written on the page."""

from __future__ import annotations

from datetime import datetime, timedelta

from markupsafe import Markup, escape

from analyzer.render._escape import stamp, visible
from analyzer.render._html.quotes import quotes
from analyzer.render._system import system
from parsers.severity import name_of


def printable(value: object) -> object:
    """What every expression of a template passes: plain text is made visible, Markup and numbers stay."""
    return visible(value) if type(value) is str else "" if value is None else value


def lines(text: str) -> Markup:
    """A text of several lines, its line ends kept."""
    return Markup("\n").join(escape(visible(line)) for line in text.split("\n"))


def paragraphs(text: str) -> list[str]:
    """A text of a rule file as its paragraphs."""
    return [" ".join(part.split()) for part in text.split("\n\n") if part.strip()]


def short(text: str, characters: int) -> str:
    """A text cut to a number of characters, with a sign that it was."""
    return text if len(text) <= characters else text[: characters - 1] + "…"


def size(count: float) -> str:
    """Bytes for people."""
    for unit in ("B", "KiB", "MiB"):
        if count < 1024:
            return f"{count:,.0f} {unit}" if unit == "B" or count >= 10 else f"{count:.1f} {unit}"
        count /= 1024
    return f"{count:,.1f} GiB"


def number(count: float | int | str | None) -> str:
    """A number with thousands separated."""
    return f"{count:,}" if isinstance(count, int | float) else str(count or "")


def cell(value: float | int | str | None, column: str) -> str:
    """A value of a table: long fractions are cut; what only looks like a number, a port or a frame, stays as it is."""
    if isinstance(value, float):
        return f"{value:,.3f}".rstrip("0").rstrip(".")
    return str(value) if column.endswith(("frame_number", "port", "_p", "vlan", "id")) else number(value)


def percent(share: float) -> str:
    """A share of one."""
    return f"{share:.0%}"


def epoch(moment: datetime | None) -> str:
    """Seconds since 1970 for scripts, "" when unknown."""
    return f"{moment.timestamp():.3f}".rstrip("0").rstrip(".") if moment else ""


def iso(moment: datetime) -> str:
    """A UTC time for machines."""
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def until(last: datetime | None, first: datetime | None) -> str:
    """The end of a span, without the date when that is the date of its begin."""
    if last is None:
        return "-"
    return f"{last:%H:%M:%S}" if first is not None and first.date() == last.date() else stamp(last)


def duration(span: timedelta) -> str:
    """A span of time in its largest unit, and the next one below where that is not zero."""
    seconds = int(span.total_seconds())
    units = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
    first = next((index for index, (_, length) in enumerate(units) if seconds >= length), 3)
    words: list[str] = []
    for name, length in units[first : first + 2]:
        count, seconds = divmod(seconds, length)
        if count or not words:
            words.append(f"{count:,} {name}")
    return " ".join(words)


def inside(source: str, bundle: str) -> str:
    """A path without the name of the one bundle that all paths begin with."""
    return source.removeprefix(f"{bundle}!/").removeprefix(f"{bundle}/")


def linkable(reference: str) -> bool:
    """Whether a reference may become a link: anything but the web stays text."""
    return reference.startswith(("https://", "http://"))


FILTERS = {
    "lines": lines,
    "paragraphs": paragraphs,
    "short": short,
    "size": size,
    "number": number,
    "cell": cell,
    "percent": percent,
    "epoch": epoch,
    "iso": iso,
    "stamp": stamp,
    "until": until,
    "duration": duration,
    "quotes": quotes,
    "inside": inside,
    "system": system,
    "severity_name": lambda value: name_of(value).lower(),
}
