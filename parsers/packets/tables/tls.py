"""tls: one row a TLS connection (Zeek's ssl.log and x509.log): version, cipher, names, certificate, alerts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ...schema import TIME
from ..columns import TCP, Ints
from ..protocols import tls
from ..streams import Stream, streams
from . import _rows

if TYPE_CHECKING:
    from ..capture import Capture

SCHEMA = _rows.schema(
    {
        "version": pl.String,  # that was agreed on, null if none; "QUICv1" where it runs in QUIC
        "client_version": pl.String,  # the highest that the client offered
        "cipher": pl.String,
        "client_ciphers": pl.UInt32,  # how many the client offered
        "server_name": pl.String,
        "next_protocol": pl.String,
        "established": pl.Boolean,
        "last_alert": pl.String,  # in the clear; "encrypted" where only its size tells
        "alert_level": pl.String,  # warning, fatal
        "alert_from": pl.String,  # client, server
        "alert_frame_number": pl.UInt32,
        "alerts": pl.List(pl.String),  # all in the clear: "client fatal unknown_ca"
        "hello_frame_number": pl.UInt32,  # of the ClientHello
        "server_hello_frame_number": pl.UInt32,
        "server_certificates": pl.UInt32,  # how many the server sent, null where they cannot be seen
        "certificate_requested": pl.Boolean,
        "client_certificates": pl.UInt32,  # how many the client sent, 0 for an empty message, null for none
        "subject": pl.String,
        "issuer": pl.String,
        "common_name": pl.String,
        "san_dns": pl.List(pl.String),  # names and addresses
        "not_valid_before": TIME,
        "not_valid_after": TIME,
        "name_matches": pl.Boolean,  # null without server_name or certificate
        "certificate_frame_number": pl.UInt32,
    }
)
_MAX_RECORDS = 64
_AHEAD = 2048  # bytes
_MAX_CLEAR = 256 * 1024  # bytes of handshake a side
_MAX_RECORD = (1 << 14) + 2048  # RFC 5246 section 6.2.3
# Lengths of encrypted TLS 1.3 records with the usual tag of 16 bytes and the type (RFC 8446 section 5.2).
_ALERT_SIZE = 2 + 1 + 16
# A client says that it has no certificate by a message of eight bytes; any other first one is longer.
_NO_CERTIFICATE = (tls.APPLICATION, 8 + 1 + 16)


@dataclass(slots=True)
class _Session:
    connection: int
    client: Stream | None
    server: Stream | None
    sent: tls.Side
    received: tls.Side

    @property
    def row(self) -> int:
        """The packet that the session begins with."""
        if self.client is not None and self.sent.handshakes:
            return self.client.row_at(self.sent.handshakes[0].offset)
        stream = self.server if self.server is not None and self.received.handshakes else self.client or self.server
        side = self.received if stream is self.server else self.sent
        offsets = [message.offset for message in side.handshakes] + [alert[2] for alert in side.alerts]
        return stream.row_at(min(offsets, default=0)) if stream is not None else 0


def table(capture: Capture) -> pl.DataFrame:
    """Every connection that begins a TLS handshake, or shows an alert in the clear."""
    begins = _begins(capture)
    connections = np.unique(capture.packets.connection[begins]).astype(np.int64)
    sessions: list[_Session] = []
    likely = np.zeros(len(capture.packets), np.bool_)
    likely[begins] = True
    for connection, sides in streams(capture, connections, likely):
        session = _session(connection, sides)
        if session is not None:
            sessions.append(session)
    swaps = [session.client is None or session.row not in session.client.rows for session in sessions]
    rows = [_columns(session) for session in sessions]
    own = {name: [row.get(name) for row in rows] for name in SCHEMA if name not in _rows.IDENTITY}
    found = _rows.build(capture, SCHEMA, [session.row for session in sessions], swaps, own)
    datagrams = capture.tables["quic"]
    if len(datagrams):
        found = pl.concat([found, _of_quic(datagrams)], how="diagonal").sort("frame_number", maintain_order=True)
    return found


def _of_quic(datagrams: pl.DataFrame) -> pl.DataFrame:
    """The handshakes in QUIC, which is TLS 1.3 without its records (RFC 9001)."""
    return datagrams.rename({"client_protocol": "next_protocol"}).select(
        *(name for name in SCHEMA if name in datagrams.columns or name == "next_protocol"),
        alerts=pl.when(pl.col("last_alert").is_not_null())
        .then(pl.concat_list(pl.col("alert_from") + " fatal " + pl.col("last_alert")))
        .otherwise(pl.lit([], pl.List(pl.String))),
        alert_level=pl.when(pl.col("last_alert").is_not_null()).then(pl.lit("fatal")),
        certificate_requested=pl.lit(False),
    )


def _begins(capture: Capture) -> Ints:
    """Packets that begin with a handshake record or an alert in the clear."""
    packets = capture.packets
    rows = np.flatnonzero((packets.protocol == TCP) & (packets.payload_captured >= 6) & (packets.connection >= 0))
    head = packets.payload_start[rows].astype(">u8").view(np.uint8).reshape(-1, 8)
    version = (head[:, 1] == 3) & (head[:, 2] <= 4)
    size = head[:, 3].astype(np.int32) << 8 | head[:, 4]
    one_or_two = (head[:, 5] == 1) | (head[:, 5] == 2)  # ClientHello and ServerHello, warning and fatal
    hello = (head[:, 0] == tls.HANDSHAKE) & one_or_two & (size >= 4) & (size <= _MAX_RECORD)
    alert = (head[:, 0] == tls.ALERT) & one_or_two & (size == 2)
    found: Ints = rows[version & (hello | alert)]
    return found


def _session(connection: int, sides: list[Stream]) -> _Session | None:
    session = _Session(connection, None, None, tls.Side(), tls.Side())
    for stream in sides:
        side = _read(stream, stream.marks[0]) if stream.marks else tls.Side()
        client = side.find(tls.CLIENT_HELLO) is not None
        server = side.find(tls.SERVER_HELLO) is not None
        if client or (not server and stream.from_orig and session.client is None):
            session.client, session.sent = stream, side
        else:
            session.server, session.received = stream, side
    seen = session.sent.handshakes or session.received.handshakes or session.sent.alerts or session.received.alerts
    return session if seen else None


def _read(stream: Stream, at: int) -> tls.Side:
    """The records of one side from an offset on, as far as they matter."""
    side = tls.Side()
    clear = 0
    read, begin = b"", at  # most records of a handshake are short, and stand in a packet or two
    for _ in range(_MAX_RECORDS):
        if at - begin + 5 > len(read):
            read, begin = stream.read(at, _AHEAD), at
        head = read[at - begin : at - begin + 5]
        if len(head) < 5:
            break
        length = int.from_bytes(head[3:], "big")
        if head[0] not in (20, 21, 22, 23, 24) or head[1] != 3 or length > _MAX_RECORD:
            side.broken = at
            break
        body = b""
        if head[0] != tls.APPLICATION:
            body = read[at - begin + 5 : at - begin + 5 + length]
            body = body if len(body) == length else stream.read(at + 5, length)
        side.take(head[0], body, length, at)
        clear += len(body)
        if (len(body) < length and head[0] == tls.HANDSHAKE) or clear > _MAX_CLEAR:
            break
        at += 5 + length
    return side


def _columns(session: _Session) -> dict[str, object]:
    own: dict[str, object] = {}
    _hellos(session, own)
    _certificates(session, own)
    _alerts(session, own)
    own["established"] = _established(session, str(own.get("version", "")))
    return own


def _hellos(session: _Session, own: dict[str, object]) -> None:
    offer = session.sent.find(tls.CLIENT_HELLO)
    hello = tls.parse_hello(offer) if offer else None
    if offer and session.client:
        own["hello_frame_number"] = session.client.row_at(offer.offset) + 1
    if hello:
        own["client_version"] = tls.version_name(hello.version)
        own["client_ciphers"] = len(hello.ciphers)
        own["server_name"] = hello.server_name or None
        own["next_protocol"] = ",".join(hello.alpn) or None
    choice = session.received.find(tls.SERVER_HELLO)
    chosen = tls.parse_hello(choice) if choice else None
    if choice and chosen and session.server:
        own["version"] = tls.version_name(chosen.version)
        own["cipher"] = tls.cipher_name(chosen.ciphers[0]) if chosen.ciphers else None
        own["server_hello_frame_number"] = session.server.row_at(choice.offset) + 1
        if chosen.alpn:
            own["next_protocol"] = chosen.alpn[0]


def _certificates(session: _Session, own: dict[str, object]) -> None:
    own["certificate_requested"] = session.received.find(tls.CERTIFICATE_REQUEST) is not None
    sent = session.sent.find(tls.CERTIFICATE)
    if sent:
        own["client_certificates"] = len(tls.parse_chain(sent))
    elif own.get("version") == "TLSv1.3" and [record[:2] for record in session.sent.encrypted[:1]] == [_NO_CERTIFICATE]:
        own["certificate_requested"], own["client_certificates"] = True, 0
    message = session.received.find(tls.CERTIFICATE)
    if message is None or session.server is None:
        return
    own["server_certificates"] = len(tls.parse_chain(message))
    own["certificate_frame_number"] = session.server.row_at(message.offset) + 1
    certificate = tls.owner(message)
    if certificate is None:
        return
    own["subject"], own["issuer"] = certificate.subject, certificate.issuer
    own["common_name"], own["san_dns"] = certificate.common_name, list(certificate.names)
    own["not_valid_before"], own["not_valid_after"] = certificate.not_valid_before, certificate.not_valid_after
    name = own.get("server_name")
    if isinstance(name, str):
        own["name_matches"] = certificate.covers(name)


def _alerts(session: _Session, own: dict[str, object]) -> None:
    """The alerts of both sides; the last fatal one counts, else the last one."""
    found: list[tuple[bool, int, str, str, str]] = []
    for who, stream, side in (("client", session.client, session.sent), ("server", session.server, session.received)):
        if stream is None:
            continue
        for level, kind, offset in side.alerts:
            text = "fatal" if level == tls.FATAL else "warning"
            found.append((level == tls.FATAL, stream.row_at(offset), tls.alert_name(kind), text, who))
    found.sort(key=lambda alert: alert[1])
    own["alerts"] = [f"{who} {level} {name}" for _, _, name, level, who in found]
    hidden = _hidden_alert(session) if own.get("version") == "TLSv1.3" and not found else None
    if hidden:
        found.append((True, hidden[0], "encrypted", "fatal", hidden[1]))
    if found:
        _, row, own["last_alert"], own["alert_level"], own["alert_from"] = max(found, key=lambda alert: alert[:2])
        own["alert_frame_number"] = row + 1


def _hidden_alert(session: _Session) -> tuple[int, str] | None:
    """Packet and side of an alert that TLS 1.3 hides, known by its size and place: in a handshake that it ends."""
    client, server = session.sent.encrypted, session.received.encrypted
    if session.client is not None and len(client) == 1 and client[0][:2] == (tls.APPLICATION, _ALERT_SIZE):
        return session.client.row_at(client[0][2]), "client"
    if session.server is None or session.client is None or not client or not server:
        return None
    row = session.server.row_at(server[-1][2])
    finished = session.client.row_at(client[0][2])
    # Behind the client's Finished a server goes on with a ticket or data; an alert as the first thing is a refusal.
    first = [record for record in server if session.server.row_at(record[2]) > finished]
    if len(first) == 1 and first[0][:2] == (tls.APPLICATION, _ALERT_SIZE):
        return row, "server"
    return None


def _established(session: _Session, version: str) -> bool:
    """Whether both sides finished the handshake."""
    fatal = any(level == tls.FATAL for side in (session.sent, session.received) for level, _, _ in side.alerts)
    client, server = session.sent.encrypted, session.received.encrypted
    if fatal or not client:
        return False
    if version == "TLSv1.3":
        return bool(server) and client[0][1] > _ALERT_SIZE and _hidden_alert(session) is None
    return session.sent.changed and session.received.changed and bool(server)
