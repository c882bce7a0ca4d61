#!/usr/bin/env bash
# Single logs of Java programs: Logback, Log4j 2, Log4j 1.2 and java.util.logging with their usual patterns,
# what the virtual machine prints when a program dies, a thread dump with a deadlock, garbage collection logs.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
logs=$SAMPLES_DIR/logs/java
make=$SAMPLES_DIR/make/programs
mkdir -p "$logs"

host_new app-8 10.20.9.8
root=$(host_root app-8)
app=$root/srv/billing
mkdir -p "$app/classes" "$app/logs"
jars=/usr/share/java
javac -cp $jars/slf4j-api.jar -d "$app/classes" "$make"/{Formats,Crashes}.java

logback() { # NAME PATTERN
  cat >"$app/$1.xml" <<EOF
<configuration>
  <appender name="FILE" class="ch.qos.logback.core.FileAppender">
    <file>/srv/billing/logs/$1.log</file>
    <encoder><pattern>$2%n</pattern></encoder>
  </appender>
  <root level="DEBUG"><appender-ref ref="FILE"/></root>
</configuration>
EOF
}
logback logback-default '%d{HH:mm:ss.SSS} [%thread] %-5level %logger{36} - %msg'
logback logback-iso '%d{yyyy-MM-dd HH:mm:ss.SSS} [%thread] %-5level %logger{36} - %msg'
logback logback-spring-style "%d{yyyy-MM-dd'T'HH:mm:ss.SSSXXX} %5p 4711 --- [%15.15t] %-40.40logger{39} : %m"
logback logback-trace-id '%d{ISO8601} %-5p [billing,%X{traceId:-}] %c{1}:%L - %m'
log4j2() { # NAME LAYOUT
  cat >"$app/$1.xml" <<EOF
<Configuration status="warn">
  <Appenders><File name="file" fileName="/srv/billing/logs/$1.log">$2</File></Appenders>
  <Loggers><Root level="debug"><AppenderRef ref="file"/></Root></Loggers>
</Configuration>
EOF
}
log4j2 log4j2-default '<PatternLayout pattern="%d{HH:mm:ss.SSS} [%t] %-5level %logger{36} - %msg%n"/>'
log4j2 log4j2-iso '<PatternLayout pattern="%d{ISO8601_OFFSET_DATE_TIME_HHMM} %p [%t] %c{1.} - %m%n"/>'
log4j2 log4j2-rfc5424 '<Rfc5424Layout appName="billing" includeMDC="true" newLine="true"/>'
cat >"$app/log4j1.properties" <<'EOF'
log4j.rootLogger=DEBUG, file
log4j.appender.file=org.apache.log4j.FileAppender
log4j.appender.file.File=/srv/billing/logs/log4j1.log
log4j.appender.file.layout=org.apache.log4j.PatternLayout
log4j.appender.file.layout.ConversionPattern=%d{ISO8601} %-5p [%t] %c{2} (%F:%L) - %m%n
EOF
cat >"$app/jul.properties" <<'EOF'
handlers=java.util.logging.FileHandler
java.util.logging.FileHandler.pattern=/srv/billing/logs/java-util-logging.log
java.util.logging.FileHandler.formatter=java.util.logging.SimpleFormatter
EOF
sed 's#java-util-logging.log#java-util-logging-oneline.log#' "$app/jul.properties" >"$app/jul-oneline.properties"
# shellcheck disable=SC2016  # the dollars are Java's
echo 'java.util.logging.SimpleFormatter.format=%1$tY-%1$tm-%1$td %1$tH:%1$tM:%1$tS.%1$tL %4$-7s [%3$s] %5$s %6$s%n' >>"$app/jul-oneline.properties"
sed 's#java-util-logging.log#java-util-logging.xml#; s#SimpleFormatter#XMLFormatter#' "$app/jul.properties" >"$app/jul-xml.properties"
host_boot app-8

formats() { # "OPTION..." JAR...
  local options classpath=/srv/billing/classes:$jars/slf4j-api.jar jar
  read -ra options <<<"$1"
  shift
  for jar in "$@"; do
    classpath+=:$jars/$jar.jar
  done
  on app-8 java "${options[@]}" -cp "$classpath" Formats
}
for name in logback-default logback-iso logback-spring-style logback-trace-id; do
  formats "-Dlogback.configurationFile=/srv/billing/$name.xml" logback-classic logback-core
done
for name in log4j2-default log4j2-iso log4j2-rfc5424; do
  # Debian has no bridge from SLF4J to Log4j 2; java.util.logging lies between.
  formats "-Djava.util.logging.manager=org.apache.logging.log4j.jul.LogManager -Dlog4j.configurationFile=/srv/billing/$name.xml" \
    slf4j-jdk14 log4j-jul log4j-api log4j-core
done
formats -Dlog4j.configuration=file:/srv/billing/log4j1.properties slf4j-log4j12 log4j-1.2
for name in jul jul-oneline jul-xml; do
  formats "-Djava.util.logging.config.file=/srv/billing/$name.properties" slf4j-jdk14
done
{
  # Without a configuration each library complains in its own words.
  formats -Dnothing=1
  formats -Dnothing=1 slf4j-log4j12 log4j-1.2
  formats -Djava.util.logging.manager=org.apache.logging.log4j.jul.LogManager slf4j-jdk14 log4j-jul log4j-api log4j-core
} >"$app/logs/no-configuration.log" 2>&1

crash() { # NAME JAVA_OPTION...
  local name=$1
  shift
  ON_LOG=$app/logs/crashes.log on app-8 timeout 40 java -Xmx48m "$@" -cp /srv/billing/classes Crashes "$name" || true
}
for name in null-pointer class-not-found port-taken unknown-host refused timeout no-file suppressed future in-thread array-limit; do
  crash "$name"
done
crash heap -XX:+UseSerialGC "-Xlog:gc*:file=/srv/billing/logs/gc-serial.log:time,level,tags"
crash heap -XX:+UseG1GC "-Xlog:gc*:file=/srv/billing/logs/gc-g1.log:uptime,level,tags"
crash heap -XX:+ExitOnOutOfMemoryError
crash direct-memory -XX:MaxDirectMemorySize=8m
# The virtual machine's own threads count, too.
on app-8 setpriv --reuid=nobody --clear-groups bash -c \
  'ulimit -u 60; exec timeout 20 java -Xmx48m -cp /srv/billing/classes Crashes threads' >>"$app/logs/crashes.log" 2>&1 || true
ON_LOG=$app/logs/crashes.log on app-8 timeout 20 java -Xss256k -XX:MaxJavaStackTraceDepth=20 -cp /srv/billing/classes Crashes stack-overflow || true
ON_LOG=$app/logs/crashes.log on app-8 timeout 20 java -Xmx1k -cp /srv/billing/classes Crashes heap || true
ON_LOG=$app/logs/crashes.log on app-8 timeout 20 java -cp /srv/billing/missing Crashes heap || true
on app-8 timeout 8 java -Xmx48m -cp /srv/billing/classes Crashes deadlock >"$app/logs/thread-dump-deadlock.log" 2>&1 &
sleep 2
on app-8 pkill -QUIT java
wait $! || true
cp "$app"/logs/* "$logs/"
rm -f "$logs"/*.lck
chmod 644 "$logs"/*
wc -l "$logs"/*
