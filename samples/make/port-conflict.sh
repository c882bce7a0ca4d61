#!/usr/bin/env bash
# After a deployment nothing new comes up: apache2, pulled in by a package, sits on nginx's port 80, and the old
# storefront, once started by hand, sits on port 3000. Customers see the default page of Apache.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
make=$SAMPLES_DIR/make
name=port-conflict

host_new front-web-2 10.20.4.12
users=(10.20.16.4 10.20.16.77 10.20.17.201)
for address in "${users[@]}"; do
  ip addr add "$address/16" dev lan
done

web=$(host_root front-web-2)
ln -sf ../usr/share/zoneinfo/Europe/Berlin "$web/etc/localtime"
mkdir -p "$web/srv/storefront/logs"
cp "$make/storefront/server.js" "$web/srv/storefront/"
rm -f "$web"/etc/nginx/sites-enabled/*
cat >"$web/etc/nginx/sites-enabled/storefront.conf" <<'EOF'
server {
    listen 80;
    server_name front.example.com;

    location / {
        proxy_pass http://127.0.0.1:3000;
    }
}
EOF
cat >"$web/etc/systemd/system/storefront.service" <<'EOF'
[Unit]
Description=Storefront
StartLimitIntervalSec=60
StartLimitBurst=5

[Service]
ExecStart=/usr/bin/node /srv/storefront/server.js 5.1.0
StandardOutput=append:/srv/storefront/logs/storefront.jsonl
StandardError=append:/srv/storefront/logs/storefront.err
Restart=on-failure
RestartSec=1
EOF
enable front-web-2 rsyslog.service nginx.service
host_boot front-web-2

# The state before: the old release, started by hand months ago.
on front-web-2 bash -c 'nohup node /srv/storefront/server.js 5.0.2 >>/srv/storefront/logs/storefront-nohup.jsonl 2>&1 &'
wait_for 20 on front-web-2 curl -sf http://front-web-2:3000/
work() { # SECONDS
  python3 "$make/clients.py" http://10.20.4.12/ "$1" 5 "GET / GET /cart GET /help" "${users[@]}" 2>/dev/null
}
work 15
# The deployment: a package that brings apache2, a restart of everything in the wrong order.
on front-web-2 systemctl stop nginx.service
on front-web-2 systemctl start apache2.service
on front-web-2 systemctl start nginx.service || true
on front-web-2 systemctl start storefront.service
work 15
on front-web-2 systemctl restart nginx.service || true

out=$STATE/out/$name
host_collect front-web-2 "$out" var/log/nginx var/log/apache2 var/log/syslog srv/storefront/logs \
  etc/nginx/sites-enabled/storefront.conf etc/systemd/system/storefront.service etc/apache2/ports.conf
on front-web-2 ss -tlnp >"$out/commands/ss-tlnp.txt"
on front-web-2 systemctl status nginx.service --no-pager -l >"$out/commands/systemctl-status-nginx.txt" || true
# Written down on a Windows machine.
printf 'Deployed storefront 5.1.0 and the new statistics package.\r\nCustomers see "Apache2 Debian Default Page" now.\r\n' >"$out/ticket.txt"
tar -C "$STATE/out" --owner=root --group=root -cf "$SAMPLES_DIR/bundles/$name.tar" "$name"
ls -l "$SAMPLES_DIR/bundles/$name.tar"
