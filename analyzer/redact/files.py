"""Text files: read in their own encoding, redacted, written back in it, line by line what they were."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from analyzer.redact.engine import Redactor
from parsers.contract import Problem, Source
from parsers.plan import Encoding
from parsers.text import detect_encoding

_BLOCK = 8 * 1024 * 1024
_LONGEST_LINE = 32 * 1024 * 1024


def redact_text(source: Source, out: BinaryIO, redactor: Redactor) -> list[Problem]:
    """Write the redacted text of a source.

    The number of lines stays the same, and so does every byte that is not replaced.

    Returns:
        What is not as it was: characters that are invalid in the encoding of the file.

    Raises:
        OSError: the source cannot be read, or `out` not written.
    """
    encoding = detect_encoding(source.head)
    lost = 0
    with source.open() as handle:
        out.write(handle.read(encoding.bom))
        for data in _pieces(handle, encoding):
            text, codec, errors = _decoded(data, encoding)
            lost += text.count("\ufffd") if errors == "replace" else 0
            out.write(_redacted(text, redactor).encode(codec, errors))
    if not lost:
        return []
    message = f"{lost:,} characters are invalid in {encoding.name}; they were written as \ufffd."
    return [Problem(source.path, "encoding", message)]


def head_text(source: Source) -> str:
    """The text that the head of a source holds."""
    encoding = detect_encoding(source.head)
    return source.head[encoding.bom :].decode(encoding.name, "replace")


def _redacted(text: str, redactor: Redactor) -> str:
    if "\n" not in text and "\r" in text:
        # Lines of old Macs: the detectors know LF only.
        return redactor.text(text.replace("\r", "\n")).replace("\n", "\r")
    return redactor.text(text)


def _decoded(data: bytes, encoding: Encoding) -> tuple[str, str, str]:
    """The text, and how it is turned back into the same bytes."""
    if encoding.name == "utf-8":
        return data.decode("utf-8", "surrogateescape"), "utf-8", "surrogateescape"
    errors = "surrogatepass" if encoding.width > 1 else "strict"
    try:
        text = data.decode(encoding.name, errors)
        if text.encode(encoding.name, errors) == data:
            return text, encoding.name, errors
    except UnicodeError:
        pass  # what follows reads any bytes
    if encoding.width > 1:
        return data.decode(encoding.name, "replace"), encoding.name, "replace"
    # One character a byte: what is searched for is ASCII in every encoding of one or more bytes.
    return data.decode("latin-1"), "latin-1", "strict"


def _pieces(handle: BinaryIO, encoding: Encoding) -> Iterator[bytes]:
    """The file in pieces that end on a line end; a line without end is cut."""
    width, newline = encoding.width, encoding.newline
    kept = b""
    while block := handle.read(_BLOCK):
        kept += block
        end = kept.rfind(newline) + width
        while end >= width and (end - width) % width:
            end = kept.rfind(newline, 0, end - 1) + width
        if end < width:
            if len(kept) < _LONGEST_LINE:
                continue
            end = (kept.rfind(" ".encode(encoding.name)) // width or len(kept) // width) * width
        yield kept[:end]
        kept = kept[end:]
    if kept:
        yield kept
