# What stands around a transaction, for people who judge it: which installed packages depend on what
# is changed, and which of its configuration files somebody edited here. dpkg's own records say both;
# other package managers are not asked, and then nothing is said.
#
# Out: `around dpkg`, then `dependents NAME COUNT`, `dependent NAME PACKAGE` (the first of them by
# name), `reached COUNT` (everything that depends on any of it, however far away) and `conffile NAME
# PATH changed|missing`.

DEPENDENTS_SHOWN_MAX=100

resolve_around() {
  awk '$4 != "-" { print $2 }' "$RS_DIR/rows" | sort -u >"$RS_DIR/changing"
  [ -s "$RS_DIR/changing" ] || return 0
  # shellcheck disable=SC2016 # dpkg-query fills these in
  dpkg-query -W -f='${db:Status-Abbrev}\t${Package}\t${Provides}\t${Pre-Depends}, ${Depends}\n' \
    >"$RS_DIR/depends" 2>/dev/null || return 0
  printf 'around dpkg\n'
  around_dependents
  around_conffiles
}

# A package counts where it names a changed one, or something that one provides, also as one of
# several choices: whether another would do is not known before apt is asked.
around_dependents() {
  awk -F '\t' '
    FILENAME ~ /changing$/ { changing[$1] = 1; order[++n] = $1; next }
    # `ii `, and whatever else is unpacked: the second letter says how far it got.
    substr($1, 2, 1) ~ /[iUFHWt]/ {
      k = names($3, list)
      for (i = 1; i <= k; i++) provided[list[i]] = provided[list[i]] " " $2
      k = names($4, list)
      for (i = 1; i <= k; i++) needs[list[i]] = needs[list[i]] " " $2
      virtual[$2] = $3
    }
    END {
      for (at = 1; at <= n; at++) {
        name = order[at]; split("", direct); count = 0
        add(name, name)
        k = names(virtual[name], list)
        for (i = 1; i <= k; i++) add(list[i], name)
        print "dependents", name, count
        for (one in direct) print "dependent", name, one
      }
      reach()
    }
    function add(wanted, name,   w, i, k) {
      k = split(needs[wanted], w, " ")
      for (i = 1; i <= k; i++) if (w[i] != name && !(w[i] in direct)) { direct[w[i]] = 1; count++ }
    }
    function reach(   head, tail, queue, seen, far, name, k, i) {
      for (at = 1; at <= n; at++) { queue[++tail] = order[at]; seen[order[at]] = 1 }
      for (head = 1; head <= tail; head++) {
        tail = spread(queue[head], queue, tail, seen)
        k = names(virtual[queue[head]], list)
        for (i = 1; i <= k; i++) tail = spread(list[i], queue, tail, seen)
      }
      print "reached", tail - n
    }
    function spread(wanted, queue, tail, seen,   w, i, k) {
      k = split(needs[wanted], w, " ")
      for (i = 1; i <= k; i++) if (!(w[i] in seen)) { seen[w[i]] = 1; queue[++tail] = w[i] }
      return tail
    }
    # The names of a relation field, without versions, architectures and who is asked first.
    function names(field, list,   parts, i, k, count) {
      k = split(field, parts, /[,|]/)
      for (i = 1; i <= k; i++) {
        sub(/^ +/, "", parts[i]); sub(/[ (:].*$/, "", parts[i])
        if (parts[i] != "") list[++count] = parts[i]
      }
      return count + 0
    }' "$RS_DIR/changing" "$RS_DIR/depends" | sort | awk -v most="$DEPENDENTS_SHOWN_MAX" '
      $1 == "dependent" && ++shown[$2] > most { next }
      { print }'
}

# dpkg keeps the digest that each configuration file had in its package.
around_conffiles() {
  set --
  while read -r ac_name; do set -- "$@" "$ac_name"; done <"$RS_DIR/changing"
  # shellcheck disable=SC2016 # dpkg-query fills these in
  dpkg-query -W -f='package ${Package}\n${Conffiles}\n' "$@" 2>/dev/null | awk '
    $1 == "package" { name = $2; next }
    # Paths with a space, and files that the package has given up, are left alone.
    NF == 2 && $1 ~ /^\/[A-Za-z0-9@:.+_\/-]*$/ && $2 ~ /^[0-9a-f]*$/ && length($2) == 32 {
      print name, $1, $2
    }' | sort -u >"$RS_DIR/conffiles"
  while read -r ac_name ac_path ac_digest; do
    if [ ! -f "$ac_path" ]; then
      printf 'conffile %s %s missing\n' "$ac_name" "$ac_path"
    elif [ "$(md5sum <"$ac_path" | cut -c 1-32)" != "$ac_digest" ]; then
      printf 'conffile %s %s changed\n' "$ac_name" "$ac_path"
    fi
  done <"$RS_DIR/conffiles"
}
