# News about whom to believe, which the server only carries (protocol §3 revoke, §10.3): plans and keys
# that count no more, and new policies, each signed by people whose keys stand in the policy that is
# here. One frame brings any number of both:
#
#   @revoke N            a `fettle revoke 1`
#   @revokesig N P C     by approver P with a key of class C; C is `root` for root key P
#   @policy V            version V whole
#   @root V NAME old     by that root key of the policy before it; `new`: of the policy itself
#   @end
#
# Revocations come first, so that a key which is revoked with this frame signs no policy in it.

TRUST_SECTIONS_MAX=400

# Splits FILE into DIR/revoke.N … and prints `ok`, then a line for each revocation and policy in their
# order: `revoke N TENANT WHAT ID ISSUED SIGNER CLASS`, `policy V BYTES NAME:old|new…`; or `CODE why`.
# MODE is not used: copy_bundle calls every splitter alike. For `$( )`, whose shell it becomes.
split_trust() { # FILE DIR MODE SIZE
  exec awk -v dir="$2" -v size="$4" -v most="$TRUST_SECTIONS_MAX" '
    function bad(code, why) {
      if (failed) return
      failed = 1
      print code " " (sec == "" ? "" : "@" sec " line " row ": ") why
      exit
    }
    function is_number(t) { return length(t) <= 15 && t ~ /^(0|[1-9][0-9]*)$/ }
    function is_digest(t) { return length(t) == 64 && t ~ /^[0-9a-f]+$/ }
    function is_id(t) { return length(t) <= 63 && t ~ /^[a-z0-9][a-z0-9.-]*$/ }
    { total += length($0) + 1 }
    /[^ -~]/ { bad("E_FORMAT", "bytes that are not printable ASCII") }
    hung_up { bad("E_FORMAT", "something stands after @end") }
    $0 == "@end" { close_section(); hung_up = 1; next }
    /^@/ { close_section(); open_section(substr($0, 2)); next }
    {
      row++
      if (sec == "") { sec = "-"; bad("E_FORMAT", "something stands before the first section") }
      if ($0 == "" || length($0) > 1024 || $0 ~ /^ | $|  /) bad("E_FORMAT", "not a line of a document")
      bytes += length($0) + 1
      print > file
      if (type == "revoke") revoke_line()
      else if (type == "policy") { if (bytes > 262144) bad("E_SIZE", "too long"); ended = $0 == "end" }
      else signature_line()
    }
    function open_section(name,   part, n) {
      n = split(name, part, " ")
      sec = name
      row = bytes = ended = 0
      if (++sections > most) bad("E_SIZE", "more than " most " sections")
      if (name in present) bad("E_FORMAT", "a second section of this name")
      present[name] = 1
      type = part[1]
      at = part[2]
      file = dir "/" type "." at
      if (n < 2 || !is_number(at) || at + 0 < 1) bad("E_FORMAT", "an unknown section")
      else if (name == "revoke " at) { order[++items] = name }
      else if (name == "policy " at) { order[++items] = name }
      else if (n == 4 && type == "revokesig" && is_id(part[3]) && \
          part[4] ~ /^(ssh|sk|desk|page|root)$/ && name == type " " at " " part[3] " " part[4]) {
        if (at in signer) bad("E_FORMAT", "a revocation with two signatures")
        signer[at] = part[3] " " part[4]
      } else if (n == 4 && type == "root" && is_id(part[3]) && part[4] ~ /^(old|new)$/ && \
          name == type " " at " " part[3] " " part[4]) {
        file = file "." part[3] "." part[4]
        roots[at] = roots[at] " " part[3] ":" part[4]
      } else bad("E_FORMAT", "an unknown section")
    }
    function close_section() {
      if (sec == "") return
      close(file)
      if (!ended) bad("E_FORMAT", "the text stops before its end")
      if (type == "policy") bytes_of[at] = bytes
      sec = ""
    }
    function signature_line() {
      if (ended) bad("E_FORMAT", "something stands after the signature")
      if (row == 1) {
        if ($0 != "-----BEGIN SSH SIGNATURE-----") bad("E_FORMAT", "not an armoured signature")
      } else if ($0 == "-----END SSH SIGNATURE-----") ended = row > 2
      else if (row > 65 || length($0) > 76 || $0 !~ /^[A-Za-z0-9+\/=]+$/)
        bad("E_FORMAT", "not an armoured signature")
    }
    function revoke_line(   n, w) {
      n = split($0, w, " ")
      if (row == 1 ? $0 != "fettle revoke 1" : \
          row == 2 ? n != 2 || w[1] != "tenant" || !is_id(w[2]) : \
          row == 3 ? n != 2 || w[1] != "what" || w[2] !~ /^(plan|key)$/ : \
          row == 4 ? n != 2 || w[1] != "id" : \
          row == 5 ? n != 2 || w[1] != "issued" || !is_number(w[2]) : row > 6 || $0 != "end")
        bad("E_FORMAT", "not a fettle revoke 1")
      if (row == 4 && !(said[at, 3] == "plan" ? is_digest(w[2]) : \
          length(w[2]) >= 16 && length(w[2]) <= 800 && w[2] ~ /^[A-Za-z0-9+\/]+=?=?$/))
        bad("E_FORMAT", "`id` names no " said[at, 3])
      said[at, row] = w[2]
      ended = row == 6
    }
    END {
      if (failed) exit
      close_section()
      if (!hung_up) bad("E_FORMAT", "the frame does not end with @end")
      if (total != size + 0) bad("E_FORMAT", "a NUL, or a last line that is not ended")
      for (i = 1; i <= items && !failed; i++) {
        split(order[i], part, " ")
        n = part[2]
        if (part[1] == "revoke" && !(n in signer)) bad("E_FORMAT", "a revocation without its signature")
        if (part[1] == "revoke") { delete present["revokesig " n " " signer[n]] }
      }
      for (name in present) {
        split(name, part, " ")
        if (part[1] == "revokesig" || (part[1] == "root" && !(("policy " part[2]) in present)))
          bad("E_FORMAT", "a signature of nothing")
      }
      if (failed) exit
      print "ok"
      for (i = 1; i <= items; i++) {
        split(order[i], part, " ")
        n = part[2]
        if (part[1] == "revoke") print "revoke", n, said[n, 2], said[n, 3], said[n, 4], said[n, 5], signer[n]
      }
      for (i = 1; i <= items; i++) {
        split(order[i], part, " ")
        if (part[1] == "policy") print "policy", part[2], bytes_of[part[2]] roots[part[2]]
      }
    }' "$1"
}

