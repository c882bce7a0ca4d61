"""The settings of a run, with their defaults."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from analyzer.errors import UsageError

MIB = 1024 * 1024
GIB = 1024 * MIB
# How names of archives and compressed files end that are read.
ARCHIVES = frozenset((".zip", ".gz", ".tgz", ".bz2", ".tbz2", ".xz", ".txz", ".zst"))


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


_UNITS = {"": 1, "K": 1024, "M": MIB, "G": GIB, "T": 1024 * GIB}


def limits_with(changes: Sequence[str]) -> Limits:
    """The default limits with some changed: "total_bytes=8GiB", "depth=10".

    Raises:
        UsageError: no limit of that name, or no number.
    """
    names = [field.name for field in fields(Limits)]
    values: dict[str, int] = {}
    for change in changes:
        name, _, text = change.partition("=")
        if name not in names:
            raise UsageError(f"--limit {change}: there is no limit '{name}'; the limits are {', '.join(names)}.")
        match = re.fullmatch(r"([0-9]{1,15}) ?([KMGT]?)(?:i?B)?", text.strip(), re.IGNORECASE)
        if match is None:
            raise UsageError(f"--limit {change}: write a number, such as {name}=64MiB or {name}=1000.")
        values[name] = int(match[1]) * _UNITS[match[2].upper()]
    return replace(Limits(), **values)
