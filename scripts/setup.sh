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

if ! fettle_packages_fresh; then
  if ! command -v npm >/dev/null 2>&1; then
    echo "fettle: npm is needed once, to install this clone's packages. Install Debian's nodejs and npm, or Node 24." >&2
    exit 1
  fi
  echo "fettle: installing packages (once; about 10 s) ..." >&2
  # Two starts at once must not install over each other.
  if ! (
    exec 9>"$here/.npm-install.lock"
    flock 9 2>/dev/null || true
    if ! fettle_packages_fresh; then
      cd "$here" && npm ci --no-audit --no-fund --loglevel=error >&2 &&
        cp package-lock.json node_modules/.fettle-installed
    fi
  ); then
    echo "fettle: 'npm ci' failed in $here; its messages are above. Check the network or the npm registry setting and try again." >&2
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
