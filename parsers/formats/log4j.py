"""What log4j, logback and their kin write: a time, a level, a thread and a logger, in the usual orders."""

from __future__ import annotations

from ..lines import LineFormat, Sample

_DATE = r"(?:[0-9]{4}[-/][0-9]{2}[-/][0-9]{2}|[0-9]{2}[-. ][A-Z][a-z]{2}[-. ][0-9]{4})"
_CLOCK = r"[0-9]{2}:[0-9]{2}:[0-9]{2}(?:[.,:][0-9]{1,9})?"
_TIME = r"\[?" + _DATE + r"[T ]" + _CLOCK + r"(?: ?(?:Z|[A-Z]{3,4}|[+-][0-9]{2}:?[0-9]{2}))?\]?,?"
_LEVEL = r"\[?(?P<severity_text>TRACE|DEBUG|INFO|WARN|WARNING|ERROR|FATAL|SEVERE|CONFIG|FINE|FINER|FINEST)\]?"
_THREAD = r"\[[^\]]*[A-Za-z][^\]]*\](?:-[0-9]+\])?"
_EXTRA = r"(?: +\[[^\]]*\])*"
_LOGGER = (
    r"(?P<scope_name>[A-Za-z_$][A-Za-z0-9_$.\-/@]*(?:\[[^\]]*\])?(?::[0-9]+)?)(?: \([A-Za-z0-9_$]+\.[a-z]+:[0-9]+\))?"
)
_BODY = r"(?P<body>.*)$"

