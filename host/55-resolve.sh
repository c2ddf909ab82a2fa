# The `resolve` verb: what apt would really do for exactly these versions. The answer is the whole
# transaction of apt's own simulation, with the digest of each file that would come and of each that
# would have to come back. Nothing here changes the machine.
#
# In:  `want NAME ARCH VERSION` lines, then `@end`. Out: `@resolve`, then `move VERB NAME ARCH FROM TO
# SHA256 SIZE OLDSHA256`, `service UNIT`, what stands around it, `problem TEXT`, then `@end`; `-` stands
# for nothing.

WANTS_MAX=1000
# Staging passes the same: what is approved is what the names ask for, no more.
APT_EXACT='-o APT::Install-Recommends=false -o APT::Install-Suggests=false
-o APT::Get::AutomaticRemove=false -o APT::Get::Show-Versions=false'

resolve_main() {
  RS_DIR=$(mktemp -d /tmp/fettle-resolve.XXXXXX) || return 1
  trap 'rm -rf "$RS_DIR"' EXIT
  trap 'exit 1' HUP INT TERM
  packages_whose
  if ! resolve_wants >"$RS_DIR/wants"; then
    printf 'problem what was asked for cannot be read\n' >"$RS_DIR/out"
  elif [ "$PACKAGES_OF" = dpkg ]; then
    installed_list >"$RS_DIR/installed"
    sources_scan "$RS_DIR" none /dev/null
    { resolve_moves && resolve_services && resolve_around; } >"$RS_DIR/out"
  else
    { resolve_rpm && resolve_services; } >"$RS_DIR/out"
  fi
  # A move that is not whole is no move: the planner must not see a part of a transaction.
  if grep '^problem ' "$RS_DIR/out" >"$RS_DIR/problems"; then
    mv -f "$RS_DIR/problems" "$RS_DIR/out"
  fi
  printf '@resolve\n'
  LC_ALL=C tr -cd '\n -~' <"$RS_DIR/out"
  printf '@end\n'
}

# Only lines of the grammar (protocol §1.2) reach apt's arguments; one bad line refuses all.
resolve_wants() {
  awk -v max="$WANTS_MAX" '
    $0 == "@end" { whole = 1; exit }
    NF != 4 || $1 != "want" || NR > max { exit }
    $2 !~ /^[A-Za-z0-9][A-Za-z0-9@:._+-]*$/ || length($2) > 128 { exit }
    $3 !~ /^[a-z0-9][a-z0-9_-]*$/ || length($3) > 32 { exit }
    $4 !~ /^[A-Za-z0-9][A-Za-z0-9.+:~^_-]*$/ || length($4) > 128 { exit }
    { print $2, $3, $4; n++ }
    END { exit whole && n ? 0 : 1 }'
}

# --- The transaction --------------------------------------------------------------------------------

resolve_moves() {
  if ! grep -q '^lists ok' "$RS_DIR/lists.out"; then
    printf 'problem the package lists are not fresh: %s\n' "$(head -n 1 "$RS_DIR/lists.out")"
    return 1
  fi
  resolve_simulate || return 1
  cut -d ' ' -f 2,3 "$RS_DIR/changes" | tr ' ' '\t' | sed 's/$/\t-/' >"$RS_DIR/names"
  sources_look "$RS_DIR" all "$RS_DIR/names"
  offers_scan "$RS_DIR" all "$RS_DIR/names"
  resolve_rows >"$RS_DIR/rows"
  while read -r rm_verb rm_name rm_arch rm_from rm_to rm_sha rm_size rm_old rm_was; do
    if [ "$rm_old" = - ] && [ "$rm_from" != - ]; then
      rm_old=$(kept_digest "$rm_name" "$rm_was" "$rm_from")
    fi
    printf 'move %s %s %s %s %s %s %s %s\n' "$rm_verb" "$rm_name" "$rm_arch" "$rm_from" "$rm_to" \
      "$rm_sha" "$rm_size" "$rm_old"
  done <"$RS_DIR/rows"
  awk '$1 != "remove" && $6 == "-" { print "problem no source pins " $2 " " $3 " " $5 }' "$RS_DIR/rows"
}

