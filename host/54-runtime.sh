# What of the packages runs: which processes have their programs and libraries in memory, who listens
# where, which kernel modules are loaded or switched off. Read from /proc and from dpkg's own lists of
# files, or from the database of rpm or apk, in a handful of programs whatever the number of processes. Lines of `inspect`:
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
RT_PATHS_KEPT_MAX=20000

# What all processes have mapped of programs and libraries, what they are, and which sockets are open to
# others, told by one program for all who ask.
processes_read() {
  set +f
  exec grep -Hs -e ' 00000000:0000 0[A7] ' -e ' 00000000000000000000000000000000:0000 0[A7] ' \
    -e '^Name:' -e '^PPid:' -e '^VmSize:' -e ' [r-][w-]x[ps] .* /' -e '\.so' \
    /proc/net/tcp /proc/net/tcp6 /proc/net/udp /proc/net/udp6 \
    /proc/[0-9]*/status /proc/[0-9]*/maps
}

# Into DIR: `runtime`, the lines above, and `rt.gone`, what processes map of files that are gone, as PID
# and FILE. DIR has `rt.proc`, what processes_read said, and `out` with the lines of services. Where it
# cannot be told, `runtime` is empty and 1 is given.
#
# Of each of dpkg's lists what was found in it is kept, behind the list's own number, size and time: they
# are most of what there is to read, and after a patch only those of its packages are others.
inspect_runtime() { # DIR
  rt_dir=$1 rt_lists=''
  [ "$PACKAGES_OF" != dpkg ] || rt_lists='/var/lib/dpkg/info/*.list'
  set +f
  # shellcheck disable=SC2086 # a pattern
  stat -L -c "%n$TAB%d:%i$TAB%s$TAB%z" /. /proc/self/ns/net /proc/self/ns/mnt \
    /proc/[0-9]*/root/. /proc/[0-9]*/ns/net /proc/[0-9]*/ns/mnt $rt_lists \
    >"$rt_dir/rt.stat" 2>/dev/null
  # Others' processes may be hidden from an ordinary user altogether (proc(5), hidepid).
  rt_uid=''
  while read -r rt_word rt_uid _; do [ "$rt_word" != Uid: ] || break; done </proc/self/status
  rt_arch=''
  [ ! -s "$rt_dir/arch" ] || read -r rt_arch <"$rt_dir/arch"
  # An awk that is given a file which is not there reads no other.
  rt_kept_file=$APT_DIR/runtime
  rt_kept_new=$rt_kept_file.$$
  [ -w "$APT_DIR" ] || rt_kept_new=$rt_dir/rt.kept
  rt_kept=$rt_kept_file rt_diversions=/var/lib/dpkg/diversions rt_modules=/proc/modules
  [ -r "$rt_kept" ] || rt_kept=/dev/null
  [ -r "$rt_diversions" ] || rt_diversions=/dev/null
  [ -r "$rt_modules" ] || rt_modules=/dev/null
  set --
  for rt_file in /etc/modprobe.d/*.conf; do
    [ ! -f "$rt_file" ] || [ ! -r "$rt_file" ] || set -- "$@" "$rt_file"
  done
  for rt_file in rt.gone rt.services rt.programs; do : >"$rt_dir/$rt_file"; done
  [ ! -s "$rt_dir/rt.lists" ] || (exec cat "$rt_dir/rt.lists") >>"$rt_dir/rt.stat"
  runtime_look /dev/null "$@"
  rt_code=$?
  if [ "$rt_code" -eq 3 ]; then
    others_files >"$rt_dir/rt.files" && runtime_look "$rt_dir/rt.files" "$@"
    rt_code=$?
  fi
  set -f
  if [ "$rt_code" -ne 0 ]; then
    : >"$rt_dir/runtime"
    return 1
  fi
  runtime_keep "$rt_dir"
  [ ! -s "$rt_dir/rt.services" ] || runtime_services "$rt_dir" >>"$rt_dir/runtime"
}

# 3: it must be given the files of all packages.
runtime_look() { # FILES CONF…
  rl_files=$1
  shift
  # The links to programs come first, then the folders of open files.
  # shellcheck disable=SC2012 # find would start a program for each, or ask for GNU's own
  ls -ln /proc/[0-9]*/exe /proc/[0-9]*/fd 2>/dev/null |
    awk -v dir="$rt_dir" -v self="$$" -v arch="$rt_arch" -v uid="$rt_uid" -v kernel="$IN_KERNEL" \
      -v rows_max="$RT_SOCKET_ROWS_MAX" -v kept_max="$RT_PATHS_KEPT_MAX" -v files="$rl_files" -v kept_new="$rt_kept_new" \
      "$AWK_RT_READ$AWK_RT_FILES$AWK_RT_KEPT$AWK_RT_MODULES$AWK_RT_SAY" \
      T=kept "$rt_kept" T=stat "$rt_dir/rt.stat" T=proc "$rt_dir/rt.proc" T=links - \
      T=diversion "$rt_diversions" T=service "$rt_dir/out" T=module "$rt_modules" \
      T=off "$@" T=files "$rl_files"
}

