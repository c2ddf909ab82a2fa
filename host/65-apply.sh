# From a checked job to its signed end: permit, steps, result. The worker runs detached from any
# connection; whoever starts it calls worker_main, and worker_main is also recovery, so a worker
# that was killed is simply started again.

OUTPUT=$JOB/output
OUTPUT_BYTES_MAX=10485760
KEPT=$VAR/kept
KEPT_KB_MAX=131072
ASK_TRIES=3

# Limits in seconds. Root may lower or raise them on this host in $ETC/limits (`name seconds`).
LIMIT_PACKAGES=3600 # one package transaction
LIMIT_JOB=14400     # all steps together; the way back has its own time
LIMIT_SERVICE=120   # one service restart
LIMIT_HOOK=900      # one hook
LIMIT_FETCH=3600    # all files of the job
LIMIT_ASK=20        # one wait for a permit
LIMIT_SETTLE=30     # services back after the change
LIMIT_LOCK=30       # waiting for the package lock before anything starts

# Root's own limits, read once by each worker; the first line for a name counts.
read_limits() {
  root_owned "$ETC/limits" || return 0
  li_seen=,
  while read -r li_name li_value _ || [ -n "$li_name" ]; do
    case $li_value in '' | 0* | *[!0-9]* | ??????*) continue ;; esac
    case $li_seen in *,"$li_name",*) continue ;; esac
    li_seen=$li_seen$li_name,
    case $li_name in
      packages) LIMIT_PACKAGES=$li_value ;;
      job) LIMIT_JOB=$li_value ;;
      service) LIMIT_SERVICE=$li_value ;;
      hook) LIMIT_HOOK=$li_value ;;
      fetch) LIMIT_FETCH=$li_value ;;
      ask) LIMIT_ASK=$li_value ;;
      settle) LIMIT_SETTLE=$li_value ;;
      lock) LIMIT_LOCK=$li_value ;;
      stage) LIMIT_STAGE=$li_value ;;
      staged) LIMIT_STAGED=$li_value ;;
    esac
  done <"$ETC/limits"
}

# Root's own file, in a folder of root's own, that nobody else can write.
root_owned() { # FILE
  [ -f "$1" ] || return 1
  ro_modes=$(stat -L -c '%u %a' "$1" "${1%/*}" 2>/dev/null) || return 1
  while read -r ro_owner ro_mode; do
    [ "$ro_owner" = 0 ] || return 1
    case $ro_mode in *[2367]? | *[2367]) return 1 ;; esac
  done <<MODES
$ro_modes
MODES
}

# What every worker needs before it does anything. Most of it came with the job.
work_folders() {
  [ -d "$WORK/nolists/partial" ] && [ -d "$JOB/debs" ] && [ -d "$JOB/permit" ] && [ -d "$KEPT" ] ||
    mkdir -p "$WORK/nolists/partial" "$JOB/debs" "$JOB/permit" "$KEPT"
  : >>"$OUTPUT"
  read_limits
  packages_whose
  SUFFIX=deb
  [ "$PACKAGES_OF" != rpm ] || SUFFIX=rpm
}

worker_main() {
  work_folders
  journal_mend
  journal_read
  if journal_has_ended; then
    # An order that came again after the end is answered again.
    if [ ! -e "$JOB/reported" ] || [ -n "$(find "$JOB/order" -newer "$JOB/reported")" ]; then
      report "$JL_STATE" "$JL_CODE"
    fi
    return 0
  fi
  HAVE_PERMIT=no
  ACTED=no
  read_uptime_cs
  JOB_END=$((UPTIME_S + LIMIT_JOB))
  [ "$JL_STATE" != - ] || journal RECEIVED "plan=$J_PLAN" "attempt=$J_ATTEMPT" "way=$J_WAY" \
    "approvals=$J_APPROVALS"
  if [ "$JL_BEGUN" = yes ]; then
    recover || return 0
  else
    leftover_wait
    stage || return 0
  fi
  steps_run || return 0
  verify || return 0
  keep_files
  count_rows "$WORK/rows"
  wm_keys=''
  while read -r _ _ wm_verb wm_name; do
    [ "$wm_verb" != run ] || [ ! -e "$JOB/keys.$wm_name" ] ||
      wm_keys=$wm_keys${wm_keys:+,}$(keys_made "$wm_name")
  done <"$WORK/units"
  conclude DONE - "packages=$COUNT" ${wm_keys:+"keys=$wm_keys"}
}

