#!/bin/sh
# Takes the pictures of the README anew: from the browser tests, so that they show what is true.
set -eu
here=$(CDPATH='' cd -- "$(dirname -- "$0")/.." && pwd)
. "$here/scripts/setup.sh"
. "$here/scripts/pages.sh"
cd "$here"
taken=$(mktemp -d)
FETTLE_PICTURES=$taken vitest run --project real test/web/overview.real.test.ts \
  test/web/rollout.real.test.ts test/web/change.real.test.ts
mkdir -p docs/pictures
for name in overview rollout change; do cp "$taken/$name.png" "docs/pictures/$name.png"; done
rm -rf "$taken"
echo "Look at them before you commit them: docs/pictures/"
