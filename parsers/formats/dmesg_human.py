"""The kernel's ring buffer as dmesg -H prints it: the minute in which something was said, then seconds since the line before."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from ..contract import Source
from ..excerpt import head_lines
from ..lines import Sample
from ..records import RecordFormat, Records
from ..severity import number

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LEVEL = r"(?:[a-z0-7]+ *: ?(?P<level>emerg|alert|crit|err|warn|notice|info|debug) *: ?)?"
_HEAD = re.compile(
    r"^"
    + _LEVEL
    + r"\[(?:(?P<month>"
    + "|".join(_MONTHS)
    + r") {0,2}(?P<day>[0-9]{1,2}) (?P<hour>[0-9]{2}):(?P<minute>[0-9]{2})| {0,6}\+(?P<delta>[0-9]{1,6}\.[0-9]{6}))\] ?"
)
# Any leap year: the year is told by the clock of the file.
_YEAR = 2000


@dataclass(frozen=True)
class DmesgHuman(RecordFormat):
    """Each line with a time is a record; the times of most are sums of the steps since the last minute that is named."""

    def starts_record(self, line: str) -> bool:
        """Whether a line begins a record: a slice begins with one that names its minute."""
        match = _HEAD.match(line)
        return match is not None and match["month"] is not None

    def sniff(self, source: Source) -> float:
        """The share of lines that have such a time, where some are steps and one names a minute."""
        lines = [line for line in head_lines(source, 200) if line.strip()]
        found = [match for line in lines if (match := _HEAD.match(line))]
        steps = sum(match["delta"] is not None for match in found)
        return 0.96 * len(found) / len(lines) if steps and steps < len(found) else 0.0

    def head(self, source: Source) -> Sequence[str]:
        """Lines by which a file is planned, from the first that names a minute."""
        return [line for line in head_lines(source, 2000) if line.strip()]

    def records(self, lines: Sequence[str]) -> Records:
        """A record a line with a time; others continue the one before them."""
        found = Records()
        now: datetime | None = None
        for at, line in enumerate(lines):
            match = _HEAD.match(line)
            if match is None:
                if found.line:
                    found.body[-1] += "\n" + line.strip()
                elif line.strip():
                    found.add(at, line)
                else:
                    found.skipped += 1
                continue
            if match["month"]:
                now = _moment(match)
            elif now is not None:
                now += timedelta(seconds=float(match["delta"]))
            body = line[match.end() :]
            level = number(match["level"]) if match["level"] else 0
            found.add(at, body, None if now is None else f"{now:%b %d %H:%M:%S.%f}", level)
        return found


def _moment(match: re.Match[str]) -> datetime | None:
    """The minute that a line names; None for a day that does not exist."""
    month = _MONTHS.index(match["month"]) + 1
    try:
        return datetime(_YEAR, month, int(match["day"]), int(match["hour"]), int(match["minute"]))
    except ValueError:
        return None


FORMAT = DmesgHuman(
    name="dmesg_human",
    title="Kernel ring buffer (dmesg -H), times to the minute and steps",
    reference="dmesg(1), --human, --reltime",
    samples=(
        Sample(
            "[Mar14 09:26] ata1.00: exception Emask 0x0 SAct 0x0 SErr 0x0 action 0x0",
            {"time": "2026-03-14T09:26:00Z", "body": "ata1.00: exception Emask 0x0 SAct 0x0 SErr 0x0 action 0x0"},
        ),
        Sample(
            "[  +0.500021] blk_update_request: I/O error, dev sda, sector 12345",
            {"time": "2026-03-14T09:26:00.500021Z", "body": "blk_update_request: I/O error, dev sda, sector 12345"},
        ),
        Sample("kern  :err   : [ +12.000009] sd 0:0:0:0: [sda] Synchronize Cache failed", {"severity_number": 17}),
    ),
)
