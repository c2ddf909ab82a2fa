# Staging (protocol §6 step 16): everything that can be known before anything changes. After it,
# `$VAR/job/debs/<sha256>.deb` (`.rpm`) holds every file of the body, new and old, and the package
# manager's own dry run over exactly those files is the body's own list. What rpm and dnf do otherwise
# stands in part 61. The permitted run later sees no
# sources at all, only these files, so nothing that was not staged can take part in it.

# What dpkg and its scripts may need beside the sizes that packages state.
DISK_SLACK_KB=32768

# What the body and the machine say, read once for all that follows.
#
# On standard output each package line of the body beside what the machine has, by tabs: number verb
# name arch from to sha256 installed state relation. Relation: at (the target is reached), from (the
# precondition holds), broken (the package manager was stopped inside it), other. Argument: step or undo.
#
# In $WORK: `installed`, its rows; `installed.text` and its length, for the result; `unwhole`, `NAME:ARCH
# STATE` for each package that is not wholly installed and not broken in a row. With `step` also
# `units`, the plan's units in order, `first last verb argument`: the package steps are one unit, because
# the list is one transaction, or several where the body says where the next ones begin; the grammar was
# checked with the bundle. While staging also `refused`, `ok`
# or why these versions are refused; `wanted`, a line for each file (files_missing), and `names`, the same
# by tabs for offers_scan; and `snapshot.rows`,
# `pkg NAME ARCH VERSION auto|manual` for each package of the body, what is `unwhole`, and `end`; the marks
# are read as in inspect_packages.
rows_list() { # step|undo
  rl_marks=/var/lib/apt/extended_states
  [ -r "$rl_marks" ] || rl_marks=/dev/null
  rl_staging=${STAGING:-no}
  [ -e "$WORK/wanted" ] || rl_staging=yes
  if [ "$PACKAGES_OF" = rpm ]; then
    rl_list=rpm_list rl_versions=$AWK_RPM_VERSIONS rl_any=noarch rl_keeps=$RPM_KEEPS
  else
    rl_list=packages_list rl_versions=$AWK_VERSIONS rl_any=all rl_keeps='^$'
  fi
  "$rl_list" | awk -F '\t' -v kind="$1" -v dir="$WORK" -v staging="$rl_staging" -v any="$rl_any" \
    -v keeps="$rl_keeps" -v marks="$rl_marks" "$rl_versions"'
    BEGIN {
      installed = dir "/installed"; text = installed ".text"; printf "" >installed; printf "" >text
      halves = dir "/unwhole"; printf "" >halves
      if (kind == "step") { units = dir "/units"; printf "" >units } else staging = "no"
    }
    NR == FNR {
      n = split($0, f, " ")
      if (f[1] == "step" && kind == "step") unit()
      if (f[1] == "transaction") begins[f[2]] = 1
      if (f[3] ~ /^(upgrade|downgrade|install)$/) file[++files] = $0
      if (f[1] != kind || f[3] !~ /^(upgrade|downgrade|install|remove)$/) next
      rows[++rows_n] = $0
      mine[f[4]] = 1
      next
    }
    { line = $9 " " $3 " " $10; bytes += length(line) + 1; print line >text }
    $7 == "config-files" || $7 == "not-installed" { next }
    {
      print >installed
      sides[$1, $2] = sides[$1, $2] " " $3 " "
      version[$1, $2] = $3; want[$1, $2] = $6; state[$1, $2] = $7 ($8 == "ok" ? "" : "," $8)
      if ($1 == (any == "all" ? "dpkg" : "rpm")) native = $2
      if (state[$1, $2] != "installed" && (!($1 in mine) || $7 ~ /^triggers-/)) {
        half[++half_n] = $1 ":" $2 " " $7
        print half[half_n] >halves
      }
      if ($1 in mine) { had[++had_n] = $1 " " $2 " " $3; name[had_n] = $1; arch[had_n] = $2 }
    }
    function unit() {
      if (f[3] ~ /^(upgrade|downgrade|install|remove)$/) {
        if (!open) { if (groups++) apart = 1; first = f[2]; open = 1; line_of[++lines] = "packages" }
        last = f[2]
        return
      }
      open = 0
      line_of[++lines] = f[2] " " f[2] " " f[3] " " (f[4] == "" ? "-" : f[4])
    }
    # Where transactions begin stands behind all steps.
    function write_units(   i, step, from) {
      for (i = 1; i <= lines; i++) {
        if (line_of[i] != "packages") { print line_of[i] >units; continue }
        from = first
        for (step = first + 1; step <= last; step++)
          if (step in begins) { print from, step - 1, "packages", "-" >units; from = step }
        print from, last, "packages", "-" >units
      }
      if (apart) print "- - apart -" >units
    }
    function key(name, arch) {
      if ((name, arch) in version) return name SUBSEP arch
      # A package may move between `all` (`noarch`) and the native architecture.
      if (arch == any && (name, native) in version) return name SUBSEP native
      if (arch == native && (name, any) in version) return name SUBSEP any
      return ""
    }
    # Where several are installed beside each other, the one that the row is about.
    function installed_for(k,   one) {
      if (k == "") return "-"
      if (f[4] !~ keeps || f[3] !~ /^(install|remove)$/) return version[k]
      one = f[3] == "install" ? f[7] : f[6]
      return index(sides[k], " " one " ") ? one : "-"
    }
    function judge(is, has, relation) {
      if (relation == "broken") no("E_PLAN_DRIFT", has, "the package manager left it " is)
      else if (is == "hold" && relation != "at") no("E_PLAN_DRIFT", has, "the package is on hold")
      else if (f[3] == "upgrade" && dcmp(f[7], f[6]) < 0)
        no("E_ROLLBACK", has, "an upgrade may not go down")
      else if (relation != "other") return
      else if (f[3] == "upgrade" && has != "-" && dcmp(has, f[7]) > 0)
        no("E_ROLLBACK", has, "installed is newer")
      else no("E_PLAN_DRIFT", has, "installed is neither from nor to")
    }
    function no(code, has, why) {
      if (refused == "")
        refused = code " step=" f[2] " package=" f[4] ":" f[5] " installed=" has " from=" f[6] \
          " to=" f[7] " note=" why
    }
    function staged(   i, is) {
      print (refused == "" ? "ok" : refused) >(dir "/refused")
      printf "" >(dir "/wanted"); printf "" >(dir "/names")
      for (i = 1; i <= files; i++) {
        split(file[i], f, " ")
        # Steps that are done already need no file.
        if ((f[2] in at) || seen[f[8]]++) continue
        print f[8], (f[1] == "step" ? "new" : "old"), f[2], f[4], f[5], f[7] >(dir "/wanted")
        print f[4] "\t" f[5] "\t" f[7] >(dir "/names")
      }
      while ((getline line < marks) > 0) {
        if (line ~ /^Package: /) n = substr(line, 10)
        else if (line ~ /^Architecture: /) a = substr(line, 15)
        else if (line == "Auto-Installed: 1") auto[n, a] = 1
      }
      for (i = 1; i <= had_n; i++) {
        is = ((name[i], arch[i]) in auto) || (arch[i] == "all" && (name[i], native) in auto)
        print "pkg", had[i], (is ? "auto" : "manual") >(dir "/snapshot.rows")
      }
      for (i = 1; i <= half_n; i++) print "unwhole", half[i] >(dir "/snapshot.rows")
      print "end" >(dir "/snapshot.rows")
    }
    END {
      print bytes + 0 >(text ".bytes")
      if (kind == "step") write_units()
      for (i = 1; i <= rows_n; i++) {
        split(rows[i], f, " ")
        k = key(f[4], f[5]); has = installed_for(k); is = has == "-" ? "-" : state[k]
        if (is ~ /^triggers-/) is = "installed"
        if (is != "-" && is != "installed") relation = "broken"
        else if ((has "") == (f[7] "")) relation = "at"
        else if ((has "") == (f[6] "")) relation = "from"
        else relation = "other"
        if (relation == "at") at[f[2]] = 1
        is = k != "" && want[k] == "hold" ? "hold" : is
        printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", f[2], f[3], f[4], f[5], f[6], f[7], \
          f[8], has, is, relation
        judge(is, has, relation)
      }
      if (staging == "yes") staged()
    }' "$JOB/body" -
}

