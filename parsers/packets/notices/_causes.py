"""Which notices are the symptom of another one that is about the same connection, or about the same server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from . import INFO, WARN, Notice

# By the note of a cause: what it makes of the connections that it is about.
_OF_CONNECTION = {
    "tcp_half_open": ("tcp_loss", "tcp_rto_stall", "tcp_reset_midstream", "tcp_spurious_retransmission"),
    "mtu_black_hole": ("tcp_loss", "tcp_rto_stall", "tcp_reset_midstream", "tls_no_answer", "http_slow_network"),
    "icmp_unreachable": (
        "tcp_syn_unanswered",
        "quic_unanswered",
        "tcp_loss",
        "tcp_rto_stall",
        "dns_timeout",
        "ntp_unanswered",
    ),
    "tls_no_answer": ("tcp_reset_midstream",),
    "tcp_dead_after_idle": ("tcp_loss", "tcp_rto_stall"),
    "http_response_cut": ("tcp_reset_midstream",),
    "keepalive_race": ("tcp_reset_midstream",),
    "server_silent": ("tcp_reset_midstream", "tls_no_answer"),
    "tcp_reset_middlebox": ("tcp_reset_midstream", "tls_no_answer"),
}
# Reports about a host or network: they are sent for some packets only (RFC 1812 section 4.3.2.8).
_OF_HOST = ("icmp_unreachable", "routing_loop")
_UNREACHED = ("tcp_syn_unanswered", "quic_unanswered", "dns_timeout", "ntp_unanswered")
# What a scan leaves behind at each door that it tries.
_OF_SCAN = (
    "tcp_refused", "tcp_syn_unanswered", "tcp_half_open", "tcp_rto_stall", "tcp_loss", "tcp_spurious_retransmission",
    "icmp_unreachable", "arp_unanswered",
)  # fmt: skip
# What frames that circle, or are repeated by the thousand, look like besides.
_OF_STORM = ("capture_duplicate_frames", "arp_unanswered", "arp_sweep")
_HOST_CODES = (
    "host_unreachable", "network_unreachable", "no_route", "address_unreachable", "host_prohibited",
    "network_prohibited", "host_unknown", "network_unknown",
)  # fmt: skip


def filed(found: Sequence[Notice]) -> list[Notice]:
    """The notices; one that follows from another is told as information that names its cause."""
    causes: dict[tuple[str, frozenset[str]], str] = {}
    hosts: dict[str, str] = {}
    scans: set[tuple[str, str]] = set()
    floods: set[str] = set()
    storm = False
    for notice in found:
        if notice.severity_number < WARN:
            continue
        storm |= notice.note == "broadcast_storm"
        if notice.note == "tcp_half_open" and "clients" in notice.fields:
            floods.add(notice.dst)
        if notice.note == "port_scan":
            scans.add((_host(notice.src), notice.dst))
        code = str(notice.fields.get("code", ""))
        for symptom in _OF_CONNECTION.get(notice.note, ()):
            # A closed port of UDP weighs less than the connection that it cost; to TCP it is the answer of a firewall.
            if code != "port_unreachable" or symptom == "quic_unanswered" or notice.fields.get("proto") == "tcp":
                causes.setdefault((symptom, frozenset((notice.src, notice.dst))), notice.note)
        if notice.note in _OF_HOST and (notice.note != "icmp_unreachable" or code in _HOST_CODES):
            hosts.setdefault(_host(notice.dst), notice.note)
    if not causes and not hosts and not scans and not floods and not storm:
        return list(found)
    told = [_of(notice, causes, hosts) for notice in found]
    return [_of_many(notice, scans, floods, storm) for notice in told]


def _of_many(notice: Notice, scans: set[tuple[str, str]], floods: set[str], storm: bool) -> Notice:
    """A consequence of what many packets are part of: a scan from a host, a flood of a server, a storm."""
    if notice.note in _OF_SCAN and scans:
        host, port = _host(notice.dst), notice.dst.rpartition(":")[2]
        cause = "port_scan" if {(_host(notice.src), host), (_host(notice.src), f"*:{port}")} & scans else ""
    else:
        cause = "broadcast_storm" if storm and notice.note in _OF_STORM else ""
    if notice.note == "tcp_half_open" and notice.dst in floods and "clients" not in notice.fields:
        cause = "syn_flood"
    if not cause or notice.severity_number < WARN:
        return notice
    return replace(notice, severity_number=INFO, fields={**notice.fields, "cause": cause})


def _of(notice: Notice, causes: dict[tuple[str, frozenset[str]], str], hosts: dict[str, str]) -> Notice:
    cause = causes.get((notice.note, frozenset((notice.src, notice.dst))))
    if cause is None and notice.note in _UNREACHED:
        cause = hosts.get(_host(notice.dst))
    if cause is None:
        return notice
    return replace(notice, severity_number=INFO, fields={**notice.fields, "cause": cause})


def _host(endpoint: str) -> str:
    """The address of an endpoint, which may be without a port."""
    if endpoint.startswith("["):
        return endpoint[1:].partition("]")[0]
    return endpoint.rpartition(":")[0] if endpoint.count(":") == 1 else endpoint
