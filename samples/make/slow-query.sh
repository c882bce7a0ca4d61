#!/usr/bin/env bash
# A shop whose page of orders waits for one slow statement: the server logs its duration, and tcpdump beside the
# application shows the request, a silence and the answer. Nothing is lost on the way.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
name=slow-query
out=$STATE/out/$name
mkdir -p "$out"/{app-1,db-1,capture}

wire() { # NAME ADDRESS: a host of its own on the bridge
  ip netns add "$1"
  ip link add "v-$1" type veth peer name eth0 netns "$1"
  ip link set "v-$1" master lan up
  ip netns exec "$1" ip link set lo up
  ip netns exec "$1" ip addr add "$2/24" dev eth0
  ip netns exec "$1" ip link set eth0 up
  ip netns exec "$1" ethtool -K eth0 tso off gso off gro off >/dev/null 2>&1 || true
}
wire app-1 10.82.0.2
wire db-1 10.82.0.3

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
log_min_duration_statement = '1s'
log_line_prefix = '%m [%p] %q%u@%d '
log_timezone = 'UTC'
max_parallel_workers_per_gather = 0
autovacuum = off
EOF
echo "host all all 10.82.0.0/24 trust" >>"$data/main/pg_hba.conf"
touch "$data/postgresql.log" && chown postgres "$data/postgresql.log"
as_postgres "$bin/pg_ctl" -D "$data/main" -l "$data/postgresql.log" -w start >/dev/null
as_postgres "$bin/psql" -qh "$data" -U shop -d postgres -c "create database shop" -c "\\c shop" \
  -c "create table orders (id int, customer int, note text)" \
  -c "insert into orders select n, n % 500, repeat('x', 40) from generate_series(1, 11000) n"
sleep 1
ip netns exec app-1 python3 "$SAMPLES_DIR/make/slow/shop.py" "host=10.82.0.3 dbname=shop user=shop" "$out/app-1/shop.log"
sleep 2
kill "$dump"
as_postgres "$bin/pg_ctl" -D "$data/main" -m fast stop >/dev/null
cp "$data/postgresql.log" "$out/db-1/postgresql.log"
sleep 1
pack_zip "$SAMPLES_DIR/bundles/$name.zip" "$out"
ls -l "$SAMPLES_DIR/bundles/$name.zip"
