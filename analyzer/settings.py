"""The settings of a run, with their defaults."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1024 * 1024
GIB = 1024 * MIB


@dataclass(frozen=True, slots=True)
class Limits:
    """What a bundle may cost; a limit that is hit is named in the report.

    Attributes:
        total_bytes: expanded bytes in all.
        member_bytes: expanded bytes of one member.
        ratio: expanded to compressed, once past `ratio_floor` expanded bytes.
        ratio_floor: bytes below which any ratio is fine.
        members: archive members in all.
        depth: archives inside archives.
        decoder_window: memory that a decompressor may ask for, in bytes.
        line_bytes: bytes of a line that are kept.
    """

    total_bytes: int = 4 * GIB
    member_bytes: int = 1 * GIB
    ratio: int = 200
    ratio_floor: int = 64 * MIB
    members: int = 50_000
    depth: int = 6
    decoder_window: int = 128 * MIB
    line_bytes: int = 1 * MIB
