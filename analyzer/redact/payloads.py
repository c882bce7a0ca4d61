"""What packets carry, overwritten in equal length: text, DNS, DHCP, SNMP, logins of old protocols."""

from __future__ import annotations

import mmap
import re
from typing import TYPE_CHECKING

from analyzer.redact.addresses import hides_name
from analyzer.redact.detector import Detector
from analyzer.redact.engine import Redactor
from parsers.packets.protocols.logins import TELNET_PORTS, prompts, secret_at

if TYPE_CHECKING:
    from analyzer.redact.captures import Addresses

_READABLE = re.compile(rb"[\t\r\n\x20-\x7e]{5,}")
_BINARY_LOGINS = (389, 3268, 1883, 5432, 5433, 6432)  # LDAP, MQTT, PostgreSQL
_DNS, _DHCP, _SNMP = (53, 5353, 5355), (67, 68), (161, 162)
_MAIL = (25, 110, 143, 465, 587, 2525)
_MAX_NAMES = 512
# Commands of FTP (RFC 959), POP3 (RFC 1939), IMAP (RFC 9051) and SMTP (RFC 4954); in logs they would be other things.
_LOGINS = (
    Detector("secret", "", re.compile(r"(?m)^(?i:PASS|AUTH PLAIN|AUTH LOGIN|APOP \S+) ([^\r\n]+)")),
    Detector("secret", "", re.compile(r"(?m)^\S{1,20} (?i:LOGIN) \S+ ([^\r\n]+)")),
    # Redis (RESP), with a user or without.
    Detector("secret", "", re.compile(r"\b(?i:AUTH)\r\n(?:\$[0-9]{1,5}\r\n[^\r\n]+\r\n)?\$[0-9]{1,5}\r\n([^\r\n]+)")),
    Detector("user", "", re.compile(r"(?m)^(?i:USER|APOP) ([^\s]+)|^\S{1,20} (?i:LOGIN) ([^\s]+) ")),
)
_ENCODED_LOGIN = re.compile(rb"[0-9A-Za-z+/]{4,}={0,2}\r\n")
_DIGITS = "0123456789abcdefghijklmnopqrstuvwxyz"


def sum_of(data: bytes) -> int:
    """The sum of 16-bit words modulo 65535, of which the Internet checksum (RFC 1071) is the complement."""
    return int.from_bytes(data + b"\0" if len(data) % 2 else data, "big") % 0xFFFF


