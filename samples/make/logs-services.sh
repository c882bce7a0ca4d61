#!/usr/bin/env bash
# Single logs of other servers, each once well and then with a fault: Prometheus, etcd, ZooKeeper, BIND, dnsmasq,
# PHP-FPM behind nginx, Tomcat, memcached; and curl's own error messages.
# shellcheck disable=SC2016  # dollars in single quotes are those of zone files and PHP
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
logs=$SAMPLES_DIR/logs
# The programs below append.
rm -rf "$logs"/{prometheus,etcd,zookeeper,bind,dnsmasq,php,tomcat,memcached,curl}
mkdir -p "$logs"/{prometheus,etcd,zookeeper,bind,dnsmasq,php,tomcat,memcached,curl}

host_new infra-2 10.20.9.2
root=$(host_root infra-2)
rm -f "$root"/etc/nginx/sites-enabled/*
mkdir -p "$root"/srv/{prometheus,etcd,zookeeper,php,named} "$root/usr/local/bin"
host_boot infra-2
later() { # LOG SECONDS COMMAND...: runs the command for some seconds in the background
  ON_LOG=$1 on infra-2 timeout "$2" "${@:3}" || true
}

# --- Prometheus: logfmt -------------------------------------------------------------------------------------
cat >"$root/srv/prometheus/prometheus.yml" <<'EOF'
global: {scrape_interval: 1s}
rule_files: [/srv/prometheus/rules.yml]
scrape_configs:
  - job_name: self
    static_configs: [{targets: ["127.0.0.1:9090"]}]
remote_write:
  - url: http://127.0.0.1:9/receive
EOF
printf 'groups:\n  - name: twice\n    interval: 1s\n    rules:\n      - record: twice\n        expr: up * on() group_left() {__name__=~"up|scrape_duration_seconds"}\n' \
  >"$root/srv/prometheus/rules.yml"
later "$logs/prometheus/remote-write-refused.log" 12 prometheus --config.file=/srv/prometheus/prometheus.yml --storage.tsdb.path=/srv/prometheus/data &
sleep 4
later "$logs/prometheus/second-instance.log" 5 prometheus --config.file=/srv/prometheus/prometheus.yml --storage.tsdb.path=/srv/prometheus/data
printf 'global: {scrape_interval: often}\n' >"$root/srv/prometheus/broken.yml"
later "$logs/prometheus/second-instance.log" 5 prometheus --config.file=/srv/prometheus/broken.yml --storage.tsdb.path=/srv/prometheus/other --web.listen-address=:9091

# --- etcd: a member alone, then one that misses its two peers -----------------------------------------------
later "$logs/etcd/zap.jsonl" 5 etcd --logger=zap --log-outputs=stderr --data-dir=/srv/etcd/one &
later "$logs/etcd/peers-missing.jsonl" 15 etcd --logger=zap --log-outputs=stderr --name a --data-dir=/srv/etcd/three \
  --listen-client-urls=http://127.0.0.1:12379 --advertise-client-urls=http://127.0.0.1:12379 \
  --listen-peer-urls=http://127.0.0.1:12380 --initial-advertise-peer-urls=http://127.0.0.1:12380 \
  --initial-cluster=a=http://127.0.0.1:12380,b=http://127.0.0.1:12381,c=http://127.0.0.1:12382 &

# --- ZooKeeper: one of three ---------------------------------------------------------------------------------
printf 'tickTime=500\ninitLimit=5\nsyncLimit=2\ndataDir=/srv/zookeeper\nclientPort=2181\nserver.1=127.0.0.1:2888:3888\nserver.2=127.0.0.1:2889:3889\nserver.3=127.0.0.1:2890:3890\n' \
  >"$root/srv/zookeeper/zoo.cfg"
echo 1 >"$root/srv/zookeeper/myid"
later "$logs/zookeeper/quorum-missing.log" 12 java \
  -cp /etc/zookeeper/conf:/usr/share/java/zookeeper.jar:/usr/share/java/slf4j-log4j12.jar:/usr/share/java/log4j-1.2.jar \
  -Dzookeeper.log.dir=/srv/zookeeper -Dzookeeper.root.logger=INFO,CONSOLE \
  org.apache.zookeeper.server.quorum.QuorumPeerMain /srv/zookeeper/zoo.cfg &

# --- BIND and dnsmasq ----------------------------------------------------------------------------------------
cat >"$root/srv/named/named.conf" <<'EOF'
options { directory "/srv/named"; listen-on port 5300 { 127.0.0.1; }; listen-on-v6 { none; }; pid-file none; session-keyfile none; dnssec-validation no; };
controls { };
zone "good.example" { type master; file "good.zone"; };
zone "broken.example" { type master; file "broken.zone"; };
zone "missing.example" { type master; file "missing.zone"; };
zone "slave.example" { type slave; masters { 127.0.0.1 port 9; }; file "slave.zone"; };
EOF
printf '$TTL 60\n@ IN SOA ns.good.example. admin.good.example. (1 60 60 60 60)\n@ IN NS ns\nns IN A 10.20.9.2\n' >"$root/srv/named/good.zone"
printf '$TTL 60\n@ IN SOA ns.broken.example. admin.broken.example. (1 60 60 60 60)\nwww IN A 10.20.9.300\n' >"$root/srv/named/broken.zone"
chroot "$root" chown -R bind: /srv/named
later "$logs/bind/named.log" 12 named -g -u bind -c /srv/named/named.conf &
sleep 2
cat >"$root/usr/local/bin/ask" <<'EOF'
#!/usr/bin/python3
"""Asks a name server on 127.0.0.1 for an address: ask PORT NAME."""
import socket, sys
question = b"".join(bytes([len(part)]) + part.encode() for part in sys.argv[2].split(".")) + b"\0\0\1\0\1"
client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
client.settimeout(2)
client.sendto(b"\x12\x34\1\0\0\1\0\0\0\0\0\0" + question, ("127.0.0.1", int(sys.argv[1])))
try:
    client.recv(512)
except TimeoutError:
    sys.exit(1)
EOF
chmod +x "$root/usr/local/bin/ask"
for name in ns.good.example www.broken.example www.example.org; do
  on infra-2 ask 5300 "$name" || true
done
later "$logs/dnsmasq/queries.log" 6 dnsmasq -k --log-facility=- --log-queries --port=5301 --no-hosts --no-resolv --server=127.0.0.1#5300 --address=/shop.internal/10.20.0.11 &
sleep 1
for name in db.shop.internal ns.good.example www.example.org www.broken.example; do
  on infra-2 ask 5301 "$name" || true
done
later "$logs/dnsmasq/port-taken.log" 3 dnsmasq -k --log-facility=- --port=5301 --no-hosts --no-resolv

# --- PHP-FPM behind nginx ------------------------------------------------------------------------------------
cat >"$root/srv/php/pool.conf" <<'EOF'
[global]
error_log = /srv/php/php-fpm.log
daemonize = no
[www]
user = www-data
group = www-data
listen = /run/php-samples.sock
listen.owner = www-data
pm = dynamic
pm.start_servers = 1
pm.min_spare_servers = 1
pm.max_spare_servers = 1
pm.max_children = 2
request_terminate_timeout = 3s
request_slowlog_timeout = 1s
slowlog = /srv/php/slow.log
catch_workers_output = yes
php_admin_value[memory_limit] = 8M
php_admin_value[max_execution_time] = 1
php_admin_value[display_errors] = off
php_admin_value[log_errors] = on
EOF
page() {
  printf '<?php %s\n' "$2" >"$root/srv/php/$1.php"
}
page ok 'echo "ok";'
page memory '$a = []; while (true) { $a[] = str_repeat("x", 1000000); }'
page exception 'function pay($cents) { throw new InvalidArgumentException("amount $cents is negative"); } pay(-5);'
page undefined 'error_reporting(E_ALL); echo $total; echo $_GET["id"]; no_such_function();'
page database 'new PDO("pgsql:host=127.0.0.1;port=9;dbname=shop", "app", "not-a-real-password");'
page loop 'while (true) { }'
page sleeps 'sleep(10);'
page syntax 'function ( {'
page warning 'file_get_contents("/var/lib/billing/report.csv"); fopen("/etc/shadow", "r"); 1 % 0;'
cat >"$root/etc/nginx/sites-enabled/php.conf" <<'EOF'
server {
    listen 80;
    server_name php.example.com;
    root /srv/php;
    location / { include fastcgi_params; fastcgi_param SCRIPT_FILENAME $document_root$uri; fastcgi_pass unix:/run/php-samples.sock; fastcgi_read_timeout 6s; }
}
EOF
on infra-2 timeout 40 php-fpm8.2 --fpm-config /srv/php/pool.conf --nodaemonize >/dev/null 2>&1 &
on infra-2 systemctl start nginx.service
sleep 1
pages=()
for page in ok memory exception undefined database syntax warning missing loop sleeps sleeps sleeps; do
  on infra-2 curl -s --max-time 8 -o /dev/null "http://127.0.0.1/$page.php" &
  pages+=($!)
  sleep 0.3
done
for page in "${pages[@]}"; do
  wait "$page" || true
done
on infra-2 bash -c 'pkill -KILL -f "[p]ool www" || true'
sleep 1
on infra-2 pkill -QUIT -f php-fpm.*master
cp "$root/srv/php/php-fpm.log" "$root/srv/php/slow.log" "$logs/php/"
cp "$root/var/log/nginx/error.log" "$logs/php/nginx-error.log"

# --- Tomcat ----------------------------------------------------------------------------------------------------
tomcat=$root/srv/tomcat
mkdir -p "$tomcat"/{conf,logs,temp,work,webapps/good,webapps/broken/WEB-INF}
cp "$root"/etc/tomcat10/{server.xml,web.xml,logging.properties} "$tomcat/conf/"
cat >"$tomcat/webapps/broken/WEB-INF/web.xml" <<'EOF'
<web-app xmlns="https://jakarta.ee/xml/ns/jakartaee" version="5.0">
  <listener><listener-class>com.example.MissingListener</listener-class></listener>
</web-app>
EOF
echo '<% int[] stock = new int[1]; out.print(stock[7]); %>' >"$tomcat/webapps/good/fails.jsp"
echo '<% out.print("ok"); %>' >"$tomcat/webapps/good/ok.jsp"
run_tomcat() {
  later "$logs/tomcat/$2" "$1" env CATALINA_BASE=/srv/tomcat CATALINA_HOME=/usr/share/tomcat10 \
    /usr/share/tomcat10/bin/catalina.sh run
}
run_tomcat 14 catalina.log &
first=$!
sleep 7
for page in ok fails missing; do
  on infra-2 curl -s -o /dev/null "http://127.0.0.1:8080/good/$page.jsp" || true
done
run_tomcat 5 port-taken.log
wait "$first"
cp "$tomcat"/logs/localhost.2*.log "$logs/tomcat/localhost.log"
cp "$tomcat"/logs/localhost_access_log*.txt "$logs/tomcat/access.log"

# --- memcached, curl -------------------------------------------------------------------------------------------
later "$logs/memcached/verbose.log" 4 memcached -u nobody -vv -m 64 -l 127.0.0.1 -p 11299 &
sleep 1
on infra-2 bash -c 'exec 3<>/dev/tcp/127.0.0.1/11299; printf "set a 0 0 5\r\nhello\r\nget a\r\nset big 0 0 2000000\r\nnonsense\r\nquit\r\n" >&3; timeout 1 cat <&3' >/dev/null || true
later "$logs/memcached/verbose.log" 2 memcached -u nobody -l 127.0.0.1 -p 11299
on infra-2 timeout 30 bash -c 'while true; do timeout 2 python3 -c "
import socket
s = socket.create_server((\"127.0.0.1\", 8055)); c, _ = s.accept(); c.recv(100); c.close()"; done' >/dev/null 2>&1 &
sleep 0.5
for arguments in "http://no-such-host.example/" "http://127.0.0.1:9/" "--max-time 1 http://10.20.250.250/" "https://127.0.0.1:80/" \
  "http://127.0.0.1:8055/" "nonsense://127.0.0.1/" "http://10.77.0.1/" "-f http://127.0.0.1/missing.php" "-o /proc/nothing http://127.0.0.1/ok.php"; do
  echo "\$ curl -sS $arguments" >>"$logs/curl/errors.log"
  # shellcheck disable=SC2086  # several arguments
  on infra-2 curl -sS $arguments >>"$logs/curl/errors.log" 2>&1 || echo "exit code $?" >>"$logs/curl/errors.log"
done
hide_kernel "$logs"/{prometheus,zookeeper,bind,tomcat}/*
chmod 644 "$logs"/{prometheus,etcd,zookeeper,bind,dnsmasq,php,tomcat,memcached,curl}/*
wc -l "$logs"/{prometheus,etcd,zookeeper,bind,dnsmasq,php,tomcat,memcached,curl}/*
