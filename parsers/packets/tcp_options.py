"""Options of TCP headers (RFC 9293, 7323, 2018): read of SYNs, where they settle the connection."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .columns import Ints, Packets, Rows, gather_apart

_END, _NOTHING, _MSS, _WINDOW_SCALE, _SACK_PERMITTED = 0, 1, 2, 3, 4
_HEADER, _LONGEST = 20, 60


@dataclass(frozen=True, slots=True)
class Options:
    """What SYNs offer: maximum segment size and window scale, -1 where it is not offered."""

    mss: Ints
    window_scale: Ints
    sack: Ints


def syn_options(packets: Packets, rows: Rows) -> Options:
    """The options of TCP packets, one element a row."""
    start = packets.place("transport", rows)
    size = np.minimum(packets.place("payload", rows) - start, _LONGEST)
    held = packets.end(rows) - start
    size = np.minimum(size, held)
    raw = packets.gathered(gather_apart, start, size, _LONGEST)
    mss, scale, sack = (np.full(len(rows), -1, np.int64) for _ in range(3))
    at = np.full(len(rows), _HEADER, np.int64)
    everyone = np.arange(len(rows))
    alive = everyone[size > _HEADER]
    while len(alive):
        place = at[alive]
        kind = raw[alive, place]
        length = raw[alive, np.minimum(place + 1, _LONGEST - 1)].astype(np.int64)
        value = raw[alive, np.minimum(place + 2, _LONGEST - 1)].astype(np.int64)
        value_2 = raw[alive, np.minimum(place + 3, _LONGEST - 1)].astype(np.int64)
        whole = place + length <= size[alive]
        for number, wanted, out, told in (
            (_MSS, 4, mss, value << 8 | value_2),
            (_WINDOW_SCALE, 3, scale, np.minimum(value, 14)),
            (_SACK_PERMITTED, 2, sack, np.ones(len(alive), np.int64)),
        ):
            found = (kind == number) & (length == wanted) & whole
            out[alive[found]] = told[found]
        going = (kind != _END) & ((kind == _NOTHING) | (length >= 2))
        at[alive] += np.where(kind == _NOTHING, 1, length)
        alive = alive[going]
        alive = alive[at[alive] < size[alive]]
    return Options(mss, scale, sack)
