"""Fortinet's pairs behind a header of syslog: "Jul  1 07:03:38 10.0.0.1 date=2020-07-01 time=09:03:38 devname=...\"."""

from __future__ import annotations

from ..lines import LineFormat, Sample

FORMAT = LineFormat(
    name="fortinet",
    title="Fortinet (FortiGate and others), behind a header of syslog",
    reference="https://docs.fortinet.com/document/fortigate/latest/fortios-log-message-reference",
    patterns=(
        r"^(?:<[0-9]{1,3}>)?(?:[A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2}|[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:.]+(?:Z|[+-][0-9]{2}:[0-9]{2})) (?P<host_name>[A-Za-z0-9_.\-:]+) "
        r"(?P<body>date=[0-9]{4}-[0-9]{2}-[0-9]{2} time=[0-9:]{8} .*?\b(?:level|pri)=\"?(?P<severity_text>[a-z]+)\"?(?: .*)?)$",
    ),
    times=("date_key",),
    confidence=0.97,
    samples=(
        Sample(
            'Mar 14 07:26:53 10.0.0.1 date=2026-03-14 time=09:26:53 devname=fw-1 devid=FG100 logid=0101037124 type=event subtype=vpn level=error vd="root" msg="IPsec phase 1 error" action=negotiate',
            {"time": "2026-03-14T09:26:53Z", "severity_number": 17, "host_name": "10.0.0.1"},
        ),
        Sample(
            'Mar 14 07:26:54 10.0.0.1 date=2026-03-14 time=09:26:54 devname="fw-1" devid="FG100" logid="0000000013" type="traffic" subtype="forward" level="notice" srcip=10.0.0.7 action="close"',
            {"time": "2026-03-14T09:26:54Z", "severity_number": 10},
        ),
        Sample(
            "<188>Mar 14 07:26:55 10.0.0.1 date=2026-03-14 time=09:26:55 devname=fw-1 type=utm subtype=ips level=alert attack=x",
            {"severity_number": 19},
        ),
    ),
)
