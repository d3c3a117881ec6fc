#!/usr/bin/env bash
# Makes sure that there is what the checks of packages, image, units, completions and manual page need of the system.
set -euo pipefail

# Programs, and Debian's packages that have them.
declare -A package=(
  [buildah]=buildah [curl]=curl [fish]=fish [mandoc]=mandoc [rpm]=rpm [systemd-analyze]=systemd
  [unshare]=util-linux [zsh]=zsh
)

missing=()
look() {
  missing=()
  local program
  for program in "${!package[@]}"; do
    command -v "$program" >/dev/null || missing+=("${package[$program]}")
  done
}

look
((${#missing[@]})) || exit 0
as_root=()
if ((EUID != 0)); then
  as_root=(sudo)
  [[ -t 0 ]] || as_root+=(--non-interactive)
fi
if command -v apt-get >/dev/null && { ((EUID == 0)) || command -v sudo >/dev/null; }; then
  echo "installing ${missing[*]}, for the checks of packages"
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 -o Acquire::Retries=3)
  "${apt[@]}" update >/dev/null 2>&1 || true # the package lists may do as they are
  "${apt[@]}" install --yes --no-install-recommends "${missing[@]}" </dev/null >/dev/null 2>&1 || true
fi
look
if ((${#missing[@]})); then
  echo "missing, for the checks of packages: install ${missing[*]}" >&2
  exit 1
fi
