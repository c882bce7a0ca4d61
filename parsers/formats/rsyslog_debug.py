"""Messages with all that rsyslog knows of them, as its template RSYSLOG_DebugFormat writes them."""

from __future__ import annotations

from collections.abc import Sequence

from ..blocks import BlockFormat
from ..lines import Sample
from ..records import Records
from ..severity import SYSLOG


class DebugFormat(BlockFormat):
    """Blocks of properties; the priority is a number."""

    def records(self, lines: Sequence[str]) -> Records:
        """As blocks, with the severity of their priority."""
        found = super().records(lines)
        words = found.fields.get("severity_text", [])
        for at, word in enumerate(words):
            if word is not None and word.isdigit():
                found.severity[at] = SYSLOG[int(word) % 8]
                words[at] = None
        return found


def _sample(second: int, pri: int, message: str) -> str:
    return (
        "Debug line with all properties:\nFROMHOST: 'relay', fromhost-ip: '10.0.0.7', "
        f"HOSTNAME: 'web-1', PRI: {pri},\nsyslogtag 'shop[7]:', programname: 'shop', APP-NAME: 'shop', PROCID: '7', MSGID: '-',\n"
        f"TIMESTAMP: 'Mar 14 09:26:{second}', STRUCTURED-DATA: '-',\nmsg: ' {message}'\nescaped msg: ' {message}'\n"
        f"inputname: imudp rawmsg: '<{pri}>Mar 14 09:26:{second} web-1 shop[7]: {message}'\n$!:\n$.:\n$/:\n"
    )


FORMAT = DebugFormat(
    name="rsyslog_debug",
    title="rsyslog's template for debugging (RSYSLOG_DebugFormat)",
    reference="https://www.rsyslog.com/doc/configuration/templates.html#reserved-template-names",
    start=r"^Debug line with all properties:$",
    patterns=(
        r"(?m)^Debug line with all properties:\nFROMHOST: '[^\n]*HOSTNAME: '(?P<host_name>[^'\n]*)', PRI: (?P<severity_text>[0-9]+),\n"
        r"syslogtag '[^\n]*programname: '(?P<service_name>[^'\n]*)'[^\n]*\nTIMESTAMP: '(?P<time>[^'\n]*)'[^\n]*\nmsg: ' ?(?P<body>.*?)'$(?=\nescaped msg:|\ninputname:).*\Z",
    ),
    confidence=0.98,
    samples=(
        Sample(
            _sample(53, 27, "pay failed, it's late"),
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "host_name": "web-1",
                "service_name": "shop",
                "body": "pay failed, it's late",
            },
        ),
        Sample(_sample(54, 30, "ready"), {"time": "2026-03-14T09:26:54Z", "severity_number": 9, "body": "ready"}),
        Sample(_sample(55, 28, "slow"), {"severity_number": 13, "body": "slow"}),
    ),
)