class Payloads:
    """Overwrites what stands in payloads; the length never changes."""

    def __init__(self, data: mmap.mmap, addresses: Addresses, redactor: Redactor) -> None:
        """Work on the bytes of a capture."""
        self._data = data
        self._addresses = addresses
        self._redactor = redactor
        self._names = redactor.names
        # Addresses and ports of the clients that a Telnet server has asked for a password, and whether one was typed.
        self._asked: dict[tuple[bytes, int], bool] = {}

    def carried(self, protocol: int, header: int, at: int, end: int, ends: bytes) -> None:
        """What TCP or UDP carries; `header` is where their header begins, `ends` the two addresses."""
        data = self._data
        if at >= end:
            return
        ports = (int.from_bytes(data[header : header + 2], "big"), int.from_bytes(data[header + 2 : header + 4], "big"))
        if any(port in _DNS for port in ports):
            self._dns(at + 2 if protocol == 6 else at, end)
        elif protocol == 17 and any(port in _DHCP for port in ports) and end - at >= 240:
            self._dhcp(at, end)
        elif protocol == 17 and any(port in _SNMP for port in ports):
            self._snmp(at, end)
        else:
            if any(port in _MAIL for port in ports) and _ENCODED_LOGIN.fullmatch(data[at:end]):
                data[at : end - 2] = self._names.name("secret", data[at : end - 2].decode("latin-1")).encode()
            if protocol == 6 and ports[1] in _BINARY_LOGINS and (found := secret_at(data[at:end])):
                begin, stop = at + found[0], at + found[1]
                data[begin:stop] = self._names.name("secret", data[begin:stop].decode("latin-1")).encode()
            self.text(at, end)
            if protocol == 6 and any(port in TELNET_PORTS for port in ports):
                self._telnet(ports, ends, at, end)

    def _telnet(self, ports: tuple[int, int], ends: bytes, at: int, end: int) -> None:
        """The password behind a prompt, of which mostly each packet has one character (RFC 854)."""
        data, half = self._data, len(ends) // 2
        if ports[0] in TELNET_PORTS:
            client = (ends[half:], ports[1])
            if prompts(data[max(at, end - 40) : end]):
                self._asked[client] = False
            return
        client = (ends[:half], ports[0])
        if client not in self._asked:
            return
        for place in range(at, end):
            if data[place] in b"\r\n":
                del self._asked[client]
                return
            if 0x20 <= data[place] < 0x7F:
                data[place] = ord("x")
                self._names.counts[self._names.source, "secret"] += not self._asked[client]
                self._asked[client] = True

    def text(self, at: int, end: int) -> None:
        """Overwrite what is to be hidden in readable bytes."""
        data = self._data
        for run in _READABLE.finditer(data[at:end] if end > at else b""):
            before = run.group().decode("latin-1")
            after = before
            for detector in _LOGINS:
                after = detector.replace(after, self._names)
            after = self._redactor.text(after)
            if after != before and len(after) == len(before):
                data[at + run.start() : at + run.end()] = after.encode("latin-1")

    def _label(self, label: bytes) -> bytes:
        """A label of a host name that stands for another of the same length."""
        number, out = self._names.number("host", label.decode("latin-1").lower()), ""
        self._names.counts[self._names.source, "host"] += 1
        while number:
            number, digit = divmod(number, 36)
            out = _DIGITS[digit] + out
        size = len(label)
        return (("h" + out).ljust(size, "x") if size > len(out) else out[-size:]).encode()

    def _name(self, start: int, at: int, end: int, *, hide: bool = True) -> int:
        """Hide a DNS name (RFC 1035, 4.1.4) in place; returns where the name ends.

        Labels behind a pointer belong to a name before, which was seen already.
        """
        data = self._data
        labels: list[bytes] = []
        own: list[tuple[int, int]] = []
        place, behind, jumps = at, 0, 0
        while place < end and jumps < 32 and len(labels) < 128:
            size = data[place]
            if size >= 0xC0:
                behind = behind or place + 2
                if place + 2 > end:
                    break
                place = start + (int.from_bytes(data[place : place + 2], "big") & 0x3FFF)
                jumps += 1
                continue
            if not size or size > 63 or place + 1 + size > end:
                behind = behind or place + 1
                break
            labels.append(data[place + 1 : place + 1 + size])
            if not behind:
                own.append((place + 1, size))
            place += 1 + size
        name = b".".join(labels).decode("latin-1").lower()
        known = name.endswith((".in-addr.arpa", ".ip6.arpa"))
        if hide and (known or hides_name(name)):
            # The last label is a top level domain, which says nothing.
            for index, (where, size) in enumerate(own):
                label = data[where : where + size]
                if index < len(labels) - (2 if known else 1) and not label.startswith(b"_"):
                    data[where : where + size] = self._label(label)
        return behind or min(place + 1, end)

    def _dns(self, start: int, end: int) -> None:
        data = self._data
        if end - start < 12:
            return
        counts = [int.from_bytes(data[start + at : start + at + 2], "big") for at in (4, 6, 8, 10)]
        at = start + 12
        for _ in range(min(counts[0], _MAX_NAMES)):
            at = self._name(start, at, end) + 4
            if at > end:
                return
        for _ in range(min(sum(counts[1:]), _MAX_NAMES)):
            at = self._name(start, at, end)
            if at + 10 > end:
                return
            kind = int.from_bytes(data[at : at + 2], "big")
            size = int.from_bytes(data[at + 8 : at + 10], "big")
            at += 10
            self._resource(kind, start, at, min(at + size, end))
            at += size

    def _resource(self, kind: int, start: int, at: int, end: int) -> None:
        data = self._data
        if (kind, end - at) in ((1, 4), (28, 16)):
            data[at:end] = self._addresses.ip(data[at:end])
        elif kind in (2, 5, 12, 39):
            self._name(start, at, end)
        elif kind in (15, 33):
            self._name(start, at + (2 if kind == 15 else 6), end)
        elif kind == 6:
            self._name(start, self._name(start, at, end), end)
        elif kind == 16:
            self.text(at, end)

    def _dhcp(self, start: int, end: int) -> None:
        """RFC 2131 and the options of RFC 2132 that name machines."""
        data, addresses = self._data, self._addresses
        for place in (12, 16, 20, 24):
            data[start + place : start + place + 4] = addresses.ip(data[start + place : start + place + 4])
        if data[start + 2] == 6:
            data[start + 28 : start + 34] = addresses.mac(data[start + 28 : start + 34])
        data[start + 44 : start + 236] = bytes(192)
        at = start + 240
        while at + 2 <= end and data[at] != 255:
            if data[at] == 0:
                at += 1
                continue
            kind, size = data[at], min(data[at + 1], end - at - 2)
            at += 2
            if kind in (3, 6, 28, 42, 44, 50, 54):
                for place in range(at, at + size // 4 * 4, 4):
                    data[place : place + 4] = addresses.ip(data[place : place + 4])
            elif kind == 61 and size == 7:
                data[at + 1 : at + 7] = addresses.mac(data[at + 1 : at + 7])
            elif kind in (12, 15) and size:
                value = data[at : at + size].decode("latin-1")
                data[at : at + size] = self._names.name("host", value).encode()
            elif kind not in (1, 2, 26, 51, 52, 53, 55, 57, 58, 59, 60):
                data[at : at + size] = bytes(size)
            at += size

    def _snmp(self, at: int, end: int) -> None:
        """The community of versions 1 and 2c (RFC 1157): SEQUENCE, INTEGER version, OCTET STRING."""
        data = self._data
        place = at + 2 + (data[at + 1] & 0x7F if end - at > 2 and data[at + 1] & 0x80 else 0)
        if place + 5 <= end and data[place : place + 2] == b"\x02\x01" and data[place + 3] == 4:
            size = data[place + 4]
            if place + 5 + size <= end and size < 128:
                value = data[place + 5 : place + 5 + size].decode("latin-1")
                data[place + 5 : place + 5 + size] = self._names.name("secret", value).encode()
        self.text(at, end)
