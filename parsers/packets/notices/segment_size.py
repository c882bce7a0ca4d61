"""Segments that are too large for the path: black holes of path MTU discovery, sizes that do not match."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import ACK, RST, SYN, TCP
from ..tcp_options import syn_options
from . import ERROR, INFO, Notice, Value
from ._endpoints import DIRECTIONS, RowsOf, about, limited, of_connections, per_direction

if TYPE_CHECKING:
    from ..capture import Capture

_LARGE = 500  # bytes of payload from which a segment may be too large for a path
_TRIES = 2  # how often a segment must have been sent again
_WAITED = 3_000_000_000  # nanoseconds in which a sender has sent again several times
_USUAL_MSS, _OPTIONS = 1460, 52  # bytes of a segment where none is offered, and those that options take of it
_APART = 100  # bytes by which the sizes of the two sides differ before it is worth to know


def notices(capture: Capture) -> Iterator[Notice]:
    """Black holes and sizes that differ."""
    yield from limited(capture, _black_holes(capture))
    yield from limited(capture, _swallowed(capture))
    yield from limited(capture, _mismatches(capture))


def _black_holes(capture: Capture) -> Iterator[Notice]:
    """Full segments that are sent again and again and never acknowledged, while small packets pass."""
    packets, analysis = capture.packets, capture.analysis
    tcp = (packets.protocol == TCP) & ~capture.duplicate
    again = analysis.retransmission & ~analysis.spurious_retransmission & ~capture.duplicate
    again &= packets.payload_length >= _LARGE
    counts = per_direction(capture, again)
    candidates = np.argwhere(counts >= _TRIES)
    if not len(candidates):
        return
    rows = RowsOf(capture, again)
    everything = RowsOf(capture, tcp & of_connections(capture, candidates[:, 0]))
    for connection, orig in candidates.tolist():
        mine, sent, back = (
            rows(connection, bool(orig)),
            everything(connection, bool(orig)),
            everything(connection, not orig),
        )
        back = back[packets.tcp_flags[back] & ACK != 0]
        if not len(back):
            continue
        acked = packets.ack[back]
        last = acked[-1]
        stuck = mine[(packets.seq[mine] == last)]
        large = int(packets.payload_length[mine].max())
        full = stuck[packets.payload_length[stuck] >= min(large, int(packets.payload_length[sent].max()))]
        # Whoever answers with small packets afterwards is alive; a full segment that ever came through clears the path.
        whole = sent[(packets.payload_length[sent] >= large) & ((last - packets.seq[sent]).view(np.int32) > 0)]
        if len(full) < _TRIES or len(whole):
            continue
        seconds = (int(packets.time[full[-1]]) - int(packets.time[full[0]])) / 1e9
        sender, receiver = ("{client}", "{server}") if orig else ("{server}", "{client}")
        msg = (
            f"{sender} sent a segment of {large} bytes {len(full) + 1} times in {seconds:.3g} s and {receiver} never "
            "acknowledged it, while smaller packets pass: the path drops full packets and no ICMP says so."
        )
        fields: dict[str, Value] = {
            "direction": DIRECTIONS[orig], "bytes": large, "times": len(full) + 1, "seconds": seconds,
            "dont_fragment": int(packets.dont_fragment[full[0]]),
        }  # fmt: skip
        yield about(capture, connection, "mtu_black_hole", ERROR, full, msg, fields)


def _swallowed(capture: Capture) -> Iterator[Notice]:
    """The same from behind the black hole: full segments never come, although smaller ones from behind them do."""
    packets = capture.packets
    candidates = np.argwhere(capture.measures.missed.reshape(-1, 2) >= _LARGE)
    if not len(candidates):
        return
    chosen = (packets.protocol == TCP) & ~capture.duplicate & of_connections(capture, candidates[:, 0])
    packets_of = RowsOf(capture, chosen)
    for connection, orig in candidates.tolist():
        sent, back = packets_of(connection, bool(orig)), packets_of(connection, not orig)
        syn = back[packets.tcp_flags[back] & SYN != 0]
        back = back[packets.tcp_flags[back] & (ACK | RST) == ACK]
        sent = sent[packets.payload_length[sent] > 0]
        if not len(back) or not len(sent):
            continue
        stuck = packets.ack[back[-1]]
        ahead = (packets.seq[sent] - stuck).view(np.int32).astype(np.int64)
        beyond = ahead > 0
        offered = int(syn_options(packets, syn).mss[0]) if len(syn) else 0
        full = (offered or _USUAL_MSS) - _OPTIONS
        # Whatever covers the hole, or is as large as what should fill it, shows that the path is not the reason.
        covers = (ahead <= 0) & (ahead + packets.payload_length[sent] > 0)
        if not beyond.any() or covers.any() or int(packets.payload_length[sent].max()) >= full:
            continue
        first, hole = sent[beyond][0], int(ahead[beyond].min())
        waited = int(packets.time[back[-1]]) - int(packets.time[first])
        if hole < _LARGE or waited < _WAITED:
            continue
        sender, receiver = ("{client}", "{server}") if orig else ("{server}", "{client}")
        msg = (
            f"{receiver} waited {waited / 1e9:.3g} s for {hole:,} bytes of {sender} that never came, while smaller "
            "packets from behind them did: the path drops full packets and no ICMP says so."
        )
        fields: dict[str, Value] = {"direction": DIRECTIONS[orig], "bytes": hole, "times": 0, "seconds": waited / 1e9}
        yield about(capture, connection, "mtu_black_hole", ERROR, np.array([first, back[-1]]), msg, fields)


def _mismatches(capture: Capture) -> Iterator[Notice]:
    """Hosts that offer different maximum segment sizes; one notice a pair of hosts and sizes."""
    packets = capture.packets
    rows = np.flatnonzero((packets.protocol == TCP) & (packets.tcp_flags & SYN != 0) & (packets.connection >= 0))
    if not len(rows):
        return
    frame = pl.DataFrame(
        {
            "row": rows,
            "own": packets.connection[rows],
            "orig": packets.from_orig[rows],
            "mss": syn_options(packets, rows).mss,
        }
    ).filter(pl.col("mss") > 0)
    asked = frame.filter("orig").group_by("own").agg(pl.col("mss").first(), pl.col("row").min())
    answered = frame.filter(~pl.col("orig")).group_by("own").agg(pl.col("mss").first(), pl.col("row").min())
    both = asked.join(answered, on="own", suffix="_resp").filter((pl.col("mss") - pl.col("mss_resp")).abs() >= _APART)
    if both.is_empty():
        return
    table = capture.connections
    both = both.with_columns(
        client=table["id_orig_h"].gather(both["own"]), server=table["id_resp_h"].gather(both["own"])
    )
    pairs = both.sort("row").group_by("client", "server", "mss", "mss_resp", maintain_order=True)
    for row in pairs.agg(pl.len().alias("many"), pl.col("own", "row", "row_resp").first()).iter_rows(named=True):
        msg = (
            f"{row['client']} offers segments of {row['mss']} bytes and {row['server']} {row['mss_resp']} "
            f"({row['many']} connections): the hosts or a tunnel between them have different MTUs."
        )
        fields: dict[str, Value] = {
            "client_mss": row["mss"], "server_mss": row["mss_resp"], "connections": row["many"],
        }  # fmt: skip
        shown = np.array([row["row"], row["row_resp"]])
        yield about(capture, row["own"], "mss_mismatch", INFO, shown, msg, fields)
