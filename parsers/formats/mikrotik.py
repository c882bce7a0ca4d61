"""MikroTik RouterOS: a time, topics with the level among them, a message."""

from __future__ import annotations

from ..lines import LineFormat, Sample

FORMAT = LineFormat(
    name="mikrotik",
    title="MikroTik RouterOS",
    reference="https://help.mikrotik.com/docs/display/ROS/Log",
    patterns=(
        r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2} |[a-z]{3}/[0-9]{2}/[0-9]{4} )[0-9]{2}:[0-9]{2}:[0-9]{2} (?P<scope_name>[a-z0-9\-]+(?:,[a-z0-9\-]+)*),(?P<severity_text>critical|error|warning|info|debug|packet|raw)(?:,[a-z\-]+)* (?P<body>.*)$",
    ),
    times=("iso", "month_slashed"),
    severity_words={"packet": 5, "raw": 5},
    confidence=0.93,
    samples=(
        Sample(
            "2026-03-14 09:26:53 system,error,critical login failure for user admin from 10.0.0.7 via ssh",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 18,
                "body": "login failure for user admin from 10.0.0.7 via ssh",
            },
        ),
        Sample(
            "mar/14/2026 09:26:54 interface,info ether1 link down", {"severity_number": 9, "scope_name": "interface"}
        ),
        Sample("2026-03-14 09:26:55 dhcp,warning lease pool is empty", {"severity_number": 13}),
    ),
)
