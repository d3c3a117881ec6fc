#!/usr/bin/env bash
# Puts prometheus, promtool, alertmanager and amtool into a folder, for the tests.
#
#   scripts/debian-tools.sh FOLDER
#
# They come out of Debian's packages, unpacked and not installed: no daemon is started, not even the package lists change.
# Two templates go where the package would put them, since Debian's Alertmanager looks for them nowhere else. Where
# packages can't be had, what is in PATH has to do.
set -euo pipefail

mkdir -p "$1"
into=$(cd "$1" && pwd)
PATH=${PATH//"$into:"/} # what was put there before is not what the system has
programs=(prometheus promtool alertmanager amtool)
templates=/usr/share/prometheus/alertmanager

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# unpack takes the packages apart in $scratch/tree; apt gets lists and a cache of its own there.
unpack() {
  mkdir -p "$scratch"/{lists,archives}/partial
  local apt=(apt-get -qq
    -o Dir::State::lists="$scratch/lists"
    -o Dir::Cache="$scratch" -o Dir::Cache::archives="$scratch/archives"
    -o APT::Sandbox::User=root
    -o Acquire::Retries=3
    -o Acquire::Languages=none
    -o Acquire::IndexTargets::deb::DEP-11::DefaultEnabled=false)
  "${apt[@]}" update || true # a broken third-party source does not matter here; a missing package is noticed below
  (cd "$scratch" && "${apt[@]}" download prometheus prometheus-alertmanager) || return
  local package
  for package in "$scratch"/*.deb; do
    dpkg-deb --extract "$package" "$scratch/tree" || return
  done
  mv "$scratch"/tree/usr/bin/prometheus-alertmanager "$scratch"/tree/usr/bin/alertmanager
  mkdir -p "$templates" && cp -n "$scratch/tree$templates"/*.tmpl "$templates"
}

if ! command -v apt-get >/dev/null || ! unpack >"$scratch/log" 2>&1; then
  missing=()
  for program in "${programs[@]}"; do
    command -v "$program" >/dev/null || missing+=("$program")
  done
  if ((${#missing[@]})); then
    [[ ! -s $scratch/log ]] || cat "$scratch/log" >&2
    echo "not in PATH: ${missing[*]}. Run this as root, or install Prometheus 2.42 and Alertmanager 0.25, or later ones" >&2
    exit 1
  fi
  mkdir -p "$scratch/tree/usr/bin"
  for program in "${programs[@]}"; do
    ln -s "$(command -v "$program")" "$scratch/tree/usr/bin/$program"
  done
fi

for program in "${programs[@]}"; do
  "$scratch/tree/usr/bin/$program" --version >/dev/null 2>&1 || { echo "$program does not run on this machine" >&2 && exit 1; }
  mv -f "$scratch/tree/usr/bin/$program" "$into/$program"
done