# Every unit that is not applied yet, in order. A failure leads to the body's own undo.
steps_run() {
  while read -r u_first u_last u_verb u_name; do
    case $JL_DONE in *,"$u_first",*) continue ;; esac
    STEP_CODE=E_STEP
    step_in_time "$u_first" "$u_last" "$u_verb" "$u_name" <&3
    case $? in
      0) JL_DONE=$JL_DONE$u_first, ;;
      2) return 1 ;;
      *)
        undo_run "$u_first" "$STEP_CODE"
        return 1
        ;;
    esac
  done 3</dev/null <"$WORK/units"
}

step_in_time() { # FIRST LAST VERB NAME
  read_uptime_cs
  if [ "$UPTIME_S" -ge "$JOB_END" ]; then
    STEP_CODE=E_LIMIT
    journal NOTE "step=$1" "note=the whole job took longer than $LIMIT_JOB seconds"
    return 1
  fi
  step_run "$@"
}

# 0 applied, 1 failed, 2 held or handed over (no rollback).
step_run() { # FIRST LAST VERB NAME
  case $3 in
    packages) packages_step "$1" "$2" ;;
    probe)
      # Looking changes nothing, so a probe needs no permit of its own after a crash.
      journal VERIFYING "step=$1" "probe=$4"
      probe_run "$4" || return 1
      journal APPLIED "step=$1" "probe=$4"
      ;;
    reboot) reboot_step "$1" ;;
    *)
      if ! begin apply "step=$1" "verb=$3" "name=$4"; then
        hold_job "$HOLD_CODE" "$HOLD_WHY"
        return 2
      fi
      ACTED=yes
      case $3 in
        restart) service_restart "$4" ;;
        run) keys_keep "$4" && hook_run "$4" && hook_keys "$4" ;;
        hold) package_hold "$4" ;;
      esac || return 1
      journal APPLIED "step=$1"
      ;;
  esac
}

# --- Permit (protocol §7.1–4) -------------------------------------------------------------------

# APPLYING is on disk before the last look at the clock: whoever finds it knows that something may
# have begun. A permit that is late by then starts nothing and is asked for again with a new nonce.
begin() { # apply|reboot|revert fact…
  bg_kind=$1
  shift
  if [ "$bg_kind" = apply ] && [ "$HAVE_PERMIT" = yes ]; then
    journal APPLYING "$@"
    return 0
  fi
  permit_clock
  # A revert is bound by the time it was done, not by the wave (§7.7).
  if [ "$bg_kind" != revert ] && ! wave_is_open "$PERMIT_W0"; then
    HOLD_CODE=E_TIME HOLD_WHY="the wave or its window is over"
    return 1
  fi
  check_halt || { HOLD_CODE=$E_CODE HOLD_WHY=$E_FACTS; return 1; }
  snapshot_take
  bg_try=0
  while [ "$bg_try" -lt "$ASK_TRIES" ]; do
    bg_try=$((bg_try + 1))
    [ "$bg_try" -eq 1 ] || permit_clock
    permit_fetch "$bg_kind"
    case $? in
      0) ;;
      2) return 1 ;;
      *)
        journal NOT_STARTED "try=$bg_try" "note=$HOLD_CODE $HOLD_WHY"
        continue
        ;;
    esac
    # Counter, snapshot and `open` are on disk before the line that announces the act.
    remember open
    later_sync ${SNAPSHOT_TAKEN:+"$SNAPSHOT"} && later_name || exit 1
    LATER_FOLDERS="$LATER_FOLDERS $JOB"
    journal APPLYING "$@" "kind=$bg_kind"
    if permit_is_fresh; then
      HAVE_PERMIT=yes
      return 0
    fi
    HOLD_CODE=E_PERMIT HOLD_WHY="the permit came too late"
    journal NOT_STARTED "try=$bg_try" "note=$HOLD_WHY"
    # A job that has changed something stays open, however late a later permit comes.
    if [ "$ACTED" = no ] || [ "$bg_kind" = revert ]; then remember_again; fi
  done
  return 1
}

