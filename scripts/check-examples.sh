#!/usr/bin/env bash
# Has Prometheus' and Alertmanager's own tools read the examples.
set -euo pipefail
cd "$(dirname "$0")/../examples"
shopt -s nullglob

# quietly COMMAND…: what it prints matters only when it fails.
quietly() {
  local output
  output=$("$@" 2>&1) || { printf '%s\n' "$output" >&2 && exit 1; }
}

for file in prometheus/prometheus*.yml; do quietly promtool check config "$file"; done
for file in prometheus/rules/*.rules.yml; do quietly promtool check rules --lint=all --lint-fatal "$file"; done
for file in prometheus/rules/*_test.yml; do quietly promtool test rules "$file"; done
for file in alertmanager/*.yml; do quietly amtool check-config "$file"; done
