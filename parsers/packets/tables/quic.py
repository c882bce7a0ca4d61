"""quic: one row a QUIC connection that begins in the capture (Zeek's quic.log), with what its hellos say."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from ...contract import Problem
from ..columns import UDP, Bools, Ints, Rows
from ..protocols import quic, tls
from ..reading import gathered
from . import _rows

if TYPE_CHECKING:
    from ..capture import Capture

SCHEMA = _rows.schema(
    {
        "version": pl.String,  # "QUICv1", that the client speaks
        "offered_versions": pl.List(pl.String),  # by a server that does not speak that one
        "client_initial_dcid": pl.String,
        "server_name": pl.String,
        "client_protocol": pl.String,  # "h3", that was agreed on where that can be seen, else what the client offers
        "client_version": pl.String,  # of TLS
        "client_ciphers": pl.UInt32,
        "cipher": pl.String,
        "retry": pl.Boolean,
        "attempts": pl.UInt32,  # datagrams with an Initial of the client before the server's first packet
        "unanswered": pl.Boolean,  # null where the capture ended too soon to tell
        "established": pl.Boolean,
        "last_alert": pl.String,
        "alert_from": pl.String,
        "alert_frame_number": pl.UInt32,
        "hello_frame_number": pl.UInt32,
        "server_hello_frame_number": pl.UInt32,
        "response_frame_number": pl.UInt32,
    }
)
PATIENCE = 2.0  # seconds; clients ask again after one at most (RFC 9002 section 6.2.2)
_SMALLEST = 1200  # bytes of a datagram with an Initial of a client (RFC 9000 section 14.1)
_MOST = 64  # datagrams with a long header that are read of a connection
_MAX_HELLO = 65_536


@dataclass(slots=True)
class _Side:
    """What one side says in its Initial packets: the pieces of its handshake, and how it ended the connection."""

    pieces: dict[int, bytes] = field(default_factory=dict)
    closed: int | None = None
    closed_row: int = 0

    def take(self, payload: bytes, row: int) -> None:
        for kind, number, data in quic.frames(payload):
            if kind == quic.CLOSE:
                self.closed, self.closed_row = number, row
            elif number + len(data) <= _MAX_HELLO and len(data) > len(self.pieces.get(number, b"")):
                self.pieces[number] = data

    def hello(self, kind: int) -> tls.Hello | None:
        """The hello at the beginning, if all of it is there."""
        data = b""
        for offset, piece in sorted(self.pieces.items()):
            if offset > len(data):
                break
            data += piece[len(data) - offset :]
        if len(data) < 4 or data[0] != kind or len(data) < 4 + int.from_bytes(data[1:4], "big"):
            return None
        return tls.parse_hello(tls.Handshake(kind, data[4 : 4 + int.from_bytes(data[1:4], "big")], 0))


@dataclass(slots=True)
class _Session:
    row: int
    version: int
    target: bytes
    sent: _Side = field(default_factory=_Side)
    received: _Side = field(default_factory=_Side)
    offered: tuple[int, ...] = ()
    retry: bytes | None = None
    attempts: int = 0
    response: int | None = None
    server_hello: int | None = None
    established: bool = False


def table(capture: Capture) -> pl.DataFrame:
    """Every QUIC connection of which the client's first packet is there."""
    sessions = list(_sessions(capture))
    decrypts = quic.can_decrypt()
    if sessions and not decrypts:
        message = f"The names in {len(sessions):,} QUIC connections were not read: that needs the package cryptography."
        capture.problems.append(Problem(capture.path, "encrypted", message))
    end = int(capture.packets.time.max(initial=0))
    rows = [_columns(capture, session, end) for session in sessions]
    own: dict[str, Any] = {name: [row.get(name) for row in rows] for name in SCHEMA if name not in _rows.IDENTITY}
    return _rows.build(capture, SCHEMA, [one.row for one in sessions], [False] * len(sessions), own)


def _sessions(capture: Capture) -> Iterator[_Session]:
    packets = capture.packets
    datagrams = (packets.protocol == UDP) & (packets.connection >= 0) & packets.has("payload") & ~capture.duplicate
    openers = np.flatnonzero(datagrams & (packets.payload_length >= _SMALLEST))
    openers = openers[_initial(_heads(capture, openers))]
    if not len(openers):
        return
    chosen = np.zeros(len(capture.connections) + 1, np.bool_)
    chosen[packets.connection[openers]] = True
    rows = np.flatnonzero(datagrams & chosen[packets.connection])
    rows = rows[np.argsort(packets.connection[rows], kind="stable")]
    head = _heads(capture, rows)
    long, short = head[:, 0] & 0x80 != 0, head[:, 0] & 0xC0 == 0x40
    edges = np.flatnonzero(np.diff(packets.connection[rows], prepend=-1, append=-1))
    first = set(openers.tolist())
    for low, high in zip(edges[:-1].tolist(), edges[1:].tolist(), strict=True):
        session = _session(capture, rows[low:high], long[low:high], first)
        if session is not None:
            who = packets.from_orig[rows[low:high][short[low:high]]]
            session.established = bool(who.any() and not who.all())
            yield session


