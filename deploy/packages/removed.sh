#!/bin/sh
# After a package was removed. Configuration and secrets stay until a deb is purged.
set -e

if [ "$1" = purge ]; then
  rm -f /etc/cielo24_exporter/token /etc/cielo24_exporter/securekey
fi
if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
fi
