"""What is decided once a file, before its slices are read: encoding, layout of the times, clock."""

from __future__ import annotations

from dataclasses import dataclass, field

from .reflow import Wrap
from .time_layout import Layout
from .times import Clock

LINE_BYTES = 1024 * 1024
_WIDTH = {"utf-16-le": 2, "utf-16-be": 2, "utf-32-le": 4, "utf-32-be": 4}


@dataclass(frozen=True, slots=True)
class Encoding:
    """How the bytes of a file become text.

    Attributes:
        name: a Python codec; "utf-8" also stands for ASCII and for UTF-8 with damage.
        bom: bytes of byte order mark to skip at the start.
        newline: the byte sequence that ends a line: LF, or CR in files of the old Mac kind.
        fallback: the codec of single lines that are not valid UTF-8, when `name` is "utf-8".
        prefix: a regular expression for what stands ahead of every line and is not of the log (parsers/wrapping.py).
        markup: what stands between the words of the log: parsers/markup.py.
        wrap: how its lines were broken or put together; None where they were not (parsers/reflow.py).
    """

    name: str = "utf-8"
    bom: int = 0
    newline: bytes = b"\n"
    fallback: str = "cp1252"
    prefix: bytes = b""
    markup: str = ""
    wrap: Wrap | None = None

    @property
    def width(self) -> int:
        """Bytes of a code unit: 1, 2 or 4."""
        return _WIDTH.get(self.name, 1)


@dataclass(frozen=True, slots=True)
class Slice:
    """A range of a file, `start` and `size` in bytes; it begins on a record and ends on a line end.

    Attributes:
        dropped: bytes of an over-long line behind the range that no slice holds.
        heading: the line ahead of the range that says what its first lines belong to, in formats that have such lines.
    """

    start: int
    size: int
    dropped: int = 0
    heading: str = ""


@dataclass(frozen=True, slots=True)
class Plan:
    """How the slices of a file are to be read; picklable.

    Attributes:
        encoding: of the file.
        layout: where the times stand in its lines; None where there are none.
        clock: what the times leave unsaid.
        line_bytes: bytes of a line that are kept.
        columns: names of the columns, where a line at the start of the file gives them.
        others: names of further ways in which lines of the file write their times.
        loose: whether lines without a header that look like no continuation are records of their own.
        inner: formats of the messages that the records carry, as (name, plan), where these are lines of another log.
    """

    encoding: Encoding = field(default_factory=Encoding)
    layout: Layout | None = None
    clock: Clock = field(default_factory=Clock)
    loose: bool = False
    columns: tuple[str, ...] = ()
    others: tuple[str, ...] = ()
    line_bytes: int = LINE_BYTES
    inner: tuple[tuple[str, Plan], ...] = ()
