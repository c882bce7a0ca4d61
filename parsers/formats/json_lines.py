"""JSON, one object a line: ECS, bunyan, pino, zap, GELF, CloudWatch, and whatever else by the names of its keys."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..records import EPOCH, RecordFormat, Records, looks_continued
from ..severity import BUNYAN, CRITICAL, DEBUG, ERROR, FATAL, INFO, SYSLOG, WARN, number

# Names of keys by what they hold, the most specific first; a dot goes into an object, or is part of the name.
_TIME = ("@timestamp", "startedDateTime", "timestamp", "time", "ts", "datetime", "eventTime", "timeMillis", "t.$date", "asctime", "date",
         "TimeStamp", "Timestamp", "start_time", "created", "instant.epochSecond", "_source.@timestamp", "log_timestamp", "@t",
         "lastTimestamp", "firstTimestamp", "metadata.creationTimestamp", "__REALTIME_TIMESTAMP", "_time", "Time", "TimeGenerated",
         "TimeCreated", "EventTime", "receiveTimestamp", "_messagetime", "generated_at", "received_at", "tsNs", "ingestionTime")  # fmt: skip
_BODY = ("message", "msg", "log", "MESSAGE", "short_message", "event.original", "textPayload", "jsonPayload.message", "body",
         "event", "text", "@m", "@mt", "description", "full_message", "detail", "RenderedMessage", "MessageTemplate", "eventName",
         "line", "Line", "@message", "_raw", "Message", "LogMessage", "LogEntry", "SyslogMessage", "RenderedDescription", "resultDescription",
         "eventMessage", "logentry.formatted", "logentry.message", "properties.message", "protoPayload.status.message", "Description", "request.url")  # fmt: skip
_SEVERITY = ("log.level", "level", "severity", "lvl", "levelname", "loglevel", "log_level", "severity_text", "level_name",
             "SeverityText", "s", "@l", "Level", "logLevel", "PRIORITY", "syslog.severity.name", "LevelDisplayName", "SeverityLevel", "severityLevel", "EventLevelName", "EntryType", "messageType", "status",
             "labels.level", "labels.detected_level", "type", "alert.severity")  # fmt: skip
_FIELDS: Mapping[str, Sequence[str]] = {
    "service_name": ("service.name", "service", "app", "application", "name", "_SYSTEMD_UNIT", "SYSLOG_IDENTIFIER",
                     "kubernetes.container_name", "serviceContext.service", "resource.labels.container_name", "resource.labels.service_name",
                     "cloud_RoleName", "ContainerName", "ProviderName", "ProcessName", "labels.service_name", "labels.app", "labels.container",
                     "labels.job", "fields.app", "fields.container", "fields.job", "logGroup", "logStreamName", "facility"),
    "host_name": ("host.name", "hostname", "host", "_HOSTNAME", "kubernetes.host", "Hostname", "HOST", "Computer", "MachineName",
                  "server_name", "server.host", "resource.labels.node_name", "labels.host", "labels.hostname", "labels.instance", "labels.node_name",
                  "fields.host", "fields.hostname"),
    "scope_name": ("log.logger", "logger", "logger_name", "loggerName", "caller", "module", "c", "category", "SourceContext"),
    "trace_id": ("trace.id", "trace_id", "traceId", "traceID", "TraceId", "dd.trace_id", "requestId", "request_id", "reqId"),
    "exception_type": ("error.type", "err.type", "exception.type", "exception_class", "exception.class", "err.name", "errorType"),
    "http_response_status_code": ("http.response.status_code", "status", "statusCode", "res.statusCode", "response.status", "status_code", "httpStatus"),
}  # fmt: skip
# Nextcloud numbers its levels from 0, debug, to 4, fatal, which are other levels for syslog.
_NEXTCLOUD = frozenset(("reqId", "remoteAddr", "app", "level"))
_NEXTCLOUD_LEVELS = {0: DEBUG, 1: INFO, 2: WARN, 3: ERROR, 4: FATAL}
_STATUS = {"1": INFO, "2": INFO, "3": INFO, "4": WARN, "5": ERROR}
# What belongs to the message, under it: stack traces and errors.
_DETAILS = ("error.stack_trace", "error.message", "err.stack", "stack_trace", "stacktrace", "stack", "exc_info", "exception",
            "err.message", "error", "err", "errorMessage", "stackTrace", "thrown.extendedStackTrace", "@x", "errorVerbose", "cause")  # fmt: skip
# Levels that are numbers: Application Insights counts upwards, Windows downwards from critical.
_INSIGHTS_LEVELS = {0: 3, 1: INFO, 2: WARN, 3: ERROR, 4: CRITICAL}
_WINDOWS_LEVELS = {1: CRITICAL, 2: ERROR, 3: WARN, 4: INFO, 5: DEBUG}
# Suricata's priorities of signatures: 1 is the highest. An alert is a suspicion.
_ALERT_PRIORITIES = {1: WARN, 2: WARN, 3: INFO}
# Objects in which an export wraps the record, with the kinds of names that prove it: Elasticsearch, Splunk, Datadog, Rollbar.
_WRAPPERS = ("_source", "result", "attributes", "fields", "data", "message", "doc")
_DOTNET_DATE = re.compile(r"^/Date\((-?[0-9]+)(?:[+-][0-9]{4})?\)/$")
_THROWN = ("type", "class", "Type", "ClassName", "name", "kind")
_STACK = ("stack", "stack_trace", "stacktrace", "StackTrace", "backtrace")
_LEVEL_WORD = re.compile(r"(?i)fatal|critical|error|warning|warn|notice|info|debug|trace")
_TIMES = frozenset(_TIME)
_ROOTS = frozenset(name for names in (_TIME, _BODY) for name in names) | {name.split(".")[0] for name in _TIME + _BODY}


@lru_cache(maxsize=4096)
def _candidates(names: tuple[str, ...], keys: tuple[str, ...]) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """The names that an object with some keys may have, each with the way into it: most objects of a file have the same keys."""
    known = set(keys)
    parts = ((name, tuple(name.split(".")) if name not in known else (name,)) for name in names)
    return tuple((name, way) for name, way in parts if way[0] in known)


def _inside(record: Mapping[str, Any], way: tuple[str, ...]) -> Any:
    value: Any = record
    for part in way:
        value = value.get(part) if isinstance(value, dict) else None
    return value


def lookup(record: Mapping[str, Any], names: Iterable[str]) -> Any:
    """The first value that is there under one of the names; a dot may go into an object."""
    for _, way in _candidates(tuple(names), tuple(record)):
        value = record[way[0]] if len(way) == 1 else _inside(record, way)
        if value is not None and value != "":
            return value
    return None


def unwrapped(record: dict[str, Any]) -> dict[str, Any]:
    """The record that an export has wrapped into an object of its own; the object itself where it is the record."""
    for name in _WRAPPERS:
        value = record.get(name)
        if isinstance(value, dict) and (name == "_source" or not names_an_event(record)):
            # Elasticsearch's "fields" are lists of values, nearly all of one.
            inner = {key: item[0] if isinstance(item, list) and len(item) == 1 else item for key, item in value.items()}
            if names_an_event(inner):
                return inner
            if names_an_event(outer := {**record, **inner}):
                return outer
    return record


def names_an_event(record: Mapping[str, Any]) -> bool:
    """Whether an object has a time, and a message or a level."""
    timed = lookup(record, _TIME) is not None
    return timed and (lookup(record, _BODY) is not None or level_of(record) is not None)


def level_of(record: Mapping[str, Any]) -> str | int | float | None:
    """What an object calls its level; a status only where it is a word for one."""
    for name, way in _candidates(_SEVERITY, tuple(record)):
        value = _inside(record, way)
        if value == "":
            continue
        if isinstance(value, (str, int, float)) and (name != "status" or number(str(value))):
            return value
    return None


def thrown(value: Any) -> str | None:
    """An error of an object as one text: its type, its message and its trace; other values as they are."""
    if isinstance(value, dict) and isinstance(value.get("values"), list):
        return "\n".join(text for item in value["values"] if (text := thrown(item))) or as_text(value)
    if isinstance(value, dict):
        kind, said, stack = (
            lookup(value, _THROWN),
            lookup(value, ("message", "value", "Message", "msg")),
            lookup(value, _STACK),
        )
        if isinstance(kind, str) and isinstance(said, str):
            return f"{kind}: {said}" + (f"\n{stack}" if isinstance(stack, str) else "")
    return as_text(value)


# Made once: json.dumps and json.loads make a new one for each call that asks for anything special.
_ENCODER = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def as_text(value: Any) -> str | None:
    """A value as one text; objects and lists as compact JSON."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, (dict, list)):
        return _ENCODER.encode(value)
    return str(value)


