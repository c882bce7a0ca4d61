"""What a certificate (RFC 5280) says about its owner, issuer and time, read from its DER by hand."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address

_INTEGER, _OID, _SEQUENCE, _UTC_TIME = 0x02, 0x06, 0x30, 0x17
_ALT_NAMES = b"\x55\x1d\x11"  # 2.5.29.17
_MAX_NAMES = 256
_ATTRIBUTES = {
    b"\x55\x04\x03": "CN", b"\x55\x04\x06": "C", b"\x55\x04\x07": "L", b"\x55\x04\x08": "ST", b"\x55\x04\x0a": "O",
    b"\x55\x04\x0b": "OU", b"\x55\x04\x05": "serialNumber", b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01": "emailAddress",
    b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19": "DC",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Certificate:
    """What is read of a certificate.

    Attributes:
        subject, issuer: distinguished names as "CN=a,O=b", in the order in which they are written.
        common_name: the subject's, "" without one.
        names: DNS names and addresses of the subject alternative names.
        not_valid_before, not_valid_after: None where they cannot be read.
        serial: hexadecimal.
    """

    subject: str
    issuer: str
    common_name: str
    names: tuple[str, ...]
    not_valid_before: datetime | None
    not_valid_after: datetime | None
    serial: str

    @property
    def self_signed(self) -> bool:
        """Whether the issuer is the subject itself."""
        return self.subject == self.issuer

    def covers(self, host: str) -> bool:
        """Whether a name is one of the certificate's (RFC 6125: the first label may be a wildcard)."""
        wanted = host.rstrip(".").lower()
        for name in self.names or ((self.common_name,) if self.common_name else ()):
            known = name.rstrip(".").lower()
            if known == wanted or (known.startswith("*.") and "." in wanted and wanted.split(".", 1)[1] == known[2:]):
                return True
        return False


def parse(der: bytes) -> Certificate | None:
    """Read a certificate; None if it is not one or is cut off before its times."""
    try:
        return _certificate(der)
    except (_MalformedError, ValueError):
        return None


class _MalformedError(Exception):
    """The bytes are not DER of the shape that is expected."""


def _certificate(der: bytes) -> Certificate:
    fields = list(_children(_first(_first(der))))
    if fields and fields[0][0] == 0xA0:  # version
        fields = fields[1:]
    if len(fields) < 5 or fields[0][0] != _INTEGER:
        raise _MalformedError
    issuer, _ = _distinguished(fields[2][1])
    times = [_time(tag, raw) for tag, raw in _children(fields[3][1])]
    subject, common = _distinguished(fields[4][1])
    names: list[str] = []
    for tag, raw in fields[5:]:
        if tag == 0xA3:
            names = _alternative_names(raw)
    return Certificate(
        subject=subject,
        issuer=issuer,
        common_name=common,
        names=tuple(names),
        not_valid_before=times[0] if times else None,
        not_valid_after=times[1] if len(times) > 1 else None,
        serial=fields[0][1][:32].hex(),
    )


def _children(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Tag and content of each element; what follows a broken one is not read."""
    at = 0
    while at + 2 <= len(data):
        tag, length = data[at], data[at + 1]
        at += 2
        if length & 0x80:
            count = length & 0x7F
            if not 1 <= count <= 4 or at + count > len(data):
                return
            length = int.from_bytes(data[at : at + count], "big")
            at += count
        # The last element of a certificate that a capture has cut is given as far as it goes.
        yield tag, data[at : at + length]
        at += length


def _first(data: bytes) -> bytes:
    for tag, raw in _children(data):
        if tag == _SEQUENCE:
            return raw
        break
    raise _MalformedError


def _distinguished(data: bytes) -> tuple[str, str]:
    parts: list[str] = []
    common = ""
    for _, group in _children(data):
        for _, pair in _children(group):
            items = list(_children(pair))
            if len(items) < 2 or items[0][0] != _OID:
                continue
            name = _ATTRIBUTES.get(items[0][1])
            value = _string(*items[1])
            if name:
                parts.append(f"{name}={value}")
            if name == "CN":
                common = value
    return ",".join(parts[:32]), common


def _string(tag: int, raw: bytes) -> str:
    encoding = {0x1E: "utf-16-be", 0x1C: "utf-32-be", 0x14: "latin-1"}.get(tag, "utf-8")
    return raw[:512].decode(encoding, "replace")


def _time(tag: int, raw: bytes) -> datetime | None:
    text = raw.decode("ascii", "replace").rstrip("Z")
    if tag == _UTC_TIME:  # RFC 5280 section 4.1.2.5.1: 50 and above is 19YY
        text = ("19" if text[:2] >= "50" else "20") + text
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None


def _alternative_names(data: bytes) -> list[str]:
    names: list[str] = []
    for _, extension in _children(_first(data)):
        items = list(_children(extension))
        if len(items) < 2 or items[0] != (_OID, _ALT_NAMES):
            continue
        for tag, raw in _children(_first(items[-1][1])):
            if tag == 0x82:
                names.append(raw[:255].decode("utf-8", "replace"))
            elif tag == 0x87 and len(raw) in (4, 16):
                names.append(str(ip_address(raw)))
            if len(names) >= _MAX_NAMES:
                return names
    return names
