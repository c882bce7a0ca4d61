from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scapy.utils import PcapNgWriter, PcapWriter

from parsers.contract import Source
from parsers.packets.framing import is_capture, read_frames, survey

MakeSource = Callable[..., Source]
MOMENT = 1_773_480_413


def pcap(count: int, order: str = "<", magic: int = 0xA1B2C3D4, link: int = 1) -> bytes:
    out = struct.pack(order + "IHHiIII", magic, 2, 4, 0, 0, 65535, link)
    for i in range(count):
        out += struct.pack(order + "IIII", MOMENT + i, 500, 60, 60) + bytes(60)
    return out


@pytest.mark.parametrize(
    ("order", "magic"), [("<", 0xA1B2C3D4), (">", 0xA1B2C3D4), ("<", 0xA1B23C4D), (">", 0xA1B23C4D)]
)
def test_pcap_of_either_byte_order_and_precision(make_source: MakeSource, order: str, magic: int) -> None:
    source = make_source(pcap(5, order, magic), "x.pcap")
    assert is_capture(source.head)
    found = survey(source)
    assert (found.packets, found.cut, found.problems) == (5, 0, [])
    assert found.first is not None
    assert found.last is not None
    assert (found.first // 1_000_000, found.last // 1_000_000) == (MOMENT, MOMENT + 4)


@pytest.mark.parametrize("writer", [PcapWriter, PcapNgWriter])
def test_what_scapy_writes_is_read(make_source: MakeSource, tmp_path: Path, writer: type) -> None:
    from scapy.layers.l2 import Ether

    path = tmp_path / "scapy.out"
    out = writer(str(path))
    for i in range(3):
        packet = Ether() / bytes(50)
        packet.time = MOMENT + i
        out.write(packet)
    out.close()
    source = make_source(path.read_bytes(), "x")
    found = survey(source)
    assert (found.packets, found.problems) == (3, [])
    assert found.first == MOMENT * 1_000_000


@pytest.mark.parametrize(
    ("data", "kind", "word"),
    [
        (pcap(5)[:-7], "truncated", "after 4 packets"),
        (pcap(5) + b"\1\2\3", "truncated", "after 5 packets"),
        (pcap(0)[:17], "truncated", "file header"),
        (pcap(0), "empty", "no packet"),
        (pcap(2, link=65_000), "unsupported", "link type 65000"),
        (pcap(2) + struct.pack("<IIII", 1, 1, 0x7FFFFFFF, 60) + bytes(60), "corrupt", "2,147,483,647 bytes"),
        (pcap(2) + pcap(1)[24:], "clock", "goes back at 1 packets"),
    ],
)
def test_faults_are_named(make_source: MakeSource, data: bytes, kind: str, word: str) -> None:
    (problem,) = survey(make_source(data, "x.pcap")).problems
    assert problem.kind == kind
    assert word in problem.message


def records(data: bytes) -> list[bytes]:
    """The records of a pcap that `pcap` made."""
    return [data[at : at + 76] for at in range(24, len(data), 76)]


def test_reading_goes_on_behind_a_broken_record(make_source: MakeSource) -> None:
    whole = pcap(20)
    parts = records(whole)
    broken = whole[:24] + b"".join(parts[:8]) + b"\xff" * 500 + b"".join(parts[8:])
    frames = read_frames(make_source(broken, "x.pcap"))
    assert len(frames.offset) == 20
    (problem,) = frames.problems
    assert (problem.kind, "500 bytes were skipped" in problem.message) == ("corrupt", True)


def test_zeros_of_an_unwritten_block_are_no_packets(make_source: MakeSource) -> None:
    parts = records(pcap(20))
    frames = read_frames(make_source(pcap(0) + b"".join(parts[:8]) + bytes(4096) + b"".join(parts[8:]), "x.pcap"))
    assert len(frames.offset) == 20
    assert [problem.kind for problem in frames.problems] == ["corrupt"]


def test_kuznetzov_records_have_longer_headers(make_source: MakeSource) -> None:
    head = struct.pack("<IHHiIII", 0xA1B2CD34, 2, 4, 0, 0, 65535, 1)
    record = struct.pack("<IIIIIHBB", MOMENT, 7, 60, 60, 2, 0x0800, 4, 0) + bytes(60)
    frames = read_frames(make_source(head + 3 * record, "x.pcap"))
    assert (frames.offset.tolist(), frames.problems) == ([48, 132, 216], [])
    assert frames.time[0] == MOMENT * 10**9 + 7000


def test_snoop(make_source: MakeSource) -> None:
    record = struct.pack(">IIIIII", 90, 60, 24 + 60 + 4, 0, MOMENT, 9) + bytes(64)
    frames = read_frames(make_source(b"snoop\0\0\0" + struct.pack(">II", 2, 4) + 2 * record, "x.snoop"))
    assert frames.offset.tolist() == [40, 128]
    assert (frames.length.tolist(), frames.link_type.tolist()) == ([90, 90], [1, 1])
    assert [problem.kind for problem in frames.problems] == ["truncated"]


def test_a_snap_length_is_named(make_source: MakeSource) -> None:
    data = (
        struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 64, 1) + struct.pack("<IIII", MOMENT, 0, 64, 1500) + bytes(64)
    )
    (problem,) = read_frames(make_source(data, "x.pcap")).problems
    assert "1 of 1 packets were cut" in problem.message


@given(data=st.binary(max_size=300), ng=st.booleans())
def test_no_bytes_make_it_fail(make_source: MakeSource, data: bytes, ng: bool) -> None:
    lead = b"\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0" + b"\xff" * 8 + b"\x1c\0\0\0" if ng else pcap(1)
    found = survey(make_source(lead + data))
    assert found.packets >= (0 if ng else 1)
