"""Acknowledgements of segments that the capture does not hold (Wireshark's tcp.analysis.ack_lost_segment).

Wireshark follows the highest number up to which a direction was seen without a hole. It is stuck at a hole until the
segment that begins there comes, or until it is acknowledged; then it jumps to the highest number seen.
"""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

import numpy as np

from .columns import ACK, Array, Bools, Ints

if TYPE_CHECKING:
    from .tcp import Batch


def acknowledged_unseen(
    b: Batch, duplicates: Array, same_ack: Bools, probe: Bools
) -> tuple[Bools, Bools]:  # fmt: skip
    """Packets that acknowledge more than was seen without a hole of the other direction, and those beyond all of it.

    The second ones Wireshark tells once only, but each makes it forget how many duplicate ACKs came before.

    Args:
        b: the packets.
        duplicates: duplicate ACKs of their direction since its acknowledgement moved.
        same_ack: those that repeat the acknowledgement of the packet before.
        probe: zero window probes.
    """
    out = np.zeros(len(b.rows), np.bool_)
    has = b.own >= 0
    hole = has & (b.place != b.expected) & (b.after > b.expected) & ~probe
    behind = has & (b.place < b.expected)
    answers = (b.flags & ACK != 0) & (b.other >= 0)
    highest = np.maximum(np.where(probe, b.expected, b.after), b.expected)
    seen = highest[b.other]
    beyond = (b.ack - (seen & 0xFFFFFFFF).astype(np.uint32)).view(np.int32).astype(np.int64)
    ack = seen + beyond
    ahead = answers & (beyond > 0)
    if not ahead.any() and not hole.any():
        return out, ahead
    stream = (np.cumsum(b.new) << 1) | b.side  # a direction of a connection
    troubled = np.zeros(int(stream[-1] | 1) + 2, np.bool_)
    troubled[stream[hole]] = True
    troubled[stream[ahead] ^ 1] = True
    resets = np.empty(len(stream), np.int64)
    for rows in (np.flatnonzero(~b.side), np.flatnonzero(b.side)):
        resets[rows] = np.maximum.accumulate(np.where(same_ack[rows], 0, rows)) if len(rows) else rows
    for sent in np.flatnonzero(troubled).tolist():
        first, last = np.searchsorted(stream >> 1, [sent >> 1, (sent >> 1) + 1])
        part = slice(int(first), int(last))
        mine = stream[part] == sent
        base = int(first)
        holes = base + np.flatnonzero(mine & hole[part])
        fills = base + np.flatnonzero(mine & behind[part])
        acks = base + np.flatnonzero(~mine & answers[part])
        hits = _stuck(holes.tolist(), b.expected[holes].tolist(), _by_place(fills, b.place), acks, ack)
        out[hits] = True
        ahead[hits] = False
        free = base + np.flatnonzero(~mine & ahead[part])
        _repeated(out, free.tolist(), b.other, duplicates, resets)
    return out, ahead


def _by_place(rows: Ints, place: Ints) -> dict[int, list[int]]:
    found: dict[int, list[int]] = {}
    for row, at in zip(rows.tolist(), place[rows].tolist(), strict=True):
        found.setdefault(at, []).append(row)
    return found


def _stuck(holes: list[int], edges: list[int], fills: dict[int, list[int]], acks: Ints, ack: Ints) -> list[int]:
    """The acknowledgements that jump over a hole that was not filled before."""
    if not holes or not len(acks):
        return []
    rows = acks.tolist()
    values = ack[acks].tolist()
    out: list[int] = []
    jump = 0
    free = -1  # up to which row the direction is without a hole again
    never = rows[-1] + 1
    for hole, edge in zip(holes, edges, strict=True):
        if hole <= free:
            continue
        filled = fills.get(edge, [])
        at = bisect_right(filled, hole)
        fill = filled[at] if at < len(filled) else never
        # Edges only rise: an acknowledgement that does not pass this one passes none of the later ones.
        while jump < len(rows) and (rows[jump] <= hole or values[jump] <= edge):
            jump += 1
        if jump < len(rows) and rows[jump] < fill:
            out.append(rows[jump])
            free = rows[jump]
        else:
            free = fill
    return out


def _repeated(out: Bools, rows: list[int], other: Array, duplicates: Array, resets: Ints) -> None:
    """Acknowledgements beyond all that was seen: told once until the other direction acknowledges something new."""
    told = -1
    for row in rows:
        last = int(other[row])
        since = int(resets[last])
        if duplicates[last] == 0 and since != told:
            out[row] = True
        told = since
