from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.packets.capture import Capture
from parsers.packets.tcp import FLAGS

Read = Callable[..., Capture]
FIN, SYN, RST, ACK = 1, 2, 4, 16


def flags(capture: Capture) -> dict[int, set[str]]:
    """The flags of each frame that has one."""
    found: dict[int, set[str]] = {}
    for name in FLAGS:
        for row in np.flatnonzero(getattr(capture.analysis, name)).tolist():
            found.setdefault(row + 1, set()).add(name)
    return found


def test_an_undisturbed_connection_has_no_flag(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk().open().send(0.1, "c", 1, 1, size=100).send(0.2, "s", 1, 101).send(0.3, "s", 1, 101, size=1460)
    assert flags(read(talk.close(0.4, 101, 1461))) == {}


def test_kinds_of_retransmission(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk().open()  # a round trip of 20 ms
    talk.send(0.1, "c", 1, 1, size=1000).send(0.1001, "c", 2001, 1, size=1000)  # 5: 1001 is missing
    talk.send(0.11, "c", 1001, 1, size=1000)  # 6: soon, so it was overtaken
    talk.send(0.2, "s", 1, 3001)
    talk.send(0.3, "c", 3001, 1, size=1000).send(0.7, "c", 3001, 1, size=1000)  # 9: late, so it is sent again
    talk.send(0.71, "s", 1, 4001)
    talk.send(0.9, "c", 3001, 1, size=1000)  # 11: had been acknowledged
    talk.send(1.0, "c", 5001, 1, size=500)  # 12: 4001 is missing
    for number in range(3):
        talk.send(1.001 + number / 1000, "s", 1, 4001)  # 13 .. 15
    talk.send(1.1, "c", 5501, 1, size=500).send(1.101, "s", 1, 4001)  # 17
    talk.send(1.105, "c", 4001, 1, size=1000)  # 18
    assert flags(read(talk)) == {
        5: {"lost_segment"}, 6: {"out_of_order"}, 9: {"retransmission"},
        11: {"retransmission", "spurious_retransmission"}, 12: {"lost_segment"}, 13: {"duplicate_ack"},
        14: {"duplicate_ack"}, 15: {"duplicate_ack"}, 17: {"duplicate_ack"},
        18: {"retransmission", "fast_retransmission"},
    }  # fmt: skip


def test_windows(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk(scale=2).open()
    talk.send(0.1, "s", 1, 1, window=250)  # 4: an update, of 1000 bytes
    talk.send(0.2, "c", 1, 1, size=1000)  # 5: fills them
    talk.send(0.3, "s", 1, 1001, window=0)  # 6
    talk.send(0.6, "c", 1001, 1, size=1)  # 7: asks with the next byte
    talk.send(0.61, "s", 1, 1001, window=0)  # 8
    talk.send(1.2, "c", 1001, 1, size=1)  # 9: asks again
    talk.send(1.21, "s", 1, 1001, window=0)  # 10
    talk.send(1.5, "s", 1, 1001, window=500)  # 11
    probe, answer = {"zero_window_probe"}, {"zero_window", "zero_window_probe_ack"}
    assert flags(read(talk)) == {
        4: {"window_update"}, 5: {"window_full"}, 6: {"zero_window"}, 7: probe, 8: answer, 9: probe, 10: answer,
        11: {"window_update"},
    }  # fmt: skip


def test_keep_alives(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk().open().send(0.1, "c", 1, 1, size=10).send(0.11, "s", 1, 11)
    talk.send(60, "c", 10, 1).send(60.01, "s", 1, 11)
    assert flags(read(talk)) == {6: {"keep_alive"}, 7: {"keep_alive_ack"}}


def test_what_the_capture_did_not_see(wire: SimpleNamespace, read: Read) -> None:
    talk = wire.Talk().open().send(0.1, "c", 1, 1, size=100)
    talk.send(0.2, "s", 1, 601)  # 5: acknowledges 500 bytes that are not here
    talk.send(0.3, "c", 601, 1, size=100).send(0.4, "s", 1, 701)
    capture = read(talk)
    assert flags(capture) == {5: {"ack_lost_segment"}, 6: {"lost_segment"}, 7: {"ack_lost_segment"}}
    assert capture.connections["missed_bytes"].to_list() == [500]


def test_ports_in_use_begin_another_connection(wire: SimpleNamespace, read: Read) -> None:
    first = wire.Talk().open().send(0.1, "c", 1, 1, RST | ACK)
    second = wire.Talk(base=(900_000, 800_000)).open(1.0).send(1.5, "c", 0, 0, SYN)
    capture = read(first.packets + second.packets)
    assert flags(capture)[5] == {"reused_ports"}
    assert capture.packets.connection.tolist() == [0] * 4 + [1] * 4


@pytest.mark.parametrize("base", [(2**32 - 700, 2**32 - 3), (2**31 - 500, 0)])
def test_sequence_numbers_wrap(wire: SimpleNamespace, read: Read, base: tuple[int, int]) -> None:
    talk = wire.Talk(base=base).open()
    for number in range(5):
        talk.send(0.1 + number, "c", 1 + 500 * number, 1, size=500).send(0.2 + number, "s", 1, 501 + 500 * number)
    talk.send(6, "c", 2001, 1, size=500)
    capture = read(talk)
    assert flags(capture) == {14: {"retransmission", "spurious_retransmission"}}
    assert capture.connections["orig_bytes"].to_list() == [2500]


@settings(max_examples=60)
@given(
    st.lists(
        st.tuples(
            st.sampled_from("cs"), st.integers(0, 5000), st.integers(0, 5000), st.integers(0, 63),
            st.sampled_from([0, 1, 2, 600]), st.sampled_from([0, 1, 64000]), st.floats(0, 3),
        ),
        max_size=40,
    )
)  # fmt: skip
def test_flags_agree_with_each_other(
    wire: SimpleNamespace, read: Read, steps: list[tuple[str, int, int, int, int, int, float]]
) -> None:
    talk, now = wire.Talk(), 0.0
    for who, seq, ack, flag, size, window, wait in steps:
        now += wait
        talk.send(now, who, seq, ack, flag, size, window)
    capture = read(talk)
    found, packets = capture.analysis, capture.packets
    assert not (found.fast_retransmission & ~found.retransmission).any()
    assert not (found.spurious_retransmission & ~found.retransmission).any()
    assert not (found.out_of_order & found.retransmission).any()
    assert not (found.duplicate_ack & (packets.payload_length > 0)).any()
    assert not (found.zero_window & (packets.window > 0)).any()
    assert (capture.connections["orig_pkts"].sum() + capture.connections["resp_pkts"].sum()) == len(steps)
