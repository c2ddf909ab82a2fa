#!/bin/sh
# Six real Debian hosts on this machine, a real patch from advisory to verified, and one that fails.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$here/scripts/setup.sh"
exec "$FETTLE_NODE" "$here/scripts/demo.ts" "$@"
