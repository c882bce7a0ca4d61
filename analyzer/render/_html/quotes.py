"""Lines of evidence with the lines around them; what overlaps in one file becomes one excerpt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from analyzer.finding import Evidence


@dataclass(frozen=True, slots=True)
class Line:
    """A line of an excerpt.

    Attributes:
        number: of the line, or of the frame; 0 when unknown.
        pieces: its text, and of each piece whether it matched.
        hit: whether it is evidence, not context.
    """

    number: int
    pieces: tuple[tuple[str, bool], ...]
    hit: bool


@dataclass(frozen=True, slots=True)
class Quote:
    """An excerpt of a file: its evidence and its lines, in their order."""

    evidence: tuple[Evidence, ...]
    lines: tuple[Line, ...]

    @property
    def first(self) -> Evidence:
        """The first line of evidence."""
        return self.evidence[0]

    @property
    def place(self) -> str:
        """Where the evidence stands, to be put behind the path: ":12, 15", " frame 12", or nothing."""
        return ", ".join([self.first.place, *(str(line.line_number) for line in self.evidence[1:])])

    @property
    def has_context(self) -> bool:
        """Whether there are lines around the evidence."""
        return len(self.lines) > len(self.evidence)


def quotes(evidence: Sequence[Evidence]) -> list[Quote]:
    """Excerpts for lines of evidence, in their order."""
    out: list[Quote] = []
    for entry in evidence:
        joined = _joined(out[-1], entry) if out else None
        if joined is not None:
            out[-1] = joined
        else:
            out.append(Quote((entry,), tuple(_lines(entry))))
    return out


def _joined(quote: Quote, entry: Evidence) -> Quote | None:
    """An excerpt with one more line of evidence; None where that stands elsewhere."""
    last = quote.evidence[-1]
    if entry.source != last.source or not last.line_number < entry.line_number:
        return None
    if not last.line_number or entry.line_number - len(entry.before) > quote.lines[-1].number + 1:
        return None
    lines = {line.number: line for line in (*_lines(entry), *quote.lines)}
    # The line itself was context so far.
    lines[entry.line_number] = Line(entry.line_number, tuple(segments(entry)), True)
    return Quote((*quote.evidence, entry), tuple(lines[number] for number in sorted(lines)))


def _lines(entry: Evidence) -> Iterator[Line]:
    number = entry.line_number
    for index, text in enumerate(entry.before):
        yield Line(max(0, number - len(entry.before) + index), ((text, False),), False)
    yield Line(number or entry.frame_number, tuple(segments(entry)), True)
    for index, text in enumerate(entry.after, 1):
        yield Line(number + index if number else 0, ((text, False),), False)


def segments(evidence: Evidence) -> Iterator[tuple[str, bool]]:
    """The text of a line in pieces: the piece, and whether it matched."""
    at = 0
    for start, end in sorted(evidence.highlights):
        start, end = max(start, at), min(end, len(evidence.text))
        if start < end:
            if at < start:
                yield evidence.text[at:start], False
            yield evidence.text[start:end], True
            at = end
    if at < len(evidence.text):
        yield evidence.text[at:], False
