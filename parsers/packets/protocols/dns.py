"""DNS messages (RFC 1035): question, answers and what was odd about them."""

from __future__ import annotations

import struct
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address

_HEADER = struct.Struct(">6H")
_RECORD = struct.Struct(">HHIH")
_MAX_RECORDS = 128
_MAX_JUMPS = 32
_MAX_NAME = 255  # RFC 1035 section 2.3.4

# https://www.iana.org/assignments/dns-parameters
TYPES = {
    1: "A", 2: "NS", 5: "CNAME", 6: "SOA", 10: "NULL", 12: "PTR", 13: "HINFO", 15: "MX", 16: "TXT", 28: "AAAA",
    29: "LOC", 33: "SRV", 35: "NAPTR", 39: "DNAME", 41: "OPT", 43: "DS", 44: "SSHFP", 46: "RRSIG", 47: "NSEC",
    48: "DNSKEY", 50: "NSEC3", 52: "TLSA", 64: "SVCB", 65: "HTTPS", 99: "SPF", 249: "TKEY", 250: "TSIG", 251: "IXFR",
    252: "AXFR", 255: "ANY", 257: "CAA",
}  # fmt: skip
RCODES = {
    0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 6: "YXDOMAIN", 7: "YXRRSET",
    8: "NXRRSET", 9: "NOTAUTH", 10: "NOTZONE", 16: "BADVERS", 17: "BADKEY", 18: "BADTIME", 23: "BADCOOKIE",
}  # fmt: skip
CLASSES = {1: "IN", 3: "CH", 4: "HS", 254: "NONE", 255: "ANY"}

_PLAIN_LABEL = frozenset(range(0x21, 0x7F)) - frozenset(b'.\\"')


@dataclass(slots=True)
class Message:
    """One DNS message.

    Attributes:
        trans_id: transaction number. response: QR. opcode: 0 query, 4 notify, 5 update.
        aa, tc, rd, ra: the flags. rcode: with the upper bits of EDNS.
        query, qtype, qclass: the first question; "" and 0 without one. The root is ".".
        answers: data of the answer section as text. ttls: seconds, one an answer.
        weird: Zeek's names of what is odd.
    """

    trans_id: int
    response: bool
    opcode: int
    aa: bool
    tc: bool
    rd: bool
    ra: bool
    rcode: int
    query: str = ""
    qtype: int = 0
    qclass: int = 0
    answers: list[str] = field(default_factory=list)
    ttls: list[int] = field(default_factory=list)
    weird: list[str] = field(default_factory=list)


def type_name(number: int) -> str:
    """The name of a record type: "AAAA", or "TYPE1234" (RFC 3597)."""
    return TYPES.get(number) or f"TYPE{number}"


def rcode_name(number: int) -> str:
    """The name of a response code: "NXDOMAIN", or "RCODE12"."""
    return RCODES.get(number) or f"RCODE{number}"


def parse(data: bytes, complete: bool = True) -> Message | None:
    """Read a message; None if it is shorter than its header or plainly something else.

    Args:
        data: the message, without the length that goes before it over TCP.
        complete: False where the capture holds only the head of the message; then its end is not odd.
    """
    if len(data) < 12:
        return None
    trans_id, flags, questions, answers, authority, additional = _HEADER.unpack_from(data)
    opcode = flags >> 11 & 15
    if opcode > 6 or questions > 16:
        return None
    message = Message(
        trans_id=trans_id,
        response=bool(flags & 0x8000),
        opcode=opcode,
        aa=bool(flags & 0x0400),
        tc=bool(flags & 0x0200),
        rd=bool(flags & 0x0100),
        ra=bool(flags & 0x0080),
        rcode=flags & 15,
    )
    at = 12
    for number in range(questions):
        name, at = _name(data, at, message.weird)
        if at < 0 or at + 4 > len(data):
            return _short(message, complete)
        if number == 0:
            message.query = name
            message.qtype, message.qclass = struct.unpack_from(">HH", data, at)
            message.qclass &= 0x7FFF  # the top bit asks for a unicast reply in mDNS (RFC 6762 section 5.4)
        at += 4
    _records(data, at, answers, authority + additional, message, complete)
    return message


def _short(message: Message, complete: bool) -> Message:
    if complete and not message.tc and not message.weird:
        message.weird.append("DNS_truncated_ans_too_short" if message.response else "DNS_truncated_len_lt_hdr_len")
    return message


def _records(data: bytes, at: int, answers: int, others: int, message: Message, complete: bool) -> None:
    for number in range(min(answers + others, _MAX_RECORDS)):
        _, at = _name(data, at, message.weird)
        if at < 0 or at + 10 > len(data):
            _short(message, complete)
            return
        kind, _, ttl, length = _RECORD.unpack_from(data, at)
        at += 10
        if at + length > len(data):
            if complete and not message.tc:
                message.weird.append("DNS_truncated_RR_rdlength_lt_len")
            return
        if kind == 41:
            message.rcode |= (ttl >> 24) << 4  # RFC 6891 section 6.1.3
        elif number < answers:
            message.answers.append(_rdata(data, at, kind, length))
            message.ttls.append(ttl)
        at += length


def _rdata(data: bytes, at: int, kind: int, length: int) -> str:
    """The data of a record as text; the name of its type where it has no short one."""
    if kind == 1 and length == 4:
        return ".".join(map(str, data[at : at + 4]))
    if kind == 28 and length == 16:
        return str(IPv6Address(data[at : at + 16]))
    skip = {2: 0, 5: 0, 12: 0, 39: 0, 15: 2, 33: 6}.get(kind)
    if skip is not None and length > skip:
        name, end = _name(data, at + skip, [])
        if end < 0:
            return type_name(kind)
        port = f":{int.from_bytes(data[at + 4 : at + 6], 'big')}" if kind == 33 else ""
        return name + port
    if kind == 16 and length > 1:
        return _escape(data[at + 1 : at + 1 + min(data[at], length - 1)])
    return type_name(kind)


@lru_cache(4096)
def _label(label: bytes) -> str:
    text = label.decode("latin-1")
    return text if text.isascii() and text.replace("-", "").replace("_", "").isalnum() else _escape(label)


def _escape(label: bytes) -> str:
    return "".join(chr(byte) if byte in _PLAIN_LABEL else f"\\{byte:03d}" for byte in label)


def _name(data: bytes, at: int, weird: list[str]) -> tuple[str, int]:
    """The name at an offset and the offset behind it, -1 where it cannot be read."""
    labels: list[str] = []
    end, size, jumps = -1, 0, 0
    while at < len(data):
        length = data[at]
        if length == 0:
            return ".".join(labels) or ".", (at + 1 if end < 0 else end)
        if length >= 0xC0:
            if at + 1 >= len(data):
                break
            target = (length & 0x3F) << 8 | data[at + 1]
            end = at + 2 if end < 0 else end
            jumps += 1
            if target >= at or jumps > _MAX_JUMPS:
                weird.append("DNS_label_forward_compress_offset")
                return ".".join(labels), end
            at = target
            continue
        if length > 63:
            weird.append("DNS_label_too_long")
            return ".".join(labels), -1
        label = data[at + 1 : at + 1 + length]
        if len(label) < length:
            break
        size += length + 1
        if size > _MAX_NAME:
            weird.append("DNS_name_too_long")
            return ".".join(labels), end
        labels.append(_label(label))
        at += 1 + length
    return ".".join(labels), -1
