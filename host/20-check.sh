# What a host checks before it accepts a job (protocol §6, steps 1–15 in this order; the first
# failure ends it). A refusal leaves nothing behind but the order counter and the time floor. What
# people signed is judged by 22-people.sh, what the ledger proves by 23-log.sh.

CLOCK_SKEW_S=300

check_halt() {
  # A dangling link counts too: whoever made it wanted a halt.
  if [ -e "$ETC/halt" ] || [ -h "$ETC/halt" ]; then
    fail_code E_HALTED "this host is halted by $ETC/halt"
  fi
}

# The lock is held on descriptor 9 by whoever works: main while it checks, then the worker.
take_lock() {
  [ -d "$VAR" ] || fail_code E_STATE "$VAR is missing: enrol this host" || return 1
  : >>"$VAR/lock" || fail_code E_STATE "the lock cannot be written" || return 1
  exec 9>>"$VAR/lock"
  flock -n 9 || fail_code E_BUSY "another job holds the lock"
}

release_lock() {
  exec 9>&-
}

# DIR holds the received bundle as copy_bundle split it; COPY_CODE and COPY_FACTS say whether it came in whole. Sets the J_
# and R_ variables, CK_RESUME (this very attempt is here already) and NOW.
check_bundle() { # DIR
  CK=$1 CK_RESUME=no CK_VERIFIED=no
  check_platform && check_halt && take_lock && load_policy || return 1
  [ "$COPY_CODE" = ok ] || fail_code "$COPY_CODE" "$COPY_FACTS" || return 1
  read_facts <<END || return 1
$CK_FACTS
END
  NOW=$(now_s)
  read_uptime_cs
  CLOCK_READ=$NOW CLOCK_READ_CS=$UPTIME_CS
  if [ "$J_WAY" = local ]; then
    local_order || return 1
  else
    check_order "$CK/order" "$CK/ordersig" || return 1
    CK_VERIFIED=yes
  fi
  check_audience && load_rule "$J_CLASS" && check_backend && check_times &&
    { [ "$J_WAY" = local ] || take_counter "$J_COUNTER" "$J_ISSUED"; } && check_seen &&
    check_standing && check_approvals && check_digests && check_verbs && check_log && check_gates &&
    note_head
}

# Step 6.
check_order() { # ORDER SIGNATURE
  dispatcher_keys "$CK/allowed"
  [ "$KEYS" -gt 0 ] || fail_code E_KEY "every dispatcher key is revoked" || return 1
  is_signed fettle-order-v1 dispatcher "$2" "$1" ||
    fail_signature "the order is not signed by a dispatcher of policy $POLICY_VERSION"
}

# Step 7.
check_audience() {
  case ${CK_VERB:-apply}:$J_KIND in
    apply:dispatch | apply:revert | stage:stage) ;;
    apply:stage | stage:*) fail_code E_PERMIT "an order of kind $J_KIND came for $CK_VERB" || return 1 ;;
    *) fail_code E_PERMIT "a permit of kind $J_KIND cannot bring a job" || return 1 ;;
  esac
  [ "$J_NONCE" = - ] || fail_code E_PERMIT "a permit cannot bring a job" || return 1
  [ "$J_TENANT" = "$ID_TENANT" ] && [ "$J_PLAN_TENANT" = "$ID_TENANT" ] ||
    fail_code E_AUDIENCE "for tenant $J_TENANT, this is $ID_TENANT" || return 1
  [ "$J_HOST" = "$ID_HOST" ] ||
    fail_code E_AUDIENCE "for host $J_HOST, this is $ID_HOST" || return 1
  [ "$J_INDEX" = "$J_LEAF_INDEX" ] ||
    fail_code E_AUDIENCE "order for leaf $J_INDEX came with leaf $J_LEAF_INDEX" || return 1
  if [ "$J_LEAF_HOST" = '*' ]; then
    check_rule || return 1
  else
    [ "$J_RULE" = - ] || fail_code E_AUDIENCE "a rule plan has only leaves for *" || return 1
    [ "$J_LEAF_HOST" = "$ID_HOST" ] ||
      fail_code E_AUDIENCE "leaf for $J_LEAF_HOST, this is $ID_HOST" || return 1
  fi
  [ "$J_RING" = "$ID_RING" ] ||
    fail_code E_AUDIENCE "wave $J_WAVE is for ring $J_RING, this is $ID_RING"
}

