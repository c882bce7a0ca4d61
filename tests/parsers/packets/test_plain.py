"""The usual packets are decoded at one stroke: what comes out is what reading them header by header gives."""

from __future__ import annotations

import struct
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.contract import Source
from parsers.packets.columns import Packets
from parsers.packets.framing import read_frames
from parsers.packets.layers import Decoder, decode

SAMPLES = sorted((Path(__file__).parents[3] / "samples" / "captures").glob("*.pcap"))


def same(path: Path) -> int:
    """Compare both ways; the number of packets."""
    source = Source(path.name, path, path.stat().st_size, b"")
    decoder = Decoder()
    frames = read_frames(source, decoder.take)
    usual = decoder.packets(frames)
    one_by_one = Packets.of(frames)
    decode(frames, one_by_one, np.arange(len(frames.offset)))
    for field in fields(Packets):
        if field.name not in ("data", "read"):
            mine, wanted = getattr(usual, field.name), getattr(one_by_one, field.name)
            assert mine.tolist() == wanted.tolist(), field.name
    return len(usual)


@pytest.mark.parametrize("path", SAMPLES, ids=lambda path: path.stem)
def test_samples(path: Path) -> None:
    assert same(path) > 0


def packet(wire: SimpleNamespace, link: int, draw: Callable[[st.SearchStrategy[int]], int]) -> bytes:
    """A packet that is usual, but for a few bytes and its end."""
    six, tags = draw(st.integers(0, 1)), draw(st.integers(0, 3))
    src, dst = ("2001:db8::1", "2001:db8::2") if six else ("192.0.2.1", "192.0.2.2")
    size = draw(st.integers(0, 40))
    if draw(st.integers(0, 1)):
        carried, protocol = wire.tcp(5000, 80, 2**32 - 5, 7, 0x18, size, options=bytes(4 * draw(st.integers(0, 10)))), 6
    else:
        carried, protocol = wire.udp(draw(st.sampled_from([53, 4789, 6081])), 53, bytes(range(size))), 17
    packet = wire.ip(protocol, carried, src, dst)
    kind = 0x86DD if six else 0x0800
    if link == 1:
        labels = b"".join(struct.pack(">HH", 0x8100, 0x3000 | number) for number in range(tags))
        to = b"\xff" * 6 if draw(st.integers(0, 1)) else bytes.fromhex("020000000001")
        packet = to + bytes.fromhex("020000000002") + labels + struct.pack(">H", kind) + packet
    elif link == 113:
        packet = struct.pack(">HHH8sH", 0, 1, 6, bytes(8), kind) + packet
    elif link == 276:
        packet = struct.pack(">HHIHBB8s", kind, 0, 2, 1, 0, 6, bytes(8)) + packet
    changed = bytearray(packet)
    for _ in range(draw(st.integers(0, 2))):
        changed[draw(st.integers(0, len(changed) - 1))] = draw(st.sampled_from([0, 1, 4, 0x20, 0x45, 0x46, 0x60, 255]))
    cut = draw(st.integers(0, 60))
    return bytes(changed[: len(changed) - cut] if cut < 30 else changed) + bytes(draw(st.integers(0, 6)))


@settings(max_examples=300)
@given(link=st.sampled_from([1, 113, 276, 101, 0]), count=st.integers(1, 12), data=st.data())
def test_packets_that_are_nearly_usual(
    wire: SimpleNamespace, tmp_path_factory: pytest.TempPathFactory, link: int, count: int, data: st.DataObject
) -> None:
    packets = [(number * 0.1, packet(wire, link, data.draw)) for number in range(count)]
    packets += [(9.0, bytes(200))] * 2  # so that the others are not the last ones of the file
    path = tmp_path_factory.mktemp("plain") / "x.pcap"
    path.write_bytes(wire.pcap(packets, link))
    assert same(path) == count + 2
