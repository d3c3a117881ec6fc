#!/usr/bin/env bash
# Puts axe-core into a folder, which looks for barriers on the status page. Installs Node.js too where there is no npm.
#
#   scripts/axe.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
source=e2e/axe
into=$1

# The lock file is copied last, so that it stands for a complete installation.
! cmp -s "$source/package-lock.json" "$into/package-lock.json" || exit 0

works() { node --version && npm --version; } >/dev/null 2>&1

if ! works; then
  as_root=()
  if ((EUID != 0)); then
    as_root=(sudo)
    [[ -t 0 ]] || as_root+=(--non-interactive)
  fi
  if command -v apt-get >/dev/null && { ((EUID == 0)) || command -v sudo >/dev/null; }; then
    echo "installing Node.js, for the test of the status page"
    apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    "${apt[@]}" update >/dev/null 2>&1 || true # the package lists may do as they are
    "${apt[@]}" install --yes --no-install-recommends nodejs npm </dev/null >/dev/null 2>&1 || true
  fi
fi
works || {
  echo "no node and npm in PATH, which the test of the status page needs: install the packages nodejs and npm" >&2
  exit 1
}

echo "installing axe-core, for the test of the status page"
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
cp "$source"/package{,-lock}.json "$scratch"
(cd "$scratch" && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error >/dev/null) || {
  echo "could not install the packages that $source/package-lock.json names; is npm's registry reachable?" >&2
  exit 1
}
mkdir -p "$into"
rm -rf "$into/node_modules" "$into/package-lock.json"
mv "$scratch/node_modules" "$into/node_modules"
cp "$source/package-lock.json" "$into/package-lock.json"
