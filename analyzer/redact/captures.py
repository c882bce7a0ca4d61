"""Captures with pseudonyms: addresses of reserved ranges, payloads overwritten in equal length, checksums mended.

ip-7 of a text is 198.18.0.7 in a capture (RFC 2544, a range that no network uses), or 2001:db8::7 (RFC 3849);
mac-3 is 02:00:00:00:00:03, locally administered. A checksum that was wrong stays wrong by as much (RFC 1624), so that
findings about it survive. What stands in a layer that is not understood is overwritten with zeros.
"""

from __future__ import annotations

import ipaddress
import mmap
import shutil
import struct
from collections import Counter
from pathlib import Path

from analyzer.redact.addresses import keeps_readable
from analyzer.redact.engine import Redactor
from analyzer.redact.payloads import Payloads, sum_of
from analyzer.redact.pseudonyms import Pseudonyms, reserved_address
from parsers.contract import Problem, Source
from parsers.packets.framing import read_frames

_IPV4, _IPV6, _ARP, _ETHERNET = 0x0800, 0x86DD, 0x0806, 0x6558
_TAGS = (0x8100, 0x88A8, 0x9100, 0x9200)
_EXTENSIONS = (0, 43, 44, 60, 135)
_DEPTH = 6
# No record header is longer; what stands between packets beyond that is no part of the format.
_LARGEST_GAP = 64
_SECTION, _INTERFACE, _PACKET, _SIMPLE, _STATISTICS, _ENHANCED = 0x0A0D0D0A, 1, 2, 3, 5, 6


def redact_capture(source: Source, target: Path, redactor: Redactor) -> list[Problem]:
    """Write the redacted capture of a source to `target`: the same packets at the same places and times.

    Returns:
        What was overwritten because it is not understood.

    Raises:
        OSError: a file cannot be read or written.
    """
    shutil.copyfile(source.file, target)
    frames = read_frames(source)
    if not source.size:
        return []
    names = redactor.names
    names.equal_length = True
    try:
        with target.open("r+b") as handle, mmap.mmap(handle.fileno(), 0, access=mmap.ACCESS_WRITE) as data:
            packets = _Packets(data, redactor)
            spans = list(zip(frames.offset.tolist(), frames.captured.tolist(), strict=True))
            for (start, size), link in zip(spans, frames.link_type.tolist(), strict=True):
                packets.frame(start, min(start + size, len(data)), link)
            _between(data, spans, packets)
    finally:
        names.equal_length = False
    said = ", ".join(f"{what} ({count:,})" for what, count in packets.zeroed.most_common(10))
    return [Problem(source.path, "unsupported", f"{source.path}: overwritten with zeros: {said}.")] if said else []


class Addresses:
    """Addresses in packets by the numbers of their pseudonyms."""

    def __init__(self, names: Pseudonyms) -> None:
        """Number addresses as texts do."""
        self._names = names
        self._known: dict[bytes, bytes] = {}

    def ip(self, raw: bytes) -> bytes:
        """The address, 4 or 16 bytes, that stands for another."""
        known = self._known.get(raw)
        if known is None:
            known = self._known[raw] = self._ip(raw)
        if known != raw:
            self._names.counts[self._names.source, "ip"] += 1
        return known

    def _ip(self, raw: bytes) -> bytes:
        address = ipaddress.ip_address(raw)
        if keeps_readable(address):
            return raw
        number = self._names.number("ip", str(address))
        return reserved_address(str(address), number).packed

    def mac(self, raw: bytes) -> bytes:
        """The address, 6 bytes, that stands for another; groups and the empty address stay."""
        if raw[0] & 1 or not any(raw):
            return raw
        number = self._names.number("mac", raw.hex(":"))
        self._names.counts[self._names.source, "mac"] += 1
        return b"\x02\x00" + number.to_bytes(4, "big")


