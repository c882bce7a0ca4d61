"""Java application servers and tools with formats of their own: WebLogic, WebSphere, Jenkins."""

from __future__ import annotations

from ..lines import LineFormat, Sample

WEBLOGIC = LineFormat(
    name="weblogic",
    title="Oracle WebLogic Server",
    reference="https://docs.oracle.com/en/middleware/standalone/weblogic-server/14.1.1.0/wllog/logging_services.html",
    patterns=(
        r"^(?:####)?<[^<>]*[0-9]{1,2}:[0-9]{2}:[0-9]{2}[^<>]*> <(?P<severity_text>Trace|Debug|Info|Notice|Warning|Error|Critical|Alert|Emergency)> <(?P<scope_name>[^<>]*)> <(?P<host_name>[A-Za-z0-9_.\-]*)> <(?P<service_name>[^<>]*)> (?P<body>.*)$",
        r"^(?:####)?<[^<>]*[0-9]{1,2}:[0-9]{2}:[0-9]{2}[^<>]*> <(?P<severity_text>Trace|Debug|Info|Notice|Warning|Error|Critical|Alert|Emergency)> <(?P<scope_name>[^<>]*)> (?P<body>.*)$",
    ),
    times=("month_first", "iso"),
    confidence=0.98,
    samples=(
        Sample(
            '####<Mar 14, 2026 9:26:53,123 AM UTC> <Error> <JDBC> <app-1> <AdminServer> <[ACTIVE] ExecuteThread: \'0\'> <<WLS Kernel>> <> <> <1773480413123> <BEA-001112> <Test "SQL SELECT 1" set up for pool "shop" failed.>',
            {
                "time": "2026-03-14T09:26:53.123Z",
                "severity_number": 17,
                "scope_name": "JDBC",
                "host_name": "app-1",
                "service_name": "AdminServer",
            },
        ),
        Sample(
            "<Mar 14, 2026 9:26:54 PM UTC> <Notice> <WebLogicServer> <BEA-000365> <Server state changed to RUNNING.>",
            {"time": "2026-03-14T21:26:54Z", "severity_number": 10, "scope_name": "WebLogicServer"},
        ),
        Sample(
            "####<Mar 14, 2026 9:26:55 AM UTC> <Critical> <Health> <app-1> <AdminServer> <weblogic.GCMonitor> <> <> <> <1773480415000> <BEA-310003> <Free memory in the server is 1,048,576 bytes.>",
            {"severity_number": 18},
        ),
    ),
)

WEBSPHERE = LineFormat(
    name="websphere",
    title="IBM WebSphere and Liberty",
    reference="https://www.ibm.com/docs/en/was/9.0.5?topic=jvm-log-interpretation",
    patterns=(
        r"^\[[0-9]{1,2}/[0-9]{1,2}/[0-9]{2,4},? [0-9]{1,2}:[0-9]{2}:[0-9]{2}:[0-9]{3} [A-Z]{3,5}\] [0-9a-f]{8} +(?:id=\S* +)?(?P<scope_name>\S+) +(?P<severity_text>[FEWAICDOR123<>]) +(?P<body>.*)$",
    ),
    times=("slashed_us",),
    severity_words={
        "F": 21,
        "E": 17,
        "W": 13,
        "A": 10,
        "I": 9,
        "C": 9,
        "D": 5,
        "O": 9,
        "R": 17,
        "1": 5,
        "2": 1,
        "3": 1,
        "<": 1,
        ">": 1,
    },
    confidence=0.98,
    samples=(
        Sample(
            "[3/14/26 9:26:53:123 UTC] 00000001 WsServerImpl  A   WSVR0001I: Server server1 open for e-business",
            {
                "time": "2026-03-14T09:26:53.123Z",
                "severity_number": 10,
                "scope_name": "WsServerImpl",
                "body": "WSVR0001I: Server server1 open for e-business",
            },
        ),
        Sample(
            "[3/14/26 10:26:54:001 CET] 0000004a ConnectionEve E   J2CA0056I: The Connection Manager received a fatal connection error\njava.sql.SQLException: IO Error\n\tat oracle.jdbc.Driver.connect(Driver.java:7)",
            {"time": "2026-03-14T09:26:54.001Z", "severity_number": 17, "exception_type": "java.sql.SQLException"},
        ),
        Sample(
            '[3/14/26 9:26:55:002 UTC] 0000004b ThreadMonitor W   WSVR0605W: Thread "WebContainer : 7" may be hung.',
            {"severity_number": 13},
        ),
    ),
)

JENKINS = LineFormat(
    name="jenkins",
    title="Jenkins controller",
    reference="https://www.jenkins.io/doc/book/system-administration/viewing-logs/",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}[+-][0-9]{4} \[id=[0-9]+\]\t(?P<severity_text>SEVERE|WARNING|INFO|CONFIG|FINE|FINER|FINEST)\t(?P<scope_name>[^\s:]+): (?P<body>.*)$",
    ),
    times=("iso",),
    confidence=0.98,
    samples=(
        Sample(
            "2026-03-14 09:26:53.123+0000 [id=42]\tINFO\thudson.lifecycle.Lifecycle#onReady: Jenkins is fully up and running",
            {
                "time": "2026-03-14T09:26:53.123Z",
                "severity_number": 9,
                "scope_name": "hudson.lifecycle.Lifecycle#onReady",
                "body": "Jenkins is fully up and running",
            },
        ),
        Sample(
            "2026-03-14 10:26:54.001+0100 [id=7]\tSEVERE\thudson.util.BootFailure#publish: Failed to initialize Jenkins\njava.lang.OutOfMemoryError: Java heap space\n\tat java.base/java.util.Arrays.copyOf(Arrays.java:3537)",
            {"severity_number": 17, "exception_type": "java.lang.OutOfMemoryError"},
        ),
        Sample(
            "2026-03-14 09:26:55.002+0000 [id=9]\tWARNING\th.n.DiskSpaceMonitor#data: disk is low",
            {"severity_number": 13},
        ),
    ),
)
