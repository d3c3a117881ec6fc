#!/usr/bin/env bash
# Builds the program, static and reproducible.
#
#   scripts/build.sh FILE
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/build-info.sh

CGO_ENABLED=0 exec go build -trimpath -buildvcs=false -ldflags "$LDFLAGS" -o "$1" .
