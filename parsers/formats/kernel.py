"""The kernel's ring buffer as dmesg prints it; kern.log is syslog."""

from __future__ import annotations

from ..lines import LineFormat, Sample
from .syslog import severity_of_pri

_LEVEL = r"(?:<[0-9]{1,3}>|[a-z0-7]+ *: ?(?P<severity_text>emerg|alert|crit|err|warn|notice|info|debug) *: ?)?"

DMESG = LineFormat(
    name="dmesg",
    title="Kernel ring buffer (dmesg), times since boot",
    reference="dmesg(1); https://www.kernel.org/doc/html/latest/core-api/printk-basics.html",
    patterns=(r"^" + _LEVEL + r"\[ *[0-9]{1,8}\.[0-9]{6}\](?:\[ *[TC][0-9]+\])? ?(?P<body>.*)$",),
    times=("uptime",),
    severity_digits=r"^<([0-9]{1,3})>",
    severity_of=severity_of_pri,
    multiline=True,
    confidence=0.95,
    samples=(
        Sample(
            "[ 2962.668841] python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
            {
                "severity_number": 17,
                "body": "python3 invoked oom-killer: gfp_mask=0xcc0(GFP_KERNEL), order=0, oom_score_adj=0",
            },
        ),
        Sample(
            "[    0.000000][    T0] Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)",
            {"body": "Linux version 6.1.0-18-amd64 (debian-kernel@lists.debian.org)"},
        ),
        Sample(
            "<3>[12345.678901] EXT4-fs error (device sda1): ext4_lookup:1855: inode #131: comm ls: iget: checksum invalid",
            {
                "severity_number": 17,
                "body": "EXT4-fs error (device sda1): ext4_lookup:1855: inode #131: comm ls: iget: checksum invalid",
            },
        ),
        Sample(
            "kern  :warn  : [   12.345678] ACPI: \\_SB_.PCI0: _OSC failed",
            {"severity_number": 13, "body": "ACPI: \\_SB_.PCI0: _OSC failed"},
        ),
    ),
)

DMESG_CTIME = LineFormat(
    name="dmesg_time",
    title="Kernel ring buffer (dmesg -T, dmesg --time-format iso)",
    reference="dmesg(1)",
    patterns=(
        r"^"
        + _LEVEL
        + r"\[[A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2} [0-9]{4}\] (?P<body>[^\[].*|\[[^a-z].*|)$",
        r"^"
        + _LEVEL
        + r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{6}[+-][0-9]{2}:[0-9]{2} (?P<body>.*)$",
    ),
    times=("asctime", "iso"),
    severity_digits=r"^<([0-9]{1,3})>",
    severity_of=severity_of_pri,
    confidence=0.94,
    samples=(
        Sample(
            "[Sat Mar 14 09:26:53 2026] Out of memory: Killed process 17906 (python3) total-vm:812345kB, anon-rss:61440kB",
            {
                "time": "2026-03-14T09:26:53Z",
                "severity_number": 17,
                "body": "Out of memory: Killed process 17906 (python3) total-vm:812345kB, anon-rss:61440kB",
            },
        ),
        Sample(
            "kern  :err   : [Sat Mar  4 09:26:54 2026] blk_update_request: I/O error, dev sda, sector 12345",
            {
                "time": "2026-03-04T09:26:54Z",
                "severity_number": 17,
                "body": "blk_update_request: I/O error, dev sda, sector 12345",
            },
        ),
        Sample(
            "[Sat Mar 14 09:26:55 2026] Call Trace:",
            {"time": "2026-03-14T09:26:55Z", "body": "Call Trace:"},
        ),
    ),
)
