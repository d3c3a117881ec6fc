#!/usr/bin/env bash
# Installs the packages of dist/packages, has the exporter serve a simulated API as systemd would start it, and removes
# them again. All that in a copy-on-write view of this machine, which itself stays as it is. Needs root.
#
#   scripts/check-packages.sh
set -euo pipefail
cd "$(dirname "$0")/.."
((EUID == 0)) || { echo "checking packages installs them in a view of the machine: run it as root" >&2 && exit 1; }

# The outer half gives the inner one mounts and processes of its own, which end with it.
if (($# == 0)); then
  view=$(mktemp -d)
  trap 'rmdir "$view"' EXIT
  unshare --mount --propagation private --pid --fork --kill-child "$0" "$view"
  exit
fi

# What is written in the view goes to $view/changes, in memory.
view=$1 root=$1/root
mount -t tmpfs tmpfs "$view"
mkdir "$view"/{changes,work,root}
mount -t overlay overlay -o "lowerdir=/,upperdir=$view/changes,workdir=$view/work" "$root"
mount -t tmpfs tmpfs "$root/run"
mount -t proc proc "$root/proc"
mount --bind /dev "$root/dev"
mount --bind dist/packages "$root/mnt"
inside=(chroot "$root" /usr/bin/env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C.UTF-8)

fail() { printf '%s\n' "$@" >&2 && exit 1; }

# quietly COMMAND…: what it prints matters only when it fails.
quietly() { "$@" >"$view/output" 2>&1 || fail "$*: $(cat "$view/output")"; }

# until_there COMMAND…: waits until it succeeds.
until_there() {
  local deadline=$((SECONDS + 30))
  until "$@"; do
    ((SECONDS < deadline)) || fail "in vain for 30 s: $*" "$(tail -n 5 "$view/log" 2>&1)"
    sleep 0.1
  done
}

# Systemd seems to run, with a systemctl that only writes down what it is asked for.
mkdir -p "$root/run/systemd/system"
printf '#!/bin/sh\necho "$@" >>/run/asked\n' >"$view/systemctl"
chmod +x "$view/systemctl"
mount --bind "$view/systemctl" "$root/usr/bin/systemctl"

# asked WHAT…: systemctl was asked for exactly that since the last time; Debian's systemd itself may repeat it.
asked() {
  local want got
  want=$(printf '%s\n' "$@")
  got=$(awk '!seen[$0]++' "$root/run/asked")
  rm "$root/run/asked"
  [[ $got == "$want" ]] || fail "systemctl was asked for:" "$got" "and should be asked for:" "$want"
}
asked_on_installation() { asked daemon-reload "try-restart cielo24_exporter.service"; }
asked_on_removal() { asked "disable --now cielo24_exporter.service cielo24_exporter.socket" daemon-reload; }

# left: what there is in the view that the packages brought, or that the exporter made.
left() { (cd "$root" && find etc run usr var/lib/private var/log -name '*cielo24*' 2>/dev/null || true); }

# serve: starts what the unit says as systemd does, with a simulated API, and ends it.
serve() {
  local unit=$root/usr/lib/systemd/system/cielo24_exporter.service secrets=$root/run/credentials/cielo24_exporter.service
  local configuration=$root/etc/cielo24_exporter/cielo24.yml environment command token base jobs address
  local as=(setpriv --reuid=64000 --regid=64000 --clear-groups --no-new-privs --bounding-set=-all)
  command=$(sed -n 's/^ExecStart=//p' "$unit")
  environment=$root$(sed -n 's/^EnvironmentFile=-//p' "$unit")
  token=$root$(sed -n 's/^LoadCredential=token://p' "$unit")

  "${inside[@]}" "${as[@]}" cielo24_exporter simulate --simulator.listen-address=127.0.0.1:0 >"$view/api" &
  local api=$!
  until_there grep -qs 'how to inject faults' "$view/api"
  base=$(sed -n 's/^ *base_url: //p' "$view/api")
  jobs=$(sed -nE 's/^ +- ([0-9a-f]+)$/\1/p' "$view/api" | paste -sd,)

  # What whoever installs it edits: the token, the jobs, the address.
  sed -nE 's/^ *api_token: ([^ ]*).*/\1/p' "$view/api" >"$token"
  sed -i "s|^    jobs: .*|    base_url: $base\n    jobs: [$jobs]|" "$configuration"
  echo CIELO24_EXPORTER_WEB_LISTEN_ADDRESS=127.0.0.1:0 >>"$environment"

  install -D --mode=0400 --owner=64000 "$token" "$secrets/token"
  # shellcheck disable=SC2046,SC2086 # words on purpose
  "${inside[@]}" $(grep -v '^#' "$environment") "${as[@]}" $command 2>"$view/log" &
  local exporter=$!
  until_there grep -qs 'msg="Listening on"' "$view/log"
  address=$(sed -nE 's/.*msg="Listening on" address=([^ ]*).*/\1/p' "$view/log")
  quietly "${inside[@]}" cielo24_exporter health --web.listen-address="$address"
  curl -fsS --max-time 30 "http://$address/metrics" >"$view/metrics"
  grep -q '^cielo24_up{account="cielo24"} 1$' "$view/metrics" || fail "the API was not reached: $(cat "$view/log")"
  [[ $(grep -c '^cielo24_job_up{.*} 1$' "$view/metrics") == 12 ]] || fail "not every job is up: $(grep cielo24_job_up "$view/metrics")"

  # As ExecReload does, and as systemctl stop.
  kill -HUP "$exporter"
  until_there eval '(($(grep -c "config loaded" "$view/log") == 2))'
  kill "$exporter"
  wait "$exporter" || fail "the exporter did not end well: $(cat "$view/log")"
  kill "$api"
  wait "$api" || fail "the simulator did not end well"
}

# deb: installed, used, upgraded, removed, purged.
deb=/mnt/$(cd dist/packages && echo *_"$(dpkg --print-architecture)".deb)
quietly "${inside[@]}" dpkg --install "$deb"
asked_on_installation
problems=$("${inside[@]}" systemd-analyze verify /usr/lib/systemd/system/cielo24_exporter.{service,socket} 2>&1)
[[ -z $problems ]] || fail "systemd-analyze verify: $problems"
serve
before=$(cat "$root"/etc/cielo24_exporter/*)
quietly "${inside[@]}" dpkg --install "$deb"
asked_on_installation
quietly "${inside[@]}" dpkg --remove cielo24-exporter
asked_on_removal
[[ $(cat "$root"/etc/cielo24_exporter/*) == "$before" ]] || fail "an upgrade or the removal changed the configuration"
[[ ! -e $root/usr/bin/cielo24_exporter ]] || fail "the removal left the program"
quietly "${inside[@]}" dpkg --purge cielo24-exporter
asked daemon-reload
rm -r "$root/run/credentials" # systemd's, not the package's
[[ -z $(left) ]] || fail "purging left: $(left)"

# rpm: installed, removed. Debian's rpm knows no package of this system, so it gets an empty database.
rpm=("${inside[@]}" rpm --dbpath=/run/rpm)
quietly "${rpm[@]}" --install --nodeps "/mnt/$(cd dist/packages && echo *."$(uname -m)".rpm)"
asked_on_installation
quietly "${inside[@]}" cielo24_exporter version
quietly "${rpm[@]}" --erase cielo24-exporter
asked_on_removal
[[ -z $(left) ]] || fail "removing the rpm left: $(left)"

# apk: Debian can't install it, but unpack it. All three have the same files, but for zsh's folder.
apk=$(echo dist/packages/*_"$(uname -m)".apk)
mkdir "$view/apk"
tar --extract --file="$apk" --directory="$view/apk" --warning=no-unknown-keyword
quietly "$view/apk/usr/bin/cielo24_exporter" version
files() { sed -e 's,^\./,,' -e 's,^/,,' -e '/\/$/d' -e '/^\./d' -e 's,/vendor-completions/,/site-functions/,' | sort; }
of_deb=$(dpkg-deb --fsys-tarfile "$root$deb" | tar --list | files)
of_rpm=$(rpm --query --list --package dist/packages/*."$(uname -m)".rpm | files)
of_apk=$(tar --list --file="$apk" --warning=no-unknown-keyword | files)
difference=$(diff <(echo "$of_deb") <(echo "$of_apk")) || fail "deb and apk differ: $difference"
difference=$(diff <(echo "$of_deb") <(echo "$of_rpm" | grep -vxE 'etc/cielo24_exporter|usr/share/doc/cielo24-exporter')) ||
  fail "deb and rpm differ: $difference"
for script in post-install post-upgrade pre-deinstall post-deinstall; do
  [[ -x $view/apk/.$script ]] || fail "the apk has no $script"
done
