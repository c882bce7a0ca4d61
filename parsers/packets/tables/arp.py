"""arp: one row an ARP packet for IPv4 over Ethernet (RFC 826): who asks for whom, who says that it is whom."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ..columns import Rows, addresses_text, ether_text, mapped
from ..reading import gathered
from . import _rows

if TYPE_CHECKING:
    from ..capture import Capture

SCHEMA = _rows.schema(
    {
        "operation": pl.String,  # request, reply
        "sender_mac": pl.String,
        "sender_h": pl.String,
        "target_mac": pl.String,
        "target_h": pl.String,
        "gratuitous": pl.Boolean,  # tells its own address to all
        "probe": pl.Boolean,  # asks whether an address is free (RFC 5227)
        "unanswered": pl.Boolean,  # null for what needs no answer, or where the capture ended too soon
        "vlan": pl.Int16,  # -1 without a tag
    }
)
_OPERATIONS = {1: "request", 2: "reply"}
PATIENCE = 1.0  # seconds; hosts ask again after one


def table(capture: Capture) -> pl.DataFrame:
    """Every ARP packet of the capture."""
    packets = capture.packets
    rows = np.flatnonzero(packets.has("network") & (packets.ip_version == 0) & ~capture.duplicate)
    start = packets.place("network", rows)
    have = packets.end(rows) - start
    head = gathered(packets, start, have, 28)
    # Ethernet and IPv4, addresses of 6 and 4 bytes.
    fits = (have >= 28) & (np.ascontiguousarray(head[:, :6]).view(">u2")[:, :3] == (1, 0x0800, 0x0604)).all(1)
    rows, head = rows[fits], head[fits]
    operation = head[:, 6].astype(np.int64) << 8 | head[:, 7]
    sender, target = _address(head, 14), _address(head, 24)
    no_sender = np.ascontiguousarray(head[:, 14:18]).view(">u4").ravel() == 0
    same = (sender == target).to_numpy()
    own: dict[str, Any] = {
        "operation": [_OPERATIONS.get(number, f"operation_{number}") for number in operation.tolist()],
        "sender_mac": _hardware(head, 8),
        "sender_h": sender,
        "target_mac": _hardware(head, 18),
        "target_h": target,
        "gratuitous": same,
        "probe": no_sender,
        "unanswered": unanswered(capture, rows, operation == 1, sender.to_list(), target.to_list()),
        "vlan": packets.vlan[rows],
    }
    found = _rows.build(capture, SCHEMA, rows, np.zeros(len(rows), np.bool_), own)
    return found.with_columns(id_orig_h="sender_h", id_resp_h="target_h", id_orig_p=None, id_resp_p=None).cast(SCHEMA)


def _address(head: np.ndarray[Any, Any], at: int) -> pl.Series:
    low = mapped(np.ascontiguousarray(head[:, at : at + 4]).view(">u4").ravel())
    return addresses_text(np.zeros(len(head), np.uint64), low, np.full(len(head), 4, np.uint8))


def _hardware(head: np.ndarray[Any, Any], at: int) -> list[str]:
    return [ether_text(int.from_bytes(raw.tobytes(), "big")) for raw in head[:, at : at + 6]]


def unanswered(
    capture: Capture, rows: Rows, request: np.ndarray[Any, Any], sender: list[str], target: list[str]
) -> list[bool | None]:
    """Whether nobody spoke up for the address that a request is about, as long as the capture goes on.

    Args:
        capture: whose packets they are.
        rows: packets, ascending.
        request: which of them ask for an address.
        sender: address that sent each one.
        target: address that each one is about.
    """
    time = capture.packets.time
    end = int(time.max(initial=0))
    heard: dict[str, int] = {}  # when an address was last heard of, walking backwards
    told: list[bool | None] = [None] * len(rows)
    for at in range(len(rows) - 1, -1, -1):
        when = int(time[rows[at]])
        if request[at] and sender[at] not in ("0.0.0.0", "::", target[at]):  # noqa: S104 - an address, not a bind
            if target[at] in heard:
                told[at] = (heard[target[at]] - when) / 1e9 > PATIENCE
            elif (end - when) / 1e9 >= PATIENCE:
                told[at] = True
        heard[sender[at]] = when
    return told
