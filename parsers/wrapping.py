"""What stands ahead of every line because of the way the file was made, not of the program that wrote the log.

grep puts the name of the file there, an editor or `cat -n` a number, a mail or an issue tracker a mark of quotation.
Without it the lines are what they were. Names that tell several programs apart are read by parsers/formats/streams.py.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from .time_layout import find_kind

_LINES = 40
_QUOTED = rb"> ?"
_INDENTED = rb"(?: {4}|\t)"
_NUMBERED = rb"[ \t]*[0-9]{1,9}(?:[:|.)]|\t|  ?)[ \t]?"
# Server-sent events, and JSON text sequences (RFC 7464), as journalctl writes them.
_FRAMED = rb"(?:data: ?|\x1e)(?=\{)"
_FILE = rb"[^\s:|]{1,160}?\.(?:log|txt|out|err)(?:\.[0-9]{1,3})?(?::[0-9]+)?:"


def prefix_of(head: bytes) -> bytes:
    """A regular expression for what stands ahead of every line of a head; empty where nothing does."""
    lines = [line for line in head.split(b"\n", _LINES)[:_LINES] if line.strip()]
    if len(head) == _HEAD and len(lines) > 1:
        lines.pop()  # cut by the end of the head
    if len(lines) < 2:
        return b""
    for pattern, proof in _KINDS:
        regex = re.compile(pattern)
        found = [match.group() for line in lines if (match := regex.match(line))]
        if len(found) == len(lines) and proof(
            found, [line[len(part) :] for line, part in zip(lines, found, strict=True)]
        ):
            return pattern
    for pattern in (_QUOTED, _INDENTED):
        if _is_part(re.compile(pattern), lines):
            return pattern
    return b""


def _is_part(regex: re.Pattern[bytes], lines: Sequence[bytes]) -> bool:
    """Whether a log stands inside of what somebody wrote: all lines that begin with a time are behind the prefix."""
    rests = [line[match.end() :] for line in lines if (match := regex.match(line))]
    texts = [rest[:200].decode("utf-8", "replace") for rest in rests]
    kind = find_kind(texts) if len(rests) > 1 else None
    if kind is None or 2 * len(rests) < len(lines):
        return False
    begin = sum((time := kind.regex.search(text)) is not None and time.start() < 2 for text in texts)
    plain = (line[:200].decode("utf-8", "replace") for line in lines if not regex.match(line))
    return 2 * begin >= len(rests) and not any(kind.regex.search(line) for line in plain)


_HEAD = 64 * 1024


def _anything(_parts: Sequence[bytes], _rests: Sequence[bytes]) -> bool:
    return True


def _timed(_parts: Sequence[bytes], rests: Sequence[bytes]) -> bool:
    return find_kind([rest[:200].decode("utf-8", "replace") for rest in rests]) is not None


def _counted(parts: Sequence[bytes], rests: Sequence[bytes]) -> bool:
    """Whether the numbers of lines ascend one by one (from any), or as those of lines that a search found."""
    numbers = [int(re.sub(rb"[^0-9]", b"", part)) for part in parts]
    steps = [after - before for before, after in pairwise(numbers)]
    found = b":" in parts[0] and all(step > 0 for step in steps)
    return (found or all(step == 1 for step in steps)) and len(parts) > 1 and _timed(parts, rests)


def _one_file(parts: Sequence[bytes], rests: Sequence[bytes]) -> bool:
    """Whether all lines are from one file."""
    return len({re.sub(rb"(?::[0-9]+)?:$", b"", part) for part in parts}) == 1 and _timed(parts, rests)


_KINDS = ((_QUOTED, _timed), (_FRAMED, _anything), (_FILE, _one_file), (_NUMBERED, _counted))
