# What the host has and what its sources offer it: `inspect`, and the scan that staging uses too.
# Nothing here changes the machine. Lists are refreshed only into a folder of our own, beside $VAR
# because $VAR is closed to everyone and apt's network methods drop to the user _apt.
#
# dpkg is called by its whole path: a busybox that prefers its own commands has a `dpkg` too.
# One dpkg-query, one `apt-get indextargets` and one awk over the index files that apt has already
# verified: asking apt-cache for each package took five times as long.

APT_DIR=${VAR}-apt
APT_HELPER=/usr/lib/apt/apt-helper
REFRESH_LIMIT_S=300
# Sources must have been read from the server within this time when they sign no Valid-Until.
LISTS_AGE_MAX_S=604800

# Debian Policy §5.6.12: dcmp(a, b) is -1, 0 or 1. Tested against `dpkg --compare-versions`.
# shellcheck disable=SC2016
AWK_VERSIONS='
function order(c) {
  if (c == "" || c ~ /[0-9]/) return 0
  if (c == "~") return -1
  if (c ~ /[A-Za-z]/) return index(ORDER, c)
  return index(ORDER, c) + 256
}
function part(a, b,   x, y, c, d) {
  while (a != "" || b != "") {
    while ((a != "" && a !~ /^[0-9]/) || (b != "" && b !~ /^[0-9]/)) {
      c = order(substr(a, 1, 1)); d = order(substr(b, 1, 1))
      if (c != d) return c < d ? -1 : 1
      a = substr(a, 2); b = substr(b, 2)
    }
    match(a, /^[0-9]*/); x = substr(a, 1, RLENGTH); a = substr(a, RLENGTH + 1)
    match(b, /^[0-9]*/); y = substr(b, 1, RLENGTH); b = substr(b, RLENGTH + 1)
    sub(/^0+/, "", x); sub(/^0+/, "", y)
    if (length(x) != length(y)) return length(x) < length(y) ? -1 : 1
    if ((x "") != (y "")) return (x "") < (y "") ? -1 : 1
  }
  return 0
}
function dcmp(a, b,   e, f, i, r, s) {
  if ((a "") == (b "")) return 0
  i = index(a, ":"); e = i ? substr(a, 1, i - 1) : "0"; if (i) a = substr(a, i + 1)
  i = index(b, ":"); f = i ? substr(b, 1, i - 1) : "0"; if (i) b = substr(b, i + 1)
  i = part(e, f); if (i) return i
  r = s = ""
  if (match(a, /-[^-]*$/)) { r = substr(a, RSTART + 1); a = substr(a, 1, RSTART - 1) }
  if (match(b, /-[^-]*$/)) { s = substr(b, RSTART + 1); b = substr(b, 1, RSTART - 1) }
  i = part(a, b)
  return i ? i : part(r, s)
}
BEGIN {
  ORDER = "+-.0123456789:ABCDEFGHIJKLMNOPQRSTUVWXYZ^_abcdefghijklmnopqrstuvwxyz~"
}'

inspect_main() { # [refresh]
  IN_DIR=$(mktemp -d /tmp/fettle-inspect.XXXXXX) || return 1
  trap 'rm -rf "$IN_DIR"' EXIT
  trap 'exit 1' HUP INT TERM
  if [ "${1:-}" = refresh ]; then lists_refresh "$IN_DIR"; fi
  {
    inspect_host
    installed_list >"$IN_DIR/installed"
    inspect_packages "$IN_DIR/installed"
    inspect_reboot "$IN_DIR/installed"
    inspect_services
    stale_users
    lists_choose
    sources_scan "$IN_DIR"
    cat "$IN_DIR/sources.out" "$IN_DIR/lists.out"
    offers_scan "$IN_DIR" newer "$IN_DIR/installed" | cut -f 1-10 | sed 's/^/offer /'
    [ ! -s "$IN_DIR/refresh.failed" ] || sed 's/^/note refresh: /' "$IN_DIR/refresh.failed"
  } >"$IN_DIR/out" 2>/dev/null
  printf '@inspect\n'
  LC_ALL=C tr -cd '\n\t -~' <"$IN_DIR/out" >"$IN_DIR/clean"
  cat "$IN_DIR/clean"
  in_lost=$(($(wc -c <"$IN_DIR/out") - $(wc -c <"$IN_DIR/clean")))
  [ "$in_lost" -eq 0 ] || printf 'note %s bytes outside printable ASCII were dropped\n' "$in_lost"
  printf '@end\n'
}

