"""QUIC: names, versions and answers, of the connections that the samples hold, and of those that are cut or hostile."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from parsers.contract import HEAD_BYTES, Source
from parsers.packets.capture import Capture, read_capture
from parsers.packets.protocols import quic

CAPTURES = Path(__file__).parents[4] / "samples" / "captures"
# RFC 9001 appendix A.2 and RFC 9369 appendix A.2: the same connection id.
TARGET = bytes.fromhex("8394c8f03e515708")


def read(name: str, data: bytes | None = None, folder: Path | None = None) -> Capture:
    file = CAPTURES / f"{name}.pcap"
    if data is not None and folder is not None:
        file = folder / "x.pcap"
        file.write_bytes(data)
    return read_capture(Source(file.name, file, file.stat().st_size, file.read_bytes()[:HEAD_BYTES]))


@pytest.mark.parametrize("name", ["healthy_quic", "healthy_quic_ipv6"])
def test_names_ciphers_and_answers(name: str) -> None:
    found = read(name).tables["quic"]
    assert set(found["server_name"]) == {"shop.example"}
    assert found.select(
        "version", "client_protocol", "client_version", "established", "unanswered"
    ).unique().rows() == [("QUICv1", "h3", "TLSv1.3", True, False)]
    assert found["cipher"].str.starts_with("TLS_").all()
    assert (found["server_hello_frame_number"] > found["hello_frame_number"]).all()


def test_the_tls_table_has_them_too() -> None:
    row = read("quic_unanswered").tables["tls"].row(0, named=True)
    assert (row["version"], row["server_name"], row["established"]) == ("QUICv1", "shop.example", False)
    assert read("quic_unanswered").tables["tls"].height == 2


def test_a_server_that_names_its_versions() -> None:
    row = read("quic_version_negotiation").tables["quic"].row(0, named=True)
    assert (row["version"], row["offered_versions"], row["established"]) == ("QUICv1", ["QUICv2"], False)


def test_cut_packets_keep_their_version(tmp_path: Path) -> None:
    raw = (CAPTURES / "healthy_quic.pcap").read_bytes()
    out, at = [raw[:24]], 24
    while at < len(raw):
        size = int.from_bytes(raw[at + 8 : at + 12], "little")
        kept = min(size, 96)
        out += [raw[at : at + 8], kept.to_bytes(4, "little"), raw[at + 12 : at + 16], raw[at + 16 : at + 16 + kept]]
        at += 16 + size
    found = read("cut", b"".join(out), tmp_path).tables["quic"]
    assert found.select("version", "server_name", "established").unique().rows() == [("QUICv1", None, True)]


def test_bits_that_flip_break_nothing(tmp_path: Path) -> None:
    raw = (CAPTURES / "healthy_quic.pcap").read_bytes()
    chance = random.Random(9)
    for _ in range(20):
        data = bytearray(raw)
        for _ in range(200):
            at = chance.randrange(40, len(data))
            data[at] ^= 1 << chance.randrange(8)
        capture = read("flipped", bytes(data), tmp_path)
        capture.notices()
        assert capture.tables["quic"].height <= len(capture.packets)


def test_without_the_package_the_names_are_missing_and_that_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(quic, "find_spec", lambda name: None)
    capture = read("healthy_quic")
    assert capture.tables["quic"]["server_name"].null_count() == capture.tables["quic"].height
    assert ["needs the package cryptography" in problem.message for problem in capture.problems] == [True]


def test_keys_are_those_of_the_standards() -> None:
    assert quic._keys(quic.V1, TARGET, True)[0].hex() == "1f369613dd76d5467730efcbe3b1a22d"
    assert quic._keys(quic.V1, TARGET, False)[2].hex() == "c206b8d9b9f0f37644430b490eeaa314"
    assert quic._keys(quic.V2, TARGET, True)[0].hex() == "8b1a0bc121284290a29e0971b5cd045d"
