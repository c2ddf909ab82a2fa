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
  apt_settings "$1"
  printf '#clear APT::Update::%s;\n' Pre-Invoke Post-Invoke Post-Invoke-Success >"$1/apt.conf"
  # shellcheck disable=SC2086 # fixed options only
  if unlocked timeout -k 5 "$REFRESH_LIMIT_S" apt-get -q -c "$1/apt.conf" $APT_STRICT \
    $APT_ARCHS $LISTS_PRIVATE -o APT::Update::Error-Mode=any -o pkgCacheFile::Generate=false update \
    </dev/null >"$1/refresh.log" 2>&1; then
    read_clock
    say "$NOW_S" >"$APT_DIR/refreshed"
    return 0
  fi
  grep -E '^(E|W):' "$1/refresh.log" | head -n 5 | cut -c 1-300 >"$1/refresh.failed"
  [ -s "$1/refresh.failed" ] || printf 'apt-get update did not end well\n' >"$1/refresh.failed"
  return 1
}

# What apt knows of its sources into DIR: `targets` (index files, by tabs), `sources.out` and `lists.out`
# (the lines of `inspect`), `releases`. What apt says follows from its settings and from the lists that
# lie there, so it is asked again only when one of those files is another. Whether lists are too old is
# judged each time. MODE and PACKAGES are those of the offers_scan that follows.
sources_scan() { # DIR none|newer|all PACKAGES
  sources_look "$@"
  sources_seen "$@"
}

# The same after sources_look.
sources_seen() { # DIR none|newer|all PACKAGES
  if [ "$SCAN_KEPT" = no ]; then
    sources_ask "$1"
    cache_pack "$APT_DIR/scan" "$1" "targets releases sources.out"
    # Its files are the key to the offers.
    [ ! -w "$APT_DIR" ] || sources_look "$@"
  fi
  lists_judge "$1" >"$1/lists.out"
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

# `source URI SUITE COMPONENTS signed index-signed|unsigned`; a source whose lists are missing proves nothing. An
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
        if (!(i in part)) { print "source " f[2] " " f[3] " ? unsigned"; continue }
        sub(/\/+$/, "", uri[i])
        print "source " uri[i] " " suite[i] " " part[i] " " \
          (f[5] == "yes" && !(i in bad) ? "signed index-signed" : "unsigned")
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

# Offers for the packages in a file (rows of installed_list), in DIR/offers.out, by tabs: name arch version
# sha256 size origin suite component source source-version, and for staging the URI and the installed size
# in KiB. Mode `newer`: the installed version and above, as the lines of `inspect`. Mode `all`: every
# version. A record without SHA-256 is not an offer: nothing could pin it. sources_scan was asked with the
# same mode and packages. Names that a kept answer did not look for are not in it: it is made anew.
offers_scan() { # DIR newer|all PACKAGES
  [ "$OFFERS_KEPT" = no ] || return 0
  [ -f "$1/installed" ] || : >"$1/installed"
  awk -F '\t' '!($1 in seen) { seen[$1] = 1; print $1 }' "$3" "$1/installed" >"$1/known"
  offers_read "$1" >"$1/offers.rows"
  cache_pack "$APT_DIR/offers" "$1" "known offers.rows"
  : >"$1/offers.out"
  offers_pick "$1" "$2" "$3"
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

# Of those, what the mode wants for the packages in the file: the same rule as in kept_look.
offers_pick() { # DIR newer|all PACKAGES
  awk -F '\t' -v dir="$1" -v mode="$2" "$AWK_VERSIONS$AWK_PICK"'
    T == "packages" {
      have[$1] = 1; version[$1, $2] = $3
      if ($1 == "dpkg") native = $2
      next
    }
    { pick() }' T=packages "$3" T=rows "$1/offers.rows"
}
