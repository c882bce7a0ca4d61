"""Stable pseudonyms: the same value has the same name wherever it stands."""

from __future__ import annotations

import ipaddress
import re
from collections import Counter

KINDS = (
    "secret", "ip", "mac", "host", "user", "email", "phone", "card", "iban", "id", "imei", "name", "birthday", "place",
)  # fmt: skip

_OWN = re.compile(rf"(?:{'|'.join(KINDS)})-[1-9][0-9]*x*")
_REMEMBERED = 200_000
# What holds no letter case of its own: two spellings are one value.
_CASELESS = frozenset({"ip", "mac", "host", "email", "iban"})


def _bounded(memory: dict[str, str]) -> dict[str, str]:
    if len(memory) > _REMEMBERED:
        memory.clear()
    return memory


class Pseudonyms:
    """Numbers the values of each kind in the order in which they are met.

    Attributes:
        source: the file that is being read; `counts` are kept by it.
        counts: replacements by (file, kind), never the values.
        reserved: whether addresses in texts are written as they are in captures, 198.18.0.7, instead of as ip-7.
        equal_length: whether what takes the place of a value must be as long as it, as in a packet.
    """

    def __init__(self) -> None:
        """Start with nothing known."""
        self.source = ""
        self.reserved = False
        self.equal_length = False
        self.counts: Counter[tuple[str, str]] = Counter()
        self._names: dict[tuple[str, str], str] = {}
        self._next: Counter[str] = Counter()
        self._known: dict[int, dict[str, str]] = {}
        self._runs: dict[int, dict[str, str]] = {}
        self._more_values: dict[int, dict[str, int]] = {}

    def known(self, detector: object) -> dict[str, str]:
        """What a detector wants to remember about values; forgotten when it grows very large."""
        return _bounded(self._known.setdefault(id(detector), {}))

    def runs(self, detector: object) -> dict[str, str]:
        """Runs of characters as a detector writes them; forgotten when they grow many."""
        runs = _bounded(self._runs.setdefault(id(detector), {}))
        if not runs:
            self.more_values(detector).clear()
        return runs

    def more_values(self, detector: object) -> dict[str, int]:
        """How many values beyond the first a run holds, for the few that hold several."""
        return self._more_values.setdefault(id(detector), {})

    def name(self, kind: str, value: str) -> str:
        """The pseudonym of a value, such as "ip-7"; counted for the current file."""
        self.counts[self.source, kind] += 1
        return self.fitted(self.peek(kind, value), value)

    def fitted(self, name: str, value: str) -> str:
        """The pseudonym as it is written in the place of a value: cut or filled where its length must stay."""
        return name.ljust(len(value), "x")[: len(value)] if self.equal_length else name

    def peek(self, kind: str, value: str) -> str:
        """The pseudonym of a value, without counting a replacement."""
        key = (kind, value.lower() if kind in _CASELESS else value)
        name = self._names.get(key)
        if name is None:
            self._next[kind] += 1
            name = self._names[key] = f"{kind}-{self._next[kind]}"
        if self.reserved and kind == "ip" and not self.equal_length:
            return str(reserved_address(value, int(name[3:])))
        return name

    def number(self, kind: str, value: str) -> int:
        """The number within its kind, from 1; for captures, where an address must stay one."""
        self.peek(kind, value)
        return int(self._names[kind, value.lower() if kind in _CASELESS else value].rpartition("-")[2])

    def table(self) -> dict[str, str]:
        """Pseudonym to value: this is what must be kept secret."""
        return {name: value for (_, value), name in self._names.items()}


def reserved_address(value: str, number: int) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The address with a number that stands for another of its kind.

    IPv4: 198.18.0.0/15, which no network uses (RFC 2544), and 240.0.0.0/4 beyond. IPv6: 2001:db8::/32 (RFC 3849);
    link-local stays link-local, as neighbour discovery works with nothing else.
    """
    address = ipaddress.ip_address(value)
    if address.version == 4:
        return ipaddress.IPv4Address((0xC6120000 if number < 1 << 17 else 0xF0000000) + number)
    return ipaddress.IPv6Address(((0xFE80 << 112) if address.is_link_local else (0x20010DB8 << 96)) + number)


def is_own(value: str) -> bool:
    """Whether a text is a pseudonym already; such text is left as it is, so that redacting twice changes nothing."""
    # Most values are addresses: a pseudonym begins with no digit.
    return value[:1].isalpha() and _OWN.fullmatch(value) is not None
