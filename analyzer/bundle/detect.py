"""Tells by its bytes, never by its name, what an input is."""

from __future__ import annotations

from typing import Literal

from analyzer.bundle.decompress import MAGIC, Compression
from analyzer.bundle.foreign import RAR_MAGIC, SEVEN_ZIP_MAGIC
from analyzer.bundle.tar_reader import looks_like_tar

Container = Literal["zip", "tar", "7z", "rar"]

# A local header, the end record of an empty archive, the marker of a split one.
_ZIP_STARTS = (b"PK\x03\x04", b"PK\x05\x06", b"PK\x07\x08")
# The magic of the first block, or of the end of an empty stream: "BZh9" alone may be text.
_BZIP2_BLOCKS = (b"\x31\x41\x59\x26\x53\x59", b"\x17\x72\x45\x38\x50\x90")


def compression_of(head: bytes) -> Compression | None:
    """Name the compression of a stream from its first bytes, None if there is none."""
    if head.startswith(MAGIC["gz"]) and len(head) > 3 and not head[3] & 0xE0:
        return "gz"
    if (
        head.startswith(MAGIC["bz2"])
        and b"1" <= head[3:4] <= b"9"
        and (
            head[4:10] in _BZIP2_BLOCKS
            or (4 <= len(head) < 10 and any(block.startswith(head[4:]) for block in _BZIP2_BLOCKS))
        )
    ):
        return "bz2"
    if head.startswith(MAGIC["xz"]):
        return "xz"
    if head.startswith(MAGIC["zst"]) or _is_zstd_behind_skippable(head):
        return "zst"
    return None


def _is_zstd_behind_skippable(head: bytes) -> bool:
    """Whether a skippable frame (RFC 8878, 3.1.2) comes first, as from pzstd; lz4 has the same frames."""
    if head[1:4] != b"\x2a\x4d\x18" or not head[:1] or head[0] & 0xF0 != 0x50:
        return False
    end = 8 + int.from_bytes(head[4:8], "little")
    return head[end : end + 4] == MAGIC["zst"]


def container_of(head: bytes) -> Container | None:
    """Name the archive format from the first bytes of a file, None if it is none."""
    if head.startswith(_ZIP_STARTS):
        return "zip"
    if head.startswith(SEVEN_ZIP_MAGIC):
        return "7z"
    if head.startswith(RAR_MAGIC):
        return "rar"
    if looks_like_tar(head):
        return "tar"
    return None


def package_of(head: bytes) -> str | None:
    """Name the program or document that a zip archive is, from the name of its first member; None for a bundle.

    Such an archive is one file to whoever put it into a bundle, and holds no logs.
    """
    if not head.startswith(b"PK\x03\x04") or len(head) < 30:
        return None
    name = head[30 : 30 + int.from_bytes(head[26:28], "little")].decode("ascii", "replace")
    return next((title for start, title in _PACKAGES.items() if name.startswith(start)), None)


# The first member: JAR File Specification, ECMA-376-2 (Office), OpenDocument 1.3 part 2 and EPUB OCF, Android.
_PACKAGES = {
    "META-INF/": "a Java archive",
    "[Content_Types].xml": "an Office document",
    "_rels/": "an Office document",
    "mimetype": "an OpenDocument file or a book",
    "AndroidManifest.xml": "an Android application",
}


def may_end_as_zip(head: bytes) -> bool:
    """Whether to look for a zip directory at the end: what is put in front of archives is not text."""
    return b"\0" in head
