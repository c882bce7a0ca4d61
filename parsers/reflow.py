"""Lines that are not those of the log: messages cut at the width of a terminal or a mail, and frames without line ends.

A terminal breaks a line in the middle of a word, a mail program at a blank; both leave parts that begin without a time.
Syslog over TCP counts the bytes of each message instead of ending it (RFC 6587, 3.4.1). What is read are the lines as
they were written.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from .continuation import CONTINUATION
from .time_kinds import KINDS
from .time_layout import find_kind

_LINES = 200
_DIGITS = str.maketrans("", "", "0123456789")
_FEW = 3  # lines that go on, at least, for a file to be wrapped
_NARROWEST, _WIDEST = 60, 260
_MAIL = 100  # no mail program wraps at more
_START = 64  # characters of a line in which a time says that it begins a record
_FRAME = re.compile(rb"(?<=[^\n])(?=(?<![0-9])[0-9]{2,5} <[0-9]{1,3}>(?:1 |[A-Z][a-z]{2} [ 0-9][0-9] ))")


@dataclass(frozen=True, slots=True)
class Wrap:
    """How lines were broken.

    Attributes:
        width: characters of a full line; 0 where frames stand one behind the other instead.
        at_blanks: whether lines were broken at blanks, which are gone.
        kind: the name of the way in which lines that begin a record write their time.
    """

    width: int = 0
    at_blanks: bool = False
    kind: str = ""


FRAMES = Wrap()


def wrap_of(head: bytes, whole: bool) -> Wrap | None:
    """How the lines of a log were broken, by the head of a file; None where they were not.

    Args:
        head: of the file, in UTF-8.
        whole: whether it is all of the file, so that its last line is not cut.
    """
    if len(_FRAME.findall(head[:8192])) > 1:
        return FRAMES
    lines = head.split(b"\n", _LINES)[:_LINES]
    if not whole and len(lines) > 1:
        lines.pop()
    widest = max(map(len, lines), default=0)
    if len(lines) <= _FEW or widest < _NARROWEST or widest > 4 * _WIDEST:
        return None
    texts = [line.decode("utf-8", "replace").rstrip("\r") for line in lines]
    width = max(map(len, texts))
    # Hardly a line is as long as the longest, which is too long for a mail: asked first, as to find times takes longer.
    if width > _WIDEST or (width > _MAIL and sum(len(text) == width for text in texts) < _FEW):
        return None
    if (kind := find_kind(texts)) is None:
        return None
    begins = [kind.regex.search(text[:_START]) is not None for text in texts]
    if sum(begins) < 2:
        return None
    hard = Wrap(width, False, kind.name)
    full = [at for at in range(len(texts) - 1) if len(texts[at]) == width]
    parts = [at for at in full if not begins[at + 1] and texts[at + 1]]
    # Lines that are all the same are of one length without being broken.
    if _distinct(texts[at] for at in parts) >= _FEW and len(parts) * 5 >= 4 * len(full):
        return hard
    if width > _MAIL:
        return None
    soft = Wrap(width, True, kind.name)
    ahead = [
        (before, text)
        for (before, text), starts in zip(pairwise(texts), begins[1:], strict=True)
        if before.strip() and not starts and not CONTINUATION.match(text)
    ]
    fit = [text for before, text in ahead if _goes_on(before, text, soft)]
    return soft if _distinct(fit) >= _FEW and len(fit) * 5 >= 4 * len(ahead) else None


def _distinct(texts: Iterable[str]) -> int:
    """How many of some texts differ by more than their digits."""
    return len({text.translate(_DIGITS) for text in texts})


def _goes_on(before: str, text: str, wrap: Wrap) -> bool:
    """Whether a line, which begins no record, goes on with the line before it."""
    if not wrap.at_blanks:
        return len(before) == wrap.width and bool(text)
    # Its first word would not have fitted.
    return bool(before.strip()) and len(before) + 1 + len(text.split(" ", 1)[0]) > wrap.width


def reflowed(text: bytes, wrap: Wrap) -> tuple[bytes, NDArray[np.int64], NDArray[np.int64]]:
    """Lines as they were written.

    Returns:
        The text; int64[n], of each of its lines the line of the given text at which it begins; and int64[n], the
        bytes ahead of it there.
    """
    lines = text.split(b"\n")[:-1]
    if not wrap.width:
        return _unframed(lines)
    texts = [line.decode("utf-8", "replace").rstrip("\r") for line in lines]
    regex = KINDS[wrap.kind].regex
    out: list[str] = []
    numbers: list[int] = []
    for at, line in enumerate(texts):
        if out and _goes_on(texts[at - 1], line, wrap) and not _begins(line, regex, wrap):
            out[-1] += (" " if wrap.at_blanks else "") + line
        else:
            out.append(line)
            numbers.append(at)
    joined = "".join(f"{line}\n" for line in out).encode("utf-8", "replace")
    return joined, np.array(numbers, np.int64), np.zeros(len(numbers), np.int64)


def _begins(line: str, regex: re.Pattern[str], wrap: Wrap) -> bool:
    return regex.search(line[:_START]) is not None or (wrap.at_blanks and CONTINUATION.match(line) is not None)


def _unframed(lines: Sequence[bytes]) -> tuple[bytes, NDArray[np.int64], NDArray[np.int64]]:
    rows: list[bytes] = []
    numbers: list[int] = []
    ahead: list[int] = []
    for at, line in enumerate(lines):
        place = 0
        for frame in _FRAME.split(line):
            rows.append(frame + b"\n")
            numbers.append(at)
            ahead.append(place)
            place += len(frame)
    return b"".join(rows), np.array(numbers, np.int64), np.array(ahead, np.int64)
