#!/usr/bin/env bash
# Single logs of web servers and load balancers: nginx, Apache and HAProxy, with the mistakes that each has a message for.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
logs=$SAMPLES_DIR/logs

host_new web-7 10.20.9.7
for last in 1 2 3; do
  ip addr add "10.20.18.$last/16" dev lan
done
root=$(host_root web-7)
rm -f "$root"/etc/nginx/sites-enabled/* "$root"/etc/apache2/sites-enabled/*
mkdir -p "$root"/var/www/{site/private,site/empty} "$root/usr/local/bin"
echo '<!doctype html><title>Site</title>' >"$root/var/www/site/index.html"
echo 'secret' >"$root/var/www/site/private/plan.txt"
chmod 000 "$root/var/www/site/private/plan.txt"
# A back end that hangs up, one that sends nonsense, one that takes its time.
cat >"$root/usr/local/bin/bad-backend" <<'EOF'
#!/usr/bin/python3
import socketserver, sys, time
answers = {"9001": b"", "9002": b"not HTTP at all\r\n\r\n", "9003": b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nshort"}
class Handler(socketserver.BaseRequestHandler):
    def handle(self):
        self.request.recv(4096)
        if sys.argv[1] == "9004":
            time.sleep(5)
        self.request.sendall(answers.get(sys.argv[1], b""))
socketserver.ThreadingTCPServer.allow_reuse_address = True
socketserver.ThreadingTCPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
EOF
chmod +x "$root/usr/local/bin/bad-backend"
cat >"$root/etc/nginx/conf.d/formats.conf" <<'EOF'
log_format timed '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent" rt=$request_time uct=$upstream_connect_time urt=$upstream_response_time';
log_format json escape=json '{"time":"$time_iso8601","client":"$remote_addr","method":"$request_method","uri":"$request_uri","status":$status,"bytes":$body_bytes_sent,"request_time":$request_time,"upstream":"$upstream_addr","upstream_status":"$upstream_status"}';
limit_req_zone $binary_remote_addr zone=slow:1m rate=1r/s;
limit_conn_zone $binary_remote_addr zone=few:1m;
upstream nobody { server 127.0.0.1:9998 max_fails=1 fail_timeout=30s; server 127.0.0.1:9999 max_fails=1 fail_timeout=30s; }
EOF
cat >"$root/etc/nginx/sites-enabled/site.conf" <<'EOF'
server {
    listen 80;
    server_name site.example.com;
    root /var/www/site;
    client_max_body_size 10k;
    access_log /var/log/nginx/access.log combined;
    access_log /var/log/nginx/access-timed.log timed;
    access_log /var/log/nginx/access-json.log json;
    location /limited { limit_req zone=slow; try_files /index.html =404; }
    location /loop { rewrite ^/loop(.*)$ /loop/x$1 last; }
    location /hangs-up { proxy_pass http://127.0.0.1:9001; }
    location /nonsense { proxy_pass http://127.0.0.1:9002; }
    location /short { proxy_pass http://127.0.0.1:9003; }
    location /late { proxy_pass http://127.0.0.1:9004; proxy_read_timeout 1s; }
    location /nobody { proxy_pass http://nobody; }
    location /no-route { proxy_pass http://10.77.0.1:80; proxy_connect_timeout 1s; }
    location /resolve { resolver 127.0.0.1:5353 valid=1s; resolver_timeout 1s; set $name back.example.com; proxy_pass http://$name; }
    location /admin { auth_basic "Admin"; auth_basic_user_file /etc/nginx/users; }
    location /php { include fastcgi_params; fastcgi_pass unix:/run/php/missing.sock; }
    location /denied { deny all; }
}
EOF
printf 'admin:%s\n' "$(openssl passwd -apr1 not-a-real-password)" >"$root/etc/nginx/users"
cat >"$root/etc/apache2/sites-enabled/site.conf" <<'EOF'
Listen 8080
LogFormat "%v:%p %h %l %u %t \"%r\" %>s %O \"%{Referer}i\" \"%{User-Agent}i\" %D" vhost_timed
<VirtualHost *:8080>
    ServerName site.example.com
    DocumentRoot /var/www/site
    CustomLog /var/log/apache2/access.log combined
    CustomLog /var/log/apache2/access-common.log common
    CustomLog /var/log/apache2/access-vhost.log vhost_timed
    LogLevel info
    LimitRequestBody 10240
    <Directory /var/www/site/empty>
        Options -Indexes
        DirectoryIndex none
    </Directory>
    <Location /denied>
        Require all denied
    </Location>
    <Location /admin>
        AuthType Basic
        AuthName Admin
        AuthUserFile /etc/nginx/users
        Require valid-user
    </Location>
    ProxyPass /hangs-up http://127.0.0.1:9001/
    ProxyPass /nonsense http://127.0.0.1:9002/
    ProxyPass /late http://127.0.0.1:9004/ timeout=1
    ProxyPass /nobody http://127.0.0.1:9998/ retry=0
    ScriptAlias /cgi/ /usr/lib/cgi-bin/
    RewriteEngine On
    RewriteRule ^/loop(.*)$ /loop/x$1 [N=50]
</VirtualHost>
EOF
printf '#!/bin/sh\necho "no header here"\n' >"$root/usr/lib/cgi-bin/broken"
printf '#!/bin/sh\necho "cannot open database" >&2\nexit 1\n' >"$root/usr/lib/cgi-bin/fails"
chmod +x "$root"/usr/lib/cgi-bin/*
sed -i 's/^Listen 80$/#&/' "$root/etc/apache2/ports.conf"
for module in proxy proxy_http rewrite cgid; do
  chroot "$root" a2enmod -q "$module"
done
printf '<IfModule mpm_event_module>\nServerLimit 1\nStartServers 1\nThreadsPerChild 4\nThreadLimit 4\nMaxRequestWorkers 4\nMinSpareThreads 1\nMaxSpareThreads 4\n</IfModule>\n' >"$root/etc/apache2/mods-available/mpm_event.conf"
cat >>"$root/etc/haproxy/haproxy.cfg" <<'EOF'
	timeout queue 2s
	timeout server 2s
	retries 1

frontend http
	bind :8000
	acl admin path_beg /admin
	http-request deny if admin
	use_backend late if { path_beg /late }
	use_backend hangs if { path_beg /hangs-up }
	use_backend gone if { path_beg /gone }
	default_backend site

backend site
	server nginx-1 127.0.0.1:80 check inter 1s
	server apache-1 127.0.0.1:8080 check inter 1s

backend late
	server late-1 127.0.0.1:9004

backend hangs
	server hangs-1 127.0.0.1:9001

backend gone
	server gone-1 127.0.0.1:9999 check inter 1s

listen tcp
	mode tcp
	option tcplog
	bind :8001
	server apache-1 127.0.0.1:8080 check inter 1s
	server gone-1 127.0.0.1:9999 check inter 1s backup
EOF
enable web-7 rsyslog.service
host_boot web-7
for port in 9001 9002 9003 9004; do
  on web-7 bad-backend "$port" &
done
on web-7 systemctl start apache2.service nginx.service haproxy.service
sleep 1

paths=(/ /missing.html /favicon.ico /private/plan.txt /empty/ /limited /limited /limited /loop /hangs-up /nonsense /short
  /late /nobody /nobody /no-route /resolve /admin /php /denied "/%2e%2e/%2e%2e/etc/passwd" /cgi/broken /cgi/fails /cgi/none)
get() { # PORT PATH CURL_OPTIONS...
  local url="http://10.20.9.7:$1$2"
  shift 2
  curl --silent --max-time 4 --output /dev/null --interface "10.20.18.$((RANDOM % 3 + 1))" --path-as-is "$@" "$url" || true
}
for port in 80 8080 8000; do
  for path in "${paths[@]}"; do
    get "$port" "$path"
  done
  for _ in {1..6}; do
    get "$port" /limited
  done
  get "$port" /admin -u admin:wrong
  get "$port" /admin -u nobody:wrong
  get "$port" /admin/x -u admin:not-a-real-password
  head -c 20000 /dev/zero | get "$port" /upload --data-binary @-
  get "$port" / -H "$(printf 'X-Long: %09000d' 0)"
  printf 'NONSENSE\r\n\r\n' | timeout 2 on web-7 bash -c "exec 3<>/dev/tcp/127.0.0.1/$port; cat >&3; timeout 1 cat <&3" >/dev/null 2>&1 || true
done
get 8001 /
# Apache has four workers and a slow client for each of them.
for _ in {1..12}; do
  get 8080 /late &
done
sleep 3
on web-7 systemctl stop apache2.service
sleep 4
get 8001 /
get 8000 /gone
wait -n || true
on web-7 systemctl start apache2.service
sleep 2

# Configuration mistakes, in the words of each program's own check.
mkdir -p "$logs"/{nginx,apache,haproxy}
nginx_check() { # CONFIGURATION
  printf '%s\n' "$1" >"$root/etc/nginx/check.conf"
  on web-7 nginx -t -c /etc/nginx/check.conf || true
}
{
  nginx_check 'events {} http { server { listen 80; serve_name x; } }'
  nginx_check 'events {} http { server { listen 80 }'
  nginx_check 'events {} http { upstream a { server db.invalid:80; } }'
  nginx_check 'events {} http { server { listen 443 ssl; ssl_certificate /etc/nginx/missing.pem; ssl_certificate_key /etc/nginx/missing.key; } }'
  nginx_check 'events {} http { include /etc/nginx/none.conf; }'
  nginx_check 'events {} http { server { listen 80; location / { proxy_pass backend; } } }'
  nginx_check 'events {} http { server { listen 80; server_name a; } server { listen 80; server_name a; } }'
} 2>"$logs/nginx/configuration-check.log"
apache_check() {
  printf '%s\n' "$1" >"$root/etc/apache2/check.conf"
  on web-7 apache2 -t -f /etc/apache2/check.conf || true
}
{
  apache_check 'ServerRoot /etc/apache2
NoSuchDirective on'
  apache_check 'ServerRoot /etc/apache2
<VirtualHost *:80>'
  apache_check 'ServerRoot /etc/apache2
LoadModule nothing_module /usr/lib/apache2/modules/mod_nothing.so'
} 2>"$logs/apache/configuration-check.log"
printf 'frontend x\n\tbind :80\n\tdefault_backend missing\n\tno_such_word\n' >"$root/etc/haproxy/check.cfg"
on web-7 haproxy -c -f /etc/haproxy/check.cfg 2>"$logs/haproxy/configuration-check.log" || true
on web-7 systemctl stop nginx.service haproxy.service apache2.service

log=$root/var/log
cp "$log/nginx/access.log" "$log/nginx/access-timed.log" "$log/nginx/access-json.log" "$log/nginx/error.log" "$logs/nginx/"
cp "$log/apache2/access.log" "$log/apache2/access-common.log" "$log/apache2/access-vhost.log" "$log/apache2/error.log" "$logs/apache/"
cp "$log/haproxy.log" "$logs/haproxy/haproxy.log"
chmod 644 "$logs"/{nginx,apache,haproxy}/*
wc -l "$logs"/{nginx,apache,haproxy}/*
