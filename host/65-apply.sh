# From a checked job to its signed end: permit, steps, result. The worker runs detached from any
# connection; whoever starts it calls worker_main, and worker_main is also recovery, so a worker
# that was killed is simply started again.

OUTPUT=$JOB/output
OUTPUT_BYTES_MAX=10485760
KEPT=$VAR/kept
KEPT_KB_MAX=131072
ASK_TRIES=3

# Limits in seconds. Root may lower or raise them on this host in $ETC/limits (`name seconds`).
limit_of() { # packages|job|service|hook|fetch|ask|settle|lock
  lo_own=
  if root_owned "$ETC/limits"; then
    lo_own=$(awk -v name="$1" '
      $1 == name && $2 ~ /^[1-9][0-9]*$/ && length($2) < 6 { print $2; exit }' "$ETC/limits")
  fi
  case ${lo_own:-$1} in
    packages) printf 3600 ;; # one package transaction
    job) printf 14400 ;;     # all steps together; the way back has its own time
    service) printf 120 ;;   # one service restart
    hook) printf 900 ;;      # one hook
    fetch) printf 3600 ;;    # all files of the job
    ask) printf 20 ;;        # one wait for a permit
    settle) printf 30 ;;     # services back after the change
    lock) printf 30 ;;       # waiting for the package lock before anything starts
    *) printf '%s' "$lo_own" ;;
  esac
}

# Root's own file, in a folder of root's own, that nobody else can write.
root_owned() { # FILE
  [ -f "$1" ] || return 1
  ro_modes=$(stat -L -c '%u %a' "$1" "${1%/*}" 2>/dev/null) || return 1
  printf '%s\n' "$ro_modes" | awk '$1 != 0 || $2 ~ /[2367].$/ || $2 ~ /[2367]$/ { exit 1 }'
}

worker_main() {
  mkdir -p "$WORK" "$KEPT"
  : >>"$OUTPUT"
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
  JOB_END=$(($(uptime_s) + $(limit_of job)))
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
  conclude DONE - "packages=$(wc -l <"$WORK/rows")"
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
  if [ "$(uptime_s)" -ge "$JOB_END" ]; then
    STEP_CODE=E_LIMIT
    journal NOTE "step=$1" "note=the whole job took longer than $(limit_of job) seconds"
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
        run) hook_run "$4" ;;
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
  # A revert is bound by the time it was done, not by the wave (§7.7).
  if [ "$bg_kind" != revert ] && ! wave_is_open; then
    HOLD_CODE=E_TIME HOLD_WHY="the wave or its window is over"
    return 1
  fi
  check_halt || { HOLD_CODE=$E_CODE HOLD_WHY=$E_FACTS; return 1; }
  snapshot_take
  bg_try=0
  while [ "$bg_try" -lt "$ASK_TRIES" ]; do
    bg_try=$((bg_try + 1))
    permit_fetch "$bg_kind"
    case $? in
      0) ;;
      2) return 1 ;;
      *)
        journal NOT_STARTED "try=$bg_try" "note=$HOLD_CODE $HOLD_WHY"
        continue
        ;;
    esac
    remember open
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

# One ask and one answer: 0 a good permit, 1 none or a bad one, 2 the server said held.
permit_fetch() { # KIND
  read_uptime_cs
  PERMIT_T0=$UPTIME_CS
  PERMIT_W0=$(now_s)
  PERMIT_TTL=0
  # A revert is ordered by the server, so the server is there to say that it still holds.
  if [ "$J_PERMIT" = offline ] && [ "$1" != revert ]; then
    PERMIT_TTL=-1
    return 0
  fi
  rm -f "$JOB/answer"
  if ! make_ask "$1" "$(ask_state)"; then
    HOLD_CODE=$E_CODE HOLD_WHY=$E_FACTS
    return 1
  fi
  pf_end=$((PERMIT_T0 + 100 * $(limit_of ask)))
  while [ ! -e "$JOB/answer" ]; do
    read_uptime_cs
    if [ "$UPTIME_CS" -ge "$pf_end" ]; then
      rm -f "$JOB/ask" "$JOB/asksig"
      HOLD_CODE=E_PERMIT HOLD_WHY="no answer to the ask"
      return 1
    fi
    sleep 0.05
  done
  mv -f "$JOB/answer" "$WORK/answer"
  rm -f "$JOB/ask" "$JOB/asksig"
  if pf_held=$(sed -n '1s/^@held \(.*\)$/\1/p' "$WORK/answer") && [ -n "$pf_held" ]; then
    HOLD_CODE=E_PERMIT HOLD_WHY="held: $pf_held"
    return 2
  fi
  if ! check_permit "$WORK/answer" "$1"; then
    HOLD_CODE=$E_CODE HOLD_WHY=$E_FACTS
    return 1
  fi
  PERMIT_TTL=$PERMIT_SECONDS
}

