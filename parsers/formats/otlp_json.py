"""Log records of OpenTelemetry as JSON: what the file exporter of its Collector writes, a request of many records a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..contract import Source
from ..event_objects import severity_of
from ..excerpt import head_lines
from ..json_text import as_text, decode
from ..lines import Sample
from ..records import RecordFormat, Records

_OPENING = '"resourceLogs"'
# Characters of a line that hold its first key.
_NEAR = 64
_DEPTH = 5


def _listed(value: Any, *names: str) -> list[dict[str, Any]]:
    """The objects of the list under the first of the names that an object has."""
    found: list[Any] = next((value[name] for name in names if isinstance(value.get(name), list)), [])
    return [item for item in found if isinstance(item, dict)]


def _plain(value: Any, depth: int = _DEPTH) -> Any:
    """An AnyValue as JSON would write it (https://opentelemetry.io/docs/specs/otlp/, AnyValue)."""
    if not isinstance(value, dict) or not depth:
        return value
    if "kvlistValue" in value:
        return _pairs(_listed(value["kvlistValue"] or {}, "values"), depth - 1)
    if "arrayValue" in value:
        return [_plain(item, depth - 1) for item in _listed(value["arrayValue"] or {}, "values")]
    return next(iter(value.values()), None)


def _pairs(attributes: Sequence[dict[str, Any]], depth: int = _DEPTH) -> dict[str, Any]:
    return {str(item.get("key")): _plain(item.get("value"), depth) for item in attributes}


def _text(value: Any) -> str | None:
    return None if value is None or value == "" else as_text(value)


@dataclass(frozen=True)
class Otlp(RecordFormat):
    """Requests with the records of several resources and scopes in them."""

    def starts_record(self, line: str) -> bool:
        """Whether a request begins in a line."""
        return line.startswith("{")

    def sniff(self, source: Source) -> float:
        """Certain where a request begins with its records."""
        starts = (line.lstrip(" \t{")[:_NEAR] for line in head_lines(source, 60))
        return 0.97 if any(start.startswith(_OPENING) for start in starts) else 0.0

    def records(self, lines: Sequence[str]) -> Records:
        """Each record of a request is a record; a line that is no request is kept as text."""
        found = Records()
        for at, text in _requests(lines):
            if not text.strip():
                found.skipped += 1
                continue
            request = decode(text)
            if request is None:
                found.malformed.append(at)
                found.add(at, text)
                continue
            before = len(found.line)
            for resource in _listed(request, "resourceLogs"):
                self._resource(found, at, resource)
            if len(found.line) == before:
                found.skipped += text.count("\n") + 1
        return found

    def _resource(self, found: Records, at: int, resource: dict[str, Any]) -> None:
        about = resource.get("resource")
        known = _pairs(_listed(about, "attributes")) if isinstance(about, dict) else {}
        fields = {"service_name": _text(known.get("service.name")), "host_name": _text(known.get("host.name"))}
        for scope in _listed(resource, "scopeLogs", "instrumentationLibraryLogs"):
            name = scope.get("scope")
            fields["scope_name"] = _text(name.get("name")) if isinstance(name, dict) else None
            for record in _listed(scope, "logRecords"):
                self._record(found, at, record, fields)

    @staticmethod
    def _record(found: Records, at: int, record: dict[str, Any], fields: dict[str, str | None]) -> None:
        attributes = _pairs(_listed(record, "attributes"))
        body = _text(_plain(record.get("body"))) or _text(attributes.get("exception.message")) or ""
        kind, said, trace = (_text(attributes.get(f"exception.{name}")) for name in ("type", "message", "stacktrace"))
        told = trace or ": ".join(filter(None, (kind, said)))
        if told and told not in body:
            body = f"{body}\n{told}" if body else told
        moment = record.get("timeUnixNano")
        if moment in (None, "", 0, "0"):
            moment = record.get("observedTimeUnixNano")
        level = record.get("severityNumber")
        number = level if isinstance(level, int) and 0 < level <= 24 else severity_of(record.get("severityText") or "")
        more = {"exception_type": kind, "trace_id": _text(record.get("traceId"))}
        found.add(at, body, _text(moment), number, fields={**fields, **more})


def _requests(lines: Sequence[str]) -> Iterator[tuple[int, str]]:
    """Each request with the number of its first line: a line, or what is indented up to a closing brace."""
    first: int | None = None
    for at, line in enumerate(lines):
        if first is None and line.rstrip() == "{":
            first = at
        elif first is None:
            yield at, line
        elif line.startswith("}"):
            yield first, "\n".join(lines[first : at + 1])
            first = None
    if first is not None:
        yield first, "\n".join(lines[first:])


_REQUEST = (
    '{{"resourceLogs":[{{"resource":{{"attributes":[{{"key":"service.name","value":{{"stringValue":"shop"}}}},'
    '{{"key":"host.name","value":{{"stringValue":"web-1"}}}}]}},"scopeLogs":[{{"scope":{{"name":"shop.pay"}},'
    '"logRecords":[{record}]}}]}}]}}'
)
FORMAT = Otlp(
    name="otlp_json",
    title="OpenTelemetry log records (OTLP as JSON)",
    reference="https://opentelemetry.io/docs/specs/otel/protocol/file-exporter/",
    samples=(
        Sample(
            _REQUEST.format(
                record='{"timeUnixNano":"1773480413589000000","severityNumber":17,"severityText":"Error",'
                '"body":{"stringValue":"no answer"},"attributes":[{"key":"exception.type","value":{"stringValue":'
                '"IOError"}},{"key":"exception.message","value":{"stringValue":"timed out"}}],"traceId":"5b8efff7"}'
            ),
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 17,
                "service_name": "shop",
                "host_name": "web-1",
                "scope_name": "shop.pay",
                "trace_id": "5b8efff7",
                "exception_type": "IOError",
                "body": "no answer\nIOError: timed out",
            },
        ),
        Sample(
            _REQUEST.format(
                record='{"timeUnixNano":"0","observedTimeUnixNano":"1773480414000000000","severityText":"INFO",'
                '"body":{"kvlistValue":{"values":[{"key":"event","value":{"stringValue":"ready"}}]}}}'
            ),
            {"time": "2026-03-14T09:26:54Z", "severity_number": 9, "body": '{"event":"ready"}'},
        ),
        Sample(
            _REQUEST.format(
                record='{"timeUnixNano":"1773480415000000000","severityNumber":13,"body":{"intValue":"7"}}'
            ),
            {"time": "2026-03-14T09:26:55Z", "severity_number": 13, "body": "7"},
        ),
    ),
)
