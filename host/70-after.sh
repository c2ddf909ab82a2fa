# After the packages: services, hooks, probes, reboot, and the last look. A host is done only when
# the versions are there, what ran before runs again, and every probe passed.

# --- Services -----------------------------------------------------------------------------------

service_known() { # NAME
  if systemd_runs; then
    systemctl cat --no-pager -- "$1" >/dev/null 2>&1 </dev/null
  else
    [ -x "/etc/init.d/${1%.service}" ]
  fi
}

service_is_active() { # NAME
  if systemd_runs; then
    systemctl is-active --quiet -- "$1" </dev/null
  else
    init_script "${1%.service}" status >/dev/null 2>&1
  fi
}

# A restart is done when the service is active afterwards, whatever the restart command said.
service_restart() { # NAME
  if systemd_runs; then
    run_limited "$LIMIT_SERVICE" systemctl restart -- "$1"
  else
    run_limited "$LIMIT_SERVICE" "/etc/init.d/${1%.service}" restart
  fi
  sr_exit=$?
  service_settles "$1" && return 0
  STEP_CODE=E_SERVICE
  if [ -e "$JOB/overtime" ]; then STEP_CODE=E_LIMIT; fi
  journal NOTE "service=$1" "exit=$sr_exit" "note=not active after its restart"
  return 1
}

service_settles() { # NAME
  read_uptime_cs
  ss_end=$((UPTIME_CS + 100 * LIMIT_SETTLE))
  until service_is_active "$1"; do
    read_uptime_cs
    [ "$UPTIME_CS" -lt "$ss_end" ] || return 1
    sleep 0.2
  done
}

# `service NAME` for each service that runs now and must run afterwards. Under systemd these are the
# ones enabled for themselves: those started by a timer, a socket or the bus come and go.
services_required() {
  if systemd_runs; then
    systemctl show --no-pager -p Id -p ActiveState -p SubState -p UnitFileState '*.service' \
      </dev/null |
      awk -F= '
        { v[$1] = $2 }
        function out() {
          if (v["ActiveState"] == "active" && v["SubState"] == "running" &&
            v["UnitFileState"] ~ /^(enabled|enabled-runtime|alias|linked|generated)$/ &&
            v["Id"] ~ /^[A-Za-z0-9][A-Za-z0-9@:._+-]*$/) print "service " v["Id"]
          split("", v)
        }
        $0 == "" { out() } END { out() }'
  else
    services_list >"$WORK/services"
    while read -r sq_name sq_state _; do
      [ "$sq_state" != active ] || say "service $sq_name"
    done <"$WORK/services"
  fi
}

# Services that ran before and do not run now, after they had time to settle. One look at all of them
# first: only the missing are waited for.
services_lost() {
  [ -r "$SNAPSHOT" ] || return 0
  services_list >"$WORK/services"
  sl_active=' '
  while read -r sl_name sl_state _; do
    [ "$sl_state" != active ] || sl_active="$sl_active$sl_name "
  done <"$WORK/services"
  while read -r sl_word sl_name _; do
    [ "$sl_word" = service ] || continue
    case $sl_active in *" $sl_name "*) continue ;; esac
    # A package that was removed on purpose takes its service with it.
    service_known "$sl_name" || rows_have "$WORK/rows" remove || { say "$sl_name"; continue; }
    service_known "$sl_name" || continue
    service_settles "$sl_name" || say "$sl_name"
  done <"$SNAPSHOT"
}

# --- Hooks and probes ---------------------------------------------------------------------------

