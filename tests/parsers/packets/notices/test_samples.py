"""Each notice about an application, on a real capture of the thing that it is about."""

from __future__ import annotations

from pathlib import Path

import pytest

from parsers.contract import HEAD_BYTES, Source
from parsers.packets.capture import Capture, read_capture
from parsers.packets.notices import ERROR, INFO, WARN, Notice

CAPTURES = Path(__file__).parents[4] / "samples" / "captures"
# What is said about TCP itself and about the capture has tests of its own.
_OTHERS = ("tcp_", "capture_", "mtu_", "mss_")


def read(name: str) -> Capture:
    file = CAPTURES / f"{name}.pcap"
    return read_capture(Source(file.name, file, file.stat().st_size, file.read_bytes()[:HEAD_BYTES]))


def told(name: str) -> list[Notice]:
    return [notice for notice in read(name).notices() if not notice.note.startswith(_OTHERS)]


# Capture, notice, severity, and what its sentence and its tokens must hold.
CASES = [
    ("router_advertisement_conflict", "router_advertisement_conflict", WARN, ["2001:db8:1::/64 and fd00:66::/64"]),
    ("icmp_redirect", "icmp_redirect", WARN, ["told 10.77.0.5 3 times to send by 10.77.0.2", "server=10.77.0.1"]),
    ("bgp_notification", "bgp_notification", ERROR, ["hold timer expired", "code=4", "server=10.77.0.2:179"]),
    ("ospf_mismatch", "ospf_mismatch", ERROR, ["hello interval 10 and 30", "client=10.77.0.1 server=10.77.0.2"]),
    ("vrrp_two_masters", "vrrp_two_masters", ERROR, ["virtual router 7 (10.77.0.254)", "vrid=7"]),
    ("udp_service_unanswered", "udp_service_unanswered", WARN, ["6 packets to the RADIUS server 10.77.0.8:1812"]),
    ("ntp_unanswered", "ntp_unanswered", WARN, ["7 times and got no answer", "server=10.91.0.4:123"]),
    ("http_response_cut", "http_response_cut", ERROR, ["38,000 of 50,000 bytes never came", "ended_by=server"]),
    ("request_closed", "request_closed", ERROR, ["GET /hangup", "without an answer", "server=10.91.0.2:8080"]),
    ("snmp_community", "snmp_community", WARN, ["3 times", "server=10.91.0.2:161"]),
    ("dhcp_two_servers", "dhcp_two_servers", WARN, ["10.91.0.4 and 10.91.0.5", "servers=10.91.0.4,10.91.0.5"]),
    ("dns_nxdomain", "dns_nxdomain", WARN, ["dbb.shop.example", "does not exist", "qtype=A", "(frames 5, 6)"]),
    ("dns_refused", "dns_refused", ERROR, ["www.example.org", "server=10.77.0.2:53"]),
    ("dns_servfail", "dns_servfail", ERROR, ["api.shop.example", "rcode=SERVFAIL"]),
    ("dns_truncated", "dns_truncated", WARN, ["did not ask again over TCP", "tcp_retry=no"]),
    ("dns_timeout", "dns_timeout", ERROR, ["3 times", "attempts=3", "query=api.shop.example"]),
    ("dns_slow", "dns_slow", WARN, ["took 0.80", "rtt=0.80"]),
    ("dns_unreachable", "dns_unreachable", ERROR, ["ICMP port_unreachable", "icmp_code=port_unreachable"]),
    ("tls_alert", "tls_alert", ERROR, ["alert=no_application_protocol", "sender=server"]),
    ("tls_version_mismatch", "tls_version_mismatch", ERROR, ["offers up to TLSv1.2", "alert=protocol_version"]),
    ("tls_cipher_mismatch", "tls_cipher_mismatch", ERROR, ["none of the 2 cipher suites"]),
    ("tls_certificate_expired", "tls_certificate_expired", ERROR, ["35 days before", "server_name=shop.example"]),
    ("tls_certificate_expired_tls13", "tls_certificate_expired", ERROR, ["says that the certificate of shop.example"]),
    ("tls_certificate_not_yet_valid", "tls_certificate_not_yet_valid", ERROR, ["or a clock is wrong"]),
    ("tls_unknown_ca", "tls_unknown_ca", ERROR, ["does not trust", "issued by CN=Shop CA", "sender=client"]),
    ("tls_name_mismatch", "tls_name_mismatch", WARN, ["asked for www.shop.example", "is for shop.example"]),
    ("tls_client_certificate_missing", "tls_client_certificate_missing", ERROR, ["got none"]),
    ("tls_client_certificate_missing_tls13", "tls_client_certificate_missing", ERROR, ["got none", "alert=encrypted"]),
    ("tls_no_answer", "tls_no_answer", ERROR, ["did not answer the ClientHello", "answer=silence"]),
    ("http_client_errors", "http_client_errors", INFO, ["GET /404 with 404 Not Found", "status=404"]),
    ("http_client_errors", "http_client_errors", WARN, ["GET /403 with 403 Forbidden", "uri=/403"]),
    ("http_server_errors", "http_server_errors", ERROR, ["GET /500 with 500 Internal Server Error"]),
    ("http_server_errors", "http_server_errors", ERROR, ["GET /503 with 503 Service Unavailable"]),
    ("http_slow_server", "http_slow_server", WARN, ["thought for 1.60", "no packet was lost", "response_time=1.60"]),
    ("http_slow_network", "http_slow_network", WARN, ["had to be sent again", "retransmissions="]),
    (
        "postgresql_slow_query",
        "postgresql_slow_query",
        WARN,
        ["took 2.421 s", "(frames 205, 73)", "server=10.82.0.3:5432"],
    ),
    ("service_login_refused", "service_error", WARN, ["PostgreSQL server 10.77.0.2:5432", "28P01", "kind=login"]),
    ("ldap_login_refused", "service_error", WARN, ["invalidCredentials 49", "service=ldap"]),
    ("ldap_login_refused", "service_error", WARN, ["not authorized 5", "service=mqtt"]),
    ("service_overloaded", "service_error", ERROR, ["is at a limit", "53300", "slots are reserved", "kind=overload"]),
    ("redis_out_of_memory", "service_error", ERROR, ["OOM command not allowed", "service=redis"]),
    ("service_unavailable", "service_error", ERROR, ["does not serve now: MASTERDOWN", "kind=unavailable"]),
    ("healthy_services", "cleartext_credentials", WARN, ["user cn=admin,dc=shop,dc=example", "LDAP to 10.77.0.2:389"]),
    ("ldap_login_refused", "cleartext_credentials", WARN, ["in the clear 2 times", "LDAP to 10.77.0.2:389"]),
    ("healthy_services", "service_error", INFO, ["NOSCRIPT", "kind=usual"]),
    ("server_silent", "server_silent", ERROR, ["did not answer for 6 s", "until the client gave up", "missing=answer"]),
    ("keepalive_race", "keepalive_race", WARN, ["0.05 s later 10.77.0.1:", "got a reset"]),
    ("http2_reset", "http2_reset", WARN, ["broke off GET /cart with INTERNAL_ERROR", "from=server", "scope=stream"]),
    ("http2_reset", "http2_reset", ERROR, ["with ENHANCE_YOUR_CALM (too_many_pings)", "scope=connection"]),
    ("clock_offset", "clock_offset", ERROR, ["is 420.0 s behind the clock of the capture", "stratum=2"]),
    ("icmp_unreachable", "icmp_unreachable", WARN, ["do not reach 10.99.1.7:443", "code=host_unreachable"]),
    ("icmp_fragmentation_needed", "icmp_fragmentation_needed", WARN, ["the path takes 1000 bytes", "count=4"]),
    ("ip_fragments_lost", "ip_fragments_lost", WARN, ["of 12 fragmented datagrams", "datagrams=12"]),
    ("routing_loop", "routing_loop", ERROR, ["from 10.78.0.2 to 10.99.3.9", "reporter=10.77.0.1"]),
    ("arp_conflict", "arp_conflict", ERROR, ["02:00:00:00:01:01 and 02:00:00:00:01:02", "address=10.77.0.5"]),
    ("arp_unanswered", "arp_unanswered", WARN, ["asked 3 times who has 10.77.0.66"]),
    ("dhcp_nak", "dhcp_nak", WARN, ["the address 192.168.5.20: wrong network", "reason=wrong%20network"]),
    ("dhcp_no_offer", "dhcp_no_offer", ERROR, ["(till-3) asked 3 times", "host_name=till-3"]),
    ("dhcpv6_no_answer", "dhcp_no_offer", ERROR, ["(till-1) asked 3 times for an IPv6 address"]),
    ("dhcpv6_no_address", "dhcp_no_offer", ERROR, ["02:00:00:00:01:02: NoAddrsAvail (no addresses available)"]),
    ("nd_conflict", "arp_conflict", ERROR, ["02:00:00:00:01:01 and 02:00:00:00:01:02", "address=fd77::5"]),
    ("nd_unanswered", "arp_unanswered", WARN, ["fd77::1 asked 3 times who has fd77::66"]),
    ("grpc_errors", "grpc_errors", ERROR, ["POST /shop.Cart/Pay with UNAVAILABLE: no connection to payment:7000"]),
    ("quic_unanswered", "quic_unanswered", WARN, ["shop.example (10.77.0.2:443)", "fallback=tcp", "attempts=6"]),
    ("quic_version_negotiation", "quic_version_negotiation", WARN, ["but QUICv2; the client did not go on"]),
    ("ntp_unsynchronised", "ntp_unsynchronised", WARN, ["stratum 16, leap 3", "count=2"]),
    ("broadcast_storm", "broadcast_storm", ERROR, ["310 broadcast frames", "mac=02:00:00:00:00:01"]),
    ("port_scan", "port_scan", WARN, ["tried 20 ports of 10.77.0.2", "kind=ports"]),
    ("smtp_failure", "smtp_failure", ERROR, ["refused RCPT TO:<nobody@mail.example>: 550", "command=RCPT"]),
    ("ftp_failure", "ftp_failure", WARN, ["refused PASS <hidden>: 530", "user=backup"]),
    ("sip_failure", "sip_failure", ERROR, ["refused INVITE sip:bob@voice.example: 503", "status=503"]),
    ("cleartext_credentials", "cleartext_credentials", WARN, ["the user backup", "service=ftp"]),
    ("cleartext_credentials", "cleartext_credentials", WARN, ["the user admin", "service=http"]),
]


