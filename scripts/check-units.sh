#!/usr/bin/env bash
# Has systemd read the units, and rate what the service may do: 2.0 of 10 is the most.
#
#   scripts/check-units.sh FILE        the built program
set -euo pipefail

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
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
