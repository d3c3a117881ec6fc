#!/usr/bin/env bash
# Runs Go tests: all of them or none, so one that skips itself is a failure.
#
#   scripts/test.sh PACKAGE… [FLAG…]
set -euo pipefail
cd "$(dirname "$0")/.."

# What a test does outside its own package (another program, a tool) is not part of its cache key: -count=1.
log=$(mktemp)
trap 'rm -f "$log"' EXIT
CGO_ENABLED=1 gotestsum --format=pkgname --format-hide-empty-pkg --hide-summary=skipped --jsonfile="$log" \
  -- -race -shuffle=on -count=1 -parallel=8 -timeout=30m "$@"

skipped=$(sed -nE 's/.*"Action":"skip","Package":"([^"]*)","Test":"([^"]*)".*/  \1 \2/p' "$log")
if [[ -n $skipped ]]; then
  printf 'skipped tests prove nothing; make them run or remove them:\n%s\n' "$skipped" >&2
  exit 1
fi