_SENTENCE_CHARACTERS = 500
_SENTENCES = 12


def sentences(record: Mapping[str, Any], depth: int = 2) -> list[tuple[str, str]]:
    """Values of any key that read as prose, with their keys: what went wrong often stands beside the message."""
    found: list[tuple[str, str]] = []
    for name, value in record.items():
        if name in _TIMES:
            continue
        if isinstance(value, str) and " " in value.strip():
            found.append((name, value[:_SENTENCE_CHARACTERS]))
        elif isinstance(value, dict) and depth:
            found += sentences(value, depth - 1)
        if len(found) >= _SENTENCES:
            break
    return found[:_SENTENCES]


def severity_of(value: Any) -> int:
    """The severity number of a level as JSON loggers write it: a word, a letter, a number of bunyan, Python or syslog."""
    if isinstance(value, str) and not EPOCH.match(value):
        word = _LEVEL_WORD.search(value)
        return number(value) or (number(word[0]) if word else 0)
    try:
        level = int(float(value))
    except (TypeError, ValueError, OverflowError):
        return 0
    if level in BUNYAN:
        return BUNYAN[level]
    return SYSLOG.get(level, 0)


def _severity_of_status(record: Mapping[str, Any]) -> int:
    """The severity of an access log's object, by its status code; 0 where it has none."""
    status = as_text(lookup(record, _FIELDS["http_response_status_code"])) or ""
    return _STATUS.get(status[0], 0) if len(status) == 3 and status.isdigit() else 0


