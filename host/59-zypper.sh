# What zypper says on hosts of SUSE: what its repositories offer, what a transaction would be, the files, and
# the transaction itself. zypper tells people and programs the same thing, the latter in XML (`--xmlout`); the
# digests of what is offered stand in the signed lists that libzypp keeps. Lists are refreshed only into a
# folder of our own, as with apt. What comes out has the form of part 58.

ZYPP_CACHE=$APT_DIR/zypp
ZYPP_CACHE_MACHINE=/var/cache/zypp
ZYPP_PID=/run/zypp.pid

# Which of the two carries out jobs on a host of rpm, in RPM_TOOL: dnf or zypper; 1 where neither does.
rpm_tool() {
  [ -z "${RPM_TOOL:-}" ] || return 0
  if [ -x /usr/bin/zypper ] && [ -d /etc/zypp/repos.d ] &&
    { grep -Eqs '^ID(_LIKE)?=.*(suse|sle[sd])' /etc/os-release || ! dnf_python; }; then
    RPM_TOOL=zypper
  elif dnf_python; then
    RPM_TOOL=dnf
  else
    return 1
  fi
}

# XML on standard output. Whoever only asks needs no lock of the machine's.
zypper_ask() { # DIR argument…
  za_lock=$1/zypp.lock
  shift
  [ -d "$za_lock/run" ] || mkdir -p "$za_lock/run"
  unlocked env "ZYPP_LOCKFILE_ROOT=$za_lock" zypper --non-interactive --xmlout "$@" </dev/null 2>/dev/null
}

zypper_lists() {
  ZYPP_LISTS=$ZYPP_CACHE_MACHINE
  [ ! -d "$ZYPP_CACHE" ] || ZYPP_LISTS=$ZYPP_CACHE
}

# With `<` as the end of a record each tag is one, its text behind it.
# shellcheck disable=SC2016 # awk's own variables
AWK_XML='
function attr(name,   at) {
  at = index($0, " " name "=\"")
  if (!at) return ""
  at = substr($0, at + length(name) + 3)
  return plain(substr(at, 1, index(at, "\"") - 1))
}
function inner() { return plain(substr($0, index($0, ">") + 1)) }
function plain(text) {
  gsub(/[ \t\r\n]+/, " ", text); sub(/^ /, "", text); sub(/ $/, "", text)
  gsub(/&lt;/, "<", text); gsub(/&gt;/, ">", text)
  gsub(/&quot;/, "\"", text); gsub(/&apos;/, "\047", text); gsub(/&amp;/, "\\&", text)
  return text
}'

# The words of people among what zypper said, the weightiest first.
# shellcheck disable=SC2016
AWK_ZYPPER_WORDS="$AWK_XML"'
/^message type="error"/ || /^description>Problem/ || /^message type="warning">.*Signature/ {
  line = inner()
  if (line != "" && line !~ /^Cannot read input/ && n++ < most) print substr(line, 1, 250)
}'

zypper_words() { # FILE MOST
  awk -v RS='<' -v most="$2" "$AWK_ZYPPER_WORDS" "$1" | tr -cd '\n -~'
}

# What zypper would do: verb, name, architecture, old and new version, old architecture, by tabs. Patches and
# products are names for sets of packages and are not installed.
# shellcheck disable=SC2016
AWK_ZYPPER_MOVES="$AWK_XML"'
/^to-/ { section = substr($0, 4); sub(/>.*/, "", section) }
/^\/install-summary/ { whole = 1 }
/^solvable type="package"/ {
  name = attr("name"); arch = attr("arch"); to = attr("edition"); from = attr("edition-old")
  was = attr("arch-old")
  if (section == "remove") { from = to; was = arch; to = "-" }
  if (section ~ /^reinstall/) from = to
  verb = to == "-" ? "remove" : from == "" ? "install" : section ~ /^downgrade/ ? "downgrade" : "upgrade"
  print verb "\t" name "\t" arch "\t" (from == "" ? "-" : from) "\t" to "\t" (was == "" ? "-" : was)
}
END { if (!whole) exit 1 }'

