# The ways in (protocol §9) and the talk on one connection. The job itself runs detached, so the
# connection may die at any time.

ANSWER_LINES_MAX=200

main() {
  WAY=local
  case ${1:-} in
    serve) WAY=ssh && serve "${2:-}" ;;
    piped) WAY=piped && serve '' ;;
    local) local_main "${2:-}" ;;
    work) work_main "${2:-}" ;;
    inspect) inspect_main ;;
    status) status_main ;;
    agent) agent_main "${2:-}" ;;
    agent-enrol) shift && agent_enrol_main "$@" ;;
    agent-install) agent_install_main "${2:-}" ;;
    agent-unit) agent_unit "${2:-}" ;;
    trust) trust_main ;;
    witness) witness_main ;;
    *)
      say "usage: fettle-host serve | piped | local FILE | work | inspect | status | trust | witness | agent [once] | agent-enrol | agent-install | agent-unit" >&2
      return 2
      ;;
  esac
}

# One verb a connection, and after a job a look at what it left (`look_after`). SSH_ORIGINAL_COMMAND
# is never read: what the server asks comes here. `look`: a way in without jobs; news
# about whom to believe is judged here by itself (26-trust).
serve() { # [look]
  case $1 in
    '' | look) ;;
    *) say "usage: fettle-host serve [look]" >&2; return 2 ;;
  esac
  say "fettle-host 1 ready"
  serve_verb "$1"
}

serve_verb() { # [look]
  read -r se_verb || return 1
  case ${1:-}:$se_verb in
    :* | look:inspect | "look:inspect refresh" | look:resolve | look:status | look:trust) ;;
    *)
      say "@refused E_VERB this way in is not for jobs"
      return
      ;;
  esac
  case $se_verb in
    inspect) inspect_main ;;
    "inspect refresh") inspect_main refresh ;;
    resolve) resolve_main ;;
    status) status_main ;;
    resume) resume_main ;;
    apply) apply_main ;;
    stage) stage_main ;;
    trust) trust_main ;;
    witness) witness_main ;;
    enrol)
      if [ "$WAY" = piped ]; then
        enrol_main
      else
        say "@refused E_POLICY a host is enrolled by root, not over the server's own way in"
      fi
      ;;
    *) say "@refused E_VERB unknown verb" ;;
  esac
}

# --- apply ---------------------------------------------------------------------------------------

apply_main() {
  take_in || return 1
  # Its worker's notes of a moment ago still serve for the look.
  LOOK_AFTER=yes
  relay && look_after
}

# A bundle from standard input in a private folder, am_in.
bundle_in() {
  if [ ! -d "$VAR" ]; then
    say "@refused E_STATE $VAR is missing: enrol this host"
    return 1
  fi
  sweep_folders
  am_in=$VAR/in.$$
  [ ! -e "$am_in" ] || rm -rf "$am_in"
  mkdir "$am_in" "$am_in/debs" "$am_in/permit" "$am_in/tmp" "$am_in/tmp/nolists" \
    "$am_in/tmp/nolists/partial" || { cannot_write "a private folder"; say "@refused $E_CODE $E_FACTS"; return 1; }
  trap '[ ! -e "$VAR/in.$$" ] || rm -rf "$VAR/in.$$"' EXIT
  trap 'exit 1' HUP INT TERM
  COPY_CODE=ok COPY_FACTS='' J_WAY=$WAY
  copy_bundle "$am_in/in" || COPY_CODE=$E_CODE COPY_FACTS=$E_FACTS
}

# It becomes the job and its worker starts, or it is told why not.
take_in() {
  CK_VERB=apply
  bundle_in || return 1
  if check_bundle "$am_in" && accept_job "$am_in"; then
    say "@accepted $J_PLAN $J_ATTEMPT"
    start_worker
    release_lock
  else
    # The counter is written under the lock, or another order's would be taken for it.
    later_end || say "$E_FACTS" >&2
    release_lock
    answer_refusal "$am_in"
  fi
}

# Folders of connections that died while they received a bundle.
sweep_folders() {
  set +f
  for sf_folder in "$VAR"/in.*; do
    [ -d "$sf_folder" ] || continue
    kill -0 "${sf_folder##*.}" 2>/dev/null || rm -rf "$sf_folder"
  done
  set -f
}

