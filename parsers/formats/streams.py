"""Logs of several programs in one, each line behind the name of its own.

`docker compose logs`, `docker service logs`, foreman and overmind; `kubectl logs --prefix`, stern, kubetail; grep over several
files; `tail -f` of several files. What a program printed is read as what it is, and a stack trace belongs to its own stream.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..plan import Plan, Slice
from ..printed import Printed, add_message
from ..records import RecordFormat, Records, looks_continued
from ..severity import NUMBERS
from ..text import SLICE_BYTES, slices

# The runtime's own time, to the nanosecond: docker compose logs -t, kubectl logs --prefix --timestamps.
_STAMP = re.compile(
    r"^([0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{7,9}(?:Z|[+-][0-9]{2}:[0-9]{2})) ?(.*)$"
)
_REPLICA = re.compile(r"[_\-.][0-9]+(?:\.[a-z0-9]+(?:@\S+)?)?$")
# How logs begin: one container alone has a name that may be anything.
_LOGGED = re.compile(
    r"^[^|]*\| ?\W{0,2}(?:[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}[T ]|[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2} |[0-9]{2}:[0-9]{2}:[0-9]{2}"
    r"|time=|level=|ts=|\{\"|(?:INFO|WARN|WARNING|ERROR|DEBUG|FATAL)\b)"
)
_POD = re.compile(r"-[a-z0-9]{5}$|-[0-9]+$")


def _containers(names: Sequence[str], lines: Sequence[str]) -> bool:
    """Whether names are those of containers: with the number of a replica, in a column, or one ahead of times and levels."""
    distinct = set(names)
    if any(name.lower() in NUMBERS for name in distinct):
        return False
    replicas = sum(_REPLICA.search(name) is not None for name in distinct)
    columns = {line.index("|") for line in lines if "|" in line}
    if len(distinct) == 1 and len(columns) == 1 and 2 * sum(map(bool, map(_LOGGED.match, lines))) >= len(lines):
        return True
    return 2 * replicas >= len(distinct) or (len(distinct) > 1 and len(columns) == 1)


def _pods(names: Sequence[str], _lines: Sequence[str]) -> bool:
    distinct = {name.split(" ", 1)[0] for name in names}
    return 2 * sum(_POD.search(name) is not None for name in distinct) >= len(distinct)


def _several(names: Sequence[str], _lines: Sequence[str]) -> bool:
    return len(set(names)) > 1


def _any(_names: Sequence[str], _lines: Sequence[str]) -> bool:
    return True


@dataclass(frozen=True)
class Streams(RecordFormat):
    """Lines of a name and what a program printed.

    Attributes:
        pattern: groups name and body, and perhaps time.
        proof: whether the names of the head, and its lines, are such.
    """

    pattern: str
    proof: Callable[[Sequence[str], Sequence[str]], bool]
    streamed = True

    def starts_record(self, line: str) -> bool:
        """Whether a line begins a message that is no part of a stack trace."""
        match = re.match(self.pattern, line)
        body = _stamped(match["body"])[1] if match else ""
        return not looks_continued(body)

    def sniff(self, source: Source) -> float:
        """Certain where nearly all lines have such names."""
        lines = [line for line in head_lines(source, 120) if line.strip()]
        found = [match for line in lines if (match := re.match(self.pattern, line))]
        if len(found) < 2 or not self.proof([match["name"] for match in found], [match.string for match in found]):
            return 0.0
        return 0.99 * len(found) / len(lines)

    def records(self, lines: Sequence[str]) -> Records:
        """Each message is a record; a stack trace is part of the message of its stream before it."""
        printed = Printed()
        begins = re.compile(self.pattern).match
        last = ""
        for at, line in enumerate(lines):
            match = begins(line)
            if match is None:
                if line.strip():
                    printed.so_far().add(at, line, continues=bool(printed))
                elif not printed:
                    printed.found.skipped += 1
                continue
            groups = match.groupdict()
            time, body = _stamped(groups["body"])
            if groups.get("time"):
                time = groups["time"]
            printed.add(at, time, body, last == groups["name"], {"service_name": groups["name"]})
            last = groups["name"]
        return printed.so_far()


def _stamped(body: str) -> tuple[str | None, str]:
    match = _STAMP.match(body) if body[10:11] == "T" else None
    return (match[1], match[2]) if match else (None, body)


_TRACE_SAMPLE = "{0}java.lang.IllegalStateException: no pool\n{0}\tat shop.Pay.pay(Pay.java:7)"


def _samples(first: str, second: str, name: str, other: str) -> tuple[Sample, ...]:
    """What two programs print behind two prefixes."""
    return (
        Sample(
            f"{first}2026-03-14 09:26:53,589 ERROR [main] shop.Pay - pay failed\n" + _TRACE_SAMPLE.format(first),
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 17,
                "service_name": name,
                "scope_name": "shop.Pay",
                "body": "pay failed\njava.lang.IllegalStateException: no pool\n\tat shop.Pay.pay(Pay.java:7)",
            },
        ),
        Sample(
            f"{second}2026-03-14 09:26:54.001 UTC [7] FATAL:  sorry, too many clients already",
            {
                "time": "2026-03-14T09:26:54.001Z",
                "severity_number": 21,
                "service_name": other,
                "body": "sorry, too many clients already",
            },
        ),
        Sample(f"{second}2026-03-14 09:26:55.250 UTC [7] WARNING:  slow", {"severity_number": 13, "body": "slow"}),
    )


COMPOSE = Streams(
    name="compose",
    title="docker compose logs, docker service logs, foreman",
    reference="https://docs.docker.com/reference/cli/docker/compose/logs/",
    pattern=r"^(?:(?P<time>[0-9]{2}:[0-9]{2}:[0-9]{2}) )?(?P<name>[A-Za-z][A-Za-z0-9_.\-@]{0,120}) *\| ?(?P<body>.*)$",
    proof=_containers,
    samples=_samples("shop-1  | ", "db-1    | ", "shop-1", "db-1"),
)
KUBECTL = Streams(
    name="kubectl_prefix",
    title="kubectl logs --prefix",
    reference="https://kubernetes.io/docs/reference/kubectl/generated/kubectl_logs/",
    pattern=r"^\[pod/(?P<name>[a-z0-9.\-]+/[a-z0-9.\-]+)\] ?(?P<body>.*)$",
    proof=_any,
    samples=_samples("[pod/shop-7f/shop] ", "[pod/db-0/postgres] ", "shop-7f/shop", "db-0/postgres"),
)
STERN = Streams(
    name="stern",
    title="stern, kubetail",
    reference="https://github.com/stern/stern#output; https://github.com/johanhaleby/kubetail",
    pattern=r"^\[?(?P<name>[a-z0-9][a-z0-9.\-]*-[a-z0-9]{1,10} [a-z][a-z0-9\-]*|(?:(?<=\[)[a-z0-9][a-z0-9.\-]*-[a-z0-9]{1,10}(?=\])))\]? (?P<body>.*)$",
    proof=_pods,
    samples=_samples("shop-5d8c7f9b6d-x2v4q shop ", "db-0 postgres ", "shop-5d8c7f9b6d-x2v4q shop", "db-0 postgres"),
)
PM2 = Streams(
    name="pm2",
    title="pm2 logs",
    reference="https://pm2.keymetrics.io/docs/usage/log-management/",
    pattern=r"^(?P<name>[0-9]{1,4}\|[A-Za-z0-9_.\-@ ]{1,60}?) *\| ?(?P<body>.*)$",
    proof=_any,
    samples=_samples("0|shop     | ", "12|db-1    | ", "0|shop", "12|db-1"),
)
GREP = Streams(
    name="grep_files",
    title="grep over several files",
    reference="grep(1), --with-filename, --line-number",
    pattern=r"^(?P<name>[^\s:|]{1,160}\.(?:log|txt|out|err)(?:[.\-][0-9]{1,8})?):(?:[0-9]+:)?(?P<body>.*)$",
    proof=_several,
    samples=_samples("shop/a.log:", "/var/log/pg.log:17:", "shop/a.log", "/var/log/pg.log"),
)

_HEADER = re.compile(r"^==> (.{1,400}) <==$")
_HEADINGS = re.compile(rb"(?m)^==> [^\n]{1,400} <==\r?$")


@dataclass(frozen=True)
class TailFiles(RecordFormat):
    """Parts of files, each below the name of its file."""

    streamed = True
    headings = _HEADINGS

    def starts_record(self, line: str) -> bool:
        """Whether a line names a file."""
        return _HEADER.match(line) is not None

    def sniff(self, source: Source) -> float:
        """Certain where the file begins with such a name, or has several."""
        lines = [line for line in head_lines(source, 120) if line.strip()]
        names = sum(map(self.starts_record, lines))
        return 0.99 if len(lines) > 1 and (self.starts_record(lines[0]) or names > 1) else 0.0

    def slices(self, source: Source, plan: Plan, size: int = SLICE_BYTES) -> Iterator[Slice]:
        """Cut the file in front of lines that name no file and go on with no stack trace."""

        def begins(line: str) -> bool:
            return not looks_continued(line) and not self.starts_record(line)

        return slices(source, plan.encoding, begins, size, self.headings)

    def records(self, lines: Sequence[str]) -> Records:
        """Each line is a record, but for stack traces; names of files and the blank lines ahead of them are none."""
        found = Records()
        name, fresh = "", True
        for at, line in enumerate(lines):
            header = _HEADER.match(line)
            if header or not line.strip():
                if header:
                    name, fresh = header[1], True
                found.skipped += not found.line
                continue
            add_message(found, at, None, line, bool(found.line) and not fresh, {"service_name": name} if name else None)
            fresh = False
        return found


TAIL = TailFiles(
    name="tail_files",
    title="tail or head of several files",
    reference="tail(1)",
    samples=(
        Sample(
            "==> shop.log <==\n2026-03-14 09:26:53,589 ERROR [main] shop.Pay - pay failed\n\tat shop.Pay.pay(Pay.java:7)",
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 17,
                "service_name": "shop.log",
                "body": "pay failed\n\tat shop.Pay.pay(Pay.java:7)",
            },
        ),
        Sample(
            "2026-03-14 09:26:54,001 INFO  [main] shop.Pay - ready",
            {"severity_number": 9, "service_name": "shop.log", "body": "ready"},
        ),
        Sample(
            "\n==> pg.log <==\n2026-03-14 09:26:55.250 UTC [7] FATAL:  sorry, too many clients already",
            {"severity_number": 21, "service_name": "pg.log", "body": "sorry, too many clients already"},
        ),
    ),
)