# The wall clock and the uptime at the same moment, before the nonce is made.
permit_clock() {
  read_uptime_cs
  PERMIT_U0=$UPTIME_CS
  PERMIT_W0=$(now_s)
}

# One ask and one answer: 0 a good permit, 1 none or a bad one, 2 the server said held.
permit_fetch() { # KIND
  read_uptime_cs
  PERMIT_T0=$UPTIME_CS
  PERMIT_TTL=0
  # A revert is ordered by the server, so the server is there to say that it still holds.
  # What root runs by hand starts by the ring's line, which was judged when it came in.
  if { [ "$J_PERMIT" = offline ] || [ "$J_WAY" = local ]; } && [ "$1" != revert ]; then
    PERMIT_TTL=-1
    return 0
  fi
  : >"$JOB/answer"
  pf_state=staged
  [ "$ACTED" = no ] || pf_state=applying
  if ! make_ask "$1" "$pf_state"; then
    HOLD_CODE=$E_CODE HOLD_WHY=$E_FACTS
    return 1
  fi
  if ! answer_await $((PERMIT_T0 + 100 * LIMIT_ASK)); then
    ask_end
    HOLD_CODE=E_PERMIT HOLD_WHY="no answer to the ask"
    return 1
  fi
  # No relay writes another answer when there is no ask.
  ask_end
  read -r pf_word pf_held <"$JOB/answer.text"
  if [ "$pf_word" = @held ] && [ -n "$pf_held" ]; then
    HOLD_CODE=E_PERMIT HOLD_WHY="held: $pf_held"
    return 2
  fi
  if ! check_permit "$JOB/answer.text" "$1"; then
    HOLD_CODE=$E_CODE HOLD_WHY=$E_FACTS
    return 1
  fi
  PERMIT_TTL=$PERMIT_SECONDS
}

# An empty ask is none, as an empty answer is none: emptying them costs no process.
ask_end() {
  : >"$JOB/ask"
  : >"$JOB/asksig"
}

# Waits for what the relay brings; 1 when the time is over. A sleeper has the bell open for writing, so the
# shell's own `read` ends with it, and no other process waits.
answer_await() { # END_CS
  read_uptime_cs
  bell_make "$VAR/answered" || return 1
  # Open both ways it waits for nobody; only the sleeper keeps that.
  exec 6<>"$VAR/answered"
  sleep $((($1 - UPTIME_CS + 99) / 100)) 9>&- &
  aa_sleeper=$!
  exec 5<"$VAR/answered"
  exec 6>&-
  while [ ! -s "$JOB/answer" ]; do
    read -r aa_ring <&5 || break
  done
  exec 5<&-
  kill "$aa_sleeper" 2>/dev/null
  wait "$aa_sleeper" 2>/dev/null
  [ -s "$JOB/answer" ]
}

# The permit lives from the moment its nonce was made, in boot time; and the wall clock must have
# moved with it since permit_clock, or the machine slept in between.
permit_is_fresh() {
  [ "$PERMIT_TTL" -ne -1 ] || return 0
  fr_wall=$(now_s)
  read_uptime_cs
  fr_wall=$(((fr_wall - PERMIT_W0) * 100 - (UPTIME_CS - PERMIT_U0)))
  fr_up=$((UPTIME_CS - PERMIT_T0))
  [ "$fr_up" -lt $((PERMIT_TTL * 100)) ] && [ "$fr_wall" -lt 200 ] && [ "$fr_wall" -gt -200 ]
}

# The times of the wave and of the leaf's windows were checked when the job came in; a worker that
# starts later looks again.
wave_is_open() { # NOW
  if [ "$1" -lt "$J_WAVE_FROM" ] || [ "$1" -gt "$J_WAVE_TO" ]; then return 1; fi
  in_window "$1" "$J_WINDOWS"
}

