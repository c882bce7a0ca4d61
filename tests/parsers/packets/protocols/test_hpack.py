"""Header blocks as RFC 7541 appendix C writes them, and with the beginning of the connection missing."""

from __future__ import annotations

import pytest

from parsers.packets.protocols.hpack import BlockError, Decoder, unpacked

# Appendix C.4: three requests in the Huffman code; C.6: three responses with a table of 256 bytes.
REQUESTS = (
    "828684418cf1e3c2e5f23a6ba0ab90f4ff",
    "828684be5886a8eb10649cbf",
    "828785bf408825a849e95ba97d7f8925a849e95bb8e8b4bf",
)
RESPONSES = (
    "3fe101488264025885aec3771a4b6196d07abe941054d444a8200595040b8166e082a62d1bff6e919d29ad171863c78f0b97c8e9ae82ae43d3",
    "4883640effc1c0bf",
    "88c16196d07abe941054d444a8200595040b8166e084a62d1bffc05a839bd9ab77ad94e7821dd7f2e6c7b335dfdfcd5b3960d5af27087f3672c1ab"
    "270fb5291f9587316065c003ed4ee5b1063d5007",
)


def texts(decoder: Decoder, block: str) -> list[str]:
    return [f"{name}: {value}" for name, value in decoder.decode(bytes.fromhex(block))]


def test_requests_of_the_appendix() -> None:
    decoder = Decoder()
    assert texts(decoder, REQUESTS[0]) == [
        ":method: GET", ":scheme: http", ":path: /", ":authority: www.example.com",
    ]  # fmt: skip
    assert texts(decoder, REQUESTS[1])[-1] == "cache-control: no-cache"
    assert texts(decoder, REQUESTS[2])[2:] == [
        ":path: /index.html", ":authority: www.example.com", "custom-key: custom-value",
    ]  # fmt: skip


def test_a_small_table_forgets_the_oldest() -> None:
    decoder = Decoder()
    assert texts(decoder, RESPONSES[0])[0] == ":status: 302"
    assert texts(decoder, RESPONSES[1])[0] == ":status: 307"
    last = texts(decoder, RESPONSES[2])
    assert last[0] == ":status: 200"
    assert last[-1].endswith("max-age=3600; version=1")


def test_what_was_said_before_the_capture_is_empty_and_the_rest_is_right() -> None:
    decoder = Decoder()
    assert texts(decoder, REQUESTS[1]) == [":method: GET", ":scheme: http", ":path: /", ": ", "cache-control: no-cache"]
    # The same block once more: its entry is the newest of the table now.
    assert texts(decoder, "828684be") == [":method: GET", ":scheme: http", ":path: /", "cache-control: no-cache"]


def test_a_repeated_block_is_read_by_the_table_of_its_time() -> None:
    decoder = Decoder()
    decoder.decode(bytes.fromhex("4001610162"))
    assert texts(decoder, "be") == texts(decoder, "be") == ["a: b"]
    decoder.decode(bytes.fromhex("4001630164"))
    assert texts(decoder, "be") == ["c: d"]


@pytest.mark.parametrize("block", ["40", "ffffffffffffffff", "00ff", "0085ffffffffff", "4188ffffffffffffffff"])
def test_what_is_no_block_is_refused(block: str) -> None:
    with pytest.raises(BlockError):
        Decoder().decode(bytes.fromhex(block))


def test_padding_of_the_code_is_no_text() -> None:
    assert unpacked(bytes.fromhex("a8eb10649cbf")) == "no-cache"
