"""What OPNsense exports of its logs: a time, the severity, the program and the message between tabs."""

from __future__ import annotations

from ..lines import LineFormat, Sample

FORMAT = LineFormat(
    name="opnsense",
    title="OPNsense (logs downloaded from its pages)",
    reference="https://docs.opnsense.org/manual/logging.html",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[+-][0-9]{2}:[0-9]{2}|Z)?\t(?P<severity_text>Emergency|Alert|Critical|Error|Warning|Notice|Informational|Debug)\t(?P<service_name>[A-Za-z0-9_.\-/]{1,60})\t ?(?P<body>.*)$",
    ),
    times=("iso",),
    confidence=0.98,
    samples=(
        Sample(
            "2026-03-14T09:26:53\tError\tdhclient\t send_packet: No buffer space available",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "service_name": "dhclient",
                "body": "send_packet: No buffer space available",
            },
        ),
        Sample(
            "2026-03-14T09:26:54\tNotice\tdpinger\tALERT: WAN (Addr: 203.0.113.1 Alarm: none -> down RTT: 0.0 ms RTTd: 0.0 ms Loss: 100.0 %)\t",
            {"severity_number": 10, "service_name": "dpinger"},
        ),
        Sample("2026-03-14T09:26:55\tInformational\tkernel\t<6>igc0: link state changed to UP", {"severity_number": 9}),
    ),
)