# Held before anything changed ends the attempt; held afterwards waits for the next permit.
hold_job() { # CODE why
  hj_failed=$1
  shift
  conclude HELD "$hj_failed" "begun=$ACTED" "note=$*"
}

# --- Snapshot -----------------------------------------------------------------------------------

# What was there before: the boot, each package of the body with its mark, each package that was not
# wholly installed, each running service.
# Taken once; recovery and reverts compare with it. It is on disk before APPLYING is, and until then
# nobody needs it.
snapshot_take() {
  SNAPSHOT_TAKEN=''
  [ "$ACTED" = no ] || return 0
  read_boot
  {
    printf 'boot %s\n' "$BOOT"
    snapshot_packages || cut_short "$WORK/snapshot.rows"
    [ "$PACKAGES_OF" != rpm ] || rpm_altered "$WORK/rows" | sed 's/^/altered /'
    services_required
    say end
  } >"$SNAPSHOT" || cut_short "$SNAPSHOT"
  sn_packages=0 sn_services=0 sn_last=''
  while read -r sn_word _; do
    sn_last=$sn_word
    case $sn_word in
      pkg) sn_packages=$((sn_packages + 1)) ;;
      service) sn_services=$((sn_services + 1)) ;;
    esac
  done <"$SNAPSHOT"
  [ "$sn_last" = end ] || cut_short "$SNAPSHOT"
  SNAPSHOT_TAKEN=yes
  read_ask_digests "$SNAPSHOT"
  journal SNAPSHOT "boot=$BOOT" "packages=$sn_packages" "services=$sn_services" \
    "file=$SNAPSHOT_DIGEST"
}

# What staging saw of the body's packages.
snapshot_packages() {
  while IFS= read -r sp_row; do
    [ "$sp_row" != end ] || return 0
    say "$sp_row"
  done <"$WORK/snapshot.rows"
  return 1
}

# --- Package steps ------------------------------------------------------------------------------

# 0 applied, 1 failed and something may have changed, 2 held or ended.
packages_step() { # FIRST LAST
  # The guard compares the installed versions once more, under dpkg's lock.
  packages_just_seen || rows_look
  rows_in "$WORK/rows" from "$1" "$2" >"$WORK/open" || cut_short "$WORK/open"
  if [ ! -s "$WORK/open" ]; then
    journal APPLIED "step=$1" "last=$2" "note=every package is at its target already"
    return 0
  fi
  # Between two transactions anybody may have begun another one: that ends by itself.
  [ "$ACTED" = no ] || stage_lock "$LIMIT_LOCK" || :
  ps_try=0
  while :; do
    ps_try=$((ps_try + 1))
    if ! begin apply "step=$1" "last=$2" "verb=packages"; then
      hold_job "$HOLD_CODE" "$HOLD_WHY"
      return 2
    fi
    packages_apply "$WORK/open" step
    rows_look
    [ "$AP_EXIT" -eq 0 ] || rpm_torn "$WORK/rows"
    packages_hurt
    if steps_reached "$1" "$2" && [ -z "$HURT" ]; then
      marks_restore
      ACTED=yes
      journal APPLIED "step=$1" "last=$2" "seconds=$AP_SECONDS"
      units_read packages
      [ "$UNIT_LAST" != "$2" ] || packages_facts
      return 0
    fi
    packages_why
    packages_untouched || break
    # Nothing was done: dpkg was locked, or apt wanted another set than the approved one.
    [ "$ACTED" = no ] || break
    [ "$AP_CODE" = E_LOCK ] || break
    [ "$ps_try" -lt "$ASK_TRIES" ] || break
    journal NOT_STARTED "try=$ps_try" "note=E_LOCK $AP_FACT"
    remember_again
    HAVE_PERMIT=no
    stage_lock "$LIMIT_LOCK" || :
  done
  STEP_CODE=$AP_CODE
  journal NOTE "step=$1" "code_seen=$AP_CODE" "exit=$AP_EXIT" "note=$AP_FACT"
  if packages_untouched && [ "$ACTED" = no ]; then
    [ "$AP_CODE" != E_DISK ] || make_room
    conclude FAILED "$AP_CODE" "failed=$1" "note=nothing was changed: $AP_FACT"
    return 2
  fi
  ACTED=yes
  return 1
}

