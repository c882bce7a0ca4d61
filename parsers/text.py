"""Bytes of unknown encoding to slices of UTF-8 lines.

A slice is a range of the file that ends on a line end, so that slices can be read in any order and in any
process. Everything that changes the bytes of a line (decoding, stripping colours and NUL bytes, cutting
long lines) keeps the number of lines, so the byte offsets of the original file stay known.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from .charset import guess_codec, is_utf8, legacy_encoding
from .cleaning import cleaned
from .contract import HEAD_BYTES, Problem, Source
from .counted import uncounted
from .markup import markup_of
from .plan import LINE_BYTES, Encoding, Slice
from .reflow import reflowed, wrap_of
from .wrapping import prefix_of

SLICE_BYTES = 16 * 1024 * 1024
RECORD_LINES = 10_000
_BLOCK = 1024 * 1024

_BOMS = (
    (b"\xff\xfe\x00\x00", "utf-32-le"),
    (b"\x00\x00\xfe\xff", "utf-32-be"),
    (b"\xef\xbb\xbf", "utf-8"),
    (b"\xff\xfe", "utf-16-le"),
    (b"\xfe\xff", "utf-16-be"),
)


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines of a slice.

    Attributes:
        text: UTF-8 with LF line ends, valid, without colours and NUL bytes.
        ends: int64[n + 1], where each line starts in `text`; the last is the end of `text`.
        offsets: int64[n], where each line starts in the file, in bytes.
        numbers: int64[n], the line of the file at which each line starts, from 0 within the slice.
        count: lines of the file in the slice: not n, where those of the log were broken or put together.
        problems: what had to be mended, as (kind, message) for the report.
    """

    text: bytes
    ends: NDArray[np.int64]
    offsets: NDArray[np.int64]
    numbers: NDArray[np.int64]
    count: int
    problems: tuple[Problem, ...]


# Common kinds of files that a few bytes give away: pictures, documents, fonts, programs, databases.
_MAGIC = (
    b"GIF8", b"\x89PNG", b"\xff\xd8\xff", b"%PDF-", b"RIFF", b"OggS", b"wOFF", b"wOF2",
    b"\x00\x01\x00\x00", b"\x7fELF",
    b"MZ\x90", b"\xca\xfe\xba\xbe", b"SQLite format 3\x00", b"PAR1", b"ARROW1", b"ElfFile\x00",
    b"\xd0\xcf\x11\xe0", b"regf", b"!<arch>\n", b"\0asm", b"TZif", b"DIRC", b"\xde\x12\x04\x95",
)  # fmt: skip
# Python's bytecode begins with a number of its version, then this (PEP 552); small ones hold mostly text.
_BYTECODE = b"\r\n"
_BYTECODE_FLAGS = tuple(bytes((flags, 0, 0, 0)) for flags in (0, 1, 3))


def is_binary(head: bytes) -> bool:
    """Whether a head is no text in any encoding that is read here."""
    if head.startswith(_MAGIC) or (head[2:4] == _BYTECODE and head[4:8] in _BYTECODE_FLAGS):
        return True
    if not head or detect_encoding(head).width > 1:
        return False
    body = head.replace(b"\0", b"")
    if not body:
        return True
    control = len(body) - len(
        body.translate(None, bytes(b for b in range(32) if b not in b"\t\n\r\x0b\x0c\x1b\x08\x07"))
    )
    if control / len(body) > 0.10:
        return True
    if len(body) < len(head) * 0.7 and control:
        return True
    high = len(body) - len(body.translate(None, bytes(range(128, 256))))
    return high / len(body) > 0.3 and control / len(body) > 0.02 and not is_utf8(body)


@lru_cache(maxsize=64)
def detect_encoding(head: bytes) -> Encoding:
    """The encoding of a file from its first bytes.

    A byte order mark decides; then NUL bytes in every second (fourth) place mean UTF-16 (UTF-32); then valid
    UTF-8 wins; what is left is guessed from the lines that hold non-ASCII bytes.
    """
    for mark, name in _BOMS:
        if head.startswith(mark):
            return Encoding(name, len(mark), _newline(head, name))
    wide = _wide_without_bom(head)
    if wide:
        return Encoding(wide, 0, _newline(head, wide))
    newline = _newline(head, "utf-8")
    encoding = Encoding(newline=newline) if head.isascii() or is_utf8(head) else legacy_encoding(head, newline)
    return _with_form(encoding, head) if newline == b"\n" else encoding


