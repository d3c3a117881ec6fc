#!/usr/bin/env bash
# Builds the deb, rpm and apk packages into dist/packages, for every architecture named. The same commit gives the same
# deb and rpm.
#
#   scripts/packages.sh ARCHITECTURE…        as Go names it: amd64 arm64
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/build-info.sh

# Only a release has a version that packages can have.
PACKAGE_VERSION=$VERSION
[[ $VERSION =~ ^[0-9]+\.[0-9]+\.[0-9]+(-[a-z]+[0-9]*)?$ ]] || PACKAGE_VERSION=0.0.0-git$(tr -cd 0-9 <<<"$BUILD_DATE")
export SOURCE_DATE_EPOCH=${epoch:-0} PACKAGE_VERSION

stage=dist/stage
rm -rf dist/packages "$stage"
mkdir -p dist/packages "$stage"

# What the program says of itself, on whatever machine builds.
here=$stage/here
env -u GOOS -u GOARCH scripts/build.sh "$here"
"$here" man | gzip -9n >"$stage/cielo24_exporter.1.gz"
for shell in bash zsh fish; do
  "$here" completion "$shell" >"$stage/completion.$shell"
done

for ARCH in "$@"; do
  export ARCH
  GOOS=linux GOARCH=$ARCH scripts/build.sh "$stage/cielo24_exporter"
  for format in deb rpm apk; do
    nfpm package --config=deploy/packages/nfpm.yaml --packager="$format" --target=dist/packages >"$stage/log" 2>&1 ||
      { cat "$stage/log" >&2 && exit 1; } # on standard output it says what is wrong, too
  done
done
