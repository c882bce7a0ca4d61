"""Tables: CSV, TSV and the like whose first line names a column for the time and one for the message or the level."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ..contract import Source
from ..event_objects import lookup, severity_of
from ..excerpt import head_lines
from ..json_text import as_text, decode
from ..lines import Sample
from ..plan import Plan, Slice
from ..records import RecordFormat, Records
from ..severity import CRITICAL, ERROR, INFO, WARN, number
from ..text import SLICE_BYTES, slices
from ..time_layout import find_kind
from ..times import Clock
from .json_lines import add_nested

# Names of columns, in lower case and without blanks, underscores and what stands in brackets; the most specific first.
TIME = ("@timestamp", "time", "timestamp", "datetime", "dateandtime", "timegenerated", "timecreated", "eventtime", "date", "ts",
         "logtime", "logtimestamp", "timewritten", "messagetime", "messagetimems", "generatedat", "tsns", "createdat", "logged", "zeit", "zeitstempel", "zeitpunkt", "datum", "datumunduhrzeit", "heure", "date/heure", "dateetheure", "horodatage",
        "fecha", "hora", "fechayhora", "datahora", "dataeora", "время", "дата", "датаивремя", "日期和时间", "时间", "日時")  # fmt: skip
LEVEL = ("leveldisplayname", "eventlevelname", "level", "severity", "loglevel", "log.level", "entrytype", "priority", "severitytext",
          "errorseverity", "severitylevel", "messagetype", "status", "ebene", "stufe", "schweregrad", "prio", "niveau", "nivel", "livello", "уровень", "级别", "レベル")  # fmt: skip
BODY = ("message", "msg", "content", "@message", "body", "text", "log", "line", "raw", "logmessage", "logentry", "syslogmessage",
         "rendereddescription", "textpayload", "jsonpayload.message", "eventmessage", "description", "event", "event.original", "summary", "details", "source.message", "attributes.message", "data", "nachricht", "meldung", "beschreibung", "mensaje", "mensagem", "messaggio", "сообщение", "消息", "メッセージ")  # fmt: skip
# Columns that hold a whole record as an object.
_OBJECTS = ("_source", "jsonpayload", "json")
_FIELDS: Mapping[str, Sequence[str]] = {
    "host_name": ("host.name", "host.hostname", "host", "hostname", "machinename", "computer", "computername", "node", "server", "sourcehost", "sourcename"),
    "service_name": ("service", "service.name", "app", "application", "providername", "processname", "cloudrolename", "containername", "container",
                     "kubernetes.container.name", "kubernetes.containername", "resource.labels.containername", "source", "process", "program", "来源", "quelle"),
    "scope_name": ("logger", "log.logger", "component", "module", "category", "class"),
    "http_response_status_code": ("http.response.status_code", "status", "statuscode", "httpstatus"),
}  # fmt: skip
# Lines among which the titles are: the DHCP server of Windows explains its events ahead of them.
_TITLED = 60
_BRACKETED = re.compile(r"\[[^\]]*\]$")
csv.field_size_limit(16 * 1024 * 1024)


def key(name: str) -> str:
    """The title of a column as a key: in lower case, without blanks, underscores and what stands in brackets."""
    plain = _BRACKETED.sub("", name.strip().strip('"').lower())
    if plain == "_source":  # Elasticsearch's document, no name of a program
        return plain
    return plain.replace(" ", "").replace("_", "").lstrip("\ufeff")


@dataclass(frozen=True)
class Table(RecordFormat):
    """Rows of delimited values under a line of names.

    Attributes:
        delimiter: one character.
    """

    delimiter: str

    def starts_record(self, line: str) -> bool:
        """Whether a line could be a row."""
        return self.delimiter in line

    def sniff(self, source: Source) -> float:
        """Certain when a line names the columns of a log and the first rows have times there."""
        lines = head_lines(source, 60)
        names = self._names(lines)
        if not names:
            return 0.0
        titles = next(at for at, line in enumerate(lines) if self._keys(line) == names)
        found = self._rows(lines[titles:], names)
        timed = [time for time in found.time if time]
        return 0.85 if timed and find_kind(timed, fields=True) is not None and len(timed) * 2 > len(found.time) else 0.0

    def _names(self, lines: Sequence[str]) -> tuple[str, ...]:
        """The names of the columns, from one of the first lines; empty when there are none that a log would have."""
        for line in lines[:_TITLED]:
            names = self._keys(line)
            # A status alone may be that of an order.
            kinds = (("time", TIME), ("level", {*LEVEL} - {"status"}), ("body", BODY), ("object", _OBJECTS))
            said = {kind for kind, known in kinds if set(known) & set(names)}
            if "time" in said and len(said) > 1:
                return names
        return ()

    def _keys(self, line: str) -> tuple[str, ...]:
        row = _row(line, self.delimiter) if self.delimiter in line else None
        return tuple(key(name) for name in row or ())

    def plan(self, source: Source, clock: Clock) -> Plan:
        """As for any format of records, with the names of the columns."""
        return replace(super().plan(source, clock), columns=self._names(head_lines(source, _TITLED)))

    def slices(self, source: Source, plan: Plan, size: int = SLICE_BYTES) -> Iterator[Slice]:
        """Cut the file in front of lines that begin rows."""
        timed = next((at for at, name in enumerate(plan.columns) if name in TIME), 0)

        def begins(line: str) -> bool:
            row = _row(line, self.delimiter)
            if row is None or tuple(map(key, row)) == plan.columns:
                return False
            # A value with line ends leaves a first line with too few columns, and more lines without a time in place.
            if plan.layout is not None and timed < len(row):
                return plan.layout.kind.regex.search(row[timed]) is not None
            return len(row) == len(plan.columns) and line.count('"') % 2 == 0

        return slices(source, plan.encoding, begins, size)

    def slice_records(self, lines: Sequence[str], plan: Plan) -> Records:
        """Each row is a record."""
        return self._rows(lines, plan.columns)

    def records(self, lines: Sequence[str]) -> Records:
        """The records of lines, one of the first of which names the columns."""
        return self._rows(lines, self._names(lines))

    def _rows(self, lines: Sequence[str], names: Sequence[str]) -> Records:
        found = Records()
        for at, text in self._texts(lines):
            row = _row(text, self.delimiter)
            if not text.strip() or text.startswith(("#TYPE", "sep=")) or (row and tuple(map(key, row)) == tuple(names)):
                found.skipped += text.count("\n") + 1
            elif row is None or len(row) < 2:
                found.add(at, text)
            else:
                self.add(found, at, dict(zip(names, row, strict=False)), text, row[len(names) :])
        return found

    def _texts(self, lines: Sequence[str]) -> Iterator[tuple[int, str]]:
        """Rows with the number of their first line: a line end inside quotes does not end a row."""
        first, part = 0, ""
        for at, line in enumerate(lines):
            part = f"{part}\n{line}" if at > first else line
            # An odd number of quotes leaves a value open; a stray one must not swallow the rest of the file.
            if part.count('"') % 2 == 0 or at - first > 500:
                yield first, part
                first, part = at + 1, ""
        if first < len(lines):
            yield first, part

    @staticmethod
    def add(found: Records, at: int, row: Mapping[str, str], text: str, more: Sequence[str]) -> None:
        """Add a row by the names of its columns; `more` holds values beyond the last name."""

        def first(names: Sequence[str]) -> str | None:
            return next((row[name].strip() for name in names if row.get(name, "").strip()), None)

        time = f"{row['date']} {row['time']}" if "date" in row and "time" in row else first(TIME)
        level = first(LEVEL)
        # Windows' Event Viewer has no title over the message.
        body = first(BODY) or next((value.strip() for value in more if value.strip()), None)
        fields = {name: first(names) for name, names in _FIELDS.items()}
        objects = [value for name in _OBJECTS if (value := row.get(name, "")).startswith("{")]
        if labels := decode(row.get("labels", "")):
            fields = {name: value or as_text(lookup(labels, _FIELDS.get(name, ()))) for name, value in fields.items()}
        severity = _INSIGHTS.get(level or "", 0) if "cloudrolename" in row or "itemtype" in row else 0
        message = body if body is not None else objects[0] if objects else None
        add_nested(
            found,
            at,
            text if message is None else message,
            message,
            time,
            severity or number(level) or (severity_of(level) if level and not _is_status(level) else 0),
            {**fields, "severity_text": level},
        )


# severityLevel of Application Insights.
_INSIGHTS = {"0": 3, "1": INFO, "2": WARN, "3": ERROR, "4": CRITICAL}


def _is_status(level: str) -> bool:
    """Whether what stands in a column of levels is the status code of a request."""
    return len(level) == 3 and level.isdigit()


def _row(text: str, delimiter: str) -> list[str] | None:
    try:
        return next(csv.reader(text.splitlines(keepends=True), delimiter=delimiter), None)
    except csv.Error:
        return None


_REFERENCE = "RFC 4180; Event Viewer, Get-WinEvent | Export-Csv, CloudWatch Logs Insights and Kibana exports"
CSV = Table(
    name="table_csv",
    title="Log table, comma-separated",
    reference=_REFERENCE,
    delimiter=",",
    samples=(
        Sample(
            'Time,Level,Message,Host\n2026-03-14T09:26:53Z,ERROR,"disk full, giving up",db-1',
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "host_name": "db-1",
                "body": "disk full, giving up",
            },
        ),
        Sample(
            '2026-03-14T10:26:54+01:00,Warning,"two\nlines ""quoted""",db-1',
            {"time": "2026-03-14T09:26:54Z", "severity_number": 13, "body": 'two\nlines "quoted"'},
        ),
        Sample("2026-03-14T09:26:55Z,INFO,ready,", {"severity_number": 9, "body": "ready", "host_name": None}),
    ),
)
SEMICOLON = replace(
    CSV,
    name="table_semicolon",
    title="Log table, separated by semicolons",
    delimiter=";",
    samples=(
        Sample(
            '"Level";"TimeGenerated";"Source";"Message"\n"Error";"2026-03-14 09:26:53";"Disk";"The device has a bad block."',
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "service_name": "Disk",
                "body": "The device has a bad block.",
            },
        ),
        Sample(
            '"Information";"2026-03-14 09:26:54";"EventLog";"The system uptime is 7 seconds."', {"severity_number": 9}
        ),
        Sample('"Warning";"2026-03-14 09:26:55";"e1000";"Link; down"', {"severity_number": 13, "body": "Link; down"}),
    ),
)
TAB = replace(
    CSV,
    name="table_tab",
    title="Log table, separated by tabs",
    delimiter="\t",
    samples=(
        Sample(
            "timestamp\tseverity\tmessage\n2026-03-14 09:26:53.123\tcritical\tno quorum",
            {"time": "2026-03-14T09:26:53.123Z", "severity_number": 18, "body": "no quorum"},
        ),
        Sample("2026-03-14 09:26:54.001\tinfo\tquorum, again", {"severity_number": 9, "body": "quorum, again"}),
        Sample("2026-03-14 09:26:55.002\terror\tpeer 2001:db8::7 lost", {"severity_number": 17}),
    ),
)