def _with_form(encoding: Encoding, head: bytes) -> Encoding:
    """The encoding, with what was done to the lines of a log since it was written."""
    encoding = replace(encoding, prefix=prefix_of(head))
    encoding = replace(encoding, markup=markup_of(cleaned(head, encoding)))
    return replace(encoding, wrap=wrap_of(cleaned(head, encoding), len(head) < HEAD_BYTES))


def _newline(head: bytes, name: str) -> bytes:
    lf, cr = "\n".encode(name), "\r".encode(name)
    return cr if lf not in head and head.count(cr) > 1 else lf


def _wide_without_bom(head: bytes) -> str | None:
    if b"\0" not in head[:4096]:
        return None
    sample = np.frombuffer(head[: len(head) // 4 * 4], np.uint8)[:4096]
    if len(sample) < 8:
        return None
    zero = [(sample[i::4] == 0).mean() for i in range(4)]
    if min(zero[1:]) > 0.9 and zero[0] < 0.3:
        return "utf-32-le"
    if min(zero[:3]) > 0.9 and zero[3] < 0.3:
        return "utf-32-be"
    even, odd = (zero[0] + zero[2]) / 2, (zero[1] + zero[3]) / 2
    if odd > 0.4 and even < 0.1:
        return "utf-16-le"
    if even > 0.4 and odd < 0.1:
        return "utf-16-be"
    return None


def slices(
    source: Source,
    encoding: Encoding,
    starts_record: Callable[[str], bool] | None = None,
    size: int = SLICE_BYTES,
    headings: re.Pattern[bytes] | None = None,
) -> Iterator[Slice]:
    """Cut a file into slices that end on line ends and, where it can be told, before a record's first line.

    Args:
        source: the file.
        encoding: from `detect_encoding`.
        starts_record: whether a line begins a record; a slice grows, up to RECORD_LINES lines, until the next
            line does, so that a stack trace stays in one slice.
        size: wanted bytes of a slice.
        headings: finds lines, each from its start to its end, that say what the lines behind them belong to.

    Raises:
        OSError: the file cannot be read.
    """
    with source.open() as handle:
        total = source.size
        start = encoding.bom
        heading = ""
        while start < total:
            end = start + max(1, size // encoding.width) * encoding.width
            if end >= total:
                yield Slice(start, total - start, heading=heading)
                return
            found, dropped = _line_end(handle, end - encoding.width, encoding)
            kept = found - dropped
            if not dropped and starts_record is not None:
                found = kept = _record_end(handle, found, encoding, starts_record)
            yield Slice(start, kept - start, dropped, heading)
            if headings is not None:
                handle.seek(start)
                heading = _last_heading(handle.read(kept - start), headings, encoding) or heading
            start = found


def _last_heading(data: bytes, headings: re.Pattern[bytes], encoding: Encoding) -> str:
    text = data if encoding.width == 1 else data.decode(encoding.name, "replace").encode("utf-8", "replace")
    found = None
    for match in headings.finditer(text):
        found = match.group()
    return "" if found is None else cleaned(found, encoding).decode("utf-8", "replace").strip("\r\n")


def _line_end(handle: BinaryIO, position: int, encoding: Encoding) -> tuple[int, int]:
    """The end of the line that holds `position`, and how many of its bytes are beyond what is kept."""
    handle.seek(position)
    at, keep, width = position, position + LINE_BYTES, encoding.width
    while block := handle.read(_BLOCK):
        index = find_aligned(block, encoding.newline, width)
        if index >= 0:
            end = at + index + width
            return end, max(0, end - keep)
        at += len(block)
    return at, max(0, at - keep)


def find_aligned(data: bytes, needle: bytes, width: int, start: int = 0) -> int:
    """`data.find(needle, start)` on whole code units."""
    index = data.find(needle, start)
    while index % width and index >= 0:
        index = data.find(needle, index + 1)
    return index


def _record_end(handle: BinaryIO, position: int, encoding: Encoding, starts_record: Callable[[str], bool]) -> int:
    handle.seek(position)
    pending = handle.read(_BLOCK)
    at = 0
    for _ in range(RECORD_LINES):
        end = find_aligned(pending, encoding.newline, encoding.width, at)
        while end < 0:
            more = handle.read(_BLOCK)
            if not more or len(pending) - at > LINE_BYTES:
                return position + (len(pending) if not more else at)
            pending += more
            end = find_aligned(pending, encoding.newline, encoding.width, at)
        line = cleaned(pending[at:end].decode(encoding.name, "replace").encode("utf-8", "replace"), encoding).decode()
        if starts_record(line.rstrip("\r")):
            return position + at
        at = end + encoding.width
    return position + at


def read_slice(source: Source, piece: Slice, encoding: Encoding, line_bytes: int = LINE_BYTES) -> Lines:
    """Read a slice as UTF-8 lines.

    Raises:
        OSError: the file cannot be read.
    """
    with source.open() as handle:
        handle.seek(piece.start)
        data = handle.read(piece.size)
    problems: list[Problem] = []
    complete = written = data if data.endswith(b"\n") else data + b"\n"
    if encoding.width == 1 and b"\0" in complete:
        complete = uncounted(complete)
    if encoding.width > 1 or encoding.newline != b"\n":
        offsets = _wide_offsets(data, encoding)
        text = _decode_whole(data, encoding, source.path, problems)
    else:
        offsets = None
        text = complete if complete.isascii() else _to_utf8(complete, encoding, source.path, problems)
    if b"\0" in text:
        text = _strip_nul(text, source.path, problems, piece.start <= encoding.bom)
    clean = cleaned(text, encoding)
    ends = line_ends(clean)
    if offsets is None:
        offsets = ends[:-1] if clean is written else line_ends(data)[: len(ends) - 1]
    numbers = None
    if encoding.wrap is not None:
        clean, numbers, ahead = reflowed(clean, encoding.wrap)
        ends = line_ends(clean)
        offsets = offsets[numbers] + ahead
    sizes = np.diff(ends)
    if len(sizes) and int(sizes.max()) > line_bytes:
        clean = _cut_lines(clean, ends, line_bytes)
        ends = line_ends(clean)
    if len(sizes):
        sizes[-1] += piece.dropped
    problems += [_long_line(source.path, int(size), line_bytes) for size in sizes[sizes > line_bytes]]
    count = len(sizes) if numbers is None else data.count(encoding.newline) + (not data.endswith(encoding.newline))
    if numbers is None:
        numbers = np.arange(count, dtype=np.int64)
    return Lines(clean, ends, offsets[: len(ends) - 1] + piece.start, numbers, count, tuple(problems))


def line_ends(text: bytes) -> NDArray[np.int64]:
    """int64[n + 1]: 0 and the position behind each LF of a text that ends on LF."""
    data = np.frombuffer(text, np.uint8)
    # In blocks: the comparison needs as much memory as the text.
    found = [np.flatnonzero(data[at : at + _BLOCK] == 10) + (at + 1) for at in range(0, len(data), _BLOCK)]
    return np.concatenate([np.zeros(1, np.int64), *found])


def reordered(lines: Lines, order: NDArray[np.int64]) -> Lines:
    """The lines in another order: int64[n], where each one stands now."""
    stretches = np.flatnonzero(np.diff(order, prepend=-2) != 1)
    begin, end = order[stretches], order[np.append(stretches[1:], len(order)) - 1] + 1
    text = b"".join(lines.text[lines.ends[a] : lines.ends[b]] for a, b in zip(begin, end, strict=True))
    ends = np.concatenate([np.zeros(1, np.int64), np.cumsum(np.diff(lines.ends)[order])])
    return replace(lines, text=text, ends=ends, offsets=lines.offsets[order], numbers=lines.numbers[order])


def _wide_offsets(data: bytes, encoding: Encoding) -> NDArray[np.int64]:
    width = encoding.width
    units = np.frombuffer(data[: len(data) // width * width], {1: "u1", 2: "u2", 4: "u4"}[width])
    unit = np.frombuffer(encoding.newline, units.dtype)[0]
    found = (np.flatnonzero(units == unit) + 1) * width
    return np.concatenate([np.zeros(1, np.int64), found.astype(np.int64)])


def _decode_whole(data: bytes, encoding: Encoding, path: str, problems: list[Problem]) -> bytes:
    text = data.decode(encoding.name, "replace")
    if encoding.newline.strip(b"\0") == b"\r":
        text = text.replace("\n", " ").replace("\r", "\n")
    if "\ufffd" in text:
        problems.append(_bad_bytes(path, text.count("\ufffd"), encoding.name))
    # Not every wide newline is U+000A; only those that are must end a line.
    out = text.encode("utf-8", "replace")
    return out if out.endswith(b"\n") else out + b"\n"


def _to_utf8(data: bytes, encoding: Encoding, path: str, problems: list[Problem]) -> bytes:
    if encoding.name == "utf-8":
        try:
            str(data, "utf-8")
        except UnicodeDecodeError:
            return _mend_lines(data, encoding, path, problems)
        return data
    text = data.decode(encoding.name, "replace")
    if "\ufffd" in text:
        return _mend_lines(data, encoding, path, problems)
    return text.encode("utf-8")


def _mend_lines(data: bytes, encoding: Encoding, path: str, problems: list[Problem]) -> bytes:
    """Decode line by line: UTF-8 where it is valid, else the codec that the other lines speak."""
    lines = data.split(b"\n")
    bad = [i for i, line in enumerate(lines) if not line.isascii() and not _is_valid(line, "utf-8")]
    codec = encoding.fallback
    if encoding.name == "utf-8":
        codec = guess_codec(b"\n".join(lines[i] for i in bad[:400]))
    lost = 0
    for i in bad:
        text = lines[i].decode(codec, "replace")
        lost += "\ufffd" in text
        lines[i] = text.encode("utf-8", "replace").replace(b"\n", b" ")
    were = (
        "1 line is not valid UTF-8; it was" if len(bad) == 1 else f"{len(bad):,} lines are not valid UTF-8; they were"
    )
    what = f"{were} read as {codec}"
    if lost:
        what += f", and {lost} of them still hold invalid bytes, shown as \ufffd"
    if lost or encoding.name == "utf-8":
        problems.append(Problem(path, "encoding", what + "."))
    return b"\n".join(lines)


def _is_valid(line: bytes, codec: str) -> bool:
    try:
        line.decode(codec)
    except UnicodeDecodeError:
        return False
    return True


def _bad_bytes(path: str, count: int, codec: str) -> Problem:
    return Problem(path, "encoding", f"{count} characters are invalid in {codec} and shown as \ufffd.")


def _strip_nul(text: bytes, path: str, problems: list[Problem], is_first: bool) -> bytes:
    count = text.count(b"\0")
    if count >= 64:
        # The lines ahead of a later slice are not counted here.
        line = text.count(b"\n", 0, text.index(b"\0")) + 1
        where = f", the first in line {line:,}" if is_first else ""
        problems.append(
            Problem(
                path,
                "binary",
                f"{count:,} NUL bytes were skipped{where}: a hole in the file, "
                "as a crash or a rotation by copy-truncate leaves it.",
            )
        )
    return text.translate(None, b"\0")


def _cut_lines(text: bytes, ends: NDArray[np.int64], line_bytes: int) -> bytes:
    parts, at = [], 0
    for i in np.flatnonzero(np.diff(ends) > line_bytes):
        keep = int(ends[i]) + line_bytes - 1
        # An UTF-8 character is never cut in two.
        while keep > ends[i] and (text[keep] & 0xC0) == 0x80:
            keep -= 1
        parts += [text[at:keep], b"\n"]
        at = int(ends[i + 1])
    parts.append(text[at:])
    return b"".join(parts)


def _long_line(path: str, size: int, kept: int) -> Problem:
    message = f"A line is {size:,} bytes long, over the limit of {kept:,} (--limit line_bytes); its rest was truncated."
    return Problem(path, "limit", message)
