"""java.util.logging: the two-line SimpleFormatter, and Tomcat's OneLineFormatter."""

from __future__ import annotations

from ..blocks import BlockFormat
from ..lines import LineFormat, Sample

_LEVEL = r"(?P<severity_text>SEVERE|WARNING|INFO|CONFIG|FINE|FINER|FINEST)"
_TWO_LINES = r"[A-Z][a-z]{2} [0-9]{1,2}, [0-9]{4},? [0-9]{1,2}:[0-9]{2}:[0-9]{2}[ \u202f][AP]M"

TWO_LINES = BlockFormat(
    name="java_util_logging",
    title="java.util.logging (SimpleFormatter)",
    reference="https://docs.oracle.com/en/java/javase/17/docs/api/java.logging/java/util/logging/SimpleFormatter.html",
    start=r"^" + _TWO_LINES + r" \S",
    patterns=(r"^(?P<time>" + _TWO_LINES + r") (?P<scope_name>[^\s]+)[^\n]*\n" + _LEVEL + r": (?P<body>.*)$",),
    confidence=0.97,
    samples=(
        Sample(
            "Mar 14, 2026 3:08:12 PM Till main\nINFO: receipt 1: paid 12.50 EUR, HTTP 200",
            {
                "time": "2026-03-14T15:08:12Z",
                "severity_number": 9,
                "scope_name": "Till",
                "body": "receipt 1: paid 12.50 EUR, HTTP 200",
            },
        ),
        Sample(
            "Mar 14, 2026 12:00:00 AM org.apache.catalina.core.StandardContext startInternal\n"
            "SEVERE: One or more listeners failed to start\n"
            "java.lang.NoClassDefFoundError: javax/servlet/Filter\n\tat java.lang.Class.forName0(Native Method)",
            {
                "time": "2026-03-14T00:00:00Z",
                "severity_number": 17,
                "scope_name": "org.apache.catalina.core.StandardContext",
                "body": "One or more listeners failed to start\n"
                "java.lang.NoClassDefFoundError: javax/servlet/Filter\n\tat java.lang.Class.forName0(Native Method)",
                "exception_type": "java.lang.NoClassDefFoundError",
            },
        ),
        Sample(
            "Mar 4, 2026 9:26:53 AM com.example.Pool take\nWARNING: ",
            {"time": "2026-03-04T09:26:53Z", "severity_number": 13, "body": ""},
        ),
    ),
)

TOMCAT = LineFormat(
    name="tomcat",
    title="Apache Tomcat (catalina.log, localhost.log)",
    reference="https://tomcat.apache.org/tomcat-9.0-doc/logging.html (OneLineFormatter)",
    patterns=(
        r"^[0-9]{2}-[A-Z][a-z]{2}-[0-9]{4} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3} "
        + _LEVEL
        + r" \[.*?\] (?P<scope_name>[A-Za-z0-9_$.\[\]/\-<>]+) (?P<body>.*)$",
    ),
    times=("rfc5322",),
    confidence=0.97,
    samples=(
        Sample(
            "14-Mar-2026 09:26:53.123 INFO [main] org.apache.catalina.startup.Catalina.start Server startup in [1522] milliseconds",
            {
                "time": "2026-03-14T09:26:53.123Z",
                "severity_number": 9,
                "scope_name": "org.apache.catalina.startup.Catalina.start",
                "body": "Server startup in [1522] milliseconds",
            },
        ),
        Sample(
            '14-Mar-2026 09:26:54.001 SEVERE [main] org.apache.catalina.util.LifecycleBase.handleSubClassException Failed to initialize component [Connector["http-nio-8080"]]\n'
            "\torg.apache.catalina.LifecycleException: Protocol handler initialization failed\n"
            "\t\tat org.apache.catalina.connector.Connector.initInternal(Connector.java:1048)\n"
            "\tCaused by: java.net.BindException: Address already in use",
            {"severity_number": 17, "exception_type": "org.apache.catalina.LifecycleException"},
        ),
        Sample(
            "14-Mar-2026 09:26:55.000 WARNING [Catalina-utility-1] org.apache.catalina.util.SessionIdGeneratorBase.createSecureRandom Creation of SecureRandom instance took [5,172] milliseconds.",
            {"severity_number": 13},
        ),
    ),
)

XML = BlockFormat(
    name="java_util_logging_xml",
    title="java.util.logging (XMLFormatter)",
    reference="https://docs.oracle.com/en/java/javase/17/core/java-logging-overview.html (logger.dtd)",
    start=r"^<record>\s*$",
    patterns=(
        # Read without an XML parser, so that nothing is expanded.
        r"^<record>.*?<date>(?P<time>[^<]*)</date>.*?<level>(?P<severity_text>[A-Z]+)</level>.*?<message>(?P<body>[^<]*)</message>"
        r"(?:.*?<exception>\s*<message>(?P<exception_type>[A-Za-z0-9_.$]+)?)?.*$",
        r"^(?P<body><\?xml.*<log>)$",
    ),
    confidence=0.97,
    samples=(
        Sample(
            "<record>\n  <date>2026-03-14T09:26:53.763412493Z</date>\n  <millis>1773480413763</millis>\n  <logger>com.example.Shop</logger>\n  <level>INFO</level>\n  <message>Starting Shop 1.4.2</message>\n</record>",
            {"time": "2026-03-14T09:26:53.763412Z", "severity_number": 9, "body": "Starting Shop 1.4.2"},
        ),
        Sample(
            "<record>\n  <date>2026-03-14T10:26:54</date>\n  <level>SEVERE</level>\n  <message>pay failed</message>\n  <exception>\n    <message>java.io.IOException: boom</message>\n    <frame>\n      <class>Shop</class>\n    </frame>\n  </exception>\n</record>",
            {"severity_number": 17, "body": "pay failed", "exception_type": "java.io.IOException"},
        ),
        Sample(
            "<record>\n  <date>2026-03-14T09:26:55Z</date>\n  <level>WARNING</level>\n  <message></message>\n</record>",
            {"severity_number": 13, "body": ""},
        ),
    ),
)
