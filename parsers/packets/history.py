"""The life of connections in Zeek's words: conn_state and history.

https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html
"""

from __future__ import annotations

import numpy as np

from .columns import ACK, FIN, RST, SYN, TCP, UDP, Array, Bools, Ints, Packets
from .flows import Flows
from .tcp import Analysis

# Letters of the history; capital for the originator.
LETTERS = "shadfrtwg"
_SYN, _SYN_ACK, _PURE_ACK, _DATA, _FIN, _RST, _AGAIN, _CLOSED, _GAP = range(len(LETTERS))
NEVER = np.iinfo(np.int32).max
_PORTION = 16_384  # connections


def first_places(packets: Packets, flows: Flows, analysis: Analysis, duplicate: Bools) -> Array:
    """Where in the order of the flows each event of LETTERS first happens, int32[connections, letters, 2].

    The last axis is 0 for the responder, 1 for the originator; NEVER where it does not happen.
    """
    order = flows.order
    out = np.full(len(flows) * len(LETTERS) * 2, NEVER, np.int32)
    base = packets.connection[order].astype(np.int64) * (2 * len(LETTERS)) + packets.from_orig[order]
    protocol, flags = packets.protocol[order], packets.tcp_flags[order]
    tcp = protocol == TCP
    data = packets.payload_length[order] > 0

    def note(letter: int, chosen: Array) -> None:
        places = np.flatnonzero(chosen)[::-1]
        # Of several values for one element the last one stays, which is the first place.
        out[base[places] + 2 * letter] = places

    synchronise = flags & SYN != 0
    note(_SYN, tcp & synchronise & (flags & ACK == 0))
    note(_SYN_ACK, tcp & synchronise & (flags & ACK != 0))
    closing = flags & (SYN | FIN | RST) != 0
    note(_PURE_ACK, tcp & ~closing & ~data & (flags & ACK != 0))
    note(_DATA, data & (~tcp | (flags & (SYN | RST) == 0)))
    note(_FIN, tcp & (flags & FIN != 0))
    note(_RST, tcp & (flags & RST != 0))
    note(_AGAIN, analysis.retransmission[order] & ~duplicate[order])
    note(_CLOSED, analysis.zero_window[order])
    note(_GAP, analysis.ack_lost_segment[order])
    return out.reshape(len(flows), len(LETTERS), 2)


def histories(first: Array, flipped: Bools) -> list[str]:
    """The history of each connection: a letter an event and side, in the order in which they first happened."""
    letters = np.frombuffer("".join(letter + letter.upper() for letter in LETTERS).encode(), np.uint8)
    flat = first.reshape(len(first), 2 * len(LETTERS))
    texts: dict[bytes, str] = {}
    out: list[str] = []
    for begin in range(0, len(flat), _PORTION):
        part = flat[begin : begin + _PORTION]
        words = letters[np.argsort(part, axis=1, kind="stable")]
        counts = np.count_nonzero(part != NEVER, axis=1)
        words[np.arange(words.shape[1]) >= counts[:, None]] = 0
        # Most connections live one of a few lives.
        for word in words.view(f"S{words.shape[1]}").ravel().tolist():
            text = texts.get(word)
            if text is None:
                text = texts[word] = word.decode("ascii")
            out.append(text)
    for number in np.flatnonzero(flipped).tolist():
        out[number] = "^" + out[number]
    return out


def states(first: Array, protocol: Array, packets_of: Ints) -> Array:
    """The conn_state of each connection.

    Args:
        first: from first_places.
        protocol: IP protocol of each connection.
        packets_of: int64[connections, 2], packets of responder and originator.
    """
    seen = first != NEVER

    def happened(letter: int, orig: bool) -> Bools:
        return np.asarray(seen[:, letter, int(orig)])

    syn = happened(_SYN, True)
    answered = happened(_SYN_ACK, False)
    fin, fin_back = happened(_FIN, True), happened(_FIN, False)
    reset, reset_back = happened(_RST, True), happened(_RST, False)
    closed = np.maximum(first[:, _FIN, 0], first[:, _FIN, 1])
    early, early_back = first[:, _RST, 1] < closed, first[:, _RST, 0] < closed
    earlier = first[:, _RST, 1] <= first[:, _RST, 0]
    replied = answered | happened(_DATA, False) | happened(_PURE_ACK, False)
    established = syn & replied
    tcp = np.select(
        [
            established & reset & early & earlier,
            established & reset_back & early_back,
            established & fin & fin_back,
            established & fin,
            established & fin_back,
            established,
            syn & reset_back,
            syn & reset,
            syn & fin,
            syn,
            answered & reset_back,
            answered & fin_back,
        ],
        ["RSTO", "RSTR", "SF", "S2", "S3", "S1", "REJ", "RSTOS0", "SH", "S0", "RSTRH", "SHR"],
        "OTH",
    )
    udp = np.select([packets_of.all(axis=1), packets_of[:, 1] > 0], ["SF", "S0"], "SHR")
    return np.asarray(np.select([protocol == TCP, protocol == UDP], [tcp, udp], "OTH"))
