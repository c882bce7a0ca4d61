"""What a capture says in a few tables: failed connections, loss, slow answers, and the flows with the most trouble.

Names of columns are Zeek's where a column is one of Zeek's; the tables of a report have words for people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from parsers.schema import TIME
from parsers.times import NAT

if TYPE_CHECKING:
    from parsers.packets.capture import Capture

Row = Mapping[str, str | int | float | None]
ROWS_SHOWN = 20

# https://docs.zeek.org/en/master/scripts/base/protocols/conn/main.zeek.html: the states that are a failure.
FAILURES = {
    "S0": "no answer",
    "REJ": "refused",
    "RSTOS0": "given up by the client",
    "RSTRH": "reset in the handshake",
    "SH": "closed by the client before an answer",
    "SHR": "answered, but the client's part is missing",
    "RSTO": "reset by the client",
    "RSTR": "reset by the server",
}
# What such a connection is worth when the worst come first; resets often end what went well.
_WEIGHT = {"S0": 100.0, "REJ": 100.0, "RSTOS0": 90.0, "RSTRH": 90.0, "SH": 60.0, "SHR": 10.0, "RSTO": 5.0, "RSTR": 20.0}

_FEW = 20  # packets that are added to a connection before its share of loss is compared with others


@dataclass(frozen=True, slots=True)
class NetworkSummary:
    """One capture in short.

    Attributes:
        packets: records of the file.
        first, last: microseconds, NAT without packets.
        facts: what the file says about itself.
        tables: rows by the title of their table, the worst first; tables without rows are left out.
    """

    packets: int
    first: int
    last: int
    facts: Mapping[str, str | int]
    tables: Mapping[str, Sequence[Row]]


def summary(capture: Capture) -> NetworkSummary:
    """The capture in short."""
    times = capture.packets.time
    first, last = (int(times.min()) // 1000, int(times.max()) // 1000) if len(times) else (NAT, NAT)
    connections = worst_first(capture.connections)
    tables = {
        "Failed connections": _failed(connections),
        "Loss and delay": _loss(connections),
        "DNS": _dns(capture.tables["dns"]),
        "TLS": _tls(capture.tables["tls"]),
        "HTTP": _http(capture.tables["http"]),
        "Worst flows": _worst(connections),
    }
    kept = {title: rows for title, rows in tables.items() if rows}
    return NetworkSummary(len(times), first, last, capture.facts, kept)


def save(capture: Capture, folder: Path, part: str) -> None:
    """Write every table of a capture as `<folder>/<table>.parquet/<part>.parquet`.

    Raises:
        OSError: it cannot be written.
    """
    tables = {"packets": packets_table(capture), "connections": capture.connections, **capture.tables}
    for name, table in tables.items():
        target = folder / f"{name}.parquet"
        target.mkdir(exist_ok=True)
        named = table.with_columns(pl.lit(capture.path).alias("source"))
        named.select("source", *table.columns).write_parquet(
            target / f"{part}.parquet", compression="zstd", compression_level=1
        )


def packets_table(capture: Capture) -> pl.DataFrame:
    """One row a packet: number, time, sizes, protocol, connection and Wireshark's tcp.analysis flags."""
    from parsers.packets.tcp import FLAGS

    packets, analysis = capture.packets, capture.analysis
    uid = capture.connections.get_column("uid")
    known = pl.Series(packets.connection)
    frame = pl.DataFrame(
        {
            "frame_number": pl.int_range(1, len(packets.time) + 1, dtype=pl.UInt32, eager=True),
            "time": pl.Series(packets.time // 1000).cast(TIME),
            "length": packets.length,
            "captured": packets.captured,
            "vlan": packets.vlan,
            "protocol": packets.protocol,
            "sport": packets.sport,
            "dport": packets.dport,
            "ttl": packets.ttl,
            "from_orig": packets.from_orig,
            "tcp_flags": packets.tcp_flags,
            "seq": packets.seq,
            "ack": packets.ack,
            "window": packets.window,
            "payload_length": packets.payload_length,
            "uid": uid.gather(known.clip(0)) if len(uid) else pl.Series([None] * len(known), dtype=pl.String),
        }
    ).with_columns(pl.when(known >= 0).then(pl.col("uid")).alias("uid"))
    return frame.with_columns(pl.Series(f"tcp_analysis_{name}", getattr(analysis, name)) for name in FLAGS)


def worst_first(connections: pl.DataFrame) -> pl.DataFrame:
    """Connections with a `trouble` column in words and a `score`, the highest first, equals in the order of time."""
    tcp = pl.col("proto") == "tcp"
    sent = pl.col("orig_pkts") + pl.col("resp_pkts")
    lost = pl.col("orig_retransmissions") + pl.col("resp_retransmissions")
    stalled = pl.col("orig_zero_window").fill_null(0) + pl.col("resp_zero_window").fill_null(0)
    state = pl.col("conn_state")
    share = 100 * lost / sent.clip(1)
    unanswered = state == "S0"
    trouble = pl.concat_str(
        pl.when(tcp & unanswered).then(pl.format("no answer to {} SYN", "orig_pkts")),
        pl.when(tcp & ~unanswered).then(state.replace_strict(FAILURES, default=None, return_dtype=pl.String)),
        pl.when((lost > 0) & ~unanswered).then(pl.format("{} retransmitted ({} %)", lost, share.round(1))),
        pl.when(stalled > 0).then(pl.format("receiver full for {} s", stalled.round(3))),
        pl.when(pl.col("missed_bytes") > 0).then(pl.format("{} bytes not captured", "missed_bytes")),
        separator="; ",
        ignore_nulls=True,
    )
    weight = pl.when(tcp).then(state.replace_strict(_WEIGHT, default=0.0, return_dtype=pl.Float64)).otherwise(0.0)
    # One of ten packets says less than a hundred of a thousand.
    weighed = 100 * lost / (sent + _FEW)
    score = weight + weighed.clip(0, 50) + lost.clip(0, 1000) / 50 + stalled.clip(0, 60)
    return connections.with_columns(trouble.alias("trouble"), score.alias("score")).sort(
        "score", "time", descending=[True, False], nulls_last=True, maintain_order=True
    )


def endpoint(host: str, port: int | None, proto: str) -> str:
    """An address with its port, IPv6 in brackets; ICMP has no ports."""
    if port is None or proto == "icmp":
        return host
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _who(row: Mapping[str, object]) -> tuple[str, str]:
    proto = str(row["proto"])
    ports = (row.get("id_orig_p"), row.get("id_resp_p"))
    client, server = (port if isinstance(port, int) else None for port in ports)
    return endpoint(str(row["id_orig_h"]), client, proto), endpoint(str(row["id_resp_h"]), server, proto)


def _failed(connections: pl.DataFrame) -> list[Row]:
    failed = connections.filter((pl.col("proto") == "tcp") & pl.col("conn_state").is_in(list(FAILURES)))
    failed = failed.filter(~pl.col("conn_state").is_in(["RSTO", "SHR"]))
    grouped = (
        failed.group_by("id_orig_h", "id_resp_h", "id_resp_p", "proto", "conn_state")
        .agg(pl.len().alias("count"), pl.col("time").min(), pl.col("frame_number").min())
        .sort("count", "frame_number", descending=[True, False])
    )
    return [
        {
            "client": row["id_orig_h"],
            "server": endpoint(row["id_resp_h"], row["id_resp_p"], row["proto"]),
            "what": FAILURES[row["conn_state"]],
            "connections": row["count"],
            "first": _stamp(row["time"]),
            "frame": row["frame_number"],
        }
        for row in grouped.head(ROWS_SHOWN).iter_rows(named=True)
    ]


def _loss(connections: pl.DataFrame) -> list[Row]:
    lost = connections.filter((pl.col("orig_retransmissions") + pl.col("resp_retransmissions")) > 0)
    lost = lost.sort(pl.col("orig_retransmissions") + pl.col("resp_retransmissions"), descending=True)
    out: list[Row] = []
    for row in lost.head(ROWS_SHOWN).iter_rows(named=True):
        client, server = _who(row)
        out.append(
            {
                "client": client,
                "server": server,
                "packets": row["orig_pkts"] + row["resp_pkts"],
                "sent again by client": row["orig_retransmissions"],
                "sent again by server": row["resp_retransmissions"],
                "round trip, median ms": _milliseconds(row["rtt_median"]),
                "frame": row["frame_number"],
            }
        )
    return out


def _worst(connections: pl.DataFrame) -> list[Row]:
    out: list[Row] = []
    for row in connections.filter(pl.col("score") > 0).head(ROWS_SHOWN).iter_rows(named=True):
        client, server = _who(row)
        out.append(
            {
                "client": client,
                "server": server,
                "state": row["conn_state"],
                "seconds": None if row["duration"] is None else round(row["duration"], 3),
                "bytes out": row["orig_bytes"],
                "bytes in": row["resp_bytes"],
                "trouble": row["trouble"],
                "frame": row["frame_number"],
            }
        )
    return out


def _dns(table: pl.DataFrame) -> list[Row]:
    bad = table.filter(
        (pl.col("service") == "dns")
        & (pl.col("unanswered").fill_null(False) | (pl.col("rcode").fill_null(0) > 0) | (pl.col("rtt") > 0.5))
    )
    what = (
        pl.when(pl.col("unanswered").fill_null(False))
        .then(pl.lit("no answer"))
        .when(pl.col("rcode").fill_null(0) > 0)
        .then(pl.col("rcode_name"))
        .otherwise(pl.lit("slow"))
    )
    grouped = (
        bad.with_columns(what.alias("what"))
        .group_by("query", "qtype_name", "id_resp_h", "what")
        .agg(pl.len().alias("count"), pl.col("rtt").max(), pl.col("frame_number").min())
        .sort("count", "frame_number", descending=[True, False])
    )
    return [
        {
            "name": row["query"],
            "type": row["qtype_name"],
            "server": row["id_resp_h"],
            "what": row["what"],
            "times": row["count"],
            "slowest ms": _milliseconds(row["rtt"]),
            "frame": row["frame_number"],
        }
        for row in grouped.head(ROWS_SHOWN).iter_rows(named=True)
    ]


def _tls(table: pl.DataFrame) -> list[Row]:
    grouped = (
        table.group_by("server_name", "id_resp_h", "id_resp_p", "version", "last_alert", "established")
        .agg(pl.len().alias("count"), pl.col("not_valid_after").min(), pl.col("frame_number").min())
        .sort(pl.col("established").fill_null(False), "count", "frame_number", descending=[False, True, False])
    )
    return [
        {
            "server": endpoint(row["id_resp_h"], row["id_resp_p"], "tcp"),
            "name": row["server_name"],
            "version": row["version"],
            "established": "yes" if row["established"] else "no",
            "alert": row["last_alert"],
            "certificate ends": _stamp(row["not_valid_after"]),
            "times": row["count"],
            "frame": row["frame_number"],
        }
        for row in grouped.head(ROWS_SHOWN).iter_rows(named=True)
    ]


def _http(table: pl.DataFrame) -> list[Row]:
    grouped = (
        table.filter((pl.col("status_code") >= 400) | (pl.col("response_time") > 1.0))
        .group_by("method", "host", "id_resp_h", "id_resp_p", "status_code")
        .agg(
            pl.len().alias("count"),
            pl.col("uri").first(),
            pl.col("response_time").max(),
            pl.col("frame_number").min(),
        )
        .sort("count", "frame_number", descending=[True, False])
    )
    return [
        {
            "server": endpoint(row["id_resp_h"], row["id_resp_p"], "tcp"),
            "request": f"{row['method'] or '?'} {row['host'] or ''}{row['uri'] or ''}"[:120],
            "status": row["status_code"],
            "times": row["count"],
            "slowest ms": _milliseconds(row["response_time"]),
            "frame": row["frame_number"],
        }
        for row in grouped.head(ROWS_SHOWN).iter_rows(named=True)
    ]


def _milliseconds(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds * 1000, 2)


def _stamp(moment: object) -> str | None:
    return None if moment is None else f"{moment:%Y-%m-%d %H:%M:%S}"