ask_state() {
  if [ "$ACTED" = yes ]; then printf applying; else printf staged; fi
}

# The permit lives from the moment its nonce was made, in boot time; and the wall clock must have
# moved with it, or the machine slept in between.
permit_is_fresh() {
  [ "$PERMIT_TTL" -ne -1 ] || return 0
  read_uptime_cs
  fr_up=$((UPTIME_CS - PERMIT_T0))
  fr_wall=$((($(now_s) - PERMIT_W0) * 100 - fr_up))
  [ "$fr_up" -lt $((PERMIT_TTL * 100)) ] && [ "$fr_wall" -lt 200 ] && [ "$fr_wall" -gt -200 ]
}

# The times of the wave and of the leaf's windows were checked when the job came in; a worker that
# starts later looks again.
wave_is_open() {
  wo_now=$(now_s)
  if [ "$wo_now" -lt "$J_WAVE_FROM" ] || [ "$wo_now" -gt "$J_WAVE_TO" ]; then return 1; fi
  in_window "$wo_now" "$J_WINDOWS"
}

# Held before anything changed ends the attempt; held afterwards waits for the next permit.
hold_job() { # CODE why
  hj_failed=$1
  shift
  conclude HELD "$hj_failed" "begun=$ACTED" "note=$*"
}

# --- Snapshot -----------------------------------------------------------------------------------

# What was there before: the boot, each package of the body with its mark, each running service.
# Taken once; recovery and reverts compare with it.
snapshot_take() {
  [ "$ACTED" = no ] || return 0
  {
    printf 'boot %s\n' "$(boot_id_hex)"
    awk -F '\t' '{ print $3, $4 }' "$WORK/rows" >"$WORK/names"
    installed_list >"$WORK/installed"
    inspect_packages "$WORK/installed" | awk -F '\t' '
      NR == FNR { split($0, f, " "); mine[f[1]] = 1; next }
      $1 ~ /^pkg / { name = substr($1, 5); if (name in mine) print "pkg", name, $2, $3, $7 }' \
      "$WORK/names" -
    services_required
  } >"$WORK/snapshot"
  durable_write "$SNAPSHOT" <"$WORK/snapshot" || exit 1
  journal SNAPSHOT "boot=$(boot_id_hex)" "packages=$(grep -c '^pkg ' "$SNAPSHOT")" \
    "services=$(grep -c '^service ' "$SNAPSHOT")" "file=$(sha256sum <"$SNAPSHOT" | head -c 64)"
}

# --- Package steps ------------------------------------------------------------------------------

# 0 applied, 1 failed and something may have changed, 2 held or ended.
packages_step() { # FIRST LAST
  rows_list step >"$WORK/rows"
  awk -F '\t' '$10 == "from"' "$WORK/rows" >"$WORK/open"
  if [ ! -s "$WORK/open" ]; then
    journal APPLIED "step=$1" "last=$2" "note=every package is at its target already"
    return 0
  fi
  ps_try=0
  while :; do
    ps_try=$((ps_try + 1))
    if ! begin apply "step=$1" "last=$2" "verb=packages"; then
      hold_job "$HOLD_CODE" "$HOLD_WHY"
      return 2
    fi
    packages_apply "$WORK/open" step
    rows_list step >"$WORK/rows"
    if packages_reached "$WORK/rows"; then
      marks_restore
      ACTED=yes
      journal APPLIED "step=$1" "last=$2" "seconds=$AP_SECONDS"
      packages_facts
      return 0
    fi
    packages_untouched || break
    # Nothing was done: dpkg was locked, or apt wanted another set than the approved one.
    [ "$ACTED" = no ] || break
    [ "$AP_CODE" = E_LOCK ] || break
    [ "$ps_try" -lt "$ASK_TRIES" ] || break
    journal NOT_STARTED "try=$ps_try" "note=E_LOCK $AP_FACT"
    remember_again
    HAVE_PERMIT=no
    stage_lock "$(limit_of lock)" || :
  done
  STEP_CODE=$AP_CODE
  journal NOTE "step=$1" "code_seen=$AP_CODE" "exit=$AP_EXIT" "note=$AP_FACT"
  if packages_untouched && [ "$ACTED" = no ]; then
    conclude FAILED "$AP_CODE" "failed=$1" "note=nothing was changed: $AP_FACT"
    return 2
  fi
  ACTED=yes
  return 1
}

