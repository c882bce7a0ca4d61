"""logfmt: pairs of key=value in any order, as Go services, Heroku, Grafana and Prometheus write them."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

import polars as pl

from ..contract import Source
from ..excerpt import head_lines
from ..lines import LineFormat, Sample
from ..plan import Plan
from ..times import Clock, zone_minutes

_VALUE = r"(\"(?:[^\"\\]|\\.)*\"|[^\s\"]*)"
_TIME = r"(?:^| )(?:date=[0-9\-]+ time|time|ts|timestamp|t|date|@timestamp|at_time)=" + _VALUE
_LEVEL = r"(?:^| )(?:level|lvl|severity|log\.level|loglevel)=" + _VALUE
_MESSAGE = r"(?:^| )(?:msg|message|event)=" + _VALUE
_FIELDS = {
    "scope_name": r"(?:^| )(?:logger|caller|source|component)=" + _VALUE,
    "service_name": r"(?:^| )(?:service|app|name)=" + _VALUE,
    "host_name": r"(?:^| )(?:host|hostname)=" + _VALUE,
    "trace_id": r"(?:^| )(?:trace_id|traceID|traceId|trace)=" + _VALUE,
    "http_response_status_code": r"(?:^| )(?:status|status_code|code)=\"?([1-5][0-9]{2})\"?(?: |$)",
}
_ZONE = re.compile(r" tz=\"?([+-][0-9]{4})\"?(?: |$)")
_START = re.compile(r"^[A-Za-z_@][A-Za-z0-9_.@\-/]*=(?:\"|\S|$| )")


@dataclass(frozen=True)
class Logfmt(LineFormat):
    """Lines of pairs with a level and a message or a time among them."""

    def starts_record(self, line: str) -> bool:
        """Whether a line begins with a pair and holds a level, or a time and a message."""
        if not _START.match(line):
            return False
        message = re.search(_MESSAGE, line)
        return bool(re.search(_LEVEL, line) and (message or re.search(_TIME, line))) or bool(
            message and re.search(_TIME, line)
        )

    def sniff(self, source: Source) -> float:
        """As for any line format; one line of a file of settings is not enough."""
        lines = [line for line in head_lines(source, 120) if line.strip()]
        return super().sniff(source) if any(line.count("=") > 1 for line in lines) else 0.0

    def plan(self, source: Source, clock: Clock) -> Plan:
        """As for any line format; a pair names the zone of firewalls that write date, time and zone apart."""
        plan = super().plan(source, clock)
        zone = _ZONE.search(source.head[:16384].decode("utf-8", "replace"))
        minutes = zone_minutes(zone[1]) if zone and plan.layout and plan.layout.kind.name == "date_key" else None
        if zone is None or minutes is None:
            return plan
        return replace(
            plan, clock=replace(plan.clock, zone_minutes=minutes, place="", note=f"zone {zone[1]} from its own lines")
        )

    @property
    def fields(self) -> frozenset[str]:
        """The pairs that have a place of their own."""
        return frozenset(("severity_text", *_FIELDS))

    def outline(self, lines: pl.Series, plan: Plan) -> pl.DataFrame:
        """All of the header: the body is what the pairs leave over."""
        return self.header(lines, plan)

    def header(self, lines: pl.Series, plan: Plan) -> pl.DataFrame:
        """The pairs that have a place of their own; the body is the message and the pairs that are left."""
        level, message = lines.str.extract(_LEVEL, 1), lines.str.extract(_MESSAGE, 1)
        timed = lines.str.contains(_TIME)
        matched = lines.str.contains(_START.pattern) & (
            (level.is_not_null() & (message.is_not_null() | timed)) | (message.is_not_null() & timed)
        )
        rest = lines.str.replace(_TIME, "").str.replace(_LEVEL, "").str.replace(_MESSAGE, "").str.strip_chars()
        body = (_unquoted(message).fill_null("") + " " + rest).str.strip_chars()
        columns = [_unquoted(lines.str.extract(pattern, 1)).alias(name) for name, pattern in _FIELDS.items()]
        empty = pl.Series([None], dtype=pl.String).new_from_index(0, len(lines))
        return pl.DataFrame(
            [body.zip_with(matched, empty).alias("body"), _unquoted(level).alias("severity_text"), *columns]
        ).with_columns(matched.alias("matched"))


def _unquoted(values: pl.Series) -> pl.Series:
    return (
        values.str.replace(r'(?s)^"(.*)"$', "$1")
        .str.replace_all(r"\"", '"', literal=True)
        .str.replace_all(r"\n", "\n", literal=True)
        .str.replace_all(r"\t", "\t", literal=True)
    )


FORMAT = Logfmt(
    name="logfmt",
    title="logfmt (key=value)",
    reference="https://pkg.go.dev/github.com/go-logfmt/logfmt; https://prometheus.io/docs (promslog)",
    patterns=(),
    times=("iso", "epoch_key", "date_key"),
    confidence=0.94,
    samples=(
        Sample(
            'ts=2026-03-14T09:26:53.123Z caller=scrape.go:1384 level=error component="scrape manager" msg="Scrape failed" err="Get \\"http://10.0.0.7:9100/metrics\\": context deadline exceeded"',
            {
                "time": "2026-03-14T09:26:53.123Z",
                "severity_number": 17,
                "scope_name": "scrape.go:1384",
                "body": 'Scrape failed caller=scrape.go:1384 component="scrape manager" err="Get \\"http://10.0.0.7:9100/metrics\\": context deadline exceeded"',
            },
        ),
        Sample(
            'level=warning msg="cache is cold" time="2026-03-14T10:26:53+01:00" hit_rate=0.0',
            {"time": "2026-03-14T09:26:53Z", "severity_number": 13, "body": "cache is cold hit_rate=0.0"},
        ),
        Sample(
            "time=2026-03-14T09:26:54.000Z level=INFO msg=started version=2.8.1 status=503",
            {"severity_number": 9, "http_response_status_code": 503, "body": "started version=2.8.1 status=503"},
        ),
        Sample(
            'date=2026-03-14 time=09:26:55 devname="fw-1" devid="FG1" logid="0100032002" type="event" level="alert" vd="root" logdesc="Admin login failed" msg="Administrator root login failed"',
            {
                "time": "2026-03-14T09:26:55Z",
                "severity_number": 19,
                "body": 'Administrator root login failed devname="fw-1" devid="FG1" logid="0100032002" type="event" vd="root" logdesc="Admin login failed"',
            },
        ),
        Sample(
            'timestamp=2026-03-14T09:26:55.946460Z level=error event="settings are incomplete" job=1',
            {"severity_number": 17, "body": "settings are incomplete job=1"},
        ),
    ),
)
