#!/usr/bin/env bash
# Makes sure that there is a Chromium, which the tests of the status page drive.
set -euo pipefail

works() { chromium --version >/dev/null 2>&1; }

works && exit
as_root=()
if ((EUID != 0)); then
  as_root=(sudo)
  [[ -t 0 ]] || as_root+=(--non-interactive)
fi
if command -v apt-get >/dev/null && { ((EUID == 0)) || command -v sudo >/dev/null; }; then
  echo "installing Chromium, for the tests of the status page"
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  "${apt[@]}" update >/dev/null 2>&1 || true # the package lists may do as they are
  "${apt[@]}" install --yes --no-install-recommends chromium fonts-dejavu-core </dev/null >/dev/null 2>&1 || true
fi
works || {
  echo "no chromium in PATH, which the tests of the status page need: install the package chromium" >&2
  exit 1
}