packages_reached() { # ROWS
  awk -F '\t' '$10 != "at" { exit 1 }' "$1"
}

packages_untouched() {
  awk -F '\t' 'FILENAME ~ /open$/ { was[$1] = $8; next }
    ($1 in was) && ($10 != "from" || ($8 "") != (was[$1] "")) { exit 1 }' "$WORK/open" "$WORK/rows"
}

# One apt run over staged files. Right before apt hands the transaction to dpkg, under dpkg's lock,
# the guard compares it once more with the approved rows, old versions included.
packages_apply() { # ROWS step|undo
  read_uptime_cs
  pa_from=$UPTIME_CS
  guard_write "$1"
  pa_rows=$1
  pa_down=
  if grep -q '	downgrade	' "$pa_rows"; then pa_down=--allow-downgrades; fi
  # The job itself may have put the package on hold.
  if [ "$2" = undo ]; then pa_down='--allow-downgrades --allow-change-held-packages'; fi
  set --
  while read -r pa_argument; do set -- "$@" "$pa_argument"; done <<ARGUMENTS
$(rows_arguments "$pa_rows")
ARGUMENTS
  mkdir -p "$WORK/nolists/partial"
  # shellcheck disable=SC2086 # fixed options only
  run_limited "$(limit_of packages)" apt-get -q -y $APT_STAGED $pa_down \
    -o "Dir::State::lists=$WORK/nolists" -o "DPkg::Pre-Install-Pkgs::=$JOB/guard" \
    -o "DPkg::Tools::Options::$JOB/guard::Version=3" \
    install "$@"
  AP_EXIT=$?
  read_uptime_cs
  AP_SECONDS=$(((UPTIME_CS - pa_from) / 100))
  tail -c 4000 "$OUTPUT" >"$WORK/tail"
  AP_CODE=E_STEP
  AP_FACT=$(grep -E '^(E:|dpkg: error)|exit status' "$WORK/tail" | tail -n 2 | tr '\n' ' ')
  if [ -e "$JOB/guard.drift" ]; then
    AP_CODE=E_PLAN_DRIFT AP_FACT=$(head -c 300 "$JOB/guard.drift" | tr '\n' ' ')
  elif [ -e "$JOB/overtime" ]; then
    AP_CODE=E_LIMIT AP_FACT="stopped after $(limit_of packages) seconds"
  elif grep -Eq '^E: (Could not get lock|Unable to acquire the dpkg)' "$WORK/tail"; then
    AP_CODE=E_LOCK AP_FACT=$(lock_holder)
  fi
  return "$AP_EXIT"
}

# apt's hook protocol 3: after an empty line, `name version arch multiarch < version arch multiarch
# action` for each change, where action is a file, **REMOVE** or **CONFIGURE**; a failing hook stops
# apt before dpkg runs.
guard_write() { # ROWS
  rm -f "$JOB/guard.drift"
  awk -F '\t' '
    $2 == "remove" { print $3, $8, "-"; next }
    { print $3, $8, $6 }' "$1" | sort >"$JOB/guard.expected"
  cat >"$JOB/guard" <<GUARD
#!/bin/sh
export LC_ALL=C
awk 'body && \$NF != "**CONFIGURE**" { print \$1, \$2, \$NF == "**REMOVE**" ? "-" : \$6 }
  \$0 == "" { body = 1 }' | sort >"$JOB/guard.actual"
cmp -s "$JOB/guard.expected" "$JOB/guard.actual" && exit 0
diff "$JOB/guard.expected" "$JOB/guard.actual" | grep '^[<>]' >"$JOB/guard.drift"
echo "fettle: the transaction is not the approved one" >&2
exit 1
GUARD
  chmod 0700 "$JOB/guard"
}

