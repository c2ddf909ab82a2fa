# What of the packages runs: which processes have their programs and libraries in memory, who listens
# where, which kernel modules are loaded or switched off. Read from /proc and from dpkg's own lists of
# files, in a handful of programs whatever the number of processes. Lines of `inspect`:
#
#   runtime all|part PROCESSES ELSEWHERE UNREAD
#   used NAME\tRUN\tMAPPED\tSTALE\tPROCESS,…        processes that run it, map it, map a deleted file of it
#   idle FLAGS NAME …                               packages that no process has in memory
#   listen PROTOCOL\tPORT\tloopback|address|any\tPACKAGE|-\tPROCESS|-
#   module NAME, module-off NAME install|blacklist PATH|-
#
# FLAGS say what an idle package has that could be started or loaded: `-` nothing; a its service is
# active all the same, c cron or a timer, d a service, h a hook (udev, PAM, name service), i interpreted
# code, k the kernel, l a library, m a plug-in, p programs for everybody, s started by a socket or the
# bus, u a program with set-user-ID. Without the line `runtime` nothing is known; `part` means that
# some processes could not be read, so that absence says nothing.

RT_SOCKET_ROWS_MAX=200000

# What all processes have mapped of programs and libraries, told once for all who ask.
maps_read() {
  set +f
  exec grep -Hs -e ' [r-][w-]x[ps] .* /' -e '\.so' /proc/[0-9]*/maps
}

# DIR has `rt.maps`, what maps_read said, and `out` with the lines of services.
inspect_runtime() { # DIR
  rt_dir=$1
  set +f
  grep -Hs -e '^Name:' -e '^PPid:' -e '^VmSize:' /proc/[0-9]*/status >"$rt_dir/rt.status"
  stat -L -c '%n %d:%i' /. /proc/self/ns/net /proc/[0-9]*/root/. /proc/[0-9]*/ns/net \
    >"$rt_dir/rt.stat" 2>/dev/null
  # Few processes have another root; only of those the mount namespace is asked.
  rt_others=$(exec awk '$1 == "/." { root = $2; next }
    $1 ~ /\/root\/\.$/ && $2 != root { sub(/root\/\.$/, "ns/mnt", $1); print $1 }' "$rt_dir/rt.stat")
  # shellcheck disable=SC2086 # numbers and fixed paths only
  [ -z "$rt_others" ] ||
    stat -L -c '%n %d:%i' /proc/self/ns/mnt $rt_others >>"$rt_dir/rt.stat" 2>/dev/null
  grep -Hs -e ' 00000000:0000 0[A7] ' -e ' 00000000000000000000000000000000:0000 0[A7] ' \
    /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6 >"$rt_dir/rt.net"
  # The links to programs come first, then the folders of open files.
  # shellcheck disable=SC2012 # find would start a program for each, or ask for GNU's own
  ls -ln /proc/[0-9]*/exe /proc/[0-9]*/fd 2>/dev/null |
    awk -v max="$RT_SOCKET_ROWS_MAX" -v net="$rt_dir/rt.net" "$AWK_RT_SOCKETS" >"$rt_dir/rt.ls"
  # Others' processes may be hidden from an ordinary user altogether (proc(5), hidepid).
  rt_uid=''
  while read -r rt_word rt_uid _; do [ "$rt_word" != Uid: ] || break; done </proc/self/status
  rt_diversions=/var/lib/dpkg/diversions
  [ -r "$rt_diversions" ] || rt_diversions=/dev/null
  rt_arch=''
  [ ! -s "$rt_dir/arch" ] || read -r rt_arch <"$rt_dir/arch"
  awk -v dir="$rt_dir" -v self="$$" -v arch="$rt_arch" -v uid="$rt_uid" \
    "$AWK_RT_FILES$AWK_RT_READ$AWK_RT_SAY" \
    T=status "$rt_dir/rt.status" T=stat "$rt_dir/rt.stat" T=ls "$rt_dir/rt.ls" \
    T=net "$rt_dir/rt.net" T=maps "$rt_dir/rt.maps" T=diversion "$rt_diversions" \
    T=service "$rt_dir/out" T=list /var/lib/dpkg/info/*.list || : >"$rt_dir/rt.said"
  set -f
  [ -s "$rt_dir/rt.said" ] || return 0
  cat "$rt_dir/rt.said"
  runtime_idle "$rt_dir"
  runtime_modules
}

# Which sockets listen is known by their numbers; whose they are is told by the links of open files,
# which a busy server has many of: the walk ends when every one has been found.
# shellcheck disable=SC2016 # awk's own variables
AWK_RT_SOCKETS='
BEGIN {
  while ((getline line < net) > 0) { split(line, f, " "); if (!(f[11] in open)) { open[f[11]]; n++ } }
}
{ at = index($0, " -> ") }
at && /\/proc\/[0-9]+\/exe -> / {
  pid = $0; sub(/\/exe -> .*/, "", pid); sub(/.*\/proc\//, "", pid)
  print "exe " pid " " substr($0, at + 4); next
}
/^\/proc\/[0-9]+\/fd:$/ { split($0, f, "/"); pid = f[3]; next }
++rows > max { exit }
at && substr($0, at + 4, 8) == "socket:[" {
  inode = substr($0, at + 12); sub(/\].*/, "", inode)
  if (!(inode in open)) next
  print "socket " pid " " inode
  # systemd holds the sockets of its services too: the service itself is looked for further on.
  if (pid != 1 && !(inode in found)) { found[inode]; if (++seen == n) exit }
}'

