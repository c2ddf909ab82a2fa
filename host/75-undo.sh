# The way back, once, from files staged before anything changed: the body's own `undo` lines after
# a failed step or probe (no permit: nobody may be there to give one), and the same lines when the
# server orders a revert (with its own permit, protocol §7.7). Nothing is fetched.

# Rolls back every step up to FAILED that was begun, restarts, looks. The claim at the end is made
# only from what is seen then.
undo_run() { # FAILED_STEP CODE
  un_failed=$1
  un_code=$2
  ACTED=yes
  un_last=$(awk -v n="$1" '$1 <= n && n <= $2 { print $2; exit }' "$WORK/units")
  un_last=${un_last:-$1}
  # Of several transactions none stays without the others.
  units_read packages
  for un_first in $UNIT_FIRSTS; do
    [ "$un_last" -lt "$un_first" ] || [ "$un_last" -ge "$UNIT_LAST" ] || un_last=$UNIT_LAST
  done
  journal APPLYING "undo=$un_last" "failed=$un_failed" "code=$un_code"
  undo_steps "$un_last"
  if [ -n "$UNDO_WHY" ]; then
    conclude FAILED "$un_code" "failed=$un_failed" "note=rollback not complete: $UNDO_WHY"
  else
    journal APPLIED "undo=$un_last"
    conclude ROLLED_BACK "$un_code" "failed=$un_failed" "note=$(undo_reason)"
  fi
}

# What was last noted before the way back began: why it did.
undo_reason() {
  awk '
    /^APPLYING .*undo=/ { exit }
    $1 == "NOTE" && match($0, / note=/) {
      why = substr($0, RSTART + 6)
      for (i = 2; i <= NF && $i !~ /^note=/; i++)
        if ($i ~ /^(probe|hook|restart)=/) { sub(/=/, " ", $i); why = $i " " why; break }
    }
    END { print substr(why, 1, 300) }' "$JOURNAL"
}

# Sets UNDO_WHY to nothing when the host is as it was, else to what is not. Steps are undone last first:
# what stands behind the packages (a rejoin, by draining again), the packages, then what stands before
# them (a drain, by rejoining) once the services run the old code again.
undo_steps() { # LAST_STEP
  UNDO_WHY=
  undo_hooks behind "$1"
  undo_packages "$1"
  undo_missing "$1"
  undo_others "$1"
  undo_services
  undo_hooks before "$1"
  undo_probes
}

# One transaction for all packages. apt first, guarded as always; where apt cannot begin (a package
# in need of reinstallation) dpkg itself is given exactly the same files.
undo_packages() { # LAST_STEP
  rows_write undo "$WORK/undo.all"
  rpm_torn "$WORK/undo.all"
  awk -F '\t' -v last="$1" '$1 <= last && $10 != "at"' "$WORK/undo.all" >"$WORK/undo"
  [ -s "$WORK/undo" ] || return 0
  # Somebody else's run of the package manager ends by itself; without it the way back would fail.
  stage_lock "$LIMIT_LOCK" || :
  if ! awk -F '\t' '$10 == "broken" || $10 == "other" { exit 1 }' "$WORK/undo" ||
    ! packages_apply "$WORK/undo" undo; then
    if [ "$PACKAGES_OF" = rpm ]; then rpm_back "$WORK/undo"; else dpkg_apply "$WORK/undo" undo; fi
  fi
  [ "$PACKAGES_OF" = rpm ] || dpkg_finish undo
  rows_write undo "$WORK/undo.all"
  rpm_torn "$WORK/undo.all"
  marks_restore
  holds_release
  UNDO_WHY=$UNDO_WHY$(awk -F '\t' -v last="$1" '$1 <= last && $10 != "at" { printf "%s:%s is %s (%s); ", \
    $3, $4, $8, $9 }' "$WORK/undo.all" | head -c 400)
  packages_hurt
  [ -z "$HURT" ] || UNDO_WHY="${UNDO_WHY}left half-done: $(hurt_told); "
}

# Holds that this job set go with it.
holds_release() {
  [ -s "$JOB/held" ] || return 0
  while read -r hr_name; do apt_mark unhold "$hr_name"; done <"$JOB/held"
  rm -f "$JOB/held"
}

