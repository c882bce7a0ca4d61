"""The bytes of a connection, put in order: whatever the network did to the segments."""

from __future__ import annotations

import struct
import tempfile
from pathlib import Path

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from parsers.contract import Source
from parsers.packets.capture import Capture, read_capture
from parsers.packets.columns import ACK, PSH, SYN
from parsers.packets.streams import streams

CLIENT, SERVER = b"\x0a\x00\x00\x01", b"\x0a\x00\x00\x02"


def segment(
    payload: bytes, seq: int, ack: int = 1, flags: int = ACK | PSH, back: bool = False, port: int = 80
) -> bytes:
    """An Ethernet frame with a TCP segment of 10.0.0.1:40000 to 10.0.0.2:80, or back."""
    ports = (port, 40000) if back else (40000, port)
    tcp = struct.pack(">HHIIBBHHH", *ports, seq % 2**32, ack % 2**32, 0x50, flags, 64000, 0, 0) + payload
    ends = (SERVER, CLIENT) if back else (CLIENT, SERVER)
    ip = struct.pack(">BBHHHBBH", 0x45, 0, 20 + len(tcp), seq & 0xFFFF, 0x4000, 64, 6, 0) + ends[0] + ends[1]
    return bytes(12) + b"\x08\x00" + ip + tcp


def write(frames: list[bytes], snap: int = 65535) -> Capture:
    """The frames as a capture, a millisecond apart, each cut to `snap` bytes."""
    raw = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, snap, 1)
    for number, frame in enumerate(frames):
        kept = frame[:snap]
        raw += struct.pack("<IIII", 1_700_000_000, number * 1000, len(kept), len(frame)) + kept
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.pcap"
        file.write_bytes(raw)
        return read_capture(Source("a.pcap", file, len(raw), raw[:65536]))


@given(st.data(), st.binary(min_size=1, max_size=400), st.integers(0, 2**32 - 1))
def test_segments_in_any_order_and_number_give_the_same_bytes(data: st.DataObject, text: bytes, first: int) -> None:
    cuts = sorted(data.draw(st.sets(st.integers(1, max(len(text) - 1, 1)), max_size=6)) - {len(text)})
    pieces = list(zip([0, *cuts], [*cuts, len(text)], strict=True))
    again = data.draw(st.lists(st.tuples(st.integers(0, len(text) - 1), st.integers(1, len(text))), max_size=4))
    pieces += [(start, min(start + size, len(text))) for start, size in again]
    frames = [segment(text[start:stop], first + 1 + start) for start, stop in data.draw(st.permutations(pieces))]
    capture = write([segment(b"", first, flags=SYN), *frames])
    stream = next(streams(capture, np.array([0])))[1][0]
    assert stream.end == len(text)
    assert stream.read(0, 1000) == text
    at = data.draw(st.integers(0, len(text) - 1))
    assert stream.read(at, 3) == text[at : at + 3]
    assert text[at] in capture.packets.payload_bytes(stream.row_at(at))


def test_nothing_is_read_across_a_gap() -> None:
    capture = write([segment(b"", 9, flags=SYN), segment(b"abc", 10), segment(b"xyz", 16)])
    stream = next(streams(capture, np.array([0])))[1][0]
    assert (stream.read(0, 100), stream.read(3, 100), stream.read(6, 100)) == (b"abc", b"", b"xyz")


def test_nothing_is_read_behind_what_the_capture_kept() -> None:
    capture = write([segment(b"", 9, flags=SYN), segment(b"abcdef", 10), segment(b"ghi", 16)], snap=54 + 3)
    stream = next(streams(capture, np.array([0])))[1][0]
    assert (stream.read(0, 100), stream.read(4, 100), stream.read(6, 100)) == (b"abc", b"", b"ghi")


HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nHTTP/"
ASK = b"GET /%d HTTP/1.1\r\nHost: a\r\n\r\n"


def test_responses_are_found_inside_a_packet_and_across_packets() -> None:
    asked = b"".join(ASK % number for number in range(4))
    told = HEAD * 2 + HEAD.replace(b"200 OK", b"404 Not Found") + HEAD
    frames = [segment(asked, 101)]
    for at in range(0, len(told), 50):
        frames.append(segment(told[at : at + 50], 501 + at, back=True))
    table = write([segment(b"", 100, flags=SYN), segment(b"", 500, flags=SYN | ACK, back=True), *frames]).tables["http"]
    assert table["uri"].to_list() == ["/0", "/1", "/2", "/3"]
    assert table["status_code"].to_list() == [200, 200, 404, 200]
    assert table["trans_depth"].to_list() == [1, 2, 3, 4]


def test_a_head_request_has_no_body_and_an_interim_response_is_none() -> None:
    asked = b"HEAD /a HTTP/1.1\r\n\r\n" + ASK % 2
    told = b"HTTP/1.1 200 OK\r\nContent-Length: 9999\r\n\r\nHTTP/1.1 100 Continue\r\n\r\n" + HEAD
    frames = [segment(asked, 101), segment(told, 501, back=True)]
    table = write([segment(b"", 100, flags=SYN), segment(b"", 500, flags=SYN | ACK, back=True), *frames]).tables["http"]
    assert table.select("method", "status_code").rows() == [("HEAD", 200), ("GET", 200)]


def test_a_response_without_its_request_is_weird() -> None:
    capture = write([segment(HEAD, 501, back=True), segment(ASK % 1, 101), segment(HEAD, 501 + len(HEAD), back=True)])
    table = capture.tables["http"]
    assert table.select("method", "status_code").rows() == [(None, 200), ("GET", 200)]
    assert table["id_orig_p"].to_list() == [40000, 40000]
    assert capture.tables["weird"]["name"].to_list() == ["unmatched_HTTP_reply"]


def test_dns_over_tcp_is_read_message_by_message() -> None:
    question = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + b"\x01a\x07example\x00\x00\x01\x00\x01"
    answer = struct.pack(">6H", 7, 0x8183, 1, 0, 0, 0) + question[12:]
    both = b"".join(struct.pack(">H", len(one)) + one for one in (question, b"\x00\x08" + question[2:]))
    told = struct.pack(">H", len(answer)) + answer
    frames = [segment(b"", 100, flags=SYN, port=53), segment(b"", 500, flags=SYN | ACK, back=True, port=53)]
    frames += [
        segment(both[:30], 101, port=53),
        segment(both[30:], 131, port=53),
        segment(told, 501, back=True, port=53),
    ]
    table = write(frames).tables["dns"]
    assert table.select("trans_id", "proto", "query", "rcode_name").rows() == [
        (7, "tcp", "a.example", "NXDOMAIN"),
        (8, "tcp", "a.example", None),
    ]
