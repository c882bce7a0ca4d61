"""Finds and reads the directory of a zip file: end record, zip64, entries.

Layout: APPNOTE.TXT 6.3.10, section 4. Nothing in it is believed without a look at the file: offsets are
shifted where something was put in front of the archive, sizes end where the next member starts, and an
archive whose members share bytes is refused.
"""

from __future__ import annotations

import re
import stat
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import BinaryIO

from analyzer.bundle.faults import Fault, Report
from analyzer.bundle.times import dos_time, modified_at

LOCAL_SIGNATURE = b"PK\x03\x04"
_ENTRY_SIGNATURE = b"PK\x01\x02"
_END_SIGNATURE = b"PK\x05\x06"
_END64_SIGNATURE = b"PK\x06\x06"
_LOCATOR64_SIGNATURE = b"PK\x06\x07"

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_ENTRY = struct.Struct("<4sBBHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_END64 = struct.Struct("<4sQHHIIQQQQ")
_LOCATOR64 = struct.Struct("<4sIQI")

# The end record and its longest comment, and then some for what a bad transfer may have appended.
_TAIL = 1 << 20
_UNSET = 0xFFFFFFFF
_UNIX_SYSTEMS = frozenset({3, 19})  # Unix, macOS: the mode is in the high half of the attributes
_WINDOWS_EPOCH = 11_644_473_600  # seconds from 1601 to 1970


@dataclass(frozen=True, slots=True)
class ZipEntry:
    """One member as the directory (or its local header) describes it.

    Attributes:
        raw_name: the bytes of the name.
        unicode_name: the name, where the archive says that it is UTF-8.
        flags: the general purpose bits.
        method: of compression.
        checksum: CRC-32 of the content; None if only the bytes after the content know it.
        compressed: bytes in the archive; None if not known.
        size: bytes of content; None if not known.
        offset: of the local header in the file.
        mode: Unix mode, 0 where there is none.
        modified: time, or None.
    """

    raw_name: bytes
    unicode_name: str | None
    flags: int
    method: int
    checksum: int | None
    compressed: int | None
    size: int | None
    offset: int
    mode: int
    modified: datetime | None

    @property
    def encrypted(self) -> bool:
        """Whether the content needs a password."""
        return bool(self.flags & 0x41) or self.method == 99

    @property
    def special(self) -> bool:
        """Whether it is a link, a device, a fifo or a socket."""
        return stat.S_IFMT(self.mode) not in (0, stat.S_IFREG, stat.S_IFDIR)


@dataclass(frozen=True, slots=True)
class Directory:
    """The entries, in the order of their place in the file, and where the directory itself starts."""

    entries: list[ZipEntry]
    start: int


@dataclass(frozen=True, slots=True)
class LocalHeader:
    """The header in front of a member's content."""

    entry: ZipEntry
    content_at: int


def read_at(handle: BinaryIO, offset: int, count: int) -> bytes:
    """Read bytes at an offset, fewer where the file ends.

    Raises:
        Fault: the operating system refuses.
    """
    try:
        handle.seek(offset)
        return handle.read(count)
    except OSError as error:
        raise Fault("unreadable", f"cannot be read ({error.strerror or error})") from error


def read_directory(handle: BinaryIO, size: int, report: Report, most: int) -> Directory | None:
    """Read the directory.

    Args:
        handle: the zip file.
        size: its bytes.
        report: told of what is wrong with the directory.
        most: how many entries are wanted; one more is read, so that too many can be told.

    Returns:
        The directory, or None where there is none to be used.

    Raises:
        Fault: members overlap, as those of a bomb do.
    """
    found = _find_end(handle, size, report)
    if found is None:
        return None
    start, shift, length, count = found
    entries = list(_entries(read_at(handle, start, length), most))
    if not entries and count:
        return None
    if len(entries) <= most and len(entries) & 0xFFFF != count & 0xFFFF:
        report("corrupt", f"states {count:,} entries in its directory, which has {len(entries):,}")
    entries = _placed(handle, entries, shift, report)
    entries.sort(key=lambda entry: entry.offset)
    _refuse_overlap(entries)
    return Directory(entries, start)


def has_directory(handle: BinaryIO, size: int) -> bool:
    """Whether a file that does not start like a zip ends like one: a self-extracting archive."""
    found = _find_end(handle, size, lambda kind, clause: None)
    return found is not None and found[3] > 0 and read_at(handle, found[0], 4) == _ENTRY_SIGNATURE


def _find_end(handle: BinaryIO, size: int, report: Report) -> tuple[int, int, int, int] | None:
    """Find the directory: its place, the shift of all offsets, its length, its count of entries."""
    base = max(0, size - _TAIL)
    tail = read_at(handle, base, _TAIL)
    candidates = [match.start() for match in re.finditer(re.escape(_END_SIGNATURE), tail)]
    whole = [at for at in candidates if at + _END.size <= len(tail)]
    # One whose comment ends with the file is the real one, even where a comment holds another.
    exact = [at for at in whole if at + _END.size + _END.unpack_from(tail, at)[7] == len(tail)]
    for at in exact + whole[::-1]:
        _, disk, start_disk, _, count, length, offset, comment = _END.unpack_from(tail, at)
        place = base + at
        if at >= _LOCATOR64.size and tail[at - _LOCATOR64.size :][:4] == _LOCATOR64_SIGNATURE:
            wide = _read_end64(handle, place, tail[at - _LOCATOR64.size : at])
            if wide is not None:
                place, count, length, offset = wide
        start = place - length
        if count and (start < 0 or read_at(handle, start, 4) != _ENTRY_SIGNATURE):
            if read_at(handle, offset, 4) != _ENTRY_SIGNATURE:
                continue
            start = offset
        if disk or start_disk:
            report("unsupported", "is one part of a multi-disk (split) archive; join the parts first")
        if at + _END.size + comment < len(tail):
            report("malformed", "has trailing data after its end, which was ignored")
        return start, start - offset, length, count
    return None


def _read_end64(handle: BinaryIO, end: int, locator: bytes) -> tuple[int, int, int, int] | None:
    """Read the zip64 end record: its place, and the count, length and offset of the directory."""
    _, _, stated, _ = _LOCATOR64.unpack(locator)
    for place in (stated, end - _LOCATOR64.size - _END64.size):
        if not 0 <= place < end:
            continue
        record = read_at(handle, place, _END64.size)
        if len(record) == _END64.size and record[:4] == _END64_SIGNATURE:
            *_, count, length, offset = _END64.unpack(record)
            return place, count, length, offset
    return None


def _entries(data: bytes, most: int) -> Iterator[ZipEntry]:
    at = 0
    for _ in range(most + 1):
        if len(data) - at < _ENTRY.size or data[at : at + 4] != _ENTRY_SIGNATURE:
            return
        (_, _, system, _, flags, method, time, date, checksum, compressed, size, name, extra, comment, _, _,
         attributes, offset) = _ENTRY.unpack_from(data, at)  # fmt: skip
        at += _ENTRY.size
        raw_name = data[at : at + name]
        fields = _extra_fields(data[at + name : at + name + extra])
        at += name + extra + comment
        size, compressed, offset = _wide(fields, size, compressed, offset)
        yield ZipEntry(
            raw_name=raw_name,
            unicode_name=_unicode_name(raw_name, flags, fields),
            flags=flags,
            method=method,
            checksum=None if method == 99 else checksum,
            compressed=compressed,
            size=size,
            offset=offset,
            mode=attributes >> 16 if system in _UNIX_SYSTEMS else 0,
            modified=_modified(fields, date, time),
        )


def read_local_header(handle: BinaryIO, offset: int) -> LocalHeader | None:
    """Read the header in front of a member; None where there is none."""
    record = read_at(handle, offset, _LOCAL.size) if offset >= 0 else b""
    if len(record) < _LOCAL.size or record[:4] != LOCAL_SIGNATURE:
        return None
    _, _, flags, method, time, date, checksum, compressed, size, name, extra = _LOCAL.unpack(record)
    names = read_at(handle, offset + _LOCAL.size, name + extra)
    if len(names) < name + extra:
        return None
    raw_name, fields = names[:name], _extra_fields(names[name:])
    size, compressed, _ = _wide(fields, size, compressed, 0)
    later = bool(flags & 8) and not compressed  # sizes and checksum follow the content
    entry = ZipEntry(
        raw_name=raw_name,
        unicode_name=_unicode_name(raw_name, flags, fields),
        flags=flags,
        method=method,
        checksum=None if flags & 8 and not checksum else checksum,
        compressed=None if later else compressed,
        size=None if later else size,
        offset=offset,
        mode=0,
        modified=_modified(fields, date, time),
    )
    return LocalHeader(entry, offset + _LOCAL.size + name + extra)


def _placed(handle: BinaryIO, entries: list[ZipEntry], shift: int, report: Report) -> list[ZipEntry]:
    """Shift the offsets if the members are there, as in a self-extracting archive."""
    if not shift or not entries:
        return entries
    first = entries[0].offset + shift
    if first >= 0 and read_at(handle, first, 4) == LOCAL_SIGNATURE:
        return [replace(entry, offset=entry.offset + shift) for entry in entries]
    report("corrupt", "states a wrong offset of its directory")
    return entries


def _refuse_overlap(entries: list[ZipEntry]) -> None:
    end = 0
    for entry in entries:
        if entry.offset < end:
            raise Fault(
                "limit",
                "has members that overlap: they share the same bytes, as only a zip bomb's do."
                " The limit is one use of each byte, so none of it was read",
            )
        end = entry.offset + _LOCAL.size + len(entry.raw_name)
        if entry.compressed is not None and entry.compressed < 1 << 48:
            end += entry.compressed


def _extra_fields(data: bytes) -> dict[int, bytes]:
    """Split the extra field; what runs past its end is left out."""
    fields: dict[int, bytes] = {}
    at = 0
    while at + 4 <= len(data):
        tag, length = struct.unpack_from("<HH", data, at)
        at += 4
        if at + length <= len(data):
            fields.setdefault(tag, data[at : at + length])
        at += length
    return fields


def _wide(fields: dict[int, bytes], size: int, compressed: int, offset: int) -> tuple[int, int, int]:
    """Take the 64-bit values for those fields that are too small for them."""
    data = fields.get(0x0001, b"")
    values = [int.from_bytes(data[at : at + 8], "little") for at in range(0, len(data) - 7, 8)]

    def value(narrow: int) -> int:
        return values.pop(0) if narrow == _UNSET and values else narrow

    return value(size), value(compressed), value(offset)


def _unicode_name(raw: bytes, flags: int, fields: dict[int, bytes]) -> str | None:
    """Decode a name that is UTF-8, or that has a Unicode path extra field (Info-ZIP) to go with it."""
    path = fields.get(0x7075, b"")
    try:
        if len(path) > 5 and path[0] == 1 and int.from_bytes(path[1:5], "little") == zlib.crc32(raw):
            return path[5:].decode("utf-8")
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _modified(fields: dict[int, bytes], date: int, time: int) -> datetime | None:
    """Take the best time: Info-ZIP's extended timestamp, NTFS, or the DOS time."""
    unix = fields.get(0x5455, b"")
    if len(unix) >= 5 and unix[0] & 1:
        return modified_at(int.from_bytes(unix[1:5], "little", signed=True))
    ntfs = fields.get(0x000A, b"")
    if len(ntfs) >= 16 and ntfs[4:8] == b"\x01\0\x18\0":
        return modified_at(int.from_bytes(ntfs[8:16], "little") / 10_000_000 - _WINDOWS_EPOCH)
    return dos_time(date, time)