check_rule() {
  [ "$J_RULE" != - ] || fail_code E_AUDIENCE "a leaf for * in a frozen plan" || return 1
  for cr_label in $J_RULE; do
    case " $ID_LABELS " in
      *" $cr_label "*) ;;
      *) fail_code E_AUDIENCE "the rule demands $cr_label" || return 1 ;;
    esac
  done
}

# Step 8. A revert is bound by `revert order` and the time it was done, not by the wave (§7.7).
check_times() {
  [ "$NOW" -ge $((CLOCK_FLOOR - CLOCK_SKEW_S)) ] ||
    fail_code E_TIME "the clock here was set back $((CLOCK_FLOOR - NOW)) s: it says $NOW, signed\
 times already reached $CLOCK_FLOOR" || return 1
  [ "$J_ISSUED" -le $((NOW + CLOCK_SKEW_S)) ] ||
    fail_code E_TIME "the clock here is $((J_ISSUED - NOW)) s behind the server's: it says $NOW,\
 the order was issued $J_ISSUED" || return 1
  [ "$NOW" -le "$J_UNTIL" ] && [ "$J_ISSUED" -le "$J_UNTIL" ] ||
    fail_code E_TIME "the clock here is $((NOW - J_ISSUED)) s ahead of the server's, or the order\
 came late: it says $NOW, the order was good until $J_UNTIL" || return 1
  [ $((J_UNTIL - J_ISSUED)) -le 86400 ] ||
    fail_code E_TIME "order good for more than a day" || return 1
  [ $((J_WAVE_TO - J_PLAN_ISSUED)) -le "$R_VALIDITY" ] ||
    fail_code E_TIME "wave ends $J_WAVE_TO, over $R_VALIDITY s after $J_PLAN_ISSUED" || return 1
  [ "$J_KIND" = revert ] && return 0
  if [ "$J_KIND" = stage ]; then
    # Files may come before their time, and not after it.
    [ "$NOW" -le "$J_WAVE_TO" ] || fail_code E_TIME "wave ended $J_WAVE_TO, clock says $NOW"
    return
  fi
  [ "$J_WAVE_FROM" -le "$NOW" ] && [ "$NOW" -le "$J_WAVE_TO" ] ||
    fail_code E_TIME "wave is $J_WAVE_FROM to $J_WAVE_TO, clock says $NOW" || return 1
  in_window "$NOW" "$J_WINDOWS" || fail_code E_TIME "no window is open, clock says $NOW"
}

in_window() { # NOW WINDOWS
  [ "$2" != - ] || return 0
  iw_now=$1
  # shellcheck disable=SC2086 # pairs of numbers, judged by the grammar
  set -- $2
  while [ "$#" -ge 2 ]; do
    [ "$1" -le "$iw_now" ] && [ "$iw_now" -le "$2" ] && return 0
    shift 2
  done
  return 1
}

# Step 9: written here, and on disk before anything acts or is answered: with the job folder, with
# `open` in `seen`, or before a refusal is told. The floor never passes our own clock: no signed future
# time can brick a host.
take_counter() { # COUNTER ISSUED
  [ "$1" -gt "$CLOCK_COUNTER" ] ||
    fail_code E_REPLAY "order $1, $CLOCK_COUNTER was seen before" || return 1
  [ "$1" -le $(((NOW + CLOCK_SKEW_S) * 1000)) ] ||
    fail_code E_TIME "order counter $1 is ahead of clock $NOW" || return 1
  tc_floor=$2
  [ "$tc_floor" -le "$NOW" ] || tc_floor=$NOW
  [ "$tc_floor" -ge "$CLOCK_FLOOR" ] || tc_floor=$CLOCK_FLOOR
  CLOCK_COUNTER=$1 CLOCK_FLOOR=$tc_floor
  later_text "$VAR/clock" "$CLOCK_COUNTER $CLOCK_FLOOR"
}