# The verified folder becomes the job, all at once. An attempt that is here already keeps its
# journal: only the order that asked for it is new.
accept_job() { # DIR
  say "$CK_FACTS" >"$1/facts" && say "$J_WAY" >"$1/way" && cat "$0" >"$1/program" &&
    say "$CLOCK_READ $CLOCK_READ_CS" >"$1/started" && policy_keep "$1/judged" ||
    fail_code E_STATE "the job folder could not be written" || return 1
  note_supersedes && raise_policy_floor && forget_seen || return 1
  ahead_sweep
  if [ "$CK_RESUME" = yes ]; then
    for ac_name in order ordersig facts program; do
      durable_write "$VAR/job/$ac_name" <"$1/$ac_name" || return 1
    done
    # What came once by the weaker way stays marked so.
    [ "$J_WAY" != piped ] || durable_write "$VAR/job/way" <"$1/way" || return 1
    if [ "$J_KIND" = revert ]; then
      durable_write "$VAR/job/started" <"$1/started" || return 1
      rm -f "$VAR/job/reported"
    fi
    rm -f "$VAR/job/ask" "$VAR/job/asksig" "$VAR/job/answer" "$VAR/job/judged"
    later_end
    return
  fi
  [ ! -e "$VAR/job.old" ] || rm -rf "$VAR/job.old"
  set +f
  later_sync "$1"/* && later_name || { set -f; return 1; }
  set -f
  [ ! -d "$VAR/job" ] || mv "$VAR/job" "$VAR/job.old" ||
    fail_code E_STATE "the old job could not be put away" || return 1
  # The old one goes with what else is removed after the job (send_result), or before the next.
  mv "$1" "$VAR/job" && sync "$VAR" 2>/dev/null ||
    fail_code E_STATE "the job could not be put in its place"
}

# §6.11: a plan that a verified plan supersedes never starts here any more.
note_supersedes() {
  [ "$J_SUPERSEDES" != - ] || return 0
  mkdir -p "$VAR/revoked" || fail_code E_STATE "revoked cannot be written" || return 1
  for ns_plan in $J_SUPERSEDES; do
    say "superseded by $J_PLAN" | durable_write "$VAR/revoked/$ns_plan" ||
      fail_code E_STATE "revoked/$ns_plan could not be written" || return 1
  done
}

# §5: an outcome is kept until the last wave's end and a day lie below the floor. By then no order for
# the plan can be in time, whatever a clock says; only the plan whose job lies here may still be
# reverted.
forget_seen() {
  job_here
  set +f
  for fs_file in "$VAR"/seen/*; do
    set -f
    [ -f "$fs_file" ] && [ "${fs_file##*/}" != "$HERE_PLAN" ] || continue
    read -r fs_state _ fs_end <"$fs_file"
    [ "$fs_state" != open ] && is_number "$fs_end" || continue
    [ $((fs_end + 86400)) -ge "$CLOCK_FLOOR" ] || rm -f "$fs_file"
  done
  set -f
}

raise_policy_floor() {
  [ "$POLICY_VERSION" -gt "$po_floor" ] || return 0
  say "$POLICY_VERSION" | durable_write "$VAR/policyfloor" ||
    fail_code E_STATE "policyfloor could not be written"
}

# Tells why, signed by the host as soon as the order is known to be the dispatcher's. The attempt
# that is recorded already is answered with its recorded result.
answer_refusal() { # DIR
  say "REFUSED code=$E_CODE note=$E_FACTS" >"$1/journal"
  if [ "$CK_VERIFIED" != yes ] || [ ! -s "$VAR/key" ]; then
    say "@refused $E_CODE $E_FACTS"
    return 1
  fi
  say "@journal $(cat "$1/journal")"
  relay_begin
  if [ "$E_CODE" = E_REPLAY ] && [ "$HERE_PLAN" = "$J_PLAN" ] && [ -s "$VAR/job/result" ] &&
    [ "$HERE_ATTEMPT" = "$J_ATTEMPT" ]; then
    send_journal && send_result "$VAR/job/result" "$VAR/job/resultsig"
  elif refusal_result "$1" "$E_CODE"; then
    send_result "$1/result" "$1/resultsig"
  else
    say "@refused $E_CODE $E_FACTS"
  fi
  return 1
}

# --- the detached worker -------------------------------------------------------------------------

# Its own session, no standard input, output to a file: on the channel's output it would die with
# the connection. It inherits the lock on descriptor 9.
start_worker() {
  # Nor does it keep the agent's own lock: the next call must not wait for the job.
  setsid sh "$VAR/job/program" work held </dev/null >>"$VAR/job/output" 2>&1 3>&- &
  note_worker "$!"
}

# A relay that finds the file empty meanwhile asks for the lock (is_worker_alive).
note_worker() { # PID
  say "$1" >"$VAR/job/worker"
}

