# shellcheck shell=bash
# Shared by the scripts beside it: turns Linux namespaces into hosts with their own name, address,
# disk, process table and a real systemd, so that a story's logs look as they do on servers.
#
#   sandbox "$@"                  first line of a script: restarts it in namespaces of its own
#   host_new NAME ADDRESS         a host on the private network 10.20.0.0/16, not booted yet
#   host_root NAME                the folder that the host sees as /
#   enable NAME UNIT...           units that start at boot
#   disk_image FOLDER SIZE        a small disk of its own, to be filled
#   host_boot NAME                boots systemd on the host and waits for it
#   on NAME COMMAND...            runs a command on a running host; ON_LOG=FILE appends what it prints to FILE
#   hide_kernel FILE...           replaces the release of the machine's kernel
#   host_stop NAME                orderly shutdown, the plug after ten seconds
#   host_collect NAME FOLDER PATH...   files and the usual commands' output, as support bundles have them
#   pack_zip ARCHIVE FOLDER       zips a folder
#   wait_for SECONDS COMMAND...   polls until the command succeeds, fails the script otherwise
#
# Everything a script starts lives in its own PID namespace and dies with it.

declare -A HOST_PID=() HOST_ADDRESS=() HOST_MEMORY=()
HOST_ALIASES=""
# shellcheck disable=SC2034  # for the scripts
SAMPLES_DIR=$(realpath "$(dirname "${BASH_SOURCE[0]}")/..")
STATE=/run/samples

die() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

sandbox() {
  [[ $EUID -eq 0 ]] || die "namespaces need root; run it with sudo"
  if [[ -z ${SAMPLES_SANDBOX:-} ]]; then
    # A clean environment: nothing of the caller's PATH, proxies or locale can reach a log.
    exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 TZ=UTC SAMPLES_SANDBOX=1 \
      unshare --mount --net --uts --ipc --pid --fork --kill-child --mount-proc \
      bash "$(realpath "$0")" "$@"
  fi
  mount -t tmpfs -o size=6G tmpfs /run
  mkdir -p $STATE /run/netns
  hostname control
  ip link set lo up
  ip link add lan type bridge
  ip link set lan up
  trap sandbox_close EXIT
}

sandbox_close() {
  local name
  for name in "${!HOST_PID[@]}"; do
    host_stop "$name" || true
  done
}

host_root() {
  echo "$STATE/$1/root"
}

