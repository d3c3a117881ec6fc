#!/usr/bin/env bash
# Puts the Node.js packages of e2e/grafana/node into a folder: Grafana's own code, which the tests of the dashboard run.
# Installs Node.js too where there is none.
#
#   scripts/node-packages.sh FOLDER
set -euo pipefail
cd "$(dirname "$0")/.."
source=e2e/grafana/node
into=$1

works() { node --version && npm --version; } >/dev/null 2>&1

if ! works; then
  as_root=()
  if ((EUID != 0)); then
    as_root=(sudo)
    [[ -t 0 ]] || as_root+=(--non-interactive)
  fi
  if command -v apt-get >/dev/null && { ((EUID == 0)) || command -v sudo >/dev/null; }; then
    echo "installing Node.js, for the tests of the dashboard"
    apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
    "${apt[@]}" update >/dev/null 2>&1 || true # the package lists may do as they are
    "${apt[@]}" install --yes --no-install-recommends nodejs npm </dev/null >/dev/null 2>&1 || true
  fi
fi
works || {
  echo "no node and npm in PATH, which the tests of the dashboard need: install the packages nodejs and npm" >&2
  exit 1
}

# The lock file is copied last, so that it stands for a complete installation.
! cmp -s "$source/package-lock.json" "$into/package-lock.json" || exit 0
echo "installing Grafana's own code, for the tests of the dashboard"
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