# `i NAME ARCH TO` and `r NAME ARCH -` for each change, in apt's order, in `changes`.
resolve_simulate() {
  set --
  while read -r si_name si_arch si_version; do
    # apt knows packages for all architectures under the machine's own.
    [ "$si_arch" = all ] || si_name=$si_name:$si_arch
    set -- "$@" "$si_name=$si_version"
  done <"$RS_DIR/wants"
  # shellcheck disable=SC2086 # fixed options only
  unlocked apt-get -q -y $APT_O $APT_EXACT -s --allow-downgrades install "$@" </dev/null \
    >"$RS_DIR/dry" 2>"$RS_DIR/dry.err"
  si_code=$?
  if [ "$si_code" -ne 0 ]; then
    grep -hE '^E:| Depends:| Breaks:| Conflicts:|PreDepends:' "$RS_DIR/dry" "$RS_DIR/dry.err" |
      tr -s ' \t' ' ' | cut -c 1-250 | head -n 5 | sed 's/^ */problem apt says: /'
    [ -s "$RS_DIR/dry.err" ] || printf 'problem apt ended with code %s\n' "$si_code"
    return 1
  fi
  awk '
    $1 == "Inst" {
      name = $2; sub(/:.*/, "", name)
      at = index($0, " ("); rest = substr($0, at + 2); split(rest, f, " ")
      match(rest, /\[[^]]*\]\)/); print "i", name, substr(rest, RSTART + 1, RLENGTH - 3), f[1]
    }
    $1 == "Remv" || $1 == "Purg" {
      name = $2; arch = "-"
      if ((i = index(name, ":"))) { arch = substr(name, i + 1); name = substr(name, 1, i - 1) }
      print "r", name, arch, "-"
    }' "$RS_DIR/dry" >"$RS_DIR/changes"
  resolve_check
}

