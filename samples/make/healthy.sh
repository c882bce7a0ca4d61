#!/usr/bin/env bash
# The healthy twins: every program starts, serves a little, and stops in order. Nothing in these logs is wrong.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
make=$SAMPLES_DIR/make
healthy=$SAMPLES_DIR/healthy

host_new good-1 10.20.8.10
root=$(host_root good-1)
ip addr add 10.20.9.1/16 dev lan
rm -f "$root"/etc/nginx/sites-enabled/* "$root"/etc/ssh/ssh_host_* "$root"/etc/cron.d/*
ssh-keygen -q -A -f "$root"
ssh-keygen -q -t ed25519 -N '' -C anna -f "$STATE/anna"
chroot "$root" useradd --create-home --shell /bin/bash --groups sudo anna
echo 'anna ALL=(ALL) NOPASSWD: ALL' >"$root/etc/sudoers.d/anna"
install -d -m 700 "$root/home/anna/.ssh"
cp "$STATE/anna.pub" "$root/home/anna/.ssh/authorized_keys"
chroot "$root" chown -R anna: /home/anna
# PAM has no logind to talk to here, and may not raise limits.
sed -i '/pam_systemd/d; /pam_limits/d' "$root"/etc/pam.d/*
echo '* * * * * root test -d /var/backups' >"$root/etc/cron.d/check-backups"

# nginx in front of Apache, HAProxy in front of nginx: every port is used once.
mkdir -p "$root/var/www/html"
echo '<!doctype html><title>Welcome</title>' >"$root/var/www/html/index.html"
touch "$root/var/www/html/favicon.ico"
printf 'server {\n    listen 8081;\n    location / { proxy_pass http://127.0.0.1:8082; }\n}\n' >"$root/etc/nginx/sites-enabled/front.conf"
echo 'Listen 8082' >"$root/etc/apache2/ports.conf"
echo 'ServerName good-1.example.com' >>"$root/etc/apache2/apache2.conf"
sed -i 's/:80>/:8082>/' "$root/etc/apache2/sites-enabled/000-default.conf"
cat >>"$root/etc/haproxy/haproxy.cfg" <<'EOF'

frontend web
	bind :80
	default_backend nginx

backend nginx
	option httpchk GET /
	server nginx-1 127.0.0.1:8081 check

listen postgres
	mode tcp
	option tcplog
	bind :6432
	server pg-1 127.0.0.1:5432 check
EOF
rm -rf "$root"/etc/postgresql/15/main "$root"/var/lib/postgresql/15/main "$root"/var/lib/mysql "$root"/var/lib/redis/*
install -d -o "$(stat -c %u "$root/var/log/mysql")" "$root/var/lib/mysql"
printf '[mysqld]\nlog_error = /var/log/mysql/error.log\nslow_query_log = 1\nslow_query_log_file = /var/log/mysql/slow.log\nlong_query_time = 0.2\nopen_files_limit = 4000\ntable_open_cache = 400\n' \
  >"$root/etc/mysql/mariadb.conf.d/99-log.cnf"
# Redis warns about every machine whose administrator has not set this; on this host it is set.
echo 1 >"$root/srv/overcommit"
mkdir -p "$root/etc/systemd/system/redis-server.service.d"
printf '[Service]\nBindReadOnlyPaths=/srv/overcommit:/proc/sys/vm/overcommit_memory\n' \
  >"$root/etc/systemd/system/redis-server.service.d/overcommit.conf"
enable good-1 rsyslog.service cron.service ssh.service
host_boot good-1
on good-1 pg_createcluster 15 main >/dev/null
printf 'local all all peer\nhost all all 127.0.0.1/32 trust\n' >"$root/etc/postgresql/15/main/pg_hba.conf"
on good-1 mariadb-install-db --user=mysql --skip-test-db >/dev/null
services=(apache2 nginx redis-server postgresql@15-main mariadb haproxy memcached)
for service in "${services[@]}"; do
  on good-1 systemctl start "$service.service"
done
wait_for 30 on good-1 curl -sf http://127.0.0.1/

python3 "$make/clients.py" http://10.20.8.10/ 20 8 "GET / GET /index.html GET /?page=2 HEAD / GET /favicon.ico" 10.20.9.1 2>/dev/null
on good-1 redis-cli set greeting hello >/dev/null
on good-1 redis-cli bgsave >/dev/null
on good-1 setpriv --reuid=postgres --regid=postgres --init-groups pgbench -q -i -s 1 postgres >/dev/null 2>&1
on good-1 setpriv --reuid=postgres --regid=postgres --init-groups pgbench -h 127.0.0.1 -p 6432 -c 2 -t 30 -C postgres >/dev/null 2>&1
on good-1 mariadb -e 'CREATE DATABASE shop; CREATE TABLE shop.t (a INT PRIMARY KEY); INSERT INTO shop.t VALUES (1), (2); SELECT sleep(0.3), count(*) FROM shop.t' >/dev/null
for command in uptime "sudo -n df -h" "sudo -n systemctl is-active nginx" "sudo -n su - anna -c id"; do
  ssh -n -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR -i "$STATE/anna" anna@10.20.8.10 "$command" >/dev/null
done
# Long enough for cron's minute.
wait_for 65 grep -q "CMD (test" "$root/var/log/syslog"
on good-1 logrotate -f /etc/logrotate.d/nginx
python3 "$make/clients.py" http://10.20.8.10/ 3 8 "GET / GET /index.html" 10.20.9.1 2>/dev/null
for service in haproxy nginx apache2 redis-server mariadb postgresql@15-main memcached; do
  on good-1 systemctl stop "$service.service"
done

mkdir -p "$healthy"
log=$root/var/log
cat "$log/nginx/access.log.1" "$log/nginx/access.log" >"$healthy/nginx-access.log"
cp "$log/apache2/access.log" "$healthy/apache-access.log"
cp "$log/apache2/error.log" "$healthy/apache-error.log"
cp "$log/redis/redis-server.log" "$healthy/redis.log"
cp "$log/postgresql/postgresql-15-main.log" "$healthy/postgresql.log"
cp "$log/mysql/error.log" "$healthy/mariadb.log"
cp "$log/mysql/slow.log" "$healthy/mariadb-slow.log"
cp "$log/haproxy.log" "$healthy/haproxy.log"
cp "$log/auth.log" "$healthy/sshd-auth.log"
cp "$log/syslog" "$healthy/syslog.log"
on good-1 journalctl --no-pager -b >"$healthy/journal.log"
on good-1 journalctl --no-pager -b -u cron.service -u ssh.service -o json >"$healthy/journal.jsonl"
chmod 644 "$healthy"/*
ls -l "$healthy"
