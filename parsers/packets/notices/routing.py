"""Routers that disagree: sessions of BGP that end, OSPF that finds no neighbour, two masters of a virtual address."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from ..columns import TCP, Rows
from ..protocols.routing import Hello, parse_bgp, parse_hello, parse_vrrp
from ..reading import payloads
from . import ERROR, INFO, Notice, Value
from ._endpoints import about, limited

if TYPE_CHECKING:
    from ..capture import Capture

_BGP, _OSPF, _VRRP = 179, 89, 112  # a port, and protocols of IP
_MARKER = 0xFFFF_FFFF_FFFF_FFFF  # what every message of BGP begins with
_MOST = 20_000  # packets of a protocol that are read
_MOST_ROUTERS = 50  # of a network that are compared with each other
_TURNS, _TOGETHER = 4, 10_000_000_000  # changes of the master within so many nanoseconds: both send


def notices(capture: Capture) -> Iterator[Notice]:
    """One notice a session that ended, a pair of routers that do not fit, and a virtual address with two masters."""
    yield from limited(capture, _sessions(capture))
    yield from limited(capture, _neighbours(capture))
    yield from limited(capture, _masters(capture))


def _sessions(capture: Capture) -> Iterator[Notice]:
    packets = capture.packets
    chosen = (packets.protocol == TCP) & ((packets.sport == _BGP) | (packets.dport == _BGP)) & ~capture.duplicate
    rows = np.flatnonzero(chosen & (packets.payload_start == np.uint64(_MARKER)) & (packets.connection >= 0))
    for row, raw in payloads(packets, rows[-_MOST:], 4096):
        said = parse_bgp(raw)
        if said is None:
            continue
        by_orig = bool(packets.from_orig[row])
        sender, receiver = ("{client}", "{server}") if by_orig else ("{server}", "{client}")
        text = f': "{said.text}"' if said.text else ""
        msg = f"The BGP router {sender} ended its session with {receiver}: {said.name}{text}"
        fields: dict[str, Value] = {
            "code": said.code,
            "subcode": said.subcode,
            "sender": "client" if by_orig else "server",
        }
        connection = int(packets.connection[row])
        yield about(
            capture, connection, "bgp_notification", INFO if said.usual else ERROR, np.array([row]), msg, fields
        )


@dataclass(frozen=True, slots=True)
class _Router:
    row: int
    source: str
    hello: Hello


def _of_protocol(capture: Capture, protocol: int) -> Rows:
    packets = capture.packets
    rows: Rows = np.flatnonzero((packets.protocol == protocol) & packets.has("payload") & ~capture.duplicate)
    return rows[:_MOST]


def _neighbours(capture: Capture) -> Iterator[Notice]:
    """Pairs of routers in one network whose greetings do not fit: they never become neighbours (RFC 2328, 10.5)."""
    packets = capture.packets
    rows = _of_protocol(capture, _OSPF)
    sources = packets.address_text(rows, "src")
    networks: dict[tuple[int, int], dict[str, _Router]] = {}
    for (row, raw), source in zip(payloads(packets, rows, 64), sources, strict=True):
        hello = parse_hello(raw)
        if hello is None or packets.ip_version[row] != 4:
            continue
        address = int(packets.src_lo[row]) & 0xFFFFFFFF
        # A network is what the shortest usual mask makes of it: a wrong mask must not set two routers apart.
        network = (int(packets.vlan[row]), address & hello.mask & 0xFFFFFF00)
        networks.setdefault(network, {})[str(source)] = _Router(row, str(source), hello)
    for found in networks.values():
        for one, other in combinations(list(found.values())[:_MOST_ROUTERS], 2):
            if differs := one.hello.differs(other.hello):
                what, mine, theirs = differs
                msg = f"The OSPF routers {one.source} and {other.source} do not become neighbours: "
                msg += f"{what} {mine} and {theirs}"
                fields: dict[str, Value] = {"differs": what.replace(" ", "_"), "a": str(mine), "b": str(theirs)}
                yield _of_pair(capture, "ospf_mismatch", msg, fields, (one.row, other.row), (one.source, other.source))


def _masters(capture: Capture) -> Iterator[Notice]:
    """Virtual routers in whose name two hosts speak by turns: they do not hear each other."""
    packets = capture.packets
    rows = _of_protocol(capture, _VRRP)
    sources = packets.address_text(rows, "src")
    spoken: dict[tuple[int, int, str], list[tuple[int, str]]] = {}
    for (row, raw), source in zip(payloads(packets, rows, 64), sources, strict=True):
        router = parse_vrrp(raw, int(packets.ip_version[row]))
        if router is not None:
            spoken.setdefault((int(packets.vlan[row]), router.number, router.address), []).append((row, str(source)))
    for (_, number, address), said in spoken.items():
        turns = [at for at in range(1, len(said)) if said[at][1] != said[at - 1][1]]
        for first, last in zip(turns, turns[_TURNS - 1 :], strict=False):
            if packets.time[said[last][0]] - packets.time[said[first][0]] <= _TOGETHER:
                hosts = sorted({said[first][1], said[first - 1][1]})
                msg = f"{hosts[0]} and {hosts[1]} both are master of the virtual router {number} ({address})"
                msg += ": they do not hear each other"
                fields: dict[str, Value] = {"vrid": number, "address": address}
                frames = tuple(said[at][0] for at in range(first - 1, last + 1))
                yield _of_pair(capture, "vrrp_two_masters", msg, fields, frames, (hosts[0], hosts[1]))
                break


def _of_pair(
    capture: Capture,
    note: str,
    msg: str,
    fields: dict[str, Value],
    rows: tuple[int, ...],
    who: tuple[str, str],
) -> Notice:
    rows = tuple(sorted(rows))
    frames = tuple(row + 1 for row in rows)[:5]
    return Notice(note, ERROR, capture.packets.micros(rows[0]), frames[0], msg, frames, who[0], who[1], fields)
