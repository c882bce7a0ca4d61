"""The unified log of the Java virtual machine, garbage collection above all (-Xlog)."""

from __future__ import annotations

from ..lines import LineFormat, Sample

FORMAT = LineFormat(
    name="java_gc",
    title="Java virtual machine log (-Xlog, garbage collection)",
    reference="JEP 158; https://docs.oracle.com/en/java/javase/17/docs/specs/man/java.html#enable-logging-with-the-jvm-unified-logging-framework",
    patterns=(
        r"^(?:\[[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}[+-][0-9]{4}\])?(?:\[ *[0-9.,]+m?s\])?(?:\[[^\]]*\])*?\[(?P<severity_text>trace|debug|info|warning|error) *\]\[(?P<scope_name>[a-z0-9,+]+) *\] ?(?P<body>.*)$",
        # Java 8: -XX:+PrintGCDetails -XX:+PrintGCDateStamps
        r"^(?:[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}[+-][0-9]{4}: )?[0-9]+\.[0-9]{3}: (?P<body>(?:\[(?:Full )?GC|\[CMS|Total time for which|Application time).*)$",
    ),
    times=("iso",),
    # Names of classes that are loaded: exceptions and errors among them.
    quoted=r"^\S+ (?:source: |has (?:raw )?archived )\S.*",
    confidence=0.97,
    inside=r"^(?:Java HotSpot|OpenJDK|Memory: |CommandLine flags: |Heap$)",
    samples=(
        Sample(
            "[2026-03-14T09:26:53.454+0000][1.176s][info][gc] GC(0) Pause Young (Allocation Failure) 16M->2M(61M) 8.154ms",
            {
                "time": "2026-03-14T09:26:53.454Z",
                "severity_number": 9,
                "scope_name": "gc",
                "body": "GC(0) Pause Young (Allocation Failure) 16M->2M(61M) 8.154ms",
            },
        ),
        Sample(
            "[0.008s][warning][gc,init] Consider enabling -XX:+AlwaysPreTouch",
            {"severity_number": 13, "scope_name": "gc,init"},
        ),
        Sample(
            "2026-03-14T10:26:54.123+0100: 12.345: [Full GC (Ergonomics) [PSYoungGen: 1024K->0K(2048K)] 4096K->3072K(8192K), 0.0123456 secs]",
            {"time": "2026-03-14T09:26:54.123Z"},
        ),
    ),
)
