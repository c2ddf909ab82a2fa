#!/bin/sh
# Real Debian hosts on this machine: up N | status | ssh NAME | down.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$here/scripts/setup.sh"
exec "$FETTLE_NODE" "$here/lab/main.ts" "$@"
