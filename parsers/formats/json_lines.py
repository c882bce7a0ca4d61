"""JSON, one object a line: ECS, bunyan, pino, zap, GELF, CloudWatch, and whatever else by the names of its keys."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from ..contract import Source
from ..event_objects import event_of, knows, level_of, message_of, names_an_event, unwrapped
from ..excerpt import head_lines
from ..guessed_keys import looks_logged
from ..json_text import decode, element, elements
from ..lines import Sample
from ..records import RecordFormat, Records, looks_continued


@dataclass(frozen=True)
class JsonLines(RecordFormat):
    """Objects with a time or a message under one of the usual names."""

    confidence: float = 0.9

    def starts_record(self, line: str) -> bool:
        """Whether a line begins an object."""
        return line.startswith(("{", "[{", ",{"))

    def sniff(self, source: Source) -> float:
        """The share of lines that are objects with a known name in them."""
        lines = [line for line in head_lines(source, 60) if line.strip()]
        if not lines or not any("{" in line[:8] for line in lines):
            return 0.0
        known = sum(
            1
            for line in lines
            if (record := element(line)) is not None
            and (knows(record) or names_an_event(unwrapped(record)) or looks_logged(record))
        )
        return self.confidence * known / len(lines)

    def records(self, lines: Sequence[str]) -> Records:
        """Each object is a record; other lines are kept as text."""
        found = Records()
        for at, (line, record) in enumerate(zip(lines, elements(lines), strict=True)):
            if record is not None:
                self.add(found, at, record)
            elif line.strip() in ("", "[", "]"):
                found.skipped += 1
            else:
                inside = looks_continued(line)
                if not inside:
                    found.malformed.append(at)
                found.add(at, line, continues=inside and bool(found.line))
        return found

    def add(self, found: Records, at: int, record: dict[str, Any]) -> None:
        """Add one object."""
        event = event_of(record)
        add_nested(found, at, event.body, event.message, event.time, event.severity, event.fields)


_DEPTH = 3


def add_nested(
    found: Records,
    at: int,
    body: str,
    message: Any,
    time: str | None,
    severity_number: int,
    fields: Mapping[str, str | None],
) -> None:
    """Add a record, the message of which may be an object in which a program said more.

    Args:
        found: where to add it.
        at: number of its first line.
        body: what the record says where the message is plain text.
        message: the message alone: an object, or a text that may spell one.
        time: of the record around the message; a time inside of it is of less worth.
        severity_number: as the record around the message has it; the message itself knows better.
        fields: of the record around the message.
    """
    inner = message
    for _ in range(_DEPTH):
        if isinstance(inner, str):
            inner = decode(inner)
        if not isinstance(inner, dict):
            break
        said = message_of(inner)
        if isinstance(said, dict) or (isinstance(said, str) and said.startswith("{")):
            inner = said
            continue
        if said is None and level_of(inner) is None:
            break
        FORMAT.add(found, at, inner)
        found.time[-1] = time or found.time[-1]
        found.severity[-1] = found.severity[-1] or severity_number
        for name, value in fields.items():
            column = found.fields.get(name)
            if value is not None and (column is None or column[-1] is None):
                found.know(name, value)
        return
    found.add(at, body, time, severity_number, fields=fields)


FORMAT = JsonLines(
    name="json_lines",
    title="JSON lines",
    reference="https://jsonlines.org; Elastic Common Schema; bunyan, pino, zap, GELF 1.1, CloudWatch Logs",
    samples=(
        Sample(
            '{"name":"shop","hostname":"web-1","pid":7,"level":50,"msg":"pay failed","time":"2026-03-14T09:26:53.589Z","v":0}',
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 17,
                "service_name": "shop",
                "host_name": "web-1",
                "body": "pay failed",
            },
        ),
        Sample(
            '{"@timestamp":"2026-03-14T09:26:53.589Z","log.level":"ERROR","message":"boom","error":{"type":"java.io.IOException","stack_trace":"java.io.IOException: boom\\n\\tat a.B.c(B.java:7)"},"service":{"name":"pay"}}',
            {
                "severity_number": 17,
                "service_name": "pay",
                "exception_type": "java.io.IOException",
                "body": "boom\njava.io.IOException: boom\n\tat a.B.c(B.java:7)",
            },
        ),
        Sample(
            '{"level":"warn","ts":1773480413.589,"logger":"http","caller":"srv/h.go:42","msg":"slow","status":504}',
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 13,
                "scope_name": "http",
                "http_response_status_code": "504",
            },
        ),
    ),
)
