"""Events as Logstash prints them with its codec rubydebug: Ruby's hashes, a key a line."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..records import RecordFormat, Records
from .json_lines import FORMAT as JSON_LINES

_PAIR = re.compile(r'^\s*"([^"]{1,200})" => (.*?),?\s*$')
_CLOSES = re.compile(r"^\s*[}\]],?\s*$")


@dataclass(frozen=True)
class RubyDebug(RecordFormat):
    """Hashes that begin with a brace on a line of its own."""

    def starts_record(self, line: str) -> bool:
        """Whether an event begins."""
        return line.rstrip() == "{"

    def sniff(self, source: Source) -> float:
        """The share of lines that are pairs or braces, where a pair has the time."""
        lines = [line for line in head_lines(source, 200) if line.strip()]
        pairs = sum(_PAIR.match(line) is not None for line in lines)
        braces = sum(_CLOSES.match(line) is not None or self.starts_record(line) for line in lines)
        timed = any('"@timestamp" => ' in line for line in lines)
        return 0.95 * (pairs + braces) / len(lines) if pairs and braces and timed else 0.0

    def records(self, lines: Sequence[str]) -> Records:
        """Each event is a record."""
        found = Records()
        starts = [at for at, line in enumerate(lines) if self.starts_record(line)]
        found.skipped = starts[0] if starts else len(lines)
        for at, end in zip(starts, [*starts[1:], len(lines)], strict=False):
            JSON_LINES.add(found, at, _event(lines[at + 1 : end]))
        return found


def _event(lines: Sequence[str]) -> dict[str, Any]:
    """The pairs of an event; names of keys inside of others are joined by dots."""
    event: dict[str, Any] = {}
    inside: list[str] = []
    for line in lines:
        pair = _PAIR.match(line)
        if pair is None:
            if _CLOSES.match(line) and inside:
                inside.pop()
            continue
        name, value = ".".join([*inside, pair[1]]), pair[2]
        if value in ("{", "["):
            inside.append(pair[1])
        else:
            event[name] = _value(value)
    return event


def _value(text: str) -> str:
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('\\"', '"').replace("\\n", "\n").replace("\\t", "\t")
    return text


def _sample(second: int, message: str) -> str:
    return (
        '{\n      "@version" => "1",\n          "host" => {\n        "name" => "web-1"\n    },\n'
        f'    "@timestamp" => 2026-03-14T09:26:{second}.589Z,\n       "message" => "{message}"\n}}'
    )


FORMAT = RubyDebug(
    name="logstash_rubydebug",
    title="Logstash (codec rubydebug)",
    reference="https://www.elastic.co/docs/reference/logstash/plugins/plugins-codecs-rubydebug",
    samples=(
        Sample(
            _sample(53, '2026-03-14 09:26:53,589 ERROR [main] shop.Pay - \\"pay\\" failed'),
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 17,
                "host_name": "web-1",
                "body": '"pay" failed',
            },
        ),
        Sample(
            _sample(54, "2026-03-14 09:26:54,000 INFO  [main] shop.Pay - ready"),
            {"severity_number": 9, "body": "ready"},
        ),
        Sample(_sample(55, "2026-03-14 09:26:55,000 WARN  [main] shop.Pay - slow"), {"severity_number": 13}),
    ),
)
