"""Reads the members of a zip file, with its directory or, where that is lost, without."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from analyzer.bundle.charset import guess_charset
from analyzer.bundle.decompress import expand, guarded, inflate, unlzma
from analyzer.bundle.faults import Fault, Report
from analyzer.bundle.names import decode_name
from analyzer.bundle.stream import BLOCK, Feed, Progress, file_blocks
from analyzer.bundle.zip_directory import (
    LOCAL_SIGNATURE,
    Directory,
    ZipEntry,
    read_at,
    read_directory,
    read_local_header,
)
from analyzer.settings import Limits

_STORED, _DEFLATED, _BZIP2, _LZMA, _ZSTD, _XZ = 0, 8, 12, 14, 93, 95
_METHODS = {
    1: "Shrink", 6: "Implode", 9: "Deflate64", 10: "PKWARE DCL", 19: "LZ77", 96: "JPEG", 97: "WavPack",
    98: "PPMd",
}  # fmt: skip
_READABLE = frozenset({_STORED, _DEFLATED, _BZIP2, _LZMA, _ZSTD, _XZ})
_DESCRIPTOR = b"PK\x07\x08"


@dataclass(frozen=True, slots=True)
class ZipMember:
    """A member, its name, the name in its own header, and the place of its content."""

    entry: ZipEntry
    name: str
    local_name: str
    start: int
    end: int


class ZipReader:
    """Walks over the members of a zip file in the order of their place.

    Attributes:
        count: members given so far.
    """

    def __init__(self, file: Path, limits: Limits, report: Report, progress: Progress | None = None) -> None:
        """Read `file`; `report` is told of damage that reading goes on behind, `progress` of bytes read."""
        self.count = 0
        self._file = file
        self._limits = limits
        self._report = report
        self._progress = progress
        self._scanned_to: int | None = None  # where the content ended that was read last

    def members(self) -> Iterator[ZipMember]:
        """Give the members; `content` reads them.

        Raises:
            Fault: members overlap, or the file cannot be read.
        """
        try:
            with self._file.open("rb") as handle:
                size = handle.seek(0, 2)
                directory = read_directory(handle, size, self._report, self._limits.members)
                if directory is None:
                    yield from self._scan(handle, size)
                else:
                    yield from self._listed(handle, directory)
        except OSError as error:
            raise Fault("unreadable", f"cannot be read ({error.strerror or error})") from error

    def _listed(self, handle: BinaryIO, directory: Directory) -> Iterator[ZipMember]:
        entries = directory.entries
        if not entries:
            return
        charset = guess_charset([entry.raw_name for entry in entries if entry.unicode_name is None])
        ends = [entry.offset for entry in entries[1:]] + [directory.start]
        for entry, end in zip(entries, ends, strict=True):
            self.count += 1
            local = read_local_header(handle, entry.offset)
            if local is None:
                self._report("corrupt", f"has a damaged or missing header of a member at byte {entry.offset:,}")
                continue
            name = entry.unicode_name or decode_name(entry.raw_name, charset)
            same = local.entry.raw_name == entry.raw_name
            local_name = name if same else decode_name(local.entry.raw_name, charset)
            yield ZipMember(entry, name, local_name, local.content_at, end)

    def _scan(self, handle: BinaryIO, size: int) -> Iterator[ZipMember]:
        """Find members by their own headers: the directory is at the end, so it is lost first."""
        search_from = 0
        while (at := _find(handle, search_from, LOCAL_SIGNATURE)) is not None:
            local = read_local_header(handle, at)
            if local is None or not _plausible(local.entry):
                search_from = at + 1
                continue
            if not self.count:
                self._report(
                    "truncated",
                    "is truncated or damaged: it has no directory, so its members were searched for",
                )
            self.count += 1
            entry, end = local.entry, size
            if entry.compressed is not None:
                end = min(size, local.content_at + entry.compressed)
            elif entry.method == _STORED:
                end, entry = _find_descriptor(handle, local.content_at, entry, size)
            self._scanned_to = local.content_at if entry.compressed is None else end
            name = entry.unicode_name or decode_name(entry.raw_name, guess_charset([entry.raw_name]))
            yield ZipMember(entry, name, name, local.content_at, end)
            search_from = self._scanned_to
        if not self.count:
            raise Fault("corrupt", "starts like a zip archive but is damaged: no member can be found in it")

    def content(self, member: ZipMember, report: Report) -> Iterator[bytes]:
        """Read and check the content of a member.

        Args:
            member: what `members` gave.
            report: told of wrong sizes and checksums.

        Raises:
            Fault: damaged, cut short, over a limit, or of a method that is not supported.
        """
        entry = member.entry
        size = checksum = 0
        for block in self._expanded(member, report):
            checksum = zlib.crc32(block, checksum)
            size += len(block)
            yield block
        if entry.size is not None and entry.size != size:
            report("corrupt", f"has {size:,} bytes where the archive states a size of {entry.size:,}: a mismatch")
        elif entry.checksum is not None and entry.checksum != checksum:
            report("corrupt", "has a wrong checksum (CRC-32), so its content may be damaged")

    def _expanded(self, member: ZipMember, report: Report) -> Iterator[bytes]:
        entry, start, end = member.entry, member.start, member.end
        if entry.method not in _READABLE:
            name = _METHODS.get(entry.method, "unknown")
            raise Fault("unsupported", f"is compressed with method {entry.method} ({name}), which is not supported")
        if entry.method != _DEFLATED and entry.compressed is not None:
            end = min(end, start + entry.compressed)
        feed = Feed(file_blocks(self._file, start, end, self._progress))
        if entry.method == _STORED:
            yield from feed.rest()
            if entry.compressed is None or start + entry.compressed > member.end:
                raise Fault("truncated", "is truncated: the archive ends before the size that it states for it")
        elif entry.method == _DEFLATED:
            # Its end is in the data, so a wrong size in the directory costs nothing.
            yield from guarded(inflate(feed), feed, self._limits)
        elif entry.method == _LZMA:
            ends_itself = bool(entry.flags & 2) or entry.size is None
            yield from guarded(unlzma(feed, self._limits, entry.size or 0, ends_itself), feed, self._limits)
        elif entry.method == _BZIP2:
            yield from expand("bz2", feed, self._limits, report)
        elif entry.method == _XZ:
            yield from expand("xz", feed, self._limits, report)
        else:
            yield from expand("zst", feed, self._limits, report)
        if self._scanned_to is not None:
            self._scanned_to = max(self._scanned_to, start + feed.taken)


def _plausible(entry: ZipEntry) -> bool:
    """Whether a header that was found by its signature alone can be one."""
    known = entry.method in _READABLE or entry.method in _METHODS or entry.encrypted
    return known and 0 < len(entry.raw_name) <= 4096 and not entry.flags & 0x4000


def _find(handle: BinaryIO, start: int, signature: bytes) -> int | None:
    """Find a signature from `start` on."""
    overlap = len(signature) - 1
    while len(data := read_at(handle, start, BLOCK)) > overlap:
        found = data.find(signature)
        if found >= 0:
            return start + found
        start += len(data) - overlap
    return None


def _find_descriptor(handle: BinaryIO, start: int, entry: ZipEntry, size: int) -> tuple[int, ZipEntry]:
    """Find the end of stored content whose size only the descriptor behind it knows.

    Returns:
        The end, and the entry with what the descriptor says; the end of the file and the entry as it was
        where no descriptor fits.
    """
    at: int | None = start
    while at is not None and (at := _find(handle, at, _DESCRIPTOR)) is not None:
        record = read_at(handle, at, 24)
        for width in (4, 8):
            if int.from_bytes(record[8 : 8 + width], "little") == at - start and len(record) >= 8 + width:
                checksum = int.from_bytes(record[4:8], "little")
                return at, replace(entry, compressed=at - start, size=at - start, checksum=checksum)
        at += 1
    return size, entry