HEALTHY = sorted(file.stem for file in CAPTURES.glob("healthy_*.pcap"))


@pytest.mark.parametrize(("capture", "note", "severity", "words"), CASES)
def test_a_fault_is_told(capture: str, note: str, severity: int, words: list[str]) -> None:
    texts = [notice.text() for notice in told(capture) if notice.note == note and notice.severity_number == severity]
    assert [text for text in texts if all(word in text for word in words)], texts


@pytest.mark.parametrize("capture", sorted({case[0] for case in CASES}))
def test_nothing_else_is_told_as_a_fault(capture: str) -> None:
    side_effects = {  # what is true besides
        "ftp_failure": {"cleartext_credentials"},
        "dhcp_two_servers": {"dhcp_nak"},
    }
    expected = {case[1] for case in CASES if case[0] == capture} | side_effects.get(capture, set())
    assert {notice.note for notice in told(capture) if notice.severity_number > INFO} <= expected


@pytest.mark.parametrize("capture", HEALTHY)
def test_healthy_traffic_is_no_fault(capture: str) -> None:
    faults = [notice for notice in told(capture) if notice.severity_number > INFO]
    if capture == "healthy_services":  # all is well, but that the directory takes passwords without encryption
        faults = [notice for notice in faults if notice.note != "cleartext_credentials"]
    assert [notice.text() for notice in faults] == []


