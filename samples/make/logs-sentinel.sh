#!/usr/bin/env bash
# Single logs of Redis Sentinel: first all is well (that log goes to healthy/, too), then the primary stops and there is no
# replica that could take over.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
hostname cache-1
logs=$SAMPLES_DIR/logs/redis-sentinel
rm -rf "$logs"
mkdir -p "$logs"
# Only this namespace sees it.
mount -t tmpfs tmpfs /srv
cd /srv
ip link set lo up

redis-server --port 6379 --save '' --logfile /dev/null --daemonize yes >/dev/null
wait_for 10 redis-cli ping >/dev/null
cat >sentinel.conf <<'INI'
port 26379
logfile /srv/sentinel.log
sentinel monitor shop 127.0.0.1 6379 1
sentinel down-after-milliseconds shop 2000
sentinel failover-timeout shop 6000
INI
redis-server sentinel.conf --sentinel &
sentinel=$!
wait_for 10 grep -q '+monitor' sentinel.log
sleep 4
cp sentinel.log "$SAMPLES_DIR/healthy/redis-sentinel.log"
redis-cli shutdown nosave
wait_for 60 grep -q failover-abort sentinel.log
sleep 2
kill "$sentinel"
wait "$sentinel" || true
cp sentinel.log "$logs/primary-down.log"
