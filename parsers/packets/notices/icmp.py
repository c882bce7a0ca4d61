"""What routers and hosts report by ICMP, and packets that go round in circles."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import Rows, frame_numbers
from . import ERROR, INFO, WARN, Notice
from ._make import Row, endpoint, from_row, rows

if TYPE_CHECKING:
    from ..capture import Capture

_FLOW = ("quoted_proto", "quoted_orig_h", "quoted_orig_p", "quoted_resp_h", "quoted_resp_p")
_IGNORED = 3  # reports of the path MTU after which a sender has had its chance
TRACEROUTE = range(33_434, 33_535)
_SMALL_TTL = 8  # a packet that is caught in a loop comes by with every TTL down to one
_LOOP_TTLS, _BARE_TTLS = 3, 6
_LOOP_SECONDS = 5.0
_LARGE_TTL, _EXPIRED = 32, 2  # what hosts send with at least, and no path is as long; reports that show a loop
_MOST_PAIRS = 200  # of hosts that are looked at


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a flow that was turned away, a path that is narrower, a pair of hosts between which packets circle."""
    table = capture.tables["icmp"].filter(pl.col("quoted_resp_h").is_not_null())
    narrow = (pl.col("code_name") == "fragmentation_needed") | (pl.col("type_name") == "packet_too_big")
    unreachable = (pl.col("type_name") == "destination_unreachable") & ~narrow.fill_null(False)
    turned_away = table.filter(unreachable)
    traced = _traced(capture, turned_away)
    for row in rows(_by(turned_away, "id_orig_h", "code_name", *_FLOW)):
        yield _unreachable(capture, row, traced)
    for row in rows(_by(table.filter(narrow), "id_orig_h", "quoted_orig_h", "quoted_resp_h", "mtu")):
        yield _narrow(capture, row)
    circling = list(_loops(capture, table))
    yield from circling
    yield from _expired(capture, table, {notice.dst for notice in circling})


def _by(table: pl.DataFrame, *columns: str) -> pl.DataFrame:
    """One row a group: its first row, how many there are, and its first frames."""
    others = [name for name in table.columns if name not in columns]
    return table.group_by(columns, maintain_order=True).agg(
        pl.len().alias("count"), pl.col("frame_number").head(5).alias("frames"), pl.col(others).first()
    )


def _traced(capture: Capture, table: pl.DataFrame) -> set[tuple[str, str]]:
    """Pairs of hosts where a report was cut ahead of the ports, and all that got no answer belongs to a traceroute."""
    cut = table.filter(pl.col("quoted_resp_p").is_null() & (pl.col("quoted_proto") == "udp"))
    if not len(cut):
        return set()
    silent = capture.connections.filter((pl.col("proto") == "udp") & (pl.col("resp_pkts") == 0))
    pairs = silent.group_by("id_orig_h", "id_resp_h").agg(traced=pl.col("id_resp_p").is_in(TRACEROUTE).all())
    return set(pairs.filter("traced").select("id_orig_h", "id_resp_h").iter_rows())


def _unreachable(capture: Capture, row: Row, traced: set[tuple[str, str]]) -> Notice:
    target = endpoint(row["quoted_resp_h"], row["quoted_resp_p"])
    source = endpoint(row["quoted_orig_h"], row["quoted_orig_p"])
    proto, code, reporter = row["quoted_proto"], row["code_name"] or "unreachable", row["id_orig_h"]
    late = code == "port_unreachable" and row["quoted_orig_p"] == 53
    msg = f"{reporter} reports that {proto} packets from {source} do not reach {target}: {code}"
    if code == "port_unreachable" and proto == "tcp":
        msg += "; hosts answer TCP with a reset, so a firewall rule rejects it"
    if late:
        msg = f"{reporter} had closed its port when the answer of the DNS server {source} came"
    fields = {"code": code, "reporter": reporter, "target": target, "proto": proto, "count": row["count"]}
    # dns.py says what an unreachable DNS server means; the ports of traceroute are closed on purpose.
    port = row["quoted_resp_p"] or 0
    trace = port in TRACEROUTE if port else (row["quoted_orig_h"], row["quoted_resp_h"]) in traced
    severity = INFO if late or port == 53 or (proto == "udp" and trace) else WARN
    return from_row(capture, "icmp_unreachable", severity, row, msg, fields, row["frames"], src=source, dst=target)


