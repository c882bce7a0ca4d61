"""The error log of the Apache HTTP Server, 2.2 and 2.4; its access log is the format access_log."""

from __future__ import annotations

from ..lines import LineFormat, Sample

_TIME = r"^\[[A-Z][a-z]{2} [A-Z][a-z]{2} {1,2}[0-9]{1,2} [0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)? [0-9]{4}\] "

FORMAT = LineFormat(
    name="apache_error",
    title="Apache HTTP Server error log",
    reference="https://httpd.apache.org/docs/2.4/mod/core.html#errorlogformat",
    patterns=(
        _TIME
        + r"\[(?:(?P<scope_name>[a-z_0-9\-]*):)?(?P<severity_text>emerg|alert|crit|error|warn|notice|info|debug|trace[0-9])\] "
        r"(?:\[pid [0-9]+(?::tid [0-9]+)?\] )?(?:\[tid [0-9]+\] )?(?P<body>.*)$",
    ),
    times=("asctime",),
    severity_words={f"trace{i}": 1 for i in range(1, 9)},
    confidence=0.96,
    samples=(
        Sample(
            "[Sat Mar 14 09:26:53.123456 2026] [proxy:error] [pid 81:tid 140165015150656] (111)Connection refused: AH00957: http: attempt to connect to 127.0.0.1:8080 (localhost) failed",
            {
                "time": "2026-03-14T09:26:53.123456Z",
                "severity_number": 17,
                "scope_name": "proxy",
                "body": "(111)Connection refused: AH00957: http: attempt to connect to 127.0.0.1:8080 (localhost) failed",
            },
        ),
        Sample(
            "[Sat Mar 14 09:26:54.000001 2026] [authz_core:error] [pid 81] [client 2001:db8::7:51966] AH01630: client denied by server configuration: /var/www/html/server-status",
            {
                "severity_number": 17,
                "scope_name": "authz_core",
                "body": "[client 2001:db8::7:51966] AH01630: client denied by server configuration: /var/www/html/server-status",
            },
        ),
        Sample(
            "[Sun Dec 04 04:47:44 2005] [notice] workerEnv.init() ok /etc/httpd/conf/workers2.properties",
            {
                "time": "2005-12-04T04:47:44Z",
                "severity_number": 10,
                "body": "workerEnv.init() ok /etc/httpd/conf/workers2.properties",
            },
        ),
        Sample(
            "[Sat Mar 14 09:26:55.5 2026] [mpm_event:notice] [pid 80:tid 139] AH00489: Apache/2.4.57 (Debian) configured -- resuming normal operations",
            {"time": "2026-03-14T09:26:55.5Z", "severity_number": 10, "scope_name": "mpm_event"},
        ),
    ),
)
