"""Packets and captures written byte by byte, so that a test says what is in them."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import ip_address
from types import SimpleNamespace

import pytest

from parsers.contract import Source
from parsers.packets.capture import Capture, read_capture

FIN, SYN, RST, PSH, ACK = 1, 2, 4, 8, 16
MOMENT = 1_773_480_413
CLIENT, SERVER = "10.0.0.5", "10.0.0.9"


def ethernet(kind: int, payload: bytes) -> bytes:
    return bytes.fromhex("020000000001020000000002") + struct.pack(">H", kind) + payload


def ip(protocol: int, payload: bytes, src: str = CLIENT, dst: str = SERVER, ttl: int = 64, number: int = 0) -> bytes:
    one, two = ip_address(src).packed, ip_address(dst).packed
    if len(one) == 16:
        return struct.pack(">IHBB", 6 << 28, len(payload), protocol, ttl) + one + two + payload
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(payload), number & 0xFFFF, 0x4000, ttl, protocol, 0)
    return head + one + two + payload


def udp(sport: int, dport: int, payload: bytes) -> bytes:
    return struct.pack(">HHHH", sport, dport, 8 + len(payload), 0) + payload


def tcp(
    sport: int, dport: int, seq: int, ack: int, flags: int, size: int = 0, window: int = 64000, options: bytes = b""
) -> bytes:
    words = (20 + len(options)) // 4
    head = struct.pack(">HHIIHHHH", sport, dport, seq % 2**32, ack % 2**32, words << 12 | flags, window, 0, 0)
    return head + options + bytes(index % 251 for index in range(size))


def syn_options(mss: int = 1460, scale: int = 7) -> bytes:
    return struct.pack(">BBHBBB", 2, 4, mss, 3, 3, scale) + b"\0"


def pcap(packets: list[tuple[float, bytes]], link: int = 1, snaplen: int = 0) -> bytes:
    """A little-endian pcap of (seconds after MOMENT, packet)."""
    out = struct.pack("<IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, 262144, link)
    for seconds, packet in packets:
        nanos = round(seconds * 1e9)
        kept = packet[:snaplen] if snaplen else packet
        out += struct.pack("<IIII", MOMENT + nanos // 10**9, nanos % 10**9, len(kept), len(packet)) + kept
    return out


@dataclass
class Talk:
    """A TCP connection that is written packet by packet; sequence numbers are relative to the start of each side."""

    cport: int = 40000
    sport: int = 443
    client: str = CLIENT
    server: str = SERVER
    base: tuple[int, int] = (1000, 5000)
    mss: tuple[int, int] = (1460, 1460)
    scale: int = 7
    packets: list[tuple[float, bytes]] = field(default_factory=list)
    number: int = 1

    def send(
        self,
        at: float,
        who: str,
        seq: int,
        ack: int,
        flags: int = ACK,
        size: int = 0,
        window: int = 64000,
        ttl: int = 64,
    ) -> Talk:
        """Add a packet of "c" or "s"."""
        orig = who == "c"
        mine, other = self.base if orig else self.base[::-1]
        ports = (self.cport, self.sport) if orig else (self.sport, self.cport)
        options = syn_options(self.mss[0 if orig else 1], self.scale) if flags & SYN else b""
        acked = other + ack if flags & ACK else 0
        segment = tcp(*ports, mine + seq, acked, flags, size, window, options)
        src, dst = (self.client, self.server) if orig else (self.server, self.client)
        self.packets.append((at, ethernet(0x86DD if ":" in src else 0x800, ip(6, segment, src, dst, ttl, self.number))))
        self.number += 1
        return self

    def open(self, at: float = 0.0) -> Talk:
        """The three packets of a handshake, 10 ms each way."""
        self.send(at, "c", 0, 0, SYN)
        self.send(at + 0.01, "s", 0, 1, SYN | ACK)
        return self.send(at + 0.02, "c", 1, 1)

    def again(self, at: float, frame: int) -> Talk:
        """The same bytes as an earlier frame, as a mirror port writes them."""
        self.packets.append((at, self.packets[frame - 1][1]))
        return self

    def close(self, at: float, client: int, server: int) -> Talk:
        """FINs of both sides, which have sent so much."""
        self.send(at, "c", client, server, FIN | ACK)
        self.send(at + 0.01, "s", server, client + 1, FIN | ACK)
        return self.send(at + 0.02, "c", client + 1, server + 1)


@pytest.fixture
def wire() -> SimpleNamespace:
    """What packets are made with."""
    return SimpleNamespace(Talk=Talk, ethernet=ethernet, ip=ip, tcp=tcp, udp=udp, pcap=pcap)


@pytest.fixture
def read(make_source: Callable[..., Source]) -> Callable[..., Capture]:
    """Read packets, or the bytes of a file, as a capture."""

    def go(packets: list[tuple[float, bytes]] | bytes | Talk, link: int = 1, snaplen: int = 0) -> Capture:
        if isinstance(packets, Talk):
            packets = packets.packets
        data = packets if isinstance(packets, bytes) else pcap(packets, link, snaplen)
        return read_capture(make_source(data, "x.pcap"))

    return go
