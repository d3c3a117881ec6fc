#!/usr/bin/env bash
# Looks into the container image dist/image.tar, and runs its root file system: read-only, as a user without rights, with
# nothing but itself. Needs root.
#
#   scripts/check-image.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/build-info.sh
((EUID == 0)) || { echo "checking the image changes the root file system of a process: run it as root" >&2 && exit 1; }

# The outer half gives the inner one mounts and processes of its own, which end with it.
if (($# == 0)); then
  scratch=$(mktemp -d)
  trap 'rm -rf "$scratch"' EXIT
  unshare --mount --propagation private --pid --fork --mount-proc --kill-child "$0" "$scratch"
  exit
fi
scratch=$1

fail() { printf '%s\n' "$@" >&2 && exit 1; }

# is WHAT GOT WANT
is() { [[ $2 == "$3" ]] || fail "$1 is" "$2" "and should be" "$3"; }

# until_there COMMAND…: waits until it succeeds.
until_there() {
  local deadline=$((SECONDS + 30))
  until "$@"; do
    ((SECONDS < deadline)) || fail "in vain for 30 s: $*" "$(tail -n 5 "${@: -1}" 2>&1)"
    sleep 0.1
  done
}

buildah=(buildah --root="$scratch/storage" --runroot="$scratch/run" --storage-driver=vfs)
container=$("${buildah[@]}" from --quiet docker-archive:dist/image.tar)
image() { "${buildah[@]}" inspect --format "{{$1}}" "$container"; }
is "its user" "$(image .Docker.Config.User)" 65532:65532
is "its entrypoint" "$(image .Docker.Config.Entrypoint)" '[/bin/cielo24_exporter]'
is "its health check" "$(image .Docker.Config.Healthcheck.Test)" '[CMD /bin/cielo24_exporter health]'
is "its port" "$(image .Docker.Config.ExposedPorts)" 'map[10059/tcp:{}]'
is "its working directory" "$(image .Docker.Config.WorkingDir)" /etc/cielo24_exporter
is "its version" "$(image 'index .Docker.Config.Labels "org.opencontainers.image.version"')" "$VERSION"
is "its revision" "$(image 'index .Docker.Config.Labels "org.opencontainers.image.revision"')" "$REVISION"
is "its licence" "$(image 'index .Docker.Config.Labels "org.opencontainers.image.licenses"')" Apache-2.0
toolchain=$(sed -n 's/^go //p' go.mod)
grep -q "golang:$toolchain-" Dockerfile || fail "go.mod wants Go $toolchain, and the Dockerfile takes another"

# No shell, no library, nothing else.
tree=$("${buildah[@]}" mount "$container")
is "what is in it" "$(cd "$tree" && find . -type f | sort)" "./bin/cielo24_exporter
./etc/ssl/certs/ca-certificates.crt
./usr/share/doc/cielo24_exporter/LICENSE
./usr/share/doc/cielo24_exporter/licences.md"
(($(du -sk "$tree" | cut -f1) < 30 << 10)) || fail "it is larger than 30 MiB"
scripts/check-build.sh "$tree/bin/cielo24_exporter"

# As docker run --read-only does it, with the configuration mounted into it.
mkdir "$scratch/root" "$scratch/configuration"
mount --bind "$tree" "$scratch/root"
mount --bind "$scratch/configuration" "$scratch/root/etc/cielo24_exporter"
mount -o remount,bind,ro "$scratch/root"
! touch "$scratch/root/tmp" 2>/dev/null || fail "the root file system can be written to"
inside=(env -i CIELO24_EXPORTER_WEB_LISTEN_ADDRESS=127.0.0.1:0 CIELO24_EXPORTER_SIMULATOR_LISTEN_ADDRESS=127.0.0.1:0
  "$(command -v chroot)" --userspec=65532:65532 --groups= "$scratch/root")

# serves NAME ACCOUNT [ARGUMENT…]: the image's entrypoint with the arguments; the log is NAME.
serves() {
  local log=$scratch/$1 account=$2 process address
  (cd / && exec "${inside[@]}" /bin/cielo24_exporter "${@:3}") >"$scratch/$1.out" 2>"$log" &
  process=$!
  until_there grep -qs 'msg="Listening on"' "$log"
  address=$(sed -nE 's/.*msg="Listening on" address=([^ ]*).*/\1/p' "$log")
  "${inside[@]}" /bin/cielo24_exporter health --web.listen-address="$address" >/dev/null || fail "$1: $(cat "$log")"
  curl -fsS --max-time 30 "http://$address/metrics" >"$scratch/metrics"
  grep -q "^cielo24_up{account=\"$account\"} 1\$" "$scratch/metrics" || fail "$1: the API was not reached: $(cat "$log")"
  grep -q "^cielo24_job_up{.*} 1\$" "$scratch/metrics" || fail "$1: no job is up: $(cat "$log")"
  kill "$process"
  wait "$process" || fail "$1 did not end well: $(cat "$log")"
  ! "${inside[@]}" /bin/cielo24_exporter health --web.listen-address="$address" >/dev/null 2>&1 ||
    fail "$1: healthy, though it has ended"
}
serves demo demo demo

"${inside[@]}" /bin/cielo24_exporter simulate >"$scratch/api" &
api=$!
until_there grep -qs 'how to inject faults' "$scratch/api"
sed -n '/^accounts:/,/^$/p' "$scratch/api" >"$scratch/configuration/cielo24.yml"
serves exporter simulated --config.file=/etc/cielo24_exporter/cielo24.yml
kill "$api"
wait "$api" || fail "the simulator did not end well"
