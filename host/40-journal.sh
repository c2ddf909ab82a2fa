# The journal of the one job a host may have: one line for each state, on disk before the act that
# it announces (protocol §7.5). A line is `STATE at=<unix s> up=<uptime s> fact…`; `note=` is
# always the last fact and may hold spaces. States: RECEIVED STAGED SNAPSHOT NOT_STARTED APPLYING
# APPLIED REBOOTING VERIFYING DONE NOOP FAILED ROLLED_BACK HELD REFUSED, and NOTE for what was
# found but changes nothing. It is never rewritten: recovery adds lines.

JOB=$VAR/job
JOURNAL=$JOB/journal
SNAPSHOT=$JOB/snapshot
WORK=$JOB/tmp
# A line on the wire is at most 1,024 bytes.
JOURNAL_FACTS_MAX=900

journal() { # STATE fact…
  jo_state=$1
  shift
  jo_facts="$*"
  case $jo_facts in
    *[!\ -~]*) jo_facts=$(printf '%s' "$jo_facts" | tr -c ' -~' ' ') ;;
  esac
  [ "${#jo_facts}" -le "$JOURNAL_FACTS_MAX" ] ||
    jo_facts=$(printf "%.${JOURNAL_FACTS_MAX}s" "$jo_facts")
  read_clock
  if journal_add "$jo_state at=$NOW_S up=$UPTIME_S${jo_facts:+ $jo_facts}"; then
    ring "$VAR/bell"
    return 0
  fi
  # Without a journal no act may follow. Recovery reads what was written so far.
  fail_code E_STATE "the journal could not be written"
  exit 1
}

# What neither announces an act nor ends one that must not happen twice goes to disk with the next line
# that does, or with the result, for it is in the same file. Where the shell's printf does not know
# whether a line was written whole, it is read again. What was named right before goes to disk first.
journal_add() { # LINE
  printf '%s\n' "$1" 2>/dev/null >>"$JOURNAL" || return 1
  if ! printf_tells; then
    ja_last=''
    while IFS= read -r ja_line; do ja_last=$ja_line; done <"$JOURNAL"
    [ "$ja_last" = "$1" ] || return 1
  fi
  case $1 in
    RECEIVED* | STAGED* | SNAPSHOT* | VERIFYING* | NOTE*) return 0 ;;
    DONE* | NOOP* | FAILED* | ROLLED_BACK* | HELD* | REFUSED*) return 0 ;;
    # What packages there are the package database tells.
    APPLIED*' last='*) return 0 ;;
  esac
  # shellcheck disable=SC2086 # our own folders
  sync $LATER_FOLDERS "$JOURNAL" 2>/dev/null || return 1
  LATER_FOLDERS=''
}

# A line torn by a power cut is ended and marked, so that the next line is not glued to it and no
# reader takes `APPLIED step=1` for the beginning of `APPLIED step=12`.
journal_mend() {
  [ -s "$JOURNAL" ] || return 0
  [ "$(tail -c 1 "$JOURNAL" | wc -l)" -eq 0 ] || return 0
  printf ' ~torn\n' | dd of="$JOURNAL" oflag=append conv=notrunc,fsync status=none && return 0
  fail_code E_STATE "the journal could not be mended"
  exit 1
}

# Reads the journal back. `-` stands for nothing.
#   JL_STATE JL_STEP  the last state and its step     JL_BEGUN  yes when anything may have changed
#   JL_DONE  the units applied, as ,1,4,              JL_UNDO   yes when the one rollback has begun
#   JL_REVERTING  yes when an ordered revert has begun   JL_BOOT   boot id before the last reboot
#   JL_REBOOT  the step of that reboot; both are - again when it is APPLIED
#   JL_FAILED JL_CODE  the failed step and its code   JL_ENDED  when the last line was written
# APPLYING is on disk before the last look at the permit, so a first APPLYING that is followed by
# NOT_STARTED has begun nothing.
journal_read() {
  JL_STATE=- JL_STEP=- JL_DONE=, JL_BEGUN=no JL_UNDO=no JL_REVERTING=no JL_BOOT=- JL_REBOOT=-
  JL_FAILED=- JL_CODE=- JL_ENDED=0
  [ -s "$JOURNAL" ] || return 0
  # shellcheck disable=SC2034 # some of these are read by other parts only
  read -r JL_STATE JL_STEP JL_DONE JL_BEGUN JL_UNDO JL_REVERTING JL_BOOT JL_REBOOT \
    JL_FAILED JL_CODE JL_ENDED <<FACTS
$(awk '
    function fact(name,   i) {
      for (i = 2; i <= NF && $i !~ /^note=/; i++)
        if (index($i, name "=") == 1) return substr($i, length(name) + 2)
      return "-"
    }
    BEGIN { state = step = boot = reboot = failed = code = "-"; begun = undo = revert = "no"; done = "," }
    / ~torn$/ || $1 == "NOTE" { next }
    { state = $1; step = fact("step"); if (final == "") ended = fact("at") }
    $1 == "APPLYING" { if (begun == "no") first = 1; begun = "yes" }
    $1 == "APPLYING" && fact("undo") != "-" { undo = "yes" }
    $1 == "APPLYING" && fact("revert") != "-" { revert = "yes" }
    $1 == "NOT_STARTED" && first { begun = "no"; first = 0 }
    # A revert that did not start leaves the job as it ended.
    $1 == "NOT_STARTED" && final != "" { state = final; revert = "no"; next }
    $1 ~ /^(DONE|NOOP|FAILED|ROLLED_BACK)$/ { final = $1 }
    $1 == "APPLIED" { first = 0; if (step != "-") done = done step "," }
    $1 == "APPLIED" && step == reboot { boot = reboot = "-" }
    $1 == "REBOOTING" { first = 0; begun = "yes"; boot = fact("boot"); reboot = step }
    fact("code") != "-" { failed = fact("failed"); code = fact("code") }
    END { print state, step, done, begun, undo, revert, boot, reboot, failed, code, ended }' "$JOURNAL")
FACTS
}

journal_has_ended() {
  case $JL_STATE in
    DONE | NOOP | FAILED | ROLLED_BACK | REFUSED) return 0 ;;
    HELD) [ "$JL_BEGUN" = no ] ;;
    *) return 1 ;;
  esac
}

