"""Formats whose records are blocks of lines: the header and the message stand on different lines.

A `BlockFormat` is a declaration, as a `LineFormat` is: which line begins a block, and how a whole block reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from . import severity
from .contract import Source
from .excerpt import head_lines
from .records import RecordFormat, Records
from .schema import HEADER_FIELDS


@dataclass(frozen=True)
class BlockFormat(RecordFormat):
    r"""A text format in which a record is a block of lines.

    Attributes:
        start: a regular expression (Python) for the first line of a block, anchored at the start.
        patterns: regular expressions for whole blocks, lines joined by "\n", tried in order; "." matches a line end.
            Groups: body, time, and any of schema.HEADER_FIELDS. A block that none matches is kept as text.
        severity_words: words or letters of this format beyond the common ones.
        severity_default: the severity number of blocks that name none.
        confidence: what a file of nothing but blocks scores.
    """

    start: str
    patterns: Sequence[str]
    severity_words: Mapping[str, int] = field(default_factory=dict)
    severity_default: int = 0
    confidence: float = 0.9

    @cached_property
    def _start(self) -> re.Pattern[str]:
        return re.compile(self.start)

    @cached_property
    def _patterns(self) -> tuple[re.Pattern[str], ...]:
        return tuple(re.compile(pattern, re.DOTALL) for pattern in self.patterns)

    def starts_record(self, line: str) -> bool:
        """Whether a line begins a block."""
        return self._start.match(line) is not None

    def sniff(self, source: Source) -> float:
        """The share of blocks that read as blocks should, times the confidence."""
        lines = head_lines(source, 400)
        blocks = list(self._blocks(lines))
        if len(blocks) > 1 and source.size > len(source.head):
            blocks.pop()  # cut by the end of the head
        filled = [block for at, block in blocks if block.strip()]
        hits = sum(self._match(block) is not None for block in filled)
        return self.confidence * hits / len(filled) if hits else 0.0

    def records(self, lines: Sequence[str]) -> Records:
        """Each block is a record; what stands ahead of the first one is kept as text."""
        found = Records()
        for at, block in self._blocks(lines):
            match = self._match(block)
            if match is None:
                if block.strip():
                    found.add(at, block)
                else:
                    found.skipped += block.count("\n") + 1
                continue
            groups = match.groupdict()
            fields = {name: groups.get(name) for name in HEADER_FIELDS}
            found.add(
                at, groups["body"], groups.get("time"), self._severity(groups.get("severity_text")), fields=fields
            )
        return found

    def _severity(self, word: str | None) -> int:
        if word is None:
            return self.severity_default
        return self.severity_words.get(word, severity.number(word)) or self.severity_default

    def _match(self, block: str) -> re.Match[str] | None:
        for pattern in self._patterns:
            if match := pattern.match(block):
                return match
        return None

    def _blocks(self, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Each block with the number of its first line; lines ahead of the first block are one."""
        first = 0
        for at, line in enumerate(lines):
            if at > first and self.starts_record(line):
                yield first, "\n".join(lines[first:at]).rstrip("\n")
                first = at
        if lines:
            yield first, "\n".join(lines[first:]).rstrip("\n")
