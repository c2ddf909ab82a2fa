#!/bin/sh
# Format, lint, types, contract drift, architecture and unit tests: everything that is quick.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$here/scripts/setup.sh"
cd "$here"
sh scripts/lint.sh
# Types and tests use different cores; the types say their part when the tests are done.
types=$(mktemp)
sh scripts/types.sh >"$types" 2>&1 &
beside=$!
status=0
# What a change of the engine does under faults takes as long as all the rest; `npm test` plays it.
FETTLE_TEST_QUICK=1 vitest run --project unit || status=$?
wait "$beside" || status=$?
cat "$types"
rm -f "$types"
exit "$status"