# The last word on a job: journal, then what the host remembers of the plan, then the signed
# result. Killed in between, the next worker finds the ended journal and says the same again; the
# server matches results by plan, host and attempt (protocol §11.1).
conclude() { # JOURNAL_STATE CODE fact…
  co_state=$1
  co_code=$2
  shift 2
  [ "$co_code" = - ] || set -- "code=$co_code" "$@"
  journal "$co_state" "$@"
  report "$co_state" "$co_code"
}

report() { # JOURNAL_STATE CODE
  case $1 in
    DONE) re_state="done" ;;
    NOOP) re_state=noop ;;
    FAILED) re_state=failed ;;
    ROLLED_BACK) re_state=rolled-back ;;
    HELD) re_state=held ;;
    *) re_state=refused ;;
  esac
  case $1 in
    DONE | NOOP) remember "done" && ahead_drop "$J_PLAN" ;;
    FAILED) remember failed ;;
    ROLLED_BACK) remember rolled-back ;;
  esac
  # What could not be said is said by the next worker.
  emit_result "$re_state" "$2" || exit 1
  # Held in the middle is not the end: the next worker goes on from here.
  if [ "$1" != HELD ] || [ "${ACTED:-no}" = no ]; then : >"$JOB/reported"; fi
}

# What step 10 of the check reads: `seen/<plan>` holds the outcome, its attempt, and when the plan's
# last wave ends. It is on disk with what follows: APPLYING, or the result.
remember() { # open|done|failed|rolled-back|reverted
  [ -d "$VAR/seen" ] || mkdir -p "$VAR/seen"
  re_was=''
  [ ! -s "$VAR/seen/$J_PLAN" ] || read -r re_was _ <"$VAR/seen/$J_PLAN"
  if [ "$1" = open ] && [ "$re_was" != open ]; then
    : >"$JOB/seen.before"
    [ -z "$re_was" ] || cat "$VAR/seen/$J_PLAN" >"$JOB/seen.before"
  fi
  last_wave_end
  later_text "$VAR/seen/$J_PLAN" "$1 $J_ATTEMPT $re_end" || exit 1
}

# When the plan's last wave ends, in re_end. Both numbers have at most 15 digits (protocol §1.2).
last_wave_end() {
  [ -z "${re_end:-}" ] || return 0
  re_end=0
  [ -r "$JOB/plan" ] || { re_end=''; return 0; }
  while read -r we_key _ _ _ we_end; do
    [ "$we_key" != wave ] || [ "$we_end" -le "$re_end" ] || re_end=$we_end
  done <"$JOB/plan"
}

# A start that did not happen leaves the memory as it was before it.
remember_again() {
  rm -f "$VAR/seen/$J_PLAN"
  [ ! -s "$JOB/seen.before" ] || durable_write "$VAR/seen/$J_PLAN" <"$JOB/seen.before"
}

value_of() { # KEY FILE: the first one, or -
  vo_text=-
  [ ! -r "$2" ] || vo_text=$(awk -v key="$1" '$1 == key { print $2; exit }' "$2")
  say "${vo_text:--}"
}

# Who this host is and where its job stands, for `status`.
status_main() {
  printf '@status\n'
  printf 'host %s\n' "$(value_of host "$ETC/identity")"
  printf 'key %s\n' "$(cut -d ' ' -f 1,2 "$VAR/key.pub" 2>/dev/null)"
  printf 'program %s\n' "$(sha256sum <"$0" 2>/dev/null | head -c 64)"
  printf 'policy %s\n' "$(value_of version "$ETC/policy")"
  if [ -e "$ETC/halt" ]; then printf 'halt yes\n'; else printf 'halt no\n'; fi
  read_boot
  printf 'boot %s\nclock %s\n' "$BOOT" "$(now_s)"
  journal_read
  if [ "$JL_STATE" = - ]; then
    printf 'job -\n'
  else
    st_job=$(sed -n 's/^RECEIVED .* plan=\([0-9a-f]*\) attempt=\([0-9]*\).*$/\1 \2/p' "$JOURNAL")
    printf 'job %s %s %s\n' "$(printf '%s' "$st_job" | head -n 1)" "$JL_STATE" "$JL_STEP"
  fi
  ahead_told
  st_count=0
  set +f
  for st_result in "$VAR"/results/*; do
    case $st_result in *.sig | *sig | *.new) continue ;; esac
    [ ! -f "$st_result" ] || st_count=$((st_count + 1))
  done
  set -f
  read_head
  printf 'outbox %s\nhead %s\n' "$st_count" "$HEAD_LINE"
  for st_name in signed fork; do
    [ ! -s "$VAR/head.$st_name" ] || { say "@$st_name"; cat "$VAR/head.$st_name"; }
  done
  say @end
}
