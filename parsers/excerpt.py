"""Excerpts of a file for people and for guesses: its first and last lines, one line, the lines around it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache

from .charset import is_utf8
from .cleaning import cleaned
from .contract import HEAD_BYTES, Source
from .counted import uncounted, without_size
from .plan import Encoding
from .reflow import reflowed
from .text import detect_encoding, find_aligned

LINE_CHARACTERS = 4096
_CONTEXT_BYTES = 8192
# Lines by which formats are told apart.
SNIFFED_LINES = 120
# How far behind the first line of a record its other lines are looked for.
_RECORD_BYTES = 32 * 1024
_RECORD_LINES = 300


def head_lines(source: Source, limit: int = 400, characters: int = LINE_CHARACTERS) -> tuple[str, ...]:
    """The first whole lines of a source as text, without colours, at most `limit`, each cut at `characters`."""
    if characters > LINE_CHARACTERS:
        return _all_lines(source.head, source.size, characters)[:limit]
    return _head_lines(source.head, source.size, limit)


@lru_cache(maxsize=16)
def _head_lines(head: bytes, size: int, limit: int) -> tuple[str, ...]:
    return _all_lines(head, size)[:limit]


def _plain(data: bytes, encoding: Encoding) -> str:
    """Whole lines as text, without what is not of the log."""
    if encoding.width == 1 and b"\0" in data:
        data = uncounted(data)
    text = data.decode(encoding.name, "replace").replace("\0", "")
    return cleaned(text.encode("utf-8", "replace"), encoding).decode("utf-8", "replace")


@lru_cache(maxsize=4)
def _all_lines(head: bytes, size: int, characters: int = LINE_CHARACTERS) -> tuple[str, ...]:
    encoding = detect_encoding(head)
    data = head[encoding.bom :]
    text = _plain(data[: len(data) // encoding.width * encoding.width], encoding)
    lines = text.split("\r" if encoding.newline.strip(b"\0") == b"\r" else "\n")
    if encoding.wrap is not None:
        lines = reflowed(f"{text}\n".encode(), encoding.wrap)[0].decode().split("\n")[:-1]
    if size > len(head) and len(lines) > 1:
        lines.pop()  # cut by the end of the head
    return tuple(line.rstrip("\r")[:characters] for line in lines)


def tail_lines(source: Source, encoding: Encoding, limit: int) -> list[str]:
    """The last lines of a source as text, at most `limit`, each cut at LINE_CHARACTERS.

    Raises:
        OSError: the file cannot be read.
    """
    if source.size <= len(source.head):
        return list(head_lines(source, len(source.head)))[-limit:]
    start = max(encoding.bom, (source.size - HEAD_BYTES) // encoding.width * encoding.width)
    with source.open() as handle:
        handle.seek(start)
        data = handle.read(HEAD_BYTES)
    text = _plain(data, encoding).replace("\r\n", "\n")
    return [line[:LINE_CHARACTERS] for line in text.replace("\r", "\n").split("\n")[1:] if line.strip()][-limit:]


def spread_lines(source: Source) -> tuple[str, ...]:
    """Some two dozen of the lines that are sniffed: the first ones, and others at even distances."""
    return _spread(head_lines(source, SNIFFED_LINES))


def spread_text(source: Source) -> str:
    """The same, in one text."""
    return _joined(spread_lines(source))


@lru_cache(maxsize=4)
def _joined(lines: tuple[str, ...]) -> str:
    return "\n".join(lines)


@lru_cache(maxsize=4)
def _spread(lines: tuple[str, ...]) -> tuple[str, ...]:
    filled = [line for line in lines if line.strip()]
    return tuple(filled[:10] + filled[10 :: max(1, len(filled) // 16)])


def sample_lines(source: Source) -> list[str]:
    """Lines to plan by: from the head of the file, or from its tail where the head is blank.

    Raises:
        OSError: the file cannot be read.
    """
    lines = [line for line in head_lines(source) if line.strip()]
    return lines or tail_lines(source, detect_encoding(source.head), 400)


def quote(source: Source, offset: int, encoding: Encoding, limit: int = 4096) -> str:
    """The line that starts at a byte offset of a source, as text, without colours, cut at `limit` bytes.

    Raises:
        OSError: the file cannot be read.
    """
    with source.open() as handle:
        handle.seek(offset)
        data = handle.read(limit * encoding.width)
    if encoding.wrap is not None:
        data = reflowed(data + b"\n", encoding.wrap)[0]
    end = find_aligned(data, encoding.newline, encoding.width)
    return _shown(data[:end] if end >= 0 else data, encoding)


def surroundings(
    source: Source, offset: int, encoding: Encoding, count: int
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The lines directly ahead of and behind the line that starts at a byte offset, at most `count` of each.

    Lines that are longer than some thousand bytes are left out, and so is what lies beyond them.

    Raises:
        OSError: the file cannot be read.
    """
    width = encoding.width
    start = max(encoding.bom, offset - _CONTEXT_BYTES * width)
    with source.open() as handle:
        handle.seek(start)
        ahead = handle.read(offset - start)
        behind = handle.read(_CONTEXT_BYTES * width)
    above = _lines(ahead, encoding)
    if start > encoding.bom:
        above = above[1:]  # cut by the start of what was read
    below = _lines(behind, encoding)
    if len(behind) == _CONTEXT_BYTES * width or not below[-1]:
        below = below[:-1]  # cut by the end of what was read, or the nothing behind the last line end
    # `ahead` ends with the end of a line, and the line itself is the first of what follows.
    return tuple(above[:-1][-count:]), tuple(below[1 : count + 1])


def line_with(source: Source, offset: int, encoding: Encoding, texts: Sequence[str]) -> tuple[int, int] | None:
    """How many lines and bytes behind the line at a byte offset the first line with one of some texts is.

    Raises:
        OSError: the file cannot be read.
    """
    with source.open() as handle:
        handle.seek(offset)
        data = handle.read(_RECORD_BYTES)
    wanted = [text.lower() for text in texts]
    start = count = 0
    while (end := find_aligned(data, encoding.newline, encoding.width, start)) >= 0 and count < _RECORD_LINES:
        low = _shown(data[start:end], encoding).lower()
        if any(text in low for text in wanted):
            return count, start
        start, count = end + len(encoding.newline), count + 1
    return None


def _lines(data: bytes, encoding: Encoding) -> list[str]:
    out, start = [], 0
    while (end := find_aligned(data, encoding.newline, encoding.width, start)) >= 0:
        out.append(_shown(data[start:end], encoding))
        start = end + len(encoding.newline)
    return [*out, _shown(data[start:], encoding)]


def _shown(line: bytes, encoding: Encoding) -> str:
    if encoding.width == 1:
        line = without_size(line)
    codec = encoding.name
    if codec == "utf-8" and not is_utf8(line):
        codec = encoding.fallback
    # What stands ahead of the line, and whose it is, is of the file: it is shown.
    clean = cleaned(line.decode(codec, "replace").encode("utf-8", "replace"), replace(encoding, prefix=b""))
    return clean.decode("utf-8", "replace").replace("\0", "").rstrip("\r\n")
