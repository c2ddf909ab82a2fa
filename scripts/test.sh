#!/bin/sh
# Everything: the quick checks, then all tests on real parts (PostgreSQL, sshd, Debian hosts).
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$here/scripts/setup.sh"
cd "$here"
biome ci --colors=off --error-on-warnings .
sh scripts/types.sh
# Once and before all tests: several of them open the pages at the same time.
. "$here/scripts/pages.sh"
exec node scripts/run-tests.ts "$@"
