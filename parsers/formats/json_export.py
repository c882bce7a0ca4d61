"""One JSON document that holds many records: what the interfaces of log platforms answer, and what they let one download.

Elasticsearch's hits, Splunk's results, Datadog's data, CloudWatch's events and query results, Loki's streams, Azure's tables
of columns and rows, a Sentry event. The records are found wherever they are, by their names, and not by whose export it is.
"""

from __future__ import annotations

import json
import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from ..contract import Source
from ..event_objects import names_an_event, unwrapped
from ..excerpt import head_lines
from ..lines import Sample
from ..plan import Plan, Slice
from ..records import Records
from ..text import SLICE_BYTES
from ..times import Clock
from .json_lines import FORMAT as JSON_LINES
from .json_lines import JsonLines

# A document is read as a whole; of a larger one, json_documents reads the objects that stand on lines of their own.
_WHOLE = 64 * 1024 * 1024
_DEPTH = 8
_FAULTS = 100
_OPENS = re.compile(r"(?m)^[ \t]*(?=[\[{])")
_SPACE = re.compile(r"[ \t\r\n]*")
_KEY = re.compile(r'"((?:[^"\\]|\\.)*)"[ \t\r\n]*:[ \t\r\n]*')


@dataclass(slots=True)
class _Found:
    """An event of a document: where it begins and ends, how deep it stands, and what it says."""

    start: int
    end: int
    depth: int
    record: dict[str, Any]


@dataclass(slots=True)
class _Walk:
    """A walk through a text of JSON documents, up to what cannot be read.

    Attributes:
        at: where it stands.
        documents: how many documents were begun.
        others: objects in lists that are no events and hold none.
        faults: where it could not go on.
    """

    text: str
    at: int = 0
    documents: int = 0
    others: int = 0
    faults: list[int] = field(default_factory=list)
    _decoder: json.JSONDecoder = field(default_factory=lambda: json.JSONDecoder(parse_int=_integer, parse_constant=str))

    def events(self) -> Iterator[_Found]:
        """The events of all documents, in the order of the text."""
        while (opens := _OPENS.search(self.text, self.at)) is not None and len(self.faults) < _FAULTS:
            self.at = opens.end()
            self.documents += 1
            try:
                yield from self._value(0, {})
            except (ValueError, RecursionError, IndexError):
                self.faults.append(self.at)
                self.at += 1
                # The rest of the line is no document: the next may begin on a line of its own.
                end = self.text.find("\n", self.at)
                self.at = len(self.text) if end < 0 else end

    def _value(self, depth: int, around: Mapping[str, Any]) -> Iterator[_Found]:
        """The events of the value at which the walk stands; `around` holds what the objects around it said."""
        opening, start = self.text[self.at], self.at
        if opening not in "[{" or depth > _DEPTH:
            _, self.at = self._decoder.raw_decode(self.text, start)
            return
        try:
            value = self._record(start, around)
        except ValueError:
            value = None  # cut or damaged somewhere: what stands ahead of that is read
        if value is not None:
            yield _Found(start, self.at, depth, value)
            return
        self.at = start + 1
        yield from self._members(depth, around) if opening == "{" else self._elements(depth, around)

    def _record(self, start: int, around: Mapping[str, Any]) -> dict[str, Any] | None:
        """The value at a place as an event, behind which the walk then stands; None where it is none."""
        value, end = self._decoder.raw_decode(self.text, start)
        found: dict[str, Any] | None = None
        if isinstance(value, dict):
            found = unwrapped(value) if names_an_event(unwrapped(value)) else None
        elif isinstance(value, list) and value:
            found = _row(value, around)
        if found is not None:
            self.at = end
        return found

    def _members(self, depth: int, around: Mapping[str, Any]) -> Iterator[_Found]:
        here = dict(around)
        while True:
            self._skip()
            if self.text[self.at] == "}":
                self.at += 1
                return
            key = _KEY.match(self.text, self.at)
            if key is None:
                raise ValueError(self.at)
            self.at = key.end()
            if key[1] in _CONTEXT:
                here[key[1]], self.at = self._decoder.raw_decode(self.text, self.at)
            else:
                yield from self._value(depth + 1, here)
            self._comma()

    def _elements(self, depth: int, around: Mapping[str, Any]) -> Iterator[_Found]:
        while True:
            self._skip()
            if self.text[self.at] == "]":
                self.at += 1
                return
            some = False
            for found in self._value(depth + 1, around):
                some = True
                yield found
            self.others += not some
            self._comma()

    def _skip(self) -> None:
        match = _SPACE.match(self.text, self.at)
        self.at = match.end() if match else self.at

    def _comma(self) -> None:
        self._skip()
        if self.text[self.at] == ",":
            self.at += 1


