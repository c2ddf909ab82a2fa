# Which services there are and how they do: `inspect`, `resolve`, the snapshot and the last look all
# ask here. systemd is asked once for all units. An init script is a program of seven processes or so,
# so it is asked only where its pid file cannot tell.

# unit, active|inactive|failed, main pid or 0; each line with what the caller wants before it.
services_list() { # [BEFORE]
  if systemd_runs; then
    services_of_systemd "${1:-}"
  else
    services_of_scripts "${1:-}"
  fi
}

services_of_systemd() { # BEFORE
  systemctl show --no-pager -p Id -p ActiveState -p MainPID '*.service' </dev/null |
    awk -F= -v before="$1" '
    $1 == "Id" { id = $2 } $1 == "ActiveState" { state = $2 } $1 == "MainPID" { pid = $2 }
    function out() {
      if (id == "") return
      if (state != "active" && state != "failed") state = "inactive"
      print before id, state, pid + 0; id = ""
    }
    $0 == "" { out() } END { out() }'
}

# A process that its script's pid file names, and that began before the file was written, is the
# service, as systemd would say of its main process: nobody else had that number then. A script that
# only looks into a pid file which is not there, or that always says yes, need not be started to say
# so. Every other script answers as `service --status-all` asks them: 0 is running, 1 and 2 are dead
# with a trace left, 3 is stopped (LSB core, §22.2); a script that knows no `status` is left out.
services_of_scripts() { # BEFORE
  scripts_unchanged || scripts_read
  sv_scripts=$SV_SCRIPTS
  sv_files=
  while read -r sv_name sv_file _; do
    service_pid "$sv_name" "$sv_file"
    [ "$SP_PID" = 0 ] || sv_files="$sv_files $SP_FILE"
  done <<SCRIPTS
$sv_scripts
SCRIPTS
  pid_files_times
  read_clock
  while read -r sv_name sv_file sv_how; do
    [ -n "$sv_name" ] || continue
    service_pid "$sv_name" "$sv_file"
    if [ "$SP_PID" != 0 ] && pid_file_tells "$PID_TIMES"; then
      sv_state=active
    elif [ "$sv_how" = looks ] && [ ! -e "$sv_file" ] && [ ! -h "$sv_file" ]; then
      sv_state=inactive
    elif [ "$sv_how" = yes ]; then
      sv_state=active
    else
      service_asked "$sv_name" || continue
    fi
    say "$1$sv_name $sv_state $SP_PID"
  done <<SCRIPTS
$sv_scripts
SCRIPTS
}

# When each of sv_files was written, in PID_TIMES. A worker asks again only for other files, or when one of
# them, or the folder of any, is newer than the mark of its last asking.
PID_TIMES=''
pid_files_times() {
  if is_worker && [ "$sv_files" = "${PID_FILES:-}" ] && [ -e "$WORK/pids.read" ]; then
    pt_same=yes
    for pt_file in $sv_files; do
      # shellcheck disable=SC3013 # as in scripts_unchanged
      [ "$pt_file" -nt "$WORK/pids.read" ] || [ "${pt_file%/*}" -nt "$WORK/pids.read" ] || continue
      pt_same=no
      break
    done
    [ "$pt_same" = no ] || return 0
  fi
  PID_FILES=$sv_files PID_TIMES=''
  ! is_worker || : >"$WORK/pids.read"
  # shellcheck disable=SC2086 # a path with a space in it is not found, and its script is asked
  [ -z "$sv_files" ] || PID_TIMES=$(exec stat -c '%n %Y' $sv_files 2>/dev/null)
}

# SV_SCRIPTS, what init_scripts says, and in a worker a mark of when that was. The worker, and the look that
# follows its job at once (look_after), read them again only when a script, a default or one of the two
# folders is newer than the mark: who replaces a file changes its folder.
SV_SCRIPTS=''
scripts_read() {
  ! is_worker || : >"$WORK/scripts.read"
  SV_SCRIPTS=$(init_scripts)
  ! is_worker || put_text "$WORK/scripts" "$SV_SCRIPTS${NEWLINE}end" || : >"$WORK/scripts"
}

