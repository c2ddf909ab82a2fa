# Whose file it is, and what a package could start: one walk over the list of a package.
# shellcheck disable=SC2016
AWK_RT_FILES='
BEGIN {
  split("py pl pm rb js php jar lua tcl mjs cjs", w, " "); for (i in w) code[w[i]] = 1
  area["/usr/l"] = area["/lib/"] = area["/lib6"] = area["/lib3"] = area["/libx"] = "lib"
  area["/usr/b"] = area["/bin/"] = area["/usr/g"] = "bin"
  area["/etc/"] = "etc"; area["/boot"] = "boot"
  split("doc/ man/ loca icon term info zone cmak", w, " "); for (i in w) quiet[w[i]] = 1
  for (i in area) if (length(i) == 5) short[i] = area[i]
}
function walk(list,   got) {
  list_begins(list)
  while ((got = (getline <list)) > 0) see()
  close(list)
  if (got < 0) is_broken = 1
  if (index(own_flags, "d")) {
    while ((getline <list) > 0) if (is_program()) own_programs = own_programs " " $0
    close(list)
  }
  list_ends()
}
function list_begins(list) {
  list_now = list
  own_flags = own_units = own_files = own_programs = ""
}
function list_ends(   n, i, w) {
  flags_of[list_now] = own_flags; units_of[list_now] = own_units; files_of[list_now] = own_files
  programs_of[list_now] = ""; is_new[list_now] = 1
  # The programs of a package with a service are looked at more closely.
  if (!index(own_flags, "d")) return
  delete texts[name_of(list_now)]
  n = split(own_programs, w, " ")
  for (i = 1; i <= n && ++program_n <= 2000; i++) {
    programs_of[list_now] = programs_of[list_now] " " w[i]
    print name_of(list_now) "\t" w[i] >(dir "/rt.programs")
  }
}
function is_program() {
  return /\/(s?bin|games|lib|libexec)\/[A-Za-z0-9\/._+-]+$/ && !/\.(so|service|conf)/
}
# The files of all packages at once, from a database that has no file for each.
T == "files" {
  if (!files_n++) ask_again()
  at = index($0, "\t"); list = substr($0, 1, at - 1)
  if (list != list_now) { if (list_now != "") list_ends(); list_begins(list) }
  $0 = substr($0, at + 1)
  see()
  if (is_program()) own_programs = own_programs " " $0
  next
}
function name_of(list) { sub(/.*\//, "", list); sub(/\.list$/, "", list); sub(/:.*$/, "", list); return list }
function see(   start, where_is) {
  start = substr($0, 1, 6)
  # Most of all lines: nothing below /usr/share is mapped, and little of it can be run.
  if (start == "/usr/s" && substr($0, 7, 3) == "har") {
    if (substr($0, 12, 4) in quiet) return
    if (is_code($0)) flag("i")
    if (substr($0, 12, 6) == "dbus-1" && /services\/[^\/]+\.service$/) flag("s")
    return
  }
  if ($0 in path) own_files = own_files "\n" $0
  if (start in area) where_is = area[start]
  else { start = substr($0, 1, 5); if (!(start in short)) return; where_is = short[start] }
  if (where_is == "lib") in_lib()
  else if (where_is == "bin") { if (/\/(bin|games)\/./) flag("p"); return }
  else if (where_is == "etc") { configured(); return }
  else { if (/^\/boot\/vmlinu/) flag("k"); return }
  if (is_code($0)) flag("i")
}
function flag(letter) { if (!index(own_flags, letter)) own_flags = own_flags letter }
function is_code(file,   n) {
  n = length(file)
  if (substr(file, n - 2, 1) == ".") return substr(file, n - 1) in code
  return substr(file, n - 3, 1) == "." && substr(file, n - 2) in code
}
function configured() {
  if (/^\/etc\/init\.d\/./) { flag("d"); own_units = own_units " " substr($0, 13) }
  else if (/^\/etc\/cron[^\/]*\/./) flag("c")
  else if (/^\/etc\/(xinetd\.d|apt\/apt\.conf\.d|kernel\/[^\/]+|network\/if-[^\/]+|dhcp\/[^\/]+)\/./)
    flag("h")
}
function in_lib(   unit) {
  if (index($0, ".so")) { if (/\.so[.0-9]*$/) library() }
  else if (index($0, "/systemd/system/")) {
    if (/\.service$/) { flag("d"); unit = $0; sub(/.*\//, "", unit); own_units = own_units " " unit }
    else if (/\.(socket|path)$/) flag("s")
    else if (/\.timer$/) flag("c")
  }
  else if (/^(\/usr)?\/lib\/modules\//) flag("k")
  else if (/^(\/usr)?\/lib\/udev\/rules/) flag("h")
}
function library(   stem) {
  if (/^(\/usr)?\/lib[0-9x]*\/([a-z0-9_]+-linux-gnu[a-z0-9_]*\/)?(lib|ld-)[^\/]*$/)
    flag(/\/libnss_[^\/]*$/ ? "h" : "l")
  else flag(/\/security\/pam_/ ? "h" : "m")
  if (match($0, /\.so\.[0-9]+/)) {
    stem = substr($0, 1, RSTART + RLENGTH - 1)
    if (stem in stem_of) by_stem[stem] = name_of(list_now)
    else if (("/usr" stem) in stem_of) by_stem["/usr" stem] = name_of(list_now)
  }
}
'

# What was found before. It holds for a list that is the same file, as long as nobody asks for a path that
# was not asked for then:
#
#   L LIST KEY       and of it:  A FLAGS UNITS…   O PATH, owned and asked for   G PROGRAMS…
#   W PATH           asked for, owned or not
#   I NAME           has a program that is a text for an interpreter
# shellcheck disable=SC2016
AWK_RT_KEPT='
T == "kept" {
  if (FNR == 1) { is_ours = $0 == "fettle runtime 1"; next }
  if (!is_ours) next
  letter = substr($0, 1, 1); rest = substr($0, 3)
  if (letter == "L") {
    at = index(rest, "\t"); list = substr(rest, 1, at - 1); kept_key[list] = substr(rest, at + 1)
    flags_of[list] = units_of[list] = files_of[list] = programs_of[list] = ""
  }
  else if (letter == "A") { flags_of[list] = $2; sub(/^[^ ]* ?/, "", rest); units_of[list] = " " rest }
  else if (letter == "O") files_of[list] = files_of[list] "\n" rest
  else if (letter == "G") programs_of[list] = " " rest
  else if (letter == "W") { kept_path[rest] = 1; kept_n++ }
  else if (letter == "I") texts[rest] = 1
  else if (letter == "E") is_whole = 1
  next
}
# Reads what is not known any more, or all.
function look_up(is_all,   i, j, n, w, list) {
  if (is_all) ask_again()
  for (i = 1; i <= list_n; i++) {
    list = lists[i]
    if (list in is_new) continue
    if (!is_all && (list in kept_key) && kept_key[list] == key[list]) continue
    if (list ~ /^\/var\//) walk(list)
    else if (files_n) { list_begins(list); list_ends() }
    else { needs_files = 1; return }
  }
  split("", owners); split("", flags); split("", known); name_n = 0
  for (i = 1; i <= list_n; i++) {
    name = name_of(lists[i])
    if (!(name in known)) { known[name] = 1; names[++name_n] = name; flags[name] = programs[name] = "" }
    n = length(flags_of[lists[i]])
    for (j = 1; j <= n; j++) has_flag(name, substr(flags_of[lists[i]], j, 1))
    n = split(units_of[lists[i]], w, " ")
    for (j = 1; j <= n; j++) if (w[j] in active) has_flag(name, "a")
    n = split(files_of[lists[i]], w, "\n")
    for (j = 2; j <= n; j++) owners[w[j]] = owners[w[j]] " " name
    programs[name] = programs[name] programs_of[lists[i]]
    if (name in texts) has_flag(name, "i")
  }
}
function has_flag(name, letter) {
  if (!index(flags[name], letter)) flags[name] = flags[name] letter
}
# Also for what was asked for before: an answer once is an answer the next time.
function ask_again(   p) {
  if (kept_n <= kept_max) for (p in kept_path) path[p] = 1
}
function read_lists(   is_all, p, i) {
  if (files_n) list_ends()
  is_all = !is_whole
  if (!is_all) for (p in path) if (!(p in kept_path)) is_all = 1
  look_up(is_all)
  if (needs_files) return
  if (is_all) return keep(path)
  # What is gone may have had a name that only its own package tells by another number.
  for (i = 1; i <= use_n; i++)
    if (use_gone[i] && use_file[i] ~ /\.so\.[0-9]/ && owners_of(use_file[i], 1) == "") is_all = 1
  if (!is_all) return keep(kept_path)
  if (!files_n) split("", is_new)
  look_up(1)
  if (!needs_files) keep(path)
}
function keep(asked,   i, n, list, p, w, out, is_other) {
  for (i = 1; i <= list_n; i++) if (lists[i] in is_new) is_other = 1
  for (list in kept_key) if (!(list in key)) is_other = 1
  if (!is_other) return
  out = kept_new
  print "fettle runtime 1" >out
  for (i = 1; i <= list_n; i++) {
    list = lists[i]
    print "L\t" list "\t" key[list] >out
    if (flags_of[list] != "") print "A\t" flags_of[list] units_of[list] >out
    n = split(files_of[list], w, "\n")
    for (p = 2; p <= n; p++) print "O\t" w[p] >out
    if (programs_of[list] != "") print "G\t" substr(programs_of[list], 2) >out
  }
  for (p in asked) print "W\t" p >out
  for (p in texts) print "I\t" p >out
}
'