# The rows in FILE, all of them. On a full disk a file is cut short or empty without a word (busybox),
# and no rows would mean that there is nothing to do.
rows_write() { # step|undo FILE
  rows_list "$1" >"$2"
  # No host has no package: the database could not be read.
  [ -s "$WORK/installed" ] || cut_short "$WORK/installed"
  body_count "$1"
  count_rows "$2"
  [ "$COUNT" -eq "$BODY_ROWS" ] || cut_short "$2"
}

# How many package lines the body has in BODY_ROWS, and the number of its last step in BODY_LAST. The
# body of a job never changes.
body_count() { # step|undo
  [ "${BODY_COUNTED:-}" != "$1" ] || return 0
  BODY_COUNTED=$1
  BODY_ROWS=0 BODY_LAST=0
  while read -r bc_word bc_number bc_verb _; do
    [ "$bc_word" != step ] || BODY_LAST=$bc_number
    case "$bc_word $bc_verb" in
      "$1 upgrade" | "$1 downgrade" | "$1 install" | "$1 remove") BODY_ROWS=$((BODY_ROWS + 1)) ;;
    esac
  done <"$JOB/body"
}

# The rows of the steps and the units, to the last step of the body.
units_write() {
  rows_write step "$WORK/rows"
  uw_seen=0
  while read -r _ uw_last uw_verb _; do
    [ "$uw_verb" != apart ] || return 0
    uw_seen=$uw_last
  done <"$WORK/units"
  [ "$uw_seen" = "$BODY_LAST" ] || cut_short "$WORK/units"
}