def decode(line: str) -> dict[str, Any] | None:
    """The object of a line; None where it is none, nested too deeply included."""
    if not line.lstrip().startswith("{"):
        return None
    try:
        value = _DECODER.decode(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def element(line: str) -> dict[str, Any] | None:
    """The object of a line, alone or as an element of an array that has one a line; None where it is none."""
    text = line.strip()
    if text.startswith("{") and text.endswith("},"):
        return decode(text[:-1])
    found = decode(text)
    if found is not None:
        return found
    opened = text.lstrip("[,").lstrip() if text[:1] in ("[", ",") else text
    return (
        decode(opened[:-1].rstrip(" ,"))
        if opened.endswith(("},", "}]"))
        else decode(opened)
        if opened != text
        else None
    )


def _integer(digits: str) -> int | str:
    # int() of very many digits costs quadratic time, and Python refuses over 4,300 of them.
    return int(digits) if len(digits) < 40 else digits


def _exchange(record: Mapping[str, Any]) -> str | None:
    """A request and its answer in one line, as an archive of HTTP (HAR) has them; None where an object is no such."""
    request, answer = record.get("request"), record.get("response")
    if "startedDateTime" not in record or not isinstance(request, dict) or not isinstance(answer, dict):
        return None
    status = f"{answer.get('status')} {answer.get('statusText') or ''}".rstrip()
    return f"{request.get('method')} {request.get('url')}: {status} in {record.get('time')} ms"


_DECODER = json.JSONDecoder(parse_int=_integer, parse_constant=str)


@lru_cache(maxsize=4096)
def _fields_of(keys: tuple[str, ...]) -> tuple[tuple[str, Sequence[str]], ...]:
    """The fields that an object with some keys may have, with the names that they may be under."""
    return tuple((name, names) for name, names in _FIELDS.items() if _candidates(tuple(names), keys))


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
            if (record := element(line)) is not None and (_ROOTS & record.keys() or names_an_event(unwrapped(record)))
        )
        return self.confidence * known / len(lines)

    def records(self, lines: Sequence[str]) -> Records:
        """Each object is a record; other lines are kept as text."""
        found = Records()
        for at, line in enumerate(lines):
            if line.strip() in ("", "[", "]"):
                found.skipped += 1
                continue
            record = element(line)
            if record is None:
                inside = looks_continued(line)
                if not inside:
                    found.malformed.append(at)
                found.add(at, line, continues=inside and bool(found.line))
            else:
                self.add(found, at, record)
        return found

    def add(self, found: Records, at: int, record: dict[str, Any]) -> None:
        """Add one object."""
        record = unwrapped(record)
        told = lookup(record, _BODY)
        body = as_text(told)
        details = thrown(lookup(record, _DETAILS))
        if body is None:
            body = (details if details is not None else as_text(record)) or ""
        elif details is not None and details not in body:
            body = f"{body}\n{details}"
        for name, sentence in sentences(record):
            if sentence not in body:
                body = f"{body}\n{name}: {sentence}"
        fields = {name: as_text(lookup(record, names)) for name, names in _fields_of(tuple(record))}
        if "levelname" in record and "name" in record:
            fields["scope_name"], fields["service_name"] = as_text(record["name"]), None  # Python's names
        time = as_text(lookup(record, _TIME))
        level = level_of(record)
        number_of = severity_of(level) if level is not None else _severity_of_status(record)
        body = _exchange(record) or body
        if record.keys() >= _NEXTCLOUD and isinstance(level, int):
            number_of = _NEXTCLOUD_LEVELS.get(level, 0)
        elif isinstance(level, int) and level == record.get("severityLevel"):
            number_of = _INSIGHTS_LEVELS.get(level, 0)
        elif isinstance(level, int) and "TimeCreated" in record:
            number_of = _WINDOWS_LEVELS.get(level, 0)
        elif "alert" in record and "event_type" in record and isinstance(level, int):
            number_of = _ALERT_PRIORITIES.get(level, INFO)
        elif (code := record.get("errorCode")) and isinstance(code, str) and not number_of:
            body, number_of = f"{as_text(told) or ''} {code}: {body.partition(chr(10))[2] or body}".strip(), ERROR
        if time is not None and (match := _DOTNET_DATE.match(time)):
            time = match[1]
        add_nested(found, at, body, told, time, number_of, fields)


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
        said = lookup(inner, _BODY)
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
