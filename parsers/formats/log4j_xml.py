"""Events of log4j as XML: XMLLayout of log4j 1, with log4net and NLog, which write the same, and XmlLayout of log4j 2."""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from ..lines import Sample
from ..records import Records
from ..severity import number
from .xml_exports import Elements

_ATTRIBUTE = re.compile(r"([A-Za-z]{1,40})=(?:\"([^\"<>]*)\"|'([^'<>]*)')")
_CDATA = re.compile(r"<!\[CDATA\[(.*?)(?:\]\]>|\Z)", re.DOTALL)
_MESSAGE = re.compile(r"<(?:log4j:|log4net:)?[Mm]essage>(.*?)(?:</(?:log4j:|log4net:)?[Mm]essage>|\Z)", re.DOTALL)
# The trace as text; of log4j 2 the exception in attributes, with one element a frame.
_THROWABLE = re.compile(r"<(?:log4j:|log4net:)(?:throwable|exception)>(.*?)(?:</log4|\Z)", re.DOTALL)
_THROWN = re.compile(r"<Thrown ([^<>]*)>")
_FRAME = re.compile(r"<ExtendedStackTraceItem ([^<>]*)/>")
_INSTANT = re.compile(r"<Instant epochSecond=\"([0-9]{1,12})\" nanoOfSecond=\"([0-9]{1,9})\"")
_BETWEEN = re.compile(r"(?<=[Ee]vent>)(?=<(?:log4j:|log4net:)?[Ee]vent )")


@dataclass(frozen=True)
class Log4j(Elements):
    """Elements with the level and the time in attributes, and the message and the exception inside."""

    def add(self, found: Records, at: int, text: str) -> None:
        """Add an event, and those behind it on the same line: log4j 2 can leave out line ends."""
        for event in _BETWEEN.split(text):
            self._event(found, at, event)

    def _event(self, found: Records, at: int, text: str) -> None:
        head, _, rest = text.partition(">")
        given = _attributes(head)
        message = _MESSAGE.search(rest)
        body = _shown(message[1]) if message else given.get("message", "")
        trace = _trace(rest)
        fields = {"scope_name": given.get("logger") or given.get("loggerName")}
        moment = given.get("timestamp") or given.get("timeMillis")
        if instant := _INSTANT.search(rest):
            moment = f"{instant[1]}.{instant[2]:0>9}"
        body = f"{body}\n{trace}" if trace else body
        found.add(at, body, moment, number(given.get("level")), fields=fields)


def _attributes(text: str) -> dict[str, str]:
    return {name: unescape(double or single) for name, double, single in _ATTRIBUTE.findall(text)}


def _shown(text: str) -> str:
    """The characters of an element: those of CDATA as they are, others with their entities."""
    parts = _CDATA.findall(text)
    return ("".join(parts) if parts else unescape(text)).strip()


def _trace(text: str) -> str:
    """The exception as Java prints it."""
    if throwable := _THROWABLE.search(text):
        return _shown(throwable[1])
    thrown = _THROWN.search(text)
    if thrown is None:
        return ""
    given = _attributes(thrown[1])
    message = given.get("localizedMessage") or given.get("message", "")
    lines = [": ".join(filter(None, (given.get("name", ""), message)))]
    for frame in _FRAME.findall(text):
        place = _attributes(frame)
        lines.append(
            f"\tat {place.get('class', '')}.{place.get('method', '')}({place.get('file', '')}:{place.get('line', '')})"
        )
    return "\n".join(lines)


_FIRST = (
    '<log4j:event logger="shop.Pay" timestamp="{time}" level="{level}" thread="main">\n'
    "<log4j:message><![CDATA[{text}]]></log4j:message>\n</log4j:event>"
)
LOG4J = Log4j(
    name="log4j_xml",
    title="log4j 1, log4net and NLog as XML",
    reference="https://logging.apache.org/log4j/1.x/apidocs/org/apache/log4j/xml/XMLLayout.html",
    start=("<log4j:event ", "<log4net:event "),
    proof="logger=",
    samples=(
        Sample(
            '<log4j:event logger="shop.Pay" timestamp="1773480413589" level="ERROR" thread="main">\n'
            "<log4j:message><![CDATA[no answer from <bank>]]></log4j:message>\n"
            "<log4j:throwable><![CDATA[java.io.IOException: timed out\n\tat shop.Pay.ask(Pay.java:42)\n"
            "]]></log4j:throwable>\n</log4j:event>",
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 17,
                "scope_name": "shop.Pay",
                "body": "no answer from <bank>\njava.io.IOException: timed out\n\tat shop.Pay.ask(Pay.java:42)",
            },
        ),
        Sample(
            _FIRST.format(time=1773480414000, level="INFO", text="ready"),
            {"time": "2026-03-14T09:26:54Z", "severity_number": 9, "body": "ready"},
        ),
        Sample(
            '<log4net:event logger="shop.Pay" timestamp="2026-03-14T10:26:55.5+01:00" level="WARN" thread="1">'
            "<log4net:message>slow &amp; late</log4net:message></log4net:event>",
            {"time": "2026-03-14T09:26:55.5Z", "severity_number": 13, "body": "slow & late"},
        ),
    ),
)
_SECOND = (
    '<Event xmlns="http://logging.apache.org/log4j/2.0/events" timeMillis="{time}" thread="main" level="{level}" '
    'loggerName="shop.Pay" endOfBatch="false" threadId="1">\n'
)
LOG4J_2 = Log4j(
    name="log4j2_xml",
    title="log4j 2 as XML (XmlLayout)",
    reference="https://logging.apache.org/log4j/2.x/manual/layouts.html",
    start=("<Event ", "<log4j:Event "),
    proof="loggerName=",
    samples=(
        Sample(
            _SECOND.format(time=1773480413589, level="ERROR")
            + '  <Message>no answer from &lt;bank&gt;</Message>\n  <Thrown commonElementCount="0" '
            'localizedMessage="timed out" message="timed out" name="java.io.IOException">\n    <ExtendedStackTrace>\n'
            '      <ExtendedStackTraceItem class="shop.Pay" method="ask" file="Pay.java" line="42"/>\n'
            "    </ExtendedStackTrace>\n  </Thrown>\n</Event>",
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 17,
                "scope_name": "shop.Pay",
                "body": "no answer from <bank>\njava.io.IOException: timed out\n\tat shop.Pay.ask(Pay.java:42)",
            },
        ),
        Sample(
            '<Event xmlns="http://logging.apache.org/log4j/2.0/events" thread="main" level="INFO" '
            'loggerName="shop.Pay">\n  <Instant epochSecond="1773480414" nanoOfSecond="5000000"/>\n'
            "  <Message>ready</Message>\n</Event>",
            {"time": "2026-03-14T09:26:54.005Z", "severity_number": 9, "body": "ready"},
        ),
        Sample(
            _SECOND.format(time=1773480415000, level="WARN") + "  <Message>slow</Message>\n</Event>",
            {"severity_number": 13, "body": "slow"},
        ),
    ),
)
