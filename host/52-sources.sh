# What the machine's sources offer: for `inspect`, `resolve` and staging. One `apt-get indextargets`
# and one awk over the index files that apt has already verified; asking apt-cache for each package
# took five times as long. What was read is kept, under the names and times of what it was read from.

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

# --- Sources ------------------------------------------------------------------------------------

# apt's own settings may allow what Fettle does not; they are overruled in every run of ours.
APT_STRICT='-o APT::Get::AllowUnauthenticated=false -o Acquire::AllowInsecureRepositories=false
-o Acquire::AllowDowngradeToInsecureRepositories=false -o Acquire::AllowWeakRepositories=false'

LISTS_PRIVATE="-o Dir::State::lists=$APT_DIR/lists
-o Dir::Cache::pkgcache=$APT_DIR/pkgcache.bin -o Dir::Cache::srcpkgcache="

APT_LISTS=''
APT_PKGCACHE=''
APT_ARCHS=''
# Where the machine keeps its lists, whether it caches them, and its architectures: APT_LISTS,
# APT_PKGCACHE, APT_ARCHS. Asked once by each process of ours, and kept behind the files that the
# answer follows from: an apt-config costs as much as ten small programs.
apt_settings() {
  [ -z "$APT_LISTS" ] || return 0
  settings_key
  settings_kept || settings_ask
}

