# The way `local` (protocol §9): root runs an offline bundle by hand, when the server is gone. There is
# no order, so no dispatcher's signature, no counter and nobody to ask for a permit; everything that
# people signed is judged as ever. The signed result waits in the outbox until the server is there.

local_main() { # FILE
  if [ "$(id -u)" != 0 ] || [ ! -f "$1" ]; then
    say "this needs root and the file of an offline bundle: fettle-host local FILE" >&2
    return 2
  fi
  CB_SPLIT=split_local
  read_text "$VAR/job/result" || TEXT=''
  lo_before=$TEXT
  take_in <"$1" || return 1
  local_follow
  read_text "$VAR/job/result" || TEXT=''
  if [ "$TEXT" = "$lo_before" ]; then
    say "the job stopped before its end; fettle-host work goes on with it" >&2
    return 1
  fi
  lo_state=${TEXT#*"${NEWLINE}state "}
  lo_state=${lo_state%%"$NEWLINE"*}
  lo_code=${TEXT#*"${NEWLINE}code "}
  say "@ended $lo_state ${lo_code%%"$NEWLINE"*}"
  case $lo_state in 'done' | noop) ;; *) return 1 ;; esac
}

split_local() { # FILE DIR MODE SIZE
  split_bundle "$1" "$2" local "$4"
}

# Shows the journal as it grows. The job runs on if whoever looks goes away.
local_follow() {
  relay_begin
  while is_worker_alive; do
    send_journal || return 0
    sleep 1
  done
  send_journal
}

# What the order would say follows from the plan, the leaf and what was tried here before: an attempt
# that is open goes on, one that failed or was held before it began is followed by the next. An order
# that the server still sends for the same attempt is then answered with the recorded result.
local_order() {
  lo_sum=$(sha256sum "$CK/plan") || fail_code E_STATE "sha256sum failed" || return 1
  J_KIND='dispatch' J_HOST=$ID_HOST J_PLAN=${lo_sum%% *} J_EPOCH=0 J_COUNTER=0 J_ISSUED=$NOW
  J_UNTIL=$NOW J_TTL=0 J_NONCE=-
  local_attempt || return 1
  lo_facts=${CK_FACTS#*"$NEWLINE"}
  CK_FACTS="ok
$J_KIND $J_TENANT $J_HOST $J_PLAN $J_INDEX $J_ATTEMPT 0 0 $NOW $NOW 0 -
${lo_facts#*"$NEWLINE"}"
  # A job folder has an order; its time says when the job came last.
  : >"$CK/order" && : >"$CK/ordersig" || cannot_write "the job"
}

# J_ATTEMPT; check_seen refuses one more than the plan allows.
local_attempt() {
  J_ATTEMPT=1 lo_state=''
  if [ -s "$VAR/seen/$J_PLAN" ]; then
    read -r lo_state J_ATTEMPT _ <"$VAR/seen/$J_PLAN"
    is_number "$J_ATTEMPT" || fail_code E_STATE "seen/$J_PLAN cannot be read" || return 1
  fi
  job_here
  if [ "$HERE_PLAN" = "$J_PLAN" ] && is_number "$HERE_ATTEMPT" &&
    [ "$HERE_ATTEMPT" -gt "$J_ATTEMPT" ]; then
    J_ATTEMPT=$HERE_ATTEMPT lo_state=''
  fi
  case $lo_state in
    failed | rolled-back) ;;
    '') [ "$HERE_PLAN" = "$J_PLAN" ] && [ -e "$VAR/job/reported" ] || return 0 ;;
    *) return 0 ;;
  esac
  J_ATTEMPT=$((J_ATTEMPT + 1))
}