# --- The host itself ----------------------------------------------------------------------------

inspect_host() {
  if [ -r "$ETC/identity" ]; then
    awk '$1 == "host" { print "host " $2; exit }' "$ETC/identity"
  else
    printf 'host -\n'
  fi
  awk -F= '
    { gsub(/^"|"$/, "", $2); v[$1] = $2 }
    function f(k) { return v[k] == "" ? "-" : v[k] }
    END { print "os " f("ID") " " f("VERSION_ID") " " f("VERSION_CODENAME") }' /etc/os-release
  printf 'arch %s\nkernel %s\n' "$(/usr/bin/dpkg --print-architecture)" "$(uname -r)"
  printf 'boot %s\nuptime %s\nclock %s\n' "$(boot_id_hex)" "$(uptime_s)" "$(now_s)"
  printf 'hostname %s\n' "$(uname -n)"
  if [ -s /etc/machine-id ]; then
    printf 'machine %s\n' "$(sha256sum </etc/machine-id | head -c 32)"
  else
    printf 'machine -\n'
  fi
  in_virt=$(systemd-detect-virt 2>/dev/null)
  printf 'virt %s\n' "${in_virt:--}"
}

# name arch version source source-version want status eflag, by tabs; removed packages are left out.
installed_list() {
  # shellcheck disable=SC2016 # dpkg-query fills these in
  il_format='${Package}\t${Architecture}\t${Version}\t${source:Package}\t${source:Version}\t'
  # shellcheck disable=SC2016
  il_format="$il_format"'${db:Status-Want}\t${db:Status-Status}\t${db:Status-Eflag}\n'
  dpkg-query -W -f "$il_format" |
    awk -F '\t' '$7 != "config-files" && $7 != "not-installed"'
}

# The marks are apt's own file: a package that is not in it was asked for by a person.
inspect_packages() { # INSTALLED
  in_marks=/var/lib/apt/extended_states
  [ -r "$in_marks" ] || in_marks=/dev/null
  awk -F '\t' -v marks="$in_marks" '
    BEGIN {
      while ((getline line < marks) > 0) {
        if (line ~ /^Package: /) name = substr(line, 10)
        else if (line ~ /^Architecture: /) arch = substr(line, 15)
        else if (line == "Auto-Installed: 1") { auto[name, arch] = 1 }
      }
    }
    $2 != "all" && native == "" && $1 == "dpkg" { native = $2 }
    { rows[++n] = $0 }
    END {
      for (i = 1; i <= n; i++) {
        split(rows[i], f, "\t")
        state = f[7]
        if (f[6] == "hold") { state = f[7] == "installed" ? "hold" : f[7]; held[++h] = f[1] }
        # apt keeps the mark of an `all` package under the native architecture.
        is = ((f[1], f[2]) in auto) || (f[2] == "all" && (f[1], native) in auto)
        printf "pkg %s\t%s\t%s\t%s\t%s\t%s\t%s\n", f[1], f[2], f[3], f[4], f[5], state, \
          is ? "auto" : "manual"
      }
      for (i = 1; i <= h; i++) print "held " held[i]
    }' "$1"
}

# A newer kernel than the running one is installed, or a package asked for a reboot.
inspect_reboot() { # INSTALLED
  in_running=$(uname -r)
  in_build=$(cat /proc/version_signature /proc/version 2>/dev/null)
  awk -F '\t' -v running="$in_running" -v build="$in_build" "$AWK_VERSIONS"'
    $1 !~ /^linux-image-[0-9]/ || $1 ~ /-dbg(sym)?$/ { next }
    newest == "" || dcmp($3, version) > 0 { newest = $1; version = $3 }
    $1 == "linux-image-" running { mine = $3 }
    END {
      print "kernel-installed " (version == "" ? "-" : version)
      # A kernel that is not from a package here (a container, a custom boot) says nothing.
      if (mine == "") exit
      if (newest != "linux-image-" running) print "reboot yes kernel " newest
      else if (index(build, mine) == 0) print "reboot yes kernel " newest " " mine
    }' "$1" >"$IN_DIR/kernel"
  if [ -e /run/reboot-required ] && ! grep -q '^reboot yes' "$IN_DIR/kernel"; then
    in_names=$(sort -u /run/reboot-required.pkgs 2>/dev/null | tr '\n' ' ' | head -c 400)
    printf 'reboot yes packages %s\n' "$in_names" >>"$IN_DIR/kernel"
  fi
  grep -q '^reboot' "$IN_DIR/kernel" || printf 'reboot no\n' >>"$IN_DIR/kernel"
  cat "$IN_DIR/kernel"
}

