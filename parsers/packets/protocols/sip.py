"""Heads of SIP messages (RFC 3261): what was asked, what was answered, by which call."""

from __future__ import annotations

import re
from dataclasses import dataclass

_STATUS = re.compile(r"SIP/2\.0 ([1-6][0-9]{2}) ?(.*)")
_REQUEST = re.compile(r"([A-Z]{3,16}) (sips?:\S{1,512}|tel:\S{1,512}|urn:\S{1,512}|\*) SIP/2\.0$")
_MAX_HEAD = 8192
_COMPACT = {"i": "call-id", "f": "from", "t": "to"}


@dataclass(slots=True)
class Message:
    """One message.

    Attributes:
        status: 0 for a request. reason: the words behind it.
        method: of the request, or that which a response answers.
        uri: of a request. call_id, cseq: what belongs together.
    """

    status: int
    reason: str
    method: str
    uri: str
    call_id: str
    cseq: str


def parse(data: bytes) -> Message | None:
    """Read the head of a message; None if it is not SIP."""
    lines = data[:_MAX_HEAD].partition(b"\r\n\r\n")[0].decode("utf-8", "replace").split("\r\n")
    status, request = _STATUS.match(lines[0]), _REQUEST.match(lines[0])
    if not status and not request:
        return None
    fields: dict[str, str] = {}
    for line in lines[1:]:
        name, _, value = line.partition(":")
        name = name.strip().lower()
        fields.setdefault(_COMPACT.get(name, name), value.strip())
    cseq = fields.get("cseq", "")
    call, asked = fields.get("call-id", ""), cseq.rpartition(" ")[2]
    if status:
        return Message(int(status[1]), status[2].strip()[:200], asked, "", call, cseq)
    return Message(0, "", request[1] if request else asked, request[2] if request else "", call, cseq)
