"""With which machines and programs one deals, in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzer.facts import HOSTS

# Facts that change from day to day.
_OF_A_MOMENT = frozenset(("Uptime", "Load average", "Started"))
# The most telling first; the others follow in the order of their names.
_FIRST = (
    "Operating system",
    "Windows version",
    "macOS",
    "Android",
    "Device",
    "Kernel",
    "Hardware",
    "Processors",
    "Memory",
)
# What says by itself what it is.
_BARE = frozenset(("Operating system", "Versions"))
_LONGEST = 60


def system(facts: Mapping[str, Sequence[str]]) -> list[str]:
    """The facts that say with which system and programs one deals, in a few words each; hosts are not among them."""
    names = [name for name in _FIRST if name in facts]
    names += [name for name in facts if name not in _FIRST and name not in _OF_A_MOMENT and name != HOSTS]
    said = [value if name in _BARE else f"{name} {value}" for name in names for value in facts[name]]
    return [text for text in said if len(text) <= _LONGEST and any(map(str.isdigit, text))]


def system_line(facts: Mapping[str, Sequence[str]], most: int) -> str:
    """Hosts and system, such as "hosts web1, db1; Debian GNU/Linux 12, Kernel 6.1 and 3 more"; "" if none is known."""
    hosts = list(facts.get(HOSTS, ()))
    label = "host " if len(hosts) == 1 else "hosts "
    parts = [label + _listed(hosts, most)] if hosts else []
    known = system(facts)
    return "; ".join([*parts, *([_listed(known, most)] if known else [])])


def _listed(values: Sequence[str], most: int) -> str:
    more = len(values) - most
    return ", ".join(values[:most]) + (f" and {more:,} more" if more > 0 else "")