# --- Services and who still runs old code -------------------------------------------------------

systemd_runs() {
  [ -d /run/systemd/system ] && command -v systemctl >/dev/null
}

inspect_services() {
  services_list | sed 's/^/service /'
}

# unit, active|inactive|failed, main pid or 0. Init scripts answer as `service --status-all` asks
# them: 0 is running, 1 and 2 are dead with a trace left, 3 is stopped (LSB core, §22.2); a script
# that knows no `status` is left out.
services_list() {
  if systemd_runs; then
    systemctl show --no-pager -p Id -p ActiveState -p MainPID '*.service' </dev/null | awk -F= '
      $1 == "Id" { id = $2 } $1 == "ActiveState" { state = $2 } $1 == "MainPID" { pid = $2 }
      function out() {
        if (id == "") return
        if (state != "active" && state != "failed") state = "inactive"
        print id, state, pid + 0; id = ""
      }
      $0 == "" { out() } END { out() }'
    return 0
  fi
  set +f
  for sv_script in /etc/init.d/*; do
    sv_name=${sv_script##*/}
    if [ ! -f "$sv_script" ] || [ ! -x "$sv_script" ]; then continue; fi
    grep -Eq '(^|[^a-z])status([^a-z]|$)' "$sv_script" || continue
    sv_out=$(init_script "$sv_name" status 2>&1)
    sv_code=$?
    case $sv_out in *[Uu]sage:*) continue ;; esac
    case $sv_code in
      0) sv_state=active ;;
      1 | 2) sv_state=failed ;;
      3) sv_state=inactive ;;
      *) continue ;;
    esac
    printf '%s %s %s\n' "$sv_name" "$sv_state" "$(service_pid "$sv_name")"
  done
  set -f
}

init_script() { # NAME VERB
  unlocked timeout -k 2 10 "/etc/init.d/$1" "$2" </dev/null
}

service_pid() { # NAME: the pid file that the script names, or the usual one; 0 when not alive
  sp_file=$(sed -n 's/^# *pidfile: *//p; s/^PIDFILE=\(\/[A-Za-z0-9_./-]*\)$/\1/p' "/etc/init.d/$1" |
    head -n 1)
  for sp_try in "$sp_file" "/run/$1.pid" "/run/$1/$1.pid"; do
    if [ -z "$sp_try" ] || [ ! -r "$sp_try" ]; then continue; fi
    sp_pid=$(head -c 20 "$sp_try" | tr -cd 0-9)
    [ -n "$sp_pid" ] && [ -d "/proc/$sp_pid" ] && printf '%s' "$sp_pid" && return 0
  done
  printf 0
}

# Processes that still map a file which was deleted or replaced: `restart NAME\tPID\tFILE`. Only
# processes of this host count: same process namespace and same root directory (a service with
# PrivateTmp has a mount namespace of its own, so that alone would hide most of them).
stale_users() {
  set +f
  su_all=$(grep -HsF '(deleted)' /proc/[0-9]*/maps | awk '
    {
      pid = substr($0, 7); pid = substr(pid, 1, index(pid, "/") - 1)
      at = index($0, " /"); if (!at || !sub(/ \(deleted\)$/, "")) next
      file = substr($0, at + 1)
      if (file ~ /^\/(dev|proc|sys|run|tmp|var\/tmp|SYSV|memfd:|\[aio\])/) next
      if ($2 !~ /x/ && file !~ /\.so/) next
      if (!((pid, file) in seen)) { seen[pid, file] = 1; print pid "\t" file }
    }')
  set -f
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
    printf '%s\t%s\n' "$su_pid" "$(process_name "$su_pid")"
  done)
  printf '%s\n\n%s\n' "$su_names" "$su_all" | awk -F '\t' '
    $0 == "" { rows = 1; next } !rows { name[$1] = $2; next }
    $1 in name { print "restart " name[$1] "\t" $1 "\t" $2 }'
}

