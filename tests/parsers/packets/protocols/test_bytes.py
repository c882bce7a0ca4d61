"""The parsers of application protocols: real messages, and any bytes at all."""

from __future__ import annotations

import struct
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from parsers.packets.protocols import dhcp, dhcpv6, dns, http, http2, quic, sip, tls, x509
from parsers.packets.protocols.dialogue import Dialogue
from parsers.packets.protocols.hpack import BlockError, Decoder

NAME = b"\x03www\x04shop\x07example\x00"
QUESTION = struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + NAME + b"\x00\x01\x00\x01"
ANSWER = (
    struct.pack(">6H", 7, 0x8580, 1, 4, 0, 1)
    + NAME
    + b"\x00\x01\x00\x01"
    + b"\xc0\x0c\x00\x05\x00\x01\x00\x00\x00\x3c\x00\x06\x03web\xc0\x10"
    + b"\xc0\x10\x00\x01\x00\x01\x00\x00\x00\x3c\x00\x04\x0a\x00\x00\x02"
    + b"\xc0\x10\x00\x1c\x00\x01\x00\x00\x00\x3c\x00\x10" + bytes(15) + b"\x01"
    + b"\xc0\x10\x00\x21\x00\x01\x00\x00\x00\x3c\x00\x08\x00\x01\x00\x02\x14\x55\xc0\x10"
    + b"\x00\x00\x29\x10\x00\x01\x00\x00\x00\x00\x00"
)  # fmt: skip
RESPONSE = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 12\r\nServer: nginx\r\n\r\nhere you are"
REQUEST = b"GET /a%20b?q=1 HTTP/1.1\r\nHost: shop.example\r\nuser-agent: curl/8\r\n\r\n"
INVITE = b"INVITE sip:bob@voice.example SIP/2.0\r\ni: 7@voice\r\nCSeq: 1 INVITE\r\n\r\n"


def _hello(data: bytes) -> object:
    message = tls.Handshake(data[0] if data else 1, data[1:], 0)
    return (tls.parse_hello(message), tls.owner(message))


def _records(data: bytes) -> object:
    side = tls.Side()
    for at in range(0, len(data), 7):
        side.take(data[at], data[at + 1 : at + 7], 6, at)
    return side


def _lines(data: bytes) -> object:
    for service in ("smtp", "ftp", "pop3", "imap"):
        dialogue = Dialogue(service)
        for at in range(0, len(data), 9):
            dialogue.feed(data[at : at + 9], client=at % 2 == 0, mark=at)
        dialogue.close()
    return None


def _blocks(data: bytes) -> object:
    decoder = Decoder()
    found = []
    for at in range(0, len(data), 11):
        try:
            found.append(http2.head_of(decoder.decode(data[at : at + 11])))
        except BlockError:
            decoder.forget()
    return (found, http2.parse_frame(data), http2.fragment(1, 0x28, data))


def _long_headers(data: bytes) -> object:
    packets = list(quic.packets(data))
    decrypted = [quic.decrypt(packet, packet.target, True) for packet in packets if packet.kind == quic.INITIAL]
    return (packets, decrypted, list(quic.frames(data)))


PARSERS: list[Callable[[bytes], Any]] = [
    dns.parse, http.parse_head, x509.parse, dhcp.parse, dhcpv6.parse, sip.parse, _hello, _records, _lines, _blocks,
    _long_headers,
]  # fmt: skip


@pytest.mark.parametrize("parse", PARSERS, ids=lambda parse: f"{parse.__module__.split('.')[-1]}.{parse.__name__}")
@given(data=st.binary(max_size=600) | st.binary(max_size=600).map(lambda rest: QUESTION[:12] + rest))
def test_no_bytes_are_an_error(parse: Callable[[bytes], Any], data: bytes) -> None:
    parse(data)


@given(st.integers(0, len(ANSWER)))
def test_a_dns_message_that_is_cut_says_what_it_holds(size: int) -> None:
    message = dns.parse(ANSWER[:size])
    assert (message is None) == (size < 12)
    if message is not None and size < len(ANSWER):
        assert message.weird


def test_a_dns_answer() -> None:
    message = dns.parse(ANSWER)
    assert message is not None
    assert (message.query, message.trans_id, message.response, message.aa, message.weird) == (
        "www.shop.example", 7, True, True, [],
    )  # fmt: skip
    assert message.answers == ["web.shop.example", "10.0.0.2", "::1", "shop.example:5205"]
    assert message.ttls == [60, 60, 60, 60]
    assert dns.rcode_name(message.rcode) == "BADVERS"  # 0 in the head, 1 in the upper bits that EDNS adds


def test_a_dns_name_that_points_at_itself_ends() -> None:
    message = dns.parse(struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + b"\xc0\x0c\x00\x01\x00\x01")
    assert message is not None
    assert "DNS_label_forward_compress_offset" in message.weird


@given(st.lists(st.binary(min_size=1, max_size=20), min_size=1, max_size=8))
def test_a_dns_name_is_printable_whatever_its_labels(labels: list[bytes]) -> None:
    name = b"".join(bytes([len(label)]) + label for label in labels) + b"\x00"
    message = dns.parse(struct.pack(">6H", 7, 0x0100, 1, 0, 0, 0) + name + b"\x00\x01\x00\x01")
    assert message is not None
    assert message.query.isascii()
    assert message.query.isprintable()
    assert " " not in message.query


