# The way `agent` (protocol §9, §10): this host calls the server, over TLS whose authority came with
# the install line, and nothing listens here. A timer starts it; one run at a time. What it is told to
# do is judged exactly as over every other way.
#
# $VAR/agent holds what a call needs: `url` (the server's addresses, one a line), `ca`, `certificate`,
# `curl` (the fixed options), `next` (when to call again). The key is $VAR/key and never leaves this host.

# One run calls again while the server says so, and leaves the rest to the next run of the timer.
AGENT_RUN_S=50
AGENT_BYTES_MAX=4194304
# After a failed call, by how often it failed: spread by this host's own id, below 120 s in all.
AGENT_BACKOFF_MAX_S=70
# What an agent may keep under $VAR (trust.md: PatchMon's update loop filled root disks).
AGENT_STATE_KB_MAX=204800
# SHA-256 of nothing about no plan: what a poll says where another ask names its plan.
NO_PLAN=0000000000000000000000000000000000000000000000000000000000000000

agent_main() { # [once]
  AG=$VAR/agent
  if [ ! -s "$AG/url" ] || [ ! -s "$AG/certificate" ]; then
    say "this host is not enrolled as an agent: run the install line that fettle agent install-line prints" >&2
    return 1
  fi
  exec 3>>"$AG/lock"
  flock -n 3 || return 0
  agent_is_due "${1:-}" || return 0
  agent_state_fits || return 1
  read_uptime_cs
  ag_end=$((UPTIME_S + AGENT_RUN_S))
  while :; do
    # In a process of its own: a talk moves standard input and output, and leaves nothing behind.
    ( agent_call ) || return 1
    ag_next=''
    read -r _ ag_next <"$AG/next" || return 1
    is_number "$ag_next" || return 1
    read_uptime_cs
    [ "${1:-}" != once ] && [ $((UPTIME_S + ag_next)) -lt "$ag_end" ] || return 0
    [ "$ag_next" -eq 0 ] || sleep "$ag_next"
  done
}

# A timer that comes each minute finds hosts which are to call later, and leaves them alone.
agent_is_due() { # [once]
  [ "$1" != once ] && [ -s "$AG/next" ] || return 0
  ad_at=''
  read -r ad_at _ <"$AG/next"
  is_number "$ad_at" || return 0
  ad_now=$(now_s)
  # A clock that was set back must not silence this host.
  [ "$ad_now" -ge "$ad_at" ] || [ $((ad_at - ad_now)) -gt 3600 ]
}

agent_state_fits() {
  ahead_sweep
  as_kb=$(agent_state_kb)
  is_number "$as_kb" || return 0
  [ "$as_kb" -gt "$AGENT_STATE_KB_MAX" ] || return 0
  set +f
  rm -rf "$VAR"/job.old "$VAR"/in.* "$VAR/lists"
  set -f
  as_kb=$(agent_state_kb)
  [ "${as_kb:-0}" -le "$AGENT_STATE_KB_MAX" ] && return 0
  say "E_DISK $VAR holds $as_kb KB, more than $AGENT_STATE_KB_MAX: look at it, nothing is asked for" >&2
  return 1
}