# A hook gets nothing of the connection's or the worker's environment, only whose job this is.
hook_run() { # NAME [seconds]
  if ! root_owned "$ETC/hooks.d/$1" || [ ! -x "$ETC/hooks.d/$1" ]; then
    STEP_CODE=E_POLICY
    journal NOTE "hook=$1" "note=missing, not executable, not root's, or writable by others"
    return 1
  fi
  hk_limit=${2:-$LIMIT_HOOK}
  run_limited "$hk_limit" env -i "PATH=$PATH" LC_ALL=C HOME=/root TERM=dumb \
    "FETTLE_HOST=$ID_HOST" "FETTLE_CHANGE=$J_CHANGE" "FETTLE_PLAN=$J_PLAN" "$ETC/hooks.d/$1"
  hk_exit=$?
  [ "$hk_exit" -ne 0 ] || [ -e "$JOB/overtime" ] || return 0
  STEP_CODE=E_STEP
  if [ -e "$JOB/overtime" ]; then STEP_CODE=E_LIMIT; fi
  journal NOTE "hook=$1" "exit=$hk_exit" "note=the hook did not succeed"
  return 1
}

# `keys.d/NAME` names public keys and certificates, a path a line, that hook NAME makes anew. What they
# were before the job stays in $JOB/keys.NAME, as `PATH SHA-256`; none may be that afterwards.
keys_now() { # NAME
  while read -r kn_path; do
    kn_sum=$(sha256sum 2>/dev/null <"$kn_path") || kn_sum=none
    say "$kn_path ${kn_sum%% *}"
  done <"$ETC/keys.d/$1"
}

# Whether there is no such file, or one of root's with up to 16 paths.
keys_fine() { # NAME
  [ -e "$ETC/keys.d/$1" ] || return 0
  root_owned "$ETC/keys.d/$1" &&
    awk '!/^\/[A-Za-z0-9\/._@+-]+$/ || length > 200 || NR > 16 { bad = 1 } END { exit bad || NR == 0 }' \
      "$ETC/keys.d/$1"
}

keys_keep() { # NAME
  if [ ! -e "$ETC/keys.d/$1" ] || [ -e "$JOB/keys.$1" ]; then return 0; fi
  STEP_CODE=E_POLICY
  keys_fine "$1" && keys_now "$1" >"$JOB/keys.$1"
}

# `PATH:BEFORE:AFTER` of each, with commas between; 1 where one is missing or as it was.
keys_made() { # NAME
  [ -e "$JOB/keys.$1" ] || return 0
  keys_now "$1" | awk 'NR == FNR { was[$1] = $2; next }
    { out = out sep $1 ":" was[$1] ":" $2; sep = "," }
    $2 == "none" || $2 == was[$1] { old = 1 }
    END { print out; exit old }' "$JOB/keys.$1" -
}

hook_keys() { # NAME
  hk_keys=$(keys_made "$1") && return 0
  STEP_CODE=E_STEP
  journal NOTE "hook=$1" "keys=$hk_keys" "note=the hook made no new key"
  return 1
}

# A probe is root's own text in $ETC/probes.d: one thing to look at, how long, how often.
#   service UNIT | tcp HOST PORT | http URL STATUS [text in the body] | hook NAME
#   timeout SECONDS (1–300, default 5)      tries N (1–100, default 3, a second apart)
probe_run() { # NAME
  STEP_CODE=E_PROBE
  pr_file=$ETC/probes.d/$1
  if ! root_owned "$pr_file" || ! probe_read "$pr_file"; then
    STEP_CODE=E_POLICY
    journal NOTE "probe=$1" "note=missing, not root's, writable by others, or not a probe"
    return 1
  fi
  pr_try=0
  while [ "$pr_try" -lt "$PB_TRIES" ]; do
    [ "$pr_try" -eq 0 ] || sleep 1
    pr_try=$((pr_try + 1))
    if probe_once; then
      journal NOTE "probe=$1" "try=$pr_try" "note=passed: $PB_SAW"
      return 0
    fi
  done
  journal NOTE "probe=$1" "try=$pr_try" "note=failed: $PB_SAW"
  # run_limited and hooks write their own code; a probe that fails is a probe that failed.
  STEP_CODE=E_PROBE
  return 1
}