def _narrow(capture: Capture, row: Row) -> Notice:
    mtu = row["mtu"] or 0
    msg = f"{row['id_orig_h']} reports that packets from {row['quoted_orig_h']} to {row['quoted_resp_h']} are too big: "
    msg += f"the path takes {mtu} bytes" if mtu else "it does not say what the path takes"
    fields = {"mtu": mtu, "reporter": row["id_orig_h"], "target": row["quoted_resp_h"], "count": row["count"]}
    severity = WARN if row["count"] > _IGNORED else INFO
    source, target = row["quoted_orig_h"], row["quoted_resp_h"]
    return from_row(
        capture, "icmp_fragmentation_needed", severity, row, msg, fields, row["frames"], src=source, dst=target
    )


def _loops(capture: Capture, table: pl.DataFrame) -> Iterator[Notice]:
    """Pairs of hosts whose packets were seen again and again, each time with a smaller TTL."""
    packets = capture.packets
    seen = packets.ip_version > 0
    low = np.flatnonzero(seen & (packets.ttl <= _SMALL_TTL) & (packets.ttl > 0))
    # Where the capture missed the last rounds, the router still reports that the TTL ran out.
    reported = table.filter(pl.col("code_name") == "ttl_exceeded").select("quoted_orig_h", "quoted_resp_h").unique()
    pairs = packets.src_lo * np.uint64(0x9E3779B97F4A7C15) + packets.dst_lo
    wanted = np.unique(pairs[low])
    if len(reported):
        firsts = np.flatnonzero(seen & np.isin(packets.connection, _flows(capture, reported)))
        wanted = np.union1d(wanted, pairs[firsts])
    rows_ = np.flatnonzero(seen & np.isin(pairs, wanted)) if len(wanted) else low
    if len(rows_) < _LOOP_TTLS:
        return
    key = {name: getattr(packets, name)[rows_] for name in _IDENTITY}
    frame = pl.DataFrame({"row": rows_, "time": packets.time[rows_], "ttl": packets.ttl[rows_], **key})
    # A sender may say the same again: then the TTL begins anew.
    risen = (pl.col("ttl").cast(pl.Int16).diff().over(_IDENTITY) > 0).fill_null(False)
    frame = frame.with_columns(risen=risen).with_columns(turn=pl.col("risen").cum_sum().over(_IDENTITY))
    # An id of zero says nothing (RFC 6864), unless TCP numbers its bytes: then more rounds must show it.
    numbered = (pl.col("ip_id").first() > 0) | (pl.col("seq").first() > 0)
    circling = (
        frame.group_by(*_IDENTITY, "turn", maintain_order=True)
        .agg(
            pl.col("row"),
            pl.col("ttl").n_unique().alias("ttls"),
            pl.when(numbered).then(_LOOP_TTLS).otherwise(_BARE_TTLS).alias("least"),
            ((pl.col("time").last() - pl.col("time").first()) / 1e9).alias("seconds"),
        )
        .filter((pl.col("ttls") >= pl.col("least")) & (pl.col("seconds") <= _LOOP_SECONDS))
    )
    expired = table.filter(pl.col("code_name") == "ttl_exceeded").group_by("quoted_resp_h", maintain_order=True)
    reporters = dict(expired.agg(pl.col("id_orig_h").unique(maintain_order=True)).iter_rows())
    pairs_ = circling.group_by("src_hi", "src_lo", "dst_hi", "dst_lo", maintain_order=True)
    loops = pairs_.agg(pl.len().alias("count"), pl.col("row").first(), pl.col("ttls").max())
    firsts = loops["row"].list.first().to_numpy().astype(np.int64)
    sources, targets = packets.address_text(firsts, "src"), packets.address_text(firsts, "dst")
    for found in rows(loops.with_columns(source=sources, target=targets)):
        yield _loop(capture, found, reporters)


