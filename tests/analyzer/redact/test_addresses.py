from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from analyzer.redact.addresses import canonical4, keeps_readable


@given(st.integers(0, 2**32 - 1))
def test_an_address_is_hidden_unless_it_says_nothing_about_anybody(number: int) -> None:
    address = ipaddress.IPv4Address(number)
    assert canonical4(str(address)) == ("" if keeps_readable(address) else str(address))


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("010.001.002.003", "10.1.2.3"),
        ("256.1.1.1", ""),
        ("1.2.3.999", ""),
        ("127.0.0.53", ""),
        ("169.254.0.1", ""),
        ("255.255.255.0", ""),
        ("224.0.0.251", ""),
        ("240.0.0.1", "240.0.0.1"),
    ],
)
def test_what_four_numbers_stand_for(written: str, meant: str) -> None:
    assert canonical4(written) == meant
