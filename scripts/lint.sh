#!/bin/sh
# Format and lint. No rule looks at two files at once, so a file that was fine and has not been written
# since is fine still; all are judged when the rules, the packages or this script changed, and with `--all`.
set -eu
cd "$(dirname -- "$0")/.."
kept=node_modules/.cache/lint
mkdir -p "$kept"
now=$kept/now.$$
touch "$now"
trap 'rm -f "$now"' EXIT
if [ "${1:-}" != --all ] && [ -f "$kept/fine" ] &&
  [ -z "$(find biome.json package-lock.json scripts/lint.sh -newer "$kept/fine")" ]; then
  find . -name node_modules -prune -o -name .git -prune -o -type f -newer "$kept/fine" \
    \( -name '*.ts' -o -name '*.tsx' -o -name '*.js' -o -name '*.mjs' -o -name '*.css' -o -name '*.json' \) \
    -print0 |
    xargs -0 -r biome ci --colors=off --error-on-warnings --no-errors-on-unmatched
else
  biome ci --colors=off --error-on-warnings .
fi
mv "$now" "$kept/fine"
