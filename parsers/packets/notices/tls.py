"""TLS handshakes that failed, and certificates that make them fail."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ..columns import FIN, RST
from . import ERROR, WARN, Notice, Value
from ._make import ConnectionRows, Row, client, from_row, rows, server

if TYPE_CHECKING:
    from ..capture import Capture

PATIENCE = 2.0  # seconds without an answer to a ClientHello
_EXPIRED, _UNKNOWN, _MISSING = "certificate_expired", "unknown_ca", "tls_client_certificate_missing"
_VERSION_ALERTS = ("protocol_version", "inappropriate_fallback")
# What a client says about a certificate whose fault can be seen.
_CERTIFICATE_ALERTS = (_EXPIRED, "bad_certificate", "certificate_unknown")
_CIPHER_ALERTS = ("handshake_failure", "insufficient_security")


def notices(capture: Capture) -> Iterator[Notice]:
    """At most one notice a handshake about its alert, and one about each fault of its certificate."""
    table = capture.tables["tls"]
    for row in rows(table):
        faults = list(_certificate(capture, row))
        if row["alert_level"] == "fatal" and not (faults and row["last_alert"] in _CERTIFICATE_ALERTS):
            yield _alert(capture, row)
        yield from faults
    silent = table.filter(pl.col("hello_frame_number").is_not_null() & pl.col("server_hello_frame_number").is_null())
    # quic.py says what the silence of QUIC means.
    silent = silent.filter(pl.col("last_alert").is_null() & ~pl.col("version").fill_null("").str.contains("QUIC"))
    if len(silent):
        packets_of = ConnectionRows(capture)
        for row in rows(silent):
            yield from _no_answer(capture, row, packets_of)


def _fields(row: Row) -> dict[str, Value | None]:
    return {
        "server_name": row["server_name"],
        "server": server(row),
        "client": row["id_orig_h"],
        "version": row["version"] or row["client_version"],
        "cipher": row["cipher"],
    }


def _host(row: Row) -> str:
    return f"{row['server_name']} ({server(row)})" if row["server_name"] else server(row)


def _alert(capture: Capture, row: Row) -> Notice:
    """What the fatal alert that ended a handshake means."""
    name, sender = row["last_alert"], row["alert_from"]
    note, sentence = _meaning(row, name, sender)
    fields = {**_fields(row), "alert": name, "sender": sender, "issuer": row["issuer"]}
    frames = (row["alert_frame_number"], row["frame_number"], row["certificate_frame_number"])
    return from_row(capture, note, ERROR, row, sentence, fields, frames)


def _meaning(row: Row, name: str, sender: str) -> tuple[str, str]:
    who = f"The {sender} {client(row) if sender == 'client' else server(row)}"
    host = _host(row)
    no_certificate = row["certificate_requested"] and row["client_certificates"] == 0
    if name == "certificate_required" or (no_certificate and sender == "server"):
        return _MISSING, f"The server {host} asked for a client certificate, got none and ended the handshake"
    if name == _UNKNOWN:
        issuer = f", issued by {row['issuer']}" if row["issuer"] else ""
        if sender == "client":
            return "tls_unknown_ca", f"{who} does not trust the certificate of {host}{issuer} (alert unknown_ca)"
        return "tls_unknown_ca", f"{who} does not trust the client's certificate (alert unknown_ca)"
    if name == _EXPIRED:
        whose = f"the certificate of {host}" if sender == "client" else "the client's certificate"
        return "tls_certificate_expired", f"{who} says that {whose} has expired (alert certificate_expired)"
    if name in _VERSION_ALERTS:
        offer = f"; the client offers up to {row['client_version']}" if row["client_version"] else ""
        return "tls_version_mismatch", f"{who} found no TLS version in common with {_other(row, sender)}{offer}"
    if name in _CIPHER_ALERTS and sender == "server" and row["version"] is None:
        count = row["client_ciphers"] or 0
        return (
            "tls_cipher_mismatch",
            f"The server {host} accepts none of the {count} cipher suites, or none of the curves and signatures, "
            f"that the client offers (alert {name})",
        )
    if name == "encrypted":
        why = (
            "very likely it does not accept the server's certificate" if sender == "client" else "it refused the client"
        )
        return "tls_alert", f"{who} ended the TLS 1.3 handshake with {host} by an encrypted alert: {why}"
    return "tls_alert", f"{who} ended the TLS handshake with {_other(row, sender)} by the alert {name}"


def _other(row: Row, sender: str) -> str:
    return _host(row) if sender == "client" else f"the client {client(row)}"


def _certificate(capture: Capture, row: Row) -> Iterator[Notice]:
    """Faults of the server's certificate, by the clock of the capture."""
    seen, before, after = row["time"], row["not_valid_before"], row["not_valid_after"]
    frames = (row["certificate_frame_number"], row["frame_number"], row["alert_frame_number"])
    about = {**_fields(row), "subject": row["common_name"] or row["subject"], "issuer": row["issuer"]}
    host = _host(row)
    if seen and after and seen > after:
        msg = f"The certificate of {host} expired on {_day(after)}, {_days(seen, after)} before this handshake"
        fields = {**about, "not_valid_after": _day(after)}
        yield from_row(capture, "tls_certificate_expired", ERROR, row, msg, fields, frames)
    if seen and before and seen < before:
        msg = f"The certificate of {host} is valid from {_day(before)} on, {_days(before, seen)} after this handshake: "
        msg += "it is new, or a clock is wrong"
        fields = {**about, "not_valid_before": _day(before)}
        yield from_row(capture, "tls_certificate_not_yet_valid", ERROR, row, msg, fields, frames)
    if row["name_matches"] is False:
        names = ", ".join(row["san_dns"][:5] or [row["common_name"] or "no name"])
        msg = f"The client asked for {row['server_name']}, but the certificate of {server(row)} is for {names}"
        fields = {**about, "names": ",".join(row["san_dns"][:10])}
        severity = WARN if row["established"] else ERROR
        yield from_row(capture, "tls_name_mismatch", severity, row, msg, fields, frames)


