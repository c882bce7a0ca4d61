"""The audit log of Linux (auditd): SELinux denials, logins, changes of accounts."""

from __future__ import annotations

from ..lines import LineFormat, Sample

FORMAT = LineFormat(
    name="auditd",
    title="Linux audit log",
    reference="https://github.com/linux-audit/audit-documentation/wiki/SPEC-Writing-Good-Events; auditd(8)",
    patterns=(
        r"^(?:node=(?P<host_name>\S+) )?(?P<body>type=(?P<scope_name>[A-Z0-9_\[\]]+) msg=audit\([0-9]+\.[0-9]+:[0-9]+\): ?.*)$",
    ),
    times=("audit",),
    multiline=False,
    confidence=0.98,
    samples=(
        Sample(
            'type=AVC msg=audit(1773480413.123:456): avc:  denied  { read } for  pid=4242 comm="nginx" name="index.html" dev="sda1" ino=131 scontext=system_u:system_r:httpd_t:s0 tcontext=unconfined_u:object_r:user_home_t:s0 tclass=file permissive=0',
            {"time": "2026-03-14T09:26:53.123Z", "scope_name": "AVC"},
        ),
        Sample(
            'node=web-1 type=USER_LOGIN msg=audit(1773480414.001:457): pid=812 uid=0 auid=4294967295 ses=4294967295 msg=\'op=login acct="root" exe="/usr/sbin/sshd" hostname=? addr=10.0.0.7 terminal=ssh res=failed\'',
            {"time": "2026-03-14T09:26:54.001Z", "host_name": "web-1", "scope_name": "USER_LOGIN"},
        ),
        Sample(
            "type=SYSCALL msg=audit(1773480415.002:458): arch=c000003e syscall=2 success=no exit=-13 a0=7ffd items=1 ppid=1 pid=4242 key=(null)",
            {"scope_name": "SYSCALL"},
        ),
    ),
)