# Every file that sets something, by name, size, number and times: AS_KEY. A setting that includes
# other files leaves no key, for those are not among them.
settings_key() {
  set +f
  AS_KEY=$(stat -c '%n %s %i %y %z' /usr/bin/apt-config /etc/apt /etc/apt/apt.conf /etc/apt/apt.conf.d \
    /etc/apt/apt.conf.d/* /var/lib/dpkg/arch 2>/dev/null)
  set -f
}

settings_kept() {
  [ -n "$AS_KEY" ] && [ -r "$APT_DIR/settings" ] || return 1
  as_text=
  while read -r as_line; do
    case $as_line in
      @lists*) as_lists=${as_line#@lists} ;;
      @pkgcache*) as_pkgcache=${as_line#@pkgcache} ;;
      @archs*) as_archs=${as_line#@archs} ;;
      @end)
        [ "$as_text" = "$AS_KEY$NEWLINE" ] || return 1
        APT_LISTS=$as_lists APT_PKGCACHE=$as_pkgcache APT_ARCHS=$as_archs
        return 0
        ;;
      *) as_text=$as_text$as_line$NEWLINE ;;
    esac
  done <"$APT_DIR/settings"
  return 1
}

settings_ask() {
  as_native='' as_included=no
  while read -r as_line; do
    as_value=${as_line#?=\'}
    as_value=${as_value%\'}
    case $as_line in
      L=*) APT_LISTS=$as_value ;;
      C=*) APT_PKGCACHE=$as_value ;;
      N=*) as_native=$as_value ;;
    esac
  done <<SETTINGS
$(apt-config shell L Dir::State::lists/d C Dir::Cache::pkgcache N APT::Architecture \
  2>/dev/null)
SETTINGS
  apt_architectures "$as_native"
  while [ "${APT_LISTS%/}" != "$APT_LISTS" ]; do APT_LISTS=${APT_LISTS%/}; done
  APT_LISTS=${APT_LISTS:-/var/lib/apt/lists}
  [ "$as_included" = no ] && [ -w "$APT_DIR" ] || return 0
  printf '%s\n' "$AS_KEY" "@lists$APT_LISTS" "@pkgcache$APT_PKGCACHE" "@archs$APT_ARCHS" @end \
    >"$APT_DIR/settings.$$" && mv -f "$APT_DIR/settings.$$" "$APT_DIR/settings"
}

# Every program of apt asks dpkg for the architectures, and what apt starts to verify signatures asks
# five times more. So apt is told what dpkg would say: its own architecture and those in dpkg's file.
# Where the machine's settings name them, or might, those hold.
apt_architectures() { # NATIVE
  case $1 in '' | *[!a-z0-9-]*) as_included=yes && return 0 ;; esac
  set +f
  as_named=$(exec grep -ihs -e architectures -e '#include' /etc/apt/apt.conf /etc/apt/apt.conf.d/*)
  set -f
  case $as_named in *'#'[iI][nN][cC][lL]*) as_included=yes ;; esac
  [ -z "$as_named" ] || return 0
  APT_ARCHS="-o APT::Architectures::=$1"
  [ -r /var/lib/dpkg/arch ] || return 0
  while read -r aa_name; do
    case $aa_name in '' | *[!a-z0-9-]* | "$1") continue ;; esac
    APT_ARCHS="$APT_ARCHS -o APT::Architectures::=$aa_name"
  done </var/lib/dpkg/arch
}

# Our own lists when they were refreshed after the machine's, else the machine's.
lists_choose() {
  apt_settings
  LISTS=$APT_LISTS LISTS_READ_AT=0
  # A check that found nothing new leaves only the folders' times behind.
  for ls_at in $(stat -c %Y "$LISTS/partial" "$LISTS" /var/lib/apt/periodic/update-success-stamp \
    2>/dev/null); do
    [ "$ls_at" -le "$LISTS_READ_AT" ] || LISTS_READ_AT=$ls_at
  done
  APT_O="$APT_STRICT $APT_ARCHS"
  # Images for containers switch the cache off, and each run then costs half a second more.
  [ -n "$APT_PKGCACHE" ] || APT_O="$APT_O -o Dir::Cache::pkgcache=$APT_DIR/machine.bin"
  [ -r "$APT_DIR/refreshed" ] || return 0
  read -r ls_at <"$APT_DIR/refreshed"
  is_number "$ls_at" && [ "$ls_at" -ge "$LISTS_READ_AT" ] || return 0
  lists_are_ours "$ls_at"
}

lists_are_ours() { # READ_AT
  LISTS=$APT_DIR/lists
  LISTS_READ_AT=$1
  APT_O="$APT_STRICT $APT_ARCHS $LISTS_PRIVATE"
}

# Reads the sources' indexes into our own folder with apt's own methods, keys and sandbox. The
# machine's update hooks are for its own lists, so they are cleared here. apt would also read all
# indexes into its cache; nothing of ours needs that before `resolve`, which makes it then.
lists_refresh() { # WORK_DIR
  if [ ! -d "$APT_DIR/lists/partial" ]; then
    mkdir -p "$APT_DIR/lists/partial"
    chmod 0755 "$APT_DIR" "$APT_DIR/lists"
  fi
  apt_settings
  printf '#clear APT::Update::%s;\n' Pre-Invoke Post-Invoke Post-Invoke-Success >"$1/apt.conf"
  # shellcheck disable=SC2086 # fixed options only
  if unlocked timeout -k 5 "$REFRESH_LIMIT_S" apt-get -q -c "$1/apt.conf" $APT_STRICT \
    $APT_ARCHS $LISTS_PRIVATE -o APT::Update::Error-Mode=any -o pkgCacheFile::Generate=false update \
    </dev/null >"$1/refresh.log" 2>&1; then
    read_clock
    say "$NOW_S" >"$APT_DIR/refreshed.new" &&
      mv -f "$APT_DIR/refreshed.new" "$APT_DIR/refreshed" && lists_are_ours "$NOW_S"
    return 0
  fi
  grep -E '^(E|W):' "$1/refresh.log" | head -n 5 | cut -c 1-300 >"$1/refresh.failed"
  [ -s "$1/refresh.failed" ] || printf 'apt-get update did not end well\n' >"$1/refresh.failed"
  return 1
}

# Reads what apt knows of its sources into DIR: `targets` (index files, by tabs), `sources.out`
# and `lists.out` (the lines of `inspect`), `releases`. What apt says follows from its settings and
# from the lists that lie there, so it is asked again only when one of those files is another.
sources_scan() { # DIR
  sources_key >"$1/scan.key"
  if ! cache_unpack "$APT_DIR/scan" "$1" "targets releases sources.out"; then
    sources_ask "$1"
    cache_pack "$APT_DIR/scan" "$1" "targets releases sources.out"
  fi
  lists_judge "$1" >"$1/lists.out"
}

# Every file that the answer depends on, by name, size, number and times. A refresh that finds nothing
# new moves the lists away and back, which is a change of their folder and not of them.
sources_key() {
  printf 'fettle scan 2 %s\n' "$APT_O"
  set +f
  stat -c '%n %s %i %y %z' /etc/apt /etc/apt/apt.conf /etc/apt/apt.conf.d/* \
    /etc/apt/sources.list /etc/apt/sources.list.d/* /var/lib/dpkg/arch 2>/dev/null
  stat -c '%n %s %i %y' "$LISTS"/*_* 2>/dev/null
  set -f
}

# Puts the named files of DIR into FILE, behind the key in DIR/scan.key. Only where a folder of ours
# is there already: an inspection leaves nothing on a machine that is only looked at. Written beside
# and renamed, so that a reader finds one whole state.
cache_pack() { # FILE DIR NAMES
  [ -w "${1%/*}" ] || return 0
  cp_file=$1 cp_dir=$2 cp_names=$3
  set -- "$cp_dir/scan.key"
  for cp_name in $cp_names; do set -- "$@" "$cp_dir/$cp_name"; done
  awk '
    FNR == 1 { n = FILENAME; sub(/.*\//, "", n); print "@@" (n == "scan.key" ? "key" : n) }
    { print }
    END { print "@@end" }' "$@" >"$cp_file.$$" 2>/dev/null && mv -f "$cp_file.$$" "$cp_file" ||
    rm -f "$cp_file.$$"
}

# The same files again, when FILE has the key that DIR/scan.key has now; 1 otherwise.
cache_unpack() { # FILE DIR NAMES
  [ -r "$1" ] || return 1
  for cu_name in $3; do : >"$2/$cu_name"; done
  awk -v dir="$2" '
    NR == FNR { key[++n] = $0; next }
    /^@@/ {
      part = substr($0, 3)
      if (part != "key" && seen != n) exit
      if (part == "end") whole = 1
      file = dir "/" part
      next
    }
    part == "key" { if (($0 "") != (key[++seen] "")) exit; next }
    { print > file }
    END { exit !whole }' "$2/scan.key" "$1"
}

sources_ask() { # DIR
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
  read_clock
  lj_count=0 lj_newest=0 lj_none='' lj_old=''
  while IFS=$TAB read -r _ lj_uri lj_suite lj_file _ lj_date lj_until; do
    lj_count=$((lj_count + 1))
    if [ "$lj_file" = - ]; then
      lj_none=${lj_none:-$lj_uri $lj_suite}
      continue
    fi
    # A date before 1970, or none that can be read, is no date.
    is_number "$lj_date" || lj_date=0
    is_number "$lj_until" || lj_until=1
    [ "$lj_date" -le "$lj_newest" ] || lj_newest=$lj_date
    if [ "$lj_until" -gt 0 ] && [ "$lj_until" -lt "$NOW_S" ]; then
      lj_old=${lj_old:-Valid-Until passed $lj_until $lj_uri $lj_suite}
    fi
    if [ "$lj_until" -eq 0 ] && [ $((NOW_S - LISTS_READ_AT)) -gt "$LISTS_AGE_MAX_S" ]; then
      lj_old=${lj_old:-not read since $LISTS_READ_AT $lj_uri $lj_suite}
    fi
  done <"$1/releases"
  if [ "$lj_count" -eq 0 ]; then
    say "lists none 0 no source is enabled"
  elif [ -n "$lj_none" ]; then
    say "lists none $lj_newest never read: $lj_none"
  elif [ -n "$lj_old" ]; then
    say "lists stale $lj_newest $lj_old"
  else
    say "lists ok $lj_newest read $LISTS_READ_AT"
  fi
}

# Offers for the packages in a file (rows of installed_list), by tabs: name arch version sha256 size
# origin suite component source source-version, and for staging the URI and the installed size in
# KiB. Mode `newer`: the installed version and above, as the lines of `inspect`. Mode `all`: every
# version. A record without SHA-256 is not an offer: nothing could pin it.
offers_scan() { # DIR newer|all PACKAGES
  offers_key "$1" >"$1/scan.key" && os_whole=yes || os_whole=no
  # Names that a kept answer did not look for are not in it: then it picks nothing and says so.
  if [ "$os_whole" = yes ] && cache_unpack "$APT_DIR/offers" "$1" "known offers.rows" &&
    offers_pick "$1" "$2" "$3"; then
    return 0
  fi
  [ -f "$1/installed" ] || : >"$1/installed"
  awk -F '\t' '!($1 in seen) { seen[$1] = 1; print $1 }' "$3" "$1/installed" >"$1/known"
  offers_read "$1" >"$1/offers.rows"
  [ "$os_whole" = no ] || cache_pack "$APT_DIR/offers" "$1" "known offers.rows"
  offers_pick "$1" "$2" "$3"
}

# The indexes by name, size, number and times; 1 when one of them cannot be told apart.
offers_key() { # DIR
  printf 'fettle offers 1\n'
  set -- "$1"
  while read -r ok_row; do
    say "$ok_row"
    set -- "$@" "${ok_row%%	*}"
  done <"$1/targets"
  shift
  [ $# -eq 0 ] || stat -c '%n %s %i %y %z' "$@" 2>/dev/null
}

# Every version that the indexes have of the names in DIR/known. An index that lies there as text is
# read as it is; apt's own helper opens the compressed ones.
offers_read() { # DIR
  or_dir=$1
  set -- "$or_dir/known" "T=0" "$or_dir/targets"
  or_number=0
  while read -r or_row; do
    or_number=$((or_number + 1))
    or_file=${or_row%%	*}
    case $or_file in
      *_Packages) [ -f "$or_file" ] || or_file='' ;;
      *) or_file='' ;;
    esac
    if [ -z "$or_file" ]; then
      or_file=$or_dir/index.$or_number
      "$APT_HELPER" cat-file "${or_row%%	*}" </dev/null >"$or_file"
    fi
    set -- "$@" "T=$or_number" "$or_file"
  done <"$or_dir/targets"
  awk -F '\t' '
    NR == FNR { have[$1] = 1; next }
    T == "0" { target[FNR] = $0; next }
    FNR == 1 { out(); split("", v); skip = 0; read_target(target[T]) }
    skip { if ($0 != "") next; skip = 0 }
    $0 == "" { out(); split("", v); next }
    /^Package: / { v["Package"] = substr($0, 10); if (!(v["Package"] in have)) { skip = 1; split("", v) } next }
    /^(Architecture|Version|SHA256|Size|Source|Filename|Installed-Size): / {
      i = index($0, ": "); v[substr($0, 1, i - 1)] = substr($0, i + 2); next
    }
    function read_target(row,   f) {
      split(row, f, "\t"); label = f[2]; suite = f[3]; component = f[4]; repo = f[5]
    }
    function out(   source, i) {
      if (!("Package" in v) || !("SHA256" in v) || v["Version"] == "") return
      source = "Source" in v ? v["Source"] : v["Package"]
      i = index(source, " (")
      printf "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n", v["Package"], v["Architecture"], \
        v["Version"], v["SHA256"], v["Size"] + 0, label, suite, component, \
        i ? substr(source, 1, i - 1) : source, \
        i ? substr(source, i + 2, length(source) - i - 2) : v["Version"], \
        repo v["Filename"], v["Installed-Size"] + 0
    }
    END { out() }' "$@"
}

# Of those, what the mode wants for the packages in the file. 3, and nothing, when one of them was not
# looked for.
offers_pick() { # DIR newer|all PACKAGES
  awk -F '\t' -v mode="$2" "$AWK_VERSIONS"'
    NR == FNR { known[$1] = 1; next }
    P == 1 {
      if (!($1 in known)) exit 3
      have[$1] = 1; at[$1, $2] = $3
      if ($1 == "dpkg") native = $2
      next
    }
    !($1 in have) { next }
    mode == "newer" {
      mine = installed($1, $2)
      if (mine == "" || dcmp($3, mine) < 0) next
      line = $0
      sub(/\t[^\t]*\t[^\t]*$/, "", line)
      print "offer " line
      next
    }
    { print }
    function installed(name, arch) {
      if ((name, arch) in at) return at[name, arch]
      if (arch == "all" && (name, native) in at) return at[name, native]
      if (arch == native && (name, "all") in at) return at[name, "all"]
      return ""
    }' "$1/known" P=1 "$3" P=2 "$1/offers.rows"
}
