#!/usr/bin/env bash
# Carries out plans drawn at random against the contract, as many at a time as there are cores, and prints the rate.
#
#   [SEED=N] scripts/properties.sh CHECKS
#
# The same seed (1 if none is given) draws the same plans.
set -euo pipefail
cd "$(dirname "$0")/.."

checks=$1
seed=${SEED:-1}
cores=$(nproc)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
go test -c -o "$work/property.test" ./collector/property

start=$(date +%s%N)
pids=()
for ((i = 0; i < cores; i++)); do
  # One scheduler each: a plan is carried out by few goroutines at a time, and the same way again when it is shrunk.
  GOMAXPROCS=1 "$work/property.test" -rapid.checks=$(((checks + cores - 1) / cores)) -rapid.seed=$((seed + i)) -test.timeout=0 >"$work/$i.log" 2>&1 &
  pids+=($!)
done
failed=0
for ((i = 0; i < cores; i++)); do
  wait "${pids[i]}" || { failed=1; cat "$work/$i.log" >&2; }
done
took=$(($(date +%s%N) - start))
echo "seeds $seed to $((seed + cores - 1))"
awk -v n="$checks" -v ns="$took" 'BEGIN { printf "%d checks in %.1f s, %.1f a second\n", n, ns / 1e9, n / (ns / 1e9) }'
exit $failed