# The verb `trust`: each item is taken or refused by itself; the server hears which.
trust_main() {
  [ -d "$VAR" ] || { say "@refused E_STATE $VAR is missing: enrol this host"; return 1; }
  sweep_folders
  CK=$VAR/in.$$
  rm -rf "$CK" && mkdir "$CK" || { say "@refused E_STATE no private folder"; return 1; }
  trap 'rm -rf "$VAR/in.$$"' EXIT
  trap 'exit 1' HUP INT TERM
  CB_SPLIT=split_trust R_BOUND=-
  # Two frames at once would each keep only its own revocations.
  exec 5>>"$VAR/trustlock"
  if ! flock -w 30 5 || ! check_platform || ! load_policy || ! copy_bundle "$CK/in" || ! trust_read; then
    say "@refused ${E_CODE:-E_BUSY} ${E_FACTS:-others are telling this host already}"
    return 1
  fi
  say "@trust"
  tm_items=$CK_FACTS
  while read -r tm_kind tm_rest; do
    case $tm_kind in
      revoke) trust_item revoke_item "$tm_rest" ;;
      policy) trust_item policy_item "$tm_rest" ;;
    esac
  done <<END
$tm_items
END
  say "@end"
}

trust_read() {
  case $CK_FACTS in
    "ok$NEWLINE"*) ;;
    *) fail_code "${CK_FACTS%% *}" "${CK_FACTS#* }" ;;
  esac
}

trust_item() { # FUNCTION WORDS
  # shellcheck disable=SC2086 # words of a split frame
  if "$1" $2; then
    say "taken ${1%_item} $TR_SAID"
    log_trust "$TR_SAID"
  else
    say "refused ${1%_item} ${2%% *} $E_CODE $E_FACTS"
  fi </dev/null
}

log_trust() { # WHAT
  [ -S /dev/log ] || return 0
  logger -t fettle -p auth.notice -- "trust changed: $1 host=$ID_HOST" 2>/dev/null || :
}

# §3: narrowing, so one root is enough for a key, and one approver or root for a plan.
revoke_item() { # N TENANT WHAT ID ISSUED SIGNER CLASS
  [ "$2" = "$ID_TENANT" ] || fail_code E_AUDIENCE "for tenant $2, this is $ID_TENANT" || return 1
  NOW=$(now_s)
  [ "$5" -le $((NOW + CLOCK_SKEW_S)) ] ||
    fail_code E_TIME "issued $5, clock says $NOW" || return 1
  if [ "$7" = root ]; then
    root_keys "$ETC/policy" "$6" fettle-revoke-v1
  elif [ "$3" = key ]; then
    fail_code E_KEY "a key is revoked by a root only" || return 1
  else
    keys_of "$6" "$7" fettle-revoke-v1 "$CK/allowed"
  fi
  [ "$KEYS" -gt 0 ] || fail_code E_KEY "$6 has no key of class $7 that counts" || return 1
  is_signed fettle-revoke-v1 "$6" "$CK/revokesig.$1" "$CK/revoke.$1" ||
    fail_signature "the revocation is not by a key of $6" || return 1
  check_root_flags "$7" "$CK/revokesig.$1" "$6" || return 1
  if [ "$3" = plan ]; then
    mkdir -p "$VAR/revoked" && say "revoked by $6" | durable_write "$VAR/revoked/$4" ||
      fail_code E_STATE "revoked/$4 could not be written" || return 1
  else
    revoke_key "$4" || return 1
  fi
  TR_SAID="$3 $4"
}

