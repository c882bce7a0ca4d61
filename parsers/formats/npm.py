"""npm: the debug log of a command and what it prints on the console."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..plan import Plan, Slice
from ..records import RecordFormat, Records
from ..severity import DEBUG, ERROR, INFO, TRACE, number
from ..text import SLICE_BYTES, slices

_LINE = re.compile(
    r"^(?:(?P<count>[0-9]+) (?P<level>silly|verbose|info|timing|http|notice|warn|error|silent)"
    r"|npm (?P<said>silly|verbose|verb|timing|http|info|notice|warn|error|ERR!|WARN))(?: (?P<body>.*)|$)"
)
_LEVELS = {
    "silly": TRACE,
    "verbose": DEBUG,
    "verb": DEBUG,
    "timing": DEBUG,
    "http": INFO,
    "silent": INFO,
    "ERR!": ERROR,
}


@dataclass(frozen=True)
class Npm(RecordFormat):
    """A message of several lines repeats its number; the lines of errors that follow each other tell one failure."""

    def starts_record(self, line: str) -> bool:
        """Whether a line has a level."""
        return _LINE.match(line) is not None

    def slices(self, source: Source, plan: Plan, size: int = SLICE_BYTES) -> Iterator[Slice]:
        """Slices no smaller than a message of many lines, each of which has a level."""
        return slices(source, plan.encoding, self.starts_record, max(size, SLICE_BYTES))

    def sniff(self, source: Source) -> float:
        """The share of lines with a number and a level, or with npm's name and a level."""
        lines = [line for line in head_lines(source, 200) if line.strip()]
        hits = sum(self.starts_record(line) for line in lines)
        return 0.9 * hits / len(lines) if hits * 5 >= len(lines) and hits else 0.0

    def records(self, lines: Sequence[str]) -> Records:
        """Each message is a record."""
        found = Records()
        before: tuple[str, str] | None = None
        for at, line in enumerate(lines):
            match = _LINE.match(line)
            if match is None:
                if not line.strip() and not found.line:
                    found.skipped += 1
                else:
                    found.add(at, line, continues=bool(found.line) and bool(before))
                continue
            word = match["level"] or match["said"]
            level = _LEVELS.get(word) or number(word)
            same = before is not None and before[1] == word and (before[0] == (match["count"] or "") or level == ERROR)
            if same and (match["count"] or level == ERROR):
                found.add(at, match["body"] or "", continues=True)
            else:
                found.add(at, match["body"] or "", None, level)
            before = (match["count"] or "", word)
        return found


FORMAT = Npm(
    name="npm",
    title="npm debug log",
    reference="https://docs.npmjs.com/cli/v10/using-npm/logging",
    samples=(
        Sample("1 info using npm@11.19.1", {"severity_number": 9, "body": "using npm@11.19.1"}),
        Sample("3 silly config load:file:/root/.npmrc", {"severity_number": 1}),
        Sample("npm silly placeDep ROOT error-ex@1.3.2 OK", {"severity_number": 1}),
        Sample(
            "41 error code ENOENT\n42 error syscall open", {"severity_number": 17, "body": "code ENOENT\nsyscall open"}
        ),
        Sample("6 silly parsed { raw: 'shop',\n6 silly parsed   scope: null }", {"severity_number": 1}),
        Sample(
            "npm ERR! code ELIFECYCLE\nnpm ERR! errno 1", {"severity_number": 17, "body": "code ELIFECYCLE\nerrno 1"}
        ),
    ),
)
