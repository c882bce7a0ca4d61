"""QUIC packets with a long header (RFC 8999, RFC 9000, RFC 9369), and what Initial packets carry.

The keys of Initial packets follow from the connection id that the client chose (RFC 9001 section 5.2): anybody who sees
the packets can read them. That takes AES, which the package `cryptography` brings.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec

INITIAL, ZERO_RTT, HANDSHAKE, RETRY, NEGOTIATION = "initial", "0rtt", "handshake", "retry", "negotiation"
V1, V2 = 0x00000001, 0x6B3343CF
_KINDS = {False: (INITIAL, ZERO_RTT, HANDSHAKE, RETRY), True: (RETRY, INITIAL, ZERO_RTT, HANDSHAKE)}
_SALT_1 = bytes.fromhex("38762cf7f55934b34d179ae6a4c80cadccbb7f0a")
_SALT_2 = bytes.fromhex("0dede3def700a6db819381be6e269dcbf9bd2ed9")
_SALT_29 = bytes.fromhex("afbfec289993d24c9e9786f19c6111e04390a899")  # draft-ietf-quic-tls-29 to -32
_MOST_ID = 20
_TAG, _SAMPLE = 16, 16
_MAX_PACKETS = 16  # of a datagram
_MAX_FRAMES = 512
_CLOSE_ALERT = 0x100  # RFC 9001 section 4.8: the alert is added to it
PADDING, PING, ACK, ACK_ECN, CRYPTO, CLOSE = 0, 1, 2, 3, 6, 0x1C


@dataclass(slots=True)
class Packet:
    """One packet with a long header.

    Attributes:
        kind: one of the names above. version: 0 for a negotiation.
        target, source: connection ids.
        versions: that a server offers. data: the packet as far as it is there, begin: where its number stands.
    """

    kind: str
    version: int
    target: bytes
    source: bytes
    data: bytes = b""
    begin: int = 0
    versions: tuple[int, ...] = ()


def can_decrypt() -> bool:
    """Whether Initial packets can be read here."""
    return find_spec("cryptography") is not None


def version_name(number: int) -> str:
    """The name of a version: "QUICv1"."""
    if number in (V1, V2):
        return "QUICv1" if number == V1 else "QUICv2"
    if number >> 8 == 0xFF0000:
        return f"QUIC-draft-{number & 0xFF}"
    if number >> 24 == 0x51 and number >> 16 & 0xFF in range(0x30, 0x3A):
        return f"gQUIC-{number.to_bytes(4, 'big').decode('ascii', 'replace')}"
    return f"QUIC-{number:#010x}"


def reserved(number: int) -> bool:
    """Whether a version is one that only exercises negotiation (RFC 9000 section 15)."""
    return number & 0x0F0F0F0F == 0x0A0A0A0A


def known(number: int) -> bool:
    """Whether a number is that of a version that somebody speaks, or reserved."""
    return number in (V1, V2) or number >> 8 == 0xFF0000 or number >> 16 in range(0x5130, 0x513A) or reserved(number)


def packets(datagram: bytes) -> Iterator[Packet]:
    """The packets with a long header at the beginning of a datagram."""
    at = 0
    for _ in range(_MAX_PACKETS):
        data = datagram[at:]
        if len(data) < 7 or not data[0] & 0x80:
            return
        version = int.from_bytes(data[1:5], "big")
        target, place = _identifier(data, 5)
        source, place = _identifier(data, place)
        if place < 0:
            return
        if version == 0:
            words = data[place : place + 256]
            offered = [int.from_bytes(words[i : i + 4], "big") for i in range(0, len(words) - 3, 4)]
            yield Packet(NEGOTIATION, 0, target, source, versions=tuple(offered))
            return
        if not data[0] & 0x40 or not known(version):
            return
        kind = _KINDS[version == V2][data[0] >> 4 & 3]
        if kind == RETRY or version >> 24 == 0x51:
            yield Packet(kind, version, target, source)
            return
        if kind == INITIAL:
            size, place = _number(data, place)
            place = place + size if place >= 0 else -1  # a token
        length, place = _number(data, place) if place >= 0 else (0, -1)
        if place < 0:
            return
        yield Packet(kind, version, target, source, data[: place + length], place)
        at += place + length


def _identifier(data: bytes, at: int) -> tuple[bytes, int]:
    if at < 0 or at >= len(data) or data[at] > _MOST_ID or at + 1 + data[at] > len(data):
        return b"", -1
    return data[at + 1 : at + 1 + data[at]], at + 1 + data[at]


def _number(data: bytes, at: int) -> tuple[int, int]:
    """An integer of variable length (RFC 9000 section 16), and where it ends; -1 if it does not."""
    if at >= len(data):
        return 0, -1
    size = 1 << (data[at] >> 6)
    raw = data[at : at + size]
    if len(raw) < size:
        return 0, -1
    return int.from_bytes(raw, "big") & ((1 << (8 * size - 2)) - 1), at + size


def _expand(secret: bytes, label: bytes, length: int) -> bytes:
    """HKDF-Expand-Label (RFC 8446 section 7.1) of at most 32 bytes."""
    full = b"tls13 " + label
    info = length.to_bytes(2, "big") + bytes([len(full)]) + full + b"\0"
    return hmac.digest(secret, info + b"\x01", hashlib.sha256)[:length]


@lru_cache(1024)
def _keys(version: int, target: bytes, client: bool) -> tuple[bytes, bytes, bytes]:
    """Key, initialisation vector and key of the header of a side's Initial packets."""
    salt = _SALT_1 if version == V1 else _SALT_2 if version == V2 else _SALT_29
    secret = _expand(hmac.digest(salt, target, hashlib.sha256), b"client in" if client else b"server in", 32)
    word = b"quicv2 " if version == V2 else b"quic "
    return _expand(secret, word + b"key", 16), _expand(secret, word + b"iv", 12), _expand(secret, word + b"hp", 16)