# What of the programs of idle services is asked of them themselves: who runs with another user's rights
# stands in no list, and can change at any time.
runtime_services() { # DIR
  rs_name='' rs_flags=''
  # A shell reads lines byte by byte, and words of one text at once. They end with `.` for each package.
  # shellcheck disable=SC2013 # neither names nor these paths have blanks
  for rs_word in $(exec cat "$1/rt.services"); do
    if [ "$rs_word" = . ]; then
      case $RT_TEXTS in *" $rs_name "*) rs_flags=${rs_flags}i ;; esac
      say "idle $rs_flags $rs_name"
      rs_name='' rs_flags=''
    elif [ -z "$rs_name" ]; then
      rs_name=$rs_word
    elif [ -z "$rs_flags" ]; then
      rs_flags=$rs_word
    elif [ -f "$rs_word" ] && { [ -u "$rs_word" ] || [ -g "$rs_word" ]; }; then
      rs_flags=${rs_flags%u}u
    fi
  done
}

# Which of the packages with a service that were just read have a program that is a text for an
# interpreter, in RT_TEXTS; and what was found, for the next look.
runtime_keep() { # DIR
  RT_TEXTS=' '
  if [ -s "$1/rt.programs" ]; then
    # shellcheck disable=SC2046 # paths without spaces, one a line
    set -- "$1" $(exec cut -f 2 "$1/rt.programs")
    rk_dir=$1
    shift
    RT_TEXTS=" $(head -v -c 60 "$@" /dev/null 2>/dev/null | tr -d '\000' |
      awk -F '\t' -v ORS=' ' '
        T == "programs" { owner[$2] = $1; next }
        /^==> \/.* <==$/ { file = substr($0, 5, length($0) - 8); next }
        /^#!.*(python|perl|ruby|node|php|lua|tcl|java|guile|awk)/ && file in owner {
          if (!(owner[file] in said)) print owner[file]
          said[owner[file]] = 1
        }' T=programs "$rk_dir/rt.programs" T=texts -)"
    set -- "$rk_dir"
  fi
  [ -s "$rt_kept_new" ] && [ -w "$APT_DIR" ] || return 0
  for rk_name in $RT_TEXTS; do say "I$TAB$rk_name"; done >>"$rt_kept_new" &&
    say E >>"$rt_kept_new" && mv -f "$rt_kept_new" "$rt_kept_file" || rm -f "$rt_kept_new"
}

