"""Troubles of TCP connections: setup that fails, loss, reordering, full windows, stalls.

Copies of packets that the capture holds twice are left out everywhere. One notice a connection and direction.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import ACK, RST, SYN, TCP, Bools
from . import ERROR, INFO, WARN, Notice, Value
from ._endpoints import DIRECTIONS, RowsOf, about, limited, per_direction, times

if TYPE_CHECKING:
    from ..capture import Capture

# Nanoseconds after a SYN in which an answer may still come; a SYN that is repeated has waited as long.
_PATIENCE = 1_000_000_000
_HALF = r"^S[sStT]*h[hHtTsS]*$"  # history of a handshake whose last packet never came
_FLOOD = 20  # attempts of one server that stay half open, and are half of all, before they are told together
_STALL = 200_000_000  # the smallest retransmission timeout of Linux and Windows, in nanoseconds


def notices(capture: Capture) -> Iterator[Notice]:
    """What is wrong with the TCP connections of a capture."""
    if not len(capture.packets):
        return
    for topic in (_setup, _losses, _spurious, _zero_window, _window_full, _stalls):
        yield from limited(capture, topic(capture))


def _share(part: int, whole: int) -> float:
    return 100 * part / max(whole, 1)


def _setup(capture: Capture) -> Iterator[Notice]:
    """Connections that were not established."""
    packets, table = capture.packets, capture.connections
    end = int(packets.time.max())
    tcp = (packets.protocol == TCP) & ~capture.duplicate
    syns = RowsOf(capture, tcp & (packets.tcp_flags & SYN != 0))
    answers = RowsOf(capture, tcp & (packets.tcp_flags & RST != 0))
    is_tcp = table["proto"] == "tcp"
    chosen = table.select(
        failed=is_tcp & pl.col("conn_state").is_in(["S0", "REJ"]) | (is_tcp & pl.col("history").str.contains(_HALF))
    )["failed"]
    for connection in np.flatnonzero(chosen.to_numpy()).tolist():
        fields: dict[str, Value]
        state, resp_pkts = table["conn_state"][connection], table["resp_pkts"][connection]
        asked, answered = syns(connection, True), syns(connection, False)
        if not len(asked):
            continue
        waited = (end - int(packets.time[asked[0]])) / 1e9
        if state == "REJ":
            reset = answers(connection, False)
            took = (int(packets.time[reset[0]]) - int(packets.time[asked[-1]])) / 1e6
            msg = f"{{server}} refused a connection of {{client}}: it answered the SYN with RST after {took:.3g} ms."
            yield about(
                capture, connection, "tcp_refused", ERROR, np.append(asked[:1], reset), msg, {"milliseconds": took}
            )
        elif state == "S0" and not resp_pkts and end - int(packets.time[asked[0]]) >= _PATIENCE:
            many = f"{len(asked)} SYNs" if len(asked) > 1 else "a SYN"
            msg = f"{{client}} sent {many} to {{server}} and got no answer in {waited:.1f} s."
            fields = {"syns": len(asked), "seconds": waited}
            yield about(capture, connection, "tcp_syn_unanswered", ERROR, asked, msg, fields)
        elif len(answered) and end - int(packets.time[answered[0]]) >= _PATIENCE:
            msg = (
                f"{{server}} answered the SYN of {{client}} {times(len(answered))}, but the handshake was not"
                " completed: the answers do not reach the client, or the client is gone."
            )
            fields = {"answers": len(answered), "seconds": waited}
            yield about(capture, connection, "tcp_half_open", WARN, answered, msg, fields)
    yield from _deaf(capture, syns)
    yield from _flooded(capture, end)


def _flooded(capture: Capture, end: int) -> Iterator[Notice]:
    """Servers most of whose callers never complete the handshake: each is of no weight, all together are a flood."""
    table = capture.connections
    tried = table.with_row_index("row").filter((pl.col("proto") == "tcp") & pl.col("history").str.starts_with("S"))
    half = pl.col("history").str.contains(_HALF)
    groups = tried.group_by("id_resp_h", "id_resp_p", maintain_order=True).agg(
        pl.len().alias("all"), pl.col("row").filter(half), pl.col("id_orig_h").filter(half).n_unique().alias("clients")
    )
    most = pl.col("row").list.len() * 2 >= pl.col("all").clip(2 * _FLOOD)
    for group in groups.filter(most).iter_rows(named=True):
        asked = table["frame_number"].gather(group["row"]).to_numpy().astype(np.int64) - 1
        waited = end - capture.packets.time[asked] >= _PATIENCE
        many = int(np.count_nonzero(waited))
        if many < _FLOOD:
            continue
        msg = (
            f"{{server}} answered {many:,} of {group['all']:,} connection attempts, from {group['clients']:,} "
            "addresses, whose sender never completed the handshake: the senders are forged (SYN flood), or the answers "
            "do not reach them."
        )
        fields: dict[str, Value] = {"answers": many, "clients": group["clients"], "attempts": group["all"]}
        yield about(capture, group["row"][0], "tcp_half_open", ERROR, asked[waited], msg, fields)


def _deaf(capture: Capture, syns: RowsOf) -> Iterator[Notice]:
    """Servers that repeat their answer to a SYN although the client went on: what it sends does not reach them."""
    packets, table = capture.packets, capture.connections
    answers = (packets.protocol == TCP) & ~capture.duplicate & (packets.tcp_flags & (SYN | ACK) == SYN | ACK)
    repeated = per_direction(capture, answers)[:, 0] >= 2
    went_on = table["history"].str.contains(r"^S[sStT]*h[^afdrAFD]*[AD]").to_numpy()
    heard = table["history"].str.contains("[adf]").to_numpy()
    for connection in np.flatnonzero(repeated & went_on & ~heard).tolist():
        answered = syns(connection, False)
        span = (int(packets.time[answered[-1]]) - int(packets.time[answered[0]])) / 1e9
        if span * 1e9 < _PATIENCE:
            continue
        msg = (
            f"{{server}} answered the SYN of {{client}} {len(answered)} times within {span:.1f} s although the client"
            " completed the handshake: what the client sends does not reach the server."
        )
        fields: dict[str, Value] = {"answers": len(answered), "seconds": span}
        yield about(capture, connection, "tcp_half_open", WARN, answered, msg, fields)


def _data(capture: Capture) -> Bools:
    """Packets that carry data of TCP."""
    chosen: Bools = (capture.packets.protocol == TCP) & (capture.packets.payload_length > 0) & ~capture.duplicate
    return chosen


def _losses(capture: Capture) -> Iterator[Notice]:
    repaired = capture.repaired()
    yield from _loss(capture, repaired)
    yield from _reordering(capture, repaired)


def _loss(capture: Capture, repaired: Bools) -> Iterator[Notice]:
    """Segments that had to be sent again because they were lost."""
    analysis = capture.analysis
    again = (analysis.retransmission | repaired) & ~analysis.spurious_retransmission & ~capture.duplicate
    again &= capture.packets.payload_length > 0
    counts, sent = per_direction(capture, again), per_direction(capture, _data(capture))
    size = np.bincount(
        capture.packets.connection[again].astype(np.int64) * 2 + capture.packets.from_orig[again],
        weights=capture.packets.payload_length[again],
        minlength=counts.size,
    ).reshape(-1, 2)
    holes = capture.measures.holes.reshape(-1, 2)
    fast = per_direction(capture, analysis.fast_retransmission & ~capture.duplicate)
    rows = RowsOf(capture, again)
    for connection, orig in np.argwhere(counts >= 2).tolist():
        many, whole = int(counts[connection, orig]), int(sent[connection, orig])
        share = _share(many, whole)
        if share < 0.1:
            continue
        severity = ERROR if share >= 5 and many >= 20 else WARN if share >= 1 and many >= 3 else INFO
        # What is sent again and was not seen before was lost on its way to the capture.
        where = "before" if 2 * holes[connection, orig] >= size[connection, orig] else "behind"
        sender, receiver = ("{client}", "{server}") if orig else ("{server}", "{client}")
        msg = (
            f"{many} of {whole} segments from {sender} to {receiver} were sent again ({share:.2g} %); "
            f"most were lost {where} the point of capture, seen from the sender."
        )
        fields: dict[str, Value] = {
            "direction": DIRECTIONS[orig], "retransmissions": many, "segments": whole, "percent": share,
            "fast": int(fast[connection, orig]), "lost": where,
        }  # fmt: skip
        yield about(capture, connection, "tcp_loss", severity, rows(connection, bool(orig)), msg, fields)


def _reordering(capture: Capture, repaired: Bools) -> Iterator[Notice]:
    late = capture.analysis.out_of_order & ~repaired & ~capture.duplicate
    counts, sent = per_direction(capture, late), per_direction(capture, _data(capture))
    rows = RowsOf(capture, late)
    for connection, orig in np.argwhere(counts >= 5).tolist():
        many, whole = int(counts[connection, orig]), int(sent[connection, orig])
        share = _share(many, whole)
        if share < 1:
            continue
        sender, receiver = ("{client}", "{server}") if orig else ("{server}", "{client}")
        msg = f"{many} of {whole} segments from {sender} to {receiver} came out of order ({share:.2g} %)."
        fields: dict[str, Value] = {
            "direction": DIRECTIONS[orig],
            "segments": whole,
            "out_of_order": many,
            "percent": share,
        }
        severity = WARN if share >= 3 else INFO
        yield about(capture, connection, "tcp_reordering", severity, rows(connection, bool(orig)), msg, fields)


def _spurious(capture: Capture) -> Iterator[Notice]:
    again = capture.analysis.spurious_retransmission & ~capture.duplicate
    counts = per_direction(capture, again)
    rows = RowsOf(capture, again)
    for connection, orig in np.argwhere(counts >= 3).tolist():
        many = int(counts[connection, orig])
        sender, receiver = ("{client}", "{server}") if orig else ("{server}", "{client}")
        msg = (
            f"{sender} sent {many} segments again that {receiver} had acknowledged: acknowledgements are lost or late."
        )
        fields: dict[str, Value] = {"direction": DIRECTIONS[orig], "retransmissions": many}
        severity = WARN if many >= 20 else INFO
        yield about(
            capture, connection, "tcp_spurious_retransmission", severity, rows(connection, bool(orig)), msg, fields
        )


def _zero_window(capture: Capture) -> Iterator[Notice]:
    """Receivers that could take no more: their application does not read."""
    closed = capture.analysis.zero_window & ~capture.duplicate
    counts = per_direction(capture, closed)
    rows = RowsOf(capture, closed)
    closed_for = np.stack([capture.connections[f"{side}_zero_window"].to_numpy() for side in ("resp", "orig")], axis=1)
    for connection, orig in np.argwhere(counts > 0).tolist():
        seconds, many = float(closed_for[connection, orig]), int(counts[connection, orig])
        receiver, who = ("{client}", "client") if orig else ("{server}", "server")
        msg = (
            f"{receiver} announced a closed window {times(many)} and stopped the sender for {seconds:.3g} s: "
            f"the program at the {who} does not read fast enough."
        )
        fields: dict[str, Value] = {"receiver": who, "times": many, "seconds": seconds}
        severity = ERROR if seconds >= 5 else WARN if seconds >= 0.2 else INFO
        yield about(capture, connection, "tcp_zero_window", severity, rows(connection, bool(orig)), msg, fields)


def _window_full(capture: Capture) -> Iterator[Notice]:
    full = capture.analysis.window_full & ~capture.duplicate
    counts, sent = per_direction(capture, full), per_direction(capture, _data(capture))
    rows = RowsOf(capture, full)
    for connection, orig in np.argwhere(counts >= 3).tolist():
        many, whole = int(counts[connection, orig]), int(sent[connection, orig])
        sender, receiver = ("{client}", "{server}") if orig else ("{server}", "{client}")
        msg = f"{sender} filled the window of {receiver} {many} times in {whole} segments: the window limits the speed."
        who = "server" if orig else "client"
        fields: dict[str, Value] = {"receiver": who, "times": many, "segments": whole, "percent": _share(many, whole)}
        yield about(capture, connection, "tcp_window_full", INFO, rows(connection, bool(orig)), msg, fields)


def _stalls(capture: Capture) -> Iterator[Notice]:
    """Connections that stood still until a retransmission timer ran out."""
    packets, analysis = capture.packets, capture.analysis
    order = capture.flows.order
    time, owner = packets.time[order], packets.connection[order]
    again = analysis.retransmission & ~analysis.fast_retransmission & ~capture.duplicate
    again &= packets.tcp_flags & (SYN | RST) == 0
    place = np.flatnonzero(again[order])
    place = place[place > 0]
    pause = time[place] - time[place - 1]
    stalled = (pause >= _STALL) & (owner[place] == owner[place - 1])
    place, pause = place[stalled], pause[stalled]
    owners, begin = np.unique(owner[place], return_index=True)
    # Packets of a connection stand together in the order of the flows, but not by their number.
    turns = np.argsort(begin)
    owners, begin = owners[turns], begin[turns]
    ends = np.append(begin[1:], len(place))[: len(begin)]
    for connection, first, last in zip(owners.tolist(), begin.tolist(), ends.tolist(), strict=True):
        mine = slice(first, last)
        pauses = pause[mine] / 1e9
        total, longest = float(pauses.sum()), float(pauses.max())
        if total < 0.5:
            continue
        rows = order[place[mine]][np.argsort(-pauses, kind="stable")]
        msg = (
            f"The connection of {{client}} to {{server}} stood still {times(len(pauses))}, {total:.3g} s in all and "
            f"{longest:.3g} s at most, until a lost segment was sent again."
        )
        fields: dict[str, Value] = {"times": len(pauses), "seconds": total, "longest": longest}
        yield about(capture, connection, "tcp_rto_stall", ERROR if total >= 5 else WARN, rows, msg, fields)