# Nothing that follows from such a file may be believed. While staging this ends the attempt; later
# the next worker looks anew.
cut_short() { # FILE
  cannot_write "${1##*/}" || :
  [ "${STAGING:-no}" = no ] || refuse "$E_CODE" "note=$E_FACTS"
  exit 1
}

# The rows of the steps as they are now, and when that was: PACKAGES_SEEN_CS. Whoever runs anything that
# might change them calls packages_unseen.
rows_look() {
  rows_write step "$WORK/rows"
  packages_seen
}

packages_seen() {
  read_uptime_cs
  PACKAGES_SEEN_CS=$UPTIME_CS
}

PACKAGES_SEEN_CS=''
packages_unseen() {
  PACKAGES_SEEN_CS=''
}

packages_just_seen() {
  [ -n "$PACKAGES_SEEN_CS" ] || return 1
  read_uptime_cs
  [ $((UPTIME_CS - PACKAGES_SEEN_CS)) -lt 1000 ]
}

# Whether every row of FILE stands in this relation; none is every.
rows_are() { # FILE RELATION
  while read -r ra_row; do
    case $ra_row in *"	$2") ;; *) return 1 ;; esac
  done <"$1"
}

# The rows of FILE that stand in this relation, of all steps or of those from FIRST to LAST.
rows_in() { # FILE RELATION [FIRST LAST]
  while read -r ri_row; do
    case $ri_row in *"	$2") ;; *) continue ;; esac
    ri_step=${ri_row%%"$TAB"*}
    [ "$ri_step" -ge "${3:-0}" ] && [ "$ri_step" -le "${4:-$ri_step}" ] || continue
    say "$ri_row" || return 1
  done <"$1"
}

# How many rows FILE has, in COUNT.
count_rows() { # FILE
  COUNT=0
  while read -r _; do COUNT=$((COUNT + 1)); done <"$1"
}

stage() {
  STAGING=yes
  stage_ready
  stage_units
  if is_noop; then
    count_rows "$WORK/rows"
    conclude NOOP - "packages=$COUNT"
    return 1
  fi
  if [ -s "$WORK/rows" ]; then stage_packages; fi
  stage_named
  count_rows "$WORK/rows"
  st_packages=$COUNT
  count_rows "$WORK/wanted"
  STAGING=no
  journal STAGED "packages=$st_packages" "files=$COUNT"
}

stage_ready() {
  case $PACKAGES_OF in
    rpm) rpm_ready ;;
    apk) refuse E_PLATFORM "note=this host program carries out no jobs with apk; it only looks" ;;
  esac
}

# On a full disk nothing here can be told from what could not be written.
refuse() { # CODE fact…
  rf_code=$1
  shift
  if disk_is_full; then
    rf_code=E_DISK
    set -- "note=the disk filled up meanwhile: $VAR has $DISK_FREE_KB KB left"
  fi
  [ -z "${AHEAD_RUN:-}" ] || ahead_refuse "$rf_code" "$@"
  [ "$rf_code" != E_DISK ] || make_room
  conclude REFUSED "$rf_code" "$@"
  exit 0
}

# The last word needs room too: what was staged for a job that does not begin is given up for it.
make_room() {
  rm -rf "$JOB/debs" "$WORK"
}

stage_units() {
  units_write
  packages_seen
  st_verb=''
  while read -r st_first _ su_verb _; do
    case $su_verb in
      apart) refuse E_PLAN_DRIFT \
        "note=package steps that are not one after another are not one transaction" ;;
      snapshot | restore) st_verb=${st_verb:-$su_verb} ;;
      hold) [ "$PACKAGES_OF" = dpkg ] || st_verb=${st_verb:-$su_verb} ;;
    esac
  done <"$WORK/units"
  [ -z "$st_verb" ] || refuse E_VERB "verb=$st_verb" "note=this host program cannot do that verb"
}

# Nothing to do: every package is at its target and no unit that would be restarted still runs old
# code. A body without package steps is never a noop: its restarts and hooks are what is wanted.
is_noop() {
  [ -s "$WORK/rows" ] || return 1
  rows_are "$WORK/rows" at || return 1
  awk '$3 !~ /^(packages|restart|probe)$/ { exit 1 }' "$WORK/units" || return 1
  stale_users >"$WORK/stale"
  awk -F '\t' '
    FILENAME ~ /units$/ { split($0, f, " "); if (f[3] == "restart") mine[f[4]] = 1; next }
    { n = substr($1, 9); if (n in mine || (n ".service") in mine) exit 1 }' \
    "$WORK/units" "$WORK/stale"
}