# Step 10.
check_seen() {
  SEEN='' SEEN_ATTEMPT=0
  if [ -s "$VAR/seen/$J_PLAN" ]; then
    read -r SEEN SEEN_ATTEMPT _ <"$VAR/seen/$J_PLAN"
    is_number "$SEEN_ATTEMPT" || fail_code E_STATE "seen/$J_PLAN cannot be read" || return 1
  fi
  [ "$J_ATTEMPT" -ge 1 ] && [ "$J_ATTEMPT" -le "$J_ATTEMPTS" ] ||
    fail_code E_REPLAY "attempt $J_ATTEMPT of $J_ATTEMPTS" || return 1
  if [ "$J_KIND" = revert ]; then
    check_seen_revert
    return
  fi
  if [ "$J_KIND" = stage ]; then
    case $SEEN in
      '' | failed | rolled-back) return 0 ;;
      *) fail_code E_REPLAY "attempt $SEEN_ATTEMPT is recorded as $SEEN: nothing to stage" || return 1 ;;
    esac
  fi
  case $SEEN in
    '') ;;
    open)
      [ "$J_ATTEMPT" -eq "$SEEN_ATTEMPT" ] ||
        fail_code E_REPLAY "attempt $SEEN_ATTEMPT is still open" || return 1
      ;;
    failed | rolled-back)
      [ "$J_ATTEMPT" -gt "$SEEN_ATTEMPT" ] ||
        fail_code E_REPLAY "attempt $SEEN_ATTEMPT is recorded as $SEEN" || return 1
      ;;
    *) fail_code E_REPLAY "attempt $SEEN_ATTEMPT is recorded as $SEEN" || return 1 ;;
  esac
  job_here
  if [ "$HERE_PLAN" = "$J_PLAN" ] && [ "$HERE_ATTEMPT" = "$J_ATTEMPT" ]; then
    CK_RESUME=yes
    same_leaf_here || return 1
    # An attempt that was held or refused before it began has ended too, though nothing is in seen.
    [ "$SEEN" = open ] || [ ! -e "$VAR/job/reported" ] ||
      fail_code E_REPLAY "attempt $J_ATTEMPT has ended and was reported" || return 1
  elif [ -n "$HERE_PLAN" ] && [ "$HERE_PLAN" != "$J_PLAN" ] && [ -s "$VAR/seen/$HERE_PLAN" ]; then
    read -r cs_state _ <"$VAR/seen/$HERE_PLAN"
    [ "$cs_state" != open ] || fail_code E_BUSY "plan $HERE_PLAN is still open" || return 1
  fi
  [ "$SEEN" != open ] || [ "$CK_RESUME" = yes ] ||
    fail_code E_STATE "plan $J_PLAN is open but its job folder is gone"
}

# §7.7: a revert needs the plan done here, with its journal and snapshot still at hand.
check_seen_revert() {
  [ "${J_REVERT%% *}" = order ] ||
    fail_code E_PERMIT "the plan allows no revert on order" || return 1
  job_here
  case $SEEN in
    'done') ;;
    open)
      # A job in the middle is not turned round: it ends or is rolled back first.
      [ "$HERE_KIND" = revert ] || fail_code E_BUSY "the plan is still being carried out" || return 1
      ;;
    *) fail_code E_PERMIT "the plan is not done here" || return 1 ;;
  esac
  [ "$HERE_PLAN" = "$J_PLAN" ] && [ "$HERE_ATTEMPT" = "$J_ATTEMPT" ] ||
    fail_code E_PERMIT "the snapshot of this plan is gone" || return 1
  same_leaf_here || return 1
  CK_RESUME=yes
}

# The steps that lie here are those of one leaf. In a plan by rule this host may take several leaves;
# an order for another one must not start these steps under that leaf's wave and windows.
same_leaf_here() {
  [ "$HERE_INDEX" = "$J_INDEX" ] ||
    fail_code E_REPLAY "attempt $J_ATTEMPT is here for leaf $HERE_INDEX, not $J_INDEX"
}

