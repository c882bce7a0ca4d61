"""Whether a record of a log and a notice of a capture are about the same thing: the same server, name or client.

Two troubles at the same time need not be one. A record that names who it speaks of is joined with notices about them
alone; one that names nobody ("pool timeout") only where its log and the capture are known to be of the same hosts.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from urllib.parse import unquote

_V4 = re.compile(r"(?<![\w.:-])[0-9]{1,3}(?:\.[0-9]{1,3}){3}(?![\w.-]{0,1}[0-9])")
_V6 = re.compile(r"(?<![\w:.])[0-9a-fA-F]{0,4}(?::[0-9a-fA-F]{0,4}){2,7}(?![\w:])")
# Every repetition has a bound. A port stands behind its host, whatever the program writes in between.
_V4_PORT = re.compile(
    r"([0-9]{1,3}(?:\.[0-9]{1,3}){3})[\"')\]]{0,3}(?:[:#/]|,? ?\(?port[ =:]{0,3})([0-9]{1,5})(?![\w.])"
)
_V6_PORT = re.compile(r"([0-9a-fA-F:]{2,45})[\"')\]]{1,3}(?::|,? ?port[ =:]{0,3})([0-9]{1,5})(?![\w.])")
_HOST_PORT = re.compile(
    r"(?<![\w.-])[A-Za-z](?:[\w.-]{0,100}[A-Za-z0-9])?[\"')]?(?::|,? ?port[ =:]{0,3})([0-9]{2,5})(?![\w.:])"
)
_WORD = re.compile(r"(?<![\w.-])[A-Za-z0-9_](?:[\w-]{0,62}\.)+[A-Za-z][\w-]{0,62}(?![\w-])|[\w.+-]{1,64}@[\w.-]{1,100}")
_FIELD = re.compile(r" ([a-z_]+)=(\S+)")
# Fields of a notice that hold a name which a log may write as well.
_NAMES = ("query", "name", "server_name", "host", "uri", "recipient", "address")
# Who speaks for whom: their addresses tell of no partner.
_NOBODY = ("0.0.0.0", "127.0.0.1", "::", "::1")  # noqa: S104
_CHARACTERS = 4000
# Records and notices whose reading is remembered: joins read no more of them.
_REMEMBERED = 4096
# Characters of a statement that are compared, and that say enough.
_QUOTED, _LEAST_QUOTE = 60, 12


@dataclass(frozen=True, slots=True)
class Mentioned:
    """Whom a record names.

    Attributes:
        hosts: addresses. endpoints: addresses with their port. ports: of hosts that stand with a name.
        names: domain names and mail addresses, in lower case. text: the record, its spaces made equal.
    """

    hosts: frozenset[str] = frozenset()
    endpoints: frozenset[tuple[str, int]] = frozenset()
    ports: frozenset[int] = frozenset()
    names: frozenset[str] = frozenset()
    text: str = ""


@dataclass(frozen=True, slots=True)
class Subject:
    """Whom a notice is about.

    Attributes:
        client, server: addresses, empty unknown. port: of the server, 0 unknown. client_port: of the client.
        names: what else it names, in lower case. quote: the beginning of a statement that it quotes.
    """

    client: str = ""
    server: str = ""
    port: int = 0
    client_port: int = 0
    names: frozenset[str] = frozenset()
    quote: str = ""


@lru_cache(maxsize=_REMEMBERED)
def mentioned(text: str) -> Mentioned:
    """Whom a record of a log names."""
    text = text[:_CHARACTERS]
    hosts = {host for host in (*_V4.findall(text), *_V6.findall(text)) if _is_address(host)}
    pairs = {(host, int(port)) for find in (_V4_PORT, _V6_PORT) for host, port in find.findall(text)}
    ports = {int(port) for port in _HOST_PORT.findall(text)} | {port for host, port in pairs if host in _NOBODY}
    names = {name.lower().rstrip(".") for name in _WORD.findall(text)}
    kept = frozenset(host.lower() for host in hosts if host not in _NOBODY)
    endpoints = frozenset((host.lower(), port) for host, port in pairs if host.lower() in kept)
    return Mentioned(kept, endpoints, frozenset(ports), frozenset(names), " ".join(text.split()))


def _is_address(text: str) -> bool:
    """Whether it is an address and not a time, a version or an offset."""
    if "." in text:
        return all(int(part) < 256 for part in text.split("."))
    return "::" in text or text.count(":") == 7


@lru_cache(maxsize=_REMEMBERED)
def subject(notice: str) -> Subject:
    """Whom a notice is about, by the fields at its end."""
    fields = {name: unquote(value) for name, value in _FIELD.findall(notice)}
    client, client_port = _split(fields.get("client", ""))
    server, port = _split(fields.get("server", ""))
    names = {fields[name].lower().rstrip(".") for name in _NAMES if name in fields}
    quote = " ".join(fields.get("query", "").split())[:_QUOTED] if " " in fields.get("query", "") else ""
    return Subject(client, server, port, client_port, frozenset(names), quote if len(quote) >= _LEAST_QUOTE else "")


def _split(endpoint: str) -> tuple[str, int]:
    if endpoint.startswith("["):
        host, _, port = endpoint[1:].partition("]:")
    elif endpoint.count(":") == 1:
        host, _, port = endpoint.partition(":")
    else:
        host, port = endpoint, ""
    return host.lower().rstrip("]"), int(port) if port.isdigit() else 0


def related(record: Mentioned, notice: Subject, addresses: Mapping[str, Sequence[str]], hosts: frozenset[str]) -> bool:
    """Whether a record speaks of what a notice is about.

    Args:
        record: whom the record names.
        notice: whom the notice is about.
        addresses: by the names that the capture's DNS answers gave them to.
        hosts: that may have written the log; empty where nothing ties it to the capture.
    """
    if (notice.client, notice.client_port) in record.endpoints or record.names & notice.names:
        return True
    if notice.quote and notice.quote in record.text:
        return True
    if not notice.names.isdisjoint(addresses) and not record.names.isdisjoint(addresses):
        return False  # each is about a name that was asked for, and not the same one
    if notice.server in record.hosts:
        ports = {port for host, port in record.endpoints if host == notice.server}
        return not ports or not notice.port or notice.port in ports
    own = notice.client in hosts or notice.server in hosts or notice.client in record.hosts
    meant = {address for name in record.names for address in addresses.get(name, ())}
    if meant:
        return notice.server in meant and (not record.ports or notice.port in record.ports)
    if any(host != notice.client for host, _ in record.endpoints):
        return False  # it names another server
    if record.ports and notice.port:
        return own and notice.port in record.ports
    # Other addresses without a port are clients, or the hosts that the record is of.
    return own


def pairs(
    records: Sequence[tuple[int, Mentioned, frozenset[str]]],
    notices: Sequence[tuple[int, Subject]],
    span: int,
    addresses: Mapping[str, Sequence[str]],
) -> tuple[set[int], set[int]]:
    """Which records and notices have a partner within the time, by their places.

    Args:
        records: time in microseconds by the clock of the capture, whom it names, what hosts may have written its log.
        notices: time, whom it is about.
        span: microseconds that may lie between the two.
        addresses: as for `related`.
    """
    by_kind: dict[Subject, list[int]] = {}
    for place, (_, about) in enumerate(notices):
        by_kind.setdefault(about, []).append(place)
    verdicts: dict[tuple[Mentioned, frozenset[str], Subject], bool] = {}
    of_records: set[int] = set()
    of_notices: set[int] = set()
    for place, (time, names, hosts) in enumerate(records):
        for about, places in by_kind.items():
            key = (names, hosts, about)
            if key not in verdicts:
                verdicts[key] = related(names, about, addresses, hosts)
            near = [other for other in places if abs(notices[other][0] - time) <= span] if verdicts[key] else []
            if near:
                of_records.add(place)
                of_notices.update(near)
    return of_records, of_notices