stage_packages() {
  stage_sources
  stage_versions
  stage_files
  stage_dry_run
  stage_lock "$LIMIT_LOCK" || refuse E_LOCK "$LOCK_FACT"
}

# --- Sources, versions --------------------------------------------------------------------------

# One refresh at most, and only when the lists would be refused. Lists so old need no look before.
stage_sources() {
  if [ "$PACKAGES_OF" = rpm ]; then rpm_sources; else apt_sources; fi
  st_open=''
  while read -r _ st_uri st_suite _ st_signed _; do
    [ "$st_signed" != unsigned ] || { st_open="$st_uri $st_suite"; break; }
  done <"$WORK/sources.out"
  # A source that could not be read is stale, not unsigned.
  if [ -n "$st_open" ] && ! grep -q '^lists none' "$WORK/lists.out"; then
    refuse E_REPO "note=source is not authenticated: $st_open"
  fi
  lists_are_ok ||
    refuse E_STALE "note=$(sed 's/^lists [a-z]* [0-9]* /package lists: /' "$WORK/lists.out")"
}

apt_sources() {
  sources_look "$WORK" all "$WORK/names"
  : >"$WORK/lists.out"
  read_clock
  [ $((NOW_S - LISTS_READ_AT)) -gt "$LISTS_AGE_MAX_S" ] || sources_seen "$WORK" all "$WORK/names"
  if ! lists_are_ok; then
    if ! lists_refresh "$WORK"; then
      journal NOTE "note=refresh failed: $(head -n 1 "$WORK/refresh.failed")"
    fi
    sources_scan "$WORK" all "$WORK/names"
  fi
}

lists_are_ok() {
  lo_word='' lo_state=''
  read -r lo_word lo_state _ <"$WORK/lists.out"
  [ "$lo_word $lo_state" = "lists ok" ]
}

stage_versions() {
  read -r st_verdict <"$WORK/refused" && [ -n "$st_verdict" ] || cut_short "$WORK/refused"
  [ "$st_verdict" = ok ] || refuse_line "$st_verdict"
}

