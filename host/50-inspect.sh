# What the host has and what its sources offer it: `inspect`, and the scan that staging uses too.
# Nothing here changes the machine. Lists are refreshed only into a folder of our own, beside $VAR
# because $VAR is closed to everyone and apt's network methods drop to the user _apt.
#
# dpkg is called by its whole path: a busybox that prefers its own commands has a `dpkg` too.

inspect_main() { # [refresh]
  IN_DIR=$(mktemp -d /tmp/fettle-inspect.XXXXXX) || return 1
  trap 'rm -rf "$IN_DIR"' EXIT
  trap 'exit 1' HUP INT TERM
  packages_whose
  in_how=${1:-cached}
  if [ "$in_how" = refresh ] && [ "$PACKAGES_OF" = dpkg ]; then lists_refresh "$IN_DIR"; fi
  # An awk that is given a file which is not there reads no other.
  set --
  for in_file in host packages out restarts reboot.out runtime sources.out lists.out offers.out notes; do
    : >"$IN_DIR/$in_file"
    set -- "$@" "$IN_DIR/$in_file"
  done
  read -r IN_KERNEL </proc/sys/kernel/osrelease
  if [ "$PACKAGES_OF" = dpkg ]; then inspect_packages "$IN_DIR"; else inspect_others "$IN_DIR" "$in_how"; fi 2>/dev/null
  inspect_host "$IN_DIR/arch" >"$IN_DIR/host" 2>/dev/null
  {
    inspect_services
    if [ "$PACKAGES_OF" = dpkg ]; then
      sources_scan "$IN_DIR" newer "$IN_DIR/installed"
      offers_scan "$IN_DIR" newer "$IN_DIR/installed"
    fi
    [ ! -s "$IN_DIR/refresh.failed" ] ||
      sed 's/^/note refresh: /' "$IN_DIR/refresh.failed" >"$IN_DIR/notes"
    inspect_ways
  } >"$IN_DIR/out" 2>/dev/null
  inspect_processes "$IN_DIR" 2>/dev/null
  IN_REBOOT=-
  read -r IN_REBOOT <"$IN_DIR/reboot"
  [ "$IN_REBOOT" = kernel ] || inspect_reboot "$IN_REBOOT" "$IN_DIR/restarts" >"$IN_DIR/reboot.out"
  printf '@inspect\n'
  awk '
    { bytes = length($0); gsub(/[^\t -~]/, ""); lost += bytes - length($0); print }
    END {
      if (lost) print "note " lost " bytes outside printable ASCII were dropped"
      print "@end"
    }' "$@"
}

# What runs, and who still runs old code.
inspect_processes() { # DIR
  (processes_read) >"$1/rt.proc"
  if inspect_runtime "$1"; then
    read_text "$1/rt.gone"
    stale_told "$TEXT"
  else
    stale_users
  fi >"$1/restarts"
}

# --- The host itself ----------------------------------------------------------------------------

# On whose wall clock it lives. The link is what the C library reads; the file is Debian's own note of
# it. Without both the clock shows UTC; a copy without a name is not guessed at.
inspect_zone() {
  in_zone=''
  if [ -L /etc/localtime ]; then
    in_zone=$(exec readlink /etc/localtime)
    case $in_zone in
      */zoneinfo/*) in_zone=${in_zone##*/zoneinfo/} ;;
      *) in_zone='' ;;
    esac
  elif [ -r /etc/timezone ]; then
    read -r in_zone </etc/timezone || :
  elif [ ! -e /etc/localtime ]; then
    in_zone=UTC
  fi
  say "zone ${in_zone:--}"
}