probe_read() { # FILE
  PB_KIND='' PB_A='' PB_B='' PB_TEXT='' PB_TIMEOUT=5 PB_TRIES=3
  while read -r pb_key pb_a pb_b pb_text || [ -n "$pb_key" ]; do
    case $pb_key in
      '' | '#'*) ;;
      service | tcp | http | hook)
        [ -z "$PB_KIND" ] || return 1
        PB_KIND=$pb_key PB_A=$pb_a PB_B=$pb_b PB_TEXT=$pb_text
        ;;
      timeout) is_number "$pb_a" && [ "$pb_a" -ge 1 ] && [ "$pb_a" -le 300 ] || return 1
        PB_TIMEOUT=$pb_a ;;
      tries) is_number "$pb_a" && [ "$pb_a" -ge 1 ] && [ "$pb_a" -le 100 ] || return 1
        PB_TRIES=$pb_a ;;
      *) return 1 ;;
    esac
  done <"$1"
  case $PB_A in '' | -*) return 1 ;; esac
  case $PB_KIND in
    service | hook) case $PB_A in *[!A-Za-z0-9@:._+-]*) return 1 ;; esac ;;
    tcp) case $PB_A in *[!A-Za-z0-9:._-]*) return 1 ;; esac
      is_number "$PB_B" && [ "$PB_B" -ge 1 ] && [ "$PB_B" -le 65535 ] ;;
    http) is_number "$PB_B" || return 1
      case $PB_A in http://?* | https://?*) ;; *) return 1 ;; esac ;;
    *) return 1 ;;
  esac
}

# PB_SAW is what was seen, for the journal.
probe_once() {
  case $PB_KIND in
    service)
      PB_SAW="service $PB_A is active"
      service_is_active "$PB_A" && return 0
      PB_SAW="service $PB_A is not active"
      return 1
      ;;
    hook)
      PB_SAW="hook $PB_A"
      hook_run "$PB_A" "$PB_TIMEOUT"
      ;;
    tcp) probe_tcp ;;
    http) probe_http ;;
  esac
}

# A connection is all that is asked. `nc` may be of three kinds, so only -w is used; curl's own
# code 7 is a refused connection and 28 a time out, anything else means that it connected.
probe_tcp() {
  PB_SAW="no connection to $PB_A port $PB_B"
  if command -v nc >/dev/null; then
    unlocked timeout "$PB_TIMEOUT" nc -z -w "$PB_TIMEOUT" "$PB_A" "$PB_B" </dev/null \
      >/dev/null 2>&1 || return 1
  elif command -v curl >/dev/null; then
    unlocked curl -q -s -o /dev/null --connect-timeout "$PB_TIMEOUT" --max-time "$PB_TIMEOUT" \
      "telnet://$PB_A:$PB_B" </dev/null >/dev/null 2>&1
    case $? in 0 | 28 | 48 | 49 | 52 | 56) ;; *) return 1 ;; esac
  elif command -v bash >/dev/null; then
    # shellcheck disable=SC2016 # bash reads its own arguments; the probe's text is not program text
    unlocked timeout "$PB_TIMEOUT" bash -c 'exec 3<>"/dev/tcp/$0/$1"' "$PB_A" "$PB_B" </dev/null \
      >/dev/null 2>&1 || return 1
  else
    PB_SAW="no tool for a tcp probe: nc, curl or bash"
    return 1
  fi
  PB_SAW="connected to $PB_A port $PB_B"
}

# The first status line counts: a redirect is an answer of its own. Tools in this order: curl, GNU
# wget, bash (plain http only), another wget such as busybox's. None of them: failed, and says so.
probe_http() {
  pb_body=$WORK/probe.body
  pb_status=
  : >"$pb_body"
  pb_wget=no
  if command -v wget >/dev/null; then
    pb_wget=other
    ! wget --version 2>/dev/null </dev/null | grep -q '^GNU' || pb_wget=gnu
  fi
  if command -v curl >/dev/null; then
    pb_status=$(unlocked curl -q -s -g -o "$pb_body" --noproxy '*' --max-time "$PB_TIMEOUT" \
      --max-filesize 1048576 -w '%{http_code}' -- "$PB_A" </dev/null 2>/dev/null)
  elif [ "$pb_wget" = gnu ]; then
    probe_http_wget --no-proxy --max-redirect=0 --content-on-error --tries=1
  elif command -v bash >/dev/null && [ "${PB_A#http://}" != "$PB_A" ]; then
    probe_http_bash
  elif [ "$pb_wget" = other ]; then
    probe_http_wget -Y off
  else
    PB_SAW="no tool for this http probe: curl, wget or bash"
    return 1
  fi
  PB_SAW="$PB_A gave ${pb_status:-no answer}, expected $PB_B"
  [ "$pb_status" = "$PB_B" ] || return 1
  [ -z "$PB_TEXT" ] || grep -qF -- "$PB_TEXT" "$pb_body" || {
    PB_SAW="$PB_A gave $pb_status without the expected text"
    return 1
  }
  PB_SAW="$PB_A gave $pb_status"
}