class _Packets:
    """Rewrites packets in place, layer by layer.

    Attributes:
        zeroed: what was overwritten because it is not understood.
    """

    def __init__(self, data: mmap.mmap, redactor: Redactor) -> None:
        self.zeroed: Counter[str] = Counter()
        self._data = data
        self._addresses = Addresses(redactor.names)
        self.payloads = Payloads(data, self._addresses, redactor)

    def frame(self, at: int, end: int, link: int) -> None:
        data = self._data
        if link == 1:
            self._ethernet(at, end, 0)
        elif link in (12, 14, 101, 228, 229):
            self._nibble(at, end, 0)
        elif link in (0, 108):
            self._nibble(at + 4, end, 0)
        elif link == 113 and end - at >= 16:
            if data[at + 5] == 6:
                data[at + 6 : at + 12] = self._addresses.mac(data[at + 6 : at + 12])
            self._network(int.from_bytes(data[at + 14 : at + 16], "big"), at + 16, end, 0)
        elif link == 276 and end - at >= 20:
            if data[at + 11] == 6:
                data[at + 12 : at + 18] = self._addresses.mac(data[at + 12 : at + 18])
            self._network(int.from_bytes(data[at : at + 2], "big"), at + 20, end, 0)
        else:
            self._zero(at, end, f"packets of link type {link}")

    def _zero(self, at: int, end: int, what: str) -> None:
        if end > at:
            self._data[at:end] = bytes(end - at)
            self.zeroed[what] += 1

    def _ethernet(self, at: int, end: int, depth: int) -> None:
        data = self._data
        if end - at < 14:
            self._zero(at, end, "cut link layers")
            return
        data[at : at + 6] = self._addresses.mac(data[at : at + 6])
        data[at + 6 : at + 12] = self._addresses.mac(data[at + 6 : at + 12])
        self._network(int.from_bytes(data[at + 12 : at + 14], "big"), at + 14, end, depth)

    def _nibble(self, at: int, end: int, depth: int) -> None:
        version = self._data[at] >> 4 if at < end else 0
        self._network({4: _IPV4, 6: _IPV6}.get(version, 0), at, end, depth)

    def _network(self, kind: int, at: int, end: int, depth: int) -> None:
        data = self._data
        while kind in _TAGS and end - at >= 4:
            kind, at = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
        if kind == 0x8864 and end - at >= 8:
            kind = {0x0021: _IPV4, 0x0057: _IPV6}.get(int.from_bytes(data[at + 6 : at + 8], "big"), 0)
            at += 8
        while kind in (0x8847, 0x8848) and end - at >= 4:
            last, at = data[at + 2] & 1, at + 4
            if last:
                kind = {4: _IPV4, 6: _IPV6}.get(data[at] >> 4 if at < end else 0, 0)
        if depth > _DEPTH:
            self._zero(at, end, "layers in layers")
        elif kind == _IPV4:
            self._version4(at, end, depth)
        elif kind == _IPV6:
            self._version6(at, end, depth)
        elif kind == _ARP:
            self._arp(at, end)
        elif kind == _ETHERNET:
            self._ethernet(at, end, depth + 1)
        else:
            self._zero(at, end, f"layers of EtherType 0x{kind:04x}" if kind > 1500 else "layers that are no IP")

    def _arp(self, at: int, end: int) -> None:
        data, addresses = self._data, self._addresses
        if end - at < 28 or data[at : at + 6] != b"\x00\x01\x08\x00\x06\x04":
            self._zero(at + 8, end, "other ARP")
            return
        for place in (at + 8, at + 18):
            data[place : place + 6] = addresses.mac(data[place : place + 6])
            data[place + 6 : place + 10] = addresses.ip(data[place + 6 : place + 10])
        self._zero_rest(at + 28, end)

    def _zero_rest(self, at: int, end: int) -> None:
        """Padding is what was in memory before; it is nothing that anybody misses."""
        if end > at:
            self._data[at:end] = bytes(end - at)

    def _version4(self, at: int, end: int, depth: int) -> None:
        data = self._data
        size = (data[at] & 15) * 4 if at < end else 0
        if end - at < 20 or size < 20 or data[at] >> 4 != 4:
            self._zero(at, end, "damaged IPv4")
            return
        total = int.from_bytes(data[at + 2 : at + 4], "big")
        if total >= size:
            self._zero_rest(min(at + total, end), end)
            end = min(at + total, end)
        before = data[at + 12 : at + 20]
        old = data[at : min(at + size, end)]
        for place in (at + 12, at + 16):
            data[place : place + 4] = self._addresses.ip(data[place : place + 4])
        # Options may record routes.
        self._zero_rest(at + 20, min(at + size, end))
        self._mend(at + 10, end, old, data[at : min(at + size, end)])
        fragment = int.from_bytes(data[at + 6 : at + 8], "big") & 0x1FFF
        change = (before, data[at + 12 : at + 20])
        self._transport(data[at + 9], at + size, end, change, depth, later=fragment > 0)

    def _version6(self, at: int, end: int, depth: int) -> None:
        data = self._data
        if end - at < 40 or data[at] >> 4 != 6:
            self._zero(at, end, "damaged IPv6")
            return
        total = int.from_bytes(data[at + 4 : at + 6], "big")
        if total:
            self._zero_rest(min(at + 40 + total, end), end)
            end = min(at + 40 + total, end)
        before = data[at + 8 : at + 40]
        for place in (at + 8, at + 24):
            data[place : place + 16] = self._addresses.ip(data[place : place + 16])
        change = (before, data[at + 8 : at + 40])
        kind, at, later = data[at + 6], at + 40, False
        for _ in range(8):
            if kind not in _EXTENSIONS or end - at < 8:
                break
            if kind == 44:
                later = int.from_bytes(data[at + 2 : at + 4], "big") & 0xFFF8 > 0
            size = 8 if kind == 44 else (data[at + 1] + 1) * 8
            kind, at = data[at], at + size
        self._transport(kind, at, end, change, depth, later=later)

    def _transport(self, kind: int, at: int, end: int, change: tuple[bytes, bytes], depth: int, *, later: bool) -> None:
        """What IP carries; `change` is the addresses before and now, which TCP, UDP and ICMPv6 sum up, too."""
        data = self._data
        if at >= end:
            return
        if later:
            self.payloads.text(at, end)
            return
        old = data[at:end]
        checksum = {6: 16, 17: 6, 1: 2, 58: 2}.get(kind)
        if kind == 6:
            size = (data[at + 12] >> 4) * 4 if end - at >= 20 else end - at
            if size >= 20:
                self.payloads.carried(6, at, min(at + size, end), end, change[0])
        elif kind == 17:
            if end - at >= 8 and data[at + 2 : at + 4] == b"\x12\xb5":  # VXLAN, RFC 7348
                self._ethernet(at + 16, end, depth + 1)
            else:
                self.payloads.carried(17, at, min(at + 8, end), end, change[0])
        elif kind == 1:
            if data[at] in (3, 4, 5, 11, 12):
                if data[at] == 5 and end - at >= 8:
                    data[at + 4 : at + 8] = self._addresses.ip(data[at + 4 : at + 8])
                self._network(_IPV4, at + 8, end, depth + 1)
            else:
                self.payloads.text(at + 8, end)
        elif kind == 58:
            self._version6_control(at, end, depth)
        elif kind in (4, 41):
            self._network(_IPV4 if kind == 4 else _IPV6, at, end, depth + 1)
        elif kind == 47 and end - at >= 4:
            flags = data[at]
            size = 4 + 4 * (flags >> 7 & 1) + 4 * (flags >> 5 & 1) + 4 * (flags >> 4 & 1)
            self._network(int.from_bytes(data[at + 2 : at + 4], "big"), at + size, end, depth + 1)
        elif kind == 132:
            self.payloads.text(at + 12, end)
        elif kind == 89:
            self._ospf(at, end)
        elif kind == 112:
            self._vrrp(at, end, change)
        elif kind not in (2, 50, 51, 59):
            self._zero(at, end, f"IP protocol {kind}")
        if checksum is not None:
            # ICMP (RFC 792) alone does not sum up addresses. A UDP checksum of zero is none.
            apart = (b"", b"") if kind == 1 else change
            place = at + checksum
            if place + 2 <= end and not (kind == 17 and data[place : place + 2] == b"\0\0"):
                self._mend(place, end, apart[0] + old, apart[1] + data[at:end])

    def _version6_control(self, at: int, end: int, depth: int) -> None:
        """ICMPv6: errors quote packets (RFC 4443), neighbour discovery names addresses (RFC 4861)."""
        data = self._data
        kind = data[at]
        if kind in (1, 2, 3, 4):
            self._network(_IPV6, at + 8, end, depth + 1)
            return
        options = {133: 8, 134: 16, 135: 24, 136: 24, 137: 40}.get(kind)
        if options is None:
            self.payloads.text(at + 8, end)
            return
        for place in {135: (8,), 136: (8,), 137: (8, 24)}.get(kind, ()):
            if at + place + 16 <= end:
                data[at + place : at + place + 16] = self._addresses.ip(data[at + place : at + place + 16])
        at += options
        while end - at >= 8 and data[at + 1]:
            if data[at] in (1, 2):
                data[at + 2 : at + 8] = self._addresses.mac(data[at + 2 : at + 8])
            elif data[at] == 3 and data[at + 1] == 4 and end - at >= 32:  # the prefix of a network
                data[at + 16 : at + 32] = self._addresses.ip(data[at + 16 : at + 32])
            elif data[at] != 5:
                self._zero_rest(at + 2, min(at + data[at + 1] * 8, end))
            at += data[at + 1] * 8

    def _ospf(self, at: int, end: int) -> None:
        """A Hello of OSPF (RFC 2328 section A.3.2); what routers tell each other beyond it is overwritten."""
        data = self._data
        size = int.from_bytes(data[at + 2 : at + 4], "big")
        if end - at < 44 or data[at : at + 2] != b"\x02\x01" or not 44 <= size <= end - at:
            self._zero(at, end, "OSPF but for Hello")
            return
        old = data[at : at + 16] + data[at + 24 : at + size]
        places = [at + 4, at + 8, at + 36, at + 40, *range(at + 44, at + size - 3, 4)]
        for place in places:
            data[place : place + 4] = self._addresses.ip(data[place : place + 4])
        self._zero_rest(at + 16, at + 24)  # a password, perhaps
        self._zero_rest(at + size, end)
        if int.from_bytes(data[at + 14 : at + 16], "big") != 2:  # with keys, the digest is all that counts
            self._mend(at + 12, end, old, data[at : at + 16] + data[at + 24 : at + size])

    def _vrrp(self, at: int, end: int, change: tuple[bytes, bytes]) -> None:
        """An advertisement of a virtual router (RFC 3768, RFC 9568): its addresses."""
        data = self._data
        width = len(change[0]) // 2
        last = at + 8 + width * data[at + 3] if end - at >= 8 else end + 1
        if last > end or data[at] not in (0x21, 0x31):
            self._zero(at, end, "damaged VRRP")
            return
        old = data[at:end]
        for place in range(at + 8, last, width):
            data[place : place + width] = self._addresses.ip(data[place : place + width])
        self._zero_rest(last, end)  # version 2 has a password there
        apart = change if data[at] == 0x31 else (b"", b"")
        self._mend(at + 6, end, apart[0] + old, apart[1] + data[at:end])

    def _mend(self, place: int, end: int, old: bytes, new: bytes) -> None:
        """Change a checksum by as much as what it sums up has changed (RFC 1624)."""
        if place + 2 > end or old == new:
            return
        checksum = int.from_bytes(self._data[place : place + 2], "big")
        total = ((~checksum & 0xFFFF) - sum_of(old) + sum_of(new)) % 0xFFFF
        mended = ~total & 0xFFFF
        self._data[place : place + 2] = struct.pack(">H", mended if mended != 0xFFFF or checksum == 0xFFFF else 0)


