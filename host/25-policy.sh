# Identity and policy (protocol §5): root-owned files that say who this host is and whom it
# believes. The policy is refused whole on any bad line. What is demanded but not built into this
# program is refused as well: a demand must never pass because nobody looked.

# Owner and mode of everything the decision rests on. Of each file `stat` told two lines: number,
# change time, then `%u %a %s %F %n`. PO_KEY is what tells one text of identity and policy from another.
check_modes() { # LINES
  PO_KEY=''
  while read -r mo_file && read -r mo_owner mo_mode mo_size mo_kind; do
    [ -n "$mo_owner" ] || continue
    mo_name=${mo_kind##* }
    if [ "$mo_owner" != 0 ]; then
      fail_code E_POLICY "$mo_name is not owned by root" || return 1
    fi
    case $mo_mode in
      *[2367]? | *[2367])
        fail_code E_POLICY "$mo_name may be written by others than root" || return 1
        ;;
    esac
    case $mo_name:$mo_kind in
      "$ETC/identity:regular file "*) ID_SIZE=$mo_size PO_KEY="$PO_KEY$mo_file $mo_size|" ;;
      "$ETC/policy:regular file "*) POLICY_SIZE=$mo_size PO_KEY="$PO_KEY$mo_file $mo_size|" ;;
      "$VAR/revoked.keys:regular file "*) PO_KEY="$PO_KEY$mo_file $mo_size|" ;;
      "$ETC:directory "* | "$VAR:directory "* | "$VAR/"*:regular*) ;;
      *) fail_code E_POLICY "$mo_name is not of its kind" || return 1 ;;
    esac
  done <<END
$1
END
}

POLICY_KEY=''
# Steps 4: anchor, identity, policy. Sets ID_ (who I am), POLICY (lines as load_rule and keys_of
# read them), POLICY_VERSION, CLOCK_COUNTER and CLOCK_FLOOR.
load_policy() {
  for po_file in "$VAR/anchor" "$VAR/clock"; do
    [ -s "$po_file" ] || fail_code E_STATE "${po_file##*/} is missing: enrol this host again" ||
      return 1
  done
  read -r CLOCK_COUNTER CLOCK_FLOOR po_rest <"$VAR/clock"
  if ! is_number "$CLOCK_COUNTER" || ! is_number "$CLOCK_FLOOR" || [ -n "$po_rest" ]; then
    fail_code E_STATE "clock cannot be read" || return 1
  fi
  for po_file in "$ETC/identity" "$ETC/policy"; do
    [ -s "$po_file" ] || fail_code E_POLICY "${po_file##*/} is missing" || return 1
  done
  ID_SIZE=0 POLICY_SIZE=0
  po_keys=''
  [ ! -s "$VAR/revoked.keys" ] || po_keys=$VAR/revoked.keys
  # shellcheck disable=SC2086 # our own path
  po_stat=$(exec stat -c "%d %i %y %z$NEWLINE%u %a %s %F %n" "$ETC" "$ETC/identity" "$ETC/policy" \
    "$VAR" "$VAR/anchor" "$VAR/clock" $po_keys) ||
    fail_code E_POLICY "modes cannot be read" || return 1
  check_modes "$po_stat" || return 1
  # The same files are not judged again by the process that judged them, nor by the worker it starts.
  if [ "$PO_KEY" != "$POLICY_KEY" ]; then
    POLICY=$(read_policy_files "$ID_SIZE" "$POLICY_SIZE" $po_keys) || POLICY="E_POLICY awk failed"
  fi
  POLICY_KEY=$PO_KEY
  policy_told || return 1
  po_floor=0
  if [ -s "$VAR/policyfloor" ]; then
    read -r po_floor <"$VAR/policyfloor"
    is_number "$po_floor" || fail_code E_STATE "policyfloor cannot be read" || return 1
  fi
  [ "$POLICY_VERSION" -ge "$po_floor" ] ||
    fail_code E_POLICY "policy $POLICY_VERSION is older than $po_floor, seen before"
}

# What was judged goes with the job, where it is short enough to be read again sooner than judged.
policy_keep() { # FILE
  [ "${#POLICY}" -gt 2000 ] || put_text "$1" "$POLICY_KEY$NEWLINE$POLICY"
}

