from __future__ import annotations

import struct
from collections.abc import Callable
from ipaddress import ip_address
from types import SimpleNamespace

import pytest

from parsers.packets.capture import Capture
from parsers.packets.community_id import community_id
from parsers.schema import CONNECTIONS

Read = Callable[..., Capture]
FIN, SYN, RST, ACK = 1, 2, 4, 16
Step = tuple[str, int, int, int, int]

OPEN: list[Step] = [("c", 0, 0, SYN, 0), ("s", 0, 1, SYN | ACK, 0), ("c", 1, 1, ACK, 0)]
ASKED: list[Step] = [*OPEN, ("c", 1, 1, ACK, 10), ("s", 1, 11, ACK, 20)]
DONE: list[Step] = [("c", 11, 21, FIN | ACK, 0), ("s", 21, 12, FIN | ACK, 0), ("c", 12, 22, ACK, 0)]


@pytest.mark.parametrize(
    ("state", "history", "steps"),
    [
        ("S0", "S", OPEN[:1]),
        ("S1", "ShADd", ASKED),
        ("SF", "ShADdFf", ASKED + DONE),
        ("REJ", "Sr", [*OPEN[:1], ("s", 0, 1, RST | ACK, 0)]),
        ("S2", "ShADdF", ASKED + DONE[:1]),
        ("S3", "ShADdf", [*ASKED, ("s", 21, 11, FIN | ACK, 0)]),
        ("RSTO", "ShADdR", [*ASKED, ("c", 11, 21, RST | ACK, 0)]),
        ("RSTR", "ShADdr", [*ASKED, ("s", 21, 11, RST, 0)]),
        ("RSTOS0", "SR", [*OPEN[:1], ("c", 1, 0, RST, 0)]),
        ("RSTRH", "hr", [OPEN[1], ("s", 1, 1, RST, 0)]),
        ("SH", "SF", [*OPEN[:1], ("c", 1, 0, FIN, 0)]),
        ("SHR", "hf", [OPEN[1], ("s", 1, 1, FIN | ACK, 0)]),
        ("OTH", "Dd", ASKED[3:]),
    ],
)
def test_states_and_histories(wire: SimpleNamespace, read: Read, state: str, history: str, steps: list[Step]) -> None:
    talk = wire.Talk()
    for number, (who, seq, ack, flags, size) in enumerate(steps):
        talk.send(number / 100, who, seq, ack, flags, size)
    row = read(talk).connections.row(0, named=True)
    assert (row["conn_state"], row["history"]) == (state, history)
    assert (row["id_orig_h"], row["id_orig_p"], row["id_resp_h"], row["id_resp_p"]) == (
        "10.0.0.5",
        40000,
        "10.0.0.9",
        443,
    )


def test_what_is_measured(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk().open(1.0).send(1.1, "c", 1, 1, size=100).send(1.14, "s", 1, 101)
    talk.send(1.5, "s", 1, 101, size=1000).send(1.501, "c", 101, 1001)
    talk.send(1.6, "s", 1001, 101, size=1000).send(1.9, "s", 1001, 101, size=1000).send(1.901, "c", 101, 2001, window=0)
    talk.send(2.4, "c", 101, 2001, window=500).close(3.0, 101, 2001)
    capture = read(talk)
    row = capture.connections.row(0, named=True)
    assert capture.connections.schema == CONNECTIONS
    told = {name: row[name] for name in ("orig_bytes", "resp_bytes", "orig_pkts", "resp_pkts", "resp_retransmissions")}
    assert told == {"orig_bytes": 100, "resp_bytes": 2000, "orig_pkts": 8, "resp_pkts": 6, "resp_retransmissions": 1}
    assert row["handshake_rtt"] == pytest.approx(0.02)
    assert row["rtt_median"] == pytest.approx(0.04)  # the sample of the segment that was sent twice says nothing
    assert row["time_to_first_byte"] == pytest.approx(0.4)
    assert row["orig_zero_window"] == pytest.approx(0.499)
    assert row["duration"] == pytest.approx(2.02)
    assert (row["frame_number"], row["missed_bytes"], row["tunnel"], row["vlan"]) == (1, 0, "", -1)


def test_udp_and_icmp(wire: SimpleNamespace, read: Read) -> None:
    def packet(protocol: int, payload: bytes, back: bool = False) -> bytes:
        ends = ("10.0.0.9", "10.0.0.5") if back else ("10.0.0.5", "10.0.0.9")
        return bytes(wire.ethernet(0x800, wire.ip(protocol, payload, *ends)))

    other = wire.udp(123, 7000, b"x")
    asked, answered = wire.udp(5000, 53, b"question"), wire.udp(53, 5000, b"answer")
    echo = [struct.pack(">BBHI", kind, 0, 0, 1) + b"12345678" for kind in (8, 0)]
    capture = read(
        [
            (0, packet(17, asked)), (0.1, packet(17, answered, back=True)), (1, packet(1, echo[0])),
            (1.1, packet(1, echo[1], back=True)), (90, packet(17, asked)), (91, packet(17, other, back=True)),
        ]
    )  # fmt: skip
    table = capture.connections
    assert capture.packets.connection.tolist() == [0, 0, 1, 1, 2, 3]  # a minute of silence ends a flow
    assert table["conn_state"].to_list() == ["SF", "OTH", "S0", "SHR"]
    assert table["proto"].to_list() == ["udp", "icmp", "udp", "udp"]
    assert table["id_orig_p"].to_list() == [5000, 8, 5000, 7000]
    assert table["history"].to_list() == ["Dd", "Dd", "D", "^d"]
    assert table["orig_bytes"].to_list() == [8, 8, 8, 0]
    assert table["uid"].n_unique() == 4


# From the specification: https://github.com/corelight/community-id-spec
@pytest.mark.parametrize(
    ("flow", "wanted"),
    [
        (("128.232.110.120", "66.35.250.204", 6, 34855, 80), "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        (("66.35.250.204", "128.232.110.120", 6, 80, 34855), "1:LQU9qZlK+B5F3KDmev6m5PMibrg="),
        (("192.168.1.52", "8.8.8.8", 17, 54585, 53), "1:d/FP5EW3wiY1vCndhwleRRKHowQ="),
    ],
)
def test_community_id(flow: tuple[str, str, int, int, int], wanted: str) -> None:
    src, dst, *rest = flow
    assert community_id(ip_address(src).packed, ip_address(dst).packed, *rest) == wanted


def test_each_connection_has_its_own_measures(wire: SimpleNamespace, read: Read) -> None:
    packets = []
    for number in range(20):
        talk = wire.Talk(cport=1000 + number).open(number).send(number + 0.1, "c", 1, 1, size=50 + number)
        packets += talk.send(number + 0.2 + number / 100, "s", 1, 51 + number, size=10 * number).packets
    table = read(sorted(packets, key=lambda packet: packet[0])).connections
    assert table["id_orig_p"].to_list() == list(range(1000, 1020))
    assert table["rtt_median"].to_list() == pytest.approx([0.1 + number / 100 for number in range(20)])
    assert table["orig_bytes"].to_list() == [50 + number for number in range(20)]
    assert table["resp_bytes"].to_list() == [10 * number for number in range(20)]
    assert table["handshake_rtt"].to_list() == pytest.approx([0.02] * 20)