# dpkg with files alone, where apt will not begin. A second pass, because the first may stop at an
# order that it has solved by then; dpkg_finish ends what was only unpacked. Rows that are reached
# already are left alone.
dpkg_apply() { # ROWS step|undo
  da_rows=$1
  da_kind=$2
  da_pass=0
  while [ "$da_pass" -lt 2 ]; do
    da_pass=$((da_pass + 1))
    rows_list "$da_kind" | awk -F '\t' 'NR == FNR { mine[$1] = 1; next }
      ($1 in mine) && $10 != "at"' "$da_rows" - >"$WORK/dpkg.rows"
    [ -s "$WORK/dpkg.rows" ] || return 0
    set --
    while read -r da_file; do
      [ -z "$da_file" ] || set -- "$@" "$da_file"
    done <<FILES
$(awk -F '\t' -v debs="$JOB/debs" '$2 != "remove" { print debs "/" $7 ".deb" }' "$WORK/dpkg.rows")
FILES
    [ $# -eq 0 ] || run_limited "$LIMIT_PACKAGES" /usr/bin/dpkg --auto-deconfigure \
      --force-confdef --force-confold --force-downgrade --install "$@"
    set --
    while read -r da_name; do
      [ -z "$da_name" ] || set -- "$@" "$da_name"
    done <<NAMES
$(awk -F '\t' '$2 == "remove" { print $3 ":" $4 }' "$WORK/dpkg.rows")
NAMES
    [ $# -eq 0 ] || run_limited "$LIMIT_PACKAGES" /usr/bin/dpkg --remove "$@"
    dpkg_finish "$da_kind"
  done
}

# Ends what this job left half-done in other packages: first their configuration, then their triggers.
# `--configure -a` would also begin what was broken before and is somebody else's to mend.
dpkg_finish() { # step|undo
  df_kind=$1
  rows_list "$df_kind" >/dev/null
  packages_hurt
  [ -n "$HURT" ] || return 0
  journal NOTE "note=finishing $(hurt_told)"
  for df_way in configure triggers-only; do
    set --
    while read -r df_name df_state; do
      case $df_way,$df_state in
        configure,unpacked | configure,half-configured | triggers-only,triggers-pending)
          set -- "$@" "$df_name" ;;
      esac
    done <<NAMES
$HURT
NAMES
    [ $# -eq 0 ] || run_limited "$LIMIT_PACKAGES" /usr/bin/dpkg --force-confdef --force-confold \
      "--$df_way" "$@"
    # What was configured may wait for its triggers now.
    rows_list "$df_kind" >/dev/null
    packages_hurt
  done
}

# Undo lines that are neither packages nor hooks, of steps up to LAST, last first.
undo_others() { # LAST_STEP
  undo_lines '^(restart|probe)$' 0 "$1"
  while read -r uo_step uo_verb uo_name <&4; do
    case $uo_verb in
      restart) service_restart "$uo_name" ;;
      probe) probe_run "$uo_name" ;;
    esac || UNDO_WHY="${UNDO_WHY}undo $uo_step $uo_verb $uo_name failed; "
  done 4<"$WORK/undo.others"
}

# The hooks that undo steps up to LAST, last first. That a host could not be drained keeps nobody from taking
# it back, but a host that is not as it was is not put back into its traffic.
HOOK_ON_WAY_BACK='runs on the way back'
undo_hooks() { # before|behind LAST_STEP
  uh_packages=$(awk '$3 == "packages" { print $1; exit }' "$WORK/units")
  uh_packages=${uh_packages:-999999999999999}
  case $1 in
    behind) undo_lines '^run$' "$uh_packages" "$2" ;;
    before) undo_lines '^run$' 0 "$(least "$2" "$uh_packages")" ;;
  esac
  while read -r uh_step _ uh_name <&4; do
    if [ "$1" = before ] && [ -n "$UNDO_WHY" ]; then
      UNDO_WHY="${UNDO_WHY}so undo $uh_step run $uh_name was left out; "
      continue
    fi
    # On disk before it runs: whoever finds it knows that the way back has begun.
    journal NOTE "hook=$uh_name" "note=$HOOK_ON_WAY_BACK"
    hook_run "$uh_name" || UNDO_WHY="${UNDO_WHY}undo $uh_step run $uh_name failed; "
  done 4<"$WORK/undo.others"
}

# `step verb name` of each undo line of these verbs, of steps behind FROM and up to LAST, last first.
undo_lines() { # VERBS FROM LAST
  awk -v verbs="$1" -v from="$2" -v last="$3" '
    $1 == "undo" && $2 > from && $2 <= last && $3 ~ verbs { line[++n] = $2 " " $3 " " $4 }
    END { for (; n > 0; n--) print line[n] }' "$JOB/body" >"$WORK/undo.others"
}

least() { # NUMBER NUMBER
  if [ "$1" -lt "$2" ]; then say "$1"; else say "$2"; fi
}

# What the body restarts runs the old code again, and whatever ran before runs.
undo_services() {
  for us_name in $(units_named restart); do
    grep -qxF -e "service $us_name" -e "service ${us_name%.service}" "$SNAPSHOT" || continue
    service_restart "$us_name" || UNDO_WHY="${UNDO_WHY}$us_name did not restart; "
  done
  for us_name in $(services_down); do
    service_restart "$us_name" || UNDO_WHY="${UNDO_WHY}$us_name ran before and does not; "
  done
}

