"""icmp: one row an ICMP or ICMPv6 message, errors with the flow that they quote (RFC 792, RFC 4443)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ..columns import ICMP, ICMP6, NO_PROTOCOL, Array, Bytes, Rows, addresses_text, mapped
from ..reading import gathered
from . import _rows

if TYPE_CHECKING:
    from ..capture import Capture

SCHEMA = _rows.schema(
    {
        "ip_version": pl.UInt8,
        "icmp_type": pl.UInt8,
        "icmp_code": pl.UInt8,
        "type_name": pl.String,
        "code_name": pl.String,
        "mtu": pl.UInt32,  # of "fragmentation needed" and "packet too big"
        "quoted_proto": pl.String,  # null where nothing is quoted
        "quoted_orig_h": pl.String,  # sender of the packet that the error is about
        "quoted_orig_p": pl.UInt16,
        "quoted_resp_h": pl.String,
        "quoted_resp_p": pl.UInt16,
        "quoted_ip_id": pl.UInt16,
    }
)
TYPES = {
    (4, 0): "echo_reply", (4, 3): "destination_unreachable", (4, 4): "source_quench", (4, 5): "redirect",
    (4, 8): "echo_request", (4, 9): "router_advertisement", (4, 10): "router_solicitation", (4, 11): "time_exceeded",
    (4, 12): "parameter_problem", (4, 13): "timestamp_request", (4, 14): "timestamp_reply",
    (6, 1): "destination_unreachable", (6, 2): "packet_too_big", (6, 3): "time_exceeded", (6, 4): "parameter_problem",
    (6, 128): "echo_request", (6, 129): "echo_reply", (6, 130): "multicast_listener_query",
    (6, 131): "multicast_listener_report", (6, 132): "multicast_listener_done", (6, 133): "router_solicitation",
    (6, 134): "router_advertisement", (6, 135): "neighbor_solicitation", (6, 136): "neighbor_advertisement",
    (6, 137): "redirect", (6, 143): "multicast_listener_report",
}  # fmt: skip
CODES = {
    (4, 3): (
        "network_unreachable", "host_unreachable", "protocol_unreachable", "port_unreachable", "fragmentation_needed",
        "source_route_failed", "network_unknown", "host_unknown", "host_isolated", "network_prohibited",
        "host_prohibited", "network_unreachable_for_tos", "host_unreachable_for_tos", "communication_prohibited",
        "host_precedence_violation", "precedence_cutoff",
    ),
    (4, 5): ("network", "host", "tos_network", "tos_host"),
    (4, 11): ("ttl_exceeded", "reassembly_time_exceeded"),
    (6, 1): (
        "no_route", "communication_prohibited", "beyond_scope", "address_unreachable", "port_unreachable",
        "policy_failed", "route_rejected",
    ),
    (6, 3): ("ttl_exceeded", "reassembly_time_exceeded"),
}  # fmt: skip
_PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 58: "icmp", 132: "sctp"}
_WIDTH = 8 + 60 + 4  # ICMP header, the longest IPv4 header, ports
_ERRORS = {4: (3, 4, 5, 11, 12), 6: (1, 2, 3, 4)}


def table(capture: Capture) -> pl.DataFrame:
    """Every ICMP message of the capture."""
    packets = capture.packets
    chosen = ((packets.protocol == ICMP) | (packets.protocol == ICMP6)) & packets.has("transport") & ~capture.duplicate
    rows = np.flatnonzero(chosen)
    version = np.where(packets.protocol[rows] == ICMP, 4, 6).astype(np.uint8)
    kind, code = packets.sport[rows], packets.dport[rows]
    keys = list(zip(version.tolist(), kind.tolist(), code.tolist(), strict=True))
    own: dict[str, Any] = {
        "ip_version": version,
        "icmp_type": kind,
        "icmp_code": code,
        "type_name": [TYPES.get((v, t), f"type_{t}") for v, t, _ in keys],
        "code_name": [code_name(*key) for key in keys],
        **_quotes(capture, rows, version, kind, code),
    }
    return _rows.build(capture, SCHEMA, rows, np.zeros(len(rows), np.bool_), own)


def code_name(version: int, kind: int, code: int) -> str | None:
    """The name of a code, null where its type has none."""
    names = CODES.get((version, kind))
    if names is None:
        return None
    return names[code] if code < len(names) else f"code_{code}"


def _quotes(capture: Capture, rows: Rows, version: Bytes, kind: Array, code: Array) -> dict[str, Any]:
    """The flow that errors quote: the IP header behind their own and the ports behind it."""
    packets = capture.packets
    start = packets.place("transport", rows)
    have = packets.end(rows) - start
    head = gathered(packets, start, have, _WIDTH)
    four, six = version == 4, version == 6
    error = (four & np.isin(kind, _ERRORS[4])) | (six & np.isin(kind, _ERRORS[6]))
    long = np.where(four, (head[:, 8] & 15).astype(np.int64) * 4, 40)
    quoted = error & (head[:, 8] >> 4 == version) & (long >= 20) & (have >= 8 + np.where(four, 20, 40))
    with_ports = quoted & (have >= 8 + long + 4)
    protocol = np.where(four, head[:, 17], head[:, 14])
    with_ports &= np.isin(protocol, (6, 17, 132))
    ports = np.take_along_axis(head, (8 + long[:, None] + np.arange(4)).clip(0, _WIDTH - 1), 1).view(">u2")
    tight = np.ascontiguousarray
    src4, dst4 = (mapped(tight(head[:, at : at + 4]).view(">u4").ravel()) for at in (20, 24))
    src6, dst6 = (tight(head[:, at : at + 16]).view(">u8").astype(np.uint64) for at in (16, 32))
    shown = np.where(quoted, version, 0)
    zero = np.uint64(0)
    mtu = np.where(four, head[:, 6].astype(np.uint32) << 8 | head[:, 7], tight(head[:, 4:8]).view(">u4").ravel())
    too_big = quoted & ((four & (kind == 3) & (code == 4)) | (six & (kind == 2)))
    names = [
        _PROTOCOLS.get(int(number), str(int(number))) for number in np.where(quoted, protocol, NO_PROTOCOL).tolist()
    ]
    return {
        "mtu": _where(too_big, mtu),
        "quoted_proto": pl.Series(names).set(pl.Series(~quoted), None),
        "quoted_orig_h": addresses_text(np.where(four, zero, src6[:, 0]), np.where(four, src4, src6[:, 1]), shown),
        "quoted_orig_p": _where(with_ports, ports[:, 0]),
        "quoted_resp_h": addresses_text(np.where(four, zero, dst6[:, 0]), np.where(four, dst4, dst6[:, 1]), shown),
        "quoted_resp_p": _where(with_ports, ports[:, 1]),
        "quoted_ip_id": _where(quoted & four, head[:, 12].astype(np.uint16) << 8 | head[:, 13]),
    }


def _where(known: Array, values: Array) -> pl.Series:
    return pl.Series(values.astype(np.int64)).set(pl.Series(~known), None)
