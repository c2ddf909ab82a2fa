# Hosts whose packages are rpm's or apk's: what is installed, and whose files are whose, from their own
# databases; what dnf and zypper offer is in parts 58 and 59. Hosts of apk are only looked at.
# What cannot be told is left out and never guessed, such as what a person asked rpm for.

RPM_FOLDERS='/var/lib/rpm /usr/lib/sysimage/rpm'
APK_FILES='/lib/apk/db/installed /usr/lib/apk/db/installed'

# PACKAGES_OF: dpkg, rpm or apk. A host of one kind may have the program of another.
packages_whose() {
  PACKAGES_OF=dpkg
  [ ! -s /var/lib/dpkg/status ] || return 0
  for pw_file in $APK_FILES; do
    [ ! -s "$pw_file" ] || { PACKAGES_OF=apk APK_FILE=$pw_file; return 0; }
  done
  for pw_file in $RPM_FOLDERS; do
    [ ! -s "$pw_file/rpmdb.sqlite" ] && [ ! -s "$pw_file/Packages.db" ] &&
      [ ! -s "$pw_file/Packages" ] || { PACKAGES_OF=rpm; return 0; }
  done
}

# As inspect_packages does it, with the module behind the mark. `rt.lists` has a row for each package that
# changes when the package does; `installed` has no rows, as apt offers nothing here; dnf and zypper do.
inspect_others() { # DIR refresh|cached
  : >"$1/installed"
  say - >"$1/reboot"
  say "lists none 0 what the sources of $PACKAGES_OF offer is not read" >"$1/lists.out"
  if [ "$PACKAGES_OF" = rpm ]; then
    rpm_rows "$1" '%|MODULARITYLABEL?{%{MODULARITYLABEL}}:{}|' || rpm_rows "$1" ''
    # When the first process began: a container is younger than its kernel.
    read_clock
    read_start 1
    awk -F '\t' -v dir="$1" -v running="$IN_KERNEL" -v began="$((NOW_S - UPTIME_S + ${START:-0} / 100))" \
      "$AWK_RPM_PACKAGES" "$1/rt.rows"
    rpm_scan "$1" "$2" newer "$1/rt.rows"
  else
    io_world=/etc/apk/world
    [ -r "$io_world" ] || io_world=/dev/null
    awk -v dir="$1" "$AWK_APK_FIELDS$AWK_APK_PACKAGES" T=world "$io_world" T=db "$APK_FILE"
  fi >"$1/packages"
}

# All or nothing: half of a database would read as packages that were removed. An rpm that is older than
# modules refuses to tell anything when it is asked for one.
rpm_rows() { # DIR LABEL
  # shellcheck disable=SC1083 # rpm fills these in
  rr_format='%{NAME}\t%{ARCH}\t%|EPOCH?{%{EPOCH}:}:{}|%{VERSION}-%{RELEASE}\t%{SOURCERPM}\t'$2
  rpm -qa --qf "$rr_format"'\t%{INSTALLTID}\t%{BUILDTIME}\n' >"$1/rt.rows" &&
    [ -s "$1/rt.rows" ] && return 0
  : >"$1/rt.rows"
  return 1
}

# The files of all packages, as ID and PATH; an ID is a row of `rt.lists`.
others_files() {
  if [ "$PACKAGES_OF" = rpm ]; then
    # shellcheck disable=SC1083 # rpm fills these in
    rpm -qa --qf '[/rpm/%{=NAME}:%{=VERSION}-%{=RELEASE}.%{=ARCH}\t%{FILENAMES}\n]'
  else
    awk "$AWK_APK_FIELDS"'
      function package_ends() { }
      /^R:/ { print id "\t/" folder (folder == "" ? "" : "/") substr($0, 3) }' "$APK_FILE"
  fi
}

# A source has the epoch of its binary, as rpm writes none of its own into the name. Of kernels that are
# installed side by side the one that was built last is the newest. What every process or the first one
# holds wants a reboot when it came after this system began (rpm's own time of the transaction): the names are
# those of dnf's `needs-restarting -r`, and SUSE's for the same.
# shellcheck disable=SC2016
AWK_RPM_PACKAGES='
$1 == "gpg-pubkey" { next }
{
  arch = $2 == "(none)" ? "noarch" : $2
  source = $4; source_version = ""
  if (sub(/\.(no)?src\.rpm$/, "", source) && match(source, /-[^-]+-[^-]+$/)) {
    source_version = substr(source, RSTART + 1); source = substr(source, 1, RSTART - 1)
    if (match($3, /^[0-9]+:/)) source_version = substr($3, 1, RLENGTH) source_version
  } else { source = $1; source_version = $3 }
  n = split($5, label, ":"); module = n > 1 ? label[1] ":" label[2] : ""
  print "pkg " $1 "\t" arch "\t" $3 "\t" source "\t" source_version "\tinstalled\tauto\t" module
  plain = $3; sub(/^[0-9]+:/, "", plain)
  print "/rpm/" $1 ":" plain "." $2 "\t" $6 >(dir "/rt.lists")
  if (native == "" && arch != "noarch") native = arch
}
$1 ~ /^(glibc|systemd|dbus(-1|-broker|-daemon)?|linux-firmware|kernel-firmware(-.*)?|microcode_ctl|ucode-(intel|amd))$/ && \
  $6 + 0 > began + 0 && !since[$1]++ { young = young " " $1 }
$1 ~ /^kernel(-(core|default|default-base|rt-core|64k-core|uek|uek-core))?$/ {
  if (plain "." arch == running) mine[$1] = $7
  if ($7 + 0 > built[$1] + 0) { built[$1] = $7; newest[$1] = $3 }
}
END {
  print native >(dir "/arch")
  for (name in mine) {
    print "kernel-installed " newest[name]
    if (built[name] != mine[name]) { print "reboot yes kernel " name "-" newest[name]; is_kernel = 1 }
    is_known = 1
    break
  }
  if (!is_known) print "kernel-installed -"
  if (is_kernel) print "kernel" >(dir "/reboot")
  else if (young != "") print "packages" young >(dir "/reboot")
}'

# A letter a line, and an empty line behind each package (apk-tools, format of the installed database).
# shellcheck disable=SC2016
AWK_APK_FIELDS='
{ letter = substr($0, 1, 2) }
letter == "C:" { sum = substr($0, 3) }
letter == "P:" { name = substr($0, 3); folder = "" }
letter == "V:" { version = substr($0, 3); id = "/apk/" name ":" version }
letter == "A:" { arch = substr($0, 3) }
letter == "o:" { origin = substr($0, 3) }
letter == "F:" { folder = substr($0, 3) }
$0 == "" && name != "" { package_ends(); name = version = arch = origin = sum = folder = "" }
'

# What a person asked for stands in `world`, with a version or a tag behind it.
# shellcheck disable=SC2016
AWK_APK_PACKAGES='
function package_ends() {
  if (origin == "") origin = name
  print "pkg " name "\t" arch "\t" version "\t" origin "\t" version "\tinstalled\t" \
    (name in asked ? "manual" : "auto")
  print id "\t" sum >(dir "/rt.lists")
  if (native == "" && arch != "noarch") native = arch
}
T == "world" { for (i = 1; i <= NF; i++) { word = $i; sub(/[@<>=~].*/, "", word); asked[word] = 1 } next }
END {
  if (name != "") package_ends()
  print native >(dir "/arch")
  print "kernel-installed -"
}
'
