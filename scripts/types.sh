#!/bin/sh
# Types of server and pages, and drift of the contract. What was checked before is kept beside the
# packages, so that a second run looks only at what changed.
set -eu
cd "$(dirname -- "$0")/.."
kept=node_modules/.cache/types
mkdir -p "$kept"
for part in . web desk; do
  name=$part
  [ "$part" = . ] && name=server
  node node_modules/@typescript/native/bin/tsc -p "$part" --checkers 1 \
    --incremental --tsBuildInfoFile "$kept/$name.json"
done
node scripts/generate-openapi.ts --check