# apt must have taken each version that was asked for, and not another.
resolve_check() {
  rc_bad=$(awk '
    FILENAME ~ /changes$/ { to[$2, $3] = $4; next }
    FILENAME ~ /installed$/ { split($0, f, "\t"); if (!((f[1], f[2]) in to)) to[f[1], f[2]] = f[3]; next }
    (to[$1, $2] "") != ($3 "") { print $1 ":" $2 " " $3; exit }' \
    "$RS_DIR/changes" "$RS_DIR/installed" "$RS_DIR/wants")
  [ -n "$rc_bad" ] || return 0
  printf 'problem apt would not end with %s\n' "$rc_bad"
  return 1
}

# Each change beside what is installed and what the sources offer: `VERB NAME ARCH FROM TO SHA256 SIZE
# OLDSHA256 OLDARCH`. The first source in apt's order wins where two offer the same version.
resolve_rows() {
  awk -F '\t' "$AWK_VERSIONS"'
    FILENAME ~ /installed$/ {
      version[$1, $2] = $3
      if ($1 == "dpkg") native = $2
      next
    }
    FILENAME ~ /offers.out$/ {
      k = $1 SUBSEP $2 SUBSEP $3
      if (!(k in sha)) { sha[k] = $4; size[k] = $5 }
      next
    }
    {
      split($0, c, " ")
      arch = c[3] == "-" ? native : c[3]
      was = had(c[2], arch)
      from = was == "" ? "-" : version[c[2], was]
      if (c[1] == "r" && was != "") arch = was
      to = c[4]
      if ((from "") == (to "")) next
      verb = c[1] == "r" ? "remove" : from == "-" ? "install" : dcmp(to, from) < 0 ? "downgrade" : "upgrade"
      k = c[2] SUBSEP arch SUBSEP to
      o = c[2] SUBSEP was SUBSEP from
      print verb, c[2], arch, from, to, (k in sha ? sha[k] : "-"), (k in size ? size[k] : 0), \
        (o in sha ? sha[o] : "-"), (was == "" ? "-" : was)
    }
    # A package may move between `all` and the native architecture.
    function had(name, arch) {
      if ((name, arch) in version) return arch
      if (arch == native && (name, "all") in version) return "all"
      if (arch == "all" && (name, native) in version) return native
      return ""
    }' "$RS_DIR/installed" "$RS_DIR/offers.out" "$RS_DIR/changes"
}

# The digest of the installed version where a file of it lies on this machine: apt's cache, or what
# an earlier job kept. The file itself must say that it is that package.
kept_digest() { # NAME ARCH VERSION
  kd_file=$(printf '%s_%s_%s.deb' "$1" "$3" "$2" | sed 's/:/%3a/g')
  set +f
  for kd_try in "/var/cache/apt/archives/$kd_file" "$VAR"/kept/*.deb; do
    if [ ! -f "$kd_try" ] || [ ! -r "$kd_try" ]; then continue; fi
    # shellcheck disable=SC2016 # dpkg-deb fills these in
    kd_is=$(/usr/bin/dpkg-deb -W --showformat='${Package} ${Architecture} ${Version}' "$kd_try" 2>/dev/null)
    [ "$kd_is" = "$1 $2 $3" ] || continue
    set -f
    sha256sum <"$kd_try" | cut -c 1-64
    return 0
  done
  set -f
  printf '%s\n' -
}

# --- Services ---------------------------------------------------------------------------------------

# Active units whose processes have files of these packages in memory, or whose unit file or init
# script is in one of them. Files read once at the start (scripts, modules) leave no such trace.
resolve_services() {
  awk -v by="$PACKAGES_OF" '$4 != "-" { print $2 (by == "rpm" ? "." : ":") ($9 == "-" ? $3 : $9) }' \
    "$RS_DIR/rows" | sort -u >"$RS_DIR/packages"
  [ -s "$RS_DIR/packages" ] || return 0
  set --
  while read -r sr_package; do
    # dpkg lists packages for all architectures without one.
    set -- "$@" "${sr_package%:all}"
  done <"$RS_DIR/packages"
  # /lib and /usr/lib are one folder on a merged system, and the kernel shows only one of the names.
  if [ "$PACKAGES_OF" = rpm ]; then rpm -ql "$@"; else dpkg-query -L "$@"; fi 2>/dev/null | sed -n 's,^/usr/,/,; /^\/[^ ]*\/[^ ]*$/p' | sort -u >"$RS_DIR/files"
  services_list | awk '$2 == "active" { print $1 }' >"$RS_DIR/active"
  { service_files; mapping_services; } | sort -u | grep -Fx -f "$RS_DIR/active" | sed 's/^/service /'
  return 0
}

service_files() {
  sed -n 's,^/etc/init\.d/\([^/]*\)$,\1,p; s,^/lib/systemd/system/\([^/]*\.service\)$,\1,p' \
    "$RS_DIR/files"
}

mapping_services() {
  set +f
  grep -Hs ' /' /proc/[0-9]*/maps | awk '
    FILENAME ~ /files$/ { wanted[$0] = 1; next }
    {
      at = index($0, " /"); file = substr($0, at + 1)
      sub(/ \(deleted\)$/, "", file); sub(/^\/usr\//, "/", file)
      if (!(file in wanted)) next
      pid = substr($0, 7); pid = substr(pid, 1, index(pid, "/") - 1)
      if (!(pid in seen)) { seen[pid] = 1; print pid }
    }' "$RS_DIR/files" - >"$RS_DIR/pids"
  set -f
  ms_here="$(stat -L -c %d:%i /. 2>/dev/null) $(stat -L -c %d:%i /proc/self/ns/pid 2>/dev/null)"
  while read -r ms_pid; do
    # A container's process has its own root or process namespace: its files are not these files.
    ms_there="$(stat -L -c %d:%i "/proc/$ms_pid/root/." 2>/dev/null) $(stat -L -c %d:%i \
      "/proc/$ms_pid/ns/pid" 2>/dev/null)"
    [ "$ms_there" = "$ms_here" ] || continue
    process_unit "$(process_name "$ms_pid")"
  done <"$RS_DIR/pids"
}

# The name itself where a unit has it, else the init script that writes a pid file of that name
# (the script `ssh` keeps `/run/sshd.pid`).
process_unit() { # NAME
  if grep -qFx -e "$1" "$RS_DIR/active"; then
    say "$1"
    return 0
  fi
  case $1 in '' | *[!A-Za-z0-9._-]*) return 0 ;; esac
  systemd_runs && return 0
  set +f
  grep -lF -e "/run/$1.pid" /etc/init.d/* 2>/dev/null | sed 's,.*/,,'
  set -f
}
