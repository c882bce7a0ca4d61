"""Firewalls that log pairs as WebTrends asked for: SonicWall, Stormshield, WatchGuard and others ("id=firewall")."""

from __future__ import annotations

from ..lines import LineFormat, Sample
from .network_devices import severity_of_level

_AHEAD = (
    r"^(?:<[0-9]{1,3}>)? {0,2}(?:[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2} |[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2}) )?"
    r"(?:(?P<host_name>[A-Za-z0-9_.\-:]+) {1,2})?"
)

FORMAT = LineFormat(
    name="webtrends",
    title="Firewalls in the WebTrends format (SonicWall, Stormshield)",
    reference="https://www.sonicwall.com/support/technical-documentation/docs/log_events-reference_guide/",
    patterns=(_AHEAD + r"(?P<body>id=[A-Za-z0-9_\-]+ .*?\b(?:time=\"?[0-9]{4}-|pri=[0-7] ).*)$",),
    times=("iso",),
    severity_digits=r" pri=([0-7])(?: |$)",
    severity_of=severity_of_level,
    confidence=0.97,
    samples=(
        Sample(
            '<129> id=firewall sn=0017C5 time="2026-03-14 09:26:53 UTC" fw=203.0.113.1 pri=1 c=32 m=30 msg="Administrator login denied due to bad credentials" n=7 src=198.51.100.7:36701:X1 dst=203.0.113.1:443:X1',
            {"time": "2026-03-14T09:26:53Z", "severity_number": 19},
        ),
        Sample(
            'Mar 14 10:26:54 10.0.0.1 id=firewall sn=0017C5 time="2026-03-14 09:26:54" fw=203.0.113.1 pri=6 c=262144 m=98 msg="Connection Opened" n=8 src=10.0.0.7:4277:X0 dst=10.0.0.8:53:X2 proto=udp/dns',
            {"time": "2026-03-14T09:26:54Z", "severity_number": 9, "host_name": "10.0.0.1"},
        ),
        Sample(
            'id=firewall time="2026-03-14 09:26:55" fw="utm-1" tz=+0000 pri=4 msg="HA link lost" logtype="system"',
            {"time": "2026-03-14T09:26:55Z", "severity_number": 13},
        ),
    ),
)
