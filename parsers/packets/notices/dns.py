"""Names that could not be resolved: wrong, refused, late or not at all."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from typing import TYPE_CHECKING

import polars as pl

from . import ERROR, INFO, WARN, Notice
from ._make import Row, client, from_row, rows, server, shorten

if TYPE_CHECKING:
    from ..capture import Capture

SLOW = 0.3  # seconds: a person notices, and the first retries are not far
# Names of a search list are tried one after the other within the patience of a resolver.
_WALK = 5_000_000  # microseconds
_PRIVATE_ENDS = (".local", ".localhost", ".in-addr.arpa", ".ip6.arpa", ".home.arpa")
_FAILURES = {2: ("dns_servfail", ERROR), 3: ("dns_nxdomain", WARN), 5: ("dns_refused", ERROR)}


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a failed question; mDNS and LLMNR, where silence is an answer, are left out."""
    table = capture.tables["dns"].filter((pl.col("service") == "dns") & (pl.col("opcode") == 0))
    if not len(table):
        return
    answered = _Answered(table)
    rejected = _rejected(capture)
    over_tcp = set(table.filter(pl.col("proto") == "tcp").select("id_orig_h", "query").iter_rows())
    silent = pl.col("rcode").is_null()
    # A capture without a single answer may hold one direction only; who asks again got none.
    one_sided = bool(table["rcode"].is_null().all())
    again = table.filter(pl.struct("id_orig_h", "query", "qtype_name").is_duplicated() | (pl.col("attempts") > 1))
    repeated = set(again["frame_number"]) if one_sided else set()
    heard = _heard(capture) if one_sided else set()
    answers = dict(table.filter(~silent).group_by("id_resp_h").len().iter_rows())
    for row in rows(table.filter((pl.col("rcode") > 0) | pl.col("tc") | (pl.col("rtt") >= SLOW) | silent)):
        if row["rcode"] is None:
            doubtful = one_sided and row["frame_number"] not in repeated and row["id_orig_h"] not in heard
            yield from _unanswered(capture, row, rejected, doubtful, answers.get(row["id_resp_h"], 0))
        elif row["rcode"]:
            yield _failed(capture, row, answered)
        if row["tc"] and row["proto"] == "udp":
            yield _truncated(capture, row, (row["id_orig_h"], row["query"]) in over_tcp)
        if row["rtt"] is not None and row["rtt"] >= SLOW:
            msg = f"The server {row['id_resp_h']} took {row['rtt']:.3f} s to answer a query for {_name(row)}"
            fields = {**_fields(row), "rtt": round(row["rtt"], 6), "attempts": row["attempts"]}
            yield from_row(capture, "dns_slow", WARN, row, msg, fields, _frames(row))


def _heard(capture: Capture) -> set[str]:
    """Hosts to which other hosts were seen to speak: an answer to them would be in the capture, too."""
    table = capture.connections
    called = table.filter(pl.col("orig_pkts") > 0)["id_resp_h"]
    answered = table.filter(pl.col("resp_pkts") > 0)["id_orig_h"]
    return {*called.unique(), *answered.unique()}


def _name(row: Row) -> str:
    return f"{shorten(row['query'])} ({row['qtype_name']})"


def _fields(row: Row) -> dict[str, str | int | float | None]:
    return {
        "query": row["query"],
        "qtype": row["qtype_name"],
        "rcode": row["rcode_name"],
        "server": server(row),
        "client": row["id_orig_h"],
        "proto": row["proto"],
    }


def _frames(row: Row) -> tuple[int | None, int | None]:
    return row["frame_number"], row["response_frame_number"]


def _failed(capture: Capture, row: Row, answered: _Answered) -> Notice:
    note, severity = _FAILURES.get(row["rcode"], ("dns_error", WARN))
    what = {
        "dns_servfail": f"could not answer a query for {_name(row)}: SERVFAIL",
        "dns_nxdomain": f"says that the name {_name(row)} does not exist",
        "dns_refused": f"refused to answer a query for {_name(row)}",
    }.get(note, f"answered a query for {_name(row)} with {row['rcode_name']}")
    fields = _fields(row)
    if note == "dns_nxdomain":
        reason = _harmless(row, answered)
        if reason:
            severity, what = INFO, f"{what}; {reason[1]}"
            fields["reason"] = reason[0]
    return from_row(capture, note, severity, row, f"The server {row['id_resp_h']} {what}", fields, _frames(row))


