#!/usr/bin/env bash
# Single logs of Go programs (zap, zerolog, logrus, klog, the standard log; panics) and of the C++ library glog.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
logs=$SAMPLES_DIR/logs
programs=$SAMPLES_DIR/make/programs
mkdir -p "$logs"/{go,glog}

host_new app-6 10.20.9.6
root=$(host_root app-6)
app=$root/srv/billing
mkdir -p "$app/logs/glog" "$app/logs/go"
for name in loggers crashes; do
  # Debian's Go libraries lie in one old-fashioned GOPATH. With C in it, the runtime does not see deadlocks.
  CGO_ENABLED=0 GOPATH=/usr/share/gocode GO111MODULE=off GOCACHE=$STATE/go-cache GOFLAGS=-trimpath \
    go build -o "$app/$name" "$programs/go/$name/main.go"
done
g++ -std=c++17 -O1 -o "$app/billing" "$programs/glog.cc" -lglog
host_boot app-6
on app-6 /srv/billing/loggers /srv/billing/logs/go
for crash in $(on app-6 /srv/billing/crashes | sort); do
  on app-6 timeout 20 /srv/billing/crashes "$crash" >"$STATE/crash" 2>&1 || true
  # A runtime that dies lists every goroutine and frame; the first lines tell all.
  head -60 "$STATE/crash" >>"$app/logs/go/crashes.log"
done
ON_LOG=$app/logs/glog/stderr.log on app-6 /srv/billing/billing || true
cp "$app"/logs/go/* "$logs/go/"
cp "$app/logs/glog/stderr.log" "$logs/glog/"
for level in INFO ERROR; do
  cp "$(find "$app/logs/glog" -type f -name "billing.*.$level.*")" "$logs/glog/billing.$level.log"
done
chmod 644 "$logs"/{go,glog}/*
wc -l "$logs"/{go,glog}/*
