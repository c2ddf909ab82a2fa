#!/bin/sh
# The command of an installed package: finds a Node that is new enough and runs the program on it.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$(readlink -f -- "$0")")" && pwd)
program=$here/program/node/cli.js
# Node 24 comes as an optional package: inside this one when installed globally, else beside it.
for node in "$here"/node_modules/node-linux-*/bin/node "$here"/../node-linux-*/bin/node; do
  [ ! -x "$node" ] || exec "$node" "$program" "$@"
done
version=$(node --version 2>/dev/null || true)
version=${version#v}
major=${version%%.*}
minor=${version#*.}
minor=${minor%%.*}
if [ "${major:-0}" -gt 22 ] || { [ "${major:-0}" -eq 22 ] && [ "$minor" -ge 18 ]; }; then
  exec node "$program" "$@"
fi
echo "fettle: needs Node 22.18 or newer and found ${version:-none} on the PATH. Install Node 24, or this package with its optional packages (npm install without --omit=optional)." >&2
exit 1
