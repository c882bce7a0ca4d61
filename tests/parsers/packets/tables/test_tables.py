"""The application tables of real captures hold what Wireshark shows of them."""

from __future__ import annotations

import tempfile
from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from parsers.contract import HEAD_BYTES, Source
from parsers.packets.capture import Capture, read_capture
from parsers.packets.tables import table_modules

CAPTURES = Path(__file__).parents[4] / "samples" / "captures"


def read(name: str) -> Capture:
    file = CAPTURES / f"{name}.pcap"
    return read_capture(Source(file.name, file, file.stat().st_size, file.read_bytes()[:HEAD_BYTES]))


def only(name: str, table: str) -> dict[str, object]:
    found = read(name).tables[table]
    assert len(found) == 1
    return found.row(0, named=True)


@pytest.mark.parametrize("capture", sorted(file.stem for file in CAPTURES.glob("*.pcap")))
def test_every_table_has_its_schema_and_the_order_of_the_capture(capture: str) -> None:
    found = read(capture)
    for name, module in table_modules().items():
        table = found.tables[name]
        assert table.schema == module.SCHEMA, name
        assert table["frame_number"].is_sorted(), name
        assert table["time"].is_between(*_span(found)).all(), name


def _span(capture: Capture) -> tuple[pl.Series, pl.Series]:
    time = pl.Series(capture.packets.time // 1000).cast(pl.Datetime("us", "UTC"))
    return time.min(), time.max()  # type: ignore[return-value]


def test_dns() -> None:
    row = only("dns_servfail", "dns")
    assert (row["query"], row["qtype_name"], row["rcode_name"], row["answers"]) == (
        "api.shop.example",
        "A",
        "SERVFAIL",
        [],
    )
    assert (row["frame_number"], row["response_frame_number"], row["unanswered"]) == (1, 2, False)
    silent = only("dns_timeout", "dns")
    assert (silent["attempts"], silent["unanswered"], silent["rcode"], silent["rtt"]) == (3, True, None, None)


def test_tls() -> None:
    row = only("tls_certificate_expired", "tls")
    assert (row["version"], row["cipher"]) == ("TLSv1.2", "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384")
    assert (row["server_name"], row["subject"], row["issuer"]) == ("shop.example", "CN=shop.example", "CN=Shop CA")
    assert (row["san_dns"], row["name_matches"], row["established"]) == (["shop.example"], True, False)
    assert row["alerts"] == ["client fatal certificate_expired"]
    after, seen = row["not_valid_after"], row["time"]
    assert isinstance(after, date)
    assert isinstance(seen, date)
    assert (seen - after).days == 35


@pytest.mark.parametrize(("capture", "version"), [("healthy_tls", "TLSv1.2"), ("healthy_tls13", "TLSv1.3")])
def test_a_handshake_that_succeeds_is_established(capture: str, version: str) -> None:
    row = only(capture, "tls")
    assert (row["established"], row["version"], row["alert_level"]) == (True, version, None)


def test_http() -> None:
    rows = read("http_client_errors").tables["http"].rows(named=True)
    assert [(row["method"], row["uri"], row["status_code"]) for row in rows] == [
        ("GET", "/404", 404), ("GET", "/403", 403), ("GET", "/200", 200),
    ]  # fmt: skip
    assert {row["version"] for row in rows} == {"1.1"}
    assert all(row["response_body_len"] == len("here you are\n") for row in rows)


def test_icmp_quotes_the_flow_that_it_is_about() -> None:
    row = only("icmp_unreachable", "icmp")
    assert (row["type_name"], row["code_name"], row["quoted_proto"]) == (
        "destination_unreachable", "host_unreachable", "tcp",
    )  # fmt: skip
    assert (row["quoted_orig_h"], row["quoted_resp_h"], row["quoted_resp_p"]) == ("10.77.0.1", "10.99.1.7", 443)
    assert set(read("icmp_fragmentation_needed").tables["icmp"]["mtu"]) == {1000}


def test_arp() -> None:
    table = read("arp_conflict").tables["arp"].filter(pl.col("operation") == "reply")
    assert set(table["sender_h"]) == {"10.77.0.5"}
    assert set(table["sender_mac"]) == {"02:00:00:00:01:01", "02:00:00:00:01:02"}
    asked = read("arp_unanswered").tables["arp"].filter(pl.col("target_h") == "10.77.0.66")
    assert asked["unanswered"].to_list() == [True, True, True]


def test_dhcp_and_ntp() -> None:
    table = read("dhcp_nak").tables["dhcp"]
    assert table["msg_type"].to_list() == ["REQUEST", "NAK"]
    assert table["requested_addr"].to_list() == ["192.168.5.20", None]
    time = read("ntp_unsynchronised").tables["ntp"]
    assert time["mode_name"].to_list() == ["client", "server"] * 2
    assert time["offset"].drop_nulls().abs().max() < 1  # type: ignore[operator]


def test_commands() -> None:
    table = read("smtp_failure").tables["commands"]
    assert table["command"].to_list() == ["", "EHLO", "MAIL", "RCPT", "RSET", "QUIT"]
    assert table["reply_code"].to_list() == [220, 250, 250, 550, 250, 221]
    call = only("sip_failure", "commands")
    assert (call["command"], call["reply_code"], call["call_id"]) == ("INVITE", 503, "a84b4c76e66710@voice")


SMALL = [file.read_bytes() for file in sorted(CAPTURES.glob("*.pcap")) if file.stat().st_size < 4000]


@settings(max_examples=60)
@given(st.data())
def test_damaged_captures_are_read_without_an_exception(data: st.DataObject) -> None:
    raw = bytearray(data.draw(st.sampled_from(SMALL)))
    for _ in range(data.draw(st.integers(1, 20))):
        raw[data.draw(st.integers(40, len(raw) - 1))] = data.draw(st.integers(0, 255))
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "a.pcap"
        file.write_bytes(raw)
        capture = read_capture(Source("a.pcap", file, len(raw), bytes(raw[:HEAD_BYTES])))
        assert all(len(capture.tables[name]) <= 4 * len(raw) for name in capture.tables)
        assert all(notice.text().isprintable() for notice in capture.notices())