# Other packages that this job left half-done, a line `NAME:ARCH STATE` each in HURT: their trigger for the
# new files failed or was cut off, or they were deconfigured for them. An initial RAM disk is made that way.
# What was so before the job is none of its business.
packages_hurt() {
  HURT=''
  [ -s "$WORK/unwhole" ] || return 0
  HURT=$(awk 'FILENAME ~ /snapshot$/ { if ($1 == "unwhole") was[$2] = 1; next } !($1 in was)' \
    "$SNAPSHOT" "$WORK/unwhole")
}

hurt_told() {
  printf '%s' "$HURT" | tr '\n' ';' | head -c 300
}

# Whether each package of these steps is at its target.
steps_reached() { # FIRST LAST
  while read -r sd_row; do
    sd_step=${sd_row%%"$TAB"*}
    [ "$sd_step" -ge "$1" ] && [ "$sd_step" -le "$2" ] || continue
    case $sd_row in *"	at") ;; *) return 1 ;; esac
  done <"$WORK/rows"
}

packages_reached() { # ROWS
  rows_are "$1" at
}

packages_untouched() {
  awk -F '\t' 'FILENAME ~ /open$/ { was[$1] = $8; next }
    ($1 in was) && ($10 != "from" || ($8 "") != (was[$1] "")) { exit 1 }' "$WORK/open" "$WORK/rows"
}

# One run of apt or dnf over staged files. Right before apt hands the transaction to dpkg, under dpkg's lock,
# the guard compares it once more with the approved rows, old versions included.
packages_apply() { # ROWS step|undo
  read_uptime_cs
  pa_from=$UPTIME_CS
  if [ "$PACKAGES_OF" = rpm ]; then rpm_transaction "$1"; else apt_transaction "$1" "$2"; fi
  AP_EXIT=$?
  read_uptime_cs
  AP_SECONDS=$(((UPTIME_CS - pa_from) / 100))
  return "$AP_EXIT"
}

apt_transaction() { # ROWS step|undo
  guard_write "$1"
  guard_awk
  hooks_choose >"$WORK/hooks.conf"
  pa_rows=$1
  pa_down=
  if rows_have "$pa_rows" downgrade; then pa_down=--allow-downgrades; fi
  # The job itself may have put the package on hold.
  if [ "$2" = undo ]; then pa_down='--allow-downgrades --allow-change-held-packages'; fi
  set --
  while IFS=$TAB read -r _ pa_verb pa_name pa_arch _ _ pa_sha _; do
    row_argument "$pa_verb" "$pa_name" "$pa_arch" "$pa_sha"
    set -- "$@" "$ARGUMENT"
  done <"$pa_rows"
  # shellcheck disable=SC2086 # fixed options only
  run_limited "$LIMIT_PACKAGES" apt-get -q -y -c "$WORK/hooks.conf" $APT_STAGED $APT_ARCHS $pa_down \
    -o "Dir::State::lists=$WORK/nolists" \
    -o "DPkg::Pre-Install-Pkgs::=$GUARD_AWK -v told=$JOB/guard.drift -f $JOB/guard $JOB/guard.expected -" \
    -o "DPkg::Tools::Options::$GUARD_AWK::Version=3" \
    install "$@"
}