def _between(data: mmap.mmap, spans: list[tuple[int, int]], packets: _Packets) -> None:
    """What is no packet: blocks of pcapng that name or decrypt, comments, and bytes behind the last packet."""
    walked = _blocks(data, packets) if data[:4] == b"\x0a\x0d\x0d\x0a" else 0
    last = max(walked, 24 if not spans else 0)
    for start, size in sorted(spans):
        if walked <= last < start - _LARGEST_GAP and last:
            packets._zero(last, start - _LARGEST_GAP, "bytes between packets")
        last = max(last, start + size)
    if walked <= last < len(data) and not walked:
        packets._zero(last, len(data), "bytes behind the last packet")
    elif walked and walked < len(data):
        packets._zero(max(last, walked), len(data), "bytes behind the last packet")


def _blocks(data: mmap.mmap, packets: _Packets) -> int:
    """Walk the blocks of a pcapng file; returns where the walk ends."""
    at, order = 0, "<"
    while len(data) - at >= 12:
        if data[at : at + 4] == b"\x0a\x0d\x0d\x0a":
            order = "<" if data[at + 8 : at + 12] == b"\x4d\x3c\x2b\x1a" else ">"
        kind, size = struct.unpack_from(order + "II", data, at)
        if size < 12 or size % 4 or at + size > len(data):
            return at
        end = at + size - 4
        if kind in (_SECTION, _INTERFACE, _STATISTICS):
            packets.payloads.text(at + {_SECTION: 24, _INTERFACE: 16, _STATISTICS: 20}[kind], end)
        elif kind in (_ENHANCED, _PACKET) and size >= 32:
            captured = struct.unpack_from(order + "I", data, at + 20)[0]
            packets.payloads.text(min(at + 28 + (captured + 3) // 4 * 4, end), end)
        elif kind != _SIMPLE:
            packets._zero(at + 8, end, "blocks of names, keys and others")
        at += size
    return at
