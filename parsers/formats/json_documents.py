"""JSON documents that hold records: objects over many lines, arrays of objects, exports with one list in them.

CloudTrail, `kubectl get events -o json`, `journalctl -o json-pretty`, Cloud Logging exports.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..contract import Source
from ..event_objects import names_an_event
from ..excerpt import head_lines
from ..json_text import decode
from ..lines import Sample
from ..plan import Plan, Slice
from ..records import Records
from ..text import SLICE_BYTES, slices
from ..times import Clock
from .journald import JSON as JOURNAL
from .json_lines import FORMAT as JSON_LINES
from .json_lines import JsonLines

_OPENS = re.compile(r"^(\s*)\{\s*$")
_LIST = re.compile(r"^\s*(?:\{\s*\"[A-Za-z]+\"\s*:\s*)?\[\s*(?=\{)")


def _indent(lines: Sequence[str]) -> str | None:
    """What stands ahead of the brace that opens a record: that of the first list, else of the first object."""
    first: str | None = None
    for before, line in zip(["", *lines], lines, strict=False):
        match = _OPENS.match(line)
        if match and before.rstrip().endswith("["):
            return match[1]
        if match and first is None:
            first = match[1]
    return first


def _compact(line: str) -> Iterator[dict[str, Any]]:
    """The objects of a list on one line, up to where the line was cut."""
    match = _LIST.match(line)
    decoder = json.JSONDecoder(parse_constant=str)
    at = match.end() if match else len(line)
    while at < len(line):
        try:
            value, at = decoder.raw_decode(line, at)
        except (ValueError, RecursionError):
            return
        if isinstance(value, dict):
            yield value
        while at < len(line) and line[at] in ", \t\r":
            at += 1
        if at < len(line) and line[at] != "{":
            return


@dataclass(frozen=True)
class JsonDocuments(JsonLines):
    """Objects that begin and end on lines of their own, or a list of objects on one line."""

    def sniff(self, source: Source) -> float:
        """The share of objects that have a time and a message or a level, and of lines that are part of objects."""
        lines = [line for line in head_lines(source, 5000) if line.strip()]
        if any(_LIST.match(line) for line in lines[:3]):
            objects = list(_compact(source.head.decode("utf-8", "replace").lstrip("\ufeff \r\n")))
            return self.confidence * sum(map(names_an_event, objects)) / len(objects) if objects else 0.0
        found = list(self._objects(lines, _indent(lines)))
        if not found:
            return 0.0
        events = sum(record is not None and names_an_event(record) for *_, record in found)
        covered = sum(end - first for first, end, _ in found)
        return self.confidence * (events / len(found)) * (covered / found[-1][1])

    def plan(self, source: Source, clock: Clock) -> Plan:
        """As for any format of records, with what stands ahead of each record as the only column."""
        lines = head_lines(source, 5000)
        plan = super().plan(source, clock)
        indent = _indent(lines)
        return replace(plan, columns=() if indent is None else (indent,))

    def slices(self, source: Source, plan: Plan, size: int = SLICE_BYTES) -> Iterator[Slice]:
        """Cut the file in front of records."""
        opening = plan.columns[0] + "{" if plan.columns else "{"
        return slices(source, plan.encoding, lambda line: line.rstrip() == opening, size)

    def slice_records(self, lines: Sequence[str], plan: Plan) -> Records:
        """Each object is a record."""
        return self._read(lines, plan.columns[0] if plan.columns else None)

    def records(self, lines: Sequence[str]) -> Records:
        """The records of the lines of a whole document."""
        return self._read(lines, _indent(lines))

    def _read(self, lines: Sequence[str], indent: str | None) -> Records:
        found = Records()
        for at, line in enumerate(lines):
            if _LIST.match(line) and not _OPENS.match(line):
                for item in _compact(line):
                    JSON_LINES.add(found, at, item)
        for at, _, record in self._objects(lines, indent):
            if record is None:
                found.malformed.append(at)
                found.add(at, lines[at])
            else:
                # The journal writes messages with control characters as lists of bytes.
                (JOURNAL if "__REALTIME_TIMESTAMP" in record else JSON_LINES).add(found, at, record)
        found.skipped = found.line[0] if found.line else len(lines)
        return found

    @staticmethod
    def _objects(lines: Sequence[str], indent: str | None) -> Iterator[tuple[int, int, dict[str, Any] | None]]:
        """Objects with the number of their first line and of the line behind them; None where it is no valid JSON."""
        if indent is None:
            return
        opening, closing = indent + "{", (indent + "}", indent + "},")
        first: int | None = None
        for at, line in enumerate(lines):
            text = line.rstrip()
            if text == opening:
                if first is not None:
                    yield first, at, None
                first = at
            elif first is not None and text in closing:
                yield first, at + 1, decode("\n".join(lines[first : at + 1]).rstrip().rstrip(","))
                first = None


FORMAT = JsonDocuments(
    name="json_documents",
    title="JSON documents (CloudTrail, Kubernetes events, journalctl -o json-pretty)",
    reference="RFC 8259; https://docs.aws.amazon.com/awscloudtrail/latest/userguide/cloudtrail-log-file-examples.html",
    confidence=0.85,
    samples=(
        Sample(
            '{\n    "timestamp": "2026-03-14T09:26:53Z",\n    "level": "error",\n    "message": "pay failed",\n    "context": {\n        "order": 7\n    }\n}',
            {"time": "2026-03-14T09:26:53Z", "severity_number": 17, "body": "pay failed"},
        ),
        Sample(
            '{\n    "timestamp": "2026-03-14T10:26:54+01:00",\n    "level": "info",\n    "message": "ready"\n}',
            {"time": "2026-03-14T09:26:54Z", "severity_number": 9, "body": "ready"},
        ),
        Sample(
            '{\n    "timestamp": "2026-03-14T09:26:55Z",\n    "type": "Warning",\n    "message": "Back-off restarting failed container"\n}',
            {"severity_number": 13, "body": "Back-off restarting failed container"},
        ),
    ),
)
