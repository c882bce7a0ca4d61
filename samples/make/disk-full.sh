#!/usr/bin/env bash
# A warehouse system whose database disk fills up: a home-made backup copies the database onto the disk
# that it is on. PostgreSQL and Redis cannot write any more, the service answers 500.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
make=$SAMPLES_DIR/make
name=disk-full

host_new erp-db-1 10.20.1.31
host_new erp-app-1 10.20.1.21
users=(10.20.12.8 10.20.12.33 10.20.12.90)
for address in "${users[@]}"; do
  ip addr add "$address/16" dev lan
done

# The database stands in Shanghai and logs local time; the service logs UTC.
db=$(host_root erp-db-1)
ln -sf ../usr/share/zoneinfo/Asia/Shanghai "$db/etc/localtime"
echo Asia/Shanghai >"$db/etc/timezone"
disk_image "$db/data" 170M
mkdir -p "$db/opt/backup" "$db/var/log/backup"
install -d -o "$(stat -c %u "$db/var/log/redis")" "$db/data/redis"
localedef --prefix="$db" --no-archive -i zh_CN -f GB18030 zh_CN.GB18030
rm -rf "$db"/etc/postgresql/15/main "$db"/var/lib/postgresql/15/main
cp "$make/copy-database.sh" "$db/opt/backup/"
cat >"$db/etc/redis/redis.conf" <<'EOF'
bind 0.0.0.0
protected-mode no
dir /data/redis
logfile /var/log/redis/redis-server.log
save 5 1
EOF
mkdir -p "$db/etc/systemd/system/redis-server.service.d"
printf '[Service]\nReadWritePaths=/data/redis\n' >"$db/etc/systemd/system/redis-server.service.d/data.conf"
enable erp-db-1 rsyslog.service

app=$(host_root erp-app-1)
mkdir -p "$app/srv/erp" "$app/var/log/erp"
cp "$make/erp_app.py" "$app/srv/erp/"
chroot "$app" chown www-data: /var/log/erp
cat >"$app/etc/systemd/system/erp.service" <<'EOF'
[Unit]
Description=Warehouse service

[Service]
User=www-data
WorkingDirectory=/srv/erp
ExecStart=/usr/bin/gunicorn --bind 0.0.0.0:8000 --worker-class gthread --workers 2 --threads 4 \
  --access-logfile /var/log/erp/access.log --error-logfile /var/log/erp/error.log --capture-output erp_app:app
EOF
enable erp-app-1 rsyslog.service

host_boot erp-db-1
host_boot erp-app-1

on erp-db-1 pg_createcluster --datadir /data/postgresql 15 main >/dev/null
cat >"$db/etc/postgresql/15/main/conf.d/erp.conf" <<'EOF'
listen_addresses = '*'
max_wal_size = 48MB
min_wal_size = 32MB
log_timezone = 'Asia/Shanghai'
EOF
echo 'host erp erp 10.20.0.0/16 scram-sha-256' >>"$db/etc/postgresql/15/main/pg_hba.conf"
on erp-db-1 systemctl start redis-server.service postgresql@15-main.service
on erp-db-1 setpriv --reuid=postgres --regid=postgres --init-groups psql -q <<'EOF'
CREATE ROLE erp LOGIN PASSWORD 'not-a-real-password';
CREATE DATABASE erp OWNER erp;
\connect erp
CREATE TABLE movements (id bigserial PRIMARY KEY, item text, note text);
ALTER TABLE movements OWNER TO erp;
EOF
on erp-app-1 systemctl start erp.service
wait_for 20 on erp-app-1 curl -sf http://erp-app-1:8000/stock

work() { # SECONDS: the warehouse at work
  python3 "$make/clients.py" http://10.20.1.21:8000/ "$1" 5 "GET /stock POST /movements" "${users[@]}" 2>/dev/null
}

work 12
on erp-db-1 bash /opt/backup/copy-database.sh >"$db/var/log/backup/backup.log" 2>&1 &
copy=$!
work 20
wait "$copy"
# The hourly switch of the log segment is the end: a new segment has to be written, and cannot be.
for attempt in 1 2 3 4; do
  on erp-db-1 setpriv --reuid=postgres --regid=postgres --init-groups psql -qc 'SELECT pg_switch_wal()' erp >/dev/null 2>&1 ||
    echo "pg_switch_wal failed at attempt $attempt, as it should"
  work 3
done
work 10

out=$STATE/out/$name
host_collect erp-db-1 "$STATE/out/erp-db-1" var/log/postgresql var/log/redis var/log/backup var/log/syslog \
  opt/backup/copy-database.sh etc/postgresql/15/main/conf.d/erp.conf etc/redis/redis.conf etc/timezone
on erp-db-1 du -sh /data/postgresql /data/redis /data/backup-1 /data/backup-2 >"$STATE/out/erp-db-1/commands/du-data.txt" 2>&1 || true
host_collect erp-app-1 "$STATE/out/erp-app-1" var/log/erp var/log/syslog srv/erp/erp_app.py etc/systemd/system/erp.service

# One archive a host, packed by whoever was at hand, in one archive for support.
mkdir -p "$out"
tar -C "$STATE/out" --owner=root --group=root -czf "$out/erp-db-1.tar.gz" erp-db-1
pack_zip "$out/erp-app-1.zip" "$STATE/out/erp-app-1"
printf 'Warehouse does not take movements since this evening.\r\nDatabase and service logs attached, one archive a host.\r\n' >"$out/note.txt"
tar -C "$STATE/out" --owner=root --group=root -czf "$SAMPLES_DIR/bundles/$name.tar.gz" "$name"
ls -l "$SAMPLES_DIR/bundles/$name.tar.gz"