# apt marks every package named to it as asked for by a person; the snapshot knows better.
marks_restore() {
  mr_auto=$(awk '$1 == "pkg" && $5 == "auto" { print $2 ":" $3 }' "$SNAPSHOT" | sed 's/:all$//')
  [ -n "$mr_auto" ] || return 0
  mr_native=$(/usr/bin/dpkg --print-architecture)
  set --
  for mr_name in $mr_auto; do
    mr_bare=${mr_name%:"$mr_native"}
    if dpkg-query -W -f '${db:Status-Status}' "$mr_name" 2>/dev/null | grep -q '^installed$' &&
      ! mark_is_auto "${mr_bare%%:*}"; then
      set -- "$@" "$mr_name"
    fi
  done
  [ $# -gt 0 ] || return 0
  apt_mark auto "$@"
}

apt_mark() { # auto|hold|unhold NAME…
  mkdir -p "$WORK/nolists/partial"
  # shellcheck disable=SC2086 # fixed options only
  unlocked apt-mark $APT_STAGED -o "Dir::State::lists=$WORK/nolists" "$@" </dev/null \
    >>"$OUTPUT" 2>&1
}

mark_is_auto() { # NAME
  awk -v name="$1" '
    /^Package: / { on = (substr($0, 10) == name) } on && $0 == "Auto-Installed: 1" { found = 1 }
    END { exit !found }' /var/lib/apt/extended_states 2>/dev/null
}

# Programs that still run what was replaced, beside those that the body restarts: a fact for people.
packages_facts() {
  stale_users >"$WORK/stale"
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
  rm -f "$JOB/overtime"
  (
    umask 022
    cd /
    export DEBIAN_FRONTEND=noninteractive DEBIAN_PRIORITY=critical UCF_FORCE_CONFFOLD=1 \
      APT_LISTCHANGES_FRONTEND=none NEEDRESTART_SUSPEND=1 HOME=/root TERM=dumb
    exec setsid "$@" </dev/null >>"$OUTPUT" 2>&1 9>&-
  ) &
  rl_pid=$!
  printf '%s %s %s\n' "$rl_pid" "$(process_start "$rl_pid")" "$(boot_id_hex)" >"$JOB/running"
  # shellcheck disable=SC2016 # it reads its own arguments
  setsid sh -c 'limit=$1 pid=$2 file=$3 max=$4 mark=$5 left=$1
    while [ "$left" -gt 0 ]; do
      sleep 1
      left=$((left - 1))
      [ "$(stat -c %s "$file")" -le "$max" ] || truncate -s "$max" "$file"
    done
    : >"$mark"
    kill -TERM "-$pid"
    sleep 5
    kill -KILL "-$pid"' sh "$rl_limit" "$rl_pid" "$OUTPUT" "$OUTPUT_BYTES_MAX" "$JOB/overtime" \
    </dev/null >/dev/null 2>&1 9>&- &
  rl_watch=$!
  wait "$rl_pid"
  rl_code=$?
  # Both: a watch that was just born leads no group yet. No `--`: dash and busybox do not know it.
  kill -KILL "$rl_watch" 2>/dev/null
  kill -KILL "-$rl_watch" 2>/dev/null
  wait "$rl_watch" 2>/dev/null
  # Whatever a killed leader left in its session is stopped too, or it would go on unseen.
  if [ -e "$JOB/overtime" ]; then kill -KILL "-$rl_pid" 2>/dev/null; fi
  rm -f "$JOB/running"
  [ "$(stat -c %s "$OUTPUT")" -le "$OUTPUT_BYTES_MAX" ] || truncate -s "$OUTPUT_BYTES_MAX" "$OUTPUT"
  return "$rl_code"
}

process_start() { # PID: field 22 of stat, after the name in parentheses
  sed 's/^.*) //' "/proc/$1/stat" 2>/dev/null | awk '{ print $20 }'
}

# The files of what is now installed stay for the next job's undo: vendors drop old versions.
keep_files() {
  while read -r kf_sha kf_kind _; do
    [ "$kf_kind" = new ] || continue
    ln -f "$JOB/debs/$kf_sha.deb" "$KEPT/$kf_sha.deb" 2>/dev/null
  done <"$WORK/wanted"
  while [ "$(du -sk "$KEPT" | cut -f 1)" -gt "$KEPT_KB_MAX" ]; do
    # The names are digests.
    # shellcheck disable=SC2012
    kf_old=$(ls -t "$KEPT" | tail -n 1)
    [ -n "$kf_old" ] || return 0
    rm -f "$KEPT/$kf_old"
  done
}
