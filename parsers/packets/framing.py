"""The framing of capture files: where each packet's record is, when it was taken, what is broken.

pcap: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcap-03.html
pcapng: https://www.ietf.org/archive/id/draft-ietf-opsawg-pcapng-02.html
"""

from __future__ import annotations

import struct
from collections import Counter
from dataclasses import dataclass, field
from typing import BinaryIO

from ..contract import Problem, Source

_PCAP = {0xA1B2C3D4: (1_000_000, 16), 0xA1B23C4D: (1_000_000_000, 16), 0xA1B2CD34: (1_000_000, 24)}
_SECTION, _INTERFACE, _SIMPLE, _ENHANCED, _PACKET = 0x0A0D0D0A, 1, 3, 6, 2
# No capture tool writes larger packets (tcpdump's MAXIMUM_SNAPLEN).
MAX_PACKET = 262_144
_MAX_BLOCK = 16 * 1024 * 1024
# https://www.tcpdump.org/linktypes.html, the ones that are met.
LINK_TYPES = {
    0: "null", 1: "ethernet", 8: "slip", 9: "ppp", 12: "raw", 14: "raw", 50: "ppp", 51: "pppoe", 101: "raw",
    104: "c_hdlc", 105: "802.11", 108: "loop", 113: "linux_sll", 127: "802.11_radiotap", 228: "ipv4", 229: "ipv6",
    239: "nflog", 249: "usbpcap", 276: "linux_sll2",
}  # fmt: skip


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
    _latest: int = 0

    def add(self, micros: int, link_type: int, kept: int, original: int) -> None:
        """Count a packet."""
        self.packets += 1
        self.link_types[link_type] += 1
        self.cut += kept < original
        self.backwards += micros < self._latest
        self._latest = micros
        self.first = micros if self.first is None else min(self.first, micros)
        self.last = micros if self.last is None else max(self.last, micros)


def is_capture(head: bytes) -> bool:
    """Whether a head is that of a pcap or pcapng file."""
    if head[:4] == b"\x0a\x0d\x0d\x0a":
        return head[8:12] in (b"\x1a\x2b\x3c\x4d", b"\x4d\x3c\x2b\x1a")
    return len(head) >= 4 and any(struct.unpack(order + "I", head[:4])[0] in _PCAP for order in "<>")


def survey(source: Source) -> Survey:
    """Walk the records of a capture; whatever is broken ends the walk and is named.

    Raises:
        OSError: the file cannot be read.
    """
    found = Survey()
    with source.open() as handle:
        walk = _walk_pcapng if source.head[:4] == b"\x0a\x0d\x0d\x0a" else _walk_pcap
        fault = walk(handle, found)
    if fault:
        done = f"{fault} after {found.packets:,} packets; the rest of the capture was not read."
        kind = "truncated" if "truncated" in fault else "corrupt"
        found.problems.append(Problem(source.path, "truncated" if kind == "truncated" else "corrupt", done))
    unknown = sorted(link for link in found.link_types if link not in LINK_TYPES)
    if unknown:
        names = ", ".join(map(str, unknown))
        found.problems.append(Problem(source.path, "unsupported", f"Packets of unknown link type {names}."))
    if found.backwards:
        found.problems.append(Problem(source.path, "clock", f"Time goes back at {found.backwards:,} packets."))
    if not found.packets and not found.problems:
        found.problems.append(Problem(source.path, "empty", "The capture is empty: it holds no packet."))
    return found


