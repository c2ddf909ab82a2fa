#!/bin/sh
# Everything: the quick checks, then all tests on real parts (PostgreSQL, sshd, Debian hosts).
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$here/scripts/setup.sh"
cd "$here"
biome ci --colors=off --error-on-warnings .
node node_modules/@typescript/native/bin/tsc -p . --checkers 1
node node_modules/@typescript/native/bin/tsc -p web --checkers 1
node scripts/generate-openapi.ts --check
exec node scripts/run-tests.ts "$@"
