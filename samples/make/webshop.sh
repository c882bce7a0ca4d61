#!/usr/bin/env bash
# A web shop on four hosts: nginx, a Java service with a connection pool, PostgreSQL, a report worker.
#
#   webshop.sh outage    the worker's release 2.3.0 leaks connections until PostgreSQL has no slot left
#   webshop.sh healthy   the same shop with release 2.2.9, which does not
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"

case ${1:-outage} in
  outage) name=webshop-outage release=2.3.0 ;;
  healthy) name=webshop-healthy release=2.2.9 ;;
  *) die "say outage or healthy, not $1" ;;
esac
make=$SAMPLES_DIR/make

host_new shop-web-1 10.20.0.11
host_new shop-app-1 10.20.0.21
host_new shop-db-1 10.20.0.31
host_new shop-batch-1 10.20.0.41
shoppers=(10.20.7.18 10.20.7.52 10.20.9.3 10.20.9.77 10.20.11.140)
for address in "${shoppers[@]}"; do
  ip addr add "$address/16" dev lan
done

web=$(host_root shop-web-1)
enable shop-web-1 rsyslog.service nginx.service
mkdir -p "$web/var/www/shop/css"
echo '<!doctype html><title>Shop</title><link rel="stylesheet" href="/css/shop.css">' >"$web/var/www/shop/index.html"
echo 'body { margin: 2em }' >"$web/var/www/shop/css/shop.css"
rm -f "$web"/etc/nginx/sites-enabled/*
cat >"$web/etc/nginx/sites-enabled/shop.conf" <<'EOF'
upstream shop_api {
    server shop-app-1:8080;
}

server {
    listen 80;
    server_name shop.example.com;
    root /var/www/shop;

    location /api/ {
        proxy_pass http://shop_api;
        proxy_connect_timeout 2s;
        proxy_read_timeout 4s;
    }
}
EOF

app=$(host_root shop-app-1)
mkdir -p "$app/srv/shop-api/logs" "$app/srv/shop-api/classes"
chroot "$app" useradd --system --home-dir /srv/shop-api shop
find "$make/shop-api" -name '*.java' -exec javac -cp /usr/share/java/HikariCP.jar:/usr/share/java/slf4j-api.jar \
  -d "$app/srv/shop-api/classes" {} +
cp "$make"/shop-api/{logback.xml,hikari.properties} "$app/srv/shop-api/"
cp "$make/shop-api/shop-api.service" "$app/etc/systemd/system/"
chroot "$app" chown -R shop: /srv/shop-api
enable shop-app-1 rsyslog.service

db=$(host_root shop-db-1)
enable shop-db-1 rsyslog.service
rm -rf "$db"/etc/postgresql/15/main "$db"/var/lib/postgresql/15/main

batch=$(host_root shop-batch-1)
chroot "$batch" useradd --system --home-dir /srv/reports reports
mkdir -p "$batch/var/log/reports" "$batch/srv/reports"
chroot "$batch" chown reports: /var/log/reports
cp "$make/report_worker.py" "$batch/srv/reports/"
cat >"$batch/etc/systemd/system/report-worker@.service" <<'EOF'
[Unit]
Description=Sales report worker %i

[Service]
User=reports
ExecStart=/usr/bin/python3 /srv/reports/report_worker.py %i
EOF
enable shop-batch-1 rsyslog.service

for host in shop-db-1 shop-app-1 shop-batch-1 shop-web-1; do
  host_boot "$host"
done

on shop-db-1 pg_createcluster 15 main >/dev/null
cat >"$db/etc/postgresql/15/main/conf.d/shop.conf" <<'EOF'
listen_addresses = '*'
max_connections = 20
log_connections = on
log_disconnections = on
EOF
echo 'host shop shop,reports 10.20.0.0/16 scram-sha-256' >>"$db/etc/postgresql/15/main/pg_hba.conf"
on shop-db-1 systemctl start postgresql@15-main.service
on shop-db-1 setpriv --reuid=postgres --regid=postgres --init-groups psql -q <<'EOF'
CREATE ROLE shop LOGIN PASSWORD 'not-a-real-password';
CREATE ROLE reports LOGIN PASSWORD 'not-a-real-password';
CREATE DATABASE shop OWNER shop;
\connect shop
CREATE TABLE orders (id bigserial PRIMARY KEY, customer text NOT NULL, cents integer NOT NULL);
ALTER TABLE orders OWNER TO shop;
GRANT SELECT ON orders TO reports;
EOF
on shop-app-1 systemctl start shop-api.service
wait_for 20 on shop-web-1 curl -sf http://shop-app-1:8080/api/orders

shop() { # SECONDS REQUESTS_PER_SECOND: shoppers at work
  python3 "$make/clients.py" http://10.20.0.11/ "$1" "$2" \
    "GET / GET /css/shop.css GET /api/orders GET /api/orders POST /api/orders" "${shoppers[@]}" 2>/dev/null
}

shop 8 8
on shop-web-1 logrotate -f /etc/logrotate.d/nginx
shop 8 8
on shop-web-1 logrotate -f /etc/logrotate.d/nginx
shop 6 8
on shop-batch-1 systemctl start "report-worker@$release.service"
shop 12 8
# The evening's peak: the pool wants to grow now.
shop 32 40
if [[ $name == webshop-outage ]]; then
  # What an operator tries first. The slots that the service lets go are taken before it is back.
  on shop-app-1 systemctl stop shop-api.service
  shop 4 10
  on shop-app-1 systemctl start shop-api.service
  shop 18 10
fi

out=$STATE/out/$name
host_collect shop-web-1 "$out/shop-web-1" var/log/nginx var/log/syslog etc/nginx/nginx.conf etc/nginx/sites-enabled/shop.conf
host_collect shop-app-1 "$out/shop-app-1" srv/shop-api/logs srv/shop-api/logback.xml srv/shop-api/hikari.properties \
  etc/systemd/system/shop-api.service var/log/syslog
on shop-app-1 journalctl -u shop-api.service --no-pager -o short-iso >"$out/shop-app-1/commands/journalctl-shop-api.txt"
host_collect shop-db-1 "$out/shop-db-1" var/log/postgresql var/log/syslog \
  etc/postgresql/15/main/conf.d/shop.conf etc/postgresql/15/main/pg_hba.conf
on shop-db-1 setpriv --reuid=postgres --regid=postgres --init-groups psql --csv >"$out/shop-db-1/commands/pg_stat_activity.csv" <<'EOF'
SELECT datname, usename, application_name, client_addr, state, backend_start, left(query, 60) AS query
FROM pg_stat_activity WHERE datname IS NOT NULL ORDER BY backend_start;
EOF
host_collect shop-batch-1 "$out/shop-batch-1" var/log/reports var/log/syslog etc/systemd/system/report-worker@.service
cat >"$out/manifest.json" <<EOF
{
  "case": "$name",
  "collected_at": "$(date --utc --iso-8601=seconds)",
  "hosts": ["shop-web-1", "shop-app-1", "shop-db-1", "shop-batch-1"],
  "release": {"shop-api": "1.4.2", "report-worker": "$release"}
}
EOF
pack_zip "$SAMPLES_DIR/bundles/$name.zip" "$out"
ls -l "$SAMPLES_DIR/bundles/$name.zip"
