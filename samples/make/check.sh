#!/usr/bin/env bash
# Nothing of the machine that made the samples may be in them: its name, kernel, users' folders, this checkout's
# path, package registries. Unpacks every bundle, nested archives too, and looks. Prints what it finds; exit 1 if so.
set -euo pipefail
samples=$(realpath "$(dirname "$0")/..")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cp -r "$samples"/{logs,healthy,bundles} "$work/"
unpack() {
  local archive folder
  find "$work" -type f \( -name '*.zip' -o -name '*.tar' -o -name '*.tar.gz' -o -name '*.gz' \) -print0 |
    while IFS= read -r -d '' archive; do
      folder=$archive.d
      mkdir "$folder"
      case $archive in
        *.zip) python3 -m zipfile -e "$archive" "$folder" ;;
        *.tar | *.tar.gz) tar -xf "$archive" -C "$folder" ;;
        *.gz) gunzip -c "$archive" >"$folder/$(basename "$archive" .gz)" ;;
      esac
      rm "$archive"
    done
}
unpack
unpack

words=("$(hostname)" "$(uname -r)" "$samples" "$(getent passwd "${SUDO_USER:-root}" | cut -d: -f6)/"
  "$(cat /proc/sys/kernel/random/boot_id)" "$(cat /etc/machine-id 2>/dev/null || echo no-machine-id)")
# The package registries that this machine is set up for.
while read -r host; do
  words+=("$host")
done < <({ npm config get registry && pip config get global.index-url; } 2>/dev/null | sed -nE 's#^[a-z]+://([^:/@]*@)?([^:/]+).*#\2#p')
if [[ -n ${http_proxy:-}${HTTP_PROXY:-} ]]; then
  words+=("$(sed -E 's#^[a-z]+://([^:/@]*@)?([^:/]+).*#\2#' <<<"${http_proxy:-$HTTP_PROXY}")")
fi
found=0
for word in "${words[@]}"; do
  [[ $word ]] || continue
  # As a word of its own: a machine may be called "vm", and "total-vm" is no trace of it.
  if grep -rnaP -m 3 -e "(?<![\\w.-])\\Q$word\\E(?![\\w.-])" "$work" | sed "s#$work/##" | cut -c1-200 | grep .; then
    echo "^^ $word"
    found=1
  fi
done
exit "$found"
