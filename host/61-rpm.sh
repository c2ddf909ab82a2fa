# What staging, applying and recovery do otherwise where packages are rpm's. dnf or zypper resolves and
# carries out (parts 58 and 59); rpm itself tells what is installed and mends what was cut off, as dpkg does elsewhere.
#
# rpm notes a package when its files are there and takes the old one out afterwards, so a run that was cut
# off leaves one of two traces: two versions of one package, or files that are not those of the version that
# is noted. Neither is a reason to rebuild the database, and nothing here does.

# The comparison of dnf and rpm (rpmvercmp), as dcmp.
# shellcheck disable=SC2016 # awk's own variables
AWK_RPM_VERSIONS='
function rcmp(a, b,   x, y) {
  while (a != "" || b != "") {
    sub(/^[^A-Za-z0-9~^]+/, "", a); sub(/^[^A-Za-z0-9~^]+/, "", b)
    if (a ~ /^~/ || b ~ /^~/) {
      if (a !~ /^~/) return 1
      if (b !~ /^~/) return -1
      a = substr(a, 2); b = substr(b, 2)
      continue
    }
    if (a ~ /^\^/ || b ~ /^\^/) {
      if (a == "") return -1
      if (b == "") return 1
      if (a !~ /^\^/) return 1
      if (b !~ /^\^/) return -1
      a = substr(a, 2); b = substr(b, 2)
      continue
    }
    if (a == "" || b == "") break
    if (a ~ /^[0-9]/) {
      if (b !~ /^[0-9]/) return 1
      match(a, /^[0-9]+/); x = substr(a, 1, RLENGTH); a = substr(a, RLENGTH + 1)
      match(b, /^[0-9]+/); y = substr(b, 1, RLENGTH); b = substr(b, RLENGTH + 1)
      sub(/^0+/, "", x); sub(/^0+/, "", y)
      if (length(x) != length(y)) return length(x) < length(y) ? -1 : 1
    } else {
      if (b ~ /^[0-9]/) return -1
      match(a, /^[A-Za-z]+/); x = substr(a, 1, RLENGTH); a = substr(a, RLENGTH + 1)
      match(b, /^[A-Za-z]+/); y = substr(b, 1, RLENGTH); b = substr(b, RLENGTH + 1)
    }
    if ((x "") != (y "")) return (x "") < (y "") ? -1 : 1
  }
  return a != "" ? 1 : b != "" ? -1 : 0
}
function dcmp(a, b,   e, f, r, s) {
  e = f = "0"
  if (match(a, /^[0-9]+:/)) { e = substr(a, 1, RLENGTH - 1); a = substr(a, RLENGTH + 1) }
  if (match(b, /^[0-9]+:/)) { f = substr(b, 1, RLENGTH - 1); b = substr(b, RLENGTH + 1) }
  if (e + 0 != f + 0) return e + 0 < f + 0 ? -1 : 1
  r = s = ""
  if (match(a, /-[^-]*$/)) { r = substr(a, RSTART + 1); a = substr(a, 1, RSTART - 1) }
  if (match(b, /-[^-]*$/)) { s = substr(b, RSTART + 1); b = substr(b, 1, RSTART - 1) }
  e = rcmp(a, b)
  return e ? e : rcmp(r, s)
}'

