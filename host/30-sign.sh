# What the host says under its own key (protocol §3): asks and results; and the one short answer it
# acts on, the permit (§7.1).

# The armoured signature goes to standard output. The key is PKCS8, so that curl can read it too;
# ssh-keygen therefore needs `key.pub` beside it. Where ssh-keygen cannot sign, openssl does.
sign_as_host() { # NAMESPACE FILE
  keygen_sign "$1" <"$2" || openssl_sign "$1" <"$2"
}

# The signature of a text that is in no file.
sign_text() { # NAMESPACE TEXT
  keygen_sign "$1" <<TEXT || openssl_sign "$1" <<AGAIN
$2
TEXT
$2
AGAIN
}

keygen_sign() { # NAMESPACE
  ssh-keygen -Y sign -n "$1" -f "$VAR/key" 2>/dev/null
}

# The host keeps the key that it has.
make_host_key() { # NAME
  [ ! -s "$VAR/key" ] || return 0
  rm -f "$VAR/key.new" "$VAR/key.new.pub"
  ssh-keygen -q -t ecdsa -b 256 -m PKCS8 -N '' -C "$1" -f "$VAR/key.new" </dev/null >/dev/null 2>&1 ||
    openssl_make_key "$VAR/key.new" "$1" ||
    fail_code E_PLATFORM "neither ssh-keygen nor openssl could make a key" || return 1
  mv -f "$VAR/key.new.pub" "$VAR/key.pub" && mv -f "$VAR/key.new" "$VAR/key" && sync "$VAR"
}

# DG_JOURNAL, DG_OUTPUT with its DG_OUTPUT_BYTES, and DG_POLICY; a file that is not there is an empty
# one. DG_PACKAGES is the digest of what the worker saw of the packages a moment ago, with nothing run
# since and kept whole; or nothing.
read_digests() { # DIR
  dg_had=''
  ! packages_just_seen || dg_had=$WORK/installed.text
  # shellcheck disable=SC2086 # our own paths
  read_sizes "$1/output" $dg_had
  if [ "$DG_OUTPUT_BYTES" -gt "$OUTPUT_BYTES_MAX" ]; then
    truncate -s "$OUTPUT_BYTES_MAX" "$1/output" && DG_OUTPUT_BYTES=$OUTPUT_BYTES_MAX
  fi
  installed_is_whole || dg_had=''
  DG_PACKAGES=''
  DG_JOURNAL=$EMPTY_DIGEST DG_OUTPUT=$EMPTY_DIGEST DG_POLICY=$EMPTY_DIGEST
  while read -r dg_sum dg_file; do
    case $dg_file in
      "$ETC/policy") DG_POLICY=$dg_sum ;;
      */journal) DG_JOURNAL=$dg_sum ;;
      */output) DG_OUTPUT=$dg_sum ;;
      */installed.text) DG_PACKAGES=$dg_sum ;;
    esac
  done <<END
$(exec sha256sum "$1/journal" "$1/output" "$ETC/policy" ${dg_had:+"$dg_had"} 2>/dev/null)
END
}

# What is installed now, as one digest: the evidence that a result ends with. PACKAGES_DIGEST.
read_packages_digest() {
  PACKAGES_DIGEST=$DG_PACKAGES
  [ -z "$PACKAGES_DIGEST" ] || return 0
  pd_text=$(
    if command -v dpkg-query >/dev/null; then
      # shellcheck disable=SC2016 # dpkg-query's own variables
      dpkg-query -W -f='${binary:Package} ${Version} ${db:Status-Abbrev}\n' 2>/dev/null
    elif command -v rpm >/dev/null; then
      rpm -qa 2>/dev/null | sort
    fi | sha256sum
  )
  PACKAGES_DIGEST=${pd_text%% *}
}

# DG_OUTPUT_BYTES, and INSTALLED_BYTES where that file is named too.
read_sizes() { # FILE…
  DG_OUTPUT_BYTES=0 INSTALLED_BYTES=''
  while read -r rs_size rs_file; do
    case $rs_file in
      */output) DG_OUTPUT_BYTES=$rs_size ;;
      */installed.text) INSTALLED_BYTES=$rs_size ;;
    esac
  done <<END
