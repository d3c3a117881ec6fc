#!/usr/bin/env bash
# Runs goreleaser with what is built into the program.
#
#   scripts/release.sh [FLAG…]          goreleaser's own, for release
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/build-info.sh

export VERSION LDFLAGS
exec goreleaser release --clean "$@"