# As packages_list. Two versions of one package are the trace of a run that was cut off, except where dnf
# keeps several on purpose. A version that dnf is told to stay at is on hold.
rpm_list() {
  # shellcheck disable=SC1083 # rpm fills these in
  rpm -qa --qf '%{NAME}\t%{ARCH}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\t%{INSTALLTID}\n' \
    >"$WORK/rpm.rows" || fail_code E_STATE "rpm cannot read its database" || return 1
  rp_locks=/etc/dnf/plugins/versionlock.list rp_zypp=/etc/zypp/locks
  [ -r "$rp_locks" ] || rp_locks=/dev/null
  [ -r "$rp_zypp" ] && rpm_tool && [ "$RPM_TOOL" = zypper ] || rp_zypp=/dev/null
  awk -F '\t' -v keeps="$RPM_KEEPS" '
    T == "locks" {
      sub(/[ \t]+$/, "")
      if ($0 == "" || /^[#!]/) next
      if (match($0, /-([0-9]+:)?[^-]*[0-9*][^-]*-[^-]+$/)) $0 = substr($0, 1, RSTART - 1)
      locked[$0] = 1
      next
    }
    # A stanza for each lock (locks.5). What is not said by name alone zypper itself minds when it resolves.
    T == "zypp" && /^solvable_name:/ { lock = $0; sub(/^[^:]*:[ \t]*/, "", lock); sub(/[ \t]+$/, "", lock); next }
    T == "zypp" && /^(version|repo|solvable_arch):[ \t]*[^ \t]/ { narrow = 1; next }
    T == "zypp" && /^type:/ && $0 !~ /package/ { narrow = 1; next }
    T == "zypp" && /^match_type:/ && $0 !~ /glob|exact/ { narrow = 1; next }
    T == "zypp" && /^[ \t]*$/ { zypp_lock(); next }
    T == "zypp" { next }
    $1 == "gpg-pubkey" { next }
    T == "rpm" && FNR == 1 { zypp_lock() }
    function zypp_lock() {
      if (lock ~ /[*?\[]/) {
        gsub(/[.+^$(){}|\\]/, "[&]", lock); gsub(/[*]/, ".*", lock); gsub(/[?]/, ".", lock)
        if (!narrow) globs[++globs_n] = "^" lock "$"
      } else if (lock != "" && !narrow) locked[lock] = 1
      lock = ""; narrow = 0
    }
    function is_locked(name,   i) {
      if (name in locked) return 1
      for (i = 1; i <= globs_n; i++) if (name ~ globs[i]) return 1
      return 0
    }
    {
      sub(/^0:/, "", $3)
      key = $1 "\t" $2
      if (key in at && $1 !~ keeps) {
        state[at[key]] = "duplicate"
        if ($4 + 0 < tid[at[key]]) next
        name[at[key]] = $1; version[at[key]] = $3; tid[at[key]] = $4 + 0
        next
      }
      at[key] = ++n; name[n] = $1; arch[n] = $2; version[n] = $3; tid[n] = $4 + 0
      state[n] = "installed"
    }
    END {
      for (i = 1; i <= n; i++)
        print name[i] "\t" arch[i] "\t" version[i] "\t" name[i] "\t" version[i] "\t" \
          (is_locked(name[i]) ? "hold" : "install") "\t" state[i] "\tok\t" name[i] ":" arch[i] "\tii"
    }' T=locks "$rp_locks" T=zypp "$rp_zypp" T=rpm "$WORK/rpm.rows"
}

# Kernels are installed beside each other; their headers and tools are not.
RPM_KEEPS='^kernel(-(rt|64k|16k|debug|uek|kvm|lt|ml|core|modules|extra|internal|partner|devel|matched))*$'

# As sources_scan and offers_scan: `sources.out`, `lists.out` and `offers.out` in DIR.
rpm_scan() { # DIR refresh|cached newer|all PACKAGES
  : >"$1/sources.out"
  : >"$1/offers.out"
  rpm_tool || return 0
  if [ "$RPM_TOOL" = zypper ]; then zypper_scan "$@"; else dnf_scan "$@"; fi || return 0
  awk -F '\t' -v dir="$1" -v mode="$3" '
    $1 == "source" || $1 == "lists" {
      print $1 " " $2 " " $3 " " $4 ($1 == "source" ? " " $5 : "") >(dir "/" $1 ($1 == "lists" ? "" : "s") ".out")
      next
    }
    mode == "newer" { sub(/^offer\t/, "offer "); sub(/\t[^\t]*\t[^\t]*$/, "") }
    mode != "newer" { sub(/^offer\t/, "") }
    { print >(dir "/offers.out") }' "$1/dnf.out"
}

dnf_scan() { # DIR refresh|cached newer|all PACKAGES
  dnf_lists
  if [ "$2" = refresh ] && mkdir -p "$DNF_CACHE" 2>/dev/null; then DNF_LISTS=$DNF_CACHE; fi
  if ! dnf_ask lists "$DNF_LISTS" "$2" "$3" "$4" >"$1/dnf.out" 2>"$1/dnf.err"; then
    say "lists none 0 dnf: $(tail -n 1 "$1/dnf.err" | tr -cd ' -~' | head -c 200)" >"$1/lists.out"
    return 1
  fi
}

# The `resolve` verb (part 55), where dnf or zypper simulates. RS_DIR/rows is as resolve_rows makes it.
resolve_rpm() {
  rpm_tool || {
    printf 'problem jobs need apt, dnf 4 or zypper on the host, and it has none of them\n'
    return 1
  }
  dnf_lists
  if [ "$RPM_TOOL" = zypper ]; then
    zypper_resolve "$RS_DIR" >"$RS_DIR/dry"
  elif ! dnf_ask resolve "$DNF_LISTS" "$RS_DIR/wants" >"$RS_DIR/dry" 2>"$RS_DIR/dry.err"; then
    printf 'problem dnf says: %s\n' "$(tr -s '\n ' ' ' <"$RS_DIR/dry.err" | head -c 250)"
    return 1
  fi
  tr '\t' ' ' <"$RS_DIR/dry" | grep '^problem ' && return 1
  sed -n 's/^move\t//p' "$RS_DIR/dry" | tr '\t' ' ' >"$RS_DIR/rows"
  while read -r rr_verb rr_name rr_arch rr_from rr_to rr_sha rr_size rr_old rr_was; do
    [ "$rr_old" != - ] || [ "$rr_from" = - ] || rr_old=$(rpm_kept "$rr_name $rr_was $rr_from")
    say "move $rr_verb $rr_name $rr_arch $rr_from $rr_to $rr_sha $rr_size $rr_old"
  done <"$RS_DIR/rows"
  awk '$1 != "remove" && $6 == "-" { print "problem no source pins " $2 " " $3 " " $5 }' "$RS_DIR/rows"
}

# The digest of the kept file that is this package, or `-`.
rpm_kept() { # `NAME ARCH VERSION`
  set +f
  for rk_try in "$VAR"/kept/*.rpm; do
    [ -f "$rk_try" ] && [ "$(rpm_file_is "$rk_try")" = "$1" ] || continue
    set -f
    sha256sum <"$rk_try" | cut -c 1-64
    return 0
  done
  set -f
  say -
}

rpm_file_is() { # FILE
  # shellcheck disable=SC1083 # rpm fills these in
  rpm -qp --qf '%{NAME} %{ARCH} %|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}' "$1" \
    </dev/null 2>/dev/null | sed 's/ 0:/ /'
}

# --- Staging ------------------------------------------------------------------------------------

rpm_ready() {
  rpm_tool ||
    refuse E_PLATFORM "note=this host program carries out jobs with apt, dnf 4 or zypper, and none is here"
  [ -w /usr ] || refuse E_PLATFORM "note=/usr cannot be written: this system is changed as a whole, not by packages"
  rpm_list >/dev/null || refuse E_STATE "note=rpm cannot read its database; nothing here rebuilds it:\
 keep a copy, then look at rpm --rebuilddb"
}

rpm_sources() {
  rpm_scan "$WORK" cached all "$WORK/names"
  lists_are_ok || rpm_scan "$WORK" refresh all "$WORK/names"
}

rpm_fetch() {
  [ -s "$WORK/fetch" ] || return 0
  rm -rf "$JOB/fetch"
  mkdir "$JOB/fetch"
  if ! rpm_bring "$JOB/fetch"; then
    journal NOTE "note=some files could not be fetched"
    ! said_no_answer || FETCH_CUT=yes
  fi
  rf_room=yes
  while read -r rf_sha _; do
    [ ! -f "$JOB/fetch/$rf_sha.rpm" ] || mv "$JOB/fetch/$rf_sha.rpm" "$JOB/debs/" || rf_room=no
  done <"$WORK/fetch"
  rm -rf "$JOB/fetch"
  [ "$rf_room" = yes ] || refuse E_DISK "note=the disk filled up while files were fetched"
}

rpm_bring() { # FOLDER
  if [ "$RPM_TOOL" = zypper ]; then
    zypper_fetch "$1"
    return
  fi
  set -- "$1"
  while read -r rf_sha _; do set -- "$@" "$rf_sha"; done <"$WORK/fetch"
  run_fetch "$LIMIT_FETCH" "$DNF_PYTHON" -I -c "$DNF_PROGRAM" fetch "$DNF_LISTS" "$@"
}

# Every file by a key that this machine's rpm holds. The digest was approved; this is what the machine's
# own rule demands of it.
rpm_signed() {
  set --
  while read -r rs_sha _; do set -- "$@" "$JOB/debs/$rs_sha.rpm"; done <"$WORK/wanted"
  [ $# -gt 0 ] || return 0
  rs_bad=$(rpmkeys -K "$@" 2>&1 </dev/null | grep -v ': digests signatures OK$' | head -n 1)
  [ -z "$rs_bad" ] || refuse E_REPO "note=a file is not signed by a key of this machine:\
 $(printf '%s' "${rs_bad##*/}" | head -c 200)"
}

# What rpm itself would do over the staged files is tried as well (a test run), under its lock.
rpm_dry_run() {
  if [ "$RPM_TOOL" = zypper ]; then zypper_dry "$WORK/open" "$JOB/debs"; else
    dnf_ask dry "$WORK/open" "$JOB/debs"
  fi >"$WORK/dry" 2>"$WORK/dry.err"
  rd_code=$?
  [ "$rd_code" -ne 0 ] || return 0
  rpm_why "$WORK/dry" "$WORK/dry.err"
  [ "$rd_code" -ne "$DNF_LOCKED" ] || refuse E_LOCK "note=$RPM_WHY"
  refuse E_PLAN_DRIFT "note=approved < and dry run ${DRY_OF}> differ: $RPM_WHY"
}

rpm_why() { # ROWS WORDS
  RPM_WHY=$({ head -n 4 "$1" | tr '\t' ' '; grep -v '^ *$' "$2" | tail -n 3; } | tr '\n' ' ' |
    tr -s ' ' | head -c 400)
}

# --- Applying, mending --------------------------------------------------------------------------

# dnf compares the transaction with the rows once more and goes on with it in the same process; zypper does so
# under one lock.
rpm_transaction() { # ROWS
  rpm_tool || return 1
  if [ "$RPM_TOOL" = zypper ]; then
    zypper_transaction "$1"
    return
  fi
  run_limited "$LIMIT_PACKAGES" "$DNF_PYTHON" -I -c "$DNF_PROGRAM" run "$1" "$JOB/debs"
}

# The code and the words for AP_EXIT, as packages_why.
rpm_transaction_why() {
  if [ "${RPM_TOOL:-}" = zypper ]; then
    zypper_why
    return
  fi
  AP_FACT=$(grep -Ei '^ *(error|problem)|^ +- |scriptlet' "$WORK/tail" | tail -n 3 | tr '\n' ' ' |
    tr -s ' ' | head -c 300)
  case $AP_EXIT in
    "$DNF_LOCKED") AP_CODE=E_LOCK ;;
    "$DNF_OTHER" | "$DNF_NONE") AP_CODE=E_PLAN_DRIFT ;;
  esac
}

