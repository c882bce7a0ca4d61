#!/usr/bin/env bash
# Single logs of the system itself: rsyslog in four formats, the journal in eight, units that fail in every way
# systemd has a word for, cron, su and sudo.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
logs=$SAMPLES_DIR/logs

host_new ops-3 10.20.9.3
root=$(host_root ops-3)
rm -f "$root"/etc/cron.d/* "$root"/etc/sudoers.d/*
sed -i '/pam_systemd/d; /pam_limits/d' "$root"/etc/pam.d/*
# The same messages in every format that rsyslog has a name for, and one with the facility spelt out.
cat >"$root/etc/rsyslog.d/00-formats.conf" <<'EOF'
template(name="WithPriority" type="string" string="<%pri%>%timegenerated:::date-rfc3339% %hostname% %syslogfacility-text%.%syslogseverity-text% %syslogtag%%msg:::sp-if-no-1st-sp%%msg%\n")
*.* action(type="omfile" file="/var/log/rfc3164.log" template="RSYSLOG_TraditionalFileFormat")
*.* action(type="omfile" file="/var/log/rfc5424.log" template="RSYSLOG_SyslogProtocol23Format")
*.* action(type="omfile" file="/var/log/iso.log" template="RSYSLOG_FileFormat")
*.* action(type="omfile" file="/var/log/priority.log" template="WithPriority")
*.* action(type="omfwd" target="127.0.0.1" port="514" protocol="udp" template="RSYSLOG_TraditionalForwardFormat")
EOF
unit() { # NAME LINES...
  local name=$1
  shift
  printf '[Unit]\nDescription=Example %s\n%s\n' "$name" "$(printf '%s\n' "$@")" >"$root/etc/systemd/system/$name.service"
}
unit exits '[Service]' 'ExecStart=/bin/sh -c "echo cannot read configuration >&2; exit 78"' 'Restart=on-failure' 'RestartSec=100ms'
unit missing '[Service]' 'ExecStart=/opt/agent/bin/agent'
unit nobody-knows '[Service]' 'User=nosuchuser' 'ExecStart=/bin/true'
unit no-folder '[Service]' 'WorkingDirectory=/srv/missing' 'ExecStart=/bin/true'
unit slow-start '[Service]' 'Type=notify' 'TimeoutStartSec=2' 'ExecStart=/bin/sleep 60'
unit stubborn '[Service]' 'TimeoutStopSec=2' 'ExecStart=/bin/sh -c "trap : TERM; while :; do sleep 1; done"'
unit watched '[Service]' 'Type=notify' 'WatchdogSec=2' 'NotifyAccess=all' 'ExecStart=/bin/sh -c "systemd-notify --ready; sleep 60"'
unit segfaults '[Service]' 'ExecStart=/bin/sh -c "kill -SEGV $$$$"'
unit killed '[Service]' 'ExecStart=/bin/sh -c "kill -KILL $$$$"'
unit needs-missing 'Requires=missing.service' 'After=missing.service' '[Service]' 'ExecStart=/bin/true'
unit pre-fails '[Service]' 'ExecStartPre=/bin/test -e /etc/agent.conf' 'ExecStart=/bin/true'
unit no-permission '[Service]' 'ExecStart=/etc/hostname'
printf '[Unit]\nDescription=Archive disk\n[Mount]\nWhat=/dev/sdz1\nWhere=/mnt/archive\nType=ext4\n' >"$root/etc/systemd/system/mnt-archive.mount"
chroot "$root" useradd --create-home --shell /bin/bash anna
chroot "$root" useradd --create-home --shell /bin/bash ben
echo 'anna:right-password' | chroot "$root" chpasswd
echo 'anna ALL=(ALL) ALL' >"$root/etc/sudoers.d/anna"
printf 'broken line here\n* * * * * root /usr/local/bin/missing-job\n* * * * * nosuchuser true\n' >"$root/etc/cron.d/jobs"
printf '* * * * * root test -d /var/backups\n* * * * * root /usr/local/bin/missing-job\n' >"$root/etc/cron.d/backups"
enable ops-3 rsyslog.service cron.service
host_boot ops-3

# A receiver, to see the messages as they cross the network.
on ops-3 timeout 100 python3 -c '
import socket
receiver = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
receiver.bind(("127.0.0.1", 514))
with open("/var/log/wire.log", "wb", buffering=0) as log:
    while True:
        log.write(receiver.recv(8192) + b"\n")
' &
for name in missing nobody-knows no-folder segfaults killed needs-missing pre-fails no-permission exits stubborn; do
  on ops-3 systemctl start "$name.service" 2>/dev/null || true
done
on ops-3 systemctl start mnt-archive.mount 2>/dev/null || true
on ops-3 systemctl start watched.service
on ops-3 systemctl start slow-start.service 2>/dev/null || true
on ops-3 systemctl stop stubborn.service
on ops-3 logger -p daemon.warning -t backup "archive is 26 hours old"
on ops-3 logger --rfc5424 --msgid TCPIN --sd-id 'origin@32473' --sd-param 'ip="10.20.9.8"' -t gateway "connection accepted"
su_to() { # USER TARGET PASSWORD
  on ops-3 setpriv --reuid="$1" --regid="$1" --init-groups bash -c "echo '$3' | su '$2' -c true" 2>/dev/null || true
}
su_to ben root wrong
su_to ben anna right-password
sudo_as() { # USER PASSWORD COMMAND
  on ops-3 setpriv --reuid="$1" --regid="$1" --init-groups bash -c "cd; echo '$2' | sudo -S -p '' $3" >/dev/null 2>&1 || true
}
sudo_as anna right-password "systemctl restart cron"
sudo_as anna wrong-password "cat /etc/shadow"
sudo_as ben whatever "cat /etc/shadow"
wait_for 65 grep -q missing-job "$root/var/log/iso.log"
sleep 2

mkdir -p "$logs"/{syslog,journal,systemd,auth}
log=$root/var/log
cp "$log/rfc3164.log" "$log/rfc5424.log" "$log/iso.log" "$log/priority.log" "$log/wire.log" "$logs/syslog/"
cp "$log/auth.log" "$logs/auth/sudo-su-cron.log"
for format in short short-iso short-precise short-full short-unix verbose export json cat; do
  on ops-3 journalctl --no-pager --output="$format" --lines=120 >"$logs/journal/$format.log"
done
on ops-3 journalctl --no-pager --output=verbose --lines=12 >"$logs/journal/verbose.log"
on ops-3 journalctl --no-pager --output=export --lines=25 >"$logs/journal/export.log"
on ops-3 journalctl --no-pager --output=json-pretty --lines=12 >"$logs/journal/json-pretty.log"
on ops-3 journalctl --no-pager _PID=1 --lines=200 >"$logs/systemd/units-that-fail.log"
on ops-3 systemctl --no-pager --failed >"$logs/systemd/systemctl-failed.txt"
on ops-3 systemctl --no-pager --lines=5 status exits.service missing.service slow-start.service watched.service >"$logs/systemd/systemctl-status.txt" || true
chmod 644 "$logs"/{syslog,journal,systemd,auth}/*
wc -l "$logs"/{syslog,journal,systemd,auth}/*