probe_http_wget() { # options…
  unlocked timeout "$PB_TIMEOUT" wget -q -S "$@" -O "$pb_body" "$PB_A" </dev/null \
    2>"$WORK/probe.head"
  pb_status=$(sed -n 's/^.*HTTP\/[0-9.]* \([0-9][0-9][0-9]\).*$/\1/p' "$WORK/probe.head" |
    head -n 1)
}

# bash is essential on Debian and Ubuntu and opens sockets by itself.
probe_http_bash() {
  pb_rest=${PB_A#http://}
  pb_host=${pb_rest%%/*}
  case $pb_rest in */*) pb_path=/${pb_rest#*/} ;; *) pb_path=/ ;; esac
  case $pb_host in *:*) pb_port=${pb_host##*:} ;; *) pb_port=80 ;; esac
  is_number "$pb_port" || return 0
  # shellcheck disable=SC2016 # bash reads its own arguments
  unlocked timeout "$PB_TIMEOUT" bash -c 'exec 3<>"/dev/tcp/$0/$1" || exit 1
    printf "GET %s HTTP/1.0\r\nHost: %s\r\nConnection: close\r\n\r\n" "$2" "$3" >&3
    head -c 1048576 <&3' "${pb_host%:*}" "$pb_port" "$pb_path" "$pb_host" </dev/null \
    >"$pb_body" 2>/dev/null
  pb_status=$(awk '$1 ~ /^HTTP\// { print $2 } { exit }' "$pb_body")
}

# --- Reboot, verification -----------------------------------------------------------------------

# The boot id is written before the act; whoever finds it changed knows that the reboot happened.
reboot_step() { # STEP
  begin reboot "step=$1" "verb=reboot" || {
    hold_job "$HOLD_CODE" "applied, reboot held: $HOLD_WHY"
    return 2
  }
  read_boot
  journal REBOOTING "step=$1" "boot=$BOOT"
  sync
  if systemd_runs; then rb_command='systemctl reboot'; else rb_command=reboot; fi
  # shellcheck disable=SC2086 # one or two fixed words
  unlocked $rb_command </dev/null >>"$OUTPUT" 2>&1
  rb_exit=$?
  if [ "$rb_exit" -ne 0 ]; then
    STEP_CODE=E_STEP
    journal NOTE "step=$1" "exit=$rb_exit" "note=the reboot command failed"
    return 1
  fi
  # The machine goes down now; the next worker sees the new boot.
  exit 0
}

# 0 verified; otherwise the job has ended another way.
verify() {
  count_rows "$WORK/rows"
  journal VERIFYING "packages=$COUNT"
  if ! packages_just_seen; then
    rows_look
    marks_restore
  fi
  if ! rows_are "$WORK/rows" at; then
    vf_open=$(awk -F '\t' '$10 != "at" { print $1; exit }' "$WORK/rows")
    journal NOTE "step=$vf_open" "note=the package is not at its target any more"
    undo_run "$vf_open" E_STEP
    return 1
  fi
  services_lost >"$WORK/lost"
  [ -s "$WORK/lost" ] || return 0
  vf_lost=$(exec cat "$WORK/lost")
  vf_lost=$(say "$vf_lost" | head -n 5 | tr '\n' ' ')
  journal NOTE "note=ran before and do not run now: $vf_lost"
  undo_run "$(tail -n 1 "$WORK/units" | cut -d ' ' -f 2)" E_SERVICE
  return 1
}