zypper_moves() { # FILE
  awk -v RS='<' "$AWK_ZYPPER_MOVES" "$1"
}

# --- What repositories offer --------------------------------------------------------------------

# Which repositories may show an index without signature, `*` for all. zypper's own answer says 1 for
# repo_gpgcheck whenever gpgcheck is on; libzypp demands a signature unless one of these files says no.
zypper_loose() {
  (
    set +f --
    for zo_file in /etc/zypp/zypp.conf /usr/etc/zypp/zypp.conf /etc/zypp/zypp.conf.d/*.conf \
      /usr/etc/zypp/zypp.conf.d/*.conf /etc/zypp/repos.d/*.repo; do
      [ ! -f "$zo_file" ] || set -- "$@" "$zo_file"
    done
    [ $# -eq 0 ] || awk '
      FNR == 1 { alias = FILENAME ~ /conf$/ ? "*" : "" }
      /^[ \t]*\[/ && alias != "*" { alias = $0; sub(/^[ \t]*\[/, "", alias); sub(/\].*/, "", alias) }
      /^[ \t]*repo_gpgcheck[ \t]*=/ {
        value = tolower($0); sub(/^[^=]*=/, "", value); gsub(/[ \t\r]/, "", value)
        if (value !~ /^(1|yes|true|on|always)$/) print alias
      }' "$@"
  )
}

# As dnf_scan: `dnf.out` in DIR, of the same rows.
zypper_scan() { # DIR refresh|cached newer|all PACKAGES
  zypper_lists
  if [ "$2" = refresh ] && mkdir -p "$ZYPP_CACHE" 2>/dev/null; then
    ZYPP_LISTS=$ZYPP_CACHE
    ZYPP_LOCKFILE_ROOT=$1/zypp.lock
    mkdir -p "$ZYPP_LOCKFILE_ROOT/run"
    (
      export ZYPP_LOCKFILE_ROOT
      exec 9>&-
      exec timeout -k 5 "$REFRESH_LIMIT_S" zypper --non-interactive --xmlout --cache-dir "$ZYPP_CACHE" refresh
    ) </dev/null >"$1/zypp.refresh" 2>/dev/null ||
      zypper_words "$1/zypp.refresh" 2 >"$1/refresh.failed"
  fi
  zypper_ask "$1" --no-refresh repos -E >"$1/zypp.repos.xml"
  zypper_loose >"$1/zypp.loose"
  awk -v loose_file="$1/zypp.loose" "$AWK_XML"'
    BEGIN {
      while ((getline line <loose_file) > 0) loose[line] = 1
      RS = "<"
    }
    /^repo / {
      alias = attr("alias"); name = attr("name"); gsub(/[\\\t]/, "", name)
      signed = ("*" in loose) || (alias in loose) ? "signed index-unsigned" : "signed index-signed"
      if (attr("gpgcheck") != "1") signed = "unsigned"
    }
    /^url>/ {
      url = inner(); sub(/\/+$/, "", url)
      # libzypp writes a folder without the empty name of its machine.
      if (url ~ /^(file|dir):\/[^\/]/) { sub(/:/, "://", url) }
      # A password that stands in the address is nobody else'"'"'s.
      sub(/\/\/[^\/@]*@/, "//", url)
      if (alias != "") print alias "\t" url "\t" signed "\t" name
      alias = ""
    }' "$1/zypp.repos.xml" | tr -cd '\n\t -~' >"$1/zypp.repos"
  read_clock
  zs_none='' zs_old='' zs_newest=0 zs_count=0 zs_oldest=$NOW_S
  : >"$1/dnf.out"
  while IFS=$TAB read -r zs_alias zs_url zs_signed zs_name; do
    zs_count=$((zs_count + 1))
    zs_id=$(printf '%s' "$zs_alias" | tr ' ' _)
    printf 'source\t%s\t%s\t-\t%s\n' "$(printf '%s' "$zs_url" | tr ' ' _)" "$zs_id" "$zs_signed" >>"$1/dnf.out"
    zs_dir=$ZYPP_LISTS/raw/$(printf '%s' "$zs_alias" | tr / _)
    zs_read=$(stat -c %Y "$zs_dir/repodata/repomd.xml" 2>/dev/null) || zs_read=''
    if ! is_number "$zs_read" || ! zypper_index "$zs_dir"; then
      zs_none=${zs_none:-$zs_id}
      continue
    fi
    [ "$ZI_AT" -le "$zs_newest" ] || zs_newest=$ZI_AT
    [ "$zs_read" -ge "$zs_oldest" ] || zs_oldest=$zs_read
    [ $((NOW_S - zs_read)) -le "$LISTS_AGE_MAX_S" ] || zs_old=${zs_old:-$zs_id}
    zypper_unpack "$zs_dir/$ZI_FILE" |
      awk -F '\t' -v mode="$3" -v repo="$zs_id" -v url="$zs_url" -v origin="$zs_name" \
        "$AWK_XML$AWK_RPM_VERSIONS$AWK_PRIMARY" T=packages "$4" RS='<' T=primary - >>"$1/dnf.out" ||
      zs_none=${zs_none:-$zs_id}
  done <"$1/zypp.repos"
  if [ "$zs_count" -eq 0 ]; then
    printf 'lists\tnone\t0\tno source is enabled\n'
  elif [ -n "$zs_none" ]; then
    printf 'lists\tnone\t%s\tnever read, or not any more: %s\n' "$zs_newest" "$zs_none"
  elif [ -n "$zs_old" ]; then
    printf 'lists\tstale\t%s\tnot read for %s days: %s\n' "$zs_newest" $(((NOW_S - zs_oldest) / 86400)) "$zs_old"
  else
    printf 'lists\tok\t%s\tread %s s ago\n' "$zs_newest" $((NOW_S - zs_oldest))
  fi >>"$1/dnf.out"
}

