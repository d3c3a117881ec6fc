#!/usr/bin/env bash
# Checks that a built program says of itself what was put into it, that it is static, and that it does not give away
# where it was built.
#
#   scripts/check-build.sh FILE
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/build-info.sh

want="cielo24_exporter, version $VERSION (branch: $BRANCH, revision: $REVISION)
  build user:       $BUILD_USER
  build date:       $BUILD_DATE"
got=$("$1" version)
if [[ $got != "$want"$'\n'* ]]; then
  printf '%s version says\n%s\nbut was built as\n%s\n' "$1" "$got" "$want" >&2
  exit 1
fi

settings=$(go version -m "$1")
for setting in CGO_ENABLED=0 -trimpath=true; do
  if [[ $settings != *"$setting"* ]]; then
    echo "$1 was built without $setting" >&2
    exit 1
  fi
done

if grep -qF "$PWD/" "$1"; then
  echo "$1 contains the path $PWD/" >&2
  exit 1
fi
