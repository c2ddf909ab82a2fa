# Sourced with $here = the clone. Installs the npm packages when they are missing or older than the
# lock file, and sets FETTLE_NODE to a Node that is new enough (Node 24 comes with the packages).
fettle_node_ok() {
  [ -x "$1" ] && "$1" -e '
    const [major, minor] = process.versions.node.split(".").map(Number);
    process.exit(major > 22 || (major === 22 && minor >= 18) ? 0 : 1)' 2>/dev/null
}

fettle_packages_fresh() {
  [ -f "$here/node_modules/.fettle-installed" ] &&
    cmp -s "$here/package-lock.json" "$here/node_modules/.fettle-installed"
}

# npm's own words go to a file: a good run needs none of them, and of a bad one the errors are shown.
fettle_npm_ci() {
  if npm ci --no-audit --no-fund --no-progress --loglevel=error >"$here/.npm-install.log" 2>&1; then
    cp "$here/package-lock.json" "$here/node_modules/.fettle-installed" &&
      rm -f "$here/.npm-install.log"
  else
    head -n 12 "$here/.npm-install.log" >&2
    return 1
  fi
}

if ! fettle_packages_fresh; then
  if ! command -v npm >/dev/null 2>&1; then
    echo "fettle: npm is needed once, to install this clone's packages. Install Debian's nodejs and npm, or Node 24." >&2
    exit 1
  fi
  # npm would empty the folder behind the link, which other clones may be using.
  if [ -L "$here/node_modules" ]; then
    echo "fettle: node_modules of $here is a link, and what it holds is not what package-lock.json names. Remove the link, or install there, and try again." >&2
    exit 1
  fi
  if ! [ -w "$here" ]; then
    echo "fettle: the packages of $here are not installed and this user may not write there. Run ./fettle once as its owner." >&2
    exit 1
  fi
  echo "fettle: installing this clone's packages (once, 470 MB, up to a minute) ..." >&2
  # Two starts at once must not install over each other.
  if ! (
    exec 9>"$here/.npm-install.lock"
    flock 9 2>/dev/null || true
    if ! fettle_packages_fresh; then
      cd "$here" && fettle_npm_ci
    fi
  ); then
    echo "fettle: 'npm ci' failed in $here; its messages are above and in .npm-install.log. Check the network or the npm registry setting and try again." >&2
    exit 1
  fi
fi

FETTLE_NODE=$here/node_modules/.bin/node
if ! fettle_node_ok "$FETTLE_NODE"; then
  FETTLE_NODE=$(command -v node || true)
  if ! fettle_node_ok "$FETTLE_NODE"; then
    echo "fettle: needs Node 22.18 or newer; npm has none for $(uname -sm). Install Node 24 and try again." >&2
    exit 1
  fi
fi
export FETTLE_NODE
PATH=$here/node_modules/.bin:$PATH
export PATH
# Node keeps what it compiled, which takes a third off every later start. Where the folder cannot be
# written it does without.
NODE_COMPILE_CACHE=${NODE_COMPILE_CACHE:-$here/node_modules/.cache/node}
export NODE_COMPILE_CACHE
