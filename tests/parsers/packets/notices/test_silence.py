"""What the capture did not see is not a fault of the network."""

from __future__ import annotations

import struct
from pathlib import Path

import pytest

from parsers.contract import HEAD_BYTES, Source
from parsers.packets.capture import read_capture
from parsers.packets.notices import INFO, Notice

CAPTURES = Path(__file__).parents[4] / "samples" / "captures"
SERVER = bytes([10, 77, 0, 2])


def one_side(name: str, folder: Path) -> list[Notice]:
    """The notices of a capture without the packets that the server sent, about applications."""
    raw = (CAPTURES / f"{name}.pcap").read_bytes()
    kept, at = [raw[:24]], 24
    while at < len(raw):
        size = 16 + struct.unpack_from("<I", raw, at + 8)[0]
        if raw[at + 16 + 26 : at + 16 + 30] != SERVER:
            kept.append(raw[at : at + size])
        at += size
    file = folder / "a.pcap"
    file.write_bytes(b"".join(kept))
    capture = read_capture(Source("a.pcap", file, file.stat().st_size, file.read_bytes()[:HEAD_BYTES]))
    return [notice for notice in capture.notices() if notice.note.startswith(("dns_", "tls_", "http_"))]


@pytest.mark.parametrize("name", ["healthy_tls", "healthy_tls13", "healthy_dns", "http_client_errors"])
def test_a_capture_of_one_direction_blames_nobody(name: str, tmp_path: Path) -> None:
    assert [notice.text() for notice in one_side(name, tmp_path) if notice.severity_number > INFO] == []


def test_who_asks_again_got_no_answer(tmp_path: Path) -> None:
    (notice,) = one_side("dns_timeout", tmp_path)
    assert (notice.note, notice.severity_number > INFO) == ("dns_timeout", True)