def _walk_pcap(handle: BinaryIO, found: Survey) -> str:
    header = handle.read(24)
    order = "<" if struct.unpack("<I", header[:4])[0] in _PCAP else ">"
    if len(header) < 24:
        return "The capture's file header is truncated"
    units, size = _PCAP[struct.unpack(order + "I", header[:4])[0]]
    major, _, _, _, _, link_type = struct.unpack(order + "HHiIII", header[4:])
    if major != 2:
        return f"The capture has version {major}, which no tool writes: its header is corrupt"
    link_type &= 0x0FFFFFFF
    record = struct.Struct(order + "IIII")
    while raw := handle.read(size):
        if len(raw) < size:
            return "A packet's header is truncated: the capture was cut short"
        seconds, fraction, kept, original = record.unpack(raw[:16])
        if kept > MAX_PACKET:
            return f"A packet claims {kept:,} bytes: the capture is corrupt"
        if len(handle.read(kept)) < kept:
            return "A packet is truncated: the capture was cut short"
        found.add(seconds * 1_000_000 + fraction * 1_000_000 // units, link_type, kept, original)
    return ""


@dataclass(slots=True)
class _Interface:
    link_type: int
    numerator: int = 1  # microseconds of a tick are numerator / denominator
    denominator: int = 1
    offset: int = 0


def _walk_pcapng(handle: BinaryIO, found: Survey) -> str:
    order = "<"
    interfaces: list[_Interface] = []
    while raw := handle.read(8):
        if len(raw) < 8:
            return "A block's header is truncated: the capture was cut short"
        kind, length = struct.unpack(order + "II", raw)
        lead = b""
        if kind == _SECTION:
            lead = handle.read(4)
            order = "<" if lead == b"\x4d\x3c\x2b\x1a" else ">"
            length = struct.unpack(order + "I", raw[4:])[0]
            interfaces = []
        if length < 12 or length % 4 or length > _MAX_BLOCK:
            return f"A block claims {length:,} bytes: the capture is corrupt"
        body = handle.read(length - 12 - len(lead))
        trailer = handle.read(4)
        if len(body) < length - 12 - len(lead) or len(trailer) < 4:
            return "A block is truncated: the capture was cut short"
        if struct.unpack(order + "I", trailer)[0] != length:
            return "A block's two lengths differ: the capture is corrupt"
        fault = _block(kind, body, order, interfaces, found)
        if fault:
            return fault
    return ""


def _block(kind: int, body: bytes, order: str, interfaces: list[_Interface], found: Survey) -> str:
    if kind == _INTERFACE:
        if len(body) < 8:
            return "An interface block is truncated"
        interfaces.append(_interface(body, order))
    elif kind == _SIMPLE:
        if not interfaces or len(body) < 4:
            return "A packet of an interface that is not described: the capture is corrupt"
        (original,) = struct.unpack(order + "I", body[:4])
        found.add(found.last or 0, interfaces[0].link_type, min(original, len(body) - 4), original)
    elif kind in (_ENHANCED, _PACKET):
        return _enhanced(kind, body, order, interfaces, found)
    return ""


def _enhanced(kind: int, body: bytes, order: str, interfaces: list[_Interface], found: Survey) -> str:
    if len(body) < 20:
        return "A packet block is truncated"
    number, high, low, kept, original = struct.unpack(order + "IIIII", body[:20])
    if kind == _PACKET:
        number = struct.unpack(order + "H", body[:2])[0]
    if number >= len(interfaces):
        return "A packet of an interface that is not described: the capture is corrupt"
    if kept > len(body) - 20:
        return f"A packet claims {kept:,} bytes, more than its block holds: the capture is corrupt"
    interface = interfaces[number]
    ticks = (high << 32) | low
    micros = ticks * interface.numerator // interface.denominator + interface.offset * 1_000_000
    found.add(micros, interface.link_type, kept, original)
    return _options(body[20 + (kept + 3) // 4 * 4 :], order)[1]


def _interface(body: bytes, order: str) -> _Interface:
    interface = _Interface(struct.unpack(order + "H", body[:2])[0])
    for code, value in _options(body[8:], order)[0]:
        if code == 9 and value:  # if_tsresol
            exponent = value[0] & 0x7F
            interface.numerator = 1_000_000
            interface.denominator = 2**exponent if value[0] & 0x80 else 10**exponent
        elif code == 14 and len(value) == 8:  # if_tsoffset
            interface.offset = struct.unpack(order + "q", value)[0]
    return interface


def _options(data: bytes, order: str) -> tuple[list[tuple[int, bytes]], str]:
    """The options of a block, and a fault if one runs past its end."""
    out: list[tuple[int, bytes]] = []
    at = 0
    while at + 4 <= len(data):
        code, length = struct.unpack(order + "HH", data[at : at + 4])
        if code == 0:
            break
        if at + 4 + length > len(data):
            return out, "An option runs past its block: the capture is corrupt"
        out.append((code, data[at + 4 : at + 4 + length]))
        at += 4 + (length + 3) // 4 * 4
    return out, ""
