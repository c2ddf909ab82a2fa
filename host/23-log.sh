# What the ledger proves (protocol §6 step 15, §12): the entry that completed the approval stands in a
# tree whose head the log's key signed, and that tree only grew since the last head seen here. A server
# that hides an approval from its auditors, or shows hosts another log, gets no job started.

# Sets CL_HEAD, which note_head keeps once everything else was found good too.
check_log() {
  CL_HEAD=''
  [ "$R_LOG" != off ] || return 0
  read_head
  is_number "$hl_size" && is_digest "$hl_root" ||
    fail_code E_STATE "the last head of the log cannot be read" || return 1
  # Shown once, it stays so: later heads were only taken as extensions of that one.
  [ "$hl_plan" != "$J_PLAN" ] || return 0
  [ "$J_LOGGED" = yes ] ||
    fail_code E_LOG "ring $ID_RING demands a proof of the ledger, none came" || return 1
  check_head && check_log_proof && check_witnesses || return 1
  CL_HEAD="$cl_size $cl_root $J_PLAN"
}

check_head() {
  log_keys "$CK/allowed"
  [ "$KEYS" -gt 0 ] || fail_code E_KEY "policy $POLICY_VERSION names no log key that counts" ||
    return 1
  is_signed fettle-head-v1 log "$CK/headsig" "$CK/head" ||
    fail_code E_LOG "the head of the log is not signed by a log key of policy $POLICY_VERSION"
}

# The head is on disk with the job that it came with.
note_head() {
  [ -n "$CL_HEAD" ] || return 0
  signed_head && later_text "$VAR/head" "$CL_HEAD" && later_text "$VAR/head.signed" "$HEAD_SIGNED"
}

# The head that came with the log's signature, in HEAD_SIGNED: what shows a fork to others.
signed_head() {
  read_text "$CK/head" && HEAD_SIGNED=$TEXT && read_text "$CK/headsig" ||
    fail_code E_STATE "the head cannot be read" || return 1
  HEAD_SIGNED=$HEAD_SIGNED$NEWLINE$TEXT
}

