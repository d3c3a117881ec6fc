#!/usr/bin/env bash
# Fuzzes every fuzz target, one after the other. Inputs that fail are kept in the package's testdata/fuzz.
#
#   scripts/fuzz.sh TIME
set -euo pipefail
cd "$(dirname "$0")/.."

targets=$(grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' . | sort) || exit 0
while IFS=: read -r file _ target; do
  go test -run='^$' -fuzz="^${target#func }\$" -fuzztime="$1" -fuzzminimizetime=1x "$(dirname "$file")" </dev/null
done <<<"$targets"