LOG4J = LineFormat(
    name="log4j",
    title="log4j, logback (Hadoop, HBase, Kafka, ZooKeeper, Cassandra, Solr, WildFly, ActiveMQ)",
    reference="https://logging.apache.org/log4j/2.x/manual/pattern-layout.html; https://logback.qos.ch/manual/layouts.html",
    patterns=(
        # Without a logger: the class of an exception is part of the message.
        r"^"
        + _TIME
        + r" +"
        + _LEVEL
        + r"(?: +"
        + _THREAD
        + _EXTRA
        + r")? +(?P<body>(?:[a-z][a-z0-9_]*\.)+[A-Z][A-Za-z0-9_$.]*(?:Exception|Error): .*)$",
        # Hadoop: %d{ISO8601} %p [%t] %c: %m
        r"^" + _TIME + r" +" + _LEVEL + r" +" + _THREAD + _EXTRA + r" +" + _LOGGER + r" ?(?::| -|-) " + _BODY,
        # logback's and log4j 2's own layout: %d [%thread] %-5level %logger{36} - %msg; the date may be missing
        r"^(?:"
        + _TIME
        + r"|"
        + _CLOCK
        + r") +"
        + _THREAD
        + _EXTRA
        + r" +"
        + _LEVEL
        + _EXTRA
        + r" +"
        + _LOGGER
        + r" ?(?::| -|-) "
        + _BODY,
        # Cassandra: %-5level [%thread] %date{ISO8601} %F:%L - %msg
        r"^" + _LEVEL + r" +" + _THREAD + r" +" + _TIME + r" +" + _LOGGER + r" - " + _BODY,
        # ZooKeeper: %d{ISO8601} [myid:%X{myid}] - %-5p [%t:%C{1}@%L] - %m
        r"^"
        + _TIME
        + r"(?: \[myid:[^\]]*\])? - "
        + _LEVEL
        + r" +\[(?:[^ ].*?:)?(?P<scope_name>[A-Za-z_$][A-Za-z0-9_$.]*@[0-9]+)\] - "
        + _BODY,
        # WildFly: %d{HH:mm:ss,SSS} %-5p [%c] (%t) %s
        r"^(?:"
        + _TIME
        + r"|"
        + _CLOCK
        + r") +"
        + _LEVEL
        + r" +\[(?P<scope_name>[A-Za-z0-9_$.\-]+)\] \([^()]*(?:\([^()]*\)[^()]*)*\) "
        + _BODY,
        # Solr: %d %-5p (%t) [%X{collection}...] %c{1.} %m
        r"^" + _TIME + r" +" + _LEVEL + r" +\([^)]*\)" + _EXTRA + r" +(?P<scope_name>[a-z]\.[A-Za-z0-9_$.]+) " + _BODY,
        # Kafka: [%d] %p %m (%c)
        r"^\["
        + _DATE
        + r"[T ]"
        + _CLOCK
        + r"\] +"
        + _LEVEL
        + r" +(?P<body>.*) \((?P<scope_name>[a-z][A-Za-z0-9_$\-]*(?:\.[A-Za-z0-9_$\-]+)+)\)$",
        r"^\[" + _DATE + r"[T ]" + _CLOCK + r"\] +(?P<severity_text>TRACE|DEBUG|INFO|WARN|ERROR|FATAL) +" + _BODY,
        # HBase and many others: %d %p %c: %m
        r"^" + _TIME + r" +" + _LEVEL + r" +" + _LOGGER + r" ?(?::| -) " + _BODY,
        # TTCCLayout: %r [%t] %p %c %x - %m
        r"^[0-9]+ +" + _THREAD + r" +" + _LEVEL + r" +" + _LOGGER + r" .*?- " + _BODY,
        # ActiveMQ and many others: %d | %-5p | %m | %c | %t
        r"^"
        + _TIME
        + r" ?\| ?"
        + _LEVEL
        + r" *\| ?(?P<body>.*?) \| (?P<scope_name>[a-z][A-Za-z0-9_$]*(?:\.[A-Za-z0-9_$]+)+) \| [^|]*$",
    ),
    times=("iso", "rfc5322", "clock"),
    inside=r"^(?:Exception in thread |\.\.\. |Wrapped by: |nested exception is |SQLState: )",
    samples=(
        Sample(
            "2015-10-18 18:01:47,978 INFO [main] org.apache.hadoop.mapreduce.v2.app.MRAppMaster: Created MRAppMaster for application appattempt_1445144423722_0020_000001",
            {
                "time": "2015-10-18T18:01:47.978Z",
                "severity_number": 9,
                "scope_name": "org.apache.hadoop.mapreduce.v2.app.MRAppMaster",
                "body": "Created MRAppMaster for application appattempt_1445144423722_0020_000001",
            },
        ),
        Sample(
            "2026-03-14 09:26:53.124 [http-nio-8080-exec-3] ERROR c.e.shop.PayController - pay failed\n"
            "java.lang.IllegalStateException: no pool\n"
            "\tat com.example.shop.Pool.take(Pool.java:42)\n"
            "Caused by: java.net.ConnectException: Connection refused\n"
            "\t... 3 common frames omitted",
            {
                "time": "2026-03-14T09:26:53.124Z",
                "severity_number": 17,
                "scope_name": "c.e.shop.PayController",
                "exception_type": "java.lang.IllegalStateException",
            },
        ),
        Sample(
            "2026-03-14 09:26:54.681 INFO  [main] [] com.zaxxer.hikari.HikariDataSource - HikariPool-1 - Starting...",
            {
                "severity_number": 9,
                "scope_name": "com.zaxxer.hikari.HikariDataSource",
                "body": "HikariPool-1 - Starting...",
            },
        ),
        Sample(
            "WARN  [ScheduledTasks:1] 2026-03-14 09:26:55,003 NoSpamLogger.java:94 - Maximum memory usage reached (536870912)",
            {
                "time": "2026-03-14T09:26:55.003Z",
                "severity_number": 13,
                "scope_name": "NoSpamLogger.java:94",
                "body": "Maximum memory usage reached (536870912)",
            },
        ),
        Sample(
            "2026-03-14 09:26:55,123 [myid:1] - WARN  [QuorumConnectionThread-[myid=1]-2:QuorumCnxManager@401] - Cannot open channel to 2 at election address zk-2/10.0.0.2:3888",
            {
                "severity_number": 13,
                "scope_name": "QuorumCnxManager@401",
                "body": "Cannot open channel to 2 at election address zk-2/10.0.0.2:3888",
            },
        ),
        Sample(
            "[2026-03-14 09:26:55,200] ERROR [KafkaServer id=0] Fatal error during KafkaServer startup. Prepare to shutdown (kafka.server.KafkaServer)",
            {
                "time": "2026-03-14T09:26:55.2Z",
                "severity_number": 17,
                "scope_name": "kafka.server.KafkaServer",
                "body": "[KafkaServer id=0] Fatal error during KafkaServer startup. Prepare to shutdown",
            },
        ),
        Sample(
            "2026-03-14 09:26:55,250 ERROR [main] java.lang.IllegalStateException: the pool is closed",
            {"severity_number": 17, "body": "java.lang.IllegalStateException: the pool is closed"},
        ),
        Sample(
            "2026-03-14 09:26:55,300 INFO  [org.jboss.as] (Controller Boot Thread) WFLYSRV0025: WildFly 26.1.3.Final started in 4522ms",
            {"severity_number": 9, "scope_name": "org.jboss.as"},
        ),
        Sample(
            "2026-03-14 09:26:55.400 WARN  (qtp1912-21) [c:orders s:shard1] o.a.s.h.RequestHandlerBase slow request",
            {"severity_number": 13, "scope_name": "o.a.s.h.RequestHandlerBase", "body": "slow request"},
        ),
        Sample(
            "2026-03-14 09:26:55,500 | INFO  | Apache ActiveMQ 5.17.3 (localhost) is starting | org.apache.activemq.broker.BrokerService | main",
            {
                "severity_number": 9,
                "scope_name": "org.apache.activemq.broker.BrokerService",
                "body": "Apache ActiveMQ 5.17.3 (localhost) is starting",
            },
        ),
    ),
)