inspect_host() { # ARCHITECTURE FILE
  in_host=-
  if [ -r "$ETC/identity" ]; then
    while read -r in_word in_value _; do
      [ "$in_word" != host ] || { in_host=$in_value; break; }
    done <"$ETC/identity"
  fi
  printf 'host %s\n' "$in_host"
  in_id='' in_version='' in_codename=''
  while IFS='=' read -r in_word in_value || [ -n "$in_word" ]; do
    in_value=${in_value#\"}
    in_value=${in_value%\"}
    case $in_word in
      ID) in_id=$in_value ;;
      VERSION_ID) in_version=$in_value ;;
      VERSION_CODENAME) in_codename=$in_value ;;
    esac
  done </etc/os-release
  say "os ${in_id:--} ${in_version:--} ${in_codename:--}"
  read -r IN_HOSTNAME </proc/sys/kernel/hostname
  in_arch=''
  [ ! -s "$1" ] || read -r in_arch <"$1"
  printf 'arch %s\nkernel %s\n' "$in_arch" "$IN_KERNEL"
  read_boot
  read_clock
  printf 'boot %s\nuptime %s\nclock %s\n' "$BOOT" "$UPTIME_S" "$NOW_S"
  printf 'hostname %s\n' "$IN_HOSTNAME"
  inspect_zone
  if [ -s /etc/machine-id ]; then
    machine_digest
    printf 'machine %.32s\n' "$MACHINE"
  else
    printf 'machine -\n'
  fi
  inspect_program
  in_virt=''
  ! command -v systemd-detect-virt >/dev/null || in_virt=$(exec systemd-detect-virt 2>/dev/null)
  printf 'virt %s\n' "${in_virt:--}"
}

# What stands where a timer or sshd starts it, which after an update is not what runs here. A host that is
# sent the program each time has none.
inspect_program() {
  in_version='' in_digest=''
  if [ -r "$AGENT_PROGRAM" ]; then
    in_line=0
    while read -r in_word && [ "$in_line" -lt 40 ]; do
      in_line=$((in_line + 1))
      case $in_word in PROGRAM_VERSION=*) in_version=${in_word#*=} && break ;; esac
    done <"$AGENT_PROGRAM"
    in_digest=$(exec sha256sum <"$AGENT_PROGRAM")
  fi
  say "program ${in_version:--}${in_digest:+ ${in_digest%% *}}"
}

# The digest of the machine's id in MACHINE; kept beside the id, where a folder of ours is there already.
machine_digest() {
  md_id='' md_kept='' MACHINE=''
  read -r md_id </etc/machine-id
  [ ! -r "$APT_DIR/machine" ] || read -r md_kept MACHINE <"$APT_DIR/machine"
  if [ "$md_id" != "$md_kept" ] || ! is_digest "$MACHINE"; then
    MACHINE=$(exec sha256sum </etc/machine-id)
    MACHINE=${MACHINE%% *}
    [ ! -w "$APT_DIR" ] || [ "${#md_id}" -ne 32 ] || say "$md_id $MACHINE" >"$APT_DIR/machine"
  fi
}

# name arch version source source-version want status eflag, and name and state as dpkg abbreviates
# them, by tabs; then what more is asked for, in dpkg-query's words. For a pipeline, whose shell it becomes.
packages_list() { # [FIELDS]
  # shellcheck disable=SC2016 # dpkg-query fills these in
  il_format='${Package}\t${Architecture}\t${Version}\t${source:Package}\t${source:Version}\t'
  # shellcheck disable=SC2016
  il_format="$il_format"'${db:Status-Want}\t${db:Status-Status}\t${db:Status-Eflag}\t'
  # shellcheck disable=SC2016
  il_format="$il_format"'${binary:Package}\t${db:Status-Abbrev}'"${1:-}"'\n'
  exec dpkg-query -W -f "$il_format"
}

# The same without packages that were removed.
installed_list() {
  packages_list | awk -F '\t' '$7 != "config-files" && $7 != "not-installed"'
}