$(exec stat -c '%s %n' "$@" 2>/dev/null)
END
}

# Whether the list has the bytes that were put into it: a full disk cuts a file short.
installed_is_whole() {
  iw_bytes=''
  [ ! -s "$WORK/installed.text.bytes" ] || read -r iw_bytes <"$WORK/installed.text.bytes"
  is_number "$iw_bytes" && [ "$iw_bytes" -gt 0 ] && [ "$INSTALLED_BYTES" = "$iw_bytes" ]
}

# The newest head of the ledger that was verified here, and the plan whose approval it was shown to
# hold: HEAD_LINE.
read_head() {
  hl_size=0 hl_root=$EMPTY_DIGEST hl_plan=''
  [ ! -s "$VAR/head" ] || read -r hl_size hl_root hl_plan _ <"$VAR/head"
  HEAD_LINE="$hl_size $hl_root"
}

# The text of a result with the next number, and the host's signature over it: RESULT_COUNTER,
# RESULT_TEXT, RESULT_SIG. WR_FROM is the folder that it is about.
make_result() { # STATE CODE
  wr_kind=apply wr_started=''
  [ "$J_KIND" != revert ] || wr_kind=revert
  read_clock
  take_result_counter
  [ ! -s "$WR_FROM/started" ] || read -r wr_started _ <"$WR_FROM/started"
  wr_started=${wr_started:-$NOW_S}
  read_boot
  read_digests "$WR_FROM"
  read_packages_digest
  read_head
  RESULT_TEXT="fettle result 1
tenant $ID_TENANT
host $ID_HOST
plan $J_PLAN
index $J_INDEX
attempt $J_ATTEMPT
kind $wr_kind
state $1
code $2
way $J_WAY
boot $BOOT
started $wr_started
ended $NOW_S
packages $PACKAGES_DIGEST
journal $DG_JOURNAL
output $DG_OUTPUT $DG_OUTPUT_BYTES
policy $DG_POLICY
approvals $J_APPROVALS
head $HEAD_LINE
counter $RESULT_COUNTER
end"
  RESULT_SIG=$(sign_text fettle-result-v1 "$RESULT_TEXT") && [ -n "$RESULT_SIG" ]
}

# One line in the host's own log, where it has one. The change is the same word that the server's events
# carry, so one search leads from the case to here. Every value is a word of a checked document.
log_result() { # STATE CODE
  [ -S /dev/log ] || return 0
  logger -t fettle -p auth.notice -- "change=$J_CHANGE plan=$J_PLAN host=$ID_HOST index=$J_INDEX" \
    "attempt=$J_ATTEMPT kind=$J_KIND state=$1 code=$2" 2>/dev/null || :
}

# The next number of a result: above the last one, and above any that a lost file held.
take_result_counter() {
  rc_last=0
  [ ! -s "$VAR/resultcounter" ] || read -r rc_last <"$VAR/resultcounter"
  is_number "$rc_last" || rc_last=0
  RESULT_COUNTER=$((rc_last + 1))
  [ "$RESULT_COUNTER" -ge "$((NOW_S * 1000))" ] || RESULT_COUNTER=$((NOW_S * 1000))
}

# Puts a signed result into the outbox, where it stays until the server acknowledges it. A copy in
# the job folder answers an order that comes again.
emit_result() { # STATE CODE
  load_identity || return 1
  [ -d "$VAR/results" ] && [ -d "$VAR/results.new" ] || mkdir -p "$VAR/results" "$VAR/results.new" ||
    fail_code E_STATE "no room for a result" || return 1
  WR_FROM=$VAR/job
  {
    flock -w 30 8 && make_result "$1" "$2" && outbox_result
  } 8>>"$VAR/resultlock" || fail_code E_STATE "the result could not be written" || return 1
  log_result "$1" "$2"
  LATER=''
  ring "$VAR/bell"
}

