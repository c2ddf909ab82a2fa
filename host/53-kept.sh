# What apt said of its settings, of its sources and of what they offer is kept in $APT_DIR, behind the
# name, size, number and times of every file that it followed from, for a run of apt costs as much as
# twenty small programs. One `stat` and one awk look whether all of it still holds; what does not is asked
# again. Only where a folder of ours is there already: an inspection leaves nothing on a machine that is
# only looked at.

APT_LISTS=''
APT_PKGCACHE=''
APT_ARCHS=''
APT_HOOKS=''
# Where the machine keeps its lists, whether it caches them, its architectures, and whether debconf's is
# its only hook before an installation: APT_LISTS, APT_PKGCACHE, APT_ARCHS, APT_HOOKS. Asked once by each
# process of ours.
apt_settings() { # DIR
  [ -n "$APT_LISTS" ] || sources_look "$1" none /dev/null
}

# Which lists are read, ours when they were refreshed after the machine's: LISTS, LISTS_READ_AT and APT_O.
# In DIR, where it is still known, what sources_ask would say, and OFFERS_KEPT tells whether what the mode
# wants of PACKAGES (offers_pick) is in DIR/offers.out. SCAN_KEPT and OFFERS_KEPT: yes or no.
sources_look() { # DIR none|newer|all PACKAGES
  kept_look "$@"
  case $SETTINGS_KEPT in
    no) settings_ask "$1" && kept_look "$@" ;;
    elsewhere) kept_look "$@" ;;
  esac
  APT_O="$APT_STRICT $APT_ARCHS"
  # Images for containers switch the cache off, and each run then costs half a second more.
  [ -n "$APT_PKGCACHE" ] || APT_O="$APT_O -o Dir::Cache::pkgcache=$APT_DIR/machine.bin"
  if [ "$LISTS_OURS" = yes ]; then lists_are_ours "$LISTS_READ_AT"; else LISTS=$APT_LISTS; fi
}

kept_look() { # DIR none|newer|all PACKAGES
  kl_at=''
  [ ! -r "$APT_DIR/refreshed" ] || read -r kl_at <"$APT_DIR/refreshed"
  is_number "$kl_at" || kl_at=''
  kl_files=
  for kl_file in "$APT_DIR/settings" "$APT_DIR/scan" "$APT_DIR/offers"; do
    [ -r "$kl_file" ] || kl_file=/dev/null
    kl_files="$kl_files $kl_file"
  done
  : >"$1/settings.read"
  kept_facts "$@" >"$1/kept"
  SETTINGS_KEPT=no SCAN_KEPT=no OFFERS_KEPT=no LISTS_OURS=no LISTS_READ_AT=0
  while read -r kl_word kl_value; do
    case $kl_word in
      settings) SETTINGS_KEPT=$kl_value ;;
      lists) APT_LISTS=$kl_value ;;
      pkgcache) APT_PKGCACHE=$kl_value ;;
      archs) APT_ARCHS=$kl_value ;;
      hooks) APT_HOOKS=$kl_value ;;
      ours) LISTS_OURS=$kl_value ;;
      at) LISTS_READ_AT=$kl_value ;;
      scan) SCAN_KEPT=$kl_value ;;
      offers) OFFERS_KEPT=$kl_value ;;
    esac
  done <"$1/kept"
  [ "$SETTINGS_KEPT" != no ] || APT_LISTS=''
}

