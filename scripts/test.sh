#!/bin/sh
# Everything: the quick checks, then all tests on real parts (PostgreSQL, sshd, Debian hosts).
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$here/scripts/setup.sh"
cd "$here"
# The types keep one processor busy; style and pages take the other one meanwhile.
types=$(mktemp)
sh scripts/types.sh >"$types" 2>&1 &
beside=$!
status=0
biome ci --colors=off --error-on-warnings . || status=$?
# Once and before all tests: several of them open the pages at the same time.
. "$here/scripts/pages.sh"
wait "$beside" || status=$?
cat "$types"
rm -f "$types"
[ "$status" -eq 0 ] || exit "$status"
exec node scripts/run-tests.ts "$@"