refuse_line() { # `CODE fact… note=text`, as the awk programs print it
  rl_rest=${1#* }
  refuse "${1%% *}" "$rl_rest"
}

# --- Files --------------------------------------------------------------------------------------

stage_files() {
  FETCH_CUT=no
  files_missing >"$WORK/missing"
  if [ -s "$WORK/missing" ]; then
    files_local
    stage_fetch files_absent
    files_missing >"$WORK/missing"
    # A copy that was not what its name said is gone now, and a source may still have the file.
    if [ -s "$WORK/missing" ] && [ -s "$WORK/bad" ]; then
      stage_fetch files_missing
      files_missing >"$WORK/missing"
    fi
  else
    : >"$WORK/fetch"
    stage_disk
  fi
  if [ ! -s "$WORK/missing" ]; then
    [ "$PACKAGES_OF" != rpm ] || rpm_signed
    return 0
  fi
  # Whoever cannot be reached may have it: this passes, and a file that is gone does not.
  [ "$FETCH_CUT" = no ] || refuse E_SLOW "note=a package source did not answer, so files are missing$AHEAD_SPOILT"
  st_fact=$(awk '
    $2 == "new" { code = "E_TARGET"; fact = $0; exit }
    code == "" { code = "E_SNAPSHOT"; fact = $0 }
    END { split(fact, f, " "); print code " step=" f[3] " package=" f[4] ":" f[5] " version=" f[6] \
      " sha256=" f[1] " note=no source gives this file" }' "$WORK/missing")$AHEAD_SPOILT
  refuse_line "$st_fact$(awk -v sha="${st_fact##*sha256=}" '
    { split(sha, s, " ") }
    $1 == s[1] && $2 != "-" { print "; the sources offer sha256 " $2; exit }' \
    "$WORK/other" 2>/dev/null)"
}

# Brings what the given function does not find, where the disk has the room.
stage_fetch() { # files_absent|files_missing
  "$1" >"$WORK/missing"
  : >"$WORK/fetch"
  [ ! -s "$WORK/missing" ] || files_offered
  stage_disk
  if [ "$PACKAGES_OF" = rpm ]; then rpm_fetch; else files_fetch; fi
}

# By name alone.
files_absent() {
  while read -r fa_sha fa_rest; do
    [ -f "$JOB/debs/$fa_sha.$SUFFIX" ] || say "$fa_sha $fa_rest"
  done <"$WORK/wanted"
}

# Of the lines `sha256 new|old number name arch version`, one for each file of the body, those whose file
# is not there. Digests of what lies in the folder, in one process; a file that is not what its name
# says goes.
files_missing() {
  set +f
  set -- "$JOB/debs/"*".$SUFFIX"
  set -f
  if [ ! -e "$1" ]; then
    while read -r fm_row; do say "$fm_row"; done <"$WORK/wanted"
    return 0
  fi
  : >"$WORK/bad"
  ! files_whole || return 0
  sha256sum -- "$@" >"$WORK/sums" 2>/dev/null
  awk -v bad="$WORK/bad" '
    FILENAME ~ /sums$/ {
      n = $2; sub(/.*\//, "", n); sub(/\..*/, "", n)
      if (($1 "") == (n "")) have[$1] = 1
      else print $2 >bad
      next
    }
    !($1 in have)' "$WORK/sums" "$WORK/wanted"
  while read -r fm_bad; do
    ahead_spoilt "$fm_bad"
    rm -f "$fm_bad"
  done <"$WORK/bad"
}

# Whether all of them are there, which one process says.
files_whole() {
  fw_list=''
  while read -r fw_sha _; do fw_list="$fw_list$fw_sha  $JOB/debs/$fw_sha.$SUFFIX$NEWLINE"; done <"$WORK/wanted"
  sha256sum -c >/dev/null 2>&1 <<LIST
${fw_list%"$NEWLINE"}
LIST
}

# The digest was approved, so a file of the machine's own cache or of an earlier job is as good as
# a fetched one; files_missing looks at what was copied, in the end.
files_local() {
  while read -r fl_sha _ _ fl_name fl_arch fl_version; do
    # The cache writes the colon of an epoch as %3a.
    case $fl_version in *:*) fl_version=${fl_version%%:*}%3a${fl_version#*:} ;; esac
    ! ahead_take "$fl_sha" || continue
    fl_file=${fl_name}_${fl_version}_$fl_arch.deb
    for fl_try in "$KEPT/$fl_sha.$SUFFIX" "/var/cache/apt/archives/$fl_file"; do
      [ -f "$fl_try" ] || continue
      cp "$fl_try" "$JOB/debs/$fl_sha.$SUFFIX" && break
    done
  done <"$WORK/missing"
}

# Which of the missing files the sources offer, as `sha256 size KiB uri`; `other` holds versions
# that are offered under another digest, for the fact of a refusal; `named` the digests of wanted files
# that a signed index calls what the body calls them.
files_offered() {
  # dnf has told it with the sources.
  [ "$PACKAGES_OF" = rpm ] || offers_scan "$WORK" all "$WORK/names"
  awk -F '\t' -v other="$WORK/other" -v is="$WORK/named" '
    FILENAME ~ /offers.out$/ {
      if (!($4 in by)) by[$4] = $5 "\t" $12 "\t" $11
      named[$1, $2, $3] = $4
      called[$4, $1, $2, $3] = 1
      next
    }
    { split($0, w, " ") }
    FILENAME ~ /wanted$/ {
      if ((w[1], w[4], w[5], w[6]) in called) print w[1] >is
      next
    }
    {
      if (w[1] in by) { split(by[w[1]], o, "\t"); print w[1], o[1], o[2], o[3] }
      else print w[1], ((w[4], w[5], w[6]) in named ? named[w[4], w[5], w[6]] : "-") >other
    }' "$WORK/offers.out" "$WORK/wanted" "$WORK/missing" >"$WORK/fetch"
}

# apt's own methods, proxies and keys of the machine, into a folder that their unprivileged user
# may write; then a copy that only root can touch, and files_missing judges the copy.
files_fetch() {
  [ -s "$WORK/fetch" ] || return 0
  fetch_folder
  set --
  while read -r ff_sha _ _ ff_uri; do
    set -- "$@" "$ff_uri" "$APT_DIR/fetch/$ff_sha.deb" "SHA256:$ff_sha"
  done <"$WORK/fetch"
  ff_room=yes
  # shellcheck disable=SC2086 # fixed options only
  if ! run_fetch "$LIMIT_FETCH" "$APT_HELPER" $APT_ARCHS download-file "$@"; then
    journal NOTE "note=some files could not be fetched"
    # apt takes away what it could not fetch whole, and with it the sign of the full disk.
    ! said_no_space || ff_room=no
    ! said_no_answer || FETCH_CUT=yes
  fi
  set --
  while read -r ff_sha _; do
    [ ! -f "$APT_DIR/fetch/$ff_sha.deb" ] || set -- "$@" "$APT_DIR/fetch/$ff_sha.deb"
  done <"$WORK/fetch"
  [ $# -eq 0 ] || cp "$@" "$JOB/debs/" || ff_room=no
  set +f
  rm -rf "$APT_DIR/fetch/"*
  set -f
  [ "$ff_room" = yes ] || refuse E_DISK "note=the disk filled up while files were fetched"
}

# Where only apt's unprivileged user writes, and empty. Nobody but root can put another folder in its place.
fetch_folder() {
  set +f
  set -- "$APT_DIR"/fetch/*
  set -f
  [ ! -d "$APT_DIR/fetch" ] || [ -e "$1" ] || [ -h "$1" ] || return 0
  [ ! -e "$APT_DIR/fetch" ] || rm -rf "$APT_DIR/fetch"
  [ -d "$APT_DIR" ] || mkdir -m 0755 "$APT_DIR"
  install -d -m 0700 -o _apt "$APT_DIR/fetch" 2>/dev/null || {
    rm -rf "$APT_DIR/fetch"
    mkdir -m 0700 "$APT_DIR/fetch"
  }
}

# Space for the files still to come (twice: fetched and copied) where they lie, and for what they
# unpack to where packages live. The same file system is asked for the sum.
stage_disk() {
  sd_files=0 sd_unpack=0
  while read -r _ sd_bytes sd_kb _; do
    # Old awks print large numbers as 2.2e+09.
    is_number "$sd_bytes" || sd_bytes=4294967296
    is_number "$sd_kb" || sd_kb=4194304
    sd_files=$((sd_files + sd_bytes)) sd_unpack=$((sd_unpack + sd_kb))
  done <"$WORK/fetch"
  sd_slack=$DISK_SLACK_KB
  if [ -n "${AHEAD_RUN:-}" ]; then
    ahead_fits $((sd_files / 1024))
    sd_slack=$AHEAD_RESERVE_KB
  fi
  sd_files=$((sd_files * 2 / 1024))
  sd_df=$(exec df -Pk "$VAR" /usr /var 2>/dev/null) || :
  sd_row=0 sd_first='' sd_second=''
  while read -r _ _ _ sd_free _ sd_mount; do
    sd_row=$((sd_row + 1))
    case $sd_row in
      2) sd_first=$sd_mount ;;
      3) sd_second=$sd_mount ;;
    esac
  done <<DF
$sd_df
DF
  sd_row=0
  while read -r _ _ _ sd_free _ sd_mount; do
    sd_row=$((sd_row + 1))
    [ "$sd_row" -gt 1 ] && is_number "$sd_free" || continue
    sd_need=$sd_slack
    [ "$sd_mount" != "$sd_first" ] || sd_need=$((sd_need + sd_files))
    [ "$sd_mount" != "$sd_second" ] || sd_need=$((sd_need + sd_unpack))
    [ "$sd_free" -ge "$sd_need" ] ||
      refuse E_DISK "mount=$sd_mount" "free_kb=$sd_free" "need_kb=$sd_need"
  done <<DF
$sd_df
DF
}

# --- Dry run, lock, names -----------------------------------------------------------------------

# apt over the staged files alone: no index, no source, nothing to fetch. So a dependency that was
# not approved cannot be found, and building the cache costs a tenth. The dump of every installed
# package that apt compresses for its developers before each run is left out: it is a quarter of a run.
APT_STAGED='-o Dir::Etc::sourcelist=/dev/null -o Dir::Etc::sourceparts=/dev/null
-o Dir::Cache::pkgcache= -o Dir::Cache::srcpkgcache= -o APT::Sandbox::User=root
-o Dir::Log::Planner=/dev/null
-o APT::Install-Recommends=false -o APT::Install-Suggests=false -o APT::Get::AutomaticRemove=false
-o APT::Get::Show-Versions=false -o Dpkg::Use-Pty=0 -o DPkg::Lock::Timeout=0
-o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold'

# How a row is named to apt, in ARGUMENT: its staged file, and NAME:ARCH- for a removal.
row_argument() { # VERB NAME ARCH SHA256
  ARGUMENT=$JOB/debs/$4.$SUFFIX
  [ "$1" != remove ] || ARGUMENT=$2:$3-
}

rows_have() { # ROWS VERB
  while read -r _ rh_verb _; do
    [ "$rh_verb" != "$2" ] || return 0
  done <"$1"
  return 1
}

stage_dry_run() {
  rows_in "$WORK/rows" from >"$WORK/open" || cut_short "$WORK/open"
  if [ ! -s "$WORK/open" ]; then return 0; fi
  files_named_old
  if [ "$PACKAGES_OF" = rpm ]; then
    files_named_new
    rpm_dry_run
  else
    apt_dry_run
  fi
  stage_dry_transactions
}

# Where packages come in several transactions, each with all that come before it must be able to stand. A
# package manager can only be asked what it would do now, so they are asked of together.
stage_dry_transactions() {
  units_read packages
  [ "$UNITS" -gt 1 ] || return 0
  for dt_last in $UNIT_LASTS; do
    [ "$dt_last" != "$UNIT_LAST" ] || break
    rows_in "$WORK/rows" from 0 "$dt_last" >"$WORK/open" || cut_short "$WORK/open"
    [ -s "$WORK/open" ] || continue
    DRY_OF="of the transaction that ends with step $dt_last "
    if [ "$PACKAGES_OF" = rpm ]; then rpm_dry_run; else apt_dry_run; fi
  done
}

# The units of this verb: how many there are in UNITS, the first step of each in UNIT_FIRSTS, the last one in
# UNIT_LASTS, and of the last unit UNIT_FIRST and UNIT_LAST.
units_read() { # VERB
  UNITS=0 UNIT_FIRSTS='' UNIT_LASTS='' UNIT_FIRST='' UNIT_LAST=''
  while read -r ur_first ur_last ur_verb _; do
    [ "$ur_verb" = "$1" ] || continue
    UNITS=$((UNITS + 1)) UNIT_FIRST=$ur_first UNIT_LAST=$ur_last
    UNIT_FIRSTS="$UNIT_FIRSTS $ur_first" UNIT_LASTS="$UNIT_LASTS $ur_last"
  done <"$WORK/units"
}

DRY_OF=''
apt_dry_run() {
  dr_new=0 dr_down=
  set --
  while IFS=$TAB read -r _ dr_verb dr_name dr_arch _ _ dr_sha _; do
    row_argument "$dr_verb" "$dr_name" "$dr_arch" "$dr_sha"
    set -- "$@" "$ARGUMENT"
    [ "$dr_verb" = remove ] || dr_new=$((dr_new + 1))
    [ "$dr_verb" != downgrade ] || dr_down=--allow-downgrades
  done <"$WORK/open"
  # What one file alone is, the dry run says.
  [ "$dr_new" -eq 1 ] || files_named_new
  # shellcheck disable=SC2086 # fixed options only
  unlocked apt-get -q -y $APT_STAGED $APT_ARCHS -o "Dir::State::lists=$WORK/nolists" -s $dr_down \
    install "$@" </dev/null >"$WORK/dry" 2>"$WORK/dry.err"
  dr_code=$?
  dr_diff=$(dry_run_diff) || dr_code=1
  if [ "$dr_code" -eq 0 ] && [ -z "$dr_diff" ]; then return 0; fi
  [ "$dr_new" -ne 1 ] || files_named_new
  dr_diff=$(say "$dr_diff" | head -n 4 | tr '\n' ' ')
  dr_err=$(grep -E '^E:| Depends:| Breaks:| Conflicts:' "$WORK/dry.err" "$WORK/dry" -h |
    head -n 3 | tr -s ' \n' ' ')
  refuse E_PLAN_DRIFT "note=approved < and dry run ${DRY_OF}> differ: $dr_diff$dr_err"
}

# What the open rows must do beside what the dry run would do, one change a line: `i name arch to` or
# `r name`. Nothing where they are the same.
dry_run_diff() {
  awk '
    function would(change) { if (left[change]-- <= 0) print "> " change }
    FILENAME ~ /open$/ {
      split($0, r, "\t")
      left[r[2] == "remove" ? "r " r[3] : "i " r[3] " " r[4] " " r[6]]++
      next
    }
    $1 == "Inst" {
      name = $2; sub(/:.*/, "", name)
      at = index($0, " ("); rest = substr($0, at + 2); split(rest, f, " ")
      match(rest, /\[[^]]*\]\)/); arch = substr(rest, RSTART + 1, RLENGTH - 3)
      would("i " name " " arch " " f[1])
    }
    $1 == "Remv" || $1 == "Purg" { name = $2; sub(/:.*/, "", name); would("r " name) }
    END { for (change in left) if (left[change] > 0) print "< " change }' "$WORK/open" "$WORK/dry"
}

# A staged file must be the package its line names: the digest pins the bytes, this pins the words
# that people approved beside it. Where an index of the vendor's gives this digest to that package,
# architecture and version, it is said already; else the file is asked.
files_named_new() {
  while IFS=$TAB read -r _ sn_verb sn_name sn_arch _ sn_to sn_sha _; do
    [ "$sn_verb" = remove ] || file_named "$sn_sha" "$sn_name" "$sn_arch" "$sn_to"
  done <"$WORK/open"
}

files_named_old() {
  while read -r sn_sha sn_kind _ sn_name sn_arch sn_version; do
    [ "$sn_kind" != old ] || file_named "$sn_sha" "$sn_name" "$sn_arch" "$sn_version"
  done <"$WORK/wanted"
}

file_named() { # SHA256 NAME ARCH VERSION
  if [ -z "${FILES_NAMED:-}" ]; then
    FILES_NAMED=' '
    while read -r fn_sha; do FILES_NAMED="$FILES_NAMED$fn_sha "; done 2>/dev/null <"$WORK/named"
  fi
  case $FILES_NAMED in *" $1 "*) return 0 ;; esac
  if [ "$PACKAGES_OF" = rpm ]; then
    fn_is=$(rpm_file_is "$JOB/debs/$1.rpm")
  else
    # shellcheck disable=SC2016 # dpkg-deb fills these in
    fn_is=$(/usr/bin/dpkg-deb -W --showformat='${Package} ${Architecture} ${Version}' \
      "$JOB/debs/$1.deb" </dev/null)
  fi
  [ "$fn_is" = "$2 $3 $4" ] ||
    refuse E_TARGET "sha256=$1" "note=the file is $fn_is, not $2 $3 $4"
}