def _harmless(row: Row, answered: _Answered) -> tuple[str, str] | None:
    """Why a name that does not exist need not be a fault: a word and a clause."""
    name = row["query"].lower().rstrip(".")
    if name.endswith((".in-addr.arpa", ".ip6.arpa")):
        return "reverse", "this is a reverse lookup"
    if "." not in name or name.endswith(_PRIVATE_ENDS):
        return "local_name", "this is a local name"
    if answered.walked(row):
        return "search_list", "the client tried the name with another suffix, and that one exists"
    if answered.other_type(row):
        return "other_type", "it has records of another type, which the client got"
    return None


class _Answered:
    """Names that were resolved, by client and first label: what a walk through a search list ends at.

    Some servers say of a name that it does not exist where it has no record of the type that is asked for (RFC 4074).
    """

    def __init__(self, table: pl.DataFrame) -> None:
        self._times: defaultdict[tuple[str, str], list[tuple[int, str, str]]] = defaultdict(list)
        # Only names that begin as one that does not exist are looked up.
        label = pl.col("query").str.to_lowercase().str.splitn(".", 2).struct.field("field_0").alias("label")
        wanted = table.filter(pl.col("rcode") == 3).select("id_orig_h", label)
        good = table.filter((pl.col("rcode") == 0) & (pl.col("answers").list.len() > 0)).with_columns(label)
        good = good.join(wanted, on=["id_orig_h", "label"], how="semi", nulls_equal=True)
        micros = good["time"].dt.timestamp("us")
        columns = (good["id_orig_h"], good["query"], good["qtype_name"], micros)
        for host, query, kind, when in zip(*columns, strict=True):
            name = query.lower().rstrip(".")
            self._times[host, name.partition(".")[0]].append((when or 0, name, kind or ""))

    def walked(self, row: Row) -> bool:
        """Whether another name with the same first label was resolved by the same client at about that time."""
        name = row["query"].lower().rstrip(".")
        return any(other != name for other, _ in self._near(row, name))

    def other_type(self, row: Row) -> bool:
        """Whether the same client got records of another type for the name at about that time."""
        name = row["query"].lower().rstrip(".")
        return any(other == name and kind != row["qtype_name"] for other, kind in self._near(row, name))

    def _near(self, row: Row, name: str) -> Iterator[tuple[str, str]]:
        """Names with the same first label and types that the same client got at about that time."""
        known = self._times.get((row["id_orig_h"], name.partition(".")[0]), [])
        when = int(row["time"].timestamp() * 1e6) if row["time"] else 0
        at = bisect_left(known, (when - _WALK, "", ""))
        for found, other, kind in known[at : at + 64]:
            if found > when + _WALK:
                break
            yield other, kind


def _truncated(capture: Capture, row: Row, repeated: bool) -> Notice:
    after = "the client asked again over TCP" if repeated else "the client did not ask again over TCP"
    msg = f"The answer of {row['id_resp_h']} for {_name(row)} did not fit into a UDP packet; {after}"
    fields = {**_fields(row), "tcp_retry": "yes" if repeated else "no"}
    return from_row(capture, "dns_truncated", INFO if repeated else WARN, row, msg, fields, _frames(row))


def _rejected(capture: Capture) -> dict[tuple[str, int, str], tuple[int, str]]:
    """Queries to which a router or the server itself answered by ICMP: client, port and server -> frame and code."""
    table = capture.tables["icmp"].filter(
        (pl.col("type_name") == "destination_unreachable") & (pl.col("quoted_resp_p") == 53)
    )
    return {
        (row["quoted_orig_h"], row["quoted_orig_p"], row["quoted_resp_h"]): (row["frame_number"], row["code_name"])
        for row in rows(table)
    }


def _unanswered(
    capture: Capture, row: Row, rejected: dict[tuple[str, int, str], tuple[int, str]], doubtful: bool, answered: int
) -> Iterator[Notice]:
    """A question without an answer; `answered` are those that the same server answered."""
    fields = {**_fields(row), "attempts": row["attempts"]}
    found = rejected.get((row["id_orig_h"], row["id_orig_p"], row["id_resp_h"]))
    if found is not None:
        frame, code = found
        msg = f"The query for {_name(row)} did not reach a DNS server at {row['id_resp_h']}: ICMP {code}"
        fields["icmp_code"] = code
        yield from_row(capture, "dns_unreachable", ERROR, row, msg, fields, (row["frame_number"], frame))
    if found is not None or not row["unanswered"]:
        return
    times = "time" if row["attempts"] == 1 else "times"
    msg = f"The server {row['id_resp_h']} did not answer {client(row)}, which asked for {_name(row)} "
    msg += f"{row['attempts']} {times}"
    fields["answered"] = answered
    severity = INFO if doubtful else ERROR
    yield from_row(capture, "dns_timeout", severity, row, msg, fields)
