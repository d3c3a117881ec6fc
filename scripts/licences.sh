#!/usr/bin/env bash
# Writes docs/licences.md: the licence of every module that goes into the program, and the notices and texts that have
# to go with it. With --check, it only says whether the file is as it should be.
#
#   scripts/licences.sh [--check]
set -euo pipefail
cd "$(dirname "$0")/.."
export GOOS=linux GOARCH=amd64 CGO_ENABLED=0 # one answer on every machine

# Licences that a program under the Apache License 2.0 may be made with.
compatible=Apache-2.0,BSD-2-Clause,BSD-3-Clause,ISC,MIT

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# quietly COMMAND…: what it says on standard error matters only when it fails. (It looks for pages to link to.)
quietly() { "$@" 2>"$scratch/log" || { grep -vE '^W[0-9]{4} ' "$scratch/log" >&2 && exit 1; }; }

quietly go-licenses check . --ignore=cielo24_exporter --allowed_licenses="$compatible"
printf '{{range .}}{{.Name}} {{.LicenseName}} {{.LicensePath}}\n{{end}}' >"$scratch/template"
quietly go-licenses report . --ignore=cielo24_exporter --template="$scratch/template" | sed '/^$/d' | sort >"$scratch/report"
(($(wc -l <"$scratch/report") > 10)) || { echo "go-licenses found hardly any module" >&2 && exit 1; }
echo "Go BSD-3-Clause $(go env GOROOT)/LICENSE" >>"$scratch/report"

{
  cat <<'END'
# Licences

cielo24_exporter has the [Apache License 2.0](../LICENSE). This is what it is made with. `make licences` writes this file;
`make check` refuses licences that are not compatible, and this file when it is out of date.

| package | licence |
|---|---|
END
  awk '{ printf "| `%s` | %s |\n", $1, $2 }' "$scratch/report"

  printf '\n## Notices\n'
  while read -r name _ file; do
    notice=$(dirname "$file")/NOTICE
    [[ ! -f $notice ]] || printf '\n`%s`\n\n```text\n%s\n```\n' "$name" "$(tr -d '\r' <"$notice")"
  done <"$scratch/report"

  printf '\n## Texts\n'
  while read -r name _ file; do
    sum=$(sha256sum <"$file") && sum=${sum%% *}
    cp "$file" "$scratch/$sum.text"
    [[ -e $scratch/$sum.names ]] || echo "$sum" >>"$scratch/order"
    echo "\`$name\`" >>"$scratch/$sum.names"
  done <"$scratch/report"
  while read -r sum; do
    printf '\n%s\n\n```text\n%s\n```\n' "$(paste -sd, "$scratch/$sum.names" | sed 's/,/, /g')" "$(tr -d '\r' <"$scratch/$sum.text" | sed 's/[[:space:]]*$//')"
  done <"$scratch/order"
} >"$scratch/licences.md"

if [[ ${1-} == --check ]]; then
  cmp -s "$scratch/licences.md" docs/licences.md || { echo "docs/licences.md is out of date: make licences" >&2 && exit 1; }
else
  cp "$scratch/licences.md" docs/licences.md
fi
