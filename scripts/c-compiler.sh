#!/usr/bin/env bash
# Makes sure that there is a C compiler that works, which Go's race detector needs.
set -euo pipefail

cc=$(go env CC)
works() { $cc -x c -fsyntax-only - <<<'#include <stdlib.h>' >/dev/null 2>&1; } # a compiler without headers is none

works && exit
as_root=()
if ((EUID != 0)); then
  as_root=(sudo)
  [[ -t 0 ]] || as_root+=(--non-interactive)
fi
if [[ $cc == gcc ]] && command -v apt-get >/dev/null && { ((EUID == 0)) || command -v sudo >/dev/null; }; then
  echo "installing a C compiler, for the race detector"
  apt=("${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0)
  "${apt[@]}" update >/dev/null 2>&1 || true # the package lists may do as they are
  "${apt[@]}" install --yes --no-install-recommends gcc libc6-dev </dev/null >/dev/null 2>&1 || true
fi
works || {
  echo "no working C compiler ($cc), which go test -race needs: install gcc and libc6-dev" >&2
  exit 1
}
