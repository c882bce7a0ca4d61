#!/usr/bin/env bash
# A cart store in Redis, three faults in a row: maxmemory without eviction refuses writes; the limit is raised,
# and now old and new snapshot do not fit on the disk together (MISCONF); then the replica's network is cut, and it
# cannot come back, because a master that cannot save answers even the replica's PING with MISCONF.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
make=$SAMPLES_DIR/make
name=redis-cart

host_new cache-1 10.20.6.31
host_new cache-2 10.20.6.32
host_new cart-app-1 10.20.6.21

for host in cache-1 cache-2; do
  root=$(host_root "$host")
  cat >"$root/etc/redis/redis.conf" <<'EOF'
bind 0.0.0.0
protected-mode no
dir /var/lib/redis
logfile /var/log/redis/redis-server.log
save 10 1
maxmemory 24mb
maxmemory-policy noeviction
repl-timeout 6
repl-ping-replica-period 2
repl-backlog-size 64kb
EOF
  enable "$host" rsyslog.service redis-server.service
done
echo 'replicaof 10.20.6.31 6379' >>"$(host_root cache-2)/etc/redis/redis.conf"
redis_owner=$(stat -c %u "$(host_root cache-1)/var/log/redis")
disk_image "$(host_root cache-1)/var/lib/redis" 64M
chown "$redis_owner" "$(host_root cache-1)/var/lib/redis"

app=$(host_root cart-app-1)
mkdir -p "$app/srv/cart/logs"
cp "$make/cart_app.py" "$app/srv/cart/"
cat >"$app/etc/systemd/system/cart.service" <<'EOF'
[Unit]
Description=Cart service

[Service]
ExecStart=/usr/bin/python3 /srv/cart/cart_app.py cache-1 cache-2
EOF
enable cart-app-1 rsyslog.service

host_boot cache-1
host_boot cache-2
host_boot cart-app-1
wait_for 20 on cache-2 bash -c "redis-cli info replication | grep -q master_link_status:up"
on cart-app-1 systemctl start cart.service
# About 700 carts fit into 24 MB.
wait_for 60 grep -q "used memory >" "$app/srv/cart/logs/cart.jsonl"
sleep 8
on cache-2 redis-cli CONFIG SET maxmemory 0
on cache-1 redis-cli CONFIG SET maxmemory 0
wait_for 60 grep -q MISCONF "$app/srv/cart/logs/cart.jsonl"
sleep 8
ip -n cache-2 link set eth0 down
sleep 10
ip -n cache-2 link set eth0 up
sleep 15

out=$STATE/out/$name
host_collect cache-1 "$out/cache-1" var/log/redis var/log/syslog etc/redis/redis.conf
on cache-1 redis-cli info >"$out/cache-1/commands/redis-cli-info.txt"
host_collect cache-2 "$out/cache-2" var/log/redis var/log/syslog etc/redis/redis.conf
on cache-2 redis-cli info replication >"$out/cache-2/commands/redis-cli-info-replication.txt"
hide_kernel "$out"/cache-*/commands/redis-cli-info*.txt
host_collect cart-app-1 "$out/cart-app-1" srv/cart/logs var/log/syslog srv/cart/cart_app.py
# A rotated log, as it would be by tomorrow.
gzip -9 "$out/cache-2/var/log/syslog"
mv "$out/cache-2/var/log/syslog.gz" "$out/cache-2/var/log/syslog.2.gz"
tar -C "$STATE/out" --owner=root --group=root -czf "$SAMPLES_DIR/bundles/$name.tar.gz" "$name"
ls -l "$SAMPLES_DIR/bundles/$name.tar.gz"
