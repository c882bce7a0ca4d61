"""Writes files into archives and folders of the kinds that people send."""

from __future__ import annotations

import bz2
import gzip
import lzma
import shutil
import struct
import tarfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, cast

# The endings of archives, longest first, with the container and the compression around it.
_ARCHIVES = (
    (".tar.gz", "tar", "gz"), (".tar.xz", "tar", "xz"), (".tar.bz2", "tar", "bz2"), (".tar.zst", "tar", "zst"),
    (".tgz", "tar", "gz"), (".txz", "tar", "xz"), (".tbz2", "tar", "bz2"), (".tbz", "tar", "bz2"),
    (".tzst", "tar", "zst"), (".tar", "tar", ""), (".zip", "zip", ""),
)  # fmt: skip
_COMPRESSED = {".gz": "gz", ".xz": "xz", ".bz2": "bz2", ".zst": "zst"}
# Of deflate: logs grow by a seventh against the usual 6, in less than half of its time.
_LEVEL = 3
_EPOCH = datetime(1980, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Packed:
    """A file to be put into an archive: its name there, where its bytes are, its time (UTC)."""

    name: str
    file: Path
    modified: datetime | None = None


def archive_kind(name: str) -> tuple[str, str] | None:
    """Container ("zip", "tar") and compression ("", "gz", "xz", "bz2", "zst") by the ending of a name."""
    lower = name.lower()
    return next(((kind, codec) for ending, kind, codec in _ARCHIVES if lower.endswith(ending)), None)


def compression_kind(name: str) -> str:
    """The compression of a single file by the ending of its name; "" for none."""
    return _COMPRESSED.get(Path(name.lower()).suffix, "")


def compress(source: Path, target: Path, codec: str) -> None:
    """Write a file compressed; "" copies it.

    Raises:
        OSError: one of the files cannot be read or written.
    """
    with source.open("rb") as content, opened(target, codec) as out:
        shutil.copyfileobj(content, out, 1024 * 1024)


def opened(target: Path, codec: str) -> IO[bytes]:
    """A file to write to, through a compression."""
    if codec == "gz":
        return cast("IO[bytes]", gzip.GzipFile(target, "wb", _LEVEL, mtime=0))
    if codec == "bz2":
        return cast("IO[bytes]", bz2.BZ2File(target, "wb"))
    if codec == "xz":
        return cast("IO[bytes]", lzma.LZMAFile(target, "wb", preset=3))
    if codec == "zst":
        import zstandard

        return cast("IO[bytes]", zstandard.open(target, "wb"))
    return target.open("wb")


def pack(members: Sequence[Packed], target: Path, container: str, codec: str) -> None:
    """Write an archive.

    Raises:
        OSError: a file cannot be read or written.
    """
    if container == "zip":
        _pack_zip(members, target)
        return
    with opened(target, codec) as out, tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for member in members:
            info = tarfile.TarInfo(member.name)
            info.size = member.file.stat().st_size
            info.mtime = int(member.modified.timestamp()) if member.modified else 0
            with member.file.open("rb") as content:
                archive.addfile(info, content)


def _pack_zip(members: Sequence[Packed], target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as archive:
        for member in members:
            moment = max(member.modified or _EPOCH, _EPOCH)
            info = zipfile.ZipInfo(member.name, moment.timetuple()[:6])
            info.compress_type = zipfile.ZIP_DEFLATED
            # The archive's own level is not asked for what comes with a ZipInfo; a public name comes with Python 3.13.
            info._compresslevel = _LEVEL  # type: ignore[attr-defined]
            info.external_attr = 0o100644 << 16
            seconds = int(moment.timestamp())
            if member.modified and seconds < 1 << 31:
                # The time of DOS has no zone and two seconds' steps; Info-ZIP's field has the exact one.
                info.extra = struct.pack("<HHBl", 0x5455, 5, 1, seconds)
            with member.file.open("rb") as content, archive.open(info, "w", force_zip64=True) as out:
                shutil.copyfileobj(content, out, 1024 * 1024)
