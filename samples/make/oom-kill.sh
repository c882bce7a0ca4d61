#!/usr/bin/env bash
# Memory, twice: on img-app-1 the kernel kills a worker that outgrows the machine's limit; on inv-app-1 a Java
# service outgrows its own heap, limps on, is restarted with "exit on OutOfMemoryError" and never comes up for long.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
make=$SAMPLES_DIR/make
name=oom-kill

host_new img-app-1 10.20.3.22
host_new inv-app-1 10.20.3.21
host_memory img-app-1 $((160 << 20))

img=$(host_root img-app-1)
mkdir -p "$img/srv/thumbnailer"
cp "$make/inventory/thumbnailer.py" "$img/srv/thumbnailer/"
cat >"$img/etc/systemd/system/thumbnailer.service" <<'EOF'
[Unit]
Description=Thumbnail worker

[Service]
ExecStart=/usr/bin/python3 /srv/thumbnailer/thumbnailer.py
Restart=always
RestartSec=3
EOF
# The classic time stamp without year and zone.
echo 'module(load="builtin:omfile" Template="RSYSLOG_TraditionalFileFormat")' >"$img/etc/rsyslog.d/00-classic.conf"
enable img-app-1 rsyslog.service

inv=$(host_root inv-app-1)
mkdir -p "$inv/srv/inventory/logs"
cp "$make/inventory/log4j2.xml" "$inv/srv/inventory/"
jars=/usr/share/java/log4j-api.jar:/usr/share/java/log4j-core.jar
javac -cp "$jars" -d "$inv/srv/inventory" "$make/inventory/Inventory.java"
unit() { # NAME JAVA_OPTIONS ROWS
  cat >"$inv/etc/systemd/system/$1.service" <<EOF
[Unit]
Description=Inventory import
StartLimitIntervalSec=120
StartLimitBurst=4

[Service]
ExecStart=/usr/bin/java -Xmx64m -XX:+UseParallelGC $2 -Dlog4j.configurationFile=/srv/inventory/log4j2.xml -cp $jars:/srv/inventory Inventory $3
Restart=on-failure
RestartSec=2
SuccessExitStatus=143
EOF
}
unit inventory "-Xlog:gc:file=/srv/inventory/logs/gc.log:time,uptime,level,tags" 40000
enable inv-app-1 rsyslog.service

host_boot img-app-1
host_boot inv-app-1
# Seconds since boot of the kernel's last message; the ring buffer forgets old lines, so a line count would not do.
kernel_before=$(dmesg | tail -1 | sed -E 's/^\[ *([0-9.]+)\].*/\1/')
on inv-app-1 systemctl start inventory.service
on img-app-1 systemctl start thumbnailer.service
sleep 40
# The operator's idea: better an exit than a service that limps.
unit inventory "-XX:+ExitOnOutOfMemoryError -Xlog:gc:file=/srv/inventory/logs/gc-2.log:time,uptime,level,tags" 120000
on inv-app-1 systemctl daemon-reload
on inv-app-1 systemctl restart inventory.service
wait_for 60 on inv-app-1 systemctl is-failed inventory.service
on img-app-1 systemctl stop thumbnailer.service

out=$STATE/out/$name
host_collect img-app-1 "$out/img-app-1" var/log/syslog srv/thumbnailer/thumbnailer.py etc/systemd/system/thumbnailer.service
dmesg | awk -F '[][]' -v before="$kernel_before" '$2 + 0 > before + 0' >"$out/img-app-1/commands/dmesg.txt"
dmesg -T | tail -n "$(wc -l <"$out/img-app-1/commands/dmesg.txt")" >"$out/img-app-1/commands/dmesg-T.txt"
grep oom-kill: "$out/img-app-1/commands/dmesg.txt" >/dev/null || die "the kernel killed nothing"
hide_kernel "$out"/img-app-1/commands/dmesg*.txt
host_collect inv-app-1 "$out/inv-app-1" srv/inventory/logs var/log/syslog etc/systemd/system/inventory.service
on inv-app-1 journalctl -u inventory.service --no-pager >"$out/inv-app-1/commands/journalctl-inventory.txt"
on img-app-1 journalctl -u thumbnailer.service --no-pager -o json >"$out/img-app-1/commands/journalctl-thumbnailer.json"
tar -C "$STATE/out" --owner=root --group=root -czf "$SAMPLES_DIR/bundles/$name.tar.gz" "$name"
ls -l "$SAMPLES_DIR/bundles/$name.tar.gz"
