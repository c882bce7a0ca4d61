"""How far the clock of a log is ahead of that of a capture, from events that both of them saw.

An event is a connection that a log names by address and port, or a request that a log and the capture both hold. Each
pair of a log record and a packet gives a difference; the true offset is the one at which most of them agree.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np
import polars as pl

from parsers.times import NAT

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from parsers.packets.capture import Capture

# Address and port of a client, method and path of a request, or a name.
Key = tuple[str, int] | tuple[str, str] | str
SECOND = 1_000_000
# Shared events below which an agreement may be chance.
LEAST_EVENTS = 3
# Connections and requests of a capture that are remembered, and pairs that one key may give.
_MAX_KEYS = 50_000
_MAX_PAIRS = 100
# Characters of a record in which they are looked for.
_CHARACTERS = 2000
# Every repetition has a bound: a line may hold a million colons.
_ADDRESS_AND_PORT = re.compile(
    r"(?<![\w.:])([0-9]{1,3}(?:\.[0-9]{1,3}){3}|[0-9a-fA-F:]{2,45})[\]\"')]{0,3}"
    r"(?:[:/.(#]|,\s?|\s[,(]?\s?)(?:(?:source |src)?port[ =:]*)?([1-9][0-9]{1,4})(?![\w.:])"
)
# The same in Rust's syntax and wider, to choose the records that are looked at.
_ANY = (
    r"[0-9a-fA-F.:]{3,}[\]\"')]*(?:[:/.(#]|,\s?|\s[,(]?\s?)(?:(?:source |src)?port[ =:]*)?[0-9]{2,5}"
    r"|(?:GET|POST|PUT|HEAD|DELETE|PATCH|OPTIONS) "
    r"|query|\bIN\b"
)
# Records of a log that are looked at.
SAMPLED = 20_000
# What the log of a name server says: "query[A] www.example.com from", "query: www.example.com IN A", "a.example. A IN".
_ASKED = re.compile(r"\bquery|(?<=[\w.] )(?=[\w.-]{1,255} [A-Z]{1,10} IN\b)")
_NAME = re.compile(r"(?<![\w.-])[A-Za-z0-9_](?:[\w-]{0,62}\.){1,20}[A-Za-z0-9-]{0,62}")
_NAMES_READ = 8
# The share of the shared events in which the host that wrote a log takes part.
_MOSTLY = 0.8
_REQUEST = re.compile(r"\b(GET|POST|PUT|HEAD|DELETE|PATCH|OPTIONS) (\S+)")


@dataclass(frozen=True, slots=True)
class Landmarks:
    """What of a capture a log may name, each with its times in microseconds.

    Attributes:
        ends: by address and port of the client: first and last packet of the connection.
        requests: by method and path: begin and end of the response, or of the request without one.
        questions: by the name that DNS was asked for, in lower case: when.
        parties: by one of these keys the hosts that took part.
        addresses: what DNS answers said of a name, in lower case.
    """

    ends: Mapping[tuple[str, int], tuple[int, ...]] = field(default_factory=dict)
    requests: Mapping[tuple[str, str], tuple[int, ...]] = field(default_factory=dict)
    questions: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    parties: Mapping[Key, tuple[str, ...]] = field(default_factory=dict)
    addresses: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Offset:
    """How far a log's clock is ahead of the capture's.

    Attributes:
        micros: microseconds; negative when the log is behind.
        uncertainty: microseconds, to both sides.
        events: how many shared events say so.
    """

    micros: int
    uncertainty: int
    events: int

    def __str__(self) -> str:
        """A clause for people."""
        side = "ahead of" if self.micros >= 0 else "behind"
        return (
            f"{abs(self.micros) / SECOND:.3f} s {side} the capture, give or take "
            f"{self.uncertainty / SECOND:.3f} s, by {self.events} shared events"
        )


def landmarks(capture: Capture) -> Landmarks:
    """The connections, requests and questions of a capture."""
    ends: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    parties: defaultdict[Key, list[str]] = defaultdict(list)
    tcp = capture.connections.filter(pl.col("proto") == "tcp").head(_MAX_KEYS)
    begin = tcp.get_column("time").to_physical()
    last = begin + (tcp.get_column("duration").fill_null(0) * SECOND).cast(pl.Int64)
    columns = (tcp["id_orig_h"], tcp["id_orig_p"], tcp["id_resp_h"], begin, last)
    for host, port, server, first, end in zip(*columns, strict=True):
        ends[host, port] += (first, end)
        parties[host, port] += (host, server)
    requests: defaultdict[tuple[str, str], list[int]] = defaultdict(list)
    http = capture.tables["http"].head(_MAX_KEYS)
    taken = http.get_column("response_time").fill_null(0) + http.get_column("transfer_time").fill_null(0)
    asked = http.get_column("time").to_physical()
    done = asked + (taken * SECOND).cast(pl.Int64)
    who = (http["id_orig_h"], http["id_resp_h"])
    for method, uri, at, end, *hosts in zip(http["method"], http["uri"], asked, done, *who, strict=True):
        if method and uri:
            requests[method, uri] += (at, end)
            parties[method, uri] += hosts
    questions: defaultdict[str, list[int]] = defaultdict(list)
    addresses: defaultdict[str, list[str]] = defaultdict(list)
    dns = capture.tables["dns"].filter(pl.col("query").is_not_null() & (pl.col("service") == "dns")).head(_MAX_KEYS)
    moments = dns.get_column("time").to_physical()
    answered = moments + (dns.get_column("rtt").fill_null(0) * SECOND).cast(pl.Int64)
    for name, at, end, answers, *hosts in zip(
        dns["query"], moments, answered, dns["answers"].to_list(), dns["id_orig_h"], dns["id_resp_h"], strict=True
    ):
        name = name.lower()
        questions[name] += (at, end)
        parties[name] += hosts
        addresses[name] += answers or ()
    return _frozen(ends, requests, questions, parties, addresses)


def merged(several: Iterable[Landmarks]) -> Landmarks:
    """The landmarks of several captures, which are taken to have one clock."""
    tables: tuple[defaultdict[Any, list[Any]], ...] = tuple(defaultdict(list) for _ in range(5))
    for marks in several:
        told: tuple[Mapping[Any, Any], ...] = (
            marks.ends, marks.requests, marks.questions, marks.parties, marks.addresses,
        )  # fmt: skip
        for table, more in zip(tables, told, strict=True):
            _extend(table, more)
    return _frozen(*tables)


def _extend(table: defaultdict[Any, list[Any]], more: Mapping[Any, Iterable[Any]]) -> None:
    for key, values in more.items():
        table[key] += values


def _frozen(
    ends: Mapping[tuple[str, int], list[int]],
    requests: Mapping[tuple[str, str], list[int]],
    questions: Mapping[str, list[int]],
    parties: Mapping[Key, list[str]],
    addresses: Mapping[str, list[str]],
) -> Landmarks:
    """Plain tuples, which travel between processes."""
    return Landmarks(
        {key: tuple(times) for key, times in ends.items()},
        {key: tuple(times) for key, times in requests.items()},
        {key: tuple(times) for key, times in questions.items()},
        {key: tuple(dict.fromkeys(hosts)) for key, hosts in parties.items()},
        {name: tuple(dict.fromkeys(told)) for name, told in addresses.items()},
    )


def estimate(records: Iterable[tuple[int, str]], marks: Landmarks) -> Offset | None:
    """The offset of a log; None where fewer than LEAST_EVENTS events agree.

    Args:
        records: time in microseconds and text of records of the log.
        marks: of the captures.
    """
    # To the begin of what is shared, and to its end: a log writes one of the two.
    differences: tuple[list[int], list[int]] = ([], [])
    events: tuple[list[int], list[int]] = ([], [])  # which event each difference is of
    times: list[int] = []
    given: Counter[Key] = Counter()
    number: dict[object, int] = defaultdict(lambda: len(number))
    for time, text in records:
        if time == NAT:
            continue
        for key, moments in _shared(text, marks):
            if given[key] >= _MAX_PAIRS:
                continue
            given[key] += 1
            times.append(time)
            for place, moment in enumerate(moments[:_MAX_PAIRS]):
                differences[place % 2].append(time - moment)
                events[place % 2].append(number[key, time])
    if len(number) < LEAST_EVENTS:
        return None
    # A log that writes whole seconds cuts them: what happened may have been up to one second later.
    resolution = SECOND if all(time % SECOND == 0 for time in times) else _resolution(times)
    ways = zip(differences, events, strict=True)
    found = [best for way in ways if (best := _agreement(np.array(way[0]), np.array(way[1]), resolution))]
    most = max((way.events for way in found), default=0)
    return _covering([way for way in found if way.events == most])


def writers(texts: Iterable[str], marks: Landmarks) -> frozenset[str]:
    """Addresses that took part in most of the events that a log shares with the captures: one is the log's own host.

    Args:
        texts: records of the log.
        marks: of the captures.
    """
    events = [marks.parties.get(key, ()) for text in texts for key, _ in _shared(text, marks)]
    parties = Counter(host for event in events for host in event)
    return frozenset(host for host, count in parties.items() if count >= _MOSTLY * len(events))


def naming(texts: pl.Series) -> NDArray[np.int64]:
    """Which texts may name a connection or a request; the first SAMPLED of them."""
    hits = texts.str.contains(_ANY).fill_null(False)
    return np.flatnonzero(hits.to_numpy())[:SAMPLED]


def _shared(text: str, marks: Landmarks) -> Iterator[tuple[Key, Sequence[int]]]:
    text = text[:_CHARACTERS]
    found = False
    for host, port in _ADDRESS_AND_PORT.findall(text):
        moments = marks.ends.get((host, int(port)))
        if moments:
            found = True
            yield (host, int(port)), moments
    if not found and (match := _REQUEST.search(text)):
        moments = marks.requests.get((match[1], match[2]))
        if moments:
            found = True
            yield (match[1], match[2]), moments
    if not found and marks.questions and (asked := _ASKED.search(text)):
        for name in _NAME.findall(text[asked.start() :])[:_NAMES_READ]:
            moments = marks.questions.get(name.lower().rstrip("."))
            if moments:
                yield name.lower().rstrip("."), moments
                break


def _resolution(times: Sequence[int]) -> int:
    return next(step for step in (1000, 1) if all(time % step == 0 for time in times))


def _covering(found: Sequence[Offset]) -> Offset | None:
    """One offset for several that are as likely: its uncertainty covers them all."""
    if len(found) < 2:
        return found[0] if found else None
    low = min(offset.micros - offset.uncertainty for offset in found)
    high = max(offset.micros + offset.uncertainty for offset in found)
    return Offset((low + high) // 2, (high - low + 1) // 2, found[0].events)


def _agreement(differences: NDArray[np.int64], events: NDArray[np.int64], resolution: int) -> Offset | None:
    """The window of differences in which most events meet."""
    order = np.argsort(differences, kind="stable")
    differences, events = differences[order], events[order]
    # What a server logs comes some milliseconds after the packet.
    width = resolution + SECOND // 20
    ends = np.searchsorted(differences, differences + width, side="right")
    best, most = 0, 0
    for start in np.argsort(np.arange(len(ends)) - ends, kind="stable")[:200]:
        distinct = len(set(events[start : ends[start]].tolist()))
        if distinct > most:
            best, most = int(start), distinct
    if most < max(LEAST_EVENTS, len(set(events.tolist())) // 3):
        return None
    inside = differences[best : ends[best]]
    # The truth lies in [difference, difference + resolution] of each event.
    low, high = int(inside.max()), int(inside.min()) + resolution
    if low > high:
        middle = int(np.median(inside)) + resolution // 2
        return Offset(middle, max(int(inside.max() - inside.min()) // 2, 1), most)
    return Offset((low + high) // 2, max((high - low) // 2, 1), most)