# When a repository's lists were made, in ZI_AT, and its list of packages, in ZI_FILE.
zypper_index() { # FOLDER
  # shellcheck disable=SC2046 # a number and a name without blanks
  set -- "$1" $(awk -v RS='<' "$AWK_XML"'
    /^data / { is = attr("type") == "primary" }
    /^location / && is && file == "" { file = attr("href") }
    /^timestamp>/ && inner() + 0 > at { at = inner() + 0 }
    END { if (file ~ /^repodata\/[A-Za-z0-9._-]+$/) printf "%.0f %s\n", at, file }' \
    "$1/repodata/repomd.xml" 2>/dev/null)
  [ $# -eq 3 ] && [ -s "$1/$3" ] || return 1
  ZI_AT=$2 ZI_FILE=$3
}

zypper_unpack() { # FILE
  case $1 in
    *.gz) exec gzip -dc "$1" ;;
    *.zst) exec zstd -dcq "$1" ;;
    *.xz) exec xz -dc "$1" ;;
    *.bz2) exec bzip2 -dc "$1" ;;
    *) exec cat "$1" ;;
  esac 2>/dev/null
}

# Of a list of packages what the mode wants: `newer`, the installed version and above; `all`, every version.
# A list that is cut short is none (exit 1).
# shellcheck disable=SC2016
AWK_PRIMARY='
T == "packages" {
  known[$1] = 1
  k = $1 SUBSEP $2
  if (!(k in have) || dcmp($3, have[k]) > 0) have[k] = $3
  next
}
/^rpm:e/ { next }
/^package / { name = arch = evr = sha = size = kb = file = source = "" }
/^name>/ { if (name == "") name = inner() }
!(name in known) { if (/^\/metadata>/) whole = 1; next }
/^arch>/ { arch = inner() }
/^version / {
  epoch = attr("epoch") + 0 ? attr("epoch") ":" : ""
  evr = epoch attr("ver") "-" attr("rel")
}
/^checksum / { sha = attr("type") == "sha256" ? inner() : "" }
/^size / { size = attr("package") + 0; kb = int((attr("installed") + 0) / 1024) }
/^location / { file = attr("href") }
/^rpm:sourcerpm>/ { source = inner() }
/^\/package>/ && arch != "src" && length(sha) == 64 {
  k = name SUBSEP arch
  if (mode == "newer" && (!(k in have) || dcmp(evr, have[k]) < 0)) next
  of = name; version = evr
  if (sub(/\.(no)?src\.rpm$/, "", source) && match(source, /-[^-]+-[^-]+$/)) {
    version = epoch substr(source, RSTART + 1); of = substr(source, 1, RSTART - 1)
  }
  print "offer\t" name "\t" arch "\t" evr "\t" sha "\t" size "\t" (origin == "" ? repo : origin) "\t" repo \
    "\t-\t" of "\t" version "\t" url "/" file "\t" kb
}
/^\/metadata>/ { whole = 1 }
END { if (!whole) exit 1 }'

