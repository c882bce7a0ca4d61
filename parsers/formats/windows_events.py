"""Exports of the Windows event log: XML and text; CSV exports are tables."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape

from ..blocks import BlockFormat
from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..records import RecordFormat, Records
from ..severity import CRITICAL, DEBUG, ERROR, INFO, WARN

# winmeta.xml, the standard levels.
_LEVELS = {"1": CRITICAL, "2": ERROR, "3": WARN, "4": INFO, "5": DEBUG, "0": INFO}

TEXT = BlockFormat(
    name="windows_event_text",
    title="Windows event log as text (wevtutil /f:text)",
    reference="https://learn.microsoft.com/en-us/windows-server/administration/windows-commands/wevtutil",
    start=r"^Event\[[0-9]+\]:?\s*$",
    patterns=(
        r"(?m)^Event\[[0-9]+\]:?\s*\n(?=.*?^ *Source: (?P<service_name>[^\n]*))(?=.*?^ *Date: (?P<time>[^\n]*?)\s*$)(?=.*?^ *Level: (?P<severity_text>[^\n]*?)\s*$)"
        r"(?:(?=.*?^ *Computer: (?P<host_name>[^\n]*?)\s*$))?.*?^ *Description: *\n?(?P<body>.*)\Z",
    ),
    severity_words={"Information": INFO, "Verbose": DEBUG, "Audit Success": INFO, "Audit Failure": WARN},
    confidence=0.98,
    samples=(
        Sample(
            "Event[0]:\n  Log Name: System\n  Source: Disk\n  Date: 2026-03-14T09:26:53.123\n  Event ID: 7\n  Task: N/A\n  Level: Error\n  Opcode: N/A\n  Keyword: Classic\n  User: N/A\n  User Name: N/A\n  Computer: db-1\n  Description: \nThe device, \\Device\\Harddisk0\\DR0, has a bad block.\n",
            {
                "time": "2026-03-14T09:26:53.123Z",
                "severity_number": 17,
                "host_name": "db-1",
                "service_name": "Disk",
                "body": "The device, \\Device\\Harddisk0\\DR0, has a bad block.",
            },
        ),
        Sample(
            "Event[1]:\n  Log Name: System\n  Source: Microsoft-Windows-Kernel-Power\n  Date: 2026-03-14T09:26:54.0000000Z\n  Event ID: 41\n  Level: Critical\n  Computer: db-1\n  Description: \nThe system has rebooted without cleanly shutting down first.\n\nSecond paragraph.",
            {"time": "2026-03-14T09:26:54Z", "severity_number": 18, "service_name": "Microsoft-Windows-Kernel-Power"},
        ),
        Sample(
            "Event[2]\n  Log Name: Application\n  Source: shop\n  Date: 2026-03-14T09:26:55.500\n  Event ID: 1000\n  Level: Information\n  Description: \nN/A",
            {"severity_number": 9, "host_name": None, "body": "N/A"},
        ),
    ),
)

_EVENT = re.compile(r"<Event[ >]")


def _inside(text: str, pattern: str) -> str | None:
    match = re.search(pattern, text, re.DOTALL)
    return unescape(match[1]).strip() if match else None


@dataclass(frozen=True)
class EventXml(RecordFormat):
    """<Event> elements, each on one line or over many; read without an XML parser, so that nothing is expanded."""

    def starts_record(self, line: str) -> bool:
        """Whether a line begins with an event."""
        return line.lstrip("\ufeff \t").startswith(("<Event ", "<Event>"))

    def sniff(self, source: Source) -> float:
        """Certain when events with the parts that every event has are there."""
        text = "\n".join(head_lines(source, 200))
        return 0.98 if _EVENT.search(text) and "<System>" in text and "<TimeCreated" in text else 0.0

    def records(self, lines: Sequence[str]) -> Records:
        """Each event is a record; what stands between events is skipped."""
        found = Records()
        open_at: int | None = None
        part: list[str] = []
        for at, line in enumerate(lines):
            pieces = re.split(r"(?=<Event[ >])", line)
            for piece in pieces:
                begins = _EVENT.match(piece.lstrip("\ufeff \t")) is not None
                if begins and part and open_at is not None:
                    self._add(found, open_at, "\n".join(part))
                    part = []
                if begins:
                    open_at = at
                if open_at is not None:
                    part.append(piece)
            if open_at is None:
                found.skipped += 1
        if part and open_at is not None:
            self._add(found, open_at, "\n".join(part))
        return found

    @staticmethod
    def _add(found: Records, at: int, text: str) -> None:
        message = _inside(text, r"<Message>(.*?)</Message>")
        data = re.findall(r"<Data(?: Name=['\"]([^'\"]*)['\"])?>(.*?)</Data>", text, re.DOTALL)
        pairs = " ".join(f"{name}={unescape(value)}" if name else unescape(value) for name, value in data)
        number = _inside(text, r"<EventID[^>]*>([0-9]+)</EventID>") or "?"
        provider = _inside(text, r"<Provider[^>]*? Name=['\"]([^'\"]*)['\"]")
        level = _inside(text, r"<Level>([0-9]+)</Level>") or ""
        fields = {
            "host_name": _inside(text, r"<Computer>([^<]*)</Computer>"),
            "service_name": provider,
            "scope_name": _inside(text, r"<Channel>([^<]*)</Channel>"),
        }
        body = f"Event {number}: {message if message is not None else pairs}"
        found.add(
            at,
            body,
            _inside(text, r"<TimeCreated[^>]*SystemTime=['\"]([^'\"]*)['\"]"),
            _LEVELS.get(level, 0),
            fields=fields,
        )


XML = EventXml(
    name="windows_event_xml",
    title="Windows event log as XML",
    reference="https://learn.microsoft.com/en-us/windows/win32/wes/eventschema-schema",
    samples=(
        Sample(
            "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'><System><Provider Name='Disk'/><EventID Qualifiers='49156'>7</EventID><Level>2</Level><TimeCreated SystemTime='2026-03-14T09:26:53.1234567Z'/><Channel>System</Channel><Computer>db-1</Computer></System><EventData><Data>\\Device\\Harddisk0\\DR0</Data></EventData></Event>",
            {
                "time": "2026-03-14T09:26:53.123456Z",
                "severity_number": 17,
                "host_name": "db-1",
                "service_name": "Disk",
                "scope_name": "System",
                "body": "Event 7: \\Device\\Harddisk0\\DR0",
            },
        ),
        Sample(
            "<Event xmlns='http://schemas.microsoft.com/win/2004/08/events/event'>\n  <System>\n    <Provider Name='Microsoft-Windows-Security-Auditing'/>\n    <EventID>4625</EventID>\n    <Level>0</Level>\n    <TimeCreated SystemTime='2026-03-14T09:26:54.0Z'/>\n    <Computer>dc-1</Computer>\n  </System>\n  <EventData>\n    <Data Name='TargetUserName'>anna&amp;ben</Data>\n    <Data Name='Status'>0xc000006d</Data>\n  </EventData>\n</Event>",
            {
                "time": "2026-03-14T09:26:54Z",
                "severity_number": 9,
                "body": "Event 4625: TargetUserName=anna&ben Status=0xc000006d",
            },
        ),
        Sample(
            "<Event><System><Provider Name='shop'/><EventID>1000</EventID><Level>3</Level><TimeCreated SystemTime=\"2026-03-14T09:26:55Z\"/></System><RenderingInfo Culture='en-US'><Message>Cache is cold</Message></RenderingInfo></Event>",
            {"severity_number": 13, "body": "Event 1000: Cache is cold"},
        ),
    ),
)