# What /proc says of processes, and of those that count: of this root or this mount namespace, which a
# program that closed itself into a folder still has. A container has neither, and is only counted.
# shellcheck disable=SC2016
AWK_RT_READ='
BEGIN { split("py pl pm rb js php jar lua tcl mjs cjs", w, " "); for (i in w) code[w[i]] = 1 }
T == "status" {
  split($1, f, "/"); pid = f[3]
  if ($1 ~ /:Name:$/) {
    name = $0; sub(/^[^\t]*\t/, "", name); gsub(/[^A-Za-z0-9@._+-]/, "_", name)
    comm[pid] = substr(name, 1, 15)
  }
  else if ($1 ~ /:PPid:$/) parent[pid] = $2
  else has_memory[pid] = 1
  next
}
T == "stat" {
  if ($1 == "/.") root = $2
  else if ($1 == "/proc/self/ns/mnt") mnt = $2
  else if ($1 == "/proc/self/ns/net") net = $2
  else {
    split($1, f, "/")
    if (f[4] == "root") root_of[f[3]] = $2
    else if (f[5] == "mnt") mnt_of[f[3]] = $2
    else net_of[f[3]] = $2
  }
  next
}
T == "ls" && $1 == "exe" {
  exe = $0; sub(/^exe [0-9]+ /, "", exe); exe_of[$2] = exe
  next
}
T == "ls" { if (!($3 in holder) || holder[$3] == 1) holder[$3] = $2; next }
T == "net" { rows[++row_n] = $0; next }
T == "maps" {
  pid = substr($1, 7); pid = substr(pid, 1, index(pid, "/") - 1)
  if (!(pid in counts)) counts[pid] = does_count(pid)
  if (counts[pid] != "yes") next
  at = index($0, " /"); if (!at) next
  file = substr($0, at + 1)
  has = pid SUBSEP file
  if (has in seen_map) next
  seen_map[has] = 1
  mapped(pid, file)
  next
}
function does_count(pid,   up, depth) {
  if (!(pid in has_memory)) return "no"
  for (up = pid; up > 1 && depth < 64; up = parent[up]) {
    if (up == self) return "no"
    if (!(up in parent)) break
    depth++
  }
  if (!(pid in root_of)) return "unread"
  if (root_of[pid] == root) return "yes"
  # Paths are told from the outermost root, so they mean the same only where that is ours.
  return mnt != "" && root_of[1] == root && mnt_of[pid] == mnt ? "yes" : "elsewhere"
}
function mapped(pid, file,   is_gone) {
  is_gone = sub(/ \(deleted\)$/, "", file)
  if (file ~ /^\/(dev|proc|sys|run|tmp|var\/tmp|SYSV|memfd:|\[aio\])/) return
  uses[++use_n] = pid; use_file[use_n] = file; use_gone[use_n] = is_gone
  wanted(file)
  # A library of a replaced version may have had another number at the end of its name.
  if (is_gone && match(file, /\.so\.[0-9]+/)) stem_of[substr(file, 1, RSTART + RLENGTH - 1)] = 1
}
# dpkg may know a file without the /usr that the system has put before it.
function wanted(file) {
  path[file] = 1
  if (file ~ /^\/usr\/(s?bin|lib[0-9x]*)\//) path[substr(file, 5)] = 1
}
T == "service" { if ($1 == "service" && $3 == "active") active[$2] = 1; next }
T == "diversion" {
  turn = FNR % 3
  if (turn == 1) from = $0
  else if (turn == 2) to = $0
  else { by[from] = $0; moved[to] = from; wanted(from); wanted(to) }
  next
}
'

# Whose file it is, and what a package could start: one walk over the lists of all packages.
# shellcheck disable=SC2016
AWK_RT_FILES='
BEGIN {
  area["/usr/l"] = area["/lib/"] = area["/lib6"] = area["/lib3"] = area["/libx"] = "lib"
  area["/usr/b"] = area["/bin/"] = area["/usr/g"] = "bin"
  area["/etc/"] = "etc"; area["/boot"] = "boot"
  split("doc/ man/ loca icon term info zone cmak", w, " "); for (i in w) quiet[w[i]] = 1
  for (i in area) if (length(i) == 5) short[i] = area[i]
}
T == "list" {
  if (FILENAME != list) {
    list = FILENAME; name = list
    sub(/.*\//, "", name); sub(/\.list$/, "", name); sub(/:.*$/, "", name)
    if (!(name in known)) { known[name] = 1; names[++name_n] = name; flags[name] = "" }
    lists[name] = lists[name] " " list
  }
  start = substr($0, 1, 6)
  # Most of all lines: nothing below /usr/share is mapped, and little of it can be run.
  if (start == "/usr/s" && substr($0, 7, 3) == "har") {
    if (substr($0, 12, 4) in quiet) next
    if (!(name in is_text) && is_code($0)) { is_text[name] = 1; flag("i") }
    if (substr($0, 12, 6) == "dbus-1" && /services\/[^\/]+\.service$/) flag("s")
    next
  }
  if ($0 in path) owners[$0] = owners[$0] " " name
  if (start in area) where_is = area[start]
  else { start = substr($0, 1, 5); if (!(start in short)) next; where_is = short[start] }
  if (where_is == "lib") in_lib()
  else if (where_is == "bin") { if (/\/(bin|games)\/./) flag("p"); next }
  else if (where_is == "etc") { configured(); next }
  else { if (/^\/boot\/vmlinu/) flag("k"); next }
  if (!(name in is_text) && is_code($0)) { is_text[name] = 1; flag("i") }
  next
}
function flag(letter) { if (!index(flags[name], letter)) flags[name] = flags[name] letter }
function is_code(file,   n) {
  n = length(file)
  if (substr(file, n - 2, 1) == ".") return substr(file, n - 1) in code
  return substr(file, n - 3, 1) == "." && substr(file, n - 2) in code
}
function configured() {
  if (/^\/etc\/init\.d\/./) { flag("d"); unit(substr($0, 13)) }
  else if (/^\/etc\/cron[^\/]*\/./) flag("c")
  else if (/^\/etc\/(xinetd\.d|apt\/apt\.conf\.d|kernel\/[^\/]+|network\/if-[^\/]+|dhcp\/[^\/]+)\/./)
    flag("h")
}
function unit(which) { if (which in active) flag("a") }
function in_lib() {
  if (index($0, ".so")) { if (/\.so[.0-9]*$/) library() }
  else if (index($0, "/systemd/system/")) {
    if (/\.service$/) { flag("d"); unit(base_of($0)) }
    else if (/\.(socket|path)$/) flag("s")
    else if (/\.timer$/) flag("c")
  }
  else if (/^(\/usr)?\/lib\/modules\//) flag("k")
  else if (/^(\/usr)?\/lib\/udev\/rules/) flag("h")
}
function base_of(file) { sub(/.*\//, "", file); return file }
function library(   stem) {
  if (/^(\/usr)?\/lib[0-9x]*\/([a-z0-9_]+-linux-gnu[a-z0-9_]*\/)?(lib|ld-)[^\/]*$/)
    flag(/\/libnss_[^\/]*$/ ? "h" : "l")
  else flag(/\/security\/pam_/ ? "h" : "m")
  if (match($0, /\.so\.[0-9]+/)) {
    stem = substr($0, 1, RSTART + RLENGTH - 1)
    if (stem in stem_of) by_stem[stem] = name
    else if (("/usr" stem) in stem_of) by_stem["/usr" stem] = name
  }
}
# The programs of one package, for a closer look: `NAME\tPATH`.
function say_programs(name, to,   i, n, file, line) {
  n = split(lists[name], file, " ")
  for (i = 1; i <= n; i++) {
    while ((getline line < file[i]) > 0)
      if (line ~ /\/(s?bin|games|lib|libexec)\/[A-Za-z0-9\/._+-]+$/ && line !~ /\.(so|service|conf)/ &&
        ++listed <= 2000) print name "\t" line >to
    close(file[i])
  }
}
'

# shellcheck disable=SC2016
AWK_RT_SAY='
# The packages of a file, between spaces. A diverted file is of the package that took its place, and
# the one beside it of the package that had it.
function owners_of(file, is_gone,   all, stem) {
  if (file in moved) all = others(moved[file], by[moved[file]])
  else if (file in by) return by[file] == ":" || !index(of(file) " ", " " by[file] " ") ? "" : " " by[file]
  else all = of(file)
  if (all == "" && is_gone && match(file, /\.so\.[0-9]+/)) {
    stem = substr(file, 1, RSTART + RLENGTH - 1)
    if (stem in by_stem) all = " " by_stem[stem]
  }
  return all
}
function of(file,   all) {
  all = (file in owners) ? owners[file] : ""
  if (file ~ /^\/usr\/(s?bin|lib[0-9x]*)\// && substr(file, 5) in owners)
    all = all owners[substr(file, 5)]
  return all
}
function others(file, but,   list, n, i, w) {
  list = ""; n = split(of(file), w, " ")
  for (i = 1; i <= n; i++) if (w[i] != but) list = list " " w[i]
  return list
}
function use(pid, owner, is_gone,   key) {
  key = owner SUBSEP pid
  if (!(key in maps_it)) { maps_it[key] = 1; map_n[owner]++; note(owner, comm[pid]) }
  if (is_gone && !(key in stale_it)) { stale_it[key] = 1; stale_n[owner]++ }
}
function note(owner, who,   i, other) {
  if (who == "" || (owner, who) in noted) return
  noted[owner, who] = 1
  # Five names in order of the alphabet.
  for (i = 1; i <= 5; i++) {
    if (!((owner, i) in who_of)) { who_of[owner, i] = who; return }
    if (who < who_of[owner, i]) { other = who_of[owner, i]; who_of[owner, i] = who; who = other }
  }
}
function who_text(owner,   i, all) {
  all = ""
  for (i = 1; i <= 5 && (owner, i) in who_of; i++) all = all (i > 1 ? "," : "") who_of[owner, i]
  return all
}
function first_owner(pid,   w, exe, is_gone) {
  exe = exe_of[pid]; is_gone = sub(/ \(deleted\)$/, "", exe)
  return split(owners_of(exe, is_gone), w, " ") ? w[1] : "-"
}
function hex(text,   i, n) {
  for (i = 1; i <= length(text); i++) n = n * 16 + index("123456789ABCDEF", substr(text, i, 1))
  return n
}
function where(address) {
  if (address ~ /^0+$/) return "any"
  if (arch == "s390x") return "address"
  if (length(address) == 8) return substr(address, 7) == "7F" ? "loopback" : "address"
  if (address == "00000000000000000000000001000000") return "loopback"
  if (address ~ /^0000000000000000FFFF0000/) return substr(address, 31) == "7F" ? "loopback" : "address"
  return "address"
}
function say_sockets(   i, f, a, proto, pid, line) {
  for (i = 1; i <= row_n; i++) {
    split(rows[i], f, " "); split(f[3], a, ":")
    proto = f[1]; sub(/^\/proc\/net\//, "", proto); sub(/6?:.*$/, "", proto)
    if (proto == "tcp" && f[5] != "0A") continue
    pid = (f[11] in holder) ? holder[f[11]] : ""
    line = "listen " proto "\t" hex(a[2]) "\t" where(a[1]) "\t" \
      (pid == "" || counts[pid] != "yes" ? "-" : first_owner(pid)) "\t" \
      (pid == "" || comm[pid] == "" ? "-" : comm[pid])
    if (line in said || ++said_n > 2000) continue
    said[line] = 1; print line >out
  }
}
END {
  if (root == "" || name_n == 0) exit
  out = dir "/rt.said"
  for (pid in has_memory) {
    if (!(pid in counts)) counts[pid] = does_count(pid)
    if (counts[pid] == "yes") {
      # Seen among the processes and not in memory: it ended meanwhile, or may not be read.
      if (!(pid in exe_of)) { if ((getline line < ("/proc/" pid "/comm")) > 0) unread++; continue }
      own++
      wanted_exe = exe_of[pid]; is_gone = sub(/ \(deleted\)$/, "", wanted_exe)
      n = split(owners_of(wanted_exe, is_gone), w, " ")
      for (i = 1; i <= n; i++) { run_n[w[i]]++; use(pid, w[i], is_gone) }
      if (net_of[pid] != net) for (i = 1; i <= n; i++) apart[w[i]] = 1
    }
    else if (counts[pid] == "elsewhere") elsewhere++
    else if (counts[pid] == "unread" && (getline line < ("/proc/" pid "/comm")) > 0) unread++
  }
  for (i = 1; i <= use_n; i++) {
    n = split(owners_of(use_file[i], use_gone[i]), w, " ")
    for (j = 1; j <= n; j++) use(uses[i], w[j], use_gone[i])
  }
  print "runtime " (unread || uid != 0 ? "part" : "all"), own + 0, elsewhere + 0, unread + 0 >out
  printf "" >(dir "/rt.idle"); printf "" >(dir "/rt.programs")
  for (i = 1; i <= name_n; i++) {
    name = names[i]
    if (name in map_n) {
      print "used " name "\t" run_n[name] + 0 "\t" map_n[name] "\t" stale_n[name] + 0 "\t" \
        who_text(name) >out
      continue
    }
    print name, (flags[name] == "" ? "-" : flags[name]) >(dir "/rt.idle")
    if (index(flags[name], "d")) say_programs(name, dir "/rt.programs")
  }
  say_sockets()
  # A process in a network of its own listens where this list does not look.
  for (name in apart) print "listen other\t0\tany\t" name "\t-" >out
}'

# The packages that no process has in memory, by their flags. Whether a program runs with another
# user's rights, or is a text for an interpreter, stands in no list: the few of idle services are asked.
runtime_idle() { # DIR
  : >"$1/rt.setuid"
  : >"$1/rt.texts"
  if [ -s "$1/rt.programs" ]; then
    # shellcheck disable=SC2046 # paths without spaces, one a line
    set -- "$1" $(exec cut -f 2 "$1/rt.programs")
    ri_dir=$1
    shift
    find "$@" -maxdepth 0 -perm /6000 >"$ri_dir/rt.setuid" 2>/dev/null
    head -v -c 60 "$@" /dev/null 2>/dev/null | tr -d '\000' >"$ri_dir/rt.texts"
    set -- "$ri_dir"
  fi
  awk -v texts="$1/rt.texts" -v setuid="$1/rt.setuid" '
    BEGIN {
      while ((getline line < setuid) > 0) is_setuid[line] = 1
      while ((getline line < texts) > 0) {
        if (line ~ /^==> \/.* <==$/) file = substr(line, 5, length(line) - 8)
        else if (line ~ /^#!.*(python|perl|ruby|node|php|lua|tcl|java|guile|awk)/) is_text[file] = 1
      }
    }
    FILENAME ~ /programs$/ { if ($2 in is_setuid) more[$1] = more[$1] "u"
      if ($2 in is_text) more[$1] = more[$1] "i"; next }
    {
      flags = ""
      for (i = 1; i <= 11; i++) {
        letter = substr("acdhiklmpsu", i, 1)
        if (index($2 more[$1], letter)) flags = flags letter
      }
      if (flags == "") flags = "-"
      if (length(row[flags]) > 900) { print "idle " flags row[flags]; row[flags] = "" }
      row[flags] = row[flags] " " $1
    }
    END { for (flags in row) if (row[flags] != "") print "idle " flags row[flags] }
  ' "$1/rt.programs" "$1/rt.idle" | sort
}

# Modules in the kernel, and those that an administrator took out: `install NAME /bin/false` keeps
# modprobe from loading it at all, `blacklist` only from loading it for a device. A module that is built
# in is there whatever the files say, and is not listed.
runtime_modules() {
  [ ! -r /proc/modules ] || awk 'NR <= 1000 { print "module " $1 }' /proc/modules | sort
  set +f
  rm_lines=$(exec grep -hsE '^[[:space:]]*(install|blacklist)[[:space:]]' /etc/modprobe.d/*.conf)
  set -f
  [ -n "$rm_lines" ] || return 0
  rm_dep=/lib/modules/$IN_KERNEL/modules.dep
  rm_builtin=/lib/modules/$IN_KERNEL/modules.builtin
  [ -r "$rm_dep" ] || rm_dep=/dev/null
  [ -r "$rm_builtin" ] || rm_builtin=/dev/null
  printf '%s\n' "$rm_lines" | awk '
    function plain(text) { sub(/.*\//, "", text); sub(/\.ko.*/, "", text); gsub(/-/, "_", text); return text }
    FILENAME == "-" {
      name = $2; gsub(/-/, "_", name)
      if (name !~ /^[A-Za-z0-9_]+$/ || ++n > 500) next
      if ($1 == "blacklist") { if (!(name in how)) how[name] = "blacklist"; next }
      is = NF == 3 && $3 ~ /^(\/usr)?\/bin\/(false|true)$/
      how[name] = is && how[name] != "other" ? "install" : "other"
      next
    }
    FILENAME ~ /builtin$/ { delete how[plain($1)]; next }
    { file = $1; sub(/:$/, "", file); if (plain(file) in how) path[plain(file)] = file }
    END { for (name in how) if (how[name] != "other")
      print "module-off " name, how[name], (name in path ? path[name] : "-") }
  ' - "$rm_dep" "$rm_builtin" | sort
}