# Security keys of roots must have been touched, like those of approvers.
check_root_flags() { # CLASS SIGNATURE WHO
  cr_class=$1
  if [ "$1" = root ]; then
    case $ROOT_TYPE in
      sk-*) cr_class=sk ;;
      *) cr_class=ssh ;;
    esac
  fi
  check_flags "$cr_class" "$2" "$3"
}

revoke_key() { # KEY
  read_text "$VAR/revoked.keys" || :
  case $NEWLINE$TEXT$NEWLINE in
    *"$NEWLINE$1$NEWLINE"*) return 0 ;;
  esac
  durable_text "$VAR/revoked.keys" "${TEXT:+$TEXT$NEWLINE}$1" || return 1
  load_policy
}

# The key of one root of POLICY-FILE, unless it was revoked, into $CK/allowed: KEYS, ROOT_TYPE and
# ROOT_KEY. The file was judged whole before.
root_keys() { # POLICY-FILE NAME NAMESPACE
  KEYS=0 ROOT_TYPE='' ROOT_KEY=''
  while read -r rk_word rk_name rk_type rk_key; do
    [ "$rk_word" = root ] && [ "$rk_name" = "$2" ] || continue
    ! grep -qFx -e "revoked $rk_key" "$1" || continue
    ! grep -qFx -e "$rk_key" "$VAR/revoked.keys" 2>/dev/null || continue
    KEYS=1 ROOT_TYPE=$rk_type ROOT_KEY=$rk_key
    say "$2 namespaces=\"$3\" $rk_type $rk_key" >"$CK/allowed"
  done <<END
$(exec grep '^root ' "$1")
END
}

# §10.3: one step from the version that is here to the next, so a chain of any length is as many
# items, and a bad link ends it at the last good one.
policy_item() { # VERSION BYTES NAME:old|new…
  pi_version=$1 pi_bytes=$2
  shift 2
  take_lock && load_policy || return 1
  policy_step "$@"
  pi_code=$?
  release_lock
  return "$pi_code"
}

policy_step() { # NAME:old|new…
  [ "$pi_version" -eq $((POLICY_VERSION + 1)) ] ||
    fail_code E_POLICY "policy $pi_version does not follow $POLICY_VERSION" || return 1
  ps_dir=$CK/step.$pi_version
  mkdir "$ps_dir" && cat "$ETC/identity" >"$ps_dir/identity" &&
    cat "$CK/policy.$pi_version" >"$ps_dir/policy" || cannot_write "the policy" || return 1
  ps_etc=$ETC
  ETC=$ps_dir
  ps_facts=$(read_policy_files "$ID_SIZE" "$pi_bytes") || ps_facts='E_POLICY awk failed'
  ETC=$ps_etc
  case $ps_facts in
    "ok$NEWLINE"*"$NEWLINE$pi_version$NEWLINE"*) ;;
    ok*) fail_code E_POLICY "the policy is not version $pi_version" || return 1 ;;
    *) fail_code E_POLICY "${ps_facts%%"$NEWLINE"*}" || return 1 ;;
  esac
  ps_olds=0 ps_news=0
  for ps_root in "$@"; do
    ps_name=${ps_root%:*}
    case $ps_root in
      *:old) root_keys "$ETC/policy" "$ps_name" fettle-policy-v1 ;;
      *) root_keys "$ps_dir/policy" "$ps_name" fettle-policy-v1 ;;
    esac
    ps_file=$CK/root.$pi_version.$ps_name.${ps_root##*:}
    [ "$KEYS" -gt 0 ] && is_signed fettle-policy-v1 "$ps_name" "$ps_file" "$ps_dir/policy" &&
      check_root_flags root "$ps_file" "$ps_name" ||
      fail_code E_POLICY "policy $pi_version is not signed by the ${ps_root##*:} root $ps_name" ||
      return 1
    # Names are distinct by the frame and keys by the policy, so each section is another key.
    case $ps_root in
      *:old) ps_olds=$((ps_olds + 1)) ;;
      *) ps_news=$((ps_news + 1)) ;;
    esac
  done
  roots_needed "$ETC/policy"
  [ "$ps_olds" -ge "$ROOTS" ] ||
    fail_code E_POLICY "$ps_olds of $ROOTS roots of policy $POLICY_VERSION signed $pi_version" ||
    return 1
  roots_needed "$ps_dir/policy"
  [ "$ps_news" -ge "$ROOTS" ] ||
    fail_code E_POLICY "$ps_news of $ROOTS roots of policy $pi_version signed it" || return 1
  chmod 0644 "$ps_dir/policy" && sync "$ps_dir/policy" && mv -f "$ps_dir/policy" "$ETC/policy" &&
    sync "$ETC" && durable_text "$VAR/policyfloor" "$pi_version" ||
    fail_code E_STATE "policy $pi_version could not be written" || return 1
  load_policy || return 1
  TR_SAID=$pi_version
}

# ROOTS: how many roots a policy demands.
roots_needed() { # POLICY-FILE
  read -r _ ROOTS <<END
$(exec grep '^roots ' "$1")
END
}
