# Recovery (protocol §7.6): a worker that finds a journal which may have changed something looks at
# the package database, says what it found, mends what was cut off, and only then goes on. Mending
# needs no permit: a half-installed package is neither old nor new. Anything further does.

# 0: go on with steps_run. 1: the job has ended, or is held.
recover() {
  ACTED=yes
  leftover_wait
  if ! stage_lock "$LIMIT_PACKAGES"; then
    hold_job E_LOCK "the package manager is still locked: $LOCK_FACT"
    return 1
  fi
  if [ "$PACKAGES_OF" = rpm ] && ! rpm_list >/dev/null; then
    hold_job E_STATE "rpm cannot read its database, and nothing here rebuilds it: keep a copy, then look"
    return 1
  fi
  units_write
  read_boot
  journal NOTE "boot=$BOOT" "note=found after $JL_STATE: $(recover_facts)"
  if [ "$JL_REVERTING" = yes ]; then
    revert_recover || report "$JL_STATE" "$JL_CODE"
    return 1
  fi
  if [ "$JL_UNDO" = yes ]; then
    undo_run "$JL_FAILED" "$JL_CODE"
    return 1
  fi
  if boots_in_a_loop; then
    journal NOTE "note=booted $BOOTS_MAX times within $BOOTS_SECONDS s with the job half done"
    undo_run "$(tail -n 1 "$WORK/units" | cut -d ' ' -f 2)" E_BOOT_LOOP
    return 1
  fi
  # A worker that still woke in the machine as it went down may have written lines after REBOOTING.
  if [ "$JL_BOOT" != - ]; then recover_reboot; fi
  recover_packages
}

# A machine that goes down again and again while the job is under way will not be well by going on.
# Each boot that a worker wakes in leaves its id; the one before the job, or before a reboot that was
# permitted, does not count.
BOOTS_MAX=3
BOOTS_SECONDS=900
boots_in_a_loop() {
  read_clock
  awk -v since="$((NOW_S - BOOTS_SECONDS))" -v most="$BOOTS_MAX" '
    function fact(name,   i) {
      for (i = 2; i <= NF && $i !~ /^note=/; i++)
        if (index($i, name "=") == 1) return substr($i, length(name) + 2)
      return ""
    }
    { boot = fact("boot") }
    boot == "" { next }
    $1 == "SNAPSHOT" || $1 == "REBOOTING" { before = boot; split("", seen); boots = 0; next }
    $1 == "NOTE" && boot != before && !(boot in seen) && fact("at") + 0 >= since + 0 {
      seen[boot] = 1
      boots++
    }
    END { exit boots < most }' "$JOURNAL"
}

recover_facts() {
  awk -F '\t' '{ printf "%s:%s %s %s; ", $3, $4, $8, $10 }' "$WORK/rows" | head -c 500
  read_boot
  printf 'boot %s' "$BOOT"
}

# A changed boot id is the reboot that was permitted; what follows it belongs to that permit. The
# same boot id means that the machine never went down, so a reboot now is the first, and it asks
# for its own permit again.
recover_reboot() {
  read_boot
  if [ "$BOOT" = "$JL_BOOT" ]; then return 0; fi
  journal APPLIED "step=$JL_REBOOT" "verb=reboot" "boot=$BOOT"
  JL_DONE=$JL_DONE$JL_REBOOT,
  HAVE_PERMIT=yes
}

# 0: go on, 1: ended. The transactions may be untouched, cut off, or complete; what is done of several is found
# again by packages_step.
recover_packages() {
  units_read packages
  [ "$UNITS" -gt 0 ] || return 0
  case $JL_DONE in *,"$UNIT_FIRST",*) return 0 ;; esac
  rpm_torn "$WORK/rows"
  if awk -F '\t' '$10 == "broken" { found = 1 } END { exit !found }' "$WORK/rows"; then
    recover_mend || return 1
  fi
  if packages_reached "$WORK/rows"; then
    recover_others "$UNIT_FIRST" || return 1
    marks_restore
    for rp_first in $UNIT_FIRSTS; do
      case $JL_DONE in *,"$rp_first",*) continue ;; esac
      journal APPLIED "step=$rp_first" "note=found complete after a stop"
      JL_DONE=$JL_DONE$rp_first,
    done
    return 0
  fi
  if awk -F '\t' '$10 == "other" { exit 1 }' "$WORK/rows"; then
    if [ "$JL_DONE" = , ] && recover_untouched &&
      ! grep -q -e '^REBOOTING ' -e '^APPLYING .* verb=run ' "$JOURNAL"; then
      # Nothing begun: back to staging, and a new permit before anything starts.
      journal NOT_STARTED "note=found untouched after a stop"
      remember_again
      ACTED=no
      JL_BEGUN=no
      stage
      return $?
    fi
    # Some packages are new and some old. The rest needs a permit; packages_step asks for it.
    return 0
  fi
  undo_run "$UNIT_FIRST" E_PLAN_DRIFT
  return 1
}

# The same staged files again: `dpkg --configure -a` answers 0 and repairs nothing where a package
# is in need of reinstallation. Only rows that were cut off, then what was only unpacked.
recover_mend() {
  awk -F '\t' '$10 == "broken"' "$WORK/rows" >"$WORK/broken"
  journal NOTE "note=mending $(awk -F '\t' '{ printf "%s:%s %s %s; ", $3, $4, $8, $9 }' \
    "$WORK/broken" | head -c 500)"
  # What was being unpacked over the old version may still be recorded as the old version.
  if [ "$PACKAGES_OF" = rpm ]; then rpm_apply "$WORK/broken"; else dpkg_apply "$WORK/broken" step; fi
  rows_write step "$WORK/rows"
  if awk -F '\t' '$10 == "broken" { exit 1 }' "$WORK/rows"; then return 0; fi
  undo_run "$(awk -F '\t' '$10 == "broken" { print $1; exit }' "$WORK/rows")" E_STEP
  return 1
}

# Whether every package is as it was when the job began; some may have been at their target then.
recover_untouched() {
  [ -r "$SNAPSHOT" ] && awk -F '\t' '
    NR == FNR {
      if (split($0, f, " ") < 4 || f[1] != "pkg") next
      was[f[2], f[4]] = 1; some[f[2], f[3]] = 1
      next
    }
    $10 == "broken" || ($8 == "-" ? ($3, $4) in some : !(($3, $8) in was)) { exit 1 }' \
    "$SNAPSHOT" "$WORK/rows"
}

# The packages of the body are all there, and the triggers of others may have been cut off.
recover_others() { # STEP
  [ "$PACKAGES_OF" != rpm ] || return 0
  dpkg_finish step
  [ -n "$HURT" ] || return 0
  journal NOTE "step=$1" "note=left half-done: $(hurt_told)"
  undo_run "$1" E_STEP
  return 1
}

# A command that the last worker started may outlive it. It is the same process only with the same
# start time in the same boot; its own watch ends it at its limit.
leftover_wait() {
  [ -r "$JOB/running" ] || return 0
  read -r lw_pid lw_start lw_boot <"$JOB/running" || return 0
  read_boot
  if ! is_number "$lw_pid" || [ "$lw_boot" != "$BOOT" ]; then return 0; fi
  read_uptime_cs
  lw_end=$((UPTIME_S + LIMIT_PACKAGES))
  [ -n "$lw_start" ] || return 0
  while read_start "$lw_pid" && [ "$START" = "$lw_start" ]; do
    case $PROCESS_STATE in Z | X) return 0 ;; esac
    read_uptime_cs
    [ "$UPTIME_S" -lt "$lw_end" ] || return 0
    sleep 0.2
  done
}