units_named() { # VERB
  awk -v verb="$1" '$3 == verb { print $4 }' "$WORK/units"
}

services_down() {
  awk '$1 == "service" { print $2 }' "$SNAPSHOT" 2>/dev/null | while read -r sd_name; do
    service_is_active "$sd_name" </dev/null || say "$sd_name"
  done
}

undo_probes() {
  for up_name in $(units_named probe); do
    probe_run "$up_name" || UNDO_WHY="${UNDO_WHY}probe $up_name fails; "
  done
}

# A step that changed something and has no undo line in the body cannot be taken back.
undo_missing() { # LAST_STEP
  rows_write step "$WORK/rows"
  um_steps=$(awk -F '\t' -v last="$1" '
    FILENAME ~ /undo.all$/ { undo[$1] = 1; next }
    $1 <= last && $10 != "from" && !($1 in undo) { printf "%s ", $1 }' \
    "$WORK/undo.all" "$WORK/rows")
  [ -z "$um_steps" ] || UNDO_WHY="${UNDO_WHY}no undo in the body for step ${um_steps% }; "
}

# --- Revert on order (protocol §7.7) ------------------------------------------------------------

# The plan is done here, not too long ago, was not reverted, and its own body says how. To the
# versions of the snapshot only: undo lines that lead elsewhere are refused.
undo_main() {
  # Answered already; a new order takes the mark away (accept_job).
  [ ! -e "$JOB/reported" ] || return 0
  work_folders
  journal_mend
  journal_read
  ACTED=yes HAVE_PERMIT=no
  units_write
  if [ "$JL_REVERTING" = yes ] && [ "$JL_STATE" != APPLYING ]; then
    revert_refuse "this plan was reverted already"
    return 0
  fi
  if [ "$JL_REVERTING" = yes ] && revert_recover; then return 0; fi
  case $J_REVERT in
    'order '* | order:*) ;;
    *) revert_refuse "the plan allows no revert on order"; return 0 ;;
  esac
  um_seconds=${J_REVERT#order?}
  if [ "$JL_STATE" != DONE ] || [ ! -r "$SNAPSHOT" ]; then
    revert_refuse "the plan is not done here"
  elif [ "$(now_s)" -gt "$((JL_ENDED + um_seconds))" ]; then
    revert_refuse "the plan was done more than $um_seconds seconds ago"
  elif ! revert_matches_snapshot; then
    revert_refuse "an undo line does not lead to the version of the snapshot"
  elif ! stage_lock "$LIMIT_LOCK"; then
    journal NOTE "begun=no" "note=revert held: E_LOCK $LOCK_FACT"
    emit_result held E_LOCK && : >"$JOB/reported"
  elif ! begin revert "revert=all"; then
    journal NOTE "begun=no" "note=revert held: $HOLD_CODE $HOLD_WHY"
    emit_result held "$HOLD_CODE" && : >"$JOB/reported"
  else
    revert_run
  fi
}

# A revert that was cut off goes on without asking, but only when something of it has happened: its
# line is on disk before the last look at the permit, and a halt may have come since. 1: untouched, as
# if it had never been ordered.
revert_recover() {
  leftover_wait
  stage_lock "$LIMIT_PACKAGES" || :
  rows_write step "$WORK/rows"
  rpm_torn "$WORK/rows"
  if [ -s "$WORK/rows" ] && packages_reached "$WORK/rows" &&
    ! grep -q "note=$HOOK_ON_WAY_BACK" "$JOURNAL"; then
    journal NOT_STARTED "revert=all" "note=found untouched after a stop"
    remember_again
    journal_read
    return 1
  fi
  revert_run
}

revert_refuse() { # why
  journal NOTE "note=revert refused: $1"
  emit_result refused E_PERMIT && : >"$JOB/reported"
}

revert_matches_snapshot() {
  rows_list undo | awk -F '\t' '
    NR == FNR { split($0, f, " "); if (f[1] == "pkg") { was[f[2]] = f[4]; n++ } next }
    $2 == "remove" { if ($3 in was) bad = 1; next }
    ($3 in was) && (was[$3] "") == ($6 "") { next }
    { bad = 1 }
    END { exit bad }' "$SNAPSHOT" -
}

revert_run() {
  undo_steps 999999999999999
  if [ -n "$UNDO_WHY" ]; then
    journal FAILED "code=E_UNDO" "failed=-" "kind=revert" "note=revert not complete: $UNDO_WHY"
    # Once, whatever came of it: nothing of this plan starts here again.
    remember reverted
    emit_result failed E_UNDO || return
  else
    journal ROLLED_BACK "kind=revert"
    remember reverted
    emit_result rolled-back - || return
  fi
  : >"$JOB/reported"
}