# Who I am, for the worker that the judge of these files has just started, under the same lock: whether
# they are still the same files is looked at with the permit, before anything acts.
policy_inherit() {
  [ "${WORKER_STARTED:-no}" = yes ] && [ -r "$VAR/job/judged" ] || return 1
  {
    IFS= read -r POLICY_KEY && [ -n "$POLICY_KEY" ] || return 1
    POLICY=''
    while IFS= read -r pk_line; do POLICY=$POLICY$pk_line$NEWLINE; done
  } <"$VAR/job/judged"
  POLICY=${POLICY%"$NEWLINE"}
  policy_told || { POLICY_KEY=''; return 1; }
}

# The first lines of POLICY.
policy_told() {
  {
    read -r po_code po_why
    [ "$po_code" = ok ] || fail_code E_POLICY "$po_why" || return 1
    read -r ID_TENANT ID_HOST ID_RING
    read -r ID_LABELS
    read -r POLICY_VERSION
  } <<END
$POLICY
END
}

# Judges both files line by line and prints `ok`, who I am, my labels, the policy's version, then
# `rule …` (my ring only), `dispatcher TYPE KEY`, `log NAME TYPE KEY`, `witness NAME TYPE KEY` and
# `approver PERSON CLASS GROUPS TYPE KEY` (keys that are not revoked). The sizes are compared with the bytes read: that finds a NUL or a torn end.
# For `$( )`, whose shell it becomes.
read_policy_files() { # IDENTITY_SIZE POLICY_SIZE [REVOKED-KEYS]
  exec awk -v identity_size="$1" -v policy_size="$2" '
    function bad(why) {
      if (failed) return
      failed = 1
      print "E_POLICY " file " line " row ": " why
      exit
    }
    function is_number(t) { return length(t) <= 15 && t ~ /^(0|[1-9][0-9]*)$/ }
    function is_id(t) { return length(t) <= 63 && t ~ /^[a-z0-9][a-z0-9.-]*$/ }
    function is_name(t) { return length(t) <= 128 && t ~ /^[A-Za-z0-9][A-Za-z0-9@:._+-]*$/ }
    function is_label(t,   at, k, v) {
      at = index(t, "=")
      k = substr(t, 1, at - 1)
      v = substr(t, at + 1)
      return at > 1 && length(k) <= 63 && length(v) <= 63 && \
        k ~ /^[a-z0-9]([a-z0-9._\/-]*[a-z0-9])?$/ && v ~ /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/
    }
    # A key has one text only: exact beginning, whole quanta, no stray bits before the padding.
    function is_base64(t) {
      return length(t) % 4 == 0 && length(t) <= 800 && t ~ /^[A-Za-z0-9+\/]+=?=?$/ && \
        (t !~ /=$/ || t ~ /[AQgw]==$/ || t ~ /[AEIMQUYcgkosw048]=$/)
    }
    function is_key(type, t,   p256) {
      p256 = "bmlzdHAyNTYAAABB"
      if (!is_base64(t)) return 0
      if (type == "ssh-ed25519")
        return length(t) == 68 && index(t, "AAAAC3NzaC1lZDI1NTE5AAAAI") == 1
      if (type == "ecdsa-sha2-nistp256")
        return length(t) == 140 && index(t, "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAI" p256 "B") == 1
      if (type == "sk-ssh-ed25519@openssh.com")
        return length(t) > 96 && index(t, "AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAI") == 1
      if (type == "sk-ecdsa-sha2-nistp256@openssh.com")
        return length(t) > 168 && \
          index(t, "AAAAInNrLWVjZHNhLXNoYTItbmlzdHAyNTZAb3BlbnNzaC5jb20AAAAI" p256 "B") == 1
      return 0
    }
    function take(key) {
      if ((w[1] "") != key) bad("`" key "` must stand here")
      if (key != "ring" && key != "depot" && key !~ /^(approver|root|dispatcher|log|witness)$/ && n != 2)
        bad("`" key "` has a wrong number of values")
    }

    FNR == 1 {
      if (files++) finish()
      judged = files > 2
      file = files == 1 ? "identity" : "policy"
      row = 0
      bytes = 0
      stage = 0
      ended = 0
    }
    # Keys that were revoked since: they narrow the policy, which stands.
    judged { revoked[$0] = 1; next }
    {
      row++
      bytes += length($0) + 1
      if (ended) bad("something stands after `end`")
      if ($0 == "" || length($0) > 1024 || $0 ~ /[^ -~]/) bad("a line of wrong length or bytes")
      if ($0 ~ /^ | $|  /) bad("a space at an edge or two in a row")
      if (bytes > 262144) bad("too long")
      n = split($0, w, " ")
      if (row == 1) { if ($0 != "fettle " file " 1") bad("not a fettle " file " 1") }
      else if (file == "identity") identity_line()
      else policy_line()
    }
    function finish() {
      if (!ended) bad("the text stops before `end`")
      if (bytes != (file == "identity" ? identity_size : policy_size) + 0)
        bad("the file holds a NUL or its last line is not ended")
    }

    function identity_line(   label) {
      if (row <= 4) {
        take(row == 2 ? "tenant" : row == 3 ? "host" : "ring")
        if (!is_id(w[2])) bad("`" w[1] "` is no id")
        mine[w[1]] = w[2]
      } else if ($0 == "end") ended = 1
      else {
        take("label")
        if (!is_label(w[2])) bad("not a label")
        label = substr(w[2], 1, index(w[2], "="))
        if (label in labelled) bad("this label stands twice")
        if (++label_count > 64) bad("more than 64 labels")
        labelled[label] = 1
        labels = labels " " w[2]
      }
    }

    # The kinds of lines come in this order; `from` and `to` say how many of each.
    BEGIN {
      kinds = split("tenant version roots root dispatcher log witness approver revoked depot ring", kind, " ")
      for (i = 1; i <= kinds; i++) rank[kind[i]] = i
      split("upgrade downgrade install remove restart probe run snapshot restore hold reboot", v, " ")
      for (i in v) known[v[i]] = 1
    }
    function enough(k) {
      if (k ~ /^(tenant|version|roots)$/ && seen[k] != 1) bad("`" k "` must stand once")
      if (k == "root" && seen[k] < roots) bad("fewer root keys than `roots` demands")
      if (k == "dispatcher" && (seen[k] < 1 || seen[k] > 2)) bad("one or two dispatchers are needed")
      if (k == "depot" && seen[k] < 1) bad("`depot` must stand here")
    }
    function policy_line(   to) {
      to = $0 == "end" ? kinds + 1 : rank[w[1]]
      if (!to) bad("an unknown line")
      if (to < stage) bad("`" w[1] "` stands too late")
      if (stage == 0) stage = 1
      for (; stage < to; stage++) enough(kind[stage])
      if ($0 == "end") { ended = 1; return }
      seen[w[1]]++
      take(w[1])
      if (w[1] == "tenant") {
        if (!is_id(w[2])) bad("`tenant` is no id")
        if ((w[2] "") != mine["tenant"] "") bad("identity and policy name different tenants")
      } else if (w[1] == "version" || w[1] == "roots") {
        if (!is_number(w[2])) bad("`" w[1] "` is no number")
        if (w[1] == "version") version = w[2]
        else if ((roots = w[2] + 0) < 1) bad("`roots` is zero")
      } else if (w[1] == "approver") approver_line()
      else if (w[1] == "revoked") {
        if (length(w[2]) < 16 || length(w[2]) > 802 || w[2] !~ /^[A-Za-z0-9+\/]+=?=?$/) bad("no key")
        revoked[w[2]] = 1
      } else if (w[1] == "depot") {
        if (n != 4 || w[3] != "keyring" || !is_name(w[4]) || length(w[2]) > 520 || \
            w[2] !~ /^https?:\/\/[A-Za-z0-9][A-Za-z0-9.:\/_~+%-]*$/) bad("not URL keyring NAME")
      } else if (w[1] == "ring") ring_line()
      else key_line()
    }
    function key_line() {
      if (n != 4 || !is_id(w[2])) bad("not NAME TYPE KEY")
      if (!is_key(w[3], w[4])) bad("no key of a known kind")
      if ((w[1], w[2]) in named || (w[1], w[4]) in keyed) bad("the name or the key stands twice")
      named[w[1], w[2]] = 1
      keyed[w[1], w[4]] = 1
      if (w[1] == "dispatcher" || w[1] == "log") {
        if (w[3] != "ecdsa-sha2-nistp256") bad("machine keys are ECDSA P-256")
        if (w[4] in machine) bad("a key stands twice")
        machine[w[4]] = 1
      }
      if (w[1] == "dispatcher") dispatcher[++dispatchers] = w[3] " " w[4]
      else if (w[1] != "root") {
        other_key[++others] = w[4]
        other[others] = w[1] " " w[2] " " w[3] " " w[4]
      }
    }
    function approver_line(   g, i, many) {
      if (n != 6 || !is_id(w[2]) || w[4] !~ /^(ssh|sk|desk|page)$/)
        bad("not PERSON GROUPS CLASS TYPE KEY")
      if (w[3] != "-") {
        many = split(w[3], g, ",")
        for (i = 1; i <= many; i++) if (!is_id(g[i])) bad("a group is no id")
      }
      if (!is_key(w[5], w[6])) bad("no key of a known kind")
      if (w[4] == "ssh" && w[5] ~ /^sk-/) bad("class ssh is not for security keys")
      if (w[4] != "ssh" && w[5] !~ /^sk-/) bad("this class needs a security key")
      if (w[6] in machine || w[6] in approving) bad("this key stands twice")
      approving[w[6]] = 1
      approver[++approvers] = w[2] " " w[4] " " w[3] " " w[5] " " w[6]
      approver_key[approvers] = w[6]
    }

    # ring RING CLASS need N outside N (group G:N)* validity N permit P revert R sod S log L verbs V
    #   (gate N)? bound?
    function word(keyword) {
      if (at > n || (w[at] "") != keyword) bad("`" keyword "` is missing")
      at += 2
      return w[at - 1] ""
    }
    function count_word(keyword,   t) {
      t = word(keyword)
      if (!is_number(t)) bad("`" keyword "` is no number")
      # As text: old awks print large numbers as 1e+15.
      return t
    }
    function ring_line(   need, outside, groups, g, t, sod, log_demand, permit, revert, verbs, gate, validity, bound) {
      if (!is_id(w[2]) || !is_id(w[3])) bad("ring or class is no id")
      if ((w[2], w[3]) in ringed) bad("this ring and class stand twice")
      ringed[w[2], w[3]] = 1
      at = 4
      need = count_word("need") + 0
      outside = count_word("outside") + 0
      while (w[at] == "group" && at <= n) {
        t = word("group")
        if (split(t, g, ":") != 2 || !is_id(g[1]) || !is_number(g[2])) bad("`group` is not NAME:N")
        if (g[2] + 0 < 1 || g[2] + 0 > need) bad("the number of a group is not 1 to need")
        groups = groups (groups == "" ? "" : ",") t
      }
      validity = count_word("validity")
      permit = word("permit")
      if (permit !~ /^(online|offline|lease:[1-9][0-9]*)$/) bad("`permit` is of no known kind")
      if (permit ~ /^lease/ && (length(permit) > 10 || substr(permit, 7) + 0 > 3600))
        bad("a lease is 1 to 3600 seconds")
      revert = word("revert")
      if (revert != "self" && (index(revert, "order:") != 1 || !is_number(substr(revert, 7))))
        bad("`revert` is of no known kind")
      sod = word("sod")
      if (sod != "signed" && sod != "plain") bad("`sod` is of no known kind")
      log_demand = word("log")
      if (log_demand !~ /^(off|seen|witness:[1-9][0-9]?)$/) bad("`log` is of no known kind")
      verbs = verbs_word()
      if (at <= n && w[at] == "gate") gate = count_word("gate")
      if (at <= n && w[at] == "bound") { bound = "bound"; at++ }
      if (at <= n) bad("this program cannot check `" w[at] "`")
      if (need < 1 || need > 8 || outside > need) bad("need is not 1 to 8, or outside is more")
      if ((need >= 2 || sod == "signed") && outside < 1) bad("a protected ring needs outside 1")
      if (validity + 0 < 1) bad("validity is zero")
      if ((w[2] "") == (mine["ring"] ""))
        rules = rules "rule " w[3] " " need " " outside " " (groups == "" ? "-" : groups) " " \
          validity " " permit " " revert " " sod " " log_demand " " verbs " " gate + 0 " " (bound == "" ? "-" : bound) "\n"
    }
    function verbs_word(   t, g, i, many, twice) {
      t = word("verbs")
      many = split(t, g, ",")
      for (i = 1; i <= many; i++) {
        if (!(g[i] in known)) bad("an unknown verb")
        if (index(twice, "," g[i] ",")) bad("a verb stands twice")
        twice = twice "," g[i] ","
      }
      if (many < 1) bad("`verbs` is empty")
      return t
    }

    END {
      if (failed) exit
      if (!judged) finish()
      if (failed) exit
      if (files < 2) { bad("a file is empty"); exit }
      print "ok"
      print mine["tenant"], mine["host"], mine["ring"]
      print labels == "" ? "-" : substr(labels, 2)
      print version
      printf "%s", rules
      for (i = 1; i <= dispatchers; i++) {
        split(dispatcher[i], w, " ")
        if (!(w[2] in revoked)) print "dispatcher", dispatcher[i]
      }
      for (i = 1; i <= others; i++) if (!(other_key[i] in revoked)) print other[i]
      for (i = 1; i <= approvers; i++)
        if (!(approver_key[i] in revoked)) print "approver", approver[i]
    }' "$ETC/identity" "$ETC/policy" ${3:+"$3"}
}

