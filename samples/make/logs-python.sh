#!/usr/bin/env bash
# Single logs of Python programs: the usual logging formats, and the tracebacks of programs that crash.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
logs=$SAMPLES_DIR/logs/python
mkdir -p "$logs"

host_new app-9 10.20.9.9
root=$(host_root app-9)
mkdir -p "$root/srv/billing"
cp "$SAMPLES_DIR"/make/programs/{formats,crashes}.py "$root/srv/billing/"
host_boot app-9
on app-9 mkdir -p /srv/out
on app-9 /usr/bin/python3 /srv/billing/formats.py /srv/out
: >"$root/srv/out/crashes.log"
for crash in $(on app-9 /usr/bin/python3 /srv/billing/crashes.py); do
  ON_LOG=$root/srv/out/crashes.log on app-9 /usr/bin/python3 /srv/billing/crashes.py "$crash" || true
done
cp "$root"/srv/out/*.log "$logs/"
chmod 644 "$logs"/*
wc -l "$logs"/*