host_new() {
  local name=$1 address=$2 dir=$STATE/$1 hidden
  mkdir -p "$dir"/{upper,work,root}
  # Hosts must not see what lies in these folders of the machine that runs the script.
  for hidden in home root srv opt work tmp mnt media var/log var/mail var/spool/cron usr/local; do
    mkdir -p "$dir/upper/$hidden"
    setfattr -n trusted.overlay.opaque -v y "$dir/upper/$hidden"
  done
  chmod 700 "$dir/upper/root"
  chmod 1777 "$dir/upper/tmp"
  mount -t overlay overlay -o "lowerdir=/,upperdir=$dir/upper,workdir=$dir/work" "$dir/root"

  local root=$dir/root
  echo "$name" >"$root/etc/hostname"
  tr -d - </proc/sys/kernel/random/uuid >"$root/etc/machine-id"
  rm -f "$root"/etc/localtime "$root"/etc/resolv.conf "$root"/etc/profile.d/* \
    "$root"/usr/sbin/policy-rc.d
  ln -s ../usr/share/zoneinfo/Etc/UTC "$root/etc/localtime"
  printf 'PATH="/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"\n' >"$root/etc/environment"
  # Only what the story enables may start, whatever else the machine has installed.
  rm -f "$root"/etc/systemd/system/*.wants/* "$root"/etc/rc?.d/*
  # The bus complains about the caller's limits, the login prompts about the missing bus.
  local unit
  for unit in dbus.service dbus.socket systemd-logind.service getty-static.service console-getty.service; do
    ln -sf /dev/null "$root/etc/systemd/system/$unit"
  done
  mkdir -p "$root"/etc/systemd/system/multi-user.target.wants "$root"/var/log/journal
  # The folders that Debian packages expect, with Debian's owners; the rest is for the programs to create.
  install -d -m 755 -o www-data -g adm "$root/var/log/nginx"
  install -d -m 750 -o root -g adm "$root/var/log/apache2"
  install -d -m 2750 -o redis -g adm "$root/var/log/redis"
  install -d -m 1775 -o root -g postgres "$root/var/log/postgresql"
  install -d -m 2750 -o mysql -g adm "$root/var/log/mysql"

  ip netns add "$name"
  ip link add "veth${#HOST_ADDRESS[@]}" type veth peer name eth0 netns "$name"
  ip link set "veth${#HOST_ADDRESS[@]}" master lan up
  ip -n "$name" link set lo up
  ip -n "$name" link set eth0 up
  ip -n "$name" addr add "$address/16" dev eth0
  HOST_ADDRESS[$name]=$address
}

# disk_image FOLDER SIZE: a file system of its own on FOLDER of a host that is not booted yet.
disk_image() {
  local image=$STATE/disk-$RANDOM.img
  truncate -s "$2" "$image"
  mkfs.ext4 -q -m 1 -E lazy_itable_init=0 "$image"
  mkdir -p "$1"
  mount -o loop "$image" "$1"
  rmdir "$1/lost+found"
}

enable() {
  local name=$1 unit source
  shift
  for unit in "$@"; do
    source=/lib/systemd/system/$unit
    [[ -e $(host_root "$name")/etc/systemd/system/$unit ]] && source=/etc/systemd/system/$unit
    ln -sf "$source" "$(host_root "$name")/etc/systemd/system/multi-user.target.wants/$unit"
  done
}

# host_memory NAME BYTES: the host's kernel memory limit, to be set before it boots. Needs cgroup v1, because
# systemd inside a container takes over a v2 tree.
host_memory() {
  [[ -d /sys/fs/cgroup/memory ]] || die "this story needs the cgroup v1 memory controller"
  HOST_MEMORY[$1]=$2
}

# host_alias "ADDRESS NAME": one more name that the hosts booted from now on know.
host_alias() {
  HOST_ALIASES+="$1"$'\n'
}

host_boot() {
  local name=$1 root hosts other cgroup
  root=$(host_root "$name")
  hosts="127.0.0.1 localhost"$'\n'"$HOST_ALIASES"
  for other in "${!HOST_ADDRESS[@]}"; do
    hosts+=$'\n'"${HOST_ADDRESS[$other]} $other"
  done
  echo "$hosts" >"$root/etc/hosts"
  (
    # Each host needs a control group of its own, or two systemds would fight over one tree.
    for cgroup in /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
      [[ -d $cgroup ]] || continue
      mkdir -p "$cgroup/samples-$name"
      echo $BASHPID >"$cgroup/samples-$name/cgroup.procs"
    done
    if [[ ${HOST_MEMORY[$name]:-} ]]; then
      mkdir -p "/sys/fs/cgroup/memory/$name"
      echo "${HOST_MEMORY[$name]}" >"/sys/fs/cgroup/memory/$name/memory.limit_in_bytes"
      echo $BASHPID >"/sys/fs/cgroup/memory/$name/cgroup.procs"
    fi
    exec systemd-nspawn --quiet --directory="$root" --machine="$name" --hostname="$name" \
      --register=no --keep-unit --network-namespace-path="/run/netns/$name" --resolv-conf=off \
      --timezone=off --boot --console=read-only </dev/null >"$STATE/$name/console" 2>&1
  ) &
  HOST_PID[$name]=$!
  wait_for 30 on "$name" systemctl is-active --quiet multi-user.target
  # The one mount that shows a disk of the machine below.
  on "$name" umount /run/host/os-release
}

on() {
  local name=$1 leader
  shift
  leader=$(pgrep -P "${HOST_PID[$name]}" | head -1)
  [[ $leader ]] || return 1
  local enter=(nsenter --target "$leader" --mount --uts --ipc --net --pid --cgroup --
    env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin LANG=C.UTF-8 HOME=/root)
  if [[ ${ON_LOG:-} ]]; then
    # Redirected here and not around the function: else what bash says about a killed child lands in the log.
    "${enter[@]}" "$@" >>"$ON_LOG" 2>&1
  else
    "${enter[@]}" "$@"
  fi
}

# hide_kernel FILE...: the release of the kernel below says nothing about the story, and all about the machine.
hide_kernel() {
  sed -i "s/$(uname -r)/6.1.0-generic/g; /Hardware name:/d" "$@"
}

host_stop() {
  local name=$1 pid=${HOST_PID[$1]} cgroup
  unset "HOST_PID[$name]"
  kill -TERM "$pid" 2>/dev/null || true
  # A host with a full disk, for one, would take its services' full 90 seconds to stop.
  for _ in {1..100}; do
    kill -0 "$pid" 2>/dev/null || break
    sleep 0.1
  done
  pkill -KILL -P "$pid" || true
  kill -KILL "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  for cgroup in /sys/fs/cgroup/{systemd,unified}/"samples-$name" "/sys/fs/cgroup/memory/$name"; do
    # The kernel needs a moment to bury the last processes.
    for _ in {1..50}; do
      [[ -d $cgroup ]] || break
      find "$cgroup" -depth -type d -exec rmdir {} + 2>/dev/null || sleep 0.1
    done
  done
}

# host_collect NAME FOLDER PATH...: what a support bundle holds of one host. Paths are relative to its /,
# missing ones are an error: a story whose log is not there has gone wrong.
host_collect() {
  local name=$1 folder=$2 root path
  root=$(host_root "$name")
  shift 2
  mkdir -p "$folder/commands"
  for path in "$@"; do
    [[ -e $root/$path ]] || die "$name has no /$path"
    mkdir -p "$folder/$(dirname "$path")"
    cp -r --no-preserve=all "$root/$path" "$folder/$path"
  done
  on "$name" date --iso-8601=seconds >"$folder/commands/date.txt"
  on "$name" df -h >"$folder/commands/df-h.txt"
  on "$name" free -m >"$folder/commands/free-m.txt"
  on "$name" ps aux >"$folder/commands/ps-aux.txt"
  on "$name" ss -s >"$folder/commands/ss-s.txt"
  on "$name" ss -tan >"$folder/commands/ss-tan.txt"
  on "$name" systemctl --failed --no-pager >"$folder/commands/systemctl-failed.txt"
}

# pack_zip ARCHIVE FOLDER: the folder itself is the archive's top entry.
pack_zip() {
  mkdir -p "$(dirname "$1")"
  rm -f "$1"
  (cd "$(dirname "$2")" && python3 -m zipfile -c "$1" "$(basename "$2")")
}

wait_for() {
  local seconds=$1 deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [[ $SECONDS -lt $deadline ]] || die "not true after $seconds s: $*"
    sleep 0.2
  done
}
