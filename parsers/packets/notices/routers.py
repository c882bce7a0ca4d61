"""Routers and their hosts: two that announce different networks by IPv6, and detours that they report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import ICMP6, ether_text
from ..reading import gathered
from . import WARN, Notice
from ._make import from_row, rows

if TYPE_CHECKING:
    from ..capture import Capture

_ADVERTISEMENT, _PREFIX, _MTU = 134, 3, 5
_NEAR = 255  # hop limit of what no router forwarded (RFC 4861 section 6.1.2)
_WIDTH = 256  # bytes of an advertisement that are read
_MOST, _MOST_ROUTERS = 20_000, 50


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a pair of routers that contradict each other, and one a router that sends hosts to another one."""
    yield from _contradictions(capture)
    yield from _redirects(capture)


@dataclass(frozen=True, slots=True)
class _Router:
    """What a router announced last."""

    row: int
    address: str
    mac: str
    managed: bool
    prefixes: frozenset[str]
    mtu: int


def _contradictions(capture: Capture) -> Iterator[Notice]:
    """Routers of a network that announce other prefixes, or another way to get an address."""
    packets = capture.packets
    # Without Ethernet nobody knows whether two advertisements were sent into the same network.
    chosen = (packets.protocol == ICMP6) & (packets.sport == _ADVERTISEMENT) & (packets.ttl == _NEAR)
    found = np.flatnonzero(chosen & packets.has("ether") & packets.has("transport") & ~capture.duplicate)[:_MOST]
    if len(found) < 2:
        return
    start = packets.place("transport", found)
    have = packets.end(found) - start
    raw = gathered(packets, start, have, _WIDTH)
    ether = gathered(packets, packets.place("ether", found), np.full(len(found), 12), 12)
    addresses = packets.address_text(found, "src")
    networks: dict[int, dict[str, _Router]] = {}
    for at, row in enumerate(found.tolist()):
        data = raw[at, : int(min(have[at], _WIDTH))].tobytes()
        mac = ether_text(int.from_bytes(ether[at, 6:].tobytes(), "big"))
        router = _router(row, str(addresses[at]), mac, data)
        if router is not None:
            networks.setdefault(int(packets.vlan[row]), {})[router.address] = router
    for routers in networks.values():
        for one, other in combinations(list(routers.values())[:_MOST_ROUTERS], 2):
            if one.mac != other.mac and (told := _contradiction(one, other)):
                yield _conflict(capture, one, other, told)


def _router(row: int, address: str, mac: str, data: bytes) -> _Router | None:
    """A router that offers itself as the way out; None for one that says that it is none (any more)."""
    if len(data) < 16 or not int.from_bytes(data[6:8], "big"):
        return None
    prefixes, mtu, at = set(), 0, 16
    while at + 8 <= len(data) and data[at + 1]:
        option = data[at : at + 8 * data[at + 1]]
        if option[0] == _PREFIX and len(option) == 32 and option[3] & 0x40 and any(option[4:8]):
            prefixes.add(f"{IPv6Address(option[16:32])}/{option[2]}")
        elif option[0] == _MTU and len(option) == 8:
            mtu = int.from_bytes(option[4:8], "big")
        at += len(option)
    return _Router(row, address, mac, bool(data[5] & 0x80), frozenset(prefixes), mtu)


def _contradiction(one: _Router, other: _Router) -> str:
    """In what two routers contradict each other, as a clause; empty if in nothing."""
    if one.prefixes and other.prefixes and not one.prefixes & other.prefixes:
        return f"they announce different networks, {min(one.prefixes)} and {min(other.prefixes)}"
    if one.managed != other.managed:
        return "one of them wants addresses from DHCPv6, the other does not"
    if one.mtu and other.mtu and one.mtu != other.mtu:
        return f"they announce different MTUs, {one.mtu} and {other.mtu}"
    return ""


def _conflict(capture: Capture, one: _Router, other: _Router, told: str) -> Notice:
    msg = f"Two IPv6 routers contradict each other, {one.address} ({one.mac}) and {other.address} ({other.mac}): {told}"
    frames = (one.row + 1, other.row + 1)
    fields = {"router_a": one.address, "router_b": other.address, "mac_a": one.mac, "mac_b": other.mac}
    micros = capture.packets.micros(one.row)
    return Notice(
        "router_advertisement_conflict", WARN, micros, frames[0], msg, frames, other.address, one.address, fields
    )


def _redirects(capture: Capture) -> Iterator[Notice]:
    """Routers that tell hosts to use another one."""
    table = capture.tables["icmp"].filter((pl.col("type_name") == "redirect") & pl.col("id_orig_h").is_not_null())
    if not len(table):
        return
    packets = capture.packets
    found = table["frame_number"].to_numpy().astype(np.int64) - 1
    start = packets.place("transport", found)
    raw = gathered(packets, start, packets.end(found) - start, 24)
    gateways = [
        str(IPv4Address(head[4:8].tobytes()) if version == 4 else IPv6Address(head[8:24].tobytes()))
        for head, version in zip(raw, table["ip_version"], strict=True)
    ]
    who = ("id_orig_h", "id_resp_h", "gateway")
    groups = table.with_columns(gateway=pl.Series(gateways)).group_by(who, maintain_order=True)
    for row in rows(
        groups.agg(pl.len().alias("count"), pl.col("frame_number").head(5).alias("frames"), pl.exclude(*who).first())
    ):
        router, host, gateway = row["id_orig_h"], row["id_resp_h"], row["gateway"]
        times = f"{row['count']:,} time{'' if row['count'] == 1 else 's'}"
        msg = f"The router {router} told {host} {times} to send by {gateway} what it sends to {row['quoted_resp_h']}"
        fields = {"gateway": gateway, "target": row["quoted_resp_h"], "count": row["count"]}
        yield from_row(capture, "icmp_redirect", WARN, row, msg, fields, row["frames"], src=host, dst=router)