# What an object says of the rows beside it: their columns (Azure, SQL), their labels (Loki).
_CONTEXT = frozenset(("columns", "stream"))


def _row(value: list[Any], around: Mapping[str, Any]) -> dict[str, Any] | None:
    """A list as an event: pairs of field and value, values below columns, or a time and a line; None where it is none."""
    columns, labels = around.get("columns"), around.get("stream")
    found: dict[str, Any] = {}
    if all(isinstance(item, dict) and "field" in item and "value" in item for item in value):
        found = {str(item["field"]): item["value"] for item in value}
    elif isinstance(columns, list) and len(columns) == len(value) and not isinstance(value[0], list):
        names = [column.get("name") if isinstance(column, dict) else column for column in columns]
        found = {str(name): item for name, item in zip(names, value, strict=True)}
    elif isinstance(labels, dict) and len(value) > 1 and isinstance(value[1], str):
        found = {"timestamp": value[0], "line": value[1], "labels": labels}
    return found if names_an_event(found) else None


def _integer(digits: str) -> int | str:
    return int(digits) if len(digits) < 40 else digits


@dataclass(frozen=True)
class JsonExport(JsonLines):
    """A document with records in a list, or a document of many lines that is a record."""

    def sniff(self, source: Source) -> float:
        """The share of the objects in lists that are events; nothing where each line is a document."""
        if source.size > _WHOLE:
            return 0.0
        text = "\n".join(head_lines(source, 20_000, source.size))
        if _OPENS.search(text) is None:
            return 0.0
        walk = _Walk(text)
        found = list(walk.events())
        deep = [event for event in found if event.depth]
        if not deep and len(found) == 1 and walk.documents == 1 and "\n" in text[found[0].start : found[0].end]:
            return self.confidence
        if not deep or len(deep) < len(found):
            return 0.0
        ahead = text.count("\n", 0, _OPENS.search(text).start())  # type: ignore[union-attr]
        share = 1 - ahead / (text.count("\n") + 1)
        return self.confidence * len(deep) / (len(deep) + walk.others) * max(share, 0.6)

    def plan(self, source: Source, clock: Clock) -> Plan:
        """As for any format of records; a line may be as long as the file."""
        return replace(super().plan(source, clock), line_bytes=source.size + 1)

    def head(self, source: Source) -> Sequence[str]:
        """All of the head: the records of a document may be on one line."""
        return head_lines(source, 20_000, source.size)

    def slices(self, source: Source, plan: Plan, size: int = SLICE_BYTES) -> Iterator[Slice]:
        """The file is one slice."""
        yield Slice(plan.encoding.bom, source.size - plan.encoding.bom)

    def records(self, lines: Sequence[str]) -> Records:
        """Each event is a record; what is no JSON is named."""
        text = "\n".join(lines)
        found = Records()
        ends = [match.start() for match in re.finditer("\n", text)]
        walk = _Walk(text)
        for event in walk.events():
            JSON_LINES.add(found, bisect_right(ends, event.start), event.record)
        if not found.line:
            for at, line in enumerate(lines):
                found.add(at, line)
            return found
        found.malformed = [bisect_right(ends, at) for at in walk.faults]
        found.skipped = found.line[0] if found.line else len(lines)
        return found


FORMAT = JsonExport(
    name="json_export",
    title="JSON export of a log platform (Elasticsearch, Splunk, Datadog, CloudWatch, Loki, Azure, Sentry)",
    reference="RFC 8259; https://docs.aws.amazon.com/cli/latest/reference/logs/filter-log-events.html",
    confidence=0.92,
    samples=(
        Sample(
            '{"took": 3, "hits": {"total": {"value": 3}, "hits": [\n'
            '  {"_index": "logs", "_id": "a1", "_source": {"@timestamp": "2026-03-14T09:26:53.589Z", "log": {"level": "error"}, "message": "pay failed", "host": {"name": "web-1"}}},',
            {"time": "2026-03-14T09:26:53.589Z", "severity_number": 17, "host_name": "web-1", "body": "pay failed"},
        ),
        Sample(
            '  {"_index": "logs", "_id": "a2", "_source": {"@timestamp": "2026-03-14T09:26:54.001Z", "log": {"level": "info"}, "message": "ready"}},',
            {"time": "2026-03-14T09:26:54.001Z", "severity_number": 9, "body": "ready"},
        ),
        Sample(
            '  {"_index": "logs", "_id": "a3", "_source": {"@timestamp": "2026-03-14T09:26:55.250Z", "message": "2026-03-14 09:26:55,250 WARN  [main] shop.Pay - disk is 91 % full"}}\n]}}',
            {"severity_number": 13, "scope_name": "shop.Pay", "body": "disk is 91 % full"},
        ),
    ),
)
