"""Losses that Wireshark takes for packets that overtook each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ..columns import TCP, Bools
from ._endpoints import per_direction

if TYPE_CHECKING:
    from ..capture import Capture

_FEW = 2  # late segments of a direction that are worth a closer look
_APART = 1 << 34  # keeps the sequence numbers of two directions apart
_BLUR = 0.8  # of the round trip time of the handshake: later ones may be a little shorter
_UNKNOWN = 3_000_000  # nanoseconds, where there is no handshake; the limit that Wireshark has


def repairs(capture: Capture) -> Bools:
    """Which segments with the flag out_of_order were in truth sent again.

    Wireshark measures from the newest segment, so while new data flows it calls each repair by SACK out of order.
    What is missing shows when the first byte behind it comes. A segment that was overtaken follows in less than a round
    trip; the sender needs a round trip to hear of a loss and to send again.

    Returns:
        Array of length n.
    """
    packets = capture.packets
    found = np.zeros(len(packets), np.bool_)
    data = (packets.protocol == TCP) & (packets.payload_length > 0) & ~capture.duplicate
    late = capture.analysis.out_of_order & data
    many = per_direction(capture, late).reshape(-1) >= _FEW
    if not many.any():
        return found
    rows = np.flatnonzero(data & (packets.connection >= 0))
    key = packets.connection[rows].astype(np.int64) * 2 + packets.from_orig[rows]
    rows, key = rows[many[key]], key[many[key]]
    order = np.argsort(key, kind="stable")
    rows, key = rows[order], key[order]
    first = np.append(True, key[1:] != key[:-1])
    group = np.cumsum(first) - 1
    step = np.append(np.uint32(0), np.diff(packets.seq[rows])).view(np.int32).astype(np.int64)
    step[first] = 0
    stream = np.cumsum(step)
    # The middle of the range: what came before the first packet of a capture has smaller numbers than that.
    stream += (_APART >> 1) - stream[first][group]
    stream = np.clip(stream, 0, _APART - 1) + group * _APART
    end = np.minimum(stream + packets.payload_length[rows], (group + 1) * _APART - 1)
    newest = np.maximum.accumulate(end)
    place = np.flatnonzero(late[rows])
    ahead = np.minimum(np.searchsorted(newest, stream[place], side="right"), place)
    waited = packets.time[rows[place]] - packets.time[rows[ahead]]
    trip = capture.measures.handshake[packets.connection[rows[place]]]
    found[rows[place]] = waited >= np.where(trip > 0, trip * _BLUR, _UNKNOWN)
    return found