def decrypt(packet: Packet, target: bytes, client: bool) -> bytes | None:
    """What an Initial packet carries; None if that connection id is not the one, or the packet is cut.

    Args:
        packet: an Initial packet.
        target: connection id that the client first wrote to, or that a Retry told it.
        client: whether the client sent it.
    """
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    data, at = packet.data, packet.begin
    if len(data) < at + 4 + _SAMPLE + 1:
        return None
    key, vector, header = _keys(packet.version, target, client)
    sample = data[at + 4 : at + 4 + _SAMPLE]
    encryptor = Cipher(algorithms.AES(header), modes.ECB()).encryptor()  # noqa: S305 - as RFC 9001 section 5.4.3 wants
    mask = encryptor.update(sample)
    first = data[0] ^ (mask[0] & 0x0F)
    size = (first & 3) + 1
    number = bytes(a ^ b for a, b in zip(data[at : at + size], mask[1:5], strict=False))
    nonce = (int.from_bytes(vector, "big") ^ int.from_bytes(number, "big")).to_bytes(12, "big")
    try:
        return AESGCM(key).decrypt(nonce, data[at + size :], bytes([first]) + data[1:at] + number)
    except (InvalidTag, ValueError):
        return None


def frames(payload: bytes) -> Iterator[tuple[int, int, bytes]]:
    """The CRYPTO frames (type, offset, data) and the end of a connection (type, error code, reason) in a payload."""
    at = 0
    for _ in range(_MAX_FRAMES):
        while at < len(payload) and payload[at] in (PADDING, PING):
            at += 1
        if at >= len(payload):
            return
        kind = payload[at]
        at += 1
        if kind in (ACK, ACK_ECN):
            at = _behind_ack(payload, at, kind == ACK_ECN)
        elif kind == CRYPTO:
            offset, at = _number(payload, at)
            size, at = _number(payload, at) if at >= 0 else (0, -1)
            if at >= 0:
                yield kind, offset, payload[at : at + size]
                at += size
        elif kind == CLOSE:
            code, at = _number(payload, at)
            _, at = _number(payload, at) if at >= 0 else (0, -1)
            size, at = _number(payload, at) if at >= 0 else (0, -1)
            if at >= 0:
                yield kind, code, payload[at : at + size]
            return
        else:
            return
        if at < 0:
            return


def _behind_ack(payload: bytes, at: int, counts: bool) -> int:
    ranges = 0
    for place in range(4):
        value, at = _number(payload, at)
        if at < 0:
            return -1
        ranges = value if place == 2 else ranges
    for _ in range(min(2 * ranges + 3 * counts, _MAX_FRAMES)):
        _, at = _number(payload, at)
        if at < 0:
            return -1
    return at


def alert(code: int) -> int | None:
    """The TLS alert that an error code stands for, None for another error."""
    return code - _CLOSE_ALERT if _CLOSE_ALERT <= code < 2 * _CLOSE_ALERT else None
