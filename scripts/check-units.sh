#!/usr/bin/env bash
# Has systemd read the units, rate what the service may do (2.0 of 10 is the most), and hand over a socket.
#
#   scripts/check-units.sh FILE        the built program
set -euo pipefail

scratch=$(mktemp -d)
trap 'kill $(jobs -p) 2>/dev/null || true; rm -rf "$scratch"' EXIT
program=$(realpath "$1")
cd "$(dirname "$0")/.."
units=(cielo24_exporter.service cielo24_exporter.socket)

# systemd wants the program to be there.
for unit in "${units[@]}"; do
  sed "s,/usr/bin/cielo24_exporter,$program," "deploy/systemd/$unit" >"$scratch/$unit"
done
# What it finds wrong it says, but its exit code does not. Without a running systemd it looks for the others' units too.
problems=$(systemd-analyze verify --man=no "${units[@]/#/$scratch/}" 2>&1) || true
[[ -z $problems ]] || { printf '%s\n' "$problems" >&2 && exit 1; }
rating=$(systemd-analyze security --offline=yes --threshold=20 --no-pager "$scratch/cielo24_exporter.service" 2>&1) ||
  { printf '%s\n' "$rating" >&2 && exit 1; }

# As the socket unit does: systemd listens, and starts the exporter when somebody comes.
switch=$(grep -o 'CIELO24_EXPORTER_[A-Z_]*=true' deploy/systemd/cielo24_exporter.socket)
echo 'accounts: [{name: a, api_token: x, jobs: []}]' >"$scratch/cielo24.yml"
systemd-socket-activate --listen="$scratch/socket" --setenv="$switch" \
  "$program" --config.file="$scratch/cielo24.yml" >"$scratch/log" 2>&1 &
activated=$!
answer=$(curl -fsS --max-time 30 --retry 30 --retry-max-time 30 --retry-delay 1 --retry-all-errors --unix-socket "$scratch/socket" \
  http://localhost/-/ready 2>>"$scratch/log") || { cat "$scratch/log" >&2 && exit 1; }
[[ $answer == *ready* ]] || { echo "the exporter on systemd's socket answers: $answer" >&2 && exit 1; }
kill "$activated"
wait "$activated" || { cat "$scratch/log" >&2 && exit 1; }