def _expired(capture: Capture, table: pl.DataFrame, told: set[str]) -> Iterator[Notice]:
    """Packets that began with a large TTL and still used it up: no path is that long, so they circle out of sight."""
    packets, hosts = capture.packets, capture.connections.select("id_orig_h", "id_resp_h")
    expired = table.filter(pl.col("code_name") == "ttl_exceeded")
    groups = expired.group_by("quoted_orig_h", "quoted_resp_h", maintain_order=True).agg(
        pl.len().alias("count"),
        pl.col("frame_number").head(5).alias("frames"),
        pl.col("id_orig_h").unique(maintain_order=True).alias("reporters"),
        pl.exclude("quoted_orig_h", "quoted_resp_h").first(),
    )
    for row in rows(groups.filter(pl.col("count") >= _EXPIRED).head(_MOST_PAIRS)):
        source, target = row["quoted_orig_h"], row["quoted_resp_h"]
        if target in told:
            continue
        ours = (pl.col("id_orig_h") == source) & (pl.col("id_resp_h") == target)
        theirs = (pl.col("id_orig_h") == target) & (pl.col("id_resp_h") == source)
        of_orig, of_resp = (np.flatnonzero(hosts.select(which).to_series()) for which in (ours, theirs))
        sent = np.isin(packets.connection, of_orig) & packets.from_orig
        sent |= np.isin(packets.connection, of_resp) & ~packets.from_orig
        if not sent.any() or int(packets.ttl[sent].min()) < _LARGE_TTL:
            continue  # a traceroute, or packets that the capture does not hold
        first, reporters = int(np.flatnonzero(sent)[0]), row["reporters"]
        msg = (
            f"{row['count']:,} packets from {source} to {target} set out with a TTL of {int(packets.ttl[sent].min())} "
        )
        msg += f"or more, and {', '.join(reporters[:2])} reported that it ran out: routers send them in a circle"
        fields = {"target": target, "packets": row["count"], "reporter": ",".join(reporters[:2])}
        frames = [first + 1, *row["frames"]]
        yield from_row(capture, "routing_loop", ERROR, row, msg, fields, frames, src=source, dst=target)


def _flows(capture: Capture, reported: pl.DataFrame) -> Rows:
    """The rows of the connections between pairs of hosts."""
    pairs = {*reported.iter_rows()}
    pairs |= {(target, source) for source, target in pairs}
    hosts = capture.connections.select("id_orig_h", "id_resp_h").iter_rows()
    return np.array([row for row, pair in enumerate(hosts) if pair in pairs], np.int64)


_IDENTITY = (
    "src_hi", "src_lo", "dst_hi", "dst_lo", "protocol", "ip_id", "fragment_offset", "sport", "dport", "seq",
    "payload_length",
)  # fmt: skip


def _loop(capture: Capture, found: Row, reported: dict[str, list[str]]) -> Notice:
    source, target = found["source"], found["target"]
    reporters = reported.get(target, [])
    first, last = (int(capture.packets.ttl[found["row"][at]]) for at in (0, -1))
    count = found["count"]
    packets = "1 packet" if count == 1 else f"{count:,} packets"
    msg = f"{packets} from {source} to {target} came by again and again, the TTL falling from {first} to {last}: "
    msg += "routers send them in a circle"
    if reporters:
        msg += f"; {', '.join(reporters[:2])} reported that the TTL ran out"
    return Notice(
        note="routing_loop",
        severity_number=ERROR,
        time=capture.packets.micros(found["row"][0]),
        frame_number=found["row"][0] + 1,
        msg=msg,
        frames=frame_numbers(found["row"]),
        src=source,
        dst=target,
        fields={"target": target, "packets": found["count"], "reporter": ",".join(reporters[:2]) or "none"},
        connection=int(capture.packets.connection[found["row"][0]]),
    )
