#!/usr/bin/env bash
# Single logs of programs that stand between others: supervisord, PgBouncer, the Docker registry. Each does well first
# (that log goes to healthy/, too), then has a fault.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
hostname app-1
logs=$SAMPLES_DIR/logs
healthy=$SAMPLES_DIR/healthy
rm -rf "$logs"/{supervisor,pgbouncer,docker-registry}
mkdir -p "$logs"/{supervisor,pgbouncer,docker-registry}
# Only this namespace sees it.
mount -t tmpfs tmpfs /srv
cd /srv

started=()
start() { # LOG COMMAND...: in the background, appending
  "${@:2}" >>"$1" 2>&1 &
  started+=($!)
}
end() { # in order, and waits for them
  kill "${started[@]}" 2>/dev/null || true
  wait "${started[@]}" || true
  started=()
}
as_postgres() {
  setpriv --reuid=postgres --regid=postgres --clear-groups "$@"
}
answers() { # PORT
  (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# --- supervisord: a worker whose settings are gone ends at once, again and again ------------------------------
mkdir worker
cat >worker/worker.py <<'PYTHON'
import pathlib, time
settings = pathlib.Path("/srv/worker/worker.ini").read_text()
while pathlib.Path("/srv/worker/worker.ini").exists():
    time.sleep(0.5)
raise SystemExit(1)
PYTHON
echo '[queue]' >worker/worker.ini
cat >worker/supervisord.conf <<'INI'
[supervisord]
nodaemon = true
user = root
logfile = /srv/worker/supervisord.log
pidfile = /srv/worker/supervisord.pid
[program:mailer]
command = sleep 300
[program:worker]
command = python3 /srv/worker/worker.py
startsecs = 3
startretries = 3
INI
start /dev/null supervisord -c worker/supervisord.conf
sleep 6
cp worker/supervisord.log "$healthy/supervisor.log"
rm worker/worker.ini
wait_for 30 grep -q FATAL worker/supervisord.log
end
cp worker/supervisord.log "$logs/supervisor/worker-gave-up.log"

# --- PgBouncer: more clients than it takes, then its PostgreSQL is stopped ------------------------------------
binaries=$(echo /usr/lib/postgresql/*/bin)
mkdir pool
echo '"shop" "correct-horse"' >pool/users
cat >pool/pgbouncer.ini <<'INI'
[databases]
shop = host=127.0.0.1 port=5433 dbname=shop
[pgbouncer]
listen_addr = 127.0.0.1
listen_port = 6432
unix_socket_dir =
auth_type = md5
auth_file = /srv/pool/users
max_client_conn = 4
default_pool_size = 2
query_wait_timeout = 5
server_login_retry = 2
INI
chown -R postgres pool
as_postgres "$binaries/initdb" -D pool/data -A trust >/dev/null
database() {
  as_postgres "$binaries/pg_ctl" -D pool/data -o '-p 5433 -k /srv/pool' -w -l pool/postgresql.log "$@" >/dev/null
}
database start
psql -qh /srv/pool -p 5433 -U postgres -c "create role shop login password 'correct-horse'" -c 'create database shop' postgres
client() {
  PGPASSWORD=correct-horse PGCONNECT_TIMEOUT=8 timeout 10 psql -qAth 127.0.0.1 -p 6432 -U shop -c "$1" shop >/dev/null 2>&1 || true
}
for name in max-client-conn server-down; do
  start "$logs/pgbouncer/$name.log" setpriv --reuid=postgres --regid=postgres --clear-groups pgbouncer pool/pgbouncer.ini
  wait_for 10 answers 6432
  client 'select 1'
  client 'select 2'
  if [[ $name = max-client-conn ]]; then
    cp "$logs/pgbouncer/$name.log" "$healthy/pgbouncer.log"
    waiting=()
    for _ in {1..7}; do
      client 'select pg_sleep(2)' &
      waiting+=($!)
    done
    wait "${waiting[@]}"
    client 'select 3'
  else
    database stop
    client 'select 3'
    client 'select 4'
  fi
  end
done

# --- The Docker registry: the disk that keeps the images is full ----------------------------------------------
mkdir -p registry
mount -t tmpfs -o size=4M tmpfs registry
cat >registry.yml <<'YAML'
version: 0.1
log: {level: info}
storage: {filesystem: {rootdirectory: /srv/registry}}
http: {addr: "127.0.0.1:5000"}
YAML
push() { # SIZE: one layer
  local place
  head -c "$1" /dev/urandom >layer
  place=$(curl -si -X POST http://127.0.0.1:5000/v2/shop/blobs/uploads/ | tr -d '\r' | awk '/^Location/ {print $2}')
  curl -s -X PUT -H 'Content-Type: application/octet-stream' --data-binary @layer \
    "$place&digest=sha256:$(sha256sum layer | cut -d' ' -f1)" >/dev/null || true
}
start "$logs/docker-registry/disk-full.log" docker-registry serve registry.yml
wait_for 10 answers 5000
push 200000
push 300000
cp "$logs/docker-registry/disk-full.log" "$healthy/docker-registry.log"
push 5000000
push 100000
push 4000000
end
