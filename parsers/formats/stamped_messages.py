"""What platforms put ahead of the lines of many programs: their own time, and whose line it is.

`aws logs tail`, logs that CloudWatch exports to S3, `logcli query`, Grafana's downloads, `heroku logs`, Papertrail's archives:
the rest of the line is read as what it is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..printed import add_message
from ..records import RecordFormat, Records
from ..time_layout import find_kind

_DAY = r"[0-9]{4}-[0-9]{2}-[0-9]{2}"
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}"
_ZONE = r"(?:Z|[+-][0-9]{2}:?[0-9]{2})"
_ISO = _DAY + "T" + _CLOCK + r"(?:\.[0-9]{1,9})?" + _ZONE
_PAIR = re.compile(r'([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\]|\\.)*)"')
_LABELS = {
    "service_name": ("service_name", "service", "app", "container", "job"),
    "host_name": ("host", "hostname", "node_name", "instance"),
    "severity_text": ("level", "detected_level", "severity"),
}
# A message that has a time of its own, or is an object.
_OWN_HEADER = re.compile(
    r"^[\[(]?[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}|^\{\"|^[A-Z][a-z]{2} [ 0-9][0-9] [0-9]{2}:|^[IWEF][0-9]{4} "
)


@dataclass(frozen=True)
class StampedMessages(RecordFormat):
    """Lines that begin with a time and a name, and go on with what a program printed.

    Attributes:
        pattern: groups time and body, and any of labels, service_name, host_name, severity_text.
        confidence: what a file of such lines scores.
        nested: whether the messages must be lines of a log themselves, because their header is too common.
    """

    pattern: str
    confidence: float = 0.97
    nested: bool = False

    def starts_record(self, line: str) -> bool:
        """Whether a line has such a header."""
        return re.match(self.pattern, line) is not None

    def sniff(self, source: Source) -> float:
        """The share of lines with such a header."""
        lines = [line for line in head_lines(source, 120) if line.strip()]
        found = [match for line in lines if (match := re.match(self.pattern, line))]
        if not found or (self.nested and 2 * sum(_is_own(match["body"]) for match in found) < len(found)):
            return 0.0
        # What Grafana writes ahead of the lines, and lines that go on with a message.
        return self.confidence * max(len(found) / len(lines), min(0.9, 0.3 * len(found) / len(lines) + 0.6))

    def records(self, lines: Sequence[str]) -> Records:
        """Each line with a header is a record; others go on with the one before."""
        found = Records()
        for at, line in enumerate(lines):
            match = re.match(self.pattern, line)
            if match:
                groups = match.groupdict()
                fields = _fields(groups)
                add_message(found, at, groups["time"], groups["body"], bool(found.line), fields)
            elif line.strip():
                found.add(at, line, continues=bool(found.line) and found.time[-1] is not None)
            else:
                found.skipped += not found.line
                if found.line:
                    found.add(at, line, continues=True)
        return found


def _is_own(message: str) -> bool:
    return _OWN_HEADER.match(message) is not None and (message[0] == "{" or find_kind([message]) is not None)


def _fields(groups: dict[str, str | None]) -> dict[str, str | None]:
    labels = dict(_PAIR.findall(groups.get("labels") or ""))
    named = {
        name: next((labels[label] for label in known if labels.get(label)), None) for name, known in _LABELS.items()
    }
    return {**named, **{name: value for name, value in groups.items() if name in _LABELS and value}}


LOGCLI = StampedMessages(
    name="loki_logcli",
    title="logcli query (Loki)",
    reference="https://grafana.com/docs/loki/latest/query/logcli/",
    pattern=r"^(?P<time>"
    + _ISO
    + r") (?P<labels>\{(?:[a-zA-Z_][a-zA-Z0-9_]*=\"(?:[^\"\\]|\\.)*\"(?:, ?)?)*\}) (?P<body>.*)$",
    samples=(
        Sample(
            '2026-03-14T09:26:53Z {app="shop", host="web-1", level="error"} pay failed',
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "service_name": "shop",
                "host_name": "web-1",
                "body": "pay failed",
            },
        ),
        Sample(
            '2026-03-14T10:26:54+01:00 {container="db"} 2026-03-14 09:26:54.001 UTC [7] LOG:  ready',
            {"time": "2026-03-14T09:26:54Z", "severity_number": 9, "service_name": "db", "body": "ready"},
        ),
        Sample('2026-03-14T09:26:55Z {} {"level":"warn","msg":"slow"}', {"severity_number": 13, "body": "slow"}),
    ),
)
HEROKU = StampedMessages(
    name="heroku",
    title="heroku logs",
    reference="https://devcenter.heroku.com/articles/logging#log-format",
    pattern=r"^(?P<time>" + _ISO + r") (?P<service_name>(?:app|heroku)\[[a-z0-9_.\-]+\]): (?P<body>.*)$",
    samples=(
        Sample(
            '2026-03-14T09:26:53.589123+00:00 heroku[router]: at=error code=H12 desc="Request timeout" method=GET path="/" status=503',
            {"time": "2026-03-14T09:26:53.589123Z", "severity_number": 17, "service_name": "heroku[router]"},
        ),
        Sample(
            "2026-03-14T09:26:54.001000+00:00 app[web.1]: E, [2026-03-14T09:26:54.000999 #4] ERROR -- : no pool",
            {"severity_number": 17, "service_name": "app[web.1]", "body": "no pool"},
        ),
        Sample(
            "2026-03-14T09:26:55.002000+00:00 heroku[web.1]: State changed from starting to up",
            {"body": "State changed from starting to up"},
        ),
    ),
)
PAPERTRAIL = StampedMessages(
    name="papertrail",
    title="Papertrail archive",
    reference="https://www.papertrail.com/help/permanent-log-archives/",
    pattern=r"^[0-9]+\t(?P<time>"
    + _DAY
    + "[T ]"
    + _CLOCK
    + _ZONE
    + r"?)\t[^\t]*\t[0-9]+\t(?P<host_name>[^\t]*)\t[^\t]*\t[^\t]*\t(?P<severity_text>[A-Z][a-z]+)\t(?P<service_name>[^\t]*)\t(?P<body>.*)$",
    samples=(
        Sample(
            "50342052\t2026-03-14T09:26:53Z\t2026-03-14T09:26:54Z\t31181206\tweb-1\t192.0.2.7\tDaemon\tError\tshop\tpay failed",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "service_name": "shop",
                "host_name": "web-1",
                "body": "pay failed",
            },
        ),
        Sample(
            "50342193\t2026-03-14T09:26:54Z\t2026-03-14T09:26:54Z\t31181206\tweb-1\t192.0.2.7\tUser\tInfo\tshop\tready",
            {"severity_number": 9, "body": "ready"},
        ),
        Sample(
            "50342207\t2026-03-14T09:26:55Z\t2026-03-14T09:26:55Z\t31181206\tdb-1\t192.0.2.8\tUser\tWarning\tpostgres\tslow",
            {"severity_number": 13, "host_name": "db-1"},
        ),
    ),
)
TAIL = StampedMessages(
    name="cloudwatch_tail",
    title="aws logs tail",
    reference="https://docs.aws.amazon.com/cli/latest/reference/logs/tail.html",
    pattern=r"^(?P<time>" + _ISO + r") (?P<service_name>[A-Za-z0-9_.\-$#\[\]]+/[A-Za-z0-9_./\-$#\[\]]+) (?P<body>.*)$",
    samples=(
        Sample(
            "2026-03-14T09:26:53.589000+00:00 shop/web-1/7f 2026-03-14 09:26:53,589 ERROR [main] shop.Pay - pay failed",
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 17,
                "service_name": "shop/web-1/7f",
                "scope_name": "shop.Pay",
                "body": "pay failed",
            },
        ),
        Sample(
            '2026-03-14T09:26:54.001000+00:00 shop/web-1/7f {"level":"info","msg":"ready"}',
            {"severity_number": 9, "body": "ready"},
        ),
        Sample(
            "2026-03-14T09:26:55.002000+00:00 2026/03/14/[$LATEST]0f1e2d3c START RequestId: 7a-1 Version: $LATEST",
            {"service_name": "2026/03/14/[$LATEST]0f1e2d3c"},
        ),
    ),
)
EVENTS = StampedMessages(
    name="cloudwatch_text",
    title="aws logs get-log-events, filter-log-events --output text",
    reference="https://docs.aws.amazon.com/cli/latest/reference/logs/filter-log-events.html",
    pattern=r"^EVENTS\t(?:[0-9]{20,}\t|[0-9]+\t(?=[0-9]{13}\t))?[0-9]{13}\t(?:(?P<service_name>[^\t\s]+)\t)?(?P<body>.*)\t(?P<time>[0-9]{13})$",
    samples=(
        Sample(
            "EVENTS\t1773480414489\t2026-03-14 09:26:53,589 ERROR [main] shop.Pay - pay failed\t1773480413589",
            {"time": "2026-03-14T09:26:53.589Z", "severity_number": 17, "body": "pay failed"},
        ),
        Sample(
            "EVENTS\t37550000000000000000000000001\t1773480414901\tshop/web-1/7\t[INFO] ready\t1773480414001",
            {"time": "2026-03-14T09:26:54.001Z", "severity_number": 9, "service_name": "shop/web-1/7"},
        ),
        Sample('EVENTS\t1773480416150\t{"level":"warn","msg":"slow"}\t1773480415250', {"severity_number": 13}),
    ),
)
STAMPED = StampedMessages(
    name="stamped",
    title="Lines of a log behind the time of a platform (CloudWatch's exports, Grafana's downloads, ts)",
    reference="https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/S3Export.html",
    pattern=r"^(?P<time>"
    + _DAY
    + "[T ]"
    + _CLOCK
    + r"(?:\.[0-9]{1,9})?"
    + _ZONE
    + r"?|[A-Z][a-z]{2} [ 0-9][0-9] "
    + _CLOCK
    + r")[ \t](?P<body>.*)$",
    confidence=0.85,
    nested=True,
    samples=(
        Sample(
            "2026-03-14T09:26:53.589Z 2026-03-14 09:26:53,588 ERROR [main] shop.Pay - pay failed",
            {"time": "2026-03-14T09:26:53.589Z", "severity_number": 17, "body": "pay failed"},
        ),
        Sample(
            "2026-03-14T09:26:54.001Z\t2026-03-14 09:26:54,000 INFO [main] shop.Pay - ready",
            {"time": "2026-03-14T09:26:54.001Z", "severity_number": 9, "body": "ready"},
        ),
        Sample('2026-03-14T09:26:55.250Z {"level":"warn","msg":"slow"}', {"severity_number": 13, "body": "slow"}),
    ),
)