def test_a_search_list_is_named_as_the_reason() -> None:
    reasons = [notice.fields.get("reason") for notice in told("healthy_dns")]
    assert sorted(map(str, reasons)) == ["reverse", "search_list"]


@pytest.mark.parametrize("secret", ["correct-horse", "not-this-one", "YWRtaW46", "Y29ycmVjdC1ob3JzZQ"])
def test_a_password_is_never_shown(secret: str) -> None:
    for name in ("cleartext_credentials", "ftp_failure"):
        capture = read(name)
        shown = [notice.text() for notice in capture.notices()]
        shown += [str(row) for table in capture.tables.values() for row in table.iter_rows()]
        assert not [text for text in shown if secret in text]


@pytest.mark.parametrize("capture", sorted({case[0] for case in CASES}))
def test_a_notice_is_one_line_that_leads_to_its_packets(capture: str) -> None:
    found = read(capture)
    for notice in told(capture):
        assert notice.text().isprintable()
        assert notice.text().startswith(f"{notice.note}: ")
        assert all(1 <= frame <= len(found.packets) for frame in (notice.frame_number, *notice.frames))
        assert notice.time == found.packets.micros(notice.frame_number - 1)
        assert len(notice.frames) <= 5


def test_every_capture_is_small() -> None:
    sizes = [file.stat().st_size for file in CAPTURES.glob("*.pcap")]
    assert max(sizes) <= 50_000
    assert sum(sizes) <= 650_000
