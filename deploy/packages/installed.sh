#!/bin/sh
# After a package was installed or upgraded. The service is neither enabled nor started: it needs a token first.
set -e

if [ -d /run/systemd/system ]; then
  systemctl daemon-reload
  systemctl try-restart cielo24_exporter.service
fi
