"""Reads tar as a stream: v7, ustar, GNU and pax, damaged or not.

Layout: POSIX.1-2017 (pax, "ustar Interchange Format") and the GNU tar manual ("Basic Tar Format"). A header
that is damaged costs its own member; reading goes on at the next block that is a header. End markers are
passed over, so archives that were joined with `cat` are read to the end.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Literal

from analyzer.bundle.charset import guess_charset
from analyzer.bundle.faults import Fault, Report
from analyzer.bundle.names import decode_name
from analyzer.bundle.stream import BLOCK, Feed
from analyzer.bundle.times import modified_at

RECORD = 512
# A pax header or GNU long name beyond this is no name: it is read over, not kept.
LONGEST_EXTENSION = 1 << 20
# No member of a bundle has a tebibyte; a header that says so is damaged or lies.
_LARGEST_MEMBER = 1 << 40

Kind = Literal["file", "folder", "symbolic link", "hard link", "device", "fifo", "sparse file", "other"]

_KINDS: dict[bytes, Kind] = {
    b"0": "file", b"\0": "file", b"7": "file", b"1": "hard link", b"2": "symbolic link", b"3": "device",
    b"4": "device", b"5": "folder", b"6": "fifo", b"S": "sparse file", b"D": "folder", b"V": "other",
    b"M": "other", b"N": "other",
}  # fmt: skip
_HAS_NO_DATA: frozenset[Kind] = frozenset({"symbolic link", "hard link", "device", "folder", "fifo"})
_ZERO_RECORD = bytes(RECORD)
_OCTAL = re.compile(rb"[ \0]*([0-7]*)[ \0]*")
_CHECKSUM = re.compile(rb"[ \0]*[0-7]+[ \0]*\Z")
_PAX_SIZE = re.compile(r"[0-9]{1,20}\Z")
_PAX_TIME = re.compile(r"-?[0-9]{1,15}(\.[0-9]*)?\Z")


@dataclass(frozen=True, slots=True)
class TarMember:
    """One member: its name as it stands, its kind, its size in the archive and its time."""

    name: str
    kind: Kind
    size: int
    modified: datetime | None


@dataclass(slots=True)
class _Extension:
    """What pax headers and GNU long names say about the member that follows."""

    fields: dict[str, str] = field(default_factory=dict)
    long_name: bytes | None = None


def is_tar_header(record: bytes) -> bool:
    """Whether 512 bytes are the header of a member: its checksum is right."""
    if len(record) < RECORD or not _CHECKSUM.match(record, 148, 156):
        return False
    stated = _number(record[148:156])
    # Old Sun tars summed signed bytes; GNU tar accepts both.
    unsigned = sum(record) - sum(record[148:156]) + 8 * ord(" ")
    if stated == unsigned:
        return True
    return stated == unsigned - 256 * sum(byte > 127 for byte in record[:148] + record[156:])


def looks_like_tar(head: bytes) -> bool:
    """Whether the first bytes of a file are a tar's: the magic of ustar, or a sound v7 header with a name."""
    return head[257:262] == b"ustar" or (is_tar_header(head[:RECORD]) and head[0] != 0)


