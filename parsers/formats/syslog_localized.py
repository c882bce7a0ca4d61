"""Syslog with months in the language of its reader, as journalctl writes them: "Dez 28", "févr. 28", "12月 28"."""

from __future__ import annotations

from ..lines import LineFormat, Sample

_STAMP = r"^(?: ?[0-9]{1,2}[月월]|[^\W\d_]{3,10}\.?) {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? "

FORMAT = LineFormat(
    name="syslog_localized",
    title="Syslog with months in another language (journalctl)",
    reference="journalctl(1), -o short; strftime(3), %b",
    patterns=(
        _STAMP
        + r"(?P<host_name>[A-Za-z0-9_.\-]+) (?P<service_name>[^\s:\[\]<>{}\"=]{1,64})(?:\[[0-9]+\])?: ?(?P<body>.*)$",
    ),
    times=("syslog_localized", "syslog_cjk"),
    # English months have a format of their own.
    confidence=0.8,
    samples=(
        Sample(
            "Mär 14 09:26:53 web-1 sshd[4242]: error: bind: Address already in use",
            {
                "time": "2026-03-14T09:26:53Z",
                "host_name": "web-1",
                "service_name": "sshd",
                "severity_number": 17,
                "body": "error: bind: Address already in use",
            },
        ),
        Sample(
            "mars 14 09:26:54 web-1 systemd[1]: Started shop.service - Shop.",
            {"time": "2026-03-14T09:26:54Z", "service_name": "systemd", "body": "Started shop.service - Shop."},
        ),
        Sample(
            "Mär 14 09:26:55.123456 web-1 kernel: eth0: link down",
            {"time": "2026-03-14T09:26:55.123456Z", "service_name": "kernel", "body": "eth0: link down"},
        ),
        Sample(
            "3月 14 09:26:56 web-1 systemd[1]: shop.service: Failed with result 'exit-code'.",
            {
                "time": "2026-03-14T09:26:56Z",
                "host_name": "web-1",
                "service_name": "systemd",
                "body": "shop.service: Failed with result 'exit-code'.",
            },
        ),
    ),
)