# --- The transaction ----------------------------------------------------------------------------

# What zypper would really do for exactly these versions, as the rows `problem` and `move` of part 58.
zypper_resolve() { # DIR
  zypper_lists
  zr_dir=$1
  set --
  while read -r zr_name zr_arch zr_version; do
    set -- "$@" "$zr_name.$zr_arch=$zr_version"
  done <"$zr_dir/wants"
  zypper_ask "$zr_dir" --no-refresh --cache-dir "$ZYPP_LISTS" install --dry-run --details --no-recommends \
    --oldpackage --auto-agree-with-licenses "$@" >"$zr_dir/zypp.dry"
  zr_code=$?
  if ! zypper_moves "$zr_dir/zypp.dry" >"$zr_dir/zypp.moves" ||
    { [ "$zr_code" -ne 0 ] && [ "$zr_code" -lt 100 ]; }; then
    zypper_words "$zr_dir/zypp.dry" 5 | sed 's/^/problem zypper says: /'
    say "problem zypper ended with code $zr_code"
    return 0
  fi
  cut -f 2,3,5 "$zr_dir/zypp.moves" >"$zr_dir/zypp.names"
  zypper_scan "$zr_dir" cached all "$zr_dir/zypp.names"
  awk -F '\t' '
    T == "wants" { split($0, w, " "); wanted[w[1], w[2]] = w[3]; next }
    T == "offers" {
      if ($1 != "offer") next
      k = $2 SUBSEP $3 SUBSEP $4
      if (!(k in sha)) { sha[k] = $5; size[k] = $6 }
      next
    }
    {
      k = $2 SUBSEP $3 SUBSEP $5; old = $2 SUBSEP $6 SUBSEP $4
      if (($2, $3) in wanted) done[$2, $3] = $5
      print "move\t" $1 "\t" $2 "\t" $3 "\t" $4 "\t" $5 "\t" (k in sha ? sha[k] : "-") "\t" \
        (k in size ? size[k] : 0) "\t" (old in sha ? sha[old] : "-") "\t" $6
    }
    END {
      for (k in wanted) if ((k in done) && (done[k] "") != (wanted[k] "")) {
        split(k, w, SUBSEP)
        print "problem zypper took " done[k] " of " w[1] ", not " wanted[k]
      }
    }' T=wants "$zr_dir/wants" T=offers "$zr_dir/dnf.out" T=moves "$zr_dir/zypp.moves"
}

# Files of the missing rows into FOLDER, by digest; zypper looks at their signatures as well. Of two versions of
# one package it brings the newer, so what is to come and what is to come back is asked for apart.
zypper_fetch() { # FOLDER
  zf_ended=0
  mkdir -p "$WORK/zypp.lock/run"
  for zf_kind in new old; do zypper_bring "$1" "$zf_kind" || zf_ended=1; done
  find "$1" -type f -name '*.rpm' -exec sha256sum {} + >"$WORK/zypp.sums" 2>/dev/null
  while read -r zf_sha zf_file; do mv "$zf_file" "$1/$zf_sha.rpm"; done <"$WORK/zypp.sums"
  return "$zf_ended"
}

