#!/usr/bin/env bash
# What a log and a capture tell together, each by itself: TLS handshakes, names, mail and a proxy that fail. And what
# only the wire tells: silent time servers, two DHCP servers, responses that break off. With healthy twins.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
make=$SAMPLES_DIR/make/joins
captures=$SAMPLES_DIR/captures
name_of=(client 10.91.0.9 web-1 10.91.0.1 app-1 10.91.0.2 dns-1 10.91.0.4 mail-1 10.91.0.5 api-1 10.91.0.6)
mkdir -p /etc/netns
mount -t tmpfs tmpfs /etc/netns

wire() { # NAME ADDRESS: a host of its own on the bridge
  ip netns add "$1"
  ip link add "v-$1" type veth peer name eth0 netns "$1"
  ip link set "v-$1" master lan up
  ip netns exec "$1" ip link set lo up
  [[ -z $2 ]] || ip netns exec "$1" ip addr add "$2/24" dev eth0
  ip netns exec "$1" ip link set eth0 up
  ip netns exec "$1" ethtool -K eth0 tso off gso off gro off >/dev/null 2>&1 || true
  mkdir -p "/etc/netns/$1"
  printf 'nameserver 10.91.0.4\noptions timeout:2 attempts:2\n' >"/etc/netns/$1/resolv.conf"
  printf '127.0.0.1 localhost\n10.91.0.6 api.example\n10.91.0.5 mail.example\n' >"/etc/netns/$1/hosts"
}
for ((at = 0; at < ${#name_of[@]}; at += 2)); do wire "${name_of[at]}" "${name_of[at + 1]}"; done
wire new ""
started=()
run() { # HOST COMMAND...: in the background until stop_all
  ip netns exec "$@" >/dev/null 2>&1 &
  started+=($!)
}
stop_all() {
  kill "${started[@]}" 2>/dev/null || true
  wait "${started[@]}" 2>/dev/null || true
  started=()
}
capture() { # HOST FILE
  tcpdump -i "v-$1" -s 0 -U -w "$2" 'not ip6' 2>/dev/null &
  dump=$!
  sleep 0.7
}
captured() {
  sleep 1.2
  kill "$dump"
  sleep 0.3
}
on_host() { ip netns exec "$@" || true; }
get() { on_host client curl -s -o /dev/null -m 25 "http://10.91.0.1$1"; }
drop() { # HOST PORT: datagrams to a port
  ip netns exec "$1" nft "add table inet filter; add chain inet filter input { type filter hook input priority 0; }"
  ip netns exec "$1" nft add rule inet filter input udp dport "$2" drop
}

conf=$STATE/nginx
mkdir -p "$conf"
openssl req -x509 -newkey rsa:2048 -nodes -keyout "$conf/key.pem" -out "$conf/cert.pem" -days 30 -subj /CN=api.example \
  -addext subjectAltName=DNS:api.example 2>/dev/null
nginx_of() { # NAME FOLDER SERVER
  cat >"$conf/$1.conf" <<EOF
worker_processes 1;
pid $conf/$1.pid;
error_log $2/error.log info;
events {}
http { access_log $2/access.log combined; server { $3 } }
EOF
  run "$1" nginx -c "$conf/$1.conf" -g "daemon off;"
}
begin() { # NAME: proxy and application
  out=$STATE/out/$1
  mkdir -p "$out"/{web-1,app-1,capture}
  nginx_of web-1 "$out/web-1" "listen 80; location / { proxy_pass http://10.91.0.2:8000; proxy_read_timeout 6s; }"
  run app-1 python3 "$make/shop.py" "$out/app-1/shop.log"
  sleep 1.5
}
finish() { # NAME
  captured
  stop_all
  rm -f "$out/web-1/access.log"
  sed -i "s#$make/#/opt/shop/#g; /^$/d" "$out"/*/*.log
  grep -rl notice "$out/web-1" | xargs -r sed -i '/\[notice\]/d'
  pack_zip "$captures/$1.zip" "$out"
}

begin tls_failure_seen_on_wire
mkdir "$out/api-1"
nginx_of api-1 "$out/api-1" "listen 8443 ssl; ssl_certificate $conf/cert.pem; ssl_certificate_key $conf/key.pem; return 200;"
sleep 0.5
capture app-1 "$out/capture/app-1.pcap"
for turn in 1 2 3 4; do get "/tls/$turn"; get "/ok/$turn"; sleep 0.5; done
finish tls_failure_seen_on_wire

begin dns_failure_seen_on_wire
run dns-1 dnsmasq -k -C /dev/null --no-hosts --no-resolv --address=/good.example/10.91.0.6 --local=/missing.example/ \
  -u root --pid-file="$STATE/dnsmasq.pid"
run api-1 python3 "$make/servers.py" web
sleep 0.5
capture app-1 "$out/capture/app-1.pcap"
for turn in 1 2 3; do get "/ok/$turn"; get "/name/shop.missing.example"; sleep 0.5; done
finish dns_failure_seen_on_wire

begin smtp_refusal_seen_on_wire
run mail-1 python3 "$make/servers.py" mail
sleep 0.5
capture app-1 "$out/capture/app-1.pcap"
for turn in 1 2 3; do get /mail/ok@example.com; get /mail/nobody@example.com; get /mail/spam@example.net; sleep 0.5; done
finish smtp_refusal_seen_on_wire

begin upstream_timeout_seen_on_wire
capture web-1 "$out/capture/web-1.pcap"
for turn in 1 2 3; do get "/ok/$turn"; done
for turn in 1 2 3; do get "/hang/$turn" & sleep 0.7; done
sleep 7
get /ok/9
finish upstream_timeout_seen_on_wire

run app-1 python3 "$make/servers.py" web
run app-1 python3 "$make/servers.py" snmp
sleep 0.7
page() { on_host client curl -s -o /dev/null "$@"; }
site=http://10.91.0.2:8080
capture app-1 "$captures/http_response_cut.pcap"
for path in cut chunk-cut reset ok; do page "$site/$path"; sleep 0.3; done
captured
capture app-1 "$captures/request_closed.pcap"
for turn in 1 2 3; do page "$site/hangup"; page "$site/ok/$turn"; done
captured
capture app-1 "$STATE/trickle.pcap"
page "$site/trickle"
captured
gzip -9n <"$STATE/trickle.pcap" >"$captures/http_slow_transfer.pcap.gz"
capture app-1 "$captures/healthy_responses.pcap"
for path in ok chunk old ok; do page "$site/$path"; done
page -I "$site/head"
captured
capture app-1 "$captures/snmp_community.pcap"
on_host client python3 "$make/servers.py" snmp ask 10.91.0.2
captured
stop_all

time_from() { # SECONDS
  printf 'server 10.91.0.4 iburst\nport 0\ncmdport 0\nbindcmdaddress /\npidfile %s/c.pid\n' "$STATE" >"$STATE/client.conf"
  on_host client timeout "$1" chronyd -x -d -u root -f "$STATE/client.conf" >/dev/null 2>&1
}
printf 'local stratum 8\nallow all\ncmdport 0\npidfile %s/s.pid\n' "$STATE" >"$STATE/server.conf"
run dns-1 chronyd -x -d -u root -f "$STATE/server.conf"
sleep 1
capture client "$captures/healthy_ntp.pcap"
time_from 8
captured
drop dns-1 123
capture client "$captures/ntp_unanswered.pcap"
time_from 14
captured
ip netns exec dns-1 nft flush ruleset
stop_all

leases() { # HOST FIRST LAST
  run "$1" dnsmasq -k -C /dev/null -p 0 --no-ping --dhcp-range="$2,$3,1h" --dhcp-authoritative -u root --pid-file= \
    --dhcp-leasefile="$STATE/$1.leases"
}
lease() {
  on_host new timeout 12 dhclient -1 -pf "$STATE/dhclient.pid" -lf "$STATE/dhclient.leases" -sf /bin/true eth0
}
leases dns-1 10.91.0.100 10.91.0.120
sleep 0.7
capture new "$captures/healthy_dhcp.pcap"
lease
captured
kill "$(cat "$STATE/dhclient.pid")" 2>/dev/null || true
sleep 1
rm -f "$STATE/dhclient.leases" "$STATE/dhclient.pid"
leases mail-1 10.91.0.200 10.91.0.220
sleep 0.7
capture new "$captures/dhcp_two_servers.pcap"
lease
captured
stop_all
ls -l "$captures"/{tls_failure,dns_failure,smtp_refusal,upstream_timeout}_seen_on_wire.zip
