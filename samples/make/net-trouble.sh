#!/usr/bin/env bash
# Three troubles of a shop that only the wire explains, with tcpdump beside the logs: a payment service that resets
# connections, a firewall that drops the way to the database, and an application that is down. The clock of the
# application's host is 2.6 seconds ahead.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
make=$SAMPLES_DIR/make/net
name=net-trouble
out=$STATE/out/$name
mkdir -p "$out"/{web-1,app-1,db-1,pay-1,capture}

wire() { # NAME ADDRESS: a host of its own on the bridge
  ip netns add "$1"
  ip link add "v-$1" type veth peer name eth0 netns "$1"
  ip link set "v-$1" master lan up
  ip netns exec "$1" ip link set lo up
  ip netns exec "$1" ip addr add "$2/24" dev eth0
  ip netns exec "$1" ip link set eth0 up
  ip netns exec "$1" ethtool -K eth0 tso off gso off gro off >/dev/null 2>&1 || true
}
wire client 10.81.0.9
wire web-1 10.81.0.1
wire app-1 10.81.0.2
wire db-1 10.81.0.3
wire pay-1 10.81.0.4

tcpdump -i v-app-1 -s 0 -U -w "$out/capture/app-1.pcap" 2>/dev/null &
dump=$!

data=$STATE/pg
mkdir "$data" && chown postgres "$data"
bin=$(echo /usr/lib/postgresql/*/bin)
as_postgres() { ip netns exec db-1 setpriv --reuid=postgres --regid=postgres --init-groups -- "$@"; }
as_postgres "$bin/initdb" -D "$data/main" -A trust -U shop >/dev/null
cat >>"$data/main/postgresql.conf" <<EOF
listen_addresses = '*'
unix_socket_directories = '$data'
log_connections = on
log_disconnections = on
log_line_prefix = '%m [%p] %q%u@%d '
log_timezone = 'UTC'
max_connections = 100
EOF
echo "host all all 10.81.0.0/24 trust" >>"$data/main/pg_hba.conf"
touch "$data/postgresql.log" && chown postgres "$data/postgresql.log"
as_postgres "$bin/pg_ctl" -D "$data/main" -l "$data/postgresql.log" -w start >/dev/null
as_postgres "$bin/psql" -qh "$data" -U shop -d postgres -c "create database shop" -c "\\c shop" \
  -c "create table orders (id int)" -c "insert into orders select generate_series(1, 40)"

payment() {
  while sleep 0.3; do
    ip netns exec pay-1 python3 "$make/payment.py" >>"$out/pay-1/payment.log" 2>&1 || true
  done
}
payment 2>/dev/null &
payments=$!

shop() {
  ip netns exec app-1 env FAKETIME=+2.6s LD_PRELOAD="$(echo /usr/lib/*/faketime/libfaketimeMT.so.1)" python3 "$make/shop.py" \
    "host=10.81.0.3 dbname=shop user=shop" "http://10.81.0.4:9000/refund" "$out/app-1/shop.log"
}
shop >/dev/null 2>&1 &
sleep 2

mkdir -p "$STATE/nginx"
cat >"$STATE/nginx/nginx.conf" <<EOF
worker_processes 1;
pid $STATE/nginx/nginx.pid;
error_log $out/web-1/error.log;
events {}
http {
  access_log $out/web-1/access.log combined;
  server {
    listen 80;
    location / { proxy_pass http://10.81.0.2:8000; proxy_read_timeout 20s; }
  }
}
EOF
ip netns exec web-1 nginx -p "$STATE/nginx" -c "$STATE/nginx/nginx.conf" -g "daemon off;" 2>/dev/null &
web=$!
sleep 1

ask() { ip netns exec client curl -s -o /dev/null -m 25 "$@" || true; }
get() { ask "http://10.81.0.1/orders?page=$1"; }
for page in $(seq 1 40); do get "$page"; sleep 0.15; done
begin1=$(date +%s)
# 1: the payment service dies while the refund is being sent.
for refund in $(seq 1 6); do ask -d "refund-$refund " "http://10.81.0.1/refund/$refund"; get "r$refund"; sleep 1; done
begin2=$(date +%s)
sleep 6
# 2: a firewall rule on the database drops new connections.
ip netns exec db-1 nft -f - <<EOF
table inet filter {
  chain input {
    type filter hook input priority 0; policy accept;
    tcp dport 5432 ct state new drop
  }
}
EOF
for page in $(seq 41 46); do get "$page" & sleep 0.7; done
sleep 8
end2=$(date +%s)
ip netns exec db-1 nft flush ruleset
for page in $(seq 47 60); do get "$page"; sleep 0.2; done
sleep 3
begin3=$(date +%s)
# 3: the application is down.
pkill -KILL -f "$make/shop.py"
for page in $(seq 61 75); do get "$page"; sleep 0.4; done
end3=$(date +%s)
shop >/dev/null 2>&1 &
sleep 2
for page in $(seq 76 90); do get "$page"; sleep 0.15; done

kill "$payments" "$web" "$dump" 2>/dev/null || true
pkill -KILL -f "$make/" || true
as_postgres "$bin/pg_ctl" -D "$data/main" -m fast stop >/dev/null
cp "$data/postgresql.log" "$out/db-1/postgresql.log"
sleep 1
sed -i "s#$make/#/opt/shop/#g" "$out"/*/*.log
pack_zip "$SAMPLES_DIR/bundles/$name.zip" "$out"
# Each trouble by itself: the examples of the rules.
cut_out() { # NAME BEGIN END
  python3 "$make/cut.py" "$out" "$STATE/cut/$1" "$2" "$3"
  pack_zip "$SAMPLES_DIR/captures/$1.zip" "$STATE/cut/$1"
}
cut_out reset_seen_on_wire "$begin1" "$begin2"
cut_out timeout_seen_on_wire "$((begin2 + 4))" "$end2"
cut_out bad_gateway_seen_on_wire "$begin3" "$end3"
ls -l "$SAMPLES_DIR/bundles/$name.zip"
