#!/bin/sh
# Format, lint, types, contract drift, architecture and unit tests: everything that is quick.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$here/scripts/setup.sh"
cd "$here"
biome ci --colors=off --error-on-warnings .
node node_modules/@typescript/native/bin/tsc -p . --checkers 1
node node_modules/@typescript/native/bin/tsc -p web --checkers 1
node scripts/generate-openapi.ts --check
exec vitest run --project unit