zypper_bring() { # FOLDER new|old
  zb_folder=$1
  awk -v kind="$2" 'FILENAME ~ /fetch$/ { need[$1] = 1; next }
    ($1 in need) && $2 == kind { print $4 "." $5 "=" $6 }' "$WORK/fetch" "$WORK/wanted" >"$WORK/zypp.specs"
  set --
  while read -r zb_spec; do set -- "$@" "$zb_spec"; done <"$WORK/zypp.specs"
  [ $# -gt 0 ] || return 0
  run_fetch "$LIMIT_FETCH" env "ZYPP_LOCKFILE_ROOT=$WORK/zypp.lock" zypper --non-interactive \
    --no-refresh --cache-dir "$ZYPP_LISTS" --pkg-cache-dir "$zb_folder" download "$@"
  zb_code=$?
  [ "$zb_code" -eq 0 ] || [ "$zb_code" -ge 100 ]
}

# How rows are named to zypper, one word a line: their staged files, `!NAME.ARCH=VERSION` for a removal.
zypper_arguments() { # ROWS FOLDER
  awk -F '\t' -v folder="$2" '
    $2 == "remove" { print "!" $3 "." $4 "=" $8; next }
    { print folder "/" $7 ".rpm" }' "$1"
}

# No repository takes part in a transaction: only files that were staged.
zypper_settings() {
  [ -d "$JOB/norepos" ] || mkdir -p "$JOB/norepos" "$WORK/zypp.lock/run"
  ZYPP_STAGED="--non-interactive --xmlout --no-refresh --reposd-dir $JOB/norepos --cache-dir $WORK/zypp.cache
install --details --no-recommends --oldpackage --auto-agree-with-licenses"
}

# The dry run, and a test run of rpm's over the same files, which knows of files that two packages claim and
# of room that is not there.
zypper_dry() { # ROWS FOLDER
  zypper_settings
  zd_rows=$1 zd_folder=$2
  zypper_expected "$zd_rows" >"$WORK/zypp.expected"
  set --
  while read -r zd_word; do set -- "$@" "$zd_word"; done <<WORDS
$(zypper_arguments "$zd_rows" "$zd_folder")
WORDS
  # shellcheck disable=SC2086 # fixed options only
  unlocked env "ZYPP_LOCKFILE_ROOT=$WORK/zypp.lock" zypper $ZYPP_STAGED --dry-run "$@" </dev/null \
    >"$WORK/zypp.dry" 2>/dev/null
  zd_code=$?
  zypper_moves "$WORK/zypp.dry" >"$WORK/zypp.moves" || {
    zypper_words "$WORK/zypp.dry" 3 >&2
    [ "$zd_code" -eq "$ZYPPER_LOCKED" ] && return "$DNF_LOCKED"
    return "$DNF_NONE"
  }
  awk -F '\t' "$AWK_ZYPPER_SAME" "$WORK/zypp.expected" "$WORK/zypp.moves" || return "$DNF_OTHER"
  zypper_test_run upgrade "$zd_rows" "$zd_folder" -U --oldpackage --replacepkgs &&
    zypper_test_run install "$zd_rows" "$zd_folder" -i --oldpackage
}

zypper_test_run() { # upgrade|install ROWS FOLDER option…
  zt_kind=$1 zt_rows=$2 zt_folder=$3
  shift 3
  zt_count=$#
  while IFS=$TAB read -r _ zt_verb _ _ _ _ zt_sha _; do
    case $zt_kind,$zt_verb in
      *,remove) ;;
      install,install | upgrade,upgrade | upgrade,downgrade) set -- "$@" "$zt_folder/$zt_sha.rpm" ;;
    esac
  done <"$zt_rows"
  [ $# -gt "$zt_count" ] || return 0
  unlocked rpm --test --nodeps "$@" </dev/null >&2 || return "$DNF_NONE"
}

