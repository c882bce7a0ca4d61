"""The connections table: Zeek's conn.log with what the TCP analysis adds."""

from __future__ import annotations

import numpy as np
import polars as pl

from ..schema import CONNECTIONS
from .columns import (
    ICMP,
    ICMP6,
    SCTP,
    TCP,
    TUNNELS,
    UDP,
    Array,
    Bools,
    Ints,
    Packets,
    Rows,
    addresses_text,
)  # fmt: skip
from .community_id import Texts, community_ids, uids
from .flows import Flows
from .history import LETTERS, NEVER, first_places, histories, states
from .tcp import Analysis
from .tcp_measures import Measures

_PROTO = {TCP: "tcp", UDP: "udp", ICMP: "icmp", ICMP6: "icmp", SCTP: "sctp"}
_DATA = LETTERS.index("d")


def connections(
    packets: Packets, flows: Flows, analysis: Analysis, measures: Measures, duplicate: Bools
) -> pl.DataFrame:  # fmt: skip
    """One row a connection (parsers.schema.CONNECTIONS), in the order of their first packets.

    Args:
        packets: of the capture, grouped.
        flows: the groups.
        analysis: TCP flags of each packet.
        measures: of each direction.
        duplicate: packets that are copies; they count as packets, but not as retransmissions.
    """
    count = len(flows)
    begin = np.empty(count, np.int64)
    begin[flows.number] = flows.start[:-1]
    first = flows.order[begin]
    last_time = np.zeros(count, np.int64)
    if count:
        last_time[flows.number] = np.maximum.reduceat(packets.time[flows.order], flows.start[:-1])
    guessed = np.zeros(count, np.bool_)
    guessed[flows.number] = flows.guessed
    events = first_places(packets, flows, analysis, duplicate)
    totals = _totals(packets, flows)
    protocol = packets.protocol[first]
    columns: dict[str, object] = {
        "time": packets.time[first] // 1000,
        "frame_number": first + 1,
        **_ends(packets, first),
        "proto": pl.Series(protocol).replace_strict(_PROTO, default="unknown_transport", return_dtype=pl.String),
        "duration": (last_time - packets.time[first]) / 1e9,
        "conn_state": states(events, protocol, totals["packets"]).tolist(),
        "history": histories(events, guessed),
        "orig_pkts": totals["packets"][:, 1],
        "resp_pkts": totals["packets"][:, 0],
        **_bytes(measures, totals, protocol),
        **_trips(packets, flows, measures, events),
        **_troubles(packets, analysis, measures, duplicate),
        "vlan": packets.vlan[first],
        "tunnel": np.array(TUNNELS, dtype=object)[packets.tunnel[first]].tolist(),
    }
    frame = pl.DataFrame(columns)
    return frame.with_columns(_identifiers(packets, first)).select(
        pl.col(name).cast(dtype) if name != "time" else pl.col(name).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
        for name, dtype in CONNECTIONS.items()
    )


def _ends(packets: Packets, first: Rows) -> dict[str, object]:
    """Addresses and ports of originator and responder, from the first packet."""
    turned = ~packets.from_orig[first]
    version = packets.ip_version[first]
    out: dict[str, object] = {}
    for name, mine, other in (("orig", "src", "dst"), ("resp", "dst", "src")):
        hi, lo = (
            np.where(turned, getattr(packets, f"{other}_{half}")[first], getattr(packets, f"{mine}_{half}")[first])
            for half in ("hi", "lo")
        )
        out[f"id_{name}_h"] = addresses_text(hi, lo, version)
        ports = (packets.dport, packets.sport) if mine == "dst" else (packets.sport, packets.dport)
        control = np.isin(packets.protocol[first], (ICMP, ICMP6))
        out[f"id_{name}_p"] = np.where(turned & ~control, ports[1][first], ports[0][first])
    return out


def _totals(packets: Packets, flows: Flows) -> dict[str, Ints]:
    """Packets and bytes of payload of each direction, int64[connections, 2]."""
    size = 2 * len(flows)
    direction = packets.connection[flows.order].astype(np.int64) * 2 + packets.from_orig[flows.order]
    counts = np.bincount(direction, minlength=size)
    payload = np.bincount(direction, weights=packets.payload_length[flows.order], minlength=size)
    return {"packets": counts.reshape(-1, 2), "payload": payload.astype(np.int64).reshape(-1, 2)}


def _bytes(measures: Measures, totals: dict[str, Ints], protocol: Array) -> dict[str, object]:
    sent = np.where((protocol == TCP)[:, None], measures.sent.reshape(-1, 2), totals["payload"])
    return {
        "orig_bytes": sent[:, 1],
        "resp_bytes": sent[:, 0],
        "missed_bytes": measures.missed.reshape(-1, 2).sum(axis=1),
    }


def _trips(packets: Packets, flows: Flows, measures: Measures, events: Ints) -> dict[str, object]:
    """Round trips in seconds; those of the direction that is further away from where was captured."""
    count = len(flows)
    trips = np.full((3, count), np.nan)
    table = measures.round_trip_table()
    direction = table["direction"].to_numpy()
    median = np.full(2 * count, -1.0)
    median[direction] = table["rtt_median"].to_numpy()
    further = median.reshape(-1, 2).argmax(axis=1)
    chosen = further[direction >> 1] == direction & 1
    for index, name in enumerate(("rtt_min", "rtt_median", "rtt_p95")):
        trips[index, direction[chosen] >> 1] = table[name].to_numpy()[chosen]
    question, answer = events[:, _DATA, 1], events[:, _DATA, 0]
    both = (question != NEVER) & (answer != NEVER) & (answer > question)
    wait = np.full(count, np.nan)
    time = packets.time
    wait[both] = (time[flows.order[answer[both]]] - time[flows.order[question[both]]]) / 1e9
    handshake = np.where(measures.handshake >= 0, measures.handshake / 1e9, np.nan)
    values = {"handshake_rtt": handshake, "time_to_first_byte": wait}
    values |= {name: trips[index] for index, name in enumerate(("rtt_min", "rtt_median", "rtt_p95"))}
    return {name: pl.Series(value, nan_to_null=True) for name, value in values.items()}


def _troubles(packets: Packets, analysis: Analysis, measures: Measures, duplicate: Bools) -> dict[str, object]:
    again = np.flatnonzero(analysis.retransmission & ~duplicate)
    direction = packets.connection[again].astype(np.int64) * 2 + packets.from_orig[again]
    counts = np.bincount(direction, minlength=len(measures.sent)).reshape(-1, 2)
    closed = measures.zero_window.reshape(-1, 2) / 1e9
    return {
        "orig_retransmissions": counts[:, 1],
        "resp_retransmissions": counts[:, 0],
        "orig_zero_window": closed[:, 1],
        "resp_zero_window": closed[:, 0],
    }


def _identifiers(packets: Packets, first: Rows) -> list[pl.Series]:
    """The Community ID and uid of each connection."""
    src = packets.src_hi[first], packets.src_lo[first], packets.sport[first]
    dst = packets.dst_hi[first], packets.dst_lo[first], packets.dport[first]
    flows = community_ids((src, dst), packets.protocol[first], packets.ip_version[first])
    return [_strings("community_id", flows), _strings("uid", uids(flows, packets.time[first], first + 1))]


def _strings(name: str, texts: Texts) -> pl.Series:
    """A column of ASCII texts that are equally long."""
    whole, width = texts.tobytes().decode("ascii"), texts.dtype.itemsize
    return pl.Series(name, [whole[at : at + width] for at in range(0, len(whole), width)], pl.String)
