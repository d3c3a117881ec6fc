#!/usr/bin/env bash
# Builds the container image with buildah, around the program that is built here, so that no registry is needed. It
# becomes dist/image.tar, for docker load or podman load. Needs root.
#
#   scripts/image.sh ARCHITECTURE        as Go names it: amd64
set -euo pipefail
cd "$(dirname "$0")/.."
. scripts/build-info.sh
((EUID == 0)) || { echo "buildah builds images here as root only; with Docker: docker build ." >&2 && exit 1; }

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
buildah=(buildah --root="$scratch/storage" --runroot="$scratch/run" --storage-driver=vfs)
authorities=/etc/ssl/certs/ca-certificates.crt
[[ -s $authorities ]] || { echo "no $authorities: install ca-certificates" >&2 && exit 1; }

# In place of the Dockerfile's stage "build".
install -D --mode=0644 "$authorities" "$scratch/build$authorities"
GOOS=linux GOARCH=$1 scripts/build.sh "$scratch/build/out/linux/$1/cielo24_exporter"

mkdir -p dist
rm -f dist/image.tar
"${buildah[@]}" build --quiet --isolation=chroot --format=docker --platform="linux/$1" --timestamp="${epoch:-0}" \
  --build-context="build=$scratch/build" \
  --build-arg="VERSION=$VERSION" --build-arg="REVISION=$REVISION" \
  --build-arg="CREATED=$(date -u -d "@${epoch:-0}" +%Y-%m-%dT%H:%M:%SZ)" \
  --tag="cielo24_exporter:$VERSION" . >"$scratch/image"
"${buildah[@]}" push --quiet "$(cat "$scratch/image")" "docker-archive:dist/image.tar:cielo24_exporter:$VERSION"
