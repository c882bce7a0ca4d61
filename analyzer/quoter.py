"""Single records of the bundle, read again: to quote them, or to see whom they name."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import takewhile

from analyzer.finding import Evidence
from parsers.contract import Source
from parsers.excerpt import line_with, quote, surroundings
from parsers.plan import Plan
from parsers.times import to_datetime

TEXT_CHARACTERS = 2000
# Lines of a record that are read to see whom it names.
LINES_READ = 40
TIME_OF_DAY = re.compile(r"[0-9]:[0-9]{2}:[0-9]{2}")


class Quoter:
    """Reads single lines of the bundle again, to quote them."""

    def __init__(
        self, sources: Sequence[tuple[Source, Plan | None]], notices: Mapping[int, Sequence[str]] | None = None
    ) -> None:
        """Take the sources by their index, and the texts of the notices of those that are captures."""
        self._sources = sources
        self._notices = notices or {}

    def path(self, source: int) -> str:
        """The path of a source inside the bundle."""
        return self._sources[source][0].path

    def is_capture(self, source: int) -> bool:
        """Whether the records of a source are notices of a capture."""
        return source in self._notices

    def record(self, source: int, offset: int) -> str:
        """The text of a record with its lines up to the next time of day, or of a notice; empty if unreadable."""
        if source in self._notices:
            return self._notices[source][offset]
        file, plan = self._sources[source]
        if plan is None:
            return ""
        try:
            text = quote(file, offset, plan.encoding)
            behind = surroundings(file, offset, plan.encoding, LINES_READ)[1]
        except OSError:
            return ""
        return "\n".join([text, *takewhile(lambda line: not TIME_OF_DAY.search(line[:40]), behind)])

    def evidence(
        self, source: int, offset: int, line: int, time: int, literals: Sequence[Sequence[str]] = (), context: int = 0
    ) -> Evidence:
        """Quote a line, or a notice of a capture; `literals` are highlighted in it.

        Args:
            source: index of the source.
            offset: byte offset of the line, or number of the notice.
            line: number of the line, or of the frame.
            time: microseconds, NAT unknown.
            literals: what made a rule find it; the first list counts more than the second.
            context: lines around it that are quoted, too.
        """
        file, plan = self._sources[source]
        notices = self._notices.get(source)
        if notices is not None:
            text = notices[offset][:TEXT_CHARACTERS]
            return Evidence(file.path, 0, to_datetime(time), text, _ranges(text, literals), frame_number=line)
        before: tuple[str, ...] = ()
        after: tuple[str, ...] = ()
        try:
            text = quote(file, offset, plan.encoding) if plan is not None else ""
            if plan is not None and any(literals) and not _ranges(text, literals) and plan.encoding.wrap is None:
                # The record has several lines: what made the rule find it is on another one.
                places = (line_with(file, offset, plan.encoding, some) for some in literals if some)
                lines_behind, bytes_behind = next(filter(None, places), (0, 0))
                line, offset = line + lines_behind, offset + bytes_behind
                text = quote(file, offset, plan.encoding)
            if context and plan is not None:
                before, after = surroundings(file, offset, plan.encoding, context)
        except OSError as error:
            text = f"(the line cannot be read again: {error.strerror or error})"
        text = text[:TEXT_CHARACTERS]
        marks = _ranges(text, literals)
        before, after = (tuple(line[:TEXT_CHARACTERS] for line in lines) for lines in (before, after))
        return Evidence(file.path, line, to_datetime(time), text, marks, offset, before=before, after=after)


def _ranges(text: str, literals: Sequence[Sequence[str]]) -> tuple[tuple[int, int], ...]:
    """Where the literals stand in a text, in order, without overlap: those of the first list of which one is there."""
    low = text.lower()
    places = ([(at, at + len(word)) for word in some if (at := low.find(word.lower())) >= 0] for some in literals)
    found = sorted(next(filter(None, places), []))
    out: list[tuple[int, int]] = []
    for start, end in found:
        if not out or start >= out[-1][1]:
            out.append((start, end))
    return tuple(out)