# What the rows are to come to, as the rows of zypper_moves have it: name, old and new version.
zypper_expected() { # ROWS
  awk -F '\t' '{ print $3 "\t" $8 "\t" ($2 == "remove" ? "-" : $6) }' "$1"
}

# shellcheck disable=SC2016
AWK_ZYPPER_SAME='
NR == FNR { left[$1 " " $2 " " $3]++; next }
{ change = $2 " " $4 " " $5; if (left[change]-- <= 0) { drift = 1; print "> " change } }
END {
  for (change in left) if (left[change] > 0) { drift = 1; print "< " change }
  exit drift ? 1 : 0
}'

# zypper gives no way to look at its transaction before it begins but a dry run. So one shell takes the lock
# of zypper under its own number, looks, and then becomes the zypper that carries it out, which finds itself
# in possession, and nobody else's zypper comes between.
#
# Arguments: zypper's lock, the folder of a lock for who only asks, the file for the dry run, two programs of
# awk, what is expected, where drift is told, zypper's settings in one, then files
# and removals.
# shellcheck disable=SC2016 # the guard's own text
ZYPPER_GUARD='PID=$1 LOCK=$2 DRY=$3 MOVES=$4 SAME=$5 EXPECTED=$6 DRIFT=$7 SETTINGS=$8
shift 8
held=
[ ! -s "$PID" ] || read -r held <"$PID"
case $held in
  "" | *[!0-9]*) ;;
  *) [ ! -d "/proc/$held" ] || { echo "locked by process $held"; exit 7; } ;;
esac
echo $$ >"$PID" || exit 1
export ZYPP_LOCKFILE_ROOT="$LOCK"
zypper $SETTINGS --dry-run "$@" >"$DRY" 2>&1
code=$?
[ "$code" -lt 128 ] || exit "$code"
unset ZYPP_LOCKFILE_ROOT
read -r held <"$PID"
[ "$held" = $$ ] || { echo "locked by process $held"; exit 7; }
awk -v RS="<" "$MOVES" "$DRY" >"$DRY.moves" || { cat "$DRY"; exit 4; }
awk -F "	" "$SAME" "$EXPECTED" "$DRY.moves" >"$DRIFT" || {
  echo "fettle: the transaction is not the approved one"
  exit 113
}
rm -f "$DRIFT"
exec zypper $SETTINGS "$@"
'
ZYPPER_OTHER=113
ZYPPER_LOCKED=7

zypper_transaction() { # ROWS
  zypper_settings
  rm -f "$JOB/guard.drift"
  zypper_expected "$1" >"$JOB/guard.expected"
  zx_rows=$1
  set --
  while read -r zx_word; do set -- "$@" "$zx_word"; done <<WORDS
$(zypper_arguments "$zx_rows" "$JOB/debs")
WORDS
  run_limited "$LIMIT_PACKAGES" sh -c "$ZYPPER_GUARD" fettle-zypper "$ZYPP_PID" "$WORK/zypp.lock" \
    "$WORK/zypp.dry" "$AWK_ZYPPER_MOVES" "$AWK_ZYPPER_SAME" "$JOB/guard.expected" "$JOB/guard.drift" \
    "$ZYPP_STAGED" "$@"
}

# As rpm_transaction_why.
zypper_why() {
  AP_FACT=$(awk -v RS='<' -v most=4 "$AWK_ZYPPER_WORDS"'
    { text = $0; while (match(text, /error: [^\n]*/)) { print substr(text, RSTART, RLENGTH); text = substr(text, RSTART + RLENGTH) } }' \
    "$WORK/tail" | awk '!seen[$0]++' | tail -n 4 | tr '\n' ' ' | tr -cd ' -~' | tr -s ' ' | head -c 300)
  AP_FACT=${AP_FACT:-zypper ended with code $AP_EXIT}
  case $AP_EXIT in
    "$ZYPPER_LOCKED") AP_CODE=E_LOCK ;;
    "$ZYPPER_OTHER" | 4) AP_CODE=E_PLAN_DRIFT ;;
  esac
}
