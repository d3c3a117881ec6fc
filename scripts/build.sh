#!/usr/bin/env bash
# Builds the program, static and reproducible.
#
#   scripts/build.sh FILE
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/build-info.sh

into=github.com/prometheus/common/version
ldflags="-s -w
  -X '$into.Version=$VERSION'
  -X '$into.Revision=$REVISION'
  -X '$into.Branch=$BRANCH'
  -X '$into.BuildUser=$BUILD_USER'
  -X '$into.BuildDate=$BUILD_DATE'"

CGO_ENABLED=0 exec go build -trimpath -buildvcs=false -ldflags "$ldflags" -o "$1" .