# Rows in FILE whose files are not those of the version that is noted, and were before the job, become
# broken: rpm was cut off while it wrote them, which its database does not show. Configuration is the machine's
# own.
rpm_torn() { # FILE
  [ "$PACKAGES_OF" = rpm ] || return 0
  rpm_altered "$1" >"$WORK/altered"
  awk -F '\t' -v OFS='\t' '
    FILENAME ~ /snapshot$/ { if (sub(/^altered /, "")) was[$0] = 1; next }
    FILENAME ~ /altered$/ { if (!($0 in was)) now[$0] = 1; next }
    { if (($3 " " $8) in now) { $9 = "torn"; $10 = "broken" } print }' \
    "$SNAPSHOT" "$WORK/altered" "$1" >"$WORK/rows.torn" &&
    mv -f "$WORK/rows.torn" "$1"
}

# `NAME VERSION` of each package of the rows in FILE with such files.
rpm_altered() { # FILE
  while IFS=$TAB read -r _ _ ra_name ra_arch _ _ _ ra_has _; do
    [ "$ra_has" != - ] || continue
    rpm -V --nodeps --noscripts --nomtime --nouser --nogroup --nomode --nocaps \
      "$ra_name-${ra_has#*:}.$ra_arch" </dev/null 2>/dev/null |
      awk '$1 == "missing" || substr($0, 3, 1) == "5" { if ($2 !~ /^[cdgl]$/) bad = 1 } END { exit !bad }' &&
      say "$ra_name $ra_has"
  done <"$1"
  return 0
}

# rpm with files alone: what was cut off is installed once more, and whatever other version of it is noted
# goes with that. Dependencies are those of the whole body, which is finished afterwards or taken back.
rpm_apply() { # ROWS
  rp_rows=$1
  set --
  while IFS=$TAB read -r _ rp_verb _ _ _ _ rp_sha _; do
    [ "$rp_verb" = remove ] || set -- "$@" "$JOB/debs/$rp_sha.rpm"
  done <"$rp_rows"
  [ $# -eq 0 ] || run_limited "$LIMIT_PACKAGES" rpm -U --oldpackage --replacepkgs --replacefiles \
    --nodeps "$@"
}

# Goes back by rpm alone where dnf cannot begin.
rpm_back() { # ROWS
  rpm_apply "$1"
  rb_rows=$1
  set --
  while IFS=$TAB read -r _ rb_verb rb_name rb_arch _ _ _ rb_has _; do
    [ "$rb_verb" != remove ] || [ "$rb_has" = - ] || set -- "$@" "$rb_name-${rb_has#*:}.$rb_arch"
  done <"$rb_rows"
  [ $# -eq 0 ] || run_limited "$LIMIT_PACKAGES" rpm -e --nodeps "$@"
}