SHORT = LineFormat(
    name="log4j_short",
    title="log4j with a short date (Spark, HDFS 1, Flume)",
    reference="https://spark.apache.org/docs/latest/configuration.html#configuring-logging (log4j2.properties.template)",
    patterns=(
        r"^[0-9]{2}/[0-9]{2}/[0-9]{2} "
        + _CLOCK
        + r" +"
        + _LEVEL
        + r" +(?:"
        + _THREAD
        + r" +)?"
        + _LOGGER
        + r" ?(?::| -) "
        + _BODY,
        r"^[0-9]{6} [0-9]{6} [0-9]+ +" + _LEVEL + r" +" + _LOGGER + r": " + _BODY,
    ),
    times=("yymmdd", "hdfs"),
    confidence=0.94,
    samples=(
        Sample(
            "17/06/09 20:10:40 INFO executor.CoarseGrainedExecutorBackend: Registered signal handlers for [TERM, HUP, INT]",
            {
                "time": "2017-06-09T20:10:40Z",
                "severity_number": 9,
                "scope_name": "executor.CoarseGrainedExecutorBackend",
                "body": "Registered signal handlers for [TERM, HUP, INT]",
            },
        ),
        Sample(
            "17/06/09 20:10:41 ERROR Executor: Exception in task 1.0 in stage 2.0 (TID 7)\n"
            "java.lang.OutOfMemoryError: Java heap space\n\tat java.util.Arrays.copyOf(Arrays.java:3332)",
            {"severity_number": 17, "scope_name": "Executor", "exception_type": "java.lang.OutOfMemoryError"},
        ),
        Sample(
            "17/06/09 20:10:42 WARN spark.HeartbeatReceiver: Removing executor 2 with no recent heartbeats",
            {"time": "2017-06-09T20:10:42Z", "severity_number": 13},
        ),
    ),
)

SPRING_BOOT = LineFormat(
    name="spring_boot",
    title="Spring Boot",
    reference="https://docs.spring.io/spring-boot/reference/features/logging.html#features.logging.log-format",
    patterns=(
        r"^[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}:[0-9]{2}[.,][0-9]{3}(?:Z|[+-][0-9]{2}:?[0-9]{2})? +(?P<severity_text>TRACE|DEBUG|INFO|WARN|ERROR|FATAL|OFF) "
        r"+(?:\[(?P<service_name>[^\],]*)(?:,(?P<trace_id>[0-9a-f]*))?[^\]]*\] +)?[0-9]+ --- (?:\[.*?\] ?)+(?P<scope_name>[A-Za-z0-9_$.\[\]/\-]+) +: (?P<body>.*)$",
    ),
    times=("iso",),
    confidence=0.97,
    # The banner stands ahead of the first line.
    inside=r"^(?:=====| :: Spring Boot :: )",
    samples=(
        Sample(
            "2026-03-14 09:26:53.681  INFO 4242 --- [           main] c.e.shop.ShopApplication                 : Starting ShopApplication v1.4.2 using Java 17.0.15",
            {
                "time": "2026-03-14T09:26:53.681Z",
                "severity_number": 9,
                "scope_name": "c.e.shop.ShopApplication",
                "body": "Starting ShopApplication v1.4.2 using Java 17.0.15",
            },
        ),
        Sample(
            "2026-03-14T10:26:54.002+01:00 ERROR 1 --- [shop] [nio-8080-exec-1] o.a.c.c.C.[.[.[/].[dispatcherServlet]    : Servlet.service() for servlet [dispatcherServlet] threw exception\n\n"
            "java.net.ConnectException: Connection refused\n\tat java.base/sun.nio.ch.Net.pollConnect(Native Method) ~[na:na]",
            {
                "time": "2026-03-14T09:26:54.002Z",
                "severity_number": 17,
                "scope_name": "o.a.c.c.C.[.[.[/].[dispatcherServlet]",
                "exception_type": "java.net.ConnectException",
            },
        ),
        Sample(
            "2026-03-14 09:26:55.003  WARN [orders,6a3f0c1d2e4b5a69,6a3f0c1d2e4b5a69] 17 --- [scheduling-1] o.h.e.jdbc.spi.SqlExceptionHelper        : SQL Error: 0, SQLState: 08001",
            {"severity_number": 13, "service_name": "orders", "trace_id": "6a3f0c1d2e4b5a69"},
        ),
    ),
)