def _day(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d}"


def _days(late: datetime, early: datetime) -> str:
    days = (late - early).days
    return f"{days:,} day{'' if days == 1 else 's'}"


def _no_answer(capture: Capture, row: Row, packets_of: ConnectionRows) -> Iterator[Notice]:
    """A ClientHello that got a reset, an end, something that is not TLS, or nothing."""
    packets = capture.packets
    hello = row["hello_frame_number"] - 1
    of_connection = packets_of.get(int(packets.connection[hello]))
    later = of_connection[of_connection > hello]
    if np.all(packets.from_orig[of_connection] == packets.from_orig[hello]):
        return  # the capture holds one direction only
    back = later[packets.from_orig[later] != packets.from_orig[hello]]
    data = back[packets.payload_length[back] > 0]
    ended = back[(packets.tcp_flags[back] & (RST | FIN)) != 0]
    went_on = later[packets.from_orig[later] == packets.from_orig[hello]]
    went_on = went_on[(packets.payload_length[went_on] > 0) & (packets.seq[went_on] != packets.seq[hello])]
    waited = (int(packets.time.max()) - int(packets.time[hello])) / 1e9
    how, frame = "silence", None
    if len(data):
        how, frame = "not_tls", int(data[0])
        if packets.payload_bytes(frame, 1)[:1] in (b"\x14", b"\x15", b"\x16", b"\x17"):
            return  # TLS that the capture holds in part only
    elif len(went_on) and packets.payload_bytes(int(went_on[0]), 1)[:1] in (b"\x14", b"\x16", b"\x17"):
        return  # the client goes on with the handshake: the capture missed the answer
    elif len(ended):
        frame = int(ended[0])
        how = "reset" if packets.tcp_flags[frame] & RST else "closed"
    elif waited < PATIENCE:
        return
    what = {
        "not_tls": "answered the ClientHello with something that is not TLS: it speaks another protocol on this port",
        "reset": "reset the connection instead of answering the ClientHello",
        "closed": "closed the connection instead of answering the ClientHello",
        "silence": "did not answer the ClientHello",
    }[how]
    fields = {**_fields(row), "answer": how}
    frames = (row["hello_frame_number"], None if frame is None else frame + 1)
    yield from_row(capture, "tls_no_answer", ERROR, row, f"The server {_host(row)} {what}", fields, frames)
