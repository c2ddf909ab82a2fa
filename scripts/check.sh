#!/bin/sh
# Format, lint, types, contract drift, architecture and unit tests: everything that is quick.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$here/scripts/setup.sh"
cd "$here"
biome ci --error-on-warnings .
node node_modules/@typescript/native/bin/tsc -p .
node scripts/generate-openapi.ts --check
exec vitest run --project unit
