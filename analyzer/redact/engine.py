"""The detectors over a text: small texts as they are, large ones only where a line may hold something."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import islice
from typing import TYPE_CHECKING

from analyzer.redact import addresses, credentials, personal
from analyzer.redact.detector import Detector
from analyzer.redact.hosts import BEHIND_KEY, NAMING, Hosts
from analyzer.redact.pseudonyms import Pseudonyms

if TYPE_CHECKING:
    import polars as pl

# Longest shapes first: a token may hold what looks like a telephone number, never the other way round.
_FIRST = (*credentials.DETECTORS, *personal.DETECTORS)
DETECTORS: tuple[Detector, ...] = (*_FIRST, *addresses.DETECTORS, BEHIND_KEY)

# What is looked for in every line, in one search; addresses by themselves, because they are in most lines of many logs.
_RARE = "|".join(
    f"(?:{detector.gate})" for detector in DETECTORS if not detector.shape and detector is not addresses.IPV4
)
# The same for lines without digits, and without what is in most lines of some logs.
_RARE_SHAPES = "|".join(
    [NAMING, *(f"(?:{detector.gate})" for detector in DETECTORS if detector.shape and not detector.common)]
)

_KEY_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_KEY_WHOLE = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----((?:(?!-----)[^\n]){16,65536}?)"
    r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
)
_KEY_REST = re.compile(r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----([0-9A-Za-z+/=\\rn]{16,65536})")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY")
_ARMOUR = re.compile(r"(?<![0-9A-Za-z+/=])([0-9A-Za-z+/]{16,}={0,2})(?![0-9A-Za-z+/=])")
_LAST_ARMOUR = re.compile(r"[0-9A-Za-z+/=]+\Z")
# A 16 kbit RSA key has some 200 lines.
_LONGEST_KEY = 400
# Below it the gates cost more than they spare.
_SMALL = 12 * 1024


class Redactor:
    """Redacts the texts of one report, or the files of one bundle.

    Attributes:
        names: the pseudonyms given so far.
    """

    def __init__(self, names: Pseudonyms | None = None, only_credentials: bool = False) -> None:
        """Start with the pseudonyms of an earlier text, or with none.

        Args:
            names: the pseudonyms of an earlier text.
            only_credentials: leave personal data and addresses as they are.
        """
        self.names = names or Pseudonyms()
        self._detectors = credentials.DETECTORS if only_credentials else DETECTORS
        self._hosts = None if only_credentials else Hosts()
        self._key_lines = 0

    def start(self, source: str) -> None:
        """Begin a file: what follows is counted for it, and no private key of the file before goes on."""
        self.names.source = source
        self._key_lines = 0

    def learn(self, text: str, path: str = "") -> None:
        """Take the hosts that a text names, which may be the content of a file: they are hidden in what follows."""
        if self._hosts is not None:
            self._hosts.learn(text, path)

    def learn_hosts(self, names: Iterable[str]) -> None:
        """Take names of hosts."""
        if self._hosts is not None:
            self._hosts.take(names)

    def text(self, text: str) -> str:
        """A text of any size with pseudonyms; it keeps the number of its lines (LF)."""
        if not text:
            return text
        return self._without_values(self._private_keys(text))

    def texts(self, texts: Sequence[str]) -> list[str]:
        """Texts of which none goes on in the next one, in a fraction of the time that `text` takes for each."""
        without_keys = []
        for text in texts:
            self._key_lines = 0
            without_keys.append(self._private_keys(text))
        self._key_lines = 0
        lines = iter(self._without_values("\n".join(without_keys)).split("\n"))
        return ["\n".join(islice(lines, text.count("\n") + 1)) for text in texts]

    def _without_values(self, text: str) -> str:
        if len(text) > _SMALL:
            return self._large(text)
        self.learn(text)
        for detector in self._detectors:
            text = detector.replace(text, self.names)
        if self._hosts is not None:
            for detector in self._hosts.detectors(text):
                text = detector.replace(text, self.names)
        return text

    def _private_keys(self, text: str) -> str:
        """Private keys (RFC 7468, RFC 9580) in a line or over lines; a key may go on in the next text."""
        if not self._key_lines and "PRIVATE KEY" not in text:
            return text
        return "\n".join(map(self._key_line, text.split("\n")))

    def _key_line(self, line: str) -> str:
        if "PRIVATE KEY" in line:
            line = _KEY_WHOLE.sub(self._key_body, line)
            begin, end = _KEY_BEGIN.search(line), _KEY_END.search(line)
            if begin and not end:
                line = _KEY_REST.sub(self._key_body, line)
                self._key_lines = _LONGEST_KEY
                return line
            if end:
                self._key_lines = 0
            return line
        if not self._key_lines:
            return line
        self._key_lines -= 1
        hidden = _ARMOUR.sub(lambda match: self.names.name("secret", match.group(1)), line)
        if hidden != line:
            return hidden
        stripped = line.rstrip()
        last = _LAST_ARMOUR.search(stripped)
        if last and len(last.group()) >= 4 and (last.start() == 0 or stripped[last.start() - 1].isspace()):
            return line[: last.start()] + self.names.name("secret", last.group()) + line[last.end() :]
        return line

    def _key_body(self, match: re.Match[str]) -> str:
        start, end = match.span(1)
        whole = match.group()
        name = self.names.name("secret", match.group(1))
        return whole[: start - match.start()] + name + whole[end - match.start() :]

    def _large(self, text: str) -> str:
        lines = text.split("\n")
        # Lone surrogates stand for bytes that are no text; they are of no concern to the gates.
        column, shapes = _columns(text.encode("utf-8", "replace"))
        codes = shapes.hash()
        first = codes.arg_unique()
        kinds, known = codes.gather(first), shapes.gather(first)
        rare = column.str.contains(_RARE).arg_true()
        few = known.str.contains(_RARE_SHAPES).arg_true()
        few_kinds, few_known = kinds.gather(few), known.gather(few)

        def with_shape(gate: str, common: bool = False) -> pl.Series:
            held = (kinds if common else few_kinds).filter((known if common else few_known).str.contains(gate))
            return codes.is_in(held.implode()).arg_true() if len(held) else held

        if self._hosts is not None:
            self._hosts.learn("\n".join([lines[row] for row in with_shape(NAMING)]))
            self._hosts.learn_headers(column)
        for detector in self._detectors:
            if detector.shape:
                places = with_shape(detector.gate, detector.common)
            elif detector is addresses.IPV4:
                places = column.str.contains(detector.gate).arg_true()
            else:
                places = rare.filter(column.gather(rare).str.contains(detector.gate))
            if not len(places):
                continue
            if detector.run:
                self._pass_runs(detector, lines, column, places)
                continue
            if detector.shape:
                places = places.filter(column.gather(places).str.contains(detector.sharp_gate))
            self._pass(detector, lines, places.to_list())
        self._pass_hosts(lines, column)
        return "\n".join(lines)

    def _pass_hosts(self, lines: list[str], column: pl.Series) -> None:
        for detector in self._hosts.detectors() if self._hosts is not None else ():
            places = column.str.contains(detector.gate).arg_true()
            if detector.run:
                self._pass_runs(detector, lines, column, places)
            else:
                self._pass(detector, lines, places.to_list())

    def _pass_runs(self, detector: Detector, lines: list[str], column: pl.Series, places: pl.Series) -> None:
        """As `_pass`, by the different runs of characters; line by line only where what stands ahead may decide."""
        if detector.doubt:
            doubtful = column.gather(places).str.contains(detector.doubt)
            if doubtful.any():
                self._pass(detector, lines, places.filter(doubtful).to_list())
                places = places.filter(~doubtful)
        rows = places.to_list()
        if not rows:
            return
        after = detector.replace_in_runs("\n".join([lines[row] for row in rows]), self.names)
        if after is None:
            self._pass(detector, lines, rows)
            return
        for row, line in zip(rows, after.split("\n"), strict=True):
            lines[row] = line

    def _pass(self, detector: Detector, lines: list[str], rows: list[int]) -> None:
        before = "\n".join([lines[row] for row in rows])
        after = detector.replace(before, self.names)
        if after is not before:
            for row, line in zip(rows, after.split("\n"), strict=True):
                lines[row] = line


def _columns(data: bytes) -> tuple[pl.Series, pl.Series]:
    """The lines of UTF-8 text, and the lines without their digits."""
    return _lines(data), _lines(data.translate(None, b"0123456789"))


def _lines(data: bytes) -> pl.Series:
    import numpy as np

    from parsers.batch import large_strings

    found = np.flatnonzero(np.frombuffer(data, np.uint8) == 10)
    # Each line keeps its LF, which no pattern can match.
    return large_strings(data, np.concatenate(([0], found + 1, [len(data)])).astype(np.int64))
