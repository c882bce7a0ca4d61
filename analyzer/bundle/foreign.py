"""Recognises 7z and rar archives, which are not read, and says what their headers tell."""

from __future__ import annotations

import zlib
from pathlib import Path

from analyzer.bundle.faults import Fault
from parsers.contract import ProblemKind

SEVEN_ZIP_MAGIC = b"7z\xbc\xaf\x27\x1c"
RAR_MAGIC = b"Rar!\x1a\x07"
_SEVEN_ZIP_AES = b"\x06\xf1\x07\x01"  # the coder id of AES-256 with SHA-256 in 7zFormat.txt
_LONGEST_HEADER = 1 << 20


def seven_zip_fault(file: Path, size: int) -> Fault:
    """Say why a 7z archive is not read: damaged, encrypted, or simply not supported.

    Raises:
        OSError: the file cannot be read.
    """
    with file.open("rb") as handle:
        start = handle.read(32)
        offset, length = int.from_bytes(start[12:20], "little"), int.from_bytes(start[20:28], "little")
        if len(start) < 32 or 32 + offset + length > size:
            return _fault("truncated", "7z", "is truncated")
        if zlib.crc32(start[12:32]) != int.from_bytes(start[8:12], "little"):
            return _fault("corrupt", "7z", "is damaged (wrong checksum of its header)")
        handle.seek(32 + offset)
        header = handle.read(min(length, _LONGEST_HEADER))
    if _SEVEN_ZIP_AES in header:
        return _fault("encrypted", "7z", "is encrypted")
    return _fault("unsupported", "7z", "is not supported")


def rar_fault(file: Path) -> Fault:
    """Say why a rar archive (RAR 1.5 to 5) is not read: encrypted, or simply not supported.

    Raises:
        OSError: the file cannot be read.
    """
    with file.open("rb") as handle:
        start = handle.read(32)
    if start[6:8] == b"\x01\0":
        # RAR 5: checksum, length and type of the first block, each a small number here; type 4 is encryption.
        encrypted = start[13:14] == b"\x04"
    else:
        encrypted = start[9:10] == b"\x73" and bool(start[10:11]) and bool(start[10] & 0x80)
    return _fault("encrypted", "rar", "is encrypted") if encrypted else _fault("unsupported", "rar", "is not supported")


def _fault(kind: ProblemKind, name: str, state: str) -> Fault:
    clause = (
        f"is a {name} archive that {state}; it was skipped, and nothing is known of"
        " unsafe or damaged members in it. Unpack it and pass the folder"
    )
    return Fault(kind, clause)
