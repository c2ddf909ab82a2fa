# Which services there are and how they do: `inspect`, `resolve`, the snapshot and the last look all
# ask here. systemd is asked once for all units. An init script is a program of seven processes or so,
# so it is asked only where its pid file cannot tell.

# unit, active|inactive|failed, main pid or 0.
services_list() {
  if systemd_runs; then
    services_of_systemd
  else
    services_of_scripts
  fi
}

services_of_systemd() {
  systemctl show --no-pager -p Id -p ActiveState -p MainPID '*.service' </dev/null | awk -F= '
    $1 == "Id" { id = $2 } $1 == "ActiveState" { state = $2 } $1 == "MainPID" { pid = $2 }
    function out() {
      if (id == "") return
      if (state != "active" && state != "failed") state = "inactive"
      print id, state, pid + 0; id = ""
    }
    $0 == "" { out() } END { out() }'
}

# A process that its script's pid file names, and that began before the file was written, is the
# service, as systemd would say of its main process: nobody else had that number then. Every other
# script answers as `service --status-all` asks them: 0 is running, 1 and 2 are dead with a trace
# left, 3 is stopped (LSB core, §22.2); a script that knows no `status` is left out.
services_of_scripts() {
  sv_scripts=$(init_scripts)
  sv_files=
  while read -r sv_name sv_file; do
    service_pid "$sv_name" "$sv_file"
    [ "$SP_PID" = 0 ] || sv_files="$sv_files $SP_FILE"
  done <<SCRIPTS
$sv_scripts
SCRIPTS
  # shellcheck disable=SC2086 # a path with a space in it is not found, and its script is asked
  [ -z "$sv_files" ] || sv_files=$(stat -c '%n %Y' $sv_files 2>/dev/null)
  read_clock
  while read -r sv_name sv_file; do
    [ -n "$sv_name" ] || continue
    service_pid "$sv_name" "$sv_file"
    if [ "$SP_PID" != 0 ] && pid_file_tells "$sv_files"; then
      sv_state=active
    else
      service_asked "$sv_name" || continue
    fi
    say "$sv_name $sv_state $SP_PID"
  done <<SCRIPTS
$sv_scripts
SCRIPTS
}

# The init scripts that know `status`, each with the pid file that it names: `NAME FILE` or `NAME -`.
init_scripts() {
  set +f
  set -- /etc/init.d/*
  set -f
  for is_script; do
    shift
    # A name with a space in it is none that a package would give.
    case $is_script in *' '*) continue ;; esac
    [ -f "$is_script" ] && [ -r "$is_script" ] && [ -x "$is_script" ] || continue
    set -- "$@" "$is_script"
  done
  awk '
    FNR == 1 { out(); name = FILENAME; sub(/.*\//, "", name); knows = 0; file = "-" }
    /(^|[^a-z])status([^a-z]|$)/ { knows = 1 }
    file == "-" && /^# *pidfile: */ { file = $0; sub(/^# *pidfile: */, "", file) }
    file == "-" && /^PIDFILE=\/[A-Za-z0-9_.\/-]*$/ { file = substr($0, 9) }
    function out() { if (knows) print name, file }
    END { out() }' "$@" </dev/null
}

# The pid file that the script names, or the usual one: SP_PID, 0 when nobody alive is in it, and
# SP_FILE.
service_pid() { # NAME FILE|-
  for SP_FILE in "$2" "/run/$1.pid" "/run/$1/$1.pid"; do
    case $SP_FILE in /*) ;; *) continue ;; esac
    if [ ! -r "$SP_FILE" ] || [ ! -f "$SP_FILE" ]; then continue; fi
    SP_PID=
    read -r SP_PID _ <"$SP_FILE"
    is_number "$SP_PID" && [ -d "/proc/$SP_PID" ] && return 0
  done
  SP_PID=0 SP_FILE=
}

# Whether the process of SP_PID is older than SP_FILE. Seconds of the file and hundredths of the
# process (proc(5), in clock ticks) meet with two seconds to spare; where the clock was set in between,
# or the uptime is not that of the kernel, they do not meet and the script is asked.
pid_file_tells() { # `FILE TIME` lines
  pt_time=${1#*"$SP_FILE "}
  pt_time=${pt_time%%"$NEWLINE"*}
  read_start "$SP_PID"
  is_number "$pt_time" && is_number "$START" && [ "$PROCESS_STATE" != Z ] &&
    [ $((NOW_S - (UPTIME_CS - START) / 100)) -le $((pt_time + 2)) ]
}

# What the script itself says, as sv_state; 1 when that is no state.
service_asked() { # NAME
  sv_out=$(exec 9>&- && exec timeout -k 2 10 "/etc/init.d/$1" status 2>&1 </dev/null)
  sv_code=$?
  case $sv_out in *[Uu]sage:*) return 1 ;; esac
  case $sv_code in
    0) sv_state=active ;;
    1 | 2) sv_state=failed ;;
    3) sv_state=inactive ;;
    *) return 1 ;;
  esac
}

init_script() { # NAME VERB
  unlocked timeout -k 2 10 "/etc/init.d/$1" "$2" </dev/null
}
