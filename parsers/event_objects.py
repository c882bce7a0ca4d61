"""Objects that tell of events: where loggers, collectors and exports put time, message, level and the rest.

ECS, bunyan, pino, zap, GELF, CloudWatch and many more; whatever else by the names of its keys.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from .guessed_keys import guess, tells_level
from .json_text import as_text
from .severity import BUNYAN, CRITICAL, DEBUG, ERROR, FATAL, INFO, SYSLOG, WARN, number

Way = tuple[str, ...]

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
_EPOCH = re.compile(r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?$")
_LEVEL_WORD = re.compile(r"(?i)fatal|critical|error|warning|warn|notice|info|debug|trace")
_STATUS_WAY = ("status",)
# Keys of Python's loggers, Nextcloud, Application Insights, Windows, Suricata, CloudTrail, HAR: see _peculiarities.
_PECULIAR = frozenset(
    ("levelname", "remoteAddr", "severityLevel", "TimeCreated", "event_type", "errorCode", "startedDateTime")
)
_DATE = re.compile(r"[0-9]{4}[-/.][0-9]{1,2}[-/.][0-9]{1,2}|[0-9]{1,2}[-/.](?:[0-9]{1,2}|[A-Z][a-z]{2})[-/.][0-9]{4}")
_TIMES = frozenset(_TIME)
_ROOTS = frozenset(name for names in (_TIME, _BODY) for name in names) | {name.split(".")[0] for name in _TIME + _BODY}


@lru_cache(maxsize=4096)
def _ways(names: tuple[str, ...], keys: tuple[str, ...]) -> tuple[Way, ...]:
    """The ways into an object with some keys that names may mean."""
    known = set(keys)
    ways = (tuple(name.split(".")) if name not in known else (name,) for name in names)
    return tuple(way for way in ways if way[0] in known)


def _first(record: Mapping[str, Any], ways: Iterable[Way]) -> Any:
    """The first value that is there on one of the ways, of which each begins with a key of the object."""
    for way in ways:
        value = record[way[0]]
        for part in way[1:]:
            value = value.get(part) if isinstance(value, dict) else None
        if value is not None and value != "":
            return value
    return None


def lookup(record: Mapping[str, Any], names: Iterable[str]) -> Any:
    """The first value that is there under one of the names; a dot may go into an object."""
    return _first(record, _ways(tuple(names), tuple(record)))


@dataclass(frozen=True, slots=True)
class _Layout:
    """Where objects with some keys have what; most objects of a file have the same keys.

    Attributes:
        time, body, details, severity, status: ways to it, the best first.
        fields: ways to each of schema.HEADER_FIELDS that they may have.
        wraps: keys that may hold the object that was wrapped.
        leveled: whether a key speaks of a level.
        peculiar: whether they may be those of a program with levels or names of its own.
    """

    time: tuple[Way, ...]
    body: tuple[Way, ...]
    details: tuple[Way, ...]
    severity: tuple[Way, ...]
    status: tuple[Way, ...]
    fields: tuple[tuple[str, tuple[Way, ...]], ...]
    wraps: tuple[str, ...]
    leveled: bool
    peculiar: bool


@lru_cache(maxsize=4096)
def _layout(keys: tuple[str, ...]) -> _Layout:
    fields = ((name, _ways(tuple(names), keys)) for name, names in _FIELDS.items())
    return _Layout(
        time=_ways(_TIME, keys),
        body=_ways(_BODY, keys),
        details=_ways(_DETAILS, keys),
        severity=_ways(_SEVERITY, keys),
        status=_ways(tuple(_FIELDS["http_response_status_code"]), keys),
        fields=tuple((name, ways) for name, ways in fields if ways),
        wraps=tuple(name for name in _WRAPPERS if name in keys),
        leveled=any(map(tells_level, keys)),
        peculiar=not _PECULIAR.isdisjoint(keys),
    )


def unwrapped(record: dict[str, Any]) -> dict[str, Any]:
    """The record that an export has wrapped into an object of its own; the object itself where it is the record."""
    for name in _layout(tuple(record)).wraps:
        value = record[name]
        if isinstance(value, dict) and (name == "_source" or not names_an_event(record)):
            # Elasticsearch's "fields" are lists of values, nearly all of one.
            inner = {key: item[0] if isinstance(item, list) and len(item) == 1 else item for key, item in value.items()}
            if names_an_event(inner):
                return inner
            if names_an_event(outer := {**record, **inner}):
                return outer
    return record


def knows(record: Mapping[str, Any]) -> bool:
    """Whether a key of an object is one that loggers use for times or messages."""
    return not _ROOTS.isdisjoint(record)


def names_an_event(record: Mapping[str, Any]) -> bool:
    """Whether an object has a time, and a message or a level."""
    layout = _layout(tuple(record))
    if _first(record, layout.time) is None:
        return False
    return _first(record, layout.body) is not None or _level(record, layout) is not None


def message_of(record: Mapping[str, Any]) -> Any:
    """What an object says: a text, or an object in which a program said more; None where it says nothing."""
    return _first(record, _layout(tuple(record)).body)


def level_of(record: Mapping[str, Any]) -> str | int | float | None:
    """What an object calls its level; a status only where it is a word for one."""
    return _level(record, _layout(tuple(record)))


def _level(record: Mapping[str, Any], layout: _Layout) -> str | int | float | None:
    for way in layout.severity:
        value: Any = record
        for part in way:
            value = value.get(part) if isinstance(value, dict) else None
        if value == "":
            continue
        if isinstance(value, (str, int, float)) and (way != _STATUS_WAY or number(str(value))):
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


_SENTENCE_CHARACTERS = 500
_SENTENCES = 12


def sentences(record: Mapping[str, Any], depth: int = 2) -> list[tuple[str, str]]:
    """Values of any key that read as prose, with their keys: what went wrong often stands beside the message."""
    found: list[tuple[str, str]] = []
    for name, value in record.items():
        # What JSON decodes to has exactly these types; this is asked for every value of a file.
        if type(value) is str:
            if " " in value and name not in _TIMES and " " in value.strip():
                found.append((name, value[:_SENTENCE_CHARACTERS]))
        elif depth and type(value) is dict and value and name not in _TIMES:
            found += sentences(value, depth - 1)
        if len(found) >= _SENTENCES:
            return found[:_SENTENCES]
    return found


def severity_of(value: Any) -> int:
    """The severity number of a level as JSON loggers write it: a word, a letter, a number of bunyan, Python or syslog."""
    if isinstance(value, str) and not _EPOCH.match(value):
        word = _LEVEL_WORD.search(value)
        return number(value) or (number(word[0]) if word else 0)
    try:
        level = int(float(value))
    except (TypeError, ValueError, OverflowError):
        return 0
    if level in BUNYAN:
        return BUNYAN[level]
    return SYSLOG.get(level, 0)


def _severity_of_status(status: Any) -> int:
    """The severity of an access log's object, by its status code; 0 where it has none."""
    text = as_text(status) or ""
    return _STATUS.get(text[0], 0) if len(text) == 3 and text.isdigit() else 0