# The journal's end, what the plan left in `seen`, counter, signature and text are on disk before they
# have their names, and get them in that order: who finds the text finds the rest, and no number is
# given twice.
outbox_result() {
  ou_new=$VAR/results.new/$RESULT_COUNTER
  # shellcheck disable=SC2086 # our own folders
  later_text "$VAR/resultcounter" "$RESULT_COUNTER" &&
    put_text "$ou_new.sig" "$RESULT_SIG" && put_text "$ou_new" "$RESULT_TEXT" &&
    later_sync "$JOURNAL" "$ou_new.sig" "$ou_new" && later_name &&
    mv -f "$ou_new.sig" "$ou_new" "$VAR/results/" &&
    put_text "$VAR/job/result" "$RESULT_TEXT" && put_text "$VAR/job/resultsig" "$RESULT_SIG" &&
    sync $LATER_FOLDERS "$VAR/results" "$VAR/job/result" "$VAR/job/resultsig" 2>/dev/null
}

# A refusal is signed too, but kept nowhere: what was refused changes nothing here.
refusal_result() { # DIR CODE
  WR_FROM=$1
  (
    exec 8>>"$VAR/resultlock"
    flock -w 30 8 && make_result refused "$2" &&
      later_text "$VAR/resultcounter" "$RESULT_COUNTER" && later_end &&
      put_text "$1/result" "$RESULT_TEXT" && put_text "$1/resultsig" "$RESULT_SIG"
  )
}

# A worker that was started by a boot unit has judged no bundle: it reads who it is.
load_identity() {
  [ -n "${ID_HOST:-}" ] || policy_inherit || load_policy
}

# The job folder as J_ variables. It was verified before it got its name.
load_job() {
  [ -s "$VAR/job/facts" ] || fail_code E_STATE "there is no job" || return 1
  read_facts <"$VAR/job/facts" || return 1
  read -r J_WAY <"$VAR/job/way"
}

# 32 hex digits that nobody can guess: the kernel's own random identifiers, without the digits that
# are the same in each (RFC 9562 §5.4).
make_nonce() {
  ASK_NONCE=''
  while [ "${#ASK_NONCE}" -lt 32 ]; do
    mn_id=''
    read -r mn_id <"/proc/sys/kernel/random/uuid"
    mn_head=${mn_id%%-*}
    mn_tail=${mn_id##*-}
    case $mn_head$mn_tail in *[!0-9a-f]*) mn_head='' ;; esac
    [ "${#mn_head}${#mn_tail}" = 812 ] || fail_code E_STATE "no random bytes" || return 1
    ASK_NONCE=$ASK_NONCE$mn_tail${mn_head%????}
  done
}

# What an ask says of the policy, and the journal of the snapshot: POLICY_DIGEST and SNAPSHOT_DIGEST.
POLICY_DIGEST=''
read_ask_digests() { # [SNAPSHOT]
  POLICY_DIGEST=$EMPTY_DIGEST SNAPSHOT_DIGEST=-
  while read -r ad_sum ad_file; do
    case $ad_file in
      "$ETC/policy") POLICY_DIGEST=$ad_sum ;;
      *) SNAPSHOT_DIGEST=$ad_sum ;;
    esac
  done <<END
$(exec sha256sum "$ETC/policy" "$@" 2>/dev/null)
END
}

