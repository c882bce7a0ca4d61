"""The framing of capture files: where each packet's record is, when it was taken, what is broken."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from ..contract import Problem, Source
from .columns import Bytes
from .frames import FrameReader, Frames
from .link_types import LINK_TYPES, unread
from .mapping import mapped
from .pcap import PCAP, SNOOP, read_pcap, read_snoop
from .pcapng import headless, read_pcapng

_HEAD = 65_536  # bytes by which a capture is known
_SECTION = b"\x0a\x0d\x0d\x0a"


@dataclass(slots=True)
class Survey:
    """What the framing of a capture says.

    Attributes:
        packets: records.
        first, last: earliest and latest time, microseconds since 1970 UTC; None without packets.
        cut: packets that hold less than was on the wire (snap length).
        backwards: packets that are earlier than the one before them.
        link_types: numbers of packets by link type.
        problems: what is broken.
    """

    packets: int = 0
    first: int | None = None
    last: int | None = None
    cut: int = 0
    backwards: int = 0
    link_types: Counter[int] = field(default_factory=Counter)
    problems: list[Problem] = field(default_factory=list)


def is_capture(head: bytes) -> bool:
    """Whether a head is that of a pcap, pcapng or snoop file."""
    if head[:4] == _SECTION:
        return head[8:12] in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a")
    if headless(head):
        return True
    if head[:8] == SNOOP:
        return True
    return len(head) >= 4 and any(struct.unpack(order + "I", head[:4])[0] in PCAP for order in "<>")


def read_frames(source: Source, taken: Callable[[Frames], None] | None = None) -> Frames:
    """Walk the records of a capture; whatever is broken is named, what is good before and behind it is kept.

    Args:
        source: the file.
        taken: told the frames of each part of the file, in order, while that part is in memory.

    Raises:
        OSError: the file cannot be read.
    """
    data = mapped_file(source)
    reader = FrameReader(source.path, data, taken)
    head = data[:_HEAD].tobytes()
    if not is_capture(head):
        reader.problem("unsupported", "This is no capture: its first bytes are those of no capture format.")
    elif head[:4] == _SECTION or headless(head):
        read_pcapng(reader)
    elif head[:8] == SNOOP:
        read_snoop(reader)
    else:
        read_pcap(reader)
    frames = reader.finish()
    counts = _link_types(frames)
    if told := unread(counts):
        reader.problem("unsupported", told)
    if counts:
        names = ", ".join(LINK_TYPES.get(link, str(link)) for link, _ in counts.most_common(20))
        frames.facts["link_types"] = names
    return frames


def survey(source: Source) -> Survey:
    """Count the packets of a capture.

    Raises:
        OSError: the file cannot be read.
    """
    frames = read_frames(source)
    packets = len(frames.offset)
    return Survey(
        packets=packets,
        first=int(frames.time.min()) // 1000 if packets else None,
        last=int(frames.time.max()) // 1000 if packets else None,
        cut=int(np.count_nonzero(frames.captured < frames.length)),
        backwards=frames.backwards,
        link_types=_link_types(frames),
        problems=frames.problems,
    )


def mapped_file(source: Source) -> Bytes:
    """The bytes of a source as a read-only array; pages of the file are read as they are needed.

    Raises:
        OSError: the file cannot be read.
    """
    with source.open() as handle:
        return mapped(handle)


def _link_types(frames: Frames) -> Counter[int]:
    counts = np.bincount(frames.link_type) if len(frames.link_type) else np.empty(0, np.int64)
    return Counter({int(link): int(counts[link]) for link in np.flatnonzero(counts)})