# Also what a boot unit or a timer calls: recovery needs no server. Without a job there is nothing
# to do, and while another process holds the lock that one does it. `held`: start_worker's, which took
# the lock.
work_main() { # [held]
  [ -s "$VAR/job/facts" ] || return 0
  WORKER_STARTED=no
  # Inherited from whoever started it; a descriptor 9 of anything else is not our lock.
  # shellcheck disable=SC3013 # POSIX.1-2024 has -ef, and so have dash, bash and busybox
  if [ "$1" = held ] && [ "/proc/$$/fd/9" -ef "$VAR/lock" ]; then
    WORKER_STARTED=yes
    clock_inherit
  else
    exec 9>>"$VAR/lock"
    flock -n 9 || return 0
  fi
  wm_noted=''
  [ ! -s "$VAR/job/worker" ] || read -r wm_noted <"$VAR/job/worker"
  [ "$wm_noted" = "$$" ] || note_worker "$$"
  # Whoever relays is woken when there is nothing more to come: without the lock we count as gone.
  trap 'release_lock; ring "$VAR/bell"' EXIT
  load_job && load_identity || { say "$E_CODE $E_FACTS" >&2; return 1; }
  if [ "$J_KIND" = revert ]; then
    undo_main
  else
    worker_main
  fi
}

# Others look at the same folders while a worker works; what they note must not be taken for its notes.
is_worker() {
  [ -n "${WORKER_STARTED:-}" ]
}

# The clock for what is written down goes on from where the job was taken in.
clock_inherit() {
  ci_now='' ci_cs=''
  [ ! -r "$VAR/job/started" ] || read -r ci_now ci_cs _ <"$VAR/job/started"
  read_uptime_cs
  is_number "$ci_now" && is_number "$ci_cs" && [ "$ci_cs" -le "$UPTIME_CS" ] || return 0
  CLOCK_READ=$ci_now CLOCK_READ_CS=$ci_cs
}

is_worker_alive() {
  [ -e "$VAR/job/worker" ] || return 1
  wa_pid=''
  read -r wa_pid <"$VAR/job/worker"
  if [ -z "$wa_pid" ]; then
    # Its number is being written, or could not be: whoever works has the lock.
    take_lock || return 0
    release_lock
    return 1
  fi
  # The number may be another process's by now; only a worker holds the lock there.
  # shellcheck disable=SC3013 # as in work_main
  is_number "$wa_pid" && [ "/proc/$wa_pid/fd/9" -ef "$VAR/lock" ]
}

# --- talk ----------------------------------------------------------------------------------------

# Reconnect: what is in the outbox, then whatever the worker says. A job that has no result and no
# worker was cut off; it goes on now.
resume_main() {
  relay_begin
  send_results || return 1
  if [ -s "$VAR/job/facts" ] && { is_worker_alive || restart_worker; }; then
    relay || return 1
  fi
  look_after
}

# The job is over and told. The server may look at the host over the connection that is there: a new
# one would cost both sides more than the look. What is looked at is the machine as it is now; of what
# the job noted only the texts of init scripts are used, and those while they are the same files.
look_after() {
  say "@idle" && talk_turn || return 1
  [ ! -e "$VAR/in.$$" ] || rm -rf "$VAR/in.$$"
  exec 6>&- 7<&-
  read -r la_verb || return 0
  [ "$la_verb" != inspect ] || inspect_main
}

restart_worker() {
  [ ! -e "$VAR/job/reported" ] && take_lock || return 1
  start_worker
  release_lock
}

# Passes on journal, asks and results until the worker is gone and everything is said.
relay() {
  relay_begin
  bell_make "$VAR/bell" || return 1
  exec 6<>"$VAR/bell"
  relay_clock
  while :; do
    re_is_last=yes
    ! is_worker_alive || re_is_last=no
    # Another job has come over another connection; that one speaks for it.
    is_same_job || { send_results; return; }
    # What ended is told before anything new is asked for: a permit for the next order of the same
    # attempt must not be overtaken by the word that the one before was held.
    send_journal && talk_turn journal && send_results && send_ask || return 1
    [ "$re_is_last" = no ] || return 0
    read -r re_ring <&6
  done
}

# Rings now and then while this process lives, for a worker that was killed can ring no more. So a
# wait of the relay costs no process of its own.
relay_clock() {
  (
    exec 6>&- 7<&-
    while sleep "$BELL_WAIT_S" && kill -0 "$$"; do ring "$VAR/bell"; done
  ) </dev/null >/dev/null 2>&1 3>&- &
}