# What the worker read, whole.
scripts_inherit() {
  [ -z "$SV_SCRIPTS" ] && [ "${LOOK_AFTER:-no}" = yes ] && read_text "$WORK/scripts" || return 0
  case $TEXT in *"${NEWLINE}end") SV_SCRIPTS=${TEXT%"${NEWLINE}end"} ;; esac
}

scripts_unchanged() {
  scripts_inherit
  [ -n "$SV_SCRIPTS" ] && [ -e "$WORK/scripts.read" ] || return 1
  set +f
  for su_file in /etc/init.d /etc/default /etc/init.d/* /etc/default/*; do
    # shellcheck disable=SC3013 # POSIX.1-2024 has -nt, and so have dash, bash and busybox
    [ ! "$su_file" -nt "$WORK/scripts.read" ] || { set -f; return 1; }
  done
  set -f
}

# The init scripts that know `status`, each with the pid file that it names, or `-`, and how it comes
# to its answer: `NAME FILE HOW`.
#   looks  its one question is `status_of_proc -p FILE`, which is 3 without that file (Debian's
#          init-functions), and no file in /etc/default speaks of a pid file
#   yes    the branch is empty and nothing but `exit 0` follows, or it is `do_status() { return 0; }`
#   asks   anything else
init_scripts() {
  set +f
  set -- /etc/init.d/*
  set -f
  for is_script; do
    shift
    # A name with a space in it is none that a package would give.
    case $is_script in *' '*) continue ;; esac
    [ -f "$is_script" ] && [ -r "$is_script" ] && [ -x "$is_script" ] || continue
    is_default=/etc/default/${is_script##*/}
    [ ! -r "$is_default" ] || [ ! -f "$is_default" ] || set -- "$@" "$is_default"
    set -- "$@" "$is_script"
  done
  awk '
    FNR == 1 { out(); begin() }
    FILENAME ~ /^\/etc\/default\// { if (toupper($0) ~ /PID/) other[name] = 1; next }
    /(^|[^a-z])status([^a-z]|$)/ { knows = 1 }
    file == "-" && /^# *pidfile: */ { file = $0; sub(/^# *pidfile: */, "", file) }
    file == "-" && /^PIDFILE=\/[A-Za-z0-9_.\/-]*$/ { file = substr($0, 9) }
    /^[A-Z_]+=\/[A-Za-z0-9_.\/-]*$/ {
      i = index($0, "="); v = substr($0, 1, i - 1)
      if (v in is) twice[v] = 1
      is[v] = substr($0, i + 1)
    }
    /status_of_proc|pidofproc/ { asked++; call = $0 }
    /^#!.*init-d-script|\. \/lib\/init\/init-d-script/ { lib = 1 }
    lib && /^do_status\(\) \{ return 0; \}$/ { yes = 1 }
    /^case / { in_case++ }
    !in_case && /exit +[^0 ]/ { early = 1 }
    empty == 1 { empty = /^[ \t]*;;[ \t]*$/ ? 2 : 0 }
    /^[ \t]*[a-z|-]*status[a-z|-]*\)[ \t]*$/ { if (!empty) empty = 1 }
    ended && !/^[ \t]*(#.*)?$/ { tail = tail $0 ";" }
    /^esac/ { ended++ }
    function begin() {
      name = FILENAME; sub(/.*\//, "", name)
      knows = asked = yes = lib = empty = ended = in_case = early = 0; file = "-"; tail = call = ""
      split("", is); split("", twice)
    }
    function looked(   w) {
      if (!sub(/^.*status_of_proc +-p +"?/, "", call)) return ""
      w = call; sub(/[" ].*$/, "", w)
      if (w ~ /^\$\{?[A-Z_]+\}?$/) { gsub(/[${}]/, "", w); w = (w in is) && !(w in twice) ? is[w] : "" }
      return w ~ /^\/[A-Za-z0-9_.\/-]+$/ ? w : ""
    }
    function out(   how, w) {
      if (!knows) return
      how = "asks"
      if (yes || (empty == 2 && in_case == 1 && ended == 1 && !early && tail == "exit 0;" && !asked))
        how = "yes"
      else if (asked == 1 && !(name in other) && (w = looked()) != "") { how = "looks"; file = w }
      print name, file, how
    }
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
