# Sourced after setup.sh: builds the pages when they are missing or older than what they are made of.
fettle_pages_fresh() {
  [ -f "$here/dist/web/.built" ] &&
    [ -z "$(find "$here/web" "$here/desk" "$here/src/client" "$here/src/plan" "$here/src/base/instant.ts" "$here/src/base/webauthn-bytes.ts" "$here/src/change" "$here/package-lock.json" -newer "$here/dist/web/.built" -print -quit)" ]
}

# Two that find the pages old must not build over each other: the second waits and finds them fresh.
fettle_build_pages() (
  exec 9>"$here/.pages-build.lock"
  flock 9 2>/dev/null || true
  fettle_pages_fresh || "$FETTLE_NODE" "$here/scripts/build-pages.ts" >&2 9>&-
)

# An installed package has no sources of pages, only the built ones.
if [ -d "$here/web" ] && ! fettle_pages_fresh; then
  if [ -w "$here" ]; then
    echo "fettle: building the pages (once, a few seconds) ..." >&2
    fettle_build_pages ||
      echo "fettle: the pages could not be built; the server and the command line work without them." >&2
  else
    echo "fettle: the pages are not built and this user may not write in $here; run 'npm run build:pages' there as its owner." >&2
  fi
fi