def test_heads_of_http() -> None:
    response, request = http.parse_head(RESPONSE), http.parse_head(REQUEST)
    assert response is not None
    assert request is not None
    assert (response.status, response.reason, response.content_length) == (503, "Service Unavailable", 12)
    assert RESPONSE[response.size :] == b"here you are"
    assert (request.method, request.uri, request.fields["host"], request.complete) == (
        "GET", "/a%20b?q=1", "shop.example", True,
    )  # fmt: skip


@pytest.mark.parametrize("text", [b"HTTP/1.1 abc\r\n\r\n", b"GET\r\n\r\n", b"OPTIONS sip:a SIP/2.0\r\n\r\n", b"HELLO"])
def test_what_is_not_http(text: bytes) -> None:
    assert http.parse_head(text) is None


@pytest.mark.parametrize("value", [b"-1", b"1e9", b"9" * 40, "٣".encode()])
def test_a_content_length_that_is_no_number_is_not_believed(value: bytes) -> None:
    head = http.parse_head(b"HTTP/1.1 200 OK\r\nContent-Length: " + value + b"\r\n\r\n")
    assert head is not None
    assert head.content_length is None


def test_a_call() -> None:
    message = sip.parse(INVITE)
    assert message is not None
    assert (message.method, message.uri, message.call_id, message.status) == (
        "INVITE", "sip:bob@voice.example", "7@voice", 0,
    )  # fmt: skip


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + len(body).to_bytes(2, "big")
    return bytes([tag]) + size + body


def _certificate(before: bytes, after: bytes, names: list[bytes]) -> bytes:
    name = _der(0x30, _der(0x31, _der(0x30, _der(0x06, b"\x55\x04\x03"), _der(0x0C, b"shop.example"))))
    algorithm = _der(0x30, _der(0x06, b"\x2a\x86\x48"))
    alternatives = _der(0x30, *(_der(0x82, one) for one in names))
    extensions = _der(0xA3, _der(0x30, _der(0x30, _der(0x06, b"\x55\x1d\x11"), _der(0x04, alternatives))))
    validity = _der(0x30, _der(0x17, before), _der(0x17, after))
    body = _der(
        0x30, _der(0xA0, _der(2, b"\x02")), _der(2, b"\x07"), algorithm, name, validity, name, _der(0x30), extensions
    )
    return _der(0x30, body, algorithm, _der(3, b"\x00"))


def test_a_certificate() -> None:
    found = x509.parse(_certificate(b"991231235959Z", b"490101000000Z", [b"*.shop.example", b"shop.example"]))
    assert found is not None
    assert found.not_valid_before == datetime(1999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert found.not_valid_after == datetime(2049, 1, 1, tzinfo=UTC)
    assert (found.subject, found.self_signed) == ("CN=shop.example", True)
    assert [found.covers(name) for name in ("shop.example", "WWW.shop.example.", "a.b.shop.example", "shop.com")] == [
        True, True, False, False,
    ]  # fmt: skip


@given(st.data())
def test_a_damaged_certificate_is_read_as_far_as_it_goes(data: st.DataObject) -> None:
    raw = bytearray(_certificate(b"200101000000Z", b"210101000000Z", [b"shop.example"]))
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    found = x509.parse(bytes(raw[: data.draw(st.integers(0, len(raw)))]))
    assert found is None or isinstance(found.subject, str)


def test_a_mail_with_commands_in_it_is_no_dialogue() -> None:
    talk = Dialogue("smtp")
    for client, line in [
        (False, b"220 mail.example ESMTP\r\n"), (True, b"DATA\r\n"), (False, b"354 go on\r\n"),
        (True, b"PASS secret\r\nQUIT\r\n.\r\n"), (False, b"250 Ok\r\n"), (True, b"AUTH PLAIN AGEAYg==\r\n"),
        (False, b"535 5.7.8 no\r\n"),
    ]:  # fmt: skip
        talk.feed(line, client, 1)
    told = [(one.command, one.argument, one.code, one.secret, one.user) for one in talk.close()]
    assert told == [
        ("", "", 220, False, ""), ("DATA", "", 250, False, ""), ("AUTH", "PLAIN <hidden>", 535, True, "a"),
    ]  # fmt: skip


def test_what_follows_starttls_is_not_read() -> None:
    talk = Dialogue("imap")
    talk.feed(b"a1 STARTTLS\r\n", True, 1)
    talk.feed(b"a1 OK begin\r\n", False, 2)
    talk.feed(b"a2 LOGIN ann secret\r\n", True, 3)
    assert [(one.command, one.status) for one in talk.close()] == [("STARTTLS", "OK")]


def test_an_imap_login_that_fails() -> None:
    talk = Dialogue("imap")
    talk.feed(b'a1 LOGIN "ann" "secret"\r\n', True, 1)
    talk.feed(b"* CAPABILITY IMAP4\r\na1 NO [AUTHENTICATIONFAILED] no\r\n", False, 2)
    (one,) = talk.close()
    assert (one.command, one.argument, one.status, one.user, one.secret) == ("LOGIN", "ann <hidden>", "NO", "ann", True)
