#!/usr/bin/env bash
# Single logs of Node.js programs: pino, bunyan, winston, what Node prints when a program dies, and npm.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
modules=/var/tmp/samples-node
if [[ -z ${SAMPLES_SANDBOX:-} && ! -d $modules/node_modules ]]; then
  # Before the sandbox, because that has no network.
  npm install --silent --no-audit --no-fund --prefix "$modules" pino@10.4.0 bunyan@2.0.5 winston@3.19.0
fi
sandbox "$@"
logs=$SAMPLES_DIR/logs/node
mkdir -p "$logs"

host_new app-7 10.20.9.17
root=$(host_root app-7)
app=$root/srv/billing
mkdir -p "$app/logs" "$app/broken" "$root/srv/garbled"
cp -r "$modules/node_modules" "$app/"
cp "$SAMPLES_DIR"/make/programs/{loggers,crashes}.js "$app/"
echo 'const limit = {;' >"$app/syntax-error.js"
cat >"$app/broken/package.json" <<'EOF'
{"name": "billing", "version": "2.8.1", "scripts": {"build": "node missing.js", "test": "exit 3"}, "dependencies": {"left": "1.0.0"}}
EOF
echo '{"name": "billing",' >"$root/srv/garbled/package.json"
# Nobody listens there: npm's own words for a registry that is down.
printf 'registry=http://127.0.0.1:4873/\nfetch-retries=0\nupdate-notifier=false\n' >"$root/root/.npmrc"
host_boot app-7
on app-7 node /srv/billing/loggers.js /srv/billing/logs
run() { # COMMAND...: appends what it prints, its fault is the point
  ON_LOG=$app/logs/$log on app-7 timeout 60 "$@" || true
}
log=crashes.log
for crash in $(on app-7 node /srv/billing/crashes.js); do
  case $crash in
    heap) run node --max-old-space-size=24 /srv/billing/crashes.js heap ;;
    *) run node /srv/billing/crashes.js "$crash" ;;
  esac
done
run node /srv/billing/syntax-error.js
run node /srv/billing/no-such-file.js
log=npm.log
run npm --prefix /srv/billing/broken run build
run npm --prefix /srv/billing/broken test
run npm --prefix /srv/billing/broken run no-such-script
run npm --prefix /srv/billing/broken ci
run npm --prefix /srv/billing/broken install
run npm --prefix /srv/garbled install
run npm --prefix /srv/empty start
cp "$app"/logs/* "$logs/"
cp "$(find "$root/root/.npm/_logs" -name '*debug-0.log' | sort | sed -n 5p)" "$logs/npm-debug.log"
hide_kernel "$logs/npm-debug.log"
chmod 644 "$logs"/*
wc -l "$logs"/*
