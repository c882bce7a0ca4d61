from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import pytest

from parsers.packets.capture import Capture
from parsers.packets.notices import Notice

Read = Callable[..., Capture]
SYN, RST, ACK = 2, 4, 16


def told(capture: Capture) -> dict[str, Notice]:
    return {notice.note: notice for notice in capture.notices()}


def healthy(wire: SimpleNamespace, at: float = 20.0, port: int = 50000) -> list[tuple[float, bytes]]:
    talk = wire.Talk(cport=port).open(at).send(at + 0.1, "c", 1, 1, size=100).send(at + 0.2, "s", 1, 101, size=1000)
    return list(talk.send(at + 0.21, "c", 101, 1001).close(at + 0.3, 101, 1001).packets)


def test_nothing_is_told_of_a_healthy_connection(wire: SimpleNamespace, read: Read) -> None:
    assert told(read(healthy(wire))) == {}


def test_connections_that_are_not_established(wire: SimpleNamespace, read: Read) -> None:
    silent = wire.Talk(cport=1).send(0, "c", 0, 0, SYN).send(1, "c", 0, 0, SYN).send(3, "c", 0, 0, SYN)
    refused = wire.Talk(cport=2).send(4, "c", 0, 0, SYN).send(4.003, "s", 0, 1, RST | ACK)
    half = wire.Talk(cport=3).send(5, "c", 0, 0, SYN).send(5.1, "s", 0, 1, SYN | ACK).send(6.1, "s", 0, 1, SYN | ACK)
    late = wire.Talk(cport=4).send(20.4, "c", 0, 0, SYN)
    packets = silent.packets + refused.packets + half.packets + healthy(wire) + late.packets
    found = told(read(packets))
    assert set(found) == {"tcp_syn_unanswered", "tcp_refused", "tcp_half_open"}
    assert found["tcp_syn_unanswered"].text() == (
        "tcp_syn_unanswered: 10.0.0.5:1 sent 3 SYNs to 10.0.0.9:443 and got no answer in 20.4 s (frames 1, 2, 3). "
        "syns=3 seconds=20.4 client=10.0.0.5:1 server=10.0.0.9:443"
    )
    assert found["tcp_refused"].fields == {"milliseconds": pytest.approx(3.0)}
    assert found["tcp_half_open"].frames == (7, 8)


def test_a_repeated_syn_is_told_when_nothing_follows(wire: SimpleNamespace, read: Read) -> None:
    silent = wire.Talk().send(0, "c", 0, 0, SYN).send(1, "c", 0, 0, SYN).send(3, "c", 0, 0, SYN)
    assert told(read(silent))["tcp_syn_unanswered"].fields == {"syns": 3, "seconds": 3.0}
    half = wire.Talk().send(0, "c", 0, 0, SYN).send(0.1, "s", 0, 1, SYN | ACK).send(1.1, "s", 0, 1, SYN | ACK)
    assert told(read(half))["tcp_half_open"].fields["answers"] == 2
    young = wire.Talk().send(0, "c", 0, 0, SYN).send(0.5, "c", 0, 0, SYN)
    assert told(read(young)) == {}


@pytest.mark.parametrize(("late", "note"), [(0.005, "tcp_reordering"), (0.05, "tcp_loss")])
def test_what_comes_a_round_trip_late_was_lost(wire: SimpleNamespace, read: Read, late: float, note: str) -> None:
    talk = wire.Talk().open()
    sent = []
    for number in range(400):
        at, seq, missing = 0.1 + number / 1000, 1 + 500 * number, number % 40 == 20
        sent.append((at + late * missing, seq))
    # New data goes on all the time, so that each late segment comes within 3 ms of the newest one.
    for at, seq in sorted(sent):
        talk.send(at, "s", seq, 1, size=500)
    found = told(read(talk))
    assert set(found) & {"tcp_loss", "tcp_reordering"} == {note}
    assert found[note].fields["segments"] == 400
    assert found[note].fields.get("retransmissions", found[note].fields.get("out_of_order")) == 10


@pytest.mark.parametrize(("seen", "where"), [(True, "behind"), (False, "before")])
def test_loss_tells_on_which_side_of_the_capture(wire: SimpleNamespace, read: Read, seen: bool, where: str) -> None:
    talk = wire.Talk().open()
    for number in range(40):
        at, seq = 0.1 + number, 1 + 1000 * number
        if number % 4 or seen:
            talk.send(at, "s", seq, 1, size=500)
        talk.send(at + 0.001, "s", seq + 500, 1, size=500)
        if number % 4 == 0:
            talk.send(at + 0.3, "s", seq, 1, size=500)
        talk.send(at + 0.4, "c", 1, seq + 1000)
    notice = told(read(talk))["tcp_loss"]
    assert (notice.fields["direction"], notice.fields["lost"]) == ("server_to_client", where)
    assert (notice.fields["retransmissions"], notice.src, notice.dst) == (10, "10.0.0.5:40000", "10.0.0.9:443")
    assert notice.severity_number == 13


