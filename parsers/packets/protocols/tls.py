"""TLS in the clear: hellos, certificates and alerts (RFC 8446, RFC 5246)."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field

from .x509 import Certificate
from .x509 import parse as parse_certificate

CHANGE_CIPHER_SPEC, ALERT, HANDSHAKE, APPLICATION = 20, 21, 22, 23
CLIENT_HELLO, SERVER_HELLO, CERTIFICATE, CERTIFICATE_REQUEST = 1, 2, 11, 13
FATAL = 2

# https://www.iana.org/assignments/tls-parameters
VERSIONS = {
    0x0002: "SSLv2",
    0x0300: "SSLv3",
    0x0301: "TLSv1.0",
    0x0302: "TLSv1.1",
    0x0303: "TLSv1.2",
    0x0304: "TLSv1.3",
}
ALERTS = {
    0: "close_notify", 10: "unexpected_message", 20: "bad_record_mac", 21: "decryption_failed", 22: "record_overflow",
    30: "decompression_failure", 40: "handshake_failure", 41: "no_certificate", 42: "bad_certificate",
    43: "unsupported_certificate", 44: "certificate_revoked", 45: "certificate_expired", 46: "certificate_unknown",
    47: "illegal_parameter", 48: "unknown_ca", 49: "access_denied", 50: "decode_error", 51: "decrypt_error",
    60: "export_restriction", 70: "protocol_version", 71: "insufficient_security", 80: "internal_error",
    86: "inappropriate_fallback", 90: "user_canceled", 100: "no_renegotiation", 109: "missing_extension",
    110: "unsupported_extension", 111: "certificate_unobtainable", 112: "unrecognized_name",
    113: "bad_certificate_status_response", 114: "bad_certificate_hash_value", 115: "unknown_psk_identity",
    116: "certificate_required", 120: "no_application_protocol",
}  # fmt: skip
CIPHERS = {
    0x1301: "TLS_AES_128_GCM_SHA256", 0x1302: "TLS_AES_256_GCM_SHA384", 0x1303: "TLS_CHACHA20_POLY1305_SHA256",
    0x1304: "TLS_AES_128_CCM_SHA256", 0x1305: "TLS_AES_128_CCM_8_SHA256",
    0x0004: "TLS_RSA_WITH_RC4_128_MD5", 0x0005: "TLS_RSA_WITH_RC4_128_SHA", 0x000A: "TLS_RSA_WITH_3DES_EDE_CBC_SHA",
    0x0016: "TLS_DHE_RSA_WITH_3DES_EDE_CBC_SHA", 0x002F: "TLS_RSA_WITH_AES_128_CBC_SHA",
    0x0033: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA", 0x0035: "TLS_RSA_WITH_AES_256_CBC_SHA",
    0x0039: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA", 0x003C: "TLS_RSA_WITH_AES_128_CBC_SHA256",
    0x003D: "TLS_RSA_WITH_AES_256_CBC_SHA256", 0x0067: "TLS_DHE_RSA_WITH_AES_128_CBC_SHA256",
    0x006B: "TLS_DHE_RSA_WITH_AES_256_CBC_SHA256", 0x009C: "TLS_RSA_WITH_AES_128_GCM_SHA256",
    0x009D: "TLS_RSA_WITH_AES_256_GCM_SHA384", 0x009E: "TLS_DHE_RSA_WITH_AES_128_GCM_SHA256",
    0x009F: "TLS_DHE_RSA_WITH_AES_256_GCM_SHA384", 0xC009: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
    0xC00A: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA", 0xC011: "TLS_ECDHE_RSA_WITH_RC4_128_SHA",
    0xC012: "TLS_ECDHE_RSA_WITH_3DES_EDE_CBC_SHA", 0xC013: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
    0xC014: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA", 0xC023: "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA256",
    0xC024: "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA384", 0xC027: "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA256",
    0xC028: "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA384", 0xC02B: "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
    0xC02C: "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384", 0xC02F: "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
    0xC030: "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384", 0xCCA8: "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
    0xCCA9: "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256", 0xCCAA: "TLS_DHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
}  # fmt: skip
_HELLO_RETRY = bytes.fromhex("cf21ad74e59a6111be1d8c021e65b891c2a211167abb8c5e079e09e2c8a8339c")  # RFC 8446 4.1.3
_MAX_EXTENSIONS = 128


@dataclass(slots=True)
class Hello:
    """A ClientHello or a ServerHello.

    Attributes:
        version: the highest offered, or the one that was chosen.
        ciphers: the offered ones, or the chosen one; without GREASE.
        server_name: host name of SNI. alpn: application protocols.
        retry: a HelloRetryRequest.
    """

    version: int
    ciphers: tuple[int, ...]
    server_name: str = ""
    alpn: tuple[str, ...] = ()
    retry: bool = False


@dataclass(slots=True)
class Handshake:
    """One handshake message: its type, its content, and where in the stream its record begins."""

    kind: int
    body: bytes
    offset: int


@dataclass(slots=True)
class Side:
    """What one side of a TLS connection sent in the clear.

    Attributes:
        handshakes: messages before encryption begins.
        alerts: (level, description, stream offset) of those in the clear.
        changed: ChangeCipherSpec was sent. offset of it, -1 without.
        encrypted: (record type, length, stream offset) of the first encrypted records.
        broken: offset at which the bytes stopped being TLS records, -1 if they did not.
    """

    handshakes: list[Handshake] = field(default_factory=list)
    alerts: list[tuple[int, int, int]] = field(default_factory=list)
    changed: bool = False
    encrypted: list[tuple[int, int, int]] = field(default_factory=list)
    broken: int = -1
    pending: bytes = b""
    pending_offset: int = 0

    def take(self, kind: int, body: bytes, length: int, offset: int) -> None:
        """Add a record: its type, what the capture holds of it, its length, and where its header is in the stream."""
        if kind == CHANGE_CIPHER_SPEC:
            self.changed = True
        elif kind == ALERT and length == 2 and len(body) == 2 and body[0] in (1, 2):
            self.alerts.append((body[0], body[1], offset))
        elif kind == HANDSHAKE and (not self.changed or _is_hello(body)):
            self._handshake(body, offset)
        else:
            self.encrypted.append((kind, length, offset))

    def _handshake(self, body: bytes, offset: int) -> None:
        if not self.pending:
            self.pending_offset = offset
        data = self.pending + body
        at = 0
        while at + 4 <= len(data):
            length = int.from_bytes(data[at + 1 : at + 4], "big")
            if at + 4 + length > len(data):
                break
            self.handshakes.append(Handshake(data[at], data[at + 4 : at + 4 + length], self.pending_offset))
            at += 4 + length
            self.pending_offset = offset
        self.pending = data[at:]

    def find(self, kind: int) -> Handshake | None:
        """The last message of a type."""
        return next((message for message in reversed(self.handshakes) if message.kind == kind), None)


def _is_hello(body: bytes) -> bool:
    """Whether a handshake record behind ChangeCipherSpec is in the clear: TLS 1.3 after a HelloRetryRequest."""
    return body[:1] in (b"\x01", b"\x02") and int.from_bytes(body[1:4], "big") == len(body) - 4


def version_name(number: int) -> str:
    """The name of a protocol version: "TLSv1.2"."""
    return VERSIONS.get(number) or f"0x{number:04x}"


def alert_name(number: int) -> str:
    """The name of an alert's description: "unknown_ca"."""
    return ALERTS.get(number) or f"alert_{number}"


