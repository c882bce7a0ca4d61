"""MongoDB: JSON since 4.4, text before."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..contract import Source
from ..event_objects import lookup
from ..excerpt import head_lines
from ..json_text import as_text
from ..lines import LineFormat, Sample
from ..records import Records
from ..severity import DEBUG, ERROR, FATAL, INFO, TRACE, WARN
from .json_lines import JsonLines

_LEVELS = {
    "F": FATAL,
    "E": ERROR,
    "W": WARN,
    "I": INFO,
    "D": DEBUG,
    "D1": DEBUG,
    "D2": DEBUG,
    "D3": 4,
    "D4": 3,
    "D5": TRACE,
}


@dataclass(frozen=True)
class MongoJson(JsonLines):
    """Objects with t, s, c, id, ctx, msg and attr."""

    def sniff(self, source: Source) -> float:
        """As JSON lines, when the first object has MongoDB's names."""
        first = next((line for line in head_lines(source, 60) if line.startswith("{")), "")
        return super().sniff(source) if first.startswith('{"t":{"$date":') and '"ctx":' in first else 0.0

    def add(self, found: Records, at: int, record: dict[str, Any]) -> None:
        """Add one object; the attributes say what the message is about, so they are part of the body."""
        body = as_text(record.get("msg")) or ""
        attributes = record.get("attr")
        if attributes:
            body = f"{body} {as_text(attributes)}"
        level = as_text(record.get("s")) or ""
        fields = {"severity_text": level, "scope_name": as_text(record.get("c"))}
        found.add(at, body, as_text(lookup(record, ("t.$date", "t"))), _LEVELS.get(level, 0), fields=fields)


JSON = MongoJson(
    name="mongodb",
    title="MongoDB",
    reference="https://www.mongodb.com/docs/manual/reference/log-messages/",
    confidence=0.98,
    samples=(
        Sample(
            '{"t":{"$date":"2026-03-14T10:26:53.123+01:00"},"s":"I",  "c":"NETWORK",  "id":22943,   "ctx":"listener","msg":"Connection accepted","attr":{"remote":"10.0.0.7:51966","connectionId":7}}',
            {
                "time": "2026-03-14T09:26:53.123Z",
                "severity_number": 9,
                "scope_name": "NETWORK",
                "body": 'Connection accepted {"remote":"10.0.0.7:51966","connectionId":7}',
            },
        ),
        Sample(
            '{"t":{"$date":"2026-03-14T09:26:54.001+00:00"},"s":"E",  "c":"CONTROL",  "id":20557,   "ctx":"initandlisten","msg":"DBException in initAndListen, terminating","attr":{"error":"DBPathInUse: Unable to lock the lock file"}}',
            {
                "severity_number": 17,
                "body": 'DBException in initAndListen, terminating {"error":"DBPathInUse: Unable to lock the lock file"}',
            },
        ),
        Sample(
            '{"t":{"$date":"2026-03-14T09:26:55.002+00:00"},"s":"D1", "c":"-",        "id":23377,   "ctx":"SignalHandler","msg":"Received signal"}',
            {"severity_number": 5, "scope_name": "-", "body": "Received signal"},
        ),
    ),
)

TEXT = LineFormat(
    name="mongodb_text",
    title="MongoDB before 4.4",
    reference="https://www.mongodb.com/docs/v4.2/reference/log-messages/",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}(?:Z|[+-][0-9]{4}) (?P<severity_text>[FEWID]) +(?P<scope_name>[A-Z_]+|-) +\[[^\]]+\] (?P<body>.*)$",
    ),
    times=("iso",),
    severity_words=_LEVELS,
    confidence=0.97,
    samples=(
        Sample(
            "2026-03-14T09:26:53.123+0000 I NETWORK  [initandlisten] waiting for connections on port 27017",
            {
                "time": "2026-03-14T09:26:53.123Z",
                "severity_number": 9,
                "scope_name": "NETWORK",
                "body": "waiting for connections on port 27017",
            },
        ),
        Sample(
            "2026-03-14T10:26:54.001+0100 F -        [conn7] Fatal Assertion 28558",
            {
                "time": "2026-03-14T09:26:54.001Z",
                "severity_number": 21,
                "scope_name": "-",
                "body": "Fatal Assertion 28558",
            },
        ),
        Sample(
            "2026-03-14T09:26:55.002+0000 W REPL     [ReplicationExecutor] Not able to sync from 10.0.0.7:27017",
            {"severity_number": 13, "scope_name": "REPL"},
        ),
    ),
)