# A refresh that finds nothing new moves the lists away and back, which is a change of their folder and
# not of them: the time of that change counts for settings and indexes alone.
kept_facts() { # DIR MODE PACKAGES
  kf_lists=${APT_LISTS:-/var/lib/apt/lists}
  set -- "$@" "$kf_lists" "$APT_DIR/lists"
  set +f
  # shellcheck disable=SC2086 # three of our own paths
  set -- "$@" $kl_files
  stat -c "%n$TAB%s %i %y$TAB%z$TAB%Y" /usr/bin/apt-config /etc/apt /etc/apt/apt.conf \
    /etc/apt/apt.conf.d /etc/apt/apt.conf.d/* /etc/apt/sources.list /etc/apt/sources.list.d/* \
    /var/lib/dpkg/arch "$kf_lists" "$kf_lists/partial" /var/lib/apt/periodic/update-success-stamp \
    "$kf_lists"/*_* "$APT_DIR/lists"/*_* 2>/dev/null |
    awk -F '\t' -v dir="$1" -v mode="$2" -v machine="$4" -v own="$5" -v refreshed="$kl_at" \
      -v known="${APT_LISTS:+yes}" -v pkgcache="$APT_PKGCACHE" -v archs="$APT_ARCHS" \
      -v hooks="$APT_HOOKS" "$AWK_VERSIONS$AWK_PICK$AWK_KEPT" \
      T=settings "$6" T=stat - T=scan "$7" T=packages "$3" T=offers "$8"
  set -f
}

# What the mode wants of a row of offers, for the packages in `have` and `version`.
# shellcheck disable=SC2016 # awk's own variables
AWK_PICK='
function pick(   mine, line) {
  if (!($1 in have)) return
  line = $0
  if (mode == "newer") {
    mine = installed($1, $2)
    if (mine == "" || dcmp($3, mine) < 0) return
    sub(/\t[^\t]*\t[^\t]*$/, "", line)
    line = "offer " line
  }
  print line >(dir "/offers.out")
}

function installed(name, arch) {
  if ((name, arch) in version) return version[name, arch]
  if (arch == "all" && (name, native) in version) return version[name, native]
  if (arch == native && (name, "all") in version) return version[name, "all"]
  return ""
}
'

# shellcheck disable=SC2016 # awk's own variables
AWK_KEPT='
BEGIN { lists = machine; scan_ok = offers_ok = 1; at = 0 }

# The files of settings first, then `@name value`.
T == "settings" {
  if (known != "") next
  if ($0 ~ /^@/) {
    i = index($0, " "); name = substr($0, 2, i - 2); value = substr($0, i + 1)
    if (name == "lists") lists = value
    else if (name == "pkgcache") pkgcache = value
    else if (name == "archs") archs = value
    else if (name == "hooks") hooks = value
    else if (name == "end") settings_whole = 1
  } else kept[++kept_n] = $0
  next
}

T == "stat" {
  if ($1 == machine || $1 == machine "/partial" || $1 ~ /update-success-stamp$/) {
    if ($4 + 0 > at) at = $4 + 0
  } else if (index($1, machine "/") == 1 || index($1, own "/") == 1) {
    full[$1] = $1 "\t" $2 "\t" $3
    list[++list_n] = $1 "\t" $2
  } else setting[++setting_n] = $1 "\t" $2 "\t" $3
  next
}

T == "scan" {
  if (!decided) decide()
  if (!scan_ok) next
  if ($0 ~ /^@@/) {
    piece = substr($0, 3)
    if (piece != "key" && seen != key_n) scan_ok = 0
    else if (piece == "end") scan_whole = 1
    else if (piece != "key") {
      if (!unpacking++) {
        printf "" >(dir "/targets"); printf "" >(dir "/releases"); printf "" >(dir "/sources.out")
      }
      file = dir "/" piece
    }
  } else if (piece == "key") {
    if (($0 "") != (key[++seen] "")) scan_ok = 0
  } else {
    print >file
    if (piece == "targets") target[++target_n] = $0
  }
  next
}

T == "packages" {
  have[$1] = 1; version[$1, $2] = $3
  if ($1 == "dpkg") native = $2
  next
}

T == "offers" {
  if (!keyed) offers_key()
  if (!offers_ok) next
  if ($0 ~ /^@@/) {
    piece = substr($0, 3)
    if (piece != "key" && offers_seen != okey_n) offers_ok = 0
    if (piece == "end") for (name in have) if (!(name in looked)) offers_ok = 0
    if (piece == "end") offers_whole = 1
  } else if (piece == "key") {
    if (($0 "") != (okey[++offers_seen] "")) offers_ok = 0
  } else if (piece == "known") looked[$0] = 1
  else pick()
  next
}

function decide(   i) {
  decided = 1
  settings_kept = known != "" || (settings_whole && kept_n == setting_n)
  for (i = 1; i <= kept_n; i++) if ((kept[i] "") != (setting[i] "")) settings_kept = 0
  # The lists lie elsewhere than was looked: the same again there.
  elsewhere = settings_kept && lists != machine
  if (!settings_kept || elsewhere) scan_ok = 0
  ours = refreshed != "" && refreshed + 0 >= at
  if (ours) at = refreshed
  folder = ours ? own : machine
  key[++key_n] = "fettle scan 3 " folder " " pkgcache " " archs
  for (i = 1; i <= setting_n; i++) key[++key_n] = setting[i]
  for (i = 1; i <= list_n; i++) if (index(list[i], folder "/") == 1) key[++key_n] = list[i]
}

function offers_key(   i, f) {
  keyed = 1
  if (!scan_ok || !scan_whole || mode == "none") { offers_ok = 0; return }
  okey[++okey_n] = "fettle offers 2"
  for (i = 1; i <= target_n; i++) okey[++okey_n] = target[i]
  for (i = 1; i <= target_n; i++) {
    split(target[i], f, "\t")
    if (!(f[1] in full)) { offers_ok = 0; told_apart = 0; return }
    okey[++okey_n] = full[f[1]]
  }
  told_apart = 1
  printf "" >(dir "/offers.out")
}

function yes(is) { return is ? "yes" : "no" }

END {
  if (!decided) decide()
  if (!keyed) offers_key()
  scan_ok = scan_ok && scan_whole
  offers_ok = scan_ok && offers_ok && offers_whole
  print "settings " (elsewhere ? "elsewhere" : yes(settings_kept))
  print "lists " lists
  print "pkgcache " pkgcache
  print "archs " archs
  print "hooks " hooks
  print "ours " yes(ours)
  printf "at %.0f\n", at
  print "scan " yes(scan_ok)
  print "offers " yes(offers_ok)
  if (!settings_kept)
    for (i = 1; i <= setting_n; i++) print setting[i] >(dir "/settings.key")
  if (settings_kept && !elsewhere && !scan_ok)
    for (i = 1; i <= key_n; i++) print key[i] >(dir "/scan.key")
  if (scan_ok && told_apart && !offers_ok)
    for (i = 1; i <= okey_n; i++) print okey[i] >(dir "/offers.key")
}'

settings_ask() { # DIR
  as_native='' as_included=no APT_LISTS='' APT_PKGCACHE=''
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
  apt_hooks
  while [ "${APT_LISTS%/}" != "$APT_LISTS" ]; do APT_LISTS=${APT_LISTS%/}; done
  APT_LISTS=${APT_LISTS:-/var/lib/apt/lists}
  [ "$as_included" = no ] && [ -w "$APT_DIR" ] && [ -s "$1/settings.key" ] || return 0
  { while IFS= read -r as_line; do say "$as_line"; done <"$1/settings.key"
    say "@lists $APT_LISTS" && say "@pkgcache $APT_PKGCACHE" && say "@archs $APT_ARCHS" &&
    say "@hooks $APT_HOOKS" && say "@end -"; } >"$APT_DIR/settings.$$" &&
    mv -f "$APT_DIR/settings.$$" "$APT_DIR/settings"
  return 0
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

# Whether debconf's is the only hook of its kind (hooks_choose), as APT_HOOKS: `debconf`, or `other` where
# there is none, another, or no telling.
apt_hooks() {
  set +f
  ah_hooks=$(exec grep -ihs -e pre-install-pkgs -e '^#include' /etc/apt/apt.conf /etc/apt/apt.conf.d/*)
  set -f
  APT_HOOKS=other
  # shellcheck disable=SC2016 # apt's own text
  [ "$ah_hooks" != 'DPkg::Pre-Install-Pkgs {"/usr/sbin/dpkg-preconfigure --apt || true";};' ] ||
    APT_HOOKS=debconf
}

# Puts the named files of DIR into FILE, behind the key in DIR/NAME.key. Written beside and renamed, so that
# a reader finds one whole state.
cache_pack() { # FILE DIR NAMES
  [ -w "${1%/*}" ] || return 0
  cp_file=$1 cp_dir=$2 cp_names=$3
  [ -s "$cp_dir/${cp_file##*/}.key" ] || return 0
  set -- "$cp_dir/${cp_file##*/}.key"
  for cp_name in $cp_names; do set -- "$@" "$cp_dir/$cp_name"; done
  awk '
    FNR == 1 { n = FILENAME; sub(/.*\//, "", n); print "@@" (n ~ /\.key$/ ? "key" : n) }
    { print }
    END { print "@@end" }' "$@" >"$cp_file.$$" 2>/dev/null && mv -f "$cp_file.$$" "$cp_file" ||
    rm -f "$cp_file.$$"
}
