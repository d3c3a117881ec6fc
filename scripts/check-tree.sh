#!/usr/bin/env bash
# Looks through the files that are or would be committed, for what does not belong there: paths of the machine, hosts of
# its package registries, scripts that do not parse.
set -euo pipefail
cd "$(dirname "$0")/.."

files=(git grep --untracked)
[[ -e .git ]] || files=(git grep --no-index --exclude-standard)
status=0

# refuse WHAT PATTERN: no line of any file may match the extended regular expression.
refuse() {
  local found
  if found=$("${files[@]}" -nIE -e "$2"); then
    printf '%s:\n%s\n' "$1" "$found" >&2
    status=1
  fi
}

# literally TEXT: as a regular expression.
literally() { sed 's/[][\.*^$+?(){}|]/\\&/g' <<<"$1"; }

for path in "$(pwd -P)" "${HOME:-}"; do
  if [[ $path == /?* && $path != /tmp ]]; then # a home that is none tells nothing
    refuse "a path of this machine" "(^|[^[:alnum:]._-])$(literally "${path%/}")(/|$)"
  fi
done
refuse "a path of someone's machine" '(^|[^[:alnum:]._-])/(home|Users)/[[:alnum:]_]'

hosts() {
  go env GOPROXY | tr ',|' '\n\n'
  ! command -v npm >/dev/null || npm config get registry
  ! command -v apt-get >/dev/null || apt-get indextargets --format '$(SITE)'
}
for host in $({ hosts 2>/dev/null || true; } | sed -nE 's,^https?://([^@/]*@)?([^/:]+).*,\2,p' | sort -u); do
  refuse "the host of a package registry" "(^|[^[:alnum:].-])$(literally "$host")"
done

refuse "left over from a merge" '^(<<<<<<<|>>>>>>>) '

while IFS= read -r script; do
  bash -n "$script" || status=1
done < <("${files[@]}" -lE '^#!.*[ /]bash$' -- scripts .ci)

exit "$status"
