"""The connections of captures as a table that people sort and filter: `analyze flows`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any

import polars as pl

from analyzer.bundle import open_bundle
from analyzer.errors import InputError, UsageError
from analyzer.network import worst_first
from analyzer.settings import Limits
from parsers.contract import Problem
from parsers.packets.capture import read_capture
from parsers.packets.framing import is_capture
from parsers.schema import CONNECTIONS, TIME

# What the user may sort by, and the expression that is sorted, highest first but for time.
_BYTES = pl.col("orig_bytes").fill_null(0) + pl.col("resp_bytes").fill_null(0)
_PACKETS = pl.col("orig_pkts") + pl.col("resp_pkts")
_LOSS = pl.col("orig_retransmissions") + pl.col("resp_retransmissions")
SORTS: dict[str, pl.Expr] = {
    "worst": pl.col("score"),
    "time": pl.col("time"),
    "bytes": _BYTES,
    "packets": _PACKETS,
    "duration": pl.col("duration"),
    "loss": _LOSS,
    "rtt": pl.col("rtt_median"),
}
_NUMBERS: dict[str, pl.Expr] = {
    "bytes": _BYTES,
    "packets": _PACKETS,
    "duration": pl.col("duration"),
    "loss": _LOSS,
    "rtt": pl.col("rtt_median"),
    "vlan": pl.col("vlan"),
}
_TERM = re.compile(r"([a-z_]+)(!=|>=|<=|=|>|<)(.+)")
_UNITS = {"k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9}
_SECONDS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
_AMOUNT = re.compile(r"([0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?)([A-Za-z]*)")
# As the table prints it: 10.0.0.1:443, [2001:db8::1]:443.
_ENDPOINT = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):([0-9]{1,5})")
_COMPARE: dict[str, Callable[[pl.Expr, Any], pl.Expr]] = {
    "=": lambda column, value: column == value,
    "!=": lambda column, value: column != value,
    ">": lambda column, value: column > value,
    "<": lambda column, value: column < value,
    ">=": lambda column, value: column >= value,
    "<=": lambda column, value: column <= value,
}
FILTER_HELP = "host, client, server, port, proto, state, uid, tunnel (= or !=), " + ", ".join(_NUMBERS)


def filter_of(term: str) -> pl.Expr:
    """The rows that a term such as "port=443", "host!=10.0.0.1" or "bytes>=1000" keeps.

    Raises:
        UsageError: it is not understood.
    """
    match = _TERM.fullmatch(term.replace(" ", ""))
    if match is None:
        raise UsageError(f"--filter {term}: write it as name=value, such as port=443; names: {FILTER_HELP}.")
    name, operator, value = match.groups()
    texts: dict[str, tuple[str, ...]] = {
        "host": ("id_orig_h", "id_resp_h"),
        "client": ("id_orig_h",),
        "server": ("id_resp_h",),
        "proto": ("proto",),
        "state": ("conn_state",),
        "uid": ("uid",),
        "tunnel": ("tunnel",),
    }
    if name in ("host", "client", "server") and operator in ("=", "!=") and (both := _ENDPOINT.fullmatch(value)):
        address, port = both[1] or both[2], int(both[3])
        kept = pl.any_horizontal(
            (pl.col(column) == address.lower()) & (pl.col(column.replace("_h", "_p")) == port) for column in texts[name]
        ).fill_null(False)
        return kept if operator == "=" else ~kept
    if name in ("host", "client", "server") and "/" in value and operator in ("=", "!="):
        kept = pl.any_horizontal(_within(column, _network(term, value)) for column in texts[name])
        return kept if operator == "=" else ~kept
    if name in texts and operator in ("=", "!="):
        wanted = value.upper() if name == "state" else value if name == "uid" else value.lower()
        kept = pl.any_horizontal(pl.col(column) == wanted for column in texts[name])
        return kept if operator == "=" else ~kept
    if name not in _NUMBERS and name != "port":
        raise UsageError(f"--filter {term}: '{name}' is not known; names: {FILTER_HELP}.")
    number = _number(term, value, _SECONDS if name in ("duration", "rtt") else _UNITS)
    if name == "port":
        compare = _COMPARE["=" if operator == "!=" else operator]
        kept = compare(pl.col("id_orig_p"), number) | compare(pl.col("id_resp_p"), number)
        return kept if operator != "!=" else ~kept
    return _COMPARE[operator](_NUMBERS[name], number).fill_null(False)


def _network(term: str, value: str) -> IPv4Network | IPv6Network:
    try:
        return ip_network(value, strict=False)
    except ValueError as error:
        raise UsageError(f"--filter {term}: '{value}' is no network; write it as 10.0.0.0/8.") from error


def _within(column: str, network: IPv4Network | IPv6Network) -> pl.Expr:
    """Whether the addresses of a column belong to a network."""

    def told(values: pl.Series) -> pl.Series:
        known = {value: value is not None and ip_address(value) in network for value in values.unique().to_list()}
        return pl.Series([known[value] for value in values.to_list()], dtype=pl.Boolean)

    return pl.col(column).map_batches(told, return_dtype=pl.Boolean)


def _number(term: str, value: str, units: Mapping[str, float]) -> float:
    """A number such as 5, 0.25, 10k or 3M; of times such as 0.5, 200ms or 2m."""
    amount = _AMOUNT.fullmatch(value)
    if amount is None:
        raise UsageError(f"--filter {term}: '{value}' is no number.")
    if amount[2] and amount[2] not in units:
        raise UsageError(f"--filter {term}: the unit '{amount[2]}' is not known; one of {', '.join(units)}.")
    return float(amount[1]) * units.get(amount[2], 1.0)


def flows(
    paths: Sequence[str], limits: Limits, sort: str, filters: Sequence[str]
) -> tuple[pl.DataFrame, list[Problem]]:
    """The connections of every capture in what the user gave.

    Args:
        paths: captures, archives or folders with captures.
        limits: what the input may cost.
        sort: one of SORTS.
        filters: terms for `filter_of`; all must hold.

    Returns:
        parsers.schema.CONNECTIONS with `source`, `trouble` and `score`, and what was not read.

    Raises:
        InputError: there is no capture in it, or it cannot be read.
        UsageError: a sort or filter is not known.
    """
    if sort not in SORTS:
        raise UsageError(f"--sort {sort}: not known; one of {', '.join(SORTS)}.")
    wanted = [filter_of(term) for term in filters]
    tables: list[pl.DataFrame] = []
    with open_bundle(paths, limits) as bundle:
        problems = list(bundle.problems)
        for source in bundle.sources:
            if not is_capture(source.head):
                continue
            try:
                capture = read_capture(source)
            except OSError as error:
                problems.append(Problem(source.path, "unreadable", f"Cannot be read: {error.strerror or error}."))
                continue
            problems += capture.problems
            tables.append(worst_first(capture.connections).with_columns(pl.lit(source.path).alias("source")))
        if not tables:
            raise InputError(f"{bundle.name} holds no packet capture: give a pcap, pcapng or snoop file, or a bundle.")
    found = pl.concat(tables).filter(*wanted) if wanted else pl.concat(tables)
    ordered = found.sort(SORTS[sort], descending=sort != "time", nulls_last=True, maintain_order=True)
    return ordered.select("source", *CONNECTIONS.names(), "trouble", "score"), problems


def rows(table: pl.DataFrame) -> list[dict[str, object]]:
    """The table as JSON knows it: times in ISO 8601."""
    texts = table.with_columns(
        pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.6fZ") for name, dtype in table.schema.items() if dtype == TIME
    )
    return texts.to_dicts()