# Why the last run of apt did not do it: AP_CODE and AP_FACT.
packages_why() {
  tail -c 4000 "$OUTPUT" >"$WORK/tail"
  AP_CODE=E_STEP
  if [ "$PACKAGES_OF" = rpm ]; then
    rpm_transaction_why
  else
    AP_FACT=$(grep -E '^(E:|dpkg: error)|exit status' "$WORK/tail" | tail -n 2 | tr '\n' ' ')
  fi
  [ -z "$HURT" ] || AP_FACT="left half-done: $(hurt_told); $AP_FACT"
  if said_no_space || disk_is_full; then
    # Also the guard needs a file to compare.
    AP_CODE=E_DISK AP_FACT="no space left on the device; $AP_FACT"
  elif [ -e "$JOB/guard.drift" ] && [ "$AP_EXIT" -lt 128 ]; then
    # Where apt was killed, the guard heard only a part.
    AP_CODE=E_PLAN_DRIFT AP_FACT=$(head -c 300 "$JOB/guard.drift" | tr '\n' ' ')
  elif [ -e "$JOB/overtime" ]; then
    AP_CODE=E_LIMIT AP_FACT="stopped after $LIMIT_PACKAGES seconds"
  elif grep -Eq '^E: (Could not get lock|Unable to acquire the dpkg)' "$WORK/tail"; then
    lock_holder
    AP_CODE=E_LOCK AP_FACT=$LOCK_FACT
  fi
}

# What the last command wrote, where it had the room to say so.
said_no_space() {
  tail -c 4000 "$OUTPUT" | grep -q 'No space left on device'
}

# Nobody was there at the other end, which says nothing of what a source has. In apt's words, curl's (dnf)
# and the C library's; a proxy's own answer is an answer.
said_no_answer() {
  tail -c 4000 "$OUTPUT" | grep -q -i -e 'timed out' -e 'could not connect' -e 'failed to connect' \
    -e 'unable to connect' -e 'connection failed' -e 'temporary failure resolving' \
    -e 'could not resolve' -e 'is unreachable' -e 'no route to host'
}

# debconf's hook asks its questions before anything is unpacked, which needs a second and, where nobody
# is there to answer, brings nothing: each package asks again when it is configured. It is left out,
# but only when it is the one hook of its kind: another may be there to say no.
hooks_choose() {
  hooks_unchanged || apt_hooks
  [ "$APT_HOOKS" != debconf ] || say '#clear DPkg::Pre-Install-Pkgs;'
}