# What /proc says of processes, and of those that count: of this root or this mount namespace, which a
# program that closed itself into a folder still has. A container has neither, and is only counted.
# shellcheck disable=SC2016 # awk's own variables
AWK_RT_READ='
T == "stat" {
  at = index($0, "\t"); file = substr($0, 1, at - 1)
  if (file ~ /^\/(var|rpm|apk)\//) { lists[++list_n] = file; key[file] = substr($0, at + 1); next }
  if (file == "/.") root = $2
  else if (file == "/proc/self/ns/mnt") mnt = $2
  else if (file == "/proc/self/ns/net") net = $2
  else {
    split(file, f, "/")
    if (f[4] == "root") root_of[f[3]] = $2
    else if (f[5] == "mnt") mnt_of[f[3]] = $2
    else net_of[f[3]] = $2
  }
  next
}
T == "proc" {
  pid = substr($1, 7); at = index(pid, "/"); what = substr(pid, at + 1, 7); pid = substr(pid, 1, at - 1)
  if (pid == "net") is_listening()
  else if (what == "status:") {
    what = substr($1, 15 + length(pid))
    if (what == "Name:") {
      name = $0; sub(/^[^\t]*\t/, "", name); gsub(/[^A-Za-z0-9@._+-]/, "_", name)
      comm[pid] = substr(name, 1, 15)
    }
    else if (what == "PPid:") parent[pid] = $2
    else has_memory[pid] = 1
  }
  else has_mapped()
  next
}
# The links to programs come first, then the folders of open files. Which sockets listen is known by
# their numbers; whose they are is told by the links, which a busy server has many of.
T == "links" {
  at = index($0, " -> ")
  if (!at) { if (/^\/proc\/[0-9]+\/fd:$/) { split($0, f, "/"); pid = f[3] } }
  else if (substr($0, at + 4, 8) == "socket:[") {
    if (found_n == open_n || ++links > rows_max) next
    inode = substr($0, at + 12); sub(/\].*/, "", inode)
    if (!(inode in open) || inode in found) next
    holder[inode] = pid
    # systemd holds the sockets of its services too: the service itself is looked for further on.
    if (pid != 1) { found[inode]; found_n++ }
  }
  else if (match($0, /\/proc\/[0-9]+\/exe -> /))
    exe_of[substr($0, RSTART + 6, RLENGTH - 14)] = substr($0, at + 4)
  next
}
T == "service" { if ($1 == "service" && $3 == "active") active[$2] = 1; next }
T == "diversion" {
  turn = FNR % 3
  if (turn == 1) from = $0
  else if (turn == 2) to = $0
  else { by[from] = $0; moved[to] = from; wanted(from); wanted(to) }
  next
}
# The number before the row may fill its column, so that no space is before it.
function is_listening(   proto) {
  proto = substr($1, 11, 3)
  sub(/^[^:]*: *[0-9]+: */, "")
  if (proto == "tcp" && $3 != "0A") return
  row[++row_n] = proto; address[row_n] = $1; inode_of[row_n] = $9
  if (!($9 in open)) { open[$9]; open_n++ }
}
function has_mapped(   file, is_gone) {
  at = index($0, " /"); if (!at) return
  file = substr($0, at + 1)
  if ((pid, file) in seen_map) return
  seen_map[pid, file] = 1
  is_gone = sub(/ \(deleted\)$/, "", file)
  if (file ~ /^\/(dev|proc|sys|run|tmp|var\/tmp|SYSV|memfd:|\[aio\])/) return
  if (is_gone && ($2 ~ /x/ || file ~ /\.so/)) print pid "\t" file >(dir "/rt.gone")
  if (!(pid in counts)) counts[pid] = does_count(pid)
  if (counts[pid] == "yes") mapped(pid, file, is_gone)
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
function mapped(pid, file, is_gone) {
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
'

# Modules in the kernel, and those that an administrator took out: `install NAME /bin/false` keeps
# modprobe from loading it at all, `blacklist` only from loading it for a device. A module that is built
# in is there whatever the files say, and is not listed.
# shellcheck disable=SC2016
AWK_RT_MODULES='
T == "module" { if (FNR <= 1000) loaded[FNR] = $1; next }
T == "off" && ($1 == "install" || $1 == "blacklist") {
  name = $2; gsub(/-/, "_", name)
  if (name !~ /^[A-Za-z0-9_]+$/ || ++off_n > 500) next
  if ($1 == "blacklist") { if (!(name in how)) how[name] = "blacklist"; next }
  is = NF == 3 && $3 ~ /^(\/usr)?\/bin\/(false|true)$/
  how[name] = is && how[name] != "other" ? "install" : "other"
  next
}
function plain(text) { sub(/.*\//, "", text); sub(/\.ko.*/, "", text); gsub(/-/, "_", text); return text }
function say_modules(   i, name, line, folder, file, path_of) {
  for (i = 1; i in loaded; i++) print "module " loaded[i] >out
  if (off_n == 0) return
  folder = "/lib/modules/" kernel
  while ((getline line <(folder "/modules.builtin")) > 0) delete how[plain(line)]
  while ((getline line <(folder "/modules.dep")) > 0) {
    file = line; sub(/:.*$/, "", file)
    if (plain(file) in how) module_path[plain(file)] = file
  }
  for (name in how) if (how[name] != "other")
    print "module-off " name, how[name], (name in module_path ? module_path[name] : "-") >out
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
function say_sockets(   i, a, pid, line) {
  for (i = 1; i <= row_n; i++) {
    split(address[i], a, ":")
    pid = (inode_of[i] in holder) ? holder[inode_of[i]] : ""
    line = "listen " row[i] "\t" hex(a[2]) "\t" where(a[1]) "\t" \
      (pid == "" || counts[pid] != "yes" ? "-" : first_owner(pid)) "\t" \
      (pid == "" || comm[pid] == "" ? "-" : comm[pid])
    if (line in said || ++said_n > 2000) continue
    said[line] = 1; print line >out
  }
}
# The packages that no process has in memory, by their flags.
function say_idle(   i, name, all, line) {
  for (i = 1; i <= name_n; i++) {
    name = names[i]
    if (name in map_n) continue
    if (programs[name] != "") { print name, sorted(flags[name]) programs[name], "." >(dir "/rt.services"); continue }
    all = flags[name] == "" ? "-" : sorted(flags[name])
    if (length(line_of[all]) > 900) { print "idle " all line_of[all] >out; line_of[all] = "" }
    line_of[all] = line_of[all] " " name
  }
  for (all in line_of) if (line_of[all] != "") print "idle " all line_of[all] >out
}
function sorted(letters,   i, all, letter) {
  for (i = 1; i <= 11; i++) {
    letter = substr("acdhiklmpsu", i, 1)
    if (index(letters, letter)) all = all letter
  }
  return all
}
END {
  if (root == "" || list_n == 0) exit
  out = dir "/runtime"
  for (pid in has_memory) {
    if (!(pid in counts)) counts[pid] = does_count(pid)
    if (counts[pid] != "yes") continue
    exe = exe_of[pid]; sub(/ \(deleted\)$/, "", exe)
    if (exe != "") wanted(exe)
  }
  if (files != "/dev/null" && !files_n) exit 1
  read_lists()
  if (is_broken) exit 1
  if (needs_files) exit 3
  for (pid in has_memory) {
    if (counts[pid] == "yes") {
      # Seen among the processes and not in memory: it ended meanwhile, or may not be read.
      if (!(pid in exe_of)) { if ((getline line < ("/proc/" pid "/comm")) > 0) unread++; continue }
      own++
      exe = exe_of[pid]; is_gone = sub(/ \(deleted\)$/, "", exe)
      n = split(owners_of(exe, is_gone), w, " ")
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
  for (i = 1; i <= name_n; i++) {
    name = names[i]
    if (name in map_n) print "used " name "\t" run_n[name] + 0 "\t" map_n[name] "\t" \
      stale_n[name] + 0 "\t" who_text(name) >out
  }
  say_idle()
  say_sockets()
  # A process in a network of its own listens where this list does not look.
  for (name in apart) print "listen other\t0\tany\t" name "\t-" >out
  say_modules()
}'