# Which job this connection is about. A second call for the same job changes nothing.
relay_begin() {
  [ -z "${RE_PLAN-}" ] || return 0
  job_here
  RELAY_NONCE='' RE_JOURNAL=no RE_PLAN=$HERE_PLAN RE_ATTEMPT=$HERE_ATTEMPT
}

is_same_job() {
  # The journal of this job lies in no other job's folder.
  # shellcheck disable=SC3013 # as in work_main
  [ "$RE_JOURNAL" = no ] || [ ! "/proc/$$/fd/7" -ef "$VAR/job/journal" ] || return 0
  job_here
  [ "$HERE_PLAN" = "$RE_PLAN" ] && [ "$HERE_ATTEMPT" = "$RE_ATTEMPT" ]
}

# Every byte as it stands in the file: the results carry its digest.
send_journal() {
  if [ "$RE_JOURNAL" = no ]; then
    [ -e "$VAR/job/journal" ] && is_same_job || return 0
    exec 7<"$VAR/job/journal"
    RE_JOURNAL=yes
  fi
  while IFS= read -r sj_line <&7; do
    say "@journal $sj_line" || return 1
  done
  return 0
}

# Sends a new ask and hands the answer to the worker, unless the worker has given up on that ask.
send_ask() {
  nonce_of_ask || return 0
  [ "$AN_NONCE" != "$RELAY_NONCE" ] || return 0
  read_text "$VAR/job/ask" || return 0
  sa_text=$TEXT
  read_text "$VAR/job/asksig" || return 0
  sa_sig=$TEXT
  case $sa_sig in *"$NEWLINE-----END SSH SIGNATURE-----") ;; *) return 0 ;; esac
  RELAY_NONCE=$AN_NONCE
  printf '@ask\n%s\n@asksig\n%s\n@end\n' "$sa_text" "$sa_sig" && talk_turn || return 1
  read_answer "$VAR/job/answer.text" || return 1
  # The text is there before the mark is, which is what the worker waits for.
  if nonce_of_ask && [ "$AN_NONCE" = "$RELAY_NONCE" ]; then
    say yes >"$VAR/job/answer"
    ring "$VAR/answered"
  fi
}

nonce_of_ask() {
  AN_NONCE=''
  [ -s "$VAR/job/ask" ] || return 1
  while read -r an_key an_value _; do
    [ "$an_key" != nonce ] || { AN_NONCE=$an_value; break; }
  done 2>/dev/null <"$VAR/job/ask"
  [ -n "$AN_NONCE" ]
}

# Reads lines from the server up to `@end`. Fails when the connection is gone.
read_answer() { # FILE
  ra_lines=0
  : >"$1"
  while read -r ra_line; do
    [ "$ra_line" != @end ] || return 0
    ra_lines=$((ra_lines + 1))
    [ "$ra_lines" -le "$ANSWER_LINES_MAX" ] || return 1
    say "$ra_line" >>"$1"
  done
  return 1
}

send_results() {
  set +f
  for sr_file in "$VAR"/results/*; do
    case $sr_file in
      *.sig | *.new | *'*') continue ;;
    esac
    set -f
    # A result is on disk after the lines that led to it, and is told after them.
    send_journal && send_result "$sr_file" "$sr_file.sig" || return 1
  done
  set -f
}

# Sends one signed result; once the server has it, the outbox need not keep it.
send_result() { # FILE SIGNATURE
  read_text "$1" || return 0
  sd_text=$TEXT
  read_text "$2" || return 0
  sd_sig=$TEXT
  sd_counter=${sd_text##*"${NEWLINE}counter "}
  sd_counter=${sd_counter%%"$NEWLINE"*}
  printf '@result\n%s\n@resultsig\n%s\n@end\n' "$sd_text" "$sd_sig" && talk_turn || return 1
  sd_word='' sd_number='' sd_lines=0 sd_whole=no
  while read -r sd_first sd_second _; do
    if [ "$sd_first $sd_second" = '@end ' ]; then
      sd_whole=yes
      break
    fi
    sd_lines=$((sd_lines + 1))
    [ "$sd_lines" -le "$ANSWER_LINES_MAX" ] || return 1
    [ "$sd_lines" -gt 1 ] || sd_word=$sd_first sd_number=$sd_second
  done
  [ "$sd_whole" = yes ] || return 1
  [ "$sd_word" = @ack ] && [ "$sd_number" = "$sd_counter" ] || return 1
  rm -rf "$VAR/results/$sd_counter" "$VAR/results/$sd_counter.sig" "$VAR/job.old"
}
