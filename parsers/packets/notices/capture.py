"""Faults of the capture itself: what it doubles, drops, cuts or sees from one side only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from ..columns import TCP, Rows, frame_numbers
from . import INFO, WARN, Notice, Value
from ._endpoints import of_connections, times

if TYPE_CHECKING:
    from ..capture import Capture

_FEW = 5
_DOUBLED = 1.0  # percent of the packets
_MISSED = 0.05  # percent of the acknowledgements


def notices(capture: Capture) -> Iterator[Notice]:
    """What must be known about a capture before one believes it."""
    if not len(capture.packets):
        return
    for topic in (_doubled, _one_sided, _dropped, _cut, _clock):
        yield from topic(capture)


def _whole(
    capture: Capture, note: str, severity_number: int, rows: Rows, msg: str, fields: Mapping[str, Value]
) -> Notice:  # fmt: skip
    first = int(rows[0]) if len(rows) else 0
    return Notice(
        note, severity_number, capture.packets.micros(first), first + 1, msg, frame_numbers(rows), fields=fields
    )  # fmt: skip


def _doubled(capture: Capture) -> Iterator[Notice]:
    rows = np.flatnonzero(capture.duplicate)
    share = 100 * len(rows) / len(capture.packets)
    if len(rows) >= _FEW and share >= _DOUBLED:
        msg = (
            f"{len(rows)} of {len(capture.packets)} packets are in the capture twice ({share:.3g} %): a mirror port or "
            "several interfaces see the same packet. The copies are not counted as loss."
        )
        yield _whole(capture, "capture_duplicate_frames", WARN, rows, msg, {"frames": len(rows), "percent": share})


def _one_sided(capture: Capture) -> Iterator[Notice]:
    """Connections of which only one direction is there, although data flows."""
    table = capture.connections
    alone = (table["orig_pkts"] == 0) | (table["resp_pkts"] == 0)
    tcp = table["proto"] == "tcp"
    talking = tcp & (table["orig_pkts"] + table["resp_pkts"] >= 3) & ~table["conn_state"].is_in(["S0", "REJ"])
    # Packets without an acknowledgement or data are probes of a scan (NULL, FIN, Xmas), and nobody answers them.
    talking &= table["history"].fill_null("").str.contains("[AaDd]")
    many, whole = int((talking & alone).sum()), int(talking.sum())
    if not many or 2 * many < whole:
        return
    rows = table.filter(talking & alone)["frame_number"].head(5).to_numpy().astype(np.int64) - 1
    msg = (
        f"The capture holds one direction only of {many} of {whole} TCP connections that carry data: the other takes "
        "another path, or the filter or mirror port leaves it out. Loss and delays cannot be told from it."
    )
    yield _whole(capture, "capture_one_sided", WARN, rows, msg, {"connections": many, "of": whole})


def _dropped(capture: Capture) -> Iterator[Notice]:
    """Packets that were on the wire, because they were acknowledged, but not in the capture."""
    packets = capture.packets
    # An answer to a SYN on ports that were in use before acknowledges nothing of the connection before.
    again = of_connections(capture, packets.connection[capture.flows.reused].astype(np.int64))
    rows = np.flatnonzero(capture.analysis.ack_lost_segment & ~capture.duplicate & ~again)
    answers = int(np.count_nonzero((packets.protocol == TCP) & (packets.payload_length == 0)))
    share = 100 * len(rows) / max(answers, 1)
    told = max(int(capture.facts.get("dropped", 0)), int(capture.facts.get("dropped_by_system", 0)))
    if (len(rows) < _FEW or share < _MISSED) and not told:
        return
    by_tool = f"; the capture tool itself reports {told} dropped packets" if told else ""
    msg = (
        f"{len(rows)} acknowledgements ({share:.2g} %) are for segments that the capture does not hold{by_tool}: "
        "the capture lost packets that the network did not lose."
    )
    fields: dict[str, Value] = {"acknowledgements": len(rows), "percent": share, "dropped": told}
    yield _whole(capture, "capture_drops", WARN, rows, msg, fields)


def _cut(capture: Capture) -> Iterator[Notice]:
    packets = capture.packets
    rows = np.flatnonzero(packets.captured < packets.length)
    if len(rows):
        longest = int(packets.captured[rows].max())
        msg = (
            f"{len(rows)} of {len(packets)} packets were cut at {longest} bytes (snap length): "
            "what they carry behind that cannot be judged."
        )
        yield _whole(capture, "capture_cut", INFO, rows, msg, {"packets": len(rows), "bytes": longest})


def _clock(capture: Capture) -> Iterator[Notice]:
    steps = int(capture.facts.get("clock_steps_back", 0))
    if not steps:
        return
    seconds = int(capture.facts["clock_step_back_us"]) / 1e6
    rows = np.array([int(capture.facts["clock_step_back_frame"]) - 1])
    msg = (
        f"The clock of the capture goes back {times(steps)}, by {seconds:.6g} s at most: "
        "it was set, or packets of several queues were written out of order."
    )
    severity = WARN if seconds >= 1 else INFO
    yield _whole(capture, "capture_clock_back", severity, rows, msg, {"times": steps, "seconds": seconds})