# Asks the server to start now: a fresh nonce, signed. Whoever finds a whole signature finds the ask that
# it is of: the old one goes before the new ask comes.
make_ask() { # KIND STATE
  load_identity || return 1
  make_nonce || return 1
  ma_token=0000000000000000000000000000000000000000000000000000000000000000
  [ ! -s "$VAR/token" ] || read -r ma_token _ <"$VAR/token"
  read_boot
  [ -n "$POLICY_DIGEST" ] || read_ask_digests
  read_head
  : >"$VAR/job/asksig"
  printf '%s\n' "fettle ask 1" "kind $1" "tenant $ID_TENANT" "host $ID_HOST" "plan $J_PLAN" \
    "index $J_INDEX" "attempt $J_ATTEMPT" "epoch $J_EPOCH" "nonce $ASK_NONCE" "state $2" \
    "boot $BOOT" "token $ma_token" "policy $POLICY_DIGEST" "head $HEAD_LINE" end \
    >"$VAR/job/ask" || cannot_write "the ask" || return 1
  POLICY_DIGEST=''
  sign_as_host fettle-ask-v1 "$VAR/job/ask" >"$VAR/job/asksig" && [ -s "$VAR/job/asksig" ] ||
    cannot_write "the signed ask" || return 1
  ring "$VAR/bell"
}

# §7.1. FILE holds `@order` and `@ordersig`, as the server answered; the nonce is that of the last
# make_ask. Sets PERMIT_SECONDS. Whether it is still fresh is for the caller to say, last of all.
# The epoch is the server's own fence and is not judged here (§8).
check_permit() { # FILE KIND
  CK=$VAR/job/permit
  # The worker made it; what an earlier answer left goes.
  if [ -e "$CK/order" ] || [ ! -d "$CK" ]; then
    rm -rf "$CK"
    mkdir "$CK" || return 1
  fi
  check_halt && load_policy || return 1
  [ ! -e "$VAR/revoked/$J_PLAN" ] || fail_code E_REVOKED "plan $J_PLAN was revoked" || return 1
  cp_facts=$(split_bundle "$1" "$CK" permit) || cp_facts="E_FORMAT awk failed"
  {
    read -r cp_code cp_why
    read -r PM_KIND PM_TENANT PM_HOST PM_PLAN PM_INDEX PM_ATTEMPT PM_EPOCH PM_COUNTER PM_ISSUED \
      PM_UNTIL PERMIT_SECONDS PM_NONCE
  } <<END
$cp_facts
END
  [ "$cp_code" = ok ] || fail_code E_PERMIT "the permit cannot be read: $cp_why" || return 1
  check_order "$CK/order" "$CK/ordersig" || fail_code E_PERMIT "$E_FACTS" || return 1
  [ "$PM_KIND" = "$2" ] && [ "$PM_NONCE" = "$ASK_NONCE" ] && [ "$PM_TENANT" = "$ID_TENANT" ] &&
    [ "$PM_HOST" = "$ID_HOST" ] && [ "$PM_PLAN" = "$J_PLAN" ] && [ "$PM_INDEX" = "$J_INDEX" ] &&
    [ "$PM_ATTEMPT" = "$J_ATTEMPT" ] ||
    fail_code E_PERMIT "the permit is for another kind, host, plan, attempt or ask" || return 1
  pm_most=10
  [ "${J_PERMIT%% *}" != lease ] || pm_most=${J_PERMIT#lease }
  [ "$PERMIT_SECONDS" -ge 1 ] && [ "$PERMIT_SECONDS" -le "$pm_most" ] ||
    fail_code E_PERMIT "the permit lives $PERMIT_SECONDS s, not 1 to $pm_most" || return 1
  # The clock was read when the nonce was made and goes on with the uptime here: whether it truly did is
  # what permit_is_fresh asks of it, last of all.
  read_uptime_cs
  NOW=$((PERMIT_W0 + (UPTIME_CS - PERMIT_U0) / 100))
  pm_apart=$((PM_ISSUED - NOW))
  [ "${pm_apart#-}" -le "$CLOCK_SKEW_S" ] ||
    fail_code E_PERMIT "permit issued $PM_ISSUED, clock says $NOW" || return 1
  [ "$NOW" -le "$PM_UNTIL" ] || fail_code E_PERMIT "permit good until $PM_UNTIL, clock says $NOW" ||
    return 1
  take_counter "$PM_COUNTER" "$PM_ISSUED" ||
    fail_code E_PERMIT "the permit's counter $PM_COUNTER does not follow $CLOCK_COUNTER"
}
