"""ndp: one row a question or an answer of IPv6 neighbour discovery (RFC 4861), with the columns of the arp table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ..columns import ABSENT, ICMP6, Array, Bytes, Ints, Rows, addresses_text, ether_text
from ..reading import gathered
from . import _rows
from .arp import unanswered

if TYPE_CHECKING:
    from ..capture import Capture

SCHEMA = _rows.schema(
    {
        "operation": pl.String,  # request: neighbour solicitation, reply: advertisement
        "sender_mac": pl.String,
        "sender_h": pl.String,
        "target_mac": pl.String,
        "target_h": pl.String,
        "gratuitous": pl.Boolean,  # tells its own address to all
        "probe": pl.Boolean,  # asks whether an address is free (RFC 4862)
        "unanswered": pl.Boolean,  # null for what needs no answer, or where the capture ended too soon
        "vlan": pl.Int16,
    }
)
_SOLICITATION, _ADVERTISEMENT = 135, 136
_WIDTH = 32  # type, code, checksum, flags, target, one option
_NEAR = 255  # hop limit of what no router forwarded (RFC 4861 section 7.1)


def table(capture: Capture) -> pl.DataFrame:
    """Every solicitation and advertisement of the capture."""
    packets = capture.packets
    chosen = (packets.protocol == ICMP6) & packets.has("transport") & (packets.ttl == _NEAR) & ~capture.duplicate
    chosen &= (packets.sport == _SOLICITATION) | (packets.sport == _ADVERTISEMENT)
    rows = np.flatnonzero(chosen)
    start = packets.place("transport", rows)
    have = packets.end(rows) - start
    head = gathered(packets, start, have, _WIDTH)
    rows, head, have = rows[have >= 24], head[have >= 24], have[have >= 24]
    request = packets.sport[rows] == _SOLICITATION
    about = np.ascontiguousarray(head[:, 8:24]).view(">u8").astype(np.uint64)
    six = np.full(len(rows), 6, np.uint8)
    target = addresses_text(about[:, 0], about[:, 1], six)
    source = addresses_text(packets.src_hi[rows], packets.src_lo[rows], six)
    sent_to = addresses_text(packets.dst_hi[rows], packets.dst_lo[rows], six)
    probe = request & (packets.src_hi[rows] == 0) & (packets.src_lo[rows] == 0)
    asks = pl.Series(request)
    sender = pl.select(pl.when(asks).then(source).otherwise(target)).to_series()
    asked = pl.select(pl.when(asks).then(target).otherwise(sent_to)).to_series()
    ether = _ether(capture, rows)
    hardware = np.where((head[:, 24] == np.where(request, 1, 2)) & (head[:, 25] == 1) & (have >= 32), 1, 0)
    mine = np.where(hardware[:, None] == 1, head[:, 26:32], ether[:, 6:])
    own: dict[str, Any] = {
        "operation": np.where(request, "request", "reply").tolist(),
        "sender_mac": _text(mine),
        "sender_h": sender,
        "target_mac": _text(ether[:, :6]),
        "target_h": asked,
        "gratuitous": ~request & (packets.dst_hi[rows] >> np.uint64(56) == 0xFF),
        "probe": probe,
        "unanswered": unanswered(capture, rows, request & ~probe, sender.to_list(), asked.to_list()),
        "vlan": packets.vlan[rows],
    }
    found = _rows.build(capture, SCHEMA, rows, np.zeros(len(rows), np.bool_), own)
    return found.with_columns(id_orig_h="sender_h", id_resp_h="target_h", id_orig_p=None, id_resp_p=None).cast(SCHEMA)


def _ether(capture: Capture, rows: Rows) -> Bytes:
    """Target and sender of the Ethernet headers, zeros without one."""
    packets = capture.packets
    known = packets.ether_at[rows] != ABSENT
    start: Ints = np.where(known, packets.place("ether", rows), 0)
    return gathered(packets, start, np.where(known, 12, 0), 12)


def _text(addresses: Array) -> list[str | None]:
    return [ether_text(int.from_bytes(raw.tobytes(), "big")) if raw.any() else None for raw in addresses]
