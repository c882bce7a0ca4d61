"""OpenWrt's logread: a time with weekday and year, facility and severity in words, the program."""

from __future__ import annotations

from ..lines import LineFormat, Sample

_STAMP = (
    r"^(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun) [A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4} [a-z]+[0-7]?\."
)
_TAG = r"(?P<service_name>[^\s:\[\]<>{}\"=]{1,64})(?:\[[0-9]+\])?: "

FORMAT = LineFormat(
    name="openwrt",
    title="OpenWrt (logread)",
    reference="https://openwrt.org/docs/guide-user/base-system/log.essentials",
    patterns=(
        # Whatever a program prints to standard error is daemon.err: a level of its own says more.
        _STAMP + r"[a-z]+ " + _TAG + r"(?P<body>\[(?P<severity_text>debug|info|notice|warn)\] .*)$",
        _STAMP + r"[a-z]+ " + _TAG + r"(?P<body>luci: accepted login .*)$",
        _STAMP
        + r"(?P<severity_text>emerg|panic|alert|crit|err|error|warn|warning|notice|info|debug) "
        + _TAG
        + r"(?P<body>.*)$",
    ),
    times=("asctime",),
    confidence=0.97,
    samples=(
        Sample(
            "Sat Mar 14 09:26:53 2026 daemon.err hostapd: rmdir[ctrl_interface=/var/run/hostapd]: Permission denied",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "service_name": "hostapd",
                "body": "rmdir[ctrl_interface=/var/run/hostapd]: Permission denied",
            },
        ),
        Sample(
            "Sat Mar 14 09:26:54 2026 daemon.err uhttpd[812]: [info] luci: accepted login on / for root from 10.0.0.7",
            {"time": "2026-03-14T09:26:54Z", "severity_number": 9, "service_name": "uhttpd"},
        ),
        Sample(
            "Sat Mar 14 09:26:54 2026 daemon.err uhttpd[812]: luci: accepted login on / for root from 10.0.0.7",
            {"time": "2026-03-14T09:26:54Z", "severity_number": 0, "service_name": "uhttpd"},
        ),
        Sample(
            "Sat Mar 14 09:26:55 2026 kern.alert kernel: [   12.345678] mtdsplit: no squashfs found in rootfs",
            {"severity_number": 19, "service_name": "kernel"},
        ),
    ),
)
