"""Connections that were torn down: in the middle of their work, after a pause, or by a box on the way."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from ..columns import FIN, RST, SYN, TCP
from . import ERROR, INFO, WARN, Notice, Value
from ._endpoints import RowsOf, about, limited, of_connections, per_direction

if TYPE_CHECKING:
    from ..capture import Capture
    from ..columns import Packets, Rows

_IDLE = 30_000_000_000  # nanoseconds of silence after which a reset is blamed on it
_LOOK_BACK = 6  # packets before a reset among which the silence is looked for
_SEEN = 3  # packets of a connection by which it can be judged where its beginning was not seen
_TRIES, _TRIED = 3, 1_000_000_000  # how often, and how many nanoseconds long, a sender must have tried in vain
_ODD_TTL = 3  # hops by which a reset must differ from its flow; paths change by less


def notices(capture: Capture) -> Iterator[Notice]:
    """Resets of established connections that were not being closed, and connections that died while they rested."""
    yield from limited(capture, _resets(capture))
    yield from limited(capture, _dead(capture))
    yield from limited(capture, _deserted(capture))


def _dead(capture: Capture) -> Iterator[Notice]:
    """Connections on which nothing comes back after a pause: a box on the way forgot them, and drops what it sees."""
    packets = capture.packets
    again = capture.analysis.retransmission & ~capture.duplicate & (packets.payload_length > 0)
    tried = np.flatnonzero(per_direction(capture, again).max(axis=1) >= _TRIES - 1)
    rows_of = RowsOf(capture, (packets.protocol == TCP) & ~capture.duplicate & of_connections(capture, tried))
    for connection in tried.tolist():
        sides = rows_of(connection, True), rows_of(connection, False)
        if not len(sides[0]) or not len(sides[1]):
            continue
        mine, other = sorted(sides, key=lambda rows: int(rows[-1]), reverse=True)
        tail = mine[(mine > other[-1]) & (packets.payload_length[mine] > 0)]
        before = np.concatenate([other, mine[mine < tail[0]]]) if len(tail) else other
        if len(tail) < _TRIES or np.count_nonzero(packets.seq[tail] == packets.seq[tail[0]]) < _TRIES:
            continue
        idle = int(packets.time[tail[0]]) - int(packets.time[before].max())
        waited = int(packets.time[tail[-1]]) - int(packets.time[tail[0]])
        if idle < _IDLE or waited < _TRIED:
            continue
        by_orig = bool(packets.from_orig[tail[0]])
        sender, receiver = ("{client}", "{server}") if by_orig else ("{server}", "{client}")
        msg = (
            f"After {idle / 1e9:.0f} s without a packet {sender} sent the same data {len(tail)} times within "
            f"{waited / 1e9:.1f} s, and {receiver} did not answer any more: something forgot the connection while it "
            "was idle, or the other host is gone."
        )
        fields: dict[str, Value] = {
            "sender": "client" if by_orig else "server",
            "times": len(tail),
            "seconds": idle / 1e9,
        }
        yield about(capture, connection, "tcp_dead_after_idle", ERROR, tail, msg, fields)


def _deserted(capture: Capture) -> Iterator[Notice]:
    """Connections whose one side asks by keep-alives whether the other one is still there, and gets no answer."""
    packets = capture.packets
    probes = capture.analysis.keep_alive & ~capture.duplicate
    asked = np.flatnonzero(per_direction(capture, probes).max(axis=1) >= _TRIES)
    rows_of = RowsOf(capture, (packets.protocol == TCP) & ~capture.duplicate & of_connections(capture, asked))
    for connection in asked.tolist():
        sides = rows_of(connection, True), rows_of(connection, False)
        if not len(sides[0]) or not len(sides[1]):
            continue
        mine, other = sorted(sides, key=lambda rows: int(rows[-1]), reverse=True)
        tail = mine[(mine > other[-1]) & probes[mine]]
        if len(tail) < _TRIES or packets.time[tail[-1]] - packets.time[tail[0]] < _TRIED:
            continue
        by_orig = bool(packets.from_orig[tail[0]])
        sender, receiver = ("{client}", "{server}") if by_orig else ("{server}", "{client}")
        waited = (int(packets.time[tail[-1]]) - int(packets.time[tail[0]])) / 1e9
        idle = (int(packets.time[tail[0]]) - int(packets.time[other[-1]])) / 1e9
        msg = (
            f"{sender} asked by {len(tail)} keep-alives within {waited:.1f} s whether {receiver} is still there, and "
            "got no answer: something forgot the connection while it was idle, or the other host is gone."
        )
        who = "client" if by_orig else "server"
        fields: dict[str, Value] = {"sender": who, "times": len(tail), "seconds": idle}
        yield about(capture, connection, "tcp_dead_after_idle", ERROR, tail, msg, fields)


def _resets(capture: Capture) -> Iterator[Notice]:
    packets, table = capture.packets, capture.connections
    flags = packets.tcp_flags
    tcp = (packets.protocol == TCP) & ~capture.duplicate
    resets = np.flatnonzero(tcp & (flags & RST != 0) & (packets.connection >= 0))
    owners, at = np.unique(packets.connection[resets], return_index=True)
    closing = np.zeros(len(table), np.bool_)
    closing[packets.connection[np.flatnonzero(tcp & (flags & FIN != 0) & (packets.connection >= 0))]] = True
    established = table["conn_state"].is_in(["RSTO", "RSTR"]).to_numpy() | (
        (table["conn_state"] == "OTH").to_numpy() & (table["orig_pkts"] > 0).to_numpy()
    )
    rows_of = RowsOf(capture, tcp & of_connections(capture, owners[established[owners] & ~closing[owners]]))
    for connection, row in zip(owners.tolist(), resets[at].tolist(), strict=True):
        # A reset behind a FIN is how many programs close; that is told by nobody.
        if established[connection] and not closing[connection]:
            yield from _reset(capture, connection, row, rows_of)


def _reset(capture: Capture, connection: int, row: int, rows_of: RowsOf) -> Iterator[Notice]:
    packets = capture.packets
    by_orig = bool(packets.from_orig[row])
    mine, other = rows_of(connection, by_orig), rows_of(connection, not by_orig)
    mine, other = mine[mine < row], other[other < row]
    before = np.sort(np.concatenate([mine, other]))
    if not len(before):
        return
    sender, receiver = ("{client}", "{server}") if by_orig else ("{server}", "{client}")
    who = "client" if by_orig else "server"
    fields: dict[str, Value] = {"sender": who, "packets": len(before)}
    told = _forged(packets, row, mine)
    if told:
        msg = (
            f"A reset in the name of {sender} differs from its other packets ({told}): "
            "a firewall or proxy on the way may have sent it."
        )
        yield about(
            capture, connection, "tcp_reset_middlebox", WARN, np.array([row]), msg, fields | _ttl(packets, row, mine)
        )
        return
    idle = _idle(packets, before, row)
    if idle >= _IDLE:
        seconds = idle / 1e9
        msg = (
            f"{sender} reset the connection to {receiver} after {seconds:.0f} s without a packet: "
            "something forgot the connection while it was idle."
        )
        fields["seconds"] = seconds
        yield about(capture, connection, "tcp_reset_after_idle", ERROR, np.array([row]), msg, fields)
        return
    data = before[packets.payload_length[before] > 0]
    # A client that resets has read what it wanted; a server that does leaves a question without an answer.
    pending = not by_orig and len(data) > 0 and bool(packets.from_orig[data[-1]])
    fields["unanswered"] = int(pending)
    after = (int(packets.time[row]) - int(packets.time[before[0]])) / 1e9
    fields["seconds"] = after
    state = "and left what the client sent last unanswered" if pending else "without closing it"
    msg = f"{sender} reset the connection to {receiver} after {after:.3g} s and {len(before)} packets {state}."
    severity = INFO if by_orig else ERROR if pending else WARN
    # A host without a memory of the connection resets whatever comes; what it was before, the capture did not see.
    if len(before) < _SEEN and not np.any(packets.tcp_flags[before] & SYN):
        severity = INFO
    yield about(capture, connection, "tcp_reset_midstream", severity, np.array([row]), msg, fields)


def _idle(packets: Packets, before: Rows, row: int) -> int:
    """The longest silence among the last packets before a reset, in nanoseconds."""
    last = np.append(before[-_LOOK_BACK:], row)
    return int(np.diff(packets.time[last]).max())


def _forged(packets: Packets, row: int, mine: Rows) -> str:
    """In what a reset differs from the packets of the host in whose name it comes; empty if in nothing."""
    usual = mine[packets.tcp_flags[mine] & SYN == 0]
    if len(usual) < 2:
        usual = mine  # a reset that comes right behind the first request: the answer to the SYN is all there is
    if not len(usual):
        return ""
    ttls = packets.ttl[usual].astype(np.int64)
    ttl = int(packets.ttl[row])
    if min(abs(ttl - int(ttls.min())), abs(ttl - int(ttls.max()))) >= _ODD_TTL and not ttls.min() <= ttl <= ttls.max():
        return f"TTL {ttl} and not {int(np.median(ttls))}"
    return ""


def _ttl(packets: Packets, row: int, mine: Rows) -> dict[str, Value]:
    return {
        "ttl": int(packets.ttl[row]), "usual_ttl": int(np.median(packets.ttl[mine])),
        "ip_id": int(packets.ip_id[row]), "usual_ip_id": int(packets.ip_id[mine[-1]]),
    }  # fmt: skip
