"""Records in XML, read without an XML parser, so that nothing is expanded: Splunk's export, and Oracle's log.xml."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from itertools import pairwise

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..records import RecordFormat, Records
from ..severity import CRITICAL, DEBUG, ERROR, INFO, WARN
from .json_lines import FORMAT as JSON_LINES

_TAG = re.compile(r"<[^<>]{1,200}>")
_FIELD = re.compile(r"<field k=['\"]([^'\"<>]{1,100})['\"]>(.*?)</field>", re.DOTALL)
_VALUE = re.compile(r"<(?:text|v)(?: [^<>]{0,200})?>(.*?)</(?:text|v)>", re.DOTALL)
_ATTRIBUTE = re.compile(r"([a-z_]{1,40})='([^'<>]*)'")
_TEXT = re.compile(r"<txt>(.*?)(?:</txt>|\Z)", re.DOTALL)
# What Oracle's type says; UNKNOWN is what no type was given for.
_TYPES = {"INCIDENT_ERROR": CRITICAL, "ERROR": ERROR, "WARNING": WARN, "NOTIFICATION": INFO, "TRACE": DEBUG}
_ORACLE_ERROR = re.compile(r"\bORA-[0-9]{3,5}")


@dataclass(frozen=True)
class Elements(RecordFormat):
    """Elements, each of which is a record.

    Attributes:
        start: what a record begins with, at the start of a line; or several such.
        proof: what else must be in the head of a file.
    """

    start: str | tuple[str, ...]
    proof: str

    def starts_record(self, line: str) -> bool:
        """Whether an element begins in a line."""
        return line.lstrip(" \t").startswith(self.start)

    def sniff(self, source: Source) -> float:
        """Certain when elements with their parts are there."""
        lines = head_lines(source, 200)
        return 0.97 if any(map(self.starts_record, lines)) and any(self.proof in line for line in lines) else 0.0

    def records(self, lines: Sequence[str]) -> Records:
        """Each element is a record; what stands around them is skipped."""
        found = Records()
        starts = [at for at, line in enumerate(lines) if self.starts_record(line)]
        found.skipped = starts[0] if starts else len(lines)
        for at, end in pairwise([*starts, len(lines)]):
            self.add(found, at, "\n".join(lines[at:end]))
        return found

    def add(self, found: Records, at: int, text: str) -> None:
        """Add a record by the text of its element."""
        raise NotImplementedError


def _plain(text: str) -> str:
    return unescape(_TAG.sub("", text))


class Splunk(Elements):
    """Results with their fields; what was searched for is marked inside of the text."""

    def add(self, found: Records, at: int, text: str) -> None:
        """Add a result as an object of its fields."""
        pairs = ((name, _VALUE.search(value)) for name, value in _FIELD.findall(text))
        JSON_LINES.add(found, at, {name: _plain(value[1]) for name, value in pairs if value is not None})


class Oracle(Elements):
    """Messages with their text."""

    def add(self, found: Records, at: int, text: str) -> None:
        """Add a message."""
        head, _, _ = text.partition(">")
        given = dict(_ATTRIBUTE.findall(head))
        message = _TEXT.search(text)
        body = _plain(message[1]).strip() if message else _plain(text).strip()
        level = _TYPES.get(given.get("type", ""), 0) or (ERROR if _ORACLE_ERROR.search(body) else 0)
        fields = {"host_name": given.get("host_id"), "service_name": given.get("comp_id")}
        found.add(at, body, given.get("time"), level, fields=fields)


_RESULT = (
    "<result offset='{n}'>\n<field k='_raw'><v xml:space='preserve' trim='0'>{raw}</v></field>\n<field k='_time'>\n<value><text>{time}</text></value>\n"
    "</field>\n<field k='host'>\n<value><text>web-1</text></value>\n</field>\n</result>"
)
SPLUNK = Splunk(
    name="splunk_xml",
    title="Splunk export (XML)",
    reference="https://docs.splunk.com/Documentation/Splunk/latest/Search/Exportsearchresults",
    start="<result offset=",
    proof="<field k=",
    samples=(
        Sample(
            _RESULT.format(
                n=0,
                raw='2026-03-14 09:26:53,589 <sg h="1">ERROR</sg> [main] shop.Pay - no answer from &lt;null&gt;',
                time="2026-03-14T09:26:53.589+00:00",
            ),
            {
                "time": "2026-03-14T09:26:53.589Z",
                "severity_number": 17,
                "host_name": "web-1",
                "body": "no answer from <null>",
            },
        ),
        Sample(
            _RESULT.format(
                n=1, raw="2026-03-14 09:26:54,000 INFO [main] shop.Pay - ready", time="2026-03-14T10:26:54+01:00"
            ),
            {"time": "2026-03-14T09:26:54Z", "severity_number": 9, "body": "ready"},
        ),
        Sample(
            _RESULT.format(
                n=2, raw="2026-03-14 09:26:55,000 WARN [main] shop.Pay - slow", time="2026-03-14T09:26:55+00:00"
            ),
            {"severity_number": 13, "body": "slow"},
        ),
    ),
)
_MESSAGE = "<msg time='{time}' org_id='oracle' comp_id='rdbms'\n type='{type}' group='x' level='16' host_id='db-1'\n pid='7'>\n <txt>{text}\n </txt>\n</msg>"
ORACLE = Oracle(
    name="oracle_log_xml",
    title="Oracle alert log (log.xml)",
    reference="https://docs.oracle.com/en/database/oracle/oracle-database/19/admin/diagnosing-and-resolving-problems.html",
    start="<msg time=",
    proof="<txt>",
    samples=(
        Sample(
            _MESSAGE.format(
                time="2026-03-14T10:26:53.123+01:00",
                type="UNKNOWN",
                text="ORA-1653: unable to extend table SHOP.ORDERS by 128 in tablespace USERS",
            ),
            {
                "time": "2026-03-14T09:26:53.123Z",
                "severity_number": 17,
                "host_name": "db-1",
                "body": "ORA-1653: unable to extend table SHOP.ORDERS by 128 in tablespace USERS",
            },
        ),
        Sample(
            _MESSAGE.format(
                time="2026-03-14T09:26:54.000+00:00", type="INCIDENT_ERROR", text="Errors in file a.trc:\nORA-00600"
            ),
            {"severity_number": 18, "body": "Errors in file a.trc:\nORA-00600"},
        ),
        Sample(
            _MESSAGE.format(time="2026-03-14T09:26:55.000+00:00", type="NOTIFICATION", text="Completed &amp; ready"),
            {"severity_number": 9, "body": "Completed & ready"},
        ),
    ),
)