class TarReader:
    """Walks over the members of a tar stream, in one pass.

    Attributes:
        count: members given so far.
    """

    def __init__(self, feed: Feed, report: Report) -> None:
        """Read from `feed`; `report` is told of damage that reading goes on behind."""
        self.count = 0
        self._feed = feed
        self._report = report
        self._left = 0  # bytes of content and padding before the next header
        self._padding = 0
        self._globals: dict[str, str] = {}
        self._ended = False  # an end marker was seen and no member since

    def members(self) -> Iterator[TarMember]:
        """Give the members in order; `content` reads the one that was given last.

        Raises:
            Fault: the archive breaks off, or its stream does.
        """
        extension = _Extension()
        while (record := self._next_header()) is not None:
            kind_flag = record[156:157]
            size = _number(record[124:136])
            if size is None or not 0 <= size < _LARGEST_MEMBER:
                self._report("corrupt", "has a damaged header (impossible size); its member was skipped")
                continue
            if kind_flag in b"xgXLK":
                self._left, self._padding = size, -size % RECORD
                self._read_extension(kind_flag, size, extension)
                continue
            member = self._member(record, size, extension)
            extension = _Extension()
            if member is None:
                continue
            self.count += 1
            self._left = 0 if member.kind in _HAS_NO_DATA else member.size
            self._padding = -self._left % RECORD
            yield member
        if not self._ended:
            raise Fault("truncated", "is truncated: it ends without its end marker, so members may be missing")

    def content(self) -> Iterator[bytes]:
        """Read the content of the member that was given last, in blocks.

        Raises:
            Fault: the archive ends inside it.
        """
        while self._left:
            block = self._feed.piece(min(self._left, BLOCK))
            if not block:
                raise Fault("truncated", f"is truncated: the archive ends {self._left:,} bytes before it does")
            self._left -= len(block)
            yield block

    def _next_header(self) -> bytes | None:
        """Skip to the next sound header; None at the end."""
        self._skip(self._left)
        self._skip(self._padding)
        self._left = self._padding = 0
        skipped, after_end = 0, False
        while len(record := self._feed.read(RECORD)) == RECORD:
            if record == _ZERO_RECORD:
                self._ended = True
            elif is_tar_header(record):
                self._report_skipped(skipped, after_end)
                self._ended = False
                return record
            else:
                after_end = after_end or (self._ended and not skipped)
                skipped += RECORD
        if self._ended and not skipped and record.strip(b"\0"):
            skipped, after_end = len(record), True
        self._report_skipped(skipped, after_end)
        return None

    def _report_skipped(self, count: int, after_end: bool) -> None:
        if not count:
            return
        if after_end:
            self._report("malformed", f"has {count:,} bytes of trailing data that are no member; they were skipped")
        else:
            self._report("corrupt", f"has a damaged header; {count:,} bytes up to the next good one were skipped")

    def _skip(self, count: int) -> None:
        while count and (block := self._feed.piece(min(count, BLOCK))):
            count -= len(block)

    def _read_extension(self, flag: bytes, size: int, extension: _Extension) -> None:
        """Read a pax header or a GNU long name into what is known of the next member."""
        if size > LONGEST_EXTENSION:
            self._report("malformed", f"has an extended header of {size:,} bytes, over the limit; it was skipped")
            return
        data = b"".join(self.content())
        if flag == b"L":
            extension.long_name = data.rstrip(b"\0")
        elif flag != b"K":
            fields, sound = parse_pax(data)
            (self._globals if flag == b"g" else extension.fields).update(fields)
            if not sound:
                self._report("malformed", "has a malformed extended (pax) header; what could be read of it was used")

    def _member(self, record: bytes, size: int, extension: _Extension) -> TarMember | None:
        fields = {**self._globals, **extension.fields}
        kind = _KINDS.get(record[156:157], "file")
        if any(key.startswith("GNU.sparse.") for key in fields):
            kind = "sparse file"
        elif record[156:157] == b"S" and record[482:483] == b"\1":
            self._skip_sparse_maps()
        stated = fields.get("size", "")
        if stated and kind not in _HAS_NO_DATA:
            if not _PAX_SIZE.match(stated) or int(stated) >= _LARGEST_MEMBER:
                self._report("corrupt", "has a damaged extended header (impossible size); its member was skipped")
                return None
            size = int(stated)
        name = fields.get("GNU.sparse.name") or fields.get("path") or self._plain_name(record, extension)
        if kind == "file" and name.endswith("/"):
            kind = "folder"  # v7 has no type for folders
        seconds = float(_number(record[136:148]) or 0)
        if _PAX_TIME.match(fields.get("mtime", "")):
            seconds = float(fields["mtime"])
        return TarMember(name, kind, size, modified_at(seconds))

    @staticmethod
    def _plain_name(record: bytes, extension: _Extension) -> str:
        if extension.long_name is not None:
            raw = extension.long_name
        else:
            raw = record[:100].split(b"\0", 1)[0]
            # GNU's own magic ("ustar  ") keeps other things where ustar has the prefix.
            prefix = record[345:500].split(b"\0", 1)[0] if record[257:263] == b"ustar\0" else b""
            raw = prefix + b"/" + raw if prefix else raw
        try:
            return raw.decode("utf-8")
        except UnicodeDecodeError:
            return decode_name(raw, guess_charset([raw]))

    def _skip_sparse_maps(self) -> None:
        while True:
            record = self._feed.read(RECORD)
            if len(record) < RECORD or record[504:505] != b"\1":
                return


def parse_pax(data: bytes) -> tuple[dict[str, str], bool]:
    """Read the records of a pax header: "length key=value\\n".

    Returns:
        The fields, and whether all of the header was sound.
    """
    fields: dict[str, str] = {}
    at = 0
    while at < len(data) and data[at]:
        space = data.find(b" ", at, at + 20)
        digits = data[at:space] if space > 0 else b""
        end = at + int(digits) if digits.isdigit() else 0
        record = data[space + 1 : end - 1]
        if end <= space or end > len(data) or data[end - 1 : end] != b"\n" or b"=" not in record:
            return fields, False
        key, value = record.split(b"=", 1)
        fields[key.decode("utf-8", "replace")] = decode_name(value)
        at = end
    return fields, True


def _number(raw: bytes) -> int | None:
    """Read a numeric field: octal text, or GNU's base-256 for what does not fit; None for neither."""
    if raw[:1] in (b"\x80", b"\xff"):
        value = int.from_bytes(raw[1:], "big")
        return value if raw[0] == 0x80 else value - (1 << 8 * (len(raw) - 1))
    digits = _OCTAL.match(raw)
    if digits is None or (digits.end() < len(raw) and raw[digits.end()] not in b" \0"):
        return None
    return int(digits.group(1) or b"0", 8)


def without_current_folder(member: TarMember) -> TarMember:
    """Drop the "./" that `tar -C folder .` puts in front of every name."""
    name = member.name
    while name.startswith("./"):
        name = name[2:].lstrip("/")
    return replace(member, name=name)