# Hashes all pairs at once: the proof says what each gives, so one depends on no other.
check_log_proof() {
  # shellcheck disable=SC2046 # words without spaces
  set -- $(log_pairs "$hl_size" "$hl_root")
  case ${1:-} in
    ok) ;;
    fork) log_alarm "$hl_size $hl_root" ;;
  esac
  [ "${1:-}" = ok ] || { shift; fail_code E_LOG "${*:-the proof cannot be read}"; return 1; }
  cl_size=$2 cl_root=$3
  shift 3
  [ "$J_WAY" = local ] || [ "$cl_size $cl_root" = "$J_LOG_SIZE $J_LOG_ROOT" ] ||
    fail_code E_LOG "the order refers to another head than the one that came" || return 1
  cl_claims='' cl_files='' cl_at=0
  while [ "$#" -ge 2 ]; do
    cl_at=$((cl_at + 1)) cl_claims="$cl_claims $1" cl_files="$cl_files $CK/pair$cl_at"
    # Octal escapes that log_pairs made of digits alone.
    # shellcheck disable=SC2059
    printf "$2" >"$CK/pair$cl_at" || cannot_write "the proof" || return 1
    shift 2
  done
  [ -n "$cl_files" ] || return 0
  cl_sums=''
  # shellcheck disable=SC2086 # our own paths
  for cl_word in $(exec sha256sum $cl_files); do
    case $cl_word in
      */*) ;;
      *) cl_sums="$cl_sums $cl_word" ;;
    esac
  done
  [ "$cl_sums" = "$cl_claims" ] || fail_code E_LOG "the ledger does not hold this approval"
}

# A signed head that is smaller, or no extension of the one seen before: whoever holds both can show
# that the log was forked: they lie in head.fork, the first time for good. The host's own log keeps the
# word even if the server hides the result.
log_alarm() { # HEAD
  if [ ! -s "$VAR/head.fork" ] && signed_head; then
    read_text "$VAR/head.signed" || :
    durable_text "$VAR/head.fork" "${TEXT:+$TEXT$NEWLINE}$HEAD_SIGNED" || :
  fi
  [ -S /dev/log ] || return 0
  logger -t fettle -p auth.alert -- "the ledger was forked: seen $1, then" \
    "$J_LOG_SIZE $J_LOG_ROOT, plan=$J_PLAN" 2>/dev/null || :
}

# Prints `ok SIZE ROOT`, then for each hash that is to be made what it must give and its bytes in
# octal; or `no` or `fork` and why. RFC 9162 §2.1.3.2 and §2.1.4.2, with the hashes between given as
# claims. The size is only taken from the head. For `$( )`, whose shell it becomes.
log_pairs() { # MY-SIZE MY-ROOT
  exec awk -v mine="$1" -v my_root="$2" -v plan="$J_PLAN" "$AWK_BYTES"'
    function stop(why) { if (!told) print why; told = 1; exit }
    function pair(left, right, claimed) {
      pairs = pairs " " claimed " \\001" octal(left) octal(right)
    }
    FILENAME != file { file = FILENAME; files++; row = 0 }
    { row++ }
    files == 1 && row == 2 { size = $0 }
    files == 1 && row == 3 {
      if (!decode($0) || count != 32) stop("no the head of the log cannot be read")
      root = hex(0, 32)
    }
    files == 2 && $1 == "index" { at = $2 }
    files == 2 && $1 == "entry" { entry = entry $2 }
    files == 2 && $1 == "leaf" { leaf = $2 }
    files == 2 && $1 == "node" { side[++nodes] = $2; both[nodes] = $3 }
    files == 2 && $1 == "from" { from = $2 }
    files == 2 && $1 == "start" { if (starts++) stop("no two beginnings"); start = $2 }
    files == 2 && $1 == "grow" { by[++grows] = $2; old[grows] = $3; new[grows] = $4 }

    function included(   i, position, last, hash) {
      if (at + 0 >= size + 0) stop("no the entry lies beyond the head")
      position = at + 0
      last = size - 1
      hash = leaf
      for (i = 1; i <= nodes; i++) {
        if (last == 0) stop("no the proof is too long")
        if (position % 2 || position == last) {
          pair(side[i], hash, both[i])
          while (position % 2 == 0 && position) { position /= 2; last = int(last / 2) }
        } else pair(hash, side[i], both[i])
        hash = both[i]
        position = int(position / 2)
        last = int(last / 2)
      }
      if (last != 0 || (hash "") != (root "")) stop("no the proof does not lead to the head")
    }
    function grown(   i, position, last, was, is) {
      if (size + 0 < mine + 0) stop("fork the head of the log is smaller than " mine ", seen before")
      if (size + 0 == mine + 0 && (root "") != (my_root "")) stop("fork another head of the same size")
      if ((from "") != (mine "")) stop("no the proof begins at head " from ", the one here is " mine)
      if (mine + 0 == 0 || size + 0 == mine + 0) {
        if (starts || grows) stop("no the proof is too long")
        return
      }
      if (starts != 1) stop("no the proof has no beginning")
      position = mine - 1
      last = size - 1
      while (position % 2) { position = int(position / 2); last = int(last / 2) }
      was = is = start
      for (i = 1; i <= grows; i++) {
        if (last == 0) stop("no the proof is too long")
        if (position % 2 || position == last) {
          if (old[i] == "-") stop("no the proof leaves out an old hash")
          pair(by[i], was, old[i])
          pair(by[i], is, new[i])
          was = old[i]
          while (position % 2 == 0 && position) { position /= 2; last = int(last / 2) }
        } else {
          if (old[i] != "-") stop("no the proof names an old hash too many")
          pair(is, by[i], new[i])
        }
        is = new[i]
        position = int(position / 2)
        last = int(last / 2)
      }
      if (last != 0 || (was "") != (my_root "") || (is "") != (root ""))
        stop("fork the log did not grow from head " mine ", seen before")
    }

    END {
      if (told) exit
      if (plan == "") {
        grown()
        print "ok", size, root pairs
        exit
      }
      if (!decode(entry)) stop("no the entry cannot be read")
      pairs = " " leaf " \\000"
      for (i = 0; i < count; i++) {
        pairs = pairs sprintf("\\%03o", byte[i])
        if (i < 84) begins = begins sprintf("%c", byte[i] > 31 && byte[i] < 127 ? byte[i] : 63)
      }
      if (index(begins, "{\"_approved\":\"" plan " ") != 1) stop("no the entry approves another plan")
      grown()
      included()
      print "ok", size, root pairs
    }' "$CK/head" "$CK/log"
}

is_own_key() { # ALLOWED
  ow_key='' ow_word=''
  [ ! -s "$VAR/key.pub" ] || read -r _ ow_key _ <"$VAR/key.pub"
  read -r _ _ _ ow_word _ <"$1"
  [ "$ow_key" = "$ow_word" ]
}

# `witness:n`: so many of the witnesses that the policy names saw this very head.
check_witnesses() {
  [ "$R_LOG" != seen ] || return 0
  wi_count=0
  wi_left=$J_WITNESSES,
  [ "$wi_left" != -, ] || wi_left=''
  while [ -n "$wi_left" ]; do
    wi_one=${wi_left%%,*} wi_left=${wi_left#*,}
    log_keys "$CK/allowed" "$wi_one"
    # The server sends each host the same; who is not in this policy says nothing here.
    [ "$KEYS" -gt 0 ] || continue
    is_signed fettle-cosign-v1 "$wi_one" "$CK/cosign.$wi_one" "$CK/head" ||
      fail_code E_LOG "the word of witness $wi_one does not fit policy $POLICY_VERSION" || return 1
    # Nobody is a witness for itself.
    is_own_key "$CK/allowed" || wi_count=$((wi_count + 1))
  done
  [ "$wi_count" -ge "${R_LOG#witness:}" ] ||
    fail_code E_LOG "$wi_count of ${R_LOG#witness:} witnesses saw the head"
}

# The verb `witness` (protocol §12.3): this host looks at a head as it looks at one that comes with a
# job, keeps it, and signs that it did. The frame is `@head @headsig @log`, the last with the growth
# alone. A host whose program came over the server's own way in is no witness against that server.
witness_main() {
  CK=$VAR/in.$$
  witness_look
  wm_code=$?
  release_lock
  read_head
  say @witness
  say "head $HEAD_LINE"
  if [ "$wm_code" = 0 ]; then
    say @cosign
    say "$WM_SIG"
  else
    say "refused $E_CODE $E_FACTS"
  fi
  say @end
}

split_head() { # FILE DIR MODE SIZE
  split_bundle "$1" "$2" witness "$4"
}

witness_look() {
  [ "$WAY" != piped ] || fail_code E_POLICY "this host was enrolled by the server: no witness" || return 1
  [ -d "$VAR" ] || fail_code E_STATE "$VAR is missing: enrol this host" || return 1
  sweep_folders
  rm -rf "$CK" && mkdir "$CK" || cannot_write "a private folder" || return 1
  trap 'rm -rf "$VAR/in.$$"' EXIT
  trap 'exit 1' HUP INT TERM
  CB_SPLIT=split_head
  check_platform && copy_bundle "$CK/in" && trust_read && take_lock && load_policy || return 1
  # No plan: only the growth is looked at.
  J_PLAN='' J_WAY=local R_LOG=seen J_LOGGED=yes J_LOG_ROOT=''
  J_LOG_SIZE=${CK_FACTS#*"$NEWLINE"}
  read_head
  wl_plan=$hl_plan
  is_number "$hl_size" && is_digest "$hl_root" ||
    fail_code E_STATE "the last head of the log cannot be read" || return 1
  check_head && check_log_proof || return 1
  CL_HEAD="$cl_size $cl_root${wl_plan:+ $wl_plan}"
  note_head && later_end && WM_SIG=$(sign_as_host fettle-cosign-v1 "$CK/head") && [ -n "$WM_SIG" ] ||
    fail_code E_STATE "the head could not be kept or signed"
}
