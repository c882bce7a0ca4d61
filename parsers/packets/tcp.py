"""Wireshark's TCP analysis flags, per connection and direction, vectorised.

What the flags mean: https://www.wireshark.org/docs/wsug_html_chunked/ChAdvTCPAnalysis.html. A packet is judged by
what was seen before it of its own direction (the next sequence number that is expected, the last window and
acknowledgement) and by the last packet of the other one. Sequence numbers are unwrapped to 64 bits, so that "the
highest so far" is a running maximum.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from .columns import ACK, FIN, RST, SYN, TCP, Array, Bools, Ints, Packets, Rows
from .flows import Flows
from .tcp_lost import acknowledged_unseen
from .tcp_measures import Measures, measure
from .tcp_options import syn_options

_BATCH = 49_152  # packets; a batch holds whole connections
_FAST = 20_000_000  # nanoseconds after the last duplicate ACK in which a retransmission is a fast one
_REORDERED = 3_000_000  # nanoseconds, where the round trip is not known
_NOT_SCALED, _UNKNOWN = -2, -1


class _Flag:
    """One bit of Analysis.bits as an array of bool."""

    def __init__(self, number: int) -> None:
        """The bit of a number, from 0."""
        self.bit = np.uint16(1 << number)

    def __get__(self, analysis: Analysis, owner: type[Analysis]) -> Bools:
        """Which packets have the flag."""
        return np.asarray(analysis.bits & self.bit != 0)


@dataclass(frozen=True, slots=True)
class Analysis:
    """Wireshark's tcp.analysis flags: one element a packet, False where it is not TCP.

    As in Wireshark, `retransmission` is also set for fast and spurious ones.

    Attributes:
        bits: uint16, a bit a flag.
    """

    bits: npt.NDArray[np.uint16]

    retransmission: ClassVar[_Flag] = _Flag(0)
    fast_retransmission: ClassVar[_Flag] = _Flag(1)
    spurious_retransmission: ClassVar[_Flag] = _Flag(2)
    out_of_order: ClassVar[_Flag] = _Flag(3)
    duplicate_ack: ClassVar[_Flag] = _Flag(4)
    lost_segment: ClassVar[_Flag] = _Flag(5)
    ack_lost_segment: ClassVar[_Flag] = _Flag(6)
    zero_window: ClassVar[_Flag] = _Flag(7)
    zero_window_probe: ClassVar[_Flag] = _Flag(8)
    zero_window_probe_ack: ClassVar[_Flag] = _Flag(9)
    window_full: ClassVar[_Flag] = _Flag(10)
    window_update: ClassVar[_Flag] = _Flag(11)
    keep_alive: ClassVar[_Flag] = _Flag(12)
    keep_alive_ack: ClassVar[_Flag] = _Flag(13)
    reused_ports: ClassVar[_Flag] = _Flag(14)


_BITS = {name: value.bit for name, value in vars(Analysis).items() if isinstance(value, _Flag)}
FLAGS = tuple(_BITS)


@dataclass(slots=True)
class Batch:
    """The TCP packets of some connections, by connection and in the order of the file.

    Attributes:
        rows: rows of packets. side: which of the two directions. new: first of their connection.
        own: place of the packet before it of the same direction, -1 none. other: that of the other direction.
        flags, ack, window, length, time: as in packets; length is that of the payload.
        place: first sequence number, unwrapped. after: the one behind the packet.
        expected: the highest `after` so far of this direction, before the packet.
        expected_time: when that was set.
    """

    rows: Rows
    side: Bools
    new: Bools
    own: Array
    other: Array
    flags: Array
    ack: Array
    window: Array
    length: Array
    time: Ints
    seq: Array
    place: Ints
    after: Ints
    expected: Ints
    expected_time: Ints


def analyse(packets: Packets, flows: Flows) -> tuple[Analysis, Measures]:
    """The flags of every packet, as Wireshark computes them, and what is measured of each direction."""
    count = len(packets)
    measures = Measures.of(len(flows))
    analysis = Analysis(np.zeros(count, np.uint16))
    analysis.bits[flows.reused] |= _BITS["reused_ports"]
    scales = _window_scales(packets, flows)
    begin, end = flows.start[:-1], flows.start[1:]
    tcp = np.flatnonzero(packets.protocol[flows.order[begin]] == TCP)
    sizes = np.cumsum(end[tcp] - begin[tcp])
    at = 0
    while at < len(tcp):
        done = sizes[at - 1] if at else 0
        stop = max(int(np.searchsorted(sizes, done + _BATCH, side="right")), at + 1)
        chosen = tcp[at:stop]
        at = stop
        spans = end[chosen] - begin[chosen]
        new = np.zeros(int(spans.sum()), np.bool_)
        first = np.cumsum(spans) - spans
        new[first] = True
        rows = flows.order[np.repeat(begin[chosen] - first, spans) + np.arange(len(new))]
        _analyse_batch(packets, rows, new, scales, analysis, measures)
    return analysis, measures


def _window_scales(packets: Packets, flows: Flows) -> tuple[Array, Ints]:
    """Shift of the windows of each connection, int8[connections, 2] (responder, originator), and the row of its SYN."""
    scales = np.full((len(flows), 2), _UNKNOWN, np.int8)
    syns = np.flatnonzero((packets.protocol == TCP) & (packets.tcp_flags & SYN != 0) & (packets.connection >= 0))
    offered = syn_options(packets, syns).window_scale
    own, side = packets.connection[syns], packets.from_orig[syns].astype(np.int64)
    scales[own, side] = offered
    scales[own[offered < 0]] = _NOT_SCALED
    # Before the first SYN nothing is known of the windows.
    known = np.full(len(flows), len(packets), np.int64)
    np.minimum.at(known, own, syns)
    return scales, known


def _analyse_batch(
    packets: Packets, rows: Rows, new: Bools, scales: tuple[Array, Ints], analysis: Analysis, measures: Measures
) -> None:
    batch = _batch(packets, rows, new)
    probe = _follow(batch)
    b = batch
    has, answered = b.own >= 0, b.other >= 0
    same_ack = has & (b.ack == b.ack[b.own])
    same_window = has & (b.window == b.window[b.own])
    closing = b.flags & (SYN | FIN | RST) != 0
    opening = b.flags & (SYN | FIN) != 0
    in_place = has & (b.place == b.expected)
    keep_alive = (b.length <= 1) & has & (b.place == b.expected - 1) & ~closing & ~probe
    repeated = (b.length == 0) & in_place & same_ack & ~closing
    still = repeated & same_window & (b.window > 0)
    keep_alive_ack = still & answered & keep_alive[b.other]
    duplicate_ack = still & ~keep_alive_ack
    found = {
        "zero_window": (b.window == 0) & ~closing & ~probe,
        "zero_window_probe": probe,
        "zero_window_probe_ack": repeated & same_window & (b.window == 0) & answered & probe[b.other],
        "window_update": repeated & (b.window > 0) & ~same_window,
        "window_full": _window_full(packets, b, scales) & ~closing & ~probe,
        "lost_segment": has & (b.place > b.expected) & (b.flags & RST == 0) & ~probe,
        "keep_alive": keep_alive,
        "keep_alive_ack": keep_alive_ack,
        "duplicate_ack": duplicate_ack,
    }
    duplicates = _since_new_ack(b, duplicate_ack, same_ack)
    # A segment that begins one byte early and adds more follows a probe: it is new data.
    behind = has & (b.place < b.expected) & ~((b.length > 1) & (b.place == b.expected - 1))
    other_ack = b.ack[b.other]
    data = ((b.length > 0) | opening) & ~keep_alive
    end = b.seq + b.length.astype(np.uint32)
    spurious = data & (b.length > 0) & answered & (other_ack != 0) & ((other_ack - end).view(np.int32) >= 0)
    left = data & behind & ~spurious
    seen, beyond = acknowledged_unseen(b, duplicates, same_ack, probe)
    found["ack_lost_segment"] = seen
    asked = _asked_again(b, duplicate_ack, same_ack, beyond, duplicates)
    fast = left & answered & asked & (other_ack == b.seq) & _within(b.time - b.time[b.other], _FAST)
    left &= ~fast
    del other_ack, end, duplicates, beyond  # a connection of millions of packets is one batch
    stream = packets.connection[rows].astype(np.int64) << 1 | b.side
    reordered = left & (b.expected != b.after)
    reordered &= _within(b.time - b.expected_time, _first_round_trip(b, stream, measures))
    found["out_of_order"] = reordered
    found["spurious_retransmission"] = spurious
    found["fast_retransmission"] = fast
    found["retransmission"] = (left & ~reordered) | spurious | fast
    measure(measures, b, stream, found["zero_window"], found["lost_segment"], behind, probe)
    bits = np.zeros(len(rows), np.uint16)
    for name, value in found.items():
        bits |= value * _BITS[name]
    analysis.bits[rows] |= bits


def _within(since: Ints, limit: Ints | int) -> Bools:
    return (since >= 0) & (since < limit)


def _batch(packets: Packets, rows: Rows, new: Bools) -> Batch:
    """Gather the columns of the rows, and find the packet before each in either direction."""
    side = packets.from_orig[rows]
    flags = packets.tcp_flags[rows]
    count = len(rows)
    index = np.arange(count, dtype=np.int32)
    begin = np.maximum.accumulate(np.where(new, index, 0))
    before: list[Array] = []
    for direction in (False, True):
        last = np.full(count, -1, np.int32)
        last[1:] = np.maximum.accumulate(np.where(side == direction, index, -1))[:-1]
        last[last < begin] = -1
        before.append(last)
    own = np.where(side, before[1], before[0])
    other = np.where(side, before[0], before[1])
    none = np.zeros(0, np.int64)
    names = ("payload_length", "seq", "ack", "window", "time")
    length, seq, ack, window, time = (getattr(packets, name)[rows] for name in names)
    return Batch(
        rows, side, new, own, other, flags, ack, window, length, time, seq, none, none, none, none
    )  # fmt: skip


def _follow(b: Batch) -> Bools:
    """Fill what is expected before each packet; which packets are zero window probes.

    A probe does not move what is expected, and whether it is one depends on that: the candidates are taken out first,
    and those that turn out to be none are put back.
    """
    places = [np.flatnonzero(~b.side), np.flatnonzero(b.side)]
    b.place = np.empty(len(b.rows), np.int64)
    for rows in places:
        first = b.own[rows] < 0
        seq = b.seq[rows]
        step = np.diff(seq, prepend=seq[:1]).view(np.int32)
        step[first] = 0
        total = np.cumsum(step, dtype=np.int64)
        begin = np.maximum.accumulate(np.where(first, np.arange(len(rows), dtype=np.int32), 0))
        total += seq[begin] - total[begin]
        b.place[rows] = total
    opening = b.flags & (SYN | FIN) != 0
    b.after = b.place + b.length + opening
    closed = (b.other >= 0) & (b.window[b.other] == 0)
    candidate = (b.length == 1) & (b.own >= 0) & closed
    probe: Bools = candidate
    for _ in range(4 if candidate.any() else 1):
        _expect(b, places, probe)
        now = candidate & (b.place == b.expected)
        if (now == probe).all():
            break
        probe = now
    return probe


def _expect(b: Batch, places: list[Rows], probe: Bools) -> None:
    """The running maximum of the sequence numbers behind the packets of each direction, probes left out."""
    count = len(b.rows)
    b.expected, b.expected_time = np.zeros(count, np.int64), np.zeros(count, np.int64)
    for rows in places:
        if not len(rows):
            continue
        first = b.own[rows] < 0
        after = np.where(probe[rows] & ~first, -(1 << 40), b.after[rows])
        # Each connection lies above all before it, so that one running maximum serves all.
        lift = np.cumsum(first, dtype=np.int64)
        lift <<= 42
        highest = after + lift
        np.maximum.accumulate(highest, out=highest)
        highest -= lift
        del lift
        expected = np.empty(len(rows), np.int64)
        expected[0] = -(1 << 50)
        expected[1:] = highest[:-1]
        expected[first] = -(1 << 50)
        del highest
        index = np.arange(len(rows), dtype=np.int32)
        b.expected[rows] = expected
        b.expected_time[rows] = _shifted(b.time[rows], np.where(after > expected, index, 0))


def _shifted(values: Ints, marked: Array) -> Ints:
    """For each place the value at the last marked place before it."""
    last = np.maximum.accumulate(marked)
    before = np.zeros(len(values), last.dtype)
    before[1:] = last[:-1]
    return values[before]


def _since_new_ack(b: Batch, duplicate: Bools, same_ack: Bools) -> Array:
    """How many duplicate ACKs a direction has sent since its acknowledgement last moved, up to each packet."""
    out = np.zeros(len(b.rows), np.int32)
    for rows in (np.flatnonzero(~b.side), np.flatnonzero(b.side)):
        total = np.cumsum(duplicate[rows], dtype=np.int32)
        moved = np.maximum.accumulate(np.where(same_ack[rows], 0, np.arange(len(rows), dtype=np.int32)))
        out[rows] = total - total[moved] if len(rows) else total
    return out


def _asked_again(b: Batch, duplicate: Bools, same_ack: Bools, beyond: Bools, duplicates: Array) -> Bools:
    """Whether the other side has sent two duplicate ACKs before a packet.

    An acknowledgement beyond all that was seen makes Wireshark take the other side's count for endless, until that side
    sends a duplicate ACK or another acknowledgement.
    """
    asked: Bools = duplicates[b.other] >= 2
    if not beyond.any():
        return asked
    index = np.arange(len(b.rows))
    begin = np.maximum.accumulate(np.where(b.new, index, 0))
    event, last = np.zeros(len(index), np.int64), np.zeros(len(index), np.int64)
    total = np.zeros(len(index), np.int64)
    for rows in (np.flatnonzero(~b.side), np.flatnonzero(b.side)):
        if len(rows):
            event[rows] = np.maximum.accumulate(np.where(duplicate[rows] | ~same_ack[rows], rows, 0))
            last[rows] = np.maximum.accumulate(np.where(beyond[rows], rows, -1))
            total[rows] = np.cumsum(duplicate[rows])
    blurred = (last >= begin) & (b.other >= 0)
    endless = blurred & (last > event[b.other])
    since = total[b.other] - total[b.other[np.maximum(last, 0)]]
    return np.where(endless, True, np.where(blurred, np.minimum(since, duplicates[b.other]) >= 2, asked))


def _first_round_trip(b: Batch, stream: Ints, measures: Measures) -> Ints:
    """How long a packet may be late and still count as reordered: the handshake's round trip, once it is known."""
    own = np.cumsum(b.new, dtype=np.int32) - 1  # the connection within the batch
    first = np.flatnonzero(b.new)
    syn = np.maximum.accumulate(np.where(b.flags & (SYN | ACK) == SYN, np.arange(len(own), dtype=np.int32), -1))
    ends = np.flatnonzero((b.flags & (SYN | ACK) == ACK) & (syn >= first[own]))
    ends = ends[b.time[ends] != b.time[syn[ends]]]
    owner = own[ends]
    earliest = np.ones(len(ends), np.bool_)
    earliest[1:] = owner[1:] != owner[:-1]
    ends, owner = ends[earliest], owner[earliest]
    trip, known = np.full(len(first), _REORDERED), np.full(len(first), len(own), np.int32)
    trip[owner] = b.time[ends] - b.time[syn[ends]]
    known[owner] = ends
    measures.handshake[stream[ends] >> 1] = trip[owner]
    return np.where(np.arange(len(own), dtype=np.int32) > known[own], trip[own], _REORDERED)


def _window_full(packets: Packets, b: Batch, scales: tuple[Array, Ints]) -> Bools:
    """Segments that fill the other side's window to its last byte."""
    out = np.zeros(len(b.rows), np.bool_)
    rows = np.flatnonzero((b.length > 0) & (b.other >= 0))
    other = b.other[rows]
    own = packets.connection[b.rows[rows]]
    scale = scales[0][own, b.side[other].astype(np.int64)].astype(np.int64)
    scale[b.rows[rows] < scales[1][own]] = _UNKNOWN
    shift = np.where((scale == _NOT_SCALED) | (b.flags[other] & SYN != 0), 0, np.maximum(scale, 0))
    edge = b.ack[other].astype(np.int64) + (b.window[other].astype(np.int64) << shift)
    end = b.seq[rows].astype(np.int64) + b.length[rows]
    out[rows] = (scale != _UNKNOWN) & ((edge - end) & 0xFFFFFFFF == 0)
    return out