# Who holds the lock of dpkg, apt, rpm or zypper: LOCK_FACT, and 1 when it is still held after the wait. But for
# zypper's they are POSIX record locks, so the kernel's table names the process.
stage_lock() { # SECONDS
  read_uptime_cs
  sl_end=$((UPTIME_S + $1))
  while lock_holder; [ -n "$LOCK_FACT" ]; do
    read_uptime_cs
    [ "$UPTIME_S" -lt "$sl_end" ] || return 1
    sleep 0.2
  done
  return 0
}

# LOCK_FACT, or nothing.
lock_holder() {
  LOCK_FACT='' lh_some=no lh_pid=''
  # libzypp's lock is a number in a file.
  [ ! -s "$ZYPP_PID" ] || read -r lh_pid <"$ZYPP_PID"
  if is_number "$lh_pid" && [ -d "/proc/$lh_pid" ]; then
    lock_told "$lh_pid"
    return 0
  fi
  while read -r lh_line; do
    case $lh_line in *POSIX*) lh_some=yes; break ;; esac
  done 2>/dev/null </proc/locks || lh_some=yes
  [ "$lh_some" = yes ] || return 0
  lh_nodes=
  for lh_node in $(stat -c %i /var/lib/dpkg/lock-frontend /var/lib/dpkg/lock \
    /var/cache/apt/archives/lock /var/lib/rpm/.rpm.lock /usr/lib/sysimage/rpm/.rpm.lock \
    2>/dev/null); do lh_nodes="$lh_nodes$lh_node "; done
  lh_ours=
  # shellcheck disable=SC2013 # numbers
  for lh_pid in $(awk -v nodes=" $lh_nodes" '
    $2 == "POSIX" || $3 == "POSIX" {
      for (i = 1; i <= NF; i++) if ($i ~ /^[0-9a-f]+:[0-9a-f]+:[0-9]+$/) {
        split($i, d, ":")
        if (index(nodes, " " d[3] " ")) print $(i - 1)
      }
    }' /proc/locks 2>/dev/null); do
    # File numbers repeat on other file systems: only a process with our root holds our lock.
    lh_ours=${lh_ours:-$(stat -L -c %d:%i /.)}
    [ "$(stat -L -c %d:%i "/proc/$lh_pid/root/." 2>/dev/null)" = "$lh_ours" ] || continue
    lock_told "$lh_pid"
    return 0
  done
}