def _exchange(record: Mapping[str, Any]) -> str | None:
    """A request and its answer in one line, as an archive of HTTP (HAR) has them; None where an object is no such."""
    request, answer = record.get("request"), record.get("response")
    if "startedDateTime" not in record or not isinstance(request, dict) or not isinstance(answer, dict):
        return None
    status = f"{answer.get('status')} {answer.get('statusText') or ''}".rstrip()
    return f"{request.get('method')} {request.get('url')}: {status} in {record.get('time')} ms"


@dataclass(slots=True)
class Event:
    """What an object tells.

    Attributes:
        body: its message, with what stands beside it: traces, errors, other sentences.
        message: its message alone: a text, or an object in which a program said more.
        time: as written; None where it has none.
        severity: OpenTelemetry number; 0 where it is not known.
        fields: further columns by their name in schema.HEADER_FIELDS.
    """

    body: str
    message: Any
    time: str | None
    severity: int
    fields: dict[str, str | None]


def event_of(record: dict[str, Any]) -> Event:
    """What an object tells, whoever wrote it."""
    layout = _layout(tuple(record))
    if layout.wraps and (inner := unwrapped(record)) is not record:
        record, layout = inner, _layout(tuple(inner))
    told = _first(record, layout.body)
    time = as_text(_first(record, layout.time))
    level = _level(record, layout) if layout.severity else None
    severity = severity_of(level) if level is not None else _severity_of_status(_first(record, layout.status))
    unsure = time is None or told is None or (not severity and layout.leveled) or _DATE.fullmatch(time) is not None
    guessed = guess(record) if unsure else None
    if guessed is not None:
        # Of an object in which no key is one of a message, all is told.
        told = guessed.body if told is None and guessed.named else told
        time = guessed.time if time is None or (guessed.time or "").startswith(f"{time} ") else time
        severity = severity or guessed.severity
    body = told if isinstance(told, str) else as_text(told)
    details = thrown(_first(record, layout.details)) if layout.details else None
    if body is None:
        body = (details if details is not None else as_text(record)) or ""
    elif details is not None and details not in body:
        body = f"{body}\n{details}"
    for name, sentence in sentences(record):
        if sentence not in body and (guessed is None or name not in guessed.keys):
            body = f"{body}\n{name}: {sentence}"
    if time is not None and time.startswith("/Date(") and (match := _DOTNET_DATE.match(time)):
        time = match[1]
    fields: dict[str, str | None] = {}
    for field, ways in layout.fields:
        value = _first(record, ways)
        fields[field] = value if type(value) is str else as_text(value)
    event = Event(body, told, time, severity, fields)
    if layout.peculiar:
        _peculiarities(event, record, level)
    return event


def _peculiarities(event: Event, record: Mapping[str, Any], level: str | int | float | None) -> None:
    """Correct an event where single programs mean something else by a key, or by a number of a level."""
    event.body = _exchange(record) or event.body
    if "levelname" in record and "name" in record:
        event.fields["scope_name"], event.fields["service_name"] = as_text(record["name"]), None  # Python's names
    if record.keys() >= _NEXTCLOUD and isinstance(level, int):
        event.severity = _NEXTCLOUD_LEVELS.get(level, 0)
    elif isinstance(level, int) and level == record.get("severityLevel"):
        event.severity = _INSIGHTS_LEVELS.get(level, 0)
    elif isinstance(level, int) and "TimeCreated" in record:
        event.severity = _WINDOWS_LEVELS.get(level, 0)
    elif "alert" in record and "event_type" in record and isinstance(level, int):
        event.severity = _ALERT_PRIORITIES.get(level, INFO)
    elif (code := record.get("errorCode")) and isinstance(code, str) and not event.severity:
        said = as_text(event.message) or ""
        event.body = f"{said} {code}: {event.body.partition(chr(10))[2] or event.body}".strip()
        event.severity = ERROR