# The unit a process belongs to: systemd's control group, else the init script whose pid file names
# it or one of its parents, else the name of the program.
process_name() { # PID
  pn_unit=$(sed -n 's/^.*\/\([^/]*\.service\)$/\1/p' "/proc/$1/cgroup" 2>/dev/null | head -n 1)
  if systemd_runs && [ -n "$pn_unit" ]; then printf '%s' "$pn_unit"; return 0; fi
  pn_pid=$1
  pn_depth=0
  while [ "$pn_pid" -gt 1 ] && [ "$pn_depth" -lt 16 ]; do
    pn_name=$(pid_file_service "$pn_pid")
    [ -z "$pn_name" ] || { printf '%s' "$pn_name"; return 0; }
    pn_pid=$(awk '$1 == "PPid:" { print $2 }' "/proc/$pn_pid/status" 2>/dev/null)
    pn_pid=${pn_pid:-0}
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

# --- Sources ------------------------------------------------------------------------------------

# apt's own settings may allow what Fettle does not; they are overruled in every run of ours.
APT_STRICT='-o APT::Get::AllowUnauthenticated=false -o Acquire::AllowInsecureRepositories=false
-o Acquire::AllowDowngradeToInsecureRepositories=false -o Acquire::AllowWeakRepositories=false'

# Our own lists when they were refreshed after the machine's, else the machine's.
lists_choose() {
  LISTS=$(apt-config shell L Dir::State::lists/d 2>/dev/null | sed -n "s/^L='\(.*[^/]\)\/*'$/\1/p")
  LISTS=${LISTS:-/var/lib/apt/lists}
  # A check that found nothing new leaves only the folders' times behind.
  LISTS_READ_AT=$(stat -c %Y "$LISTS/partial" "$LISTS" /var/lib/apt/periodic/update-success-stamp \
    2>/dev/null | sort -n | tail -n 1)
  LISTS_READ_AT=${LISTS_READ_AT:-0}
  APT_O=$APT_STRICT
  # Images for containers switch the cache off, and each run then costs half a second more.
  [ -n "$(apt-config shell C Dir::Cache::pkgcache 2>/dev/null | tr -d "C='\n")" ] ||
    APT_O="$APT_O -o Dir::Cache::pkgcache=$APT_DIR/machine.bin"
  [ -r "$APT_DIR/refreshed" ] || return 0
  ls_at=$(head -c 15 "$APT_DIR/refreshed" | tr -cd 0-9)
  [ "${ls_at:-0}" -ge "$LISTS_READ_AT" ] || return 0
  LISTS=$APT_DIR/lists
  LISTS_READ_AT=$ls_at
  APT_O="$APT_STRICT $(lists_private)"
}

lists_private() {
  printf '%s ' -o "Dir::State::lists=$APT_DIR/lists" \
    -o "Dir::Cache::pkgcache=$APT_DIR/pkgcache.bin" -o Dir::Cache::srcpkgcache=
}

# Reads the sources' indexes into our own folder with apt's own methods, keys and sandbox. The
# machine's update hooks are for its own lists, so they are cleared here.
lists_refresh() { # WORK_DIR
  mkdir -p "$APT_DIR/lists/partial"
  chmod 0755 "$APT_DIR" "$APT_DIR/lists"
  printf '#clear APT::Update::%s;\n' Pre-Invoke Post-Invoke Post-Invoke-Success >"$1/apt.conf"
  # shellcheck disable=SC2046,SC2086 # fixed options only
  if unlocked timeout -k 5 "$REFRESH_LIMIT_S" apt-get -q -c "$1/apt.conf" $APT_STRICT \
    $(lists_private) -o APT::Update::Error-Mode=any update </dev/null >"$1/refresh.log" 2>&1; then
    now_s >"$1/refreshed" && cp "$1/refreshed" "$APT_DIR/refreshed"
    return 0
  fi
  grep -E '^(E|W):' "$1/refresh.log" | head -n 5 | cut -c 1-300 >"$1/refresh.failed"
  [ -s "$1/refresh.failed" ] || printf 'apt-get update did not end well\n' >"$1/refresh.failed"
  return 1
}

# Reads what apt knows of its sources into DIR: `targets` (index files, by tabs), `sources.out`
# and `lists.out` (the lines of `inspect`), `unsigned` (sources that prove nothing).
sources_scan() { # DIR
  # shellcheck disable=SC2086 # fixed options only
  apt-get $APT_O indextargets 'Created-By: Packages' </dev/null 2>/dev/null >"$1/indextargets"
  awk '
    function out() {
      if (v["Filename"] == "") return
      printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", v["Filename"], first(v["Label"], v["Origin"]),
        first(v["Release"], v["Codename"]), first(v["Component"], ""), v["Repo-URI"], v["Trusted"],
        v["Sourcesentry"], first(v["Site"], "")
      split("", v)
    }
    # Not `or`: gawk and busybox know a function of that name.
    function first(a, b) { return a != "" ? a : b != "" ? b : "-" }
    $0 == "" { out(); next }
    { i = index($0, ": "); v[substr($0, 1, i - 1)] = substr($0, i + 2) }
    END { out() }' "$1/indextargets" >"$1/targets"
  # shellcheck disable=SC2086 # fixed options only
  apt-get $APT_O update --print-uris </dev/null 2>/dev/null >"$1/uris"
  sources_trusting >"$1/trusting"
  releases_read "$1/uris" >"$1/releases"
  sources_judge "$1" >"$1/sources.out"
  lists_judge "$1" >"$1/lists.out"
}

# Entries that switch verification off, as FILE:ENTRY in apt's own count (lines in .list files,
# stanzas in .sources files).
sources_trusting() {
  set +f
  set -- /etc/apt/sources.list /etc/apt/sources.list.d/*.list /etc/apt/sources.list.d/*.sources
  set -f
  # mawk stops at the first file that is missing.
  for so_file; do
    shift
    [ ! -r "$so_file" ] || set -- "$@" "$so_file"
  done
  awk '
    BEGIN {
      names = "(trusted|allow-insecure|allow-weak|allow-downgrade-to-insecure)"
      yes = "(yes|true|1|on|with)"
    }
    FNR == 1 { stanza = 1; used = 0 }
    FILENAME ~ /\.list$/ {
      if ($0 ~ /^[ \t]*deb[ \t]+\[/ && bad($0)) print FILENAME ":" FNR
      next
    }
    /^[ \t]*$/ { if (used) { stanza++; used = 0 } next }
    /^#/ { next }
    { used = 1 }
    tolower($0) ~ ("^" names ":[ \t]*" yes) { print FILENAME ":" stanza }
    function bad(line) { return line ~ ("\\[[^]]*" names "=" yes) }' /dev/null "$@"
}

# For each enabled source: list file prefix, base URI, suite, file found or -, signed yes|no, Date,
# Valid-Until (seconds, 0 when absent), by tabs.
releases_read() { # URIS
  sed -n "s/^'\([^']*\)' \([^ ]*\)_InRelease .*/\1 \2/p" "$1" | while read -r rr_uri rr_name; do
    rr_base=${rr_uri%/InRelease}
    case $rr_base in
      */dists/*) rr_suite=${rr_base#*/dists/} rr_base=${rr_base%%/dists/*} ;;
      *) rr_suite=./ ;;
    esac
    rr_file=- rr_signed=no
    if [ -s "$LISTS/${rr_name}_InRelease" ]; then
      rr_file=$LISTS/${rr_name}_InRelease rr_signed=yes
    elif [ -s "$LISTS/${rr_name}_Release" ]; then
      rr_file=$LISTS/${rr_name}_Release
      [ ! -s "$LISTS/${rr_name}_Release.gpg" ] || rr_signed=yes
    fi
    rr_dates='0 0'
    [ "$rr_file" = - ] || rr_dates=$(release_dates "$rr_file")
    printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$rr_name" "$rr_base" "$rr_suite" "$rr_file" \
      "$rr_signed" "${rr_dates% *}" "${rr_dates#* }"
  done
}

release_dates() { # FILE
  awk '
    function epoch(s,   a, m, y, t, days) {
      split(s, a, " "); split(a[5], t, ":"); y = a[4]
      m = (index("JanFebMarAprMayJunJulAugSepOctNovDec", a[3]) + 2) / 3
      m -= 3; if (m < 0) { m += 12; y-- }
      days = 365 * y + int(y / 4) - int(y / 100) + int(y / 400)
      days += int((153 * m + 2) / 5) + a[2] - 719469
      return days * 86400 + t[1] * 3600 + t[2] * 60 + t[3]
    }
    BEGIN { date = until = 0 }
    /^Date: / { date = epoch(substr($0, 7)) }
    /^Valid-Until: / { until = epoch(substr($0, 14)) }
    /^(MD5Sum|SHA1|SHA256|SHA512):/ { exit }
    END { printf "%.0f %.0f\n", date, until }' "$1"
}

# `source URI SUITE COMPONENTS signed|unsigned`; a source whose lists are missing proves nothing. An
# index belongs to the release with the longest file name that begins its own.
sources_judge() { # DIR
  awk -F '\t' '
    FILENAME ~ /\/trusting$/ { open[$0] = 1; next }
    FILENAME ~ /\/releases$/ { row[++n] = $0; name[n] = $1; next }
    {
      file = $1; sub(/^.*\//, "", file)
      best = 0
      for (i = 1; i <= n; i++)
        if (index(file, name[i] "_") == 1 && (!best || length(name[i]) > length(name[best])))
          best = i
      if (index("," part[best] ",", "," $4 ",") == 0)
        part[best] = part[best] (part[best] == "" ? "" : ",") $4
      uri[best] = $5; suite[best] = $3
      if ($7 in open || $6 != "yes") bad[best] = 1
    }
    END {
      for (i = 1; i <= n; i++) {
        split(row[i], f, "\t")
        if (!(i in part)) { print "source " f[2] " " f[3] " - unsigned"; continue }
        sub(/\/+$/, "", uri[i])
        print "source " uri[i] " " suite[i] " " part[i] " " \
          (f[5] == "yes" && !(i in bad) ? "signed" : "unsigned")
      }
    }' "$1/trusting" "$1/releases" "$1/targets"
}

# The rule for age: past a signed Valid-Until is stale; where a source signs none, its lists must
# have been read from the server within seven days. A mirror that withholds news and signs no
# Valid-Until cannot be told from a quiet one.
lists_judge() { # DIR
  awk -F '\t' -v now="$(now_s)" -v seen="$LISTS_READ_AT" -v most="$LISTS_AGE_MAX_S" '
    { n++ }
    $4 == "-" { none = none == "" ? $2 " " $3 : none; next }
    $6 > newest { newest = $6 }
    $7 > 0 && $7 < now { old = old == "" ? "Valid-Until passed " $7 " " $2 " " $3 : old }
    $7 == 0 && now - seen > most { old = old == "" ? "not read since " seen " " $2 " " $3 : old }
    END {
      newest = sprintf("%.0f", newest)
      if (n == 0) print "lists none 0 no source is enabled"
      else if (none != "") print "lists none " newest " never read: " none
      else if (old != "") print "lists stale " newest " " old
      else print "lists ok " newest " read " seen
    }' "$1/releases"
}

# Offers for the packages in a file (rows of installed_list), by tabs: name arch version sha256 size
# origin suite component source source-version, and for staging the URI and the installed size in
# KiB. Mode `newer`: the installed version and above. Mode `all`: every version. A record without
# SHA-256 is not an offer: nothing could pin it.
offers_scan() { # DIR newer|all PACKAGES
  while read -r os_row; do
    printf '\n@target\t%s\n' "$os_row"
    "$APT_HELPER" cat-file "${os_row%%	*}" </dev/null
  done <"$1/targets" | awk -F '\t' -v mode="$2" "$AWK_VERSIONS"'
    NR == FNR {
      have[$1] = 1; at[$1, $2] = $3
      if ($1 == "dpkg") native = $2
      next
    }
    skip { if ($0 != "") next; skip = 0 }
    $0 == "" { if ("Package" in v) out(); split("", v); next }
    /^Package: / { v["Package"] = substr($0, 10); if (!(v["Package"] in have)) skip = 1; next }
    /^(Architecture|Version|SHA256|Size|Source|Filename|Installed-Size): / {
      i = index($0, ": "); v[substr($0, 1, i - 1)] = substr($0, i + 2); next
    }
    /^@target\t/ { label = $3; suite = $4; component = $5; repo = $6 }
    function installed(name, arch) {
      if ((name, arch) in at) return at[name, arch]
      if (arch == "all" && (name, native) in at) return at[name, native]
      if (arch == native && (name, "all") in at) return at[name, "all"]
      return ""
    }
    function out(   mine, source, i) {
      mine = installed(v["Package"], v["Architecture"])
      if (!("SHA256" in v) || v["Version"] == "") return
      if (mode == "newer" && (mine == "" || dcmp(v["Version"], mine) < 0)) return
      source = "Source" in v ? v["Source"] : v["Package"]
      i = index(source, " (")
      printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", v["Package"], v["Architecture"], \
        v["Version"], v["SHA256"], v["Size"] + 0, label, suite, component, \
        i ? substr(source, 1, i - 1) : source, \
        i ? substr(source, i + 2, length(source) - i - 2) : v["Version"], \
        repo v["Filename"], v["Installed-Size"] + 0
    }
    END { if ("Package" in v && !skip) out() }' "$3" -
}