def cipher_name(number: int) -> str:
    """The name of a cipher suite, or its number."""
    return CIPHERS.get(number) or f"0x{number:04x}"


def parse_hello(message: Handshake) -> Hello | None:
    """Read a ClientHello or ServerHello; None if it is not well formed."""
    body = message.body
    if len(body) < 35:
        return None
    version = int.from_bytes(body[:2], "big")
    at = 35 + body[34]
    if message.kind == SERVER_HELLO:
        hello = Hello(version, _numbers(body[at : at + 2]), retry=body[2:34] == _HELLO_RETRY)
        at += 3
    else:
        size = int.from_bytes(body[at : at + 2], "big")
        hello = Hello(version, _numbers(body[at + 2 : at + 2 + size]))
        at += 2 + size
        at += 1 + (body[at] if at < len(body) else 0)
    _extensions(body[at + 2 :], hello, message.kind == CLIENT_HELLO)
    return hello


def _numbers(data: bytes) -> tuple[int, ...]:
    numbers = struct.unpack(f">{len(data) // 2}H", data[: len(data) // 2 * 2])
    return tuple(number for number in numbers if number & 0x0F0F != 0x0A0A)  # GREASE: RFC 8701


def _extensions(data: bytes, hello: Hello, client: bool) -> None:
    at = 0
    for _ in range(_MAX_EXTENSIONS):
        if at + 4 > len(data):
            return
        kind, length = struct.unpack_from(">HH", data, at)
        value = data[at + 4 : at + 4 + length]
        at += 4 + length
        if kind == 0 and len(value) > 5 and value[2] == 0:
            size = int.from_bytes(value[3:5], "big")
            hello.server_name = value[5 : 5 + min(size, 255)].decode("ascii", "replace")
        elif kind == 16:
            hello.alpn = _protocols(value[2:])
        elif kind == 43:
            offered = [number for number in _numbers(value[1:] if client else value) if number in VERSIONS]
            hello.version = max(offered, default=hello.version)


def _protocols(data: bytes) -> tuple[str, ...]:
    found: list[str] = []
    while data and len(found) < 16:
        found.append(data[1 : 1 + data[0]].decode("ascii", "replace"))
        data = data[1 + data[0] :]
    return tuple(found)


def parse_chain(message: Handshake) -> list[bytes]:
    """The certificates of a Certificate message of TLS 1.2 and before, in DER, the owner's first."""
    body = message.body[3:]
    chain: list[bytes] = []
    while len(body) > 3 and len(chain) < 16:
        length = int.from_bytes(body[:3], "big")
        chain.append(body[3 : 3 + length])
        body = body[3 + length :]
    return chain


def owner(message: Handshake) -> Certificate | None:
    """The first certificate of a Certificate message."""
    chain = parse_chain(message)
    return parse_certificate(chain[0]) if chain else None
