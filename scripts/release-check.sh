#!/usr/bin/env bash
# Checks the release configuration, and builds a release of this commit without its images, which need Docker. The
# programs in it must be those that `make build` makes, and the packages and programs must be in its checksums.
#
#   scripts/release-check.sh
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/build-info.sh

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT

# quietly COMMAND…: what it prints matters only when it fails.
quietly() { "$@" >"$scratch/log" 2>&1 || { cat "$scratch/log" >&2 && exit 1; }; }

[[ -n $(git remote) ]] || { echo "goreleaser wants to know where it would publish: git remote add origin URL" >&2 && exit 1; }
quietly goreleaser check
quietly scripts/release.sh --snapshot --skip=docker

cd dist/release
ln -s ../packages/* . # as they lie side by side once they are published
quietly sha256sum --check sha256sums.txt
count=$(find . -maxdepth 1 \( -name '*.tar.gz' -o -name '*.cdx.json' -o -name '*.deb' -o -name '*.rpm' -o -name '*.apk' \) | wc -l)
listed=$(wc -l <sha256sums.txt)
[[ $count == "$listed" && $count == 14 ]] || { echo "$count files to release, of 14, and $listed checksums" >&2 && exit 1; }
for sbom in *.cdx.json; do
  grep -q 'pkg:golang/github.com/alecthomas/kong@' "$sbom" || { echo "$sbom does not know what the program is made of" >&2 && exit 1; }
done
for archive in *.tar.gz; do
  system=$(sed -E 's/.*\.(linux|darwin)-([a-z0-9]+)\.tar\.gz/\1 \2/' <<<"$archive")
  tar --extract --file="$archive" --directory="$scratch" --strip-components=1
  GOOS=${system% *} GOARCH=${system#* } ../../scripts/build.sh "$scratch/built"
  cmp "$scratch/cielo24_exporter" "$scratch/built"
done