def test_reordering_and_spurious_retransmissions(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk().open()
    for number in range(10):
        at, seq = 0.1 + number, 1 + 1000 * number
        talk.send(at, "c", seq + 500, 1, size=500).send(at + 0.001, "c", seq, 1, size=500)
        talk.send(at + 0.1, "s", 1, seq + 1000).send(at + 0.3, "c", seq, 1, size=500)
    found = told(read(talk))
    assert found["tcp_reordering"].fields["out_of_order"] == 10
    assert found["tcp_spurious_retransmission"].fields["retransmissions"] == 10
    assert "tcp_loss" not in found


def test_a_receiver_that_does_not_read(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk(scale=0).open()
    for number in range(4):
        talk.send(0.1 + number, "s", 1 + 64000 * number, 1, size=1400)
        talk.send(0.11 + number, "s", 1401 + 64000 * number, 1, size=62600)
        talk.send(0.2 + number, "c", 1, 64001 + 64000 * number, window=0)
        talk.send(0.7 + number, "c", 1, 64001 + 64000 * number)
    found = told(read(talk))
    assert found["tcp_zero_window"].fields == {"receiver": "client", "times": 4, "seconds": pytest.approx(2.0)}
    assert "10.0.0.5:40000 announced a closed window 4 times" in found["tcp_zero_window"].msg
    assert found["tcp_window_full"].fields["times"] == 4


def test_stalls(wire: SimpleNamespace, read: Read) -> None:
    talk = (
        wire.Talk().open().send(0.1, "c", 1, 1, size=500).send(0.5, "c", 1, 1, size=500).send(1.3, "c", 1, 1, size=500)
    )
    notice = told(read(talk.send(1.32, "s", 1, 501)))["tcp_rto_stall"]
    assert notice.fields == {"times": 2, "seconds": pytest.approx(1.2), "longest": pytest.approx(0.8)}
    assert notice.frames == (6, 5)


@pytest.mark.parametrize(
    ("who", "wait", "ttl", "note", "severity"),
    [
        ("s", 0.1, 64, "tcp_reset_midstream", 17),
        ("c", 0.1, 64, "tcp_reset_midstream", 9),
        ("s", 400, 64, "tcp_reset_after_idle", 17),
        ("s", 0.1, 251, "tcp_reset_middlebox", 13),
    ],
)
def test_resets(
    wire: SimpleNamespace, read: Read, who: str, wait: float, ttl: int, note: str, severity: int
) -> None:  # fmt: skip
    talk = wire.Talk().open().send(0.1, "c", 1, 1, size=50).send(0.2, "s", 1, 51, size=50).send(0.21, "c", 51, 51)
    talk.send(0.3, "s", 51, 51, size=50).send(0.31, "c", 51, 101)
    talk.send(0.4 + wait, "c", 51, 101, size=50).send(0.41 + wait, who, 101, 101, RST | ACK, ttl=ttl)
    found = told(read(talk))
    assert {name: notice.severity_number for name, notice in found.items()} == {note: severity}
    assert found[note].frame_number == 10


def test_a_path_that_drops_full_packets(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk().open().send(0.1, "c", 1, 1, size=200).send(0.12, "s", 1, 201)
    for at in (0.2, 0.5, 1.1, 2.3):
        talk.send(at, "s", 1, 201, size=1460)
    notice = told(read(talk))["mtu_black_hole"]
    assert notice.fields["bytes"] == 1460
    assert (notice.fields["direction"], notice.fields["times"], notice.severity_number) == ("server_to_client", 4, 17)


def test_different_segment_sizes_are_told_once_a_pair_of_hosts(wire: SimpleNamespace, read: Read) -> None:
    talks = [wire.Talk(cport=port, mss=(1460, 1260)).open(port / 1000) for port in (1000, 2000, 3000)]
    packets = [packet for talk in talks for packet in talk.packets]
    notices = [notice for notice in read(packets).notices() if notice.note == "mss_mismatch"]
    assert [notice.fields for notice in notices] == [{"client_mss": 1460, "server_mss": 1260, "connections": 3}]


def test_copies_of_a_mirror_port_are_no_loss(wire: SimpleNamespace, read: Read) -> None:
    twice = [copy for at, packet in healthy(wire) for copy in ((at, packet), (at + 0.00001, packet))]
    capture = read(twice)
    found = told(capture)
    assert set(found) == {"capture_duplicate_frames"}
    assert found["capture_duplicate_frames"].fields == {"frames": 9, "percent": pytest.approx(50.0)}
    assert capture.connections["orig_retransmissions"].to_list() == [0]


def test_faults_of_the_capture(wire: SimpleNamespace, read: Read) -> None:
    found = told(read([each for each in healthy(wire) if each[1][26:30] == b"\x0a\0\0\x05"]))
    assert set(found) == {"capture_one_sided"}

    found = told(read(healthy(wire), snaplen=80))
    assert set(found) == {"capture_cut"}
    assert found["capture_cut"].fields == {"packets": 2, "bytes": 80}

    found = told(read([*healthy(wire), *healthy(wire, 5.0, 50001)]))
    assert found["capture_clock_back"].fields == {"times": 1, "seconds": pytest.approx(15.32)}
    assert found["capture_clock_back"].frame_number == 10

    talk = wire.Talk().open()
    for number in range(10):
        talk.send(0.1 + number, "c", 1 + 1000 * number, 1, size=500).send(0.2 + number, "s", 1, 1001 + 1000 * number)
    assert told(read(talk))["capture_drops"].fields["acknowledgements"] >= 10


def test_values_of_fields_stay_one_token() -> None:
    notice = Notice("x_y", 9, 0, 3, "A \x1b[31m line\nbreak", fields={"query": "a b%\u00e9\n", "share": 1 / 3})
    assert notice.text() == "x_y: A \ufffd[31m line\ufffdbreak (frame 3). query=a%20b%25%C3%A9%0A share=0.333333"


def test_ipv6_ends_are_written_with_brackets(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk(client="2001:db8::1", server="2001:db8::2").send(0, "c", 0, 0, SYN).send(0.1, "s", 0, 1, RST | ACK)
    notice = told(read(talk))["tcp_refused"]
    assert (notice.src, notice.dst) == ("[2001:db8::1]:40000", "[2001:db8::2]:443")
