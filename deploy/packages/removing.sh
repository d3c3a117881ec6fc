#!/bin/sh
# Before a package is removed. An upgrade removes the old one too, and says so: deb "upgrade", rpm "1".
set -e

case "$1" in
upgrade | 1) exit 0 ;;
esac
if [ -d /run/systemd/system ]; then
  systemctl disable --now cielo24_exporter.service cielo24_exporter.socket
fi