lock_told() { # PID
  lh_name=$(tr -cd 'A-Za-z0-9._-' <"/proc/$1/comm" 2>/dev/null)
  LOCK_FACT="pid=$1 program=$lh_name"
}

# What the later steps name must exist now: a probe that is missing after the change is too late.
stage_named() {
  while read -r sm_step _ sm_verb sm_name; do
    case $sm_verb in
      probe) sm_file=$ETC/probes.d/$sm_name ;;
      run) sm_file=$ETC/hooks.d/$sm_name ;;
      restart)
        # A package of this very job may bring the service.
        service_known "$sm_name" || rows_have "$WORK/rows" install ||
          refuse E_TARGET "step=$sm_step" "unit=$sm_name" "note=there is no such service"
        continue
        ;;
      *) continue ;;
    esac
    root_owned "$sm_file" || refuse E_POLICY "step=$sm_step" "file=$sm_file" \
      "note=missing, or not owned by root, or writable by others"
    [ "$sm_verb" = probe ] || [ -x "$sm_file" ] ||
      refuse E_POLICY "step=$sm_step" "file=$sm_file" "note=not executable"
    [ "$sm_verb" = probe ] || keys_fine "$sm_name" ||
      refuse E_POLICY "step=$sm_step" "file=$ETC/keys.d/$sm_name" \
        "note=not owned by root, or writable by others, or not a path on each line"
  done <"$WORK/units"
}