# Whether what staging read of apt's settings is still what they say.
hooks_unchanged() {
  [ -n "$APT_LISTS" ] && [ -e "$WORK/settings.read" ] || return 1
  set +f
  for hu_file in /etc/apt /etc/apt/apt.conf /etc/apt/apt.conf.d /etc/apt/apt.conf.d/*; do
    # shellcheck disable=SC3013 # POSIX.1-2024 has -nt, and so have dash, bash and busybox
    [ ! "$hu_file" -nt "$WORK/settings.read" ] || { set -f; return 1; }
  done
  set -f
}

# apt's hook protocol 3: after an empty line, `name version arch multiarch < version arch multiarch
# action` for each change, where action is a file, **REMOVE** or **CONFIGURE**; a failing hook stops
# apt before dpkg runs.
guard_write() { # ROWS
  [ ! -e "$JOB/guard.drift" ] || rm -f "$JOB/guard.drift"
  while IFS=$TAB read -r _ gw_verb gw_name _ _ gw_to _ gw_has _; do
    [ "$gw_verb" != remove ] || gw_to=-
    say "$gw_name $gw_has $gw_to"
  done <"$1" >"$JOB/guard.expected"
  # Only the last line says yes: an awk that cannot run, or is cut off, is a no.
  put_text "$JOB/guard" "$AWK_GUARD" || cannot_write "the guard" || exit 1
}

# shellcheck disable=SC2016 # awk's own variables
AWK_GUARD='FILENAME ~ /guard\.expected$/ { left[$0]++; next }
body && $NF != "**CONFIGURE**" {
  change = $1 " " $2 " " ($NF == "**REMOVE**" ? "-" : $6)
  if (left[change]-- <= 0) { drift = 1; print "> " change >told }
}
$0 == "" { body = 1 }
END {
  for (change in left) if (left[change] > 0) { drift = 1; print "< " change >told }
  if (drift) print "fettle: the transaction is not the approved one"
  exit drift ? 1 : 0
}'

# Which awk it runs under, in GUARD_AWK. apt knows the settings of a hook by the hook's first word: with two
# slashes in front it is nobody else's.
guard_awk() {
  for ga_dir in /usr/bin /bin /usr/sbin /sbin; do
    GUARD_AWK=/$ga_dir/awk
    [ ! -x "$GUARD_AWK" ] || return 0
  done
  GUARD_AWK="awk"
}

# apt marks every package named to it as asked for by a person; the snapshot knows better. A package that is
# gone has no mark.
marks_restore() {
  mr_auto=''
  while read -r mr_word mr_name mr_arch _ mr_mark _; do
    [ "$mr_word $mr_mark" != "pkg auto" ] || mr_auto="$mr_auto$mr_name $mr_arch$NEWLINE"
  done <"$SNAPSHOT"
  [ -n "$mr_auto" ] || return 0
  # shellcheck disable=SC2046 # names of packages
  set -- $(marks_lost "$mr_auto")
  [ $# -gt 0 ] || return 0
  # shellcheck disable=SC2016,SC2046 # dpkg-query fills these in
  set -- $(dpkg-query -W -f '${db:Status-Status} ${binary:Package}\n' "$@" 2>/dev/null |
    while read -r mr_state mr_name; do [ "$mr_state" != installed ] || say "$mr_name"; done)
  [ $# -gt 0 ] || return 0
  apt_mark auto "$@"
}

# Those that apt has no mark for now, as dpkg names them. A package for all architectures has its mark
# under the machine's own.
marks_lost() { # `NAME ARCH` lines
  mk_marks=/var/lib/apt/extended_states
  [ -r "$mk_marks" ] || mk_marks=/dev/null
  awk '
    T == "marks" {
      if ($1 == "Package:") name = $2
      else if ($1 == "Architecture:") arch = $2
      else if ($0 == "Auto-Installed: 1") is[name, arch] = is[name] = 1
      next
    }
    $2 == "all" && !($1 in is) { print $1 }
    $2 != "all" && !(($1, $2) in is) { print $1 ":" $2 }' T=marks "$mk_marks" T=wanted - <<LINES
${1%"$NEWLINE"}
LINES
}

apt_mark() { # auto|hold|unhold NAME…
  [ "$1" = auto ] || packages_unseen
  # shellcheck disable=SC2086 # fixed options only
  unlocked apt-mark $APT_STAGED $APT_ARCHS -o "Dir::State::lists=$WORK/nolists" "$@" </dev/null \
    >>"$OUTPUT" 2>&1
}

# Programs that still run what was replaced, beside those that the body restarts: a fact for people.
packages_facts() {
  stale_users >"$WORK/stale"
  [ -s "$WORK/stale" ] || return 0
  awk -F '\t' '
    FILENAME ~ /units$/ { split($0, f, " "); if (f[3] == "restart") mine[f[4]] = 1; next }
    { n = substr($1, 9) }
    (n in mine) || ((n ".service") in mine) || (n in said) { next }
    { said[n] = 1; print n, $2, $3 }' "$WORK/units" "$WORK/stale" | head -n 20 |
    while read -r pf_unit pf_pid pf_file; do
      journal NOTE "restart=$pf_unit" "pid=$pf_pid" "note=still runs the replaced $pf_file"
    done
}

# What was not on hold before is noted first, so that a rollback can let go of it.
package_hold() { # NAME
  ! is_held "$1" || return 0
  printf '%s\n' "$1" >>"$JOB/held" || return 1
  apt_mark hold "$1"
  is_held "$1"
}

is_held() { # NAME
  # shellcheck disable=SC2016 # dpkg-query fills it in
  dpkg-query -W -f '${db:Status-Want}\n' "$1" 2>/dev/null | grep -q '^hold$'
}

# Runs a command without the lock's descriptor: a daemon that it starts would keep the lock. The
# subshell matters: dash makes a command's redirections in the shell itself, which would let go of
# descriptor 9 for as long as the command runs, and others take a worker without it for dead.
unlocked() { # command…
  (
    exec 9>&-
    exec "$@"
  )
}

# --- Running things -----------------------------------------------------------------------------

# Runs a command in a session of its own, with a limit, nothing to read, no descriptor of ours (a
# daemon that a package starts would keep the lock), and its output in the job's file. The file is
# not a pipe: a daemon that keeps it open would keep a reader waiting for ever.
run_limited() { # SECONDS command…
  rl_limit=$1
  shift
  packages_unseen
  [ ! -e "$JOB/overtime" ] || rm -f "$JOB/overtime"
  (
    umask 022
    cd /
    export DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical UCF_FORCE_CONFFOLD=1 \
      APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1 HOME=/root TERM=dumb
    exec setsid "$@" </dev/null >>"$OUTPUT" 2>&1 9>&-
  ) &
  rl_pid=$!
  read_start "$rl_pid"
  read_boot
  say "$rl_pid $START $BOOT" >"$JOB/running"
  # A subshell of this one: another shell would cost two programs. What is left of it when it is
  # killed is one `sleep` of two seconds, which holds nothing. Where only the worker is killed it goes on
  # watching, and ends with what it watches: the number may be another process's an hour later.
  (
    exec 9>&-
    rl_start=$START
    while [ "$rl_limit" -gt 0 ]; do
      # Two processes each time: the first second of many jobs is their only one.
      rl_pause=2
      [ "$rl_limit" -gt 1 ] || rl_pause=1
      sleep "$rl_pause"
      rl_limit=$((rl_limit - rl_pause))
      read_start "$rl_pid"
      [ -n "$START" ] && [ "$START" = "$rl_start" ] || exit 0
      output_fits
    done
    : >"$JOB/overtime"
    kill -TERM "-$rl_pid"
    sleep 5
    kill -KILL "-$rl_pid"
  ) </dev/null >/dev/null 2>&1 &
  rl_watch=$!
  wait "$rl_pid"
  rl_code=$?
  kill -KILL "$rl_watch" 2>/dev/null
  wait "$rl_watch" 2>/dev/null
  # Whatever a killed leader left in its session is stopped too, or it would go on unseen.
  if [ -e "$JOB/overtime" ]; then kill -KILL "-$rl_pid" 2>/dev/null; fi
  : >"$JOB/running"
  return "$rl_code"
}

# While a command writes, and before what it wrote is hashed (read_digests).
output_fits() {
  [ "$(exec stat -c %s "$OUTPUT")" -le "$OUTPUT_BYTES_MAX" ] ||
    truncate -s "$OUTPUT_BYTES_MAX" "$OUTPUT"
}

# The same limit for what only reads: if it outlives us, the next worker takes its folder away.
run_fetch() { # SECONDS command…
  (
    umask 022
    exec timeout -k 5 "$@" </dev/null >>"$OUTPUT" 2>&1 9>&-
  )
}

# When a process began and what it does now: START and PROCESS_STATE, fields 22 and 3 of its stat,
# which stand after the name in parentheses (proc(5)). Nothing where there is no such process.
read_start() { # PID
  START='' PROCESS_STATE='' ps_line=''
  { read -r ps_line <"/proc/$1/stat"; } 2>/dev/null || return 0
  ps_line=${ps_line##*) }
  # shellcheck disable=SC2086 # numbers and one letter
  set -- $ps_line
  [ $# -lt 20 ] || { PROCESS_STATE=$1; shift 19; START=$1; }
}

# The files of what is now installed stay for the next job's undo: vendors drop old versions.
keep_files() {
  while read -r kf_sha kf_kind _; do
    [ "$kf_kind" = new ] || continue
    ln -f "$JOB/debs/$kf_sha.$SUFFIX" "$KEPT/$kf_sha.$SUFFIX" 2>/dev/null
  done <"$WORK/wanted"
  while kf_size=$(exec du -sk "$KEPT") && [ "${kf_size%%"$TAB"*}" -gt "$KEPT_KB_MAX" ]; do
    # The names are digests.
    # shellcheck disable=SC2012
    kf_old=$(ls -t "$KEPT" | tail -n 1)
    [ -n "$kf_old" ] || return 0
    rm -f "$KEPT/$kf_old"
  done
}
