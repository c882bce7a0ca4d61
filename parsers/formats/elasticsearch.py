"""Elasticsearch, OpenSearch and Logstash as text; their JSON logs are JSON lines."""

from __future__ import annotations

from ..lines import LineFormat, Sample

FORMAT = LineFormat(
    name="elasticsearch",
    title="Elasticsearch, OpenSearch, Logstash",
    reference="https://www.elastic.co/guide/en/elasticsearch/reference/current/logging.html (log4j2.properties)",
    patterns=(
        r"^\[[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2},[0-9]{3}\]\[(?P<severity_text>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) *\]\[(?P<scope_name>[^\]\s]*) *\]"
        r"(?: ?\[(?P<host_name>[A-Za-z0-9_.\-]+)\])? ?(?P<body>.*)$",
    ),
    times=("iso",),
    confidence=0.97,
    samples=(
        Sample(
            "[2026-03-14T09:26:53,123][WARN ][o.e.c.r.a.DiskThresholdMonitor] [node-1] flood stage disk watermark [95%] exceeded on [x3Zk][node-1][/data] free: 1.2gb[2.4%]",
            {
                "time": "2026-03-14T09:26:53.123Z",
                "severity_number": 13,
                "scope_name": "o.e.c.r.a.DiskThresholdMonitor",
                "host_name": "node-1",
                "body": "flood stage disk watermark [95%] exceeded on [x3Zk][node-1][/data] free: 1.2gb[2.4%]",
            },
        ),
        Sample(
            "[2026-03-14T09:26:54,001][ERROR][o.e.b.Bootstrap          ] [node-1] Exception\n"
            "java.lang.IllegalStateException: failed to obtain node locks\n\tat org.elasticsearch.env.NodeEnvironment.<init>(NodeEnvironment.java:296) ~[elasticsearch-7.17.9.jar:7.17.9]",
            {
                "severity_number": 17,
                "scope_name": "o.e.b.Bootstrap",
                "exception_type": "java.lang.IllegalStateException",
            },
        ),
        Sample(
            '[2026-03-14T09:26:55,002][INFO ][logstash.runner          ] Starting Logstash {"logstash.version"=>"8.6.2"}',
            {"severity_number": 9, "scope_name": "logstash.runner", "host_name": None},
        ),
    ),
)
