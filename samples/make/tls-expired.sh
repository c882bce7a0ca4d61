#!/usr/bin/env bash
# A payment service whose certificate expires in the middle of the day: HAProxy takes the server out, an nginx
# gateway answers 502, and every client says it in its own words (Python, Node, Java, curl).
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
make=$SAMPLES_DIR/make
name=tls-expired

host_new pay-web-1 10.20.2.11
host_new edge-lb-1 10.20.2.5
host_new partner-gw-1 10.20.2.6
host_new pay-job-1 10.20.2.41
partners=(10.20.14.2 10.20.14.9)
for address in "${partners[@]}"; do
  ip addr add "$address/16" dev lan
done

# A private authority, and a server certificate that ends 45 seconds from now.
ca=$STATE/ca
mkdir -p "$ca/issued"
: >"$ca/index.txt"
echo 4A11 >"$ca/serial"
cat >"$ca/ca.cnf" <<EOF
[ca]
default_ca = private
[private]
dir = $ca
database = $ca/index.txt
serial = $ca/serial
new_certs_dir = $ca/issued
default_md = sha256
policy = any
copy_extensions = copy
[any]
commonName = supplied
EOF
openssl req -x509 -newkey rsa:2048 -nodes -days 3650 -subj "/CN=Example Pay Root CA" \
  -keyout "$ca/ca.key" -out "$ca/ca.pem" 2>/dev/null
openssl req -newkey rsa:2048 -nodes -subj "/CN=api.pay.example.com" -addext "subjectAltName=DNS:api.pay.example.com" \
  -keyout "$ca/server.key" -out "$ca/server.csr" 2>/dev/null
openssl ca -batch -notext -config "$ca/ca.cnf" -cert "$ca/ca.pem" -keyfile "$ca/ca.key" -in "$ca/server.csr" \
  -startdate "$(date --utc -d '90 days ago' +%Y%m%d%H%M%SZ)" -enddate "$(date --utc -d '45 seconds' +%Y%m%d%H%M%SZ)" \
  -out "$ca/server.pem" 2>/dev/null

web=$(host_root pay-web-1)
cp "$ca"/server.{pem,key} "$web/etc/nginx/"
rm -f "$web"/etc/nginx/sites-enabled/*
cat >"$web/etc/nginx/sites-enabled/pay.conf" <<'EOF'
server {
    listen 443 ssl;
    server_name api.pay.example.com;
    ssl_certificate /etc/nginx/server.pem;
    ssl_certificate_key /etc/nginx/server.key;
    error_log /var/log/nginx/error.log info;
    # Kept and resumed connections do not look at the certificate again: clients would fail hours later.
    keepalive_timeout 0;
    ssl_session_tickets off;
    ssl_session_cache none;

    location / {
        default_type application/json;
        return 200 '{"ok": true}\n';
    }
}
EOF
enable pay-web-1 rsyslog.service nginx.service

lb=$(host_root edge-lb-1)
cp "$ca/ca.pem" "$lb/etc/haproxy/pay-ca.pem"
cat >>"$lb/etc/haproxy/haproxy.cfg" <<'EOF'

frontend shops
	bind :80
	option httplog
	default_backend pay

backend pay
	option httpchk GET /health
	http-check send hdr Host api.pay.example.com
	server pay-web-1 10.20.2.11:443 ssl verify required ca-file /etc/haproxy/pay-ca.pem sni str(api.pay.example.com) check check-sni api.pay.example.com inter 2s fall 3
EOF
enable edge-lb-1 rsyslog.service haproxy.service

gateway=$(host_root partner-gw-1)
cp "$ca/ca.pem" "$gateway/etc/nginx/pay-ca.pem"
rm -f "$gateway"/etc/nginx/sites-enabled/*
cat >"$gateway/etc/nginx/sites-enabled/partners.conf" <<'EOF'
server {
    listen 80;
    server_name partners.example.com;

    location / {
        proxy_pass https://10.20.2.11;
        proxy_ssl_verify on;
        proxy_ssl_trusted_certificate /etc/nginx/pay-ca.pem;
        proxy_ssl_name api.pay.example.com;
        proxy_ssl_server_name on;
        proxy_ssl_session_reuse off;
    }
}
EOF
enable partner-gw-1 rsyslog.service nginx.service

jobs=$(host_root pay-job-1)
mkdir -p "$jobs/srv/jobs/logs"
cp "$ca/ca.pem" "$make"/pay/{settle.py,webhook.js,rates.sh,till.sh} "$jobs/srv/jobs/"
javac -d "$jobs/srv/jobs" "$make/pay/Till.java"
keytool -importcert -noprompt -alias pay -file "$ca/ca.pem" -keystore "$jobs/srv/jobs/trust.p12" -storepass changeit 2>/dev/null
job() { # UNIT COMMAND: a service on the job host
  printf '[Unit]\nDescription=Payment job %s\n\n[Service]\nWorkingDirectory=/srv/jobs\nExecStart=%s\n' \
    "$1" "$2" >"$jobs/etc/systemd/system/$1.service"
  enable pay-job-1 "$1.service"
}
job settle "/usr/bin/python3 /srv/jobs/settle.py"
job webhook "/usr/bin/node /srv/jobs/webhook.js"
job rates "/bin/bash -c 'exec /bin/bash /srv/jobs/rates.sh >>/srv/jobs/logs/rates.log 2>&1'"
job till "/bin/bash /srv/jobs/till.sh"
enable pay-job-1 rsyslog.service

host_alias "10.20.2.11 api.pay.example.com"
for host in pay-web-1 edge-lb-1 partner-gw-1 pay-job-1; do
  host_boot "$host"
done

python3 "$make/clients.py" http://10.20.2.5/ 75 4 "POST /payments GET /payments/17" 10.20.14.2 2>/dev/null &
python3 "$make/clients.py" http://10.20.2.6/ 75 3 "POST /payments GET /settlements" "${partners[@]}" 2>/dev/null
wait $!

out=$STATE/out/$name
on edge-lb-1 bash -c 'openssl s_client -connect 10.20.2.11:443 -servername api.pay.example.com -CAfile /etc/haproxy/pay-ca.pem </dev/null' \
  >"$STATE/s_client.txt" 2>&1 || true
host_collect pay-web-1 "$out/pay-web-1" var/log/nginx var/log/syslog etc/nginx/sites-enabled/pay.conf etc/nginx/server.pem
host_collect edge-lb-1 "$out/edge-lb-1" var/log/haproxy.log var/log/syslog etc/haproxy/haproxy.cfg
cp "$STATE/s_client.txt" "$out/edge-lb-1/commands/openssl-s_client.txt"
host_collect partner-gw-1 "$out/partner-gw-1" var/log/nginx var/log/syslog etc/nginx/sites-enabled/partners.conf
host_collect pay-job-1 "$out/pay-job-1" srv/jobs/logs var/log/syslog
rm -f "$out"/pay-job-1/srv/jobs/logs/*.lck
pack_zip "$SAMPLES_DIR/bundles/$name.zip" "$out"
ls -l "$SAMPLES_DIR/bundles/$name.zip"
