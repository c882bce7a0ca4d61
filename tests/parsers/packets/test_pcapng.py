from __future__ import annotations

import struct
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.contract import Source
from parsers.formats.capture import CAPTURE
from parsers.packets.framing import read_frames

MakeSource = Callable[..., Source]
MOMENT = 1_773_480_413


def option(order: str, code: int, value: bytes) -> bytes:
    return struct.pack(order + "HH", code, len(value)) + value + bytes(-len(value) % 4)


def block(order: str, kind: int, body: bytes) -> bytes:
    body += bytes(-len(body) % 4)
    length = struct.pack(order + "I", len(body) + 12)
    return struct.pack(order + "I", kind) + length + body + length


def section(order: str, options: bytes = b"") -> bytes:
    return block(order, 0x0A0D0D0A, struct.pack(order + "IHHq", 0x1A2B3C4D, 1, 0, -1) + options)


def interface(order: str, link: int = 1, options: bytes = b"") -> bytes:
    return block(order, 1, struct.pack(order + "HHI", link, 0, 0) + options)


def enhanced(order: str, ticks: int, size: int = 60, number: int = 0, options: bytes = b"") -> bytes:
    head = struct.pack(order + "IIIII", number, ticks >> 32, ticks & 0xFFFFFFFF, size, size)
    return block(order, 6, head + bytes(size) + bytes(-size % 4) + options)


def test_sections_of_either_byte_order_with_their_own_clocks(make_source: MakeSource) -> None:
    data = section("<") + interface("<", 1) + enhanced("<", MOMENT * 10**6)
    nano = option(">", 9, b"\x09") + option(">", 14, struct.pack(">q", 3600))
    data += section(">") + interface(">", 113, nano) + enhanced(">", MOMENT * 10**9 + 5, 61)
    data += section("<") + interface("<", 1, option("<", 9, b"\x8a")) + enhanced("<", (MOMENT + 7200) * 1024 + 512)
    frames = read_frames(make_source(data, "x.pcapng"))
    assert frames.problems == []
    assert frames.time.tolist() == [
        MOMENT * 10**9, (MOMENT + 3600) * 10**9 + 5, (MOMENT + 7200) * 10**9 + 500_000_000
    ]  # fmt: skip
    assert frames.link_type.tolist() == [1, 113, 1]
    assert frames.interface.tolist() == [0, 1, 2]
    assert frames.captured.tolist() == [60, 61, 60]


@pytest.mark.parametrize(("exponent", "told"), [(0xFF, 0), (0x7F, 0), (0, None), (0x80, None), (0xA0, None)])
def test_no_clock_resolution_makes_it_fail(make_source: MakeSource, exponent: int, told: int | None) -> None:
    data = section("<") + interface("<", 1, option("<", 9, bytes([exponent]))) + enhanced("<", 2**63 + 12345)
    frames = read_frames(make_source(data, "x.pcapng"))
    assert len(frames.time) == 1
    if told is not None:
        assert frames.time[0] == told
    else:
        assert [problem.kind for problem in frames.problems] in ([], ["clock"])


def test_simple_and_old_packet_blocks(make_source: MakeSource) -> None:
    simple = block("<", 3, struct.pack("<I", 1000) + bytes(48))
    old = struct.pack("<HHIIII", 0, 0, MOMENT * 10**6 >> 32, MOMENT * 10**6 & 0xFFFFFFFF, 50, 50)
    data = section("<") + interface("<") + block("<", 2, old + bytes(52)) + simple
    frames = read_frames(make_source(data, "x.pcapng"))
    assert frames.captured.tolist() == [50, 48]
    assert frames.length.tolist() == [50, 1000]
    assert frames.time.tolist() == [MOMENT * 10**9] * 2


def test_what_a_file_says_about_itself(make_source: MakeSource) -> None:
    told = option("<", 1, b"the router's own view") + option("<", 4, b"dumpcap 4")
    packet = enhanced("<", MOMENT * 10**6, options=option("<", 1, b"look here") + option("<", 0, b""))
    drops = block("<", 5, struct.pack("<III", 0, 0, 0) + option("<", 5, struct.pack("<Q", 17)))
    data = section("<", told) + interface("<", 1, option("<", 2, b"eth0")) + packet
    data += drops + block("<", 4, b"\0\0\0\0") + block("<", 10, struct.pack("<II", 0, 0)) + block("<", 0x4242, b"")
    facts = read_frames(make_source(data, "x.pcapng")).facts
    wanted = {
        "tool": "dumpcap 4", "comment": "the router's own view", "comments": 2, "interface_0": "eth0", "dropped": 17,
        "name_blocks": 1, "decryption_secrets": 1, "other_blocks": 1, "packets": 1, "interfaces": 1,
    }  # fmt: skip
    assert {name: facts[name] for name in wanted} == wanted


LIE = enhanced("<", MOMENT * 10**6, options=struct.pack("<HH", 1, 0xFFFF) + b"abcd")
TRAILER = enhanced("<", MOMENT * 10**6)[:-4] + b"\x99\0\0\0"
NUMBER = enhanced("<", MOMENT * 10**6, number=7)
LENGTH = struct.pack("<II", 6, 13) + bytes(80)
CLAIM = block("<", 6, struct.pack("<IIIII", 0, 0, 0, 5000, 5000) + bytes(60))


@pytest.mark.parametrize(
    ("broken", "kept", "kind", "word"),
    [
        (LIE, 11, "malformed", "options of 1 blocks"),
        (TRAILER, 10, "corrupt", "two lengths differ"),
        (NUMBER, 10, "corrupt", "not described"),
        (LENGTH, 10, "corrupt", "claims 13 bytes"),
        (CLAIM, 10, "corrupt", "more than its block holds"),
    ],
)
def test_broken_blocks_are_named_and_the_rest_is_read(
    make_source: MakeSource, broken: bytes, kept: int, kind: str, word: str
) -> None:
    good = [enhanced("<", (MOMENT + second) * 10**6) for second in range(10)]
    data = section("<") + interface("<") + b"".join(good[:5]) + broken + b"".join(good[5:])
    frames = read_frames(make_source(data, "x.pcapng"))
    assert len(frames.offset) == kept
    first = next(problem for problem in frames.problems if problem.kind == kind)
    assert word in first.message


@given(data=st.binary(max_size=400))
def test_no_block_makes_it_fail(make_source: MakeSource, data: bytes) -> None:
    start = section("<") + interface("<") + enhanced("<", MOMENT * 10**6)
    frames = read_frames(make_source(start + data, "x.pcapng"))
    assert len(frames.offset) >= 1
    assert (frames.offset + frames.captured <= len(start + data)).all()


@pytest.mark.parametrize("order", "<>")
def test_a_file_without_its_section_header_is_named_and_read(order: str, make_source: MakeSource) -> None:
    source = make_source(interface(order) + enhanced(order, MOMENT * 10**6), "x.pcapng")
    assert CAPTURE.sniff(source) == 1.0
    frames = read_frames(source)
    assert (len(frames.offset), [problem.kind for problem in frames.problems]) == (1, ["corrupt"])
    assert "section header" in frames.problems[0].message
    assert CAPTURE.sniff(make_source(interface(order)[:-4] + bytes(4), "x")) == 0.0


def test_a_version_that_nobody_describes_is_named(make_source: MakeSource) -> None:
    data = bytearray(section("<") + interface("<") + enhanced("<", MOMENT * 10**6))
    data[12:16] = struct.pack("<HH", 2, 7)
    frames = read_frames(make_source(bytes(data), "x.pcapng"))
    assert len(frames.offset) == 1
    assert "version 2.7" in frames.problems[0].message