# The line for my ring and the statement's class.
load_rule() { # CLASS
  R_CLASS=''
  while read -r ru_word ru_class R_NEED R_OUTSIDE R_GROUPS R_VALIDITY R_PERMIT R_REVERT R_SOD R_LOG \
    R_VERBS R_GATE R_BOUND; do
    [ "$ru_word" != dispatcher ] || break
    if [ "$ru_word" = rule ] && [ "$ru_class" = "$1" ]; then
      R_CLASS=$ru_class
      break
    fi
  done <<END
$POLICY
END
  [ -n "$R_CLASS" ] || fail_code E_POLICY "ring $ID_RING has no line for class $1"
}

# Writes the allowed signers file of one person for one purpose; KEYS is how many keys, IN_GROUPS
# the groups of those lines, with commas around each. Of a long policy grep finds the lines sooner: a
# dot in a name matches anything there, so every line is compared again.
keys_of() { # PERSON CLASS NAMESPACE FILE
  KEYS=0 IN_GROUPS=,
  ke_lines=$POLICY
  [ "${#POLICY}" -le 2000 ] || ke_lines=$(
    exec grep "^approver $1 $2 " <<END
$POLICY
END
  )
  while read -r ke_word ke_person ke_class ke_groups ke_type ke_key; do
    if [ "$ke_word" = approver ] && [ "$ke_person" = "$1" ] && [ "$ke_class" = "$2" ]; then
      KEYS=$((KEYS + 1)) IN_GROUPS=$IN_GROUPS$ke_groups,
      printf '%s namespaces="%s" %s %s\n' "$1" "$3" "$ke_type" "$ke_key"
    fi
  done >"$4" <<END
$ke_lines
END
}

# The keys that sign heads of the log, or with a NAME those of one witness.
log_keys() { # FILE [NAME]
  KEYS=0
  while read -r lk_word lk_name lk_type lk_key _; do
    [ "$lk_word" != approver ] || break
    case $lk_word:${2:-} in
      log:) lk_who='log namespaces="fettle-head-v1"' ;;
      witness:"$lk_name") lk_who="$lk_name namespaces=\"fettle-cosign-v1\"" ;;
      *) continue ;;
    esac
    KEYS=$((KEYS + 1))
    say "$lk_who $lk_type $lk_key"
  done >"$1" <<END
$POLICY
END
}

dispatcher_keys() { # FILE
  KEYS=0
  while read -r dk_word dk_type dk_key _; do
    [ "$dk_word" != approver ] || break
    if [ "$dk_word" = dispatcher ]; then
      KEYS=$((KEYS + 1))
      printf 'dispatcher namespaces="fettle-order-v1" %s %s\n' "$dk_type" "$dk_key"
    fi
  done >"$1" <<END
$POLICY
END
}
