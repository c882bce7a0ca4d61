"""What is measured of each direction of a TCP connection: bytes, holes, round trips, closed windows."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from .columns import ACK, FIN, SYN, Bools, Ints

if TYPE_CHECKING:
    from .tcp import Batch

_LIFT = 42  # bits that the unwrapped sequence numbers of one direction take


@dataclass(slots=True)
class Measures:
    """Measures of directions; an array's element connection * 2 + 1 is the originator's, the one before the other's.

    Attributes:
        sent: bytes of payload by the sequence numbers. missed: of them, bytes that the capture does not hold.
        holes: bytes that were missing when what stands behind them came, whether they came later or not.
        zero_window: nanoseconds for which the direction announced a closed window.
        handshake: nanoseconds from the SYN to the end of the handshake, -1 unknown; one element a connection.
        round_trips: direction and nanoseconds of samples, part by part.
    """

    sent: Ints
    missed: Ints
    holes: Ints
    zero_window: Ints
    handshake: Ints
    round_trips: list[tuple[Ints, Ints]] = field(default_factory=list)

    @classmethod
    def of(cls, connections: int) -> Measures:
        """Nothing measured yet."""
        sent, missed, holes, zero = (np.zeros(2 * connections, np.int64) for _ in range(4))
        return cls(sent, missed, holes, zero, np.full(connections, -1, np.int64))

    def round_trip_table(self) -> pl.DataFrame:
        """Minimum, median and 95th percentile of the round trips in seconds, by direction."""
        parts = self.round_trips or [(np.empty(0, np.int64), np.empty(0, np.int64))]
        samples = pl.DataFrame(
            {
                "direction": np.concatenate([direction for direction, _ in parts]),
                "rtt": np.concatenate([trip for _, trip in parts]) / 1e9,
            }
        )
        rtt = pl.col("rtt")
        return samples.group_by("direction").agg(
            rtt.min().alias("rtt_min"), rtt.median().alias("rtt_median"), rtt.quantile(0.95).alias("rtt_p95")
        )


def measure(
    out: Measures, b: Batch, stream: Ints, zero_window: Bools, lost: Bools, behind: Bools, probe: Bools
) -> None:
    """Add what a batch of connections shows.

    Args:
        out: where it is added.
        b: the packets.
        stream: connection * 2 + side of each.
        zero_window: which announce a closed window.
        lost: which stand behind a hole.
        behind: which bring data from before what was expected.
        probe: which are zero window probes.
    """
    highest = np.where(probe, b.expected, np.maximum(b.after, b.expected))
    first = np.flatnonzero(b.own < 0)
    last = np.zeros(len(out.sent), np.int64)
    last[stream] = np.arange(len(stream))  # the last one written stays
    own = stream[first]
    span = highest[last[own]] - b.place[first]
    del highest, last
    closing = np.zeros(len(out.sent), np.bool_)
    closing[stream[b.flags & FIN != 0]] = True
    out.sent[own] = np.maximum(span - (b.flags[first] & SYN != 0) - closing[own], 0)
    holds = np.flatnonzero((b.own >= 0) & zero_window[b.own])
    np.add.at(out.zero_window, stream[holds], np.maximum(b.time[holds] - b.time[b.own[holds]], 0))
    _missed(out, b, stream, lost, behind)
    _round_trips(out, b, stream, behind)


def _missed(out: Measures, b: Batch, stream: Ints, lost: Bools, behind: Bools) -> None:
    """Bytes of holes that no later packet filled."""
    holes = np.flatnonzero(lost)
    if not len(holes):
        return
    lift = stream << _LIFT
    begin, end = lift[holes] + b.expected[holes], lift[holes] + b.place[holes]
    fills = np.flatnonzero(behind & (b.length > 0))
    low, high = lift[fills] + b.place[fills], lift[fills] + b.place[fills] + b.length[fills]
    order = np.argsort(low, kind="stable")
    low, high = low[order], high[order]
    if len(low):
        reach = np.maximum.accumulate(high)
        low = np.maximum(low, np.append(low[:1], reach[:-1]))
        high = np.maximum(reach, low)
    covered = np.append(0, np.cumsum(high - low))

    def below(edge: Ints) -> Ints:
        at = np.searchsorted(low, edge)
        part = np.where(at > 0, np.maximum(high[at - 1] - edge, 0), 0) if len(low) else 0
        return np.asarray(covered[at] - part, np.int64)

    np.add.at(out.holes, stream[holes], end - begin)
    np.add.at(out.missed, stream[holes], np.maximum(end - begin - (below(end) - below(begin)), 0))


def _round_trips(out: Measures, b: Batch, stream: Ints, behind: Bools) -> None:
    """From a segment to the acknowledgement of just its end; segments that were sent again say nothing."""
    data = (b.length > 0) & (b.after > b.expected)
    asks = (b.flags & ACK != 0) & (b.other >= 0)
    asks &= (b.own < 0) | (b.ack != b.ack[b.own])
    lift = np.cumsum(b.new) << _LIFT
    for side in (False, True):
        # Of one side, what advances stands in the order of its connection and of its sequence numbers.
        sent, answers = np.flatnonzero(data & (b.side == side)), np.flatnonzero(asks & (b.side != side))
        if not len(sent):
            continue
        key = lift[sent] + b.after[sent]
        last = b.other[answers]
        seen = np.maximum(b.after[last], b.expected[last])
        wanted: Ints = seen + (b.ack[answers] - (seen & 0xFFFFFFFF).astype(np.uint32)).view(np.int32)
        wanted += lift[last]
        del last, seen
        at = np.minimum(np.searchsorted(key, wanted), len(key) - 1)
        found = np.flatnonzero(key[at] == wanted)
        segment, answer = sent[at[found]], answers[found]
        del key, wanted, at, found, sent, answers
        trip = b.time[answer] - b.time[segment]
        # An acknowledgement behind a retransmission may be that of either.
        again = np.flatnonzero(behind & (b.side == side))
        before = np.searchsorted(again, b.other[answer], side="right") - 1
        late = (again[np.maximum(before, 0)] > segment) & (before >= 0) if len(again) else np.zeros(len(trip), np.bool_)
        good = (trip >= 0) & ~late
        out.round_trips.append((stream[segment[good]], trip[good]))