# Into DIR: `arch`; `installed`, the rows of installed_list; `packages`, the lines of `inspect`, then
# whether a newer kernel than the running one is installed; and `reboot`, `kernel` when that one wants it.
# The marks are apt's own file: a package that is not in it was asked for by a person.
inspect_packages() { # DIR
  in_marks=/var/lib/apt/extended_states
  [ -r "$in_marks" ] || in_marks=/dev/null
  in_build=''
  for in_file in /proc/version_signature /proc/version; do
    [ -r "$in_file" ] || continue
    read -r in_line <"$in_file"
    in_build="$in_build $in_line"
  done
  # shellcheck disable=SC2016 # dpkg-query fills these in
  in_more='\t${Built-Using},${Static-Built-Using}'
  packages_list "$in_more" | awk -F '\t' -v dir="$1" -v marks="$in_marks" -v running="$IN_KERNEL" \
    -v build="$in_build" "$AWK_VERSIONS"'
    BEGIN {
      while ((getline line < marks) > 0) {
        if (line ~ /^Package: /) name = substr(line, 10)
        else if (line ~ /^Architecture: /) arch = substr(line, 15)
        else if (line == "Auto-Installed: 1") { auto[name, arch] = 1 }
      }
      installed = dir "/installed"; printf "" >installed
    }
    # Sources whose code was built in, one a line: `name (= version)`. A long list may be folded.
    function built(package, text,   count, all, at, of) {
      count = split(text, all, ",")
      for (at = 1; at <= count; at++) {
        if (!match(all[at], /[a-z0-9][a-z0-9+.-]* *\(= *[^ )]+/)) continue
        split(substr(all[at], RSTART, RLENGTH), of, / *\(= */)
        print "built " package "\t" of[1] "\t" of[2] >(dir "/packages")
      }
    }
    NF < 10 { if (is_kept) used[n] = used[n] "," $0; next }
    { more = $11; is_kept = 0; sub(/\t[^\t]*$/, "") }
    $7 == "config-files" || $7 == "not-installed" { next }
    { is_kept = 1; print >installed; rows[++n] = $0; used[n] = more }
    $1 == "dpkg" { print $2 >(dir "/arch"); if ($2 != "all" && native == "") native = $2 }
    $1 !~ /^linux-image-[0-9]/ || $1 ~ /-dbg(sym)?$/ { next }
    newest == "" || dcmp($3, version) > 0 { newest = $1; version = $3 }
    $1 == "linux-image-" running { mine = $3 }
    END {
      for (i = 1; i <= n; i++) {
        split(rows[i], f, "\t")
        state = f[7]
        if (f[6] == "hold") { state = f[7] == "installed" ? "hold" : f[7]; held[++h] = f[1] }
        # apt keeps the mark of an `all` package under the native architecture.
        is = ((f[1], f[2]) in auto) || (f[2] == "all" && (f[1], native) in auto)
        printf "pkg %s\t%s\t%s\t%s\t%s\t%s\t%s\n", f[1], f[2], f[3], f[4], f[5], state, \
          (is ? "auto" : "manual") >(dir "/packages")
        if (length(used[i]) > 1) built(f[1] "\t" f[2] "\t" f[3], used[i])
      }
      for (i = 1; i <= h; i++) print "held " held[i] >(dir "/packages")
      print "kernel-installed " (version == "" ? "-" : version) >(dir "/packages")
      # A kernel that is not from a package here (a container, a custom boot) says nothing.
      is = ""
      if (mine != "" && newest != "linux-image-" running) is = newest
      else if (mine != "" && index(build, mine) == 0) is = newest " " mine
      if (is != "") print "reboot yes kernel " is >(dir "/packages")
      print (is == "" ? "-" : "kernel") >(dir "/reboot")
    }'
}

# Where the kernel does not want a reboot, whoever says it first: a note that packages leave (Debian's, and
# the one that `zypper needs-rebooting` reads), rpm's own times, and the first process, which nobody restarts.
# apk has neither, so there only the first process tells.
inspect_reboot() { # `packages NAME…`|- RESTARTS
  ir_first=$(awk -F '\t' '$2 == 1 { print $3; exit }' "$2")
  if [ -e /run/reboot-required ]; then
    in_names=$(sort -u /run/reboot-required.pkgs 2>/dev/null | tr '\n' ' ' | head -c 280)
    printf 'reboot yes packages %s\n' "$in_names"
  elif [ -e /run/reboot-needed ]; then
    say "reboot yes packages that zypper brought"
  elif [ "$1" != - ]; then
    printf 'reboot yes %.290s\n' "$1"
  elif [ -n "$ir_first" ]; then
    printf 'reboot yes the first process still runs the replaced %.200s\n' "$ir_first"
  elif [ "$PACKAGES_OF" != apk ]; then
    say "reboot no"
  fi
}

# --- Services and who still runs old code -------------------------------------------------------

systemd_runs() {
  [ -d /run/systemd/system ] && command -v systemctl >/dev/null
}

inspect_services() {
  services_list 'service '
}

# Processes that still map a file which was deleted or replaced: `restart NAME\tPID\tFILE`. Only
# processes of this host count: same process namespace and same root directory (a service with
# PrivateTmp has a mount namespace of its own, so that alone would hide most of them).
stale_users() {
  set +f
  su_all=$(exec grep -HsF '(deleted)' /proc/[0-9]*/maps)
  set -f
  [ -n "$su_all" ] || return 0
  stale_told "$(printf '%s\n' "$su_all" | awk '
    {
      pid = substr($0, 7); pid = substr(pid, 1, index(pid, "/") - 1)
      at = index($0, " /"); if (!at || !sub(/ \(deleted\)$/, "")) next
      file = substr($0, at + 1)
      if (file ~ /^\/(dev|proc|sys|run|tmp|var\/tmp|SYSV|memfd:|\[aio\])/) next
      if ($2 !~ /x/ && file !~ /\.so/) next
      if (!((pid, file) in seen)) { seen[pid, file] = 1; print pid "\t" file }
    }')"
}

# The same, given what is mapped and gone: lines of PID and FILE.
stale_told() { # LINES
  su_all=$1
  [ -n "$su_all" ] || return 0
  su_pids=$(printf '%s\n' "$su_all" | cut -f 1 | sort -un)
  su_paths='/. /proc/self/ns/pid'
  for su_pid in $su_pids; do su_paths="$su_paths /proc/$su_pid/root/. /proc/$su_pid/ns/pid"; done
  # shellcheck disable=SC2086 # numbers and fixed paths only
  su_ours=$(stat -L -c '%n %d:%i' $su_paths 2>/dev/null | awk '
    $1 == "/." { root = $2; next } $1 == "/proc/self/ns/pid" { space = $2; next }
    { split($1, p, "/") } p[4] == "root" { r[p[3]] = $2 } p[4] == "ns" { s[p[3]] = $2 }
    END { for (i in r) if (r[i] == root && s[i] == space) print i }')
  [ -n "$su_ours" ] || return 0
  su_names=$(for su_pid in $su_ours; do
    su_name=$(process_name "$su_pid")
    # The connection over which this look is taken ends with it.
    [ "$su_name" != ssh-login ] || ! is_over_us "$su_pid" || continue
    printf '%s\t%s\n' "$su_pid" "$su_name"
  done)
  printf '%s\n\n%s\n' "$su_names" "$su_all" | awk -F '\t' '
    $0 == "" { rows = 1; next } !rows { name[$1] = $2; next }
    $1 in name { print "restart " name[$1] "\t" $1 "\t" $2 }'
}

# Whether we were started by this process, or by one that it started.
is_over_us() { # PID
  PARENT=$$
  io_depth=0
  until [ "$PARENT" = "$1" ]; do
    [ "$PARENT" -gt 1 ] && [ "$io_depth" -lt 64 ] || return 1
    read_parent "$PARENT"
    io_depth=$((io_depth + 1))
  done
}

# In PARENT; 0 when the process is gone or has none.
read_parent() { # PID
  PARENT=0
  [ -r "/proc/$1/status" ] || return 0
  while read -r rp_word rp_value _; do
    [ "$rp_word" != PPid: ] || { PARENT=$rp_value; break; }
  done 2>/dev/null <"/proc/$1/status"
}

# The unit a process belongs to: systemd's control group, else the init script whose pid file names
# it or one of its parents, else the name of the program. A connection of sshd is `ssh-login` wherever
# it stands: it lives as long as somebody is logged in, this look over the job's own line included, and
# the next one gets the program anew. The daemon itself calls itself `[listener]`.
process_name() { # PID
  pn_title=$(head -c 200 "/proc/$1/cmdline" 2>/dev/null | tr '\0' ' ')
  case $pn_title in
    *'[listener]'*) ;;
    'sshd: '* | 'sshd-session: '*) printf 'ssh-login'; return 0 ;;
  esac
  pn_unit=$(sed -n 's/^.*\/\([^/]*\.service\)$/\1/p' "/proc/$1/cgroup" 2>/dev/null | head -n 1)
  if systemd_runs && [ -n "$pn_unit" ]; then printf '%s' "$pn_unit"; return 0; fi
  pn_pid=$1
  pn_depth=0
  while [ "$pn_pid" -gt 1 ] && [ "$pn_depth" -lt 16 ]; do
    pn_name=$(pid_file_service "$pn_pid")
    [ -z "$pn_name" ] || { printf '%s' "$pn_name"; return 0; }
    read_parent "$pn_pid"
    pn_pid=$PARENT
    pn_depth=$((pn_depth + 1))
  done
  tr -cd ' -~' <"/proc/$1/comm" 2>/dev/null
}

pid_file_service() { # PID
  set +f
  pf_file=$(grep -lsx -- "$1" /run/*.pid /run/*/*.pid | head -n 1)
  set -f
  pf_name=${pf_file##*/}
  pf_name=${pf_name%.pid}
  [ -n "$pf_name" ] && [ -x "/etc/init.d/$pf_name" ] && printf '%s' "$pf_name"
}