def _heads(capture: Capture, rows: Rows) -> np.ndarray[Any, np.dtype[np.uint8]]:
    packets = capture.packets
    return gathered(packets, packets.place("payload", rows), packets.payload_captured[rows].astype(np.int64), 5)


def _initial(head: np.ndarray[Any, np.dtype[np.uint8]]) -> Bools:
    """Which datagrams may begin with an Initial packet of a version that somebody speaks."""
    version = np.ascontiguousarray(head[:, 1:5]).view(">u4").ravel()
    distinct, where = np.unique(version, return_inverse=True)
    spoken = np.array([quic.known(int(number)) for number in distinct], np.bool_)
    kind = head[:, 0] >> 4 & 3
    right = np.where(version == quic.V2, kind == 1, kind == 0) | (version >> 24 == 0x51)
    return np.asarray(spoken[where] & right & (head[:, 0] & 0xC0 == 0xC0))


def _session(capture: Capture, rows: Ints, long: Bools, openers: set[int]) -> _Session | None:
    """Follow the packets of a connection; None where it does not begin with an Initial."""
    packets = capture.packets
    session: _Session | None = None
    client = True
    decrypts = quic.can_decrypt()
    for row in rows[long][:_MOST].tolist():
        from_client = bool(packets.from_orig[row]) == client
        for place, packet in enumerate(quic.packets(packets.payload_bytes(row))):
            if session is None:
                if row not in openers or packet.kind != quic.INITIAL:
                    return None
                session = _Session(row, packet.version, packet.target)
                client, from_client = bool(packets.from_orig[row]), True
            if not from_client:
                session.response = row if session.response is None else session.response
            elif packet.kind == quic.INITIAL and session.response is None and place == 0:
                session.attempts += 1
            _take(session, packet, row, from_client, decrypts)
    if session is not None and session.response is None:
        back = rows[(packets.from_orig[rows] != client) & (rows > session.row)]
        session.response = int(back[0]) if len(back) else None
    return session


def _take(session: _Session, packet: quic.Packet, row: int, client: bool, decrypts: bool) -> None:
    if packet.kind == quic.NEGOTIATION and not client:
        session.offered = packet.versions
    elif packet.kind == quic.RETRY and not client:
        session.retry = packet.source
    elif packet.kind == quic.INITIAL:
        if client and session.offered and packet.version != session.version:
            session.version, session.target = packet.version, packet.target  # the client took up an offer
        side = session.sent if client else session.received
        payload = None
        for target in (session.target, session.retry, packet.target):
            if decrypts and payload is None and target is not None:
                payload = quic.decrypt(packet, target, client)
        if payload is not None:
            side.take(payload, row)
            if not client and session.server_hello is None and side.pieces:
                session.server_hello = row


def _columns(capture: Capture, session: _Session, end: int) -> dict[str, object]:
    waited = (end - int(capture.packets.time[session.row])) / 1e9
    unanswered: bool | None = False
    if session.response is None:
        unanswered = True if waited >= PATIENCE else None
    own: dict[str, object] = {
        "version": quic.version_name(session.version),
        "offered_versions": [quic.version_name(number) for number in session.offered if not quic.reserved(number)],
        "client_initial_dcid": session.target.hex(),
        "retry": session.retry is not None,
        "attempts": session.attempts,
        "unanswered": unanswered,
        "established": session.established,
        "hello_frame_number": session.row + 1,
        "server_hello_frame_number": None if session.server_hello is None else session.server_hello + 1,
        "response_frame_number": None if session.response is None else session.response + 1,
    }
    if hello := session.sent.hello(tls.CLIENT_HELLO):
        own["server_name"] = hello.server_name or None
        own["client_protocol"] = ",".join(hello.alpn) or None
        own["client_version"] = tls.version_name(hello.version)
        own["client_ciphers"] = len(hello.ciphers)
    answer = session.received.hello(tls.SERVER_HELLO)
    if answer and answer.ciphers:
        own["cipher"] = tls.cipher_name(answer.ciphers[0])
    for who, side in (("client", session.sent), ("server", session.received)):
        kind = quic.alert(side.closed) if side.closed is not None else None
        if kind is not None:
            own["last_alert"], own["alert_from"] = tls.alert_name(kind), who
            own["alert_frame_number"] = side.closed_row + 1
    return own