# What was staged ahead has a cap of its own.
agent_state_kb() {
  set +f
  set -- "$VAR"/*
  set -f
  for sk_one; do
    shift
    [ "$sk_one" = "$AHEAD" ] || set -- "$@" "$sk_one"
  done
  exec du -skx "$@" 2>/dev/null | awk '{ sum += $1 } END { print sum + 0 }'
}

# One call: poll, and the talk that the answer names.
agent_call() {
  if ! check_platform || ! load_policy; then
    say "$E_CODE $E_FACTS" >&2
    agent_later 60
    return 1
  fi
  agent_poll || return 1
  [ -n "$AP_TALK" ] || return 0
  WAY=agent AGENT_TALK=$AP_TALK AGENT_AT=$at_url
  : >"$AG/out"
  exec 0<"$AG/in" 1>>"$AG/out"
  serve_verb
  agent_post "talk?talk=$AGENT_TALK&last=yes" "$AG/out" "$AG/reply" || :
  return 0
}

# The nonce is on disk before it is sent: an answer that is lost is asked for with the same one.
agent_poll() {
  ap_token='' ap_nonce=''
  read -r ap_token ap_nonce <"$VAR/token" || { say "E_STATE no poll token: enrol this host" >&2; return 1; }
  case $ap_nonce in
    '' | -)
      make_nonce || return 1
      ap_nonce=$ASK_NONCE
      durable_text "$VAR/token" "$ap_token $ap_nonce" || return 1
      ;;
  esac
  read_boot
  read_ask_digests
  read_head
  ap_state=idle
  [ ! -s "$VAR/job/facts" ] || [ -e "$VAR/job/reported" ] || ap_state=job
  printf '%s\n' "fettle ask 1" "kind poll" "tenant $ID_TENANT" "host $ID_HOST" "plan $NO_PLAN" \
    "index 0" "attempt 0" "epoch 0" "nonce $ap_nonce" "state $ap_state" "boot $BOOT" \
    "token $ap_token" "policy $POLICY_DIGEST" "head $HEAD_LINE" end >"$AG/ask"
  POLICY_DIGEST=''
  { say @ask && cat "$AG/ask" && say @asksig && sign_as_host fettle-ask-v1 "$AG/ask" && say @end; } \
    >"$AG/poll" || return 1
  if ! agent_post poll "$AG/poll" "$AG/answer"; then
    agent_failed
    return 1
  fi
  agent_answer "$AG/answer"
}

# Takes the answer apart: `@token`, `@next`, `@certificate`, then `@talk` with what follows `@input`,
# or `@end`. AP_TALK names the talk. The token is kept before anything is done.
agent_answer() { # FILE
  rm -f "$AG/in" "$AG/certificate.taken"
  aa_facts=$(awk -v dir="$AG" '
    part == "input" { print > (dir "/in"); next }
    part == "certificate" { print > (dir "/certificate.taken") }
    part == "certificate" && /^-----END CERTIFICATE-----$/ { part = ""; next }
    part == "certificate" { next }
    $1 == "@token" && NF == 2 { token = $2; next }
    $1 == "@next" && NF == 2 { wait = $2; next }
    $0 == "@certificate" { part = "certificate"; next }
    $1 == "@talk" && NF == 2 { talk = $2; next }
    $0 == "@input" { part = "input"; whole = 1; next }
    $0 == "@end" { whole = 1; exit }
    { whole = 0; exit }
    END { print (whole ? "ok" : "no"), token, wait, talk }' "$1")
  aa_ok='' aa_token='' aa_next='' AP_TALK=''
  read -r aa_ok aa_token aa_next AP_TALK <<END
$aa_facts
END
  if [ "$aa_ok" != ok ] || ! is_digest "$aa_token" || ! is_number "$aa_next"; then
    say "E_FORMAT the server's answer cannot be read" >&2
    agent_failed
    return 1
  fi
  case $AP_TALK in *[!0-9a-f]*) AP_TALK='' ;; esac
  durable_text "$VAR/token" "$aa_token -" || return 1
  [ ! -s "$AG/certificate.taken" ] || agent_certificate || return 1
  rm -f "$AG/failures"
  agent_later "$aa_next"
}

# The one before stays until the new one has worked, as a broken certificate would end all calls.
agent_certificate() {
  cat "$AG/certificate" >"$AG/certificate.old" && durable_write "$AG/certificate" <"$AG/certificate.taken" &&
    rm -f "$AG/certificate.taken"
}

agent_later() { # SECONDS
  al_now=$(now_s)
  printf '%s %s\n' "$((al_now + $1))" "$1" >"$AG/next.new" && mv -f "$AG/next.new" "$AG/next"
}

# Longer each time, and never at the same moment as others: the spread is this host's own.
agent_failed() {
  # A server with too much to do says when it has room: that is no failure, and the spread is its own.
  af_wait=$(awk 'NR == 1 && $2 != "E_BUSY" { exit } $1 == "@next" && $2 ~ /^[1-9][0-9]?[0-9]?$/ { print $2; exit }' \
    "$AG/answer" 2>/dev/null)
  [ -z "$af_wait" ] || { agent_later "$af_wait"; return; }
  af_count=0
  [ ! -s "$AG/failures" ] || read -r af_count <"$AG/failures"
  is_number "$af_count" || af_count=0
  af_count=$((af_count + 1))
  say "$af_count" >"$AG/failures"
  af_wait=$((af_count * 15))
  [ "$af_wait" -le "$AGENT_BACKOFF_MAX_S" ] || af_wait=$AGENT_BACKOFF_MAX_S
  af_own=$(printf '%s %s' "$ID_HOST" "$af_count" | cksum)
  agent_later $((af_wait + ${af_own%% *} % 20))
  # A certificate that was just taken and does not work: the one before it may.
  if [ "$af_count" -ge 3 ] && [ -s "$AG/certificate.old" ]; then
    mv -f "$AG/certificate.old" "$AG/certificate"
  fi
}

# FILE goes to the server, the answer to REPLY. Where nobody answers at one address the next is asked;
# the one that answered is asked first from then on. A talk is with the server that began it (AGENT_AT).
agent_post() { # PATH FILE REPLY
  at_all=${AGENT_AT:-$(cat "$AG/url")}
  at_code=''
  # More than one word where there are more addresses.
  for at_url in $at_all; do
    rm -f "$3"
    agent_post_to "$@" && break
  done
  [ "$at_code" = 200 ] || return 1
  case $at_all in
    "$at_url" | "$at_url$NEWLINE"*) ;;
    *) { say "$at_url" && printf '%s\n' "$at_all" | grep -Fvx -e "$at_url"; } | durable_write "$AG/url" || return 1 ;;
  esac
}

# 0: this server answered, with yes or no. Nothing of it stands in an argument list but names of our own
# files. There is no way to switch the check of the server's certificate off.
agent_post_to() { # PATH FILE REPLY
  at_code=$(curl -q -K "$AG/curl" --data-binary "@$2" --output "$3.new" \
    --write-out '%{http_code}' "$at_url/agent/v1/$1" 2>"$AG/curl.error" 3>&-)
  at_end=$?
  if [ "$at_end" -ne 0 ]; then
    at_code=''
    case $at_end in
      28) say "E_SLOW the server at $at_url took too long" >&2 ;;
      63) say "E_SIZE the server's answer is too large" >&2 ;;
      *) say "the server at $at_url cannot be reached: $(head -c 200 "$AG/curl.error")" >&2 ;;
    esac
    return 1
  fi
  mv -f "$3.new" "$3" || return 1
  [ "$at_code" != 200 ] || return 0
  say "the server said: $(head -n 1 "$3" | head -c 300)" >&2
  case $at_code in 5*) return 1 ;; esac
}

# What this program has said since the last time goes to the server, and what it is told is the next
# standard input. Over every other way both are the connection itself.
talk_turn() { # [journal]
  [ "$WAY" = agent ] || return 0
  if [ "${1:-}" = journal ] && [ ! -s "$AG/out" ]; then return 0; fi
  agent_post "talk?talk=$AGENT_TALK" "$AG/out" "$AG/in" || return 1
  : >"$AG/out"
  exec 0<"$AG/in"
}

# --- enrolment -----------------------------------------------------------------------------------

# What the install line runs, as root, in a folder that has `ca`, `policy` and `token`; the digests of
# this program and of the policy were compared there already, and the policy's is compared again here.
agent_enrol_main() { # URL TENANT RING POLICY-DIGEST [LABEL…]
  E_CODE=E_STATE E_FACTS="the files could not be written"
  agent_enrol "$@" && return 0
  say "not enrolled: $E_CODE $E_FACTS" >&2
  return 1
}

agent_enrol() {
  [ "$(id -u)" = 0 ] || fail_code E_PLATFORM "enrolment needs root" || return 1
  [ "$#" -ge 4 ] || fail_code E_FORMAT "usage: agent-enrol URL TENANT RING POLICY-DIGEST [LABEL…]" ||
    return 1
  check_platform && command -v curl >/dev/null ||
    fail_code E_PLATFORM "${E_FACTS:-this host has no curl}" || return 1
  ae_given=$1 ae_tenant=$2 ae_ring=$3 ae_digest=$4
  shift 4
  # Several addresses of one server, or of several on one database, stand with commas between them.
  ae_urls=''
  for ae_url in $(printf '%s' "$ae_given" | tr ',' ' '); do
    case $ae_url in https://*[!A-Za-z0-9.:/_\[\]-]* | [!h]*) ae_urls='' && break ;; https://?*) ;; *) ae_urls='' && break ;; esac
    ae_urls=$ae_urls${ae_urls:+$NEWLINE}${ae_url%/}
  done
  [ -n "$ae_urls" ] || fail_code E_FORMAT "the server's address is not https://…" || return 1
  if [ -s "$ETC/identity" ] || [ -s "$VAR/anchor" ]; then
    fail_code E_STATE "this host is enrolled already; to begin anew remove $ETC/identity and $VAR on purpose"
    return 1
  fi
  ae_sum=$(sha256sum <policy) || return 1
  [ "${ae_sum%% *}" = "$ae_digest" ] ||
    fail_code E_POLICY "the policy is not the one of the install line" || return 1
  mkdir -p "$ETC" "$ETC/probes.d" "$ETC/hooks.d" "$VAR/agent" || return 1
  chmod 0755 "$ETC" "$ETC/probes.d" "$ETC/hooks.d" && chmod 0700 "$VAR" "$VAR/agent" || return 1
  AG=$VAR/agent
  make_nonce || return 1
  ae_host=h-${ASK_NONCE%????????????}
  rm -rf "$VAR/enrolling" && mkdir "$VAR/enrolling" || return 1
  agent_enrol_files "$@" && agent_enrol_ask "$@" && agent_enrol_keep
  ae_code=$?
  rm -rf "$VAR/enrolling"
  return "$ae_code"
}

# Identity and policy as every later look will read them, before anything is told to anybody.
agent_enrol_files() { # [LABEL…]
  {
    printf '%s\n' "fettle identity 1" "tenant $ae_tenant" "host $ae_host" "ring $ae_ring"
    for ae_label in "$@"; do say "label $ae_label"; done
    say end
  } >"$VAR/enrolling/identity"
  cat policy >"$VAR/enrolling/policy" || return 1
  ae_sizes=$(stat -c %s "$VAR/enrolling/identity" "$VAR/enrolling/policy" | tr '\n' ' ')
  ae_etc=$ETC
  ETC=$VAR/enrolling
  # shellcheck disable=SC2086 # two numbers
  ae_facts=$(read_policy_files $ae_sizes) || ae_facts='E_POLICY awk failed'
  ETC=$ae_etc
  case $ae_facts in
    ok*) ;;
    *) fail_code E_POLICY "$(printf '%s' "$ae_facts" | head -n 1)" || return 1 ;;
  esac
  make_host_key "$ae_host"
}

agent_enrol_ask() { # [LABEL…]
  read -r ae_token <token || fail_code E_FORMAT "there is no token" || return 1
  read_boot
  ae_name=$(uname -n | tr 'A-Z_' 'a-z-' | tr -cd 'a-z0-9.-' | cut -c 1-63)
  case $ae_name in '' | [.-]*) ae_name=$ae_host ;; esac
  {
    printf '%s\n' "fettle enrol 1" "tenant $ae_tenant" "host $ae_host" "name $ae_name" \
      "key $(cut -d ' ' -f 1,2 "$VAR/key.pub")" "ring $ae_ring"
    for ae_label in "$@"; do say "label $ae_label"; done
    printf '%s\n' "policy $ae_digest" "token $ae_token" "boot $BOOT" end
  } >"$VAR/enrolling/ask"
  { say @enrol && cat "$VAR/enrolling/ask" && say @enrolsig &&
    sign_as_host fettle-enrol-v1 "$VAR/enrolling/ask" && say @end; } >"$VAR/enrolling/signed" || return 1
  durable_write "$AG/ca" <ca && durable_text "$AG/url" "$ae_urls" || return 1
  # The certificate is named when there is one; curl reads the host's own key, which is PKCS8.
  agent_curl_options >"$AG/curl"
  agent_post enrol "$VAR/enrolling/signed" "$VAR/enrolling/answer" ||
    fail_code E_STATE "the server did not enrol this host: $(head -n 1 "$VAR/enrolling/answer" 2>/dev/null)" ||
    return 1
  ae_first=''
  read -r ae_first <"$VAR/enrolling/answer"
  [ "$ae_first" = "@enrolled $ae_host" ] || fail_code E_FORMAT "the server enrolled another host" || return 1
  tail -n +2 "$VAR/enrolling/answer" >"$VAR/enrolling/reply"
}

# The anchor comes last: without it every job is E_STATE, so a half-made enrolment accepts nothing.
agent_enrol_keep() {
  : >"$AG/certificate"
  ID_HOST=$ae_host
  agent_answer "$VAR/enrolling/reply" || fail_code E_FORMAT "the server's answer cannot be read" ||
    return 1
  agent_curl_options certificate >"$AG/curl"
  rm -f "$AG/certificate.old"
  durable_write "$ETC/policy" <"$VAR/enrolling/policy" &&
    durable_write "$ETC/identity" <"$VAR/enrolling/identity" || return 1
  chmod 0644 "$ETC/policy" "$ETC/identity"
  [ -s "$VAR/clock" ] || printf '0 0\n' | durable_write "$VAR/clock" || return 1
  printf 'host %s made %s\n' "$ae_host" "$(now_s)" | durable_write "$VAR/anchor" || return 1
  say "enrolled as $ae_host in ring $ae_ring; the server is $at_url"
}

# `-q` and this file are all that curl reads. Size, time and pace are capped (protocol §1.3); a server
# that hands out bytes one by one is E_SLOW.
agent_curl_options() { # [certificate]
  cat <<OPTIONS
silent
show-error
proto = "=https"
tlsv1.2
cacert = "$AG/ca"
capath = "/dev/null"
connect-timeout = 20
max-time = 110
max-filesize = $AGENT_BYTES_MAX
speed-limit = 1024
speed-time = 60
max-redirs = 0
header = "Content-Type: text/plain"
header = "Expect:"
OPTIONS
  [ "${1:-}" != certificate ] || cat <<OPTIONS
cert = "$AG/certificate"
key = "$VAR/key"
OPTIONS
}