# Which job lies in the job folder: HERE_KIND, HERE_PLAN, HERE_INDEX, HERE_ATTEMPT.
job_here() {
  HERE_KIND='' HERE_PLAN='' HERE_INDEX='' HERE_ATTEMPT=''
  [ -s "$VAR/job/facts" ] || return 0
  {
    read -r _
    read -r HERE_KIND _ _ HERE_PLAN HERE_INDEX HERE_ATTEMPT _
  } 2>/dev/null <"$VAR/job/facts"
}

# Step 11, with the bounds of §5: the statement can only be narrower than the ring's line.
check_standing() {
  [ ! -e "$VAR/revoked/$J_PLAN" ] ||
    fail_code E_REVOKED "plan $J_PLAN was revoked or superseded" || return 1
  [ "$J_HOSTPOLICY" -le "$POLICY_VERSION" ] ||
    fail_code E_POLICY "planned for policy $J_HOSTPOLICY, this host has $POLICY_VERSION" || return 1
  permit_reach "$J_PERMIT"
  cs_reach=$REACH
  permit_reach "$R_PERMIT"
  [ "$cs_reach" -le "$REACH" ] ||
    fail_code E_POLICY "permit $J_PERMIT is weaker than $R_PERMIT" || return 1
  [ "$J_WAY" != local ] || [ "$R_PERMIT" = offline ] ||
    fail_code E_PERMIT "ring $ID_RING has permit $R_PERMIT here: root must have written permit\
 offline beforehand for a job to start without the server" || return 1
  if [ "$J_REVERT" != self ]; then
    [ "$R_REVERT" != self ] && [ "${J_REVERT#order }" -le "${R_REVERT#order:}" ] ||
      fail_code E_POLICY "revert $J_REVERT is weaker than $R_REVERT" || return 1
  fi
  [ "$J_WAY" != piped ] || [ "$R_NEED" -lt 2 ] ||
    fail_code E_POLICY "a protected ring takes no program sent over a login"
}

# REACH: how many seconds a host may start without asking.
permit_reach() { # PERMIT
  case $1 in
    online) REACH=0 ;;
    offline) REACH=999999 ;;
    *) REACH=${1#lease[ :]} ;;
  esac
}

# Step 13: one process hashes everything; the rest is comparing texts.
check_digests() {
  cd_nodes='' cd_at=0
  while [ "$cd_at" -lt "$J_LEVELS" ]; do
    cd_at=$((cd_at + 1))
    cd_nodes="$cd_nodes $CK/node$cd_at"
  done
  # shellcheck disable=SC2086 # our own paths, without spaces
  cd_sums=$(sha256sum "$CK/plan" "$CK/body" "$CK/leaf" $cd_nodes) ||
    fail_code E_STATE "sha256sum failed" || return 1
  [ "$J_TREE" = - ] || fail_code E_DIGEST "the tree path has a wrong shape: $J_TREE" || return 1
  cd_path=$J_PATH
  [ "$cd_path" != - ] || cd_path=''
  {
    read -r cd_sum _
    [ "$cd_sum" = "$J_PLAN" ] || fail_code E_DIGEST "order is for another plan" || return 1
    read -r cd_sum _
    [ "$cd_sum" = "$J_BODY" ] || fail_code E_DIGEST "leaf is for another body" || return 1
    read -r cd_sum _
    for cd_child in $cd_path; do
      [ "$cd_sum" = "$cd_child" ] || fail_code E_DIGEST "the tree does not hold this leaf" ||
        return 1
      read -r cd_sum _
    done
    [ "$cd_sum" = "$J_ROOT" ] || fail_code E_DIGEST "the tree has another root"
  } <<END
$cd_sums
END
}

# Step 14.
check_verbs() {
  [ "$J_BADVERB" = - ] ||
    fail_code E_VERB "$J_BADVERB has an unknown verb or wrong arguments" || return 1
  for cv_verb in $J_VERBS; do
    case ,$R_VERBS, in
      *,"$cv_verb",*) ;;
      *) fail_code E_VERB "ring $ID_RING does not allow $cv_verb" || return 1 ;;
    esac
  done
}
