"""Fragmented datagrams are read as one, whatever order they came in; what is hostile about them is named."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from ipaddress import ip_address
from types import SimpleNamespace

import polars as pl

from parsers.packets.capture import Capture

Read = Callable[..., Capture]
Part = tuple[int, bytes, bool]
RESOLVER, CLIENT = "10.0.0.9", "10.0.0.5"


def answer(number: int, size: int = 3200) -> bytes:
    """A UDP datagram of a resolver, with a TXT record of so many bytes."""
    name = b"\x05large\x04test\0"
    text = b"".join(b"\xff" + bytes(255) for _ in range(size // 256))
    record = b"\xc0\x0c" + struct.pack(">HHIH", 16, 1, 60, len(text)) + text
    message = struct.pack(">6H", number, 0x8180, 1, 1, 0, 0) + name + struct.pack(">HH", 16, 1) + record
    return struct.pack(">HHHH", 53, 40000, 8 + len(message), 0) + message


def parts(data: bytes, size: int = 1480) -> list[Part]:
    """Where each fragment begins, its bytes, whether more follow."""
    return [(at, data[at : at + size], at + size < len(data)) for at in range(0, len(data), size)]


def ip4(part: Part, number: int, protocol: int = 17, source: str = RESOLVER) -> bytes:
    at, data, more = part
    word = at // 8 | (0x2000 if more else 0)
    head = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(data), number, word, 64, protocol, 0)
    return b"\2\0\0\0\0\1\2\0\0\0\0\2\x08\0" + head + ip_address(source).packed + ip_address(CLIENT).packed + data


def ip6(part: Part, number: int, options: bool) -> bytes:
    at, data, more = part
    extension = b"\x2c\0\1\4\0\0\0\0" if options else b""
    inner = extension + struct.pack(">BBHI", 17, 0, at | more, number) + data
    head = struct.pack(">IHBB", 6 << 28, len(inner), 0 if options else 44, 64)
    return (
        b"\2\0\0\0\0\1\2\0\0\0\0\2\x86\xdd" + head + ip_address("2001:db8::9").packed + ip_address("2001:db8::5").packed
    ) + inner


def sent(frames: list[bytes], step: float = 0.01) -> list[tuple[float, bytes]]:
    return [(at * step, frame) for at, frame in enumerate(frames)]


def asked(capture: Capture) -> list[tuple[int, int, list[str]]]:
    return capture.tables["dns"].select("frame_number", pl.col("answers").list.len(), "weird").rows()


def test_what_a_datagram_carries_belongs_to_the_packet_that_completed_it(read: Read) -> None:
    frames = [ip4(part, 7) for part in parts(answer(1))]
    found = read(sent(frames))
    assert found.packets.transport_at.tolist()[:2] == [0xFFFF, 0xFFFF]
    assert (found.packets.sport.tolist(), found.packets.payload_length.tolist()) == (
        [0, 0, 53],
        [0, 0, len(answer(1)) - 8],
    )
    assert [row[:2] for row in asked(found)] == [(3, 1)]
    assert found.packets.payload_bytes(2) == answer(1)[8:]
    assert found.notices() == []


def test_any_order_and_copies(read: Read) -> None:
    shuffler = random.Random(5)
    frames: list[bytes] = []
    for number in range(50):
        mine = [ip4(part, number) for part in parts(answer(number), shuffler.choice([264, 800, 1480]))]
        mine += shuffler.sample(mine, number % 3)
        shuffler.shuffle(mine)
        frames += mine
    found = read(sent(frames))
    assert sorted(found.tables["dns"]["trans_id"].to_list()) == list(range(50))
    assert not found.fragments.lost.any()
    assert found.fragments.weird == set()


def test_ipv6_with_and_without_extensions(read: Read) -> None:
    for options in (False, True):
        frames = [ip6(part, 9, options) for part in parts(answer(3), 1232)]
        found = read(sent(frames[::-1]))
        assert [row[:2] for row in asked(found)] == [(len(frames), 1)]


def test_the_same_number_later_is_another_datagram(read: Read) -> None:
    frames = [ip4(part, 7) for number in (1, 2, 3) for part in parts(answer(number))]
    assert read(sent(frames, 2.0)).tables["dns"]["trans_id"].to_list() == [1, 2, 3]
    late = [(0.0, frames[0]), (40.0, frames[1]), (40.1, frames[2]), (80.0, frames[0])]
    assert read(late).fragments.lost.all()


def test_what_is_missing_is_told_also_of_ipv6(read: Read) -> None:
    frames = [ip6(part, number, False) for number in range(9) for part in parts(answer(number), 1232)[number % 2 :]]
    (notice,) = read([*sent(frames), (9.0, frames[-1])]).notices()
    assert "4 of 9 fragmented datagrams from 2001:db8::9" in notice.text()


def test_overlaps_are_named_and_the_first_bytes_count(read: Read) -> None:
    whole = answer(1)
    first, second, third = parts(whole)
    changed = (first[0] + 800, b"\xee" * (len(first[1]) - 800 + 400), True)
    found = read(sent([ip4(first, 7), ip4(changed, 7), ip4(second, 7), ip4(third, 7)]))
    assert {name for _, name in found.fragments.weird} == {"fragment_overlap"}
    assert found.tables["weird"]["name"].to_list()[:2] == ["fragment_overlap"] * 2
    assert found.packets.payload_bytes(3)[: len(first[1]) - 8] == whole[8 : len(first[1])]


def test_absurd_fragments_are_named_and_ignored(read: Read) -> None:
    beyond = (65_528, b"x" * 1000, True)
    inconsistent = [(8, b"a" * 16, False), (32, b"b" * 16, True)]
    found = read(sent([ip4(beyond, 1), *(ip4(part, 2) for part in inconsistent)]))
    assert {"excessively_large_fragment", "fragment_size_inconsistency"} <= set(found.tables["weird"]["name"])


def test_a_capture_whose_only_fragment_cannot_be_is_read(wire: SimpleNamespace, read: Read) -> None:
    page = wire.Talk().open().close(1, 1, 1).packets
    for impossible in (
        ip4((65528, bytes(1400), False), 7),
        ip4((0, b"", True), 7),
        ip6((65528, bytes(1400), 0), 7, False),
    ):
        assert len(read([(0, impossible), *page]).connections) >= 1


def test_a_cut_fragment_ends_what_can_be_read(read: Read) -> None:
    frames = [ip4(part, 7) for part in parts(answer(1))]
    found = read(sent(frames), snaplen=200)
    assert (found.packets.payload_length[2], found.packets.payload_captured[2]) == (len(answer(1)) - 8, 200 - 34 - 8)
    assert "DNS_truncated_RR" not in str(asked(found)[0][2])


def test_a_tunnel_in_fragments(wire: SimpleNamespace, read: Read) -> None:
    inner = wire.ethernet(0x800, wire.ip(6, wire.tcp(7777, 443, 1, 1, 0x18, 1400), number=5))
    outer = wire.udp(50000, 4789, b"\x08\0\0\0\0\0\5\0" + inner)
    found = read(sent([ip4(part, 7) for part in parts(outer, 800)]))
    packets = found.packets
    assert (packets.sport[1], packets.payload_length[1], packets.tunnel[1] > 0) == (7777, 1400, True)
    assert packets.payload_bytes(1) == bytes(index % 251 for index in range(1400))


def test_fragments_in_a_tunnel_in_fragments(wire: SimpleNamespace, read: Read) -> None:
    frames = []
    for number, part in enumerate(parts(answer(1), 1000)):
        gre = b"\0\0\x08\0" + ip4(part, 3)[14:]
        frames += [ip4(piece, 20 + number, 47, "192.0.2.1") for piece in parts(gre, 512)]
    assert [row[1] for row in asked(read(sent(frames)))] == [1]


def test_fragments_made_at_random_never_break_anything(read: Read) -> None:
    for seed in range(60):
        chance = random.Random(seed)
        frames = [
            ip4(
                (chance.randrange(0, 20) * 8, bytes(chance.randrange(0, 200)), chance.random() < 0.7),
                chance.randrange(3),
            )
            for _ in range(60)
        ]
        found = read(sent(frames), snaplen=chance.choice([0, 60]))
        assert len(found.packets) == 60
        found.notices()
        len(found.tables["weird"])
