# Bytes, frame and documents (protocol §1–3). One awk reads a whole bundle: it splits the sections
# into files, judges every line and prints the few facts that the checks need. Rules that were real
# traps: bytes are counted before any `read`; ids and digests are compared as text, because
# `0e1…` and `0e2…` are equal numbers; no interval like {1,63}, which old mawk does not know.

BUNDLE_BYTES_MAX=1048576
# A sender that says nothing for a minute, or is not done after five, is too slow.
BUNDLE_READ_S=60
BUNDLE_TOTAL_S=300
# What takes apart what came: split_bundle, or split_trust.
CB_SPLIT=split_bundle
BUNDLE_TAIL='
@end'

# mawk waits on a pipe until its buffer is full, so it would not see `@end` while the other side
# keeps the connection open; the others know no such option.
live_awk() {
  LIVE_AWK='awk'
  case $(awk -W version 2>/dev/null </dev/null) in
    mawk*) LIVE_AWK='awk -W interactive' ;;
  esac
}

# Copies a bundle from standard input, up to its line `@end`, into FILE, splits it beside and keeps what
# was found in CK_FACTS; everything later works on these copies. Whole reads by dd, because the sender keeps the pipe open for what it says later: some
# awks wait until their buffer is full, `read` drops NUL, and `head` waits for more. The sender is
# silent after `@end` until it is answered, so nothing is read too far. Most bundles come in one read, and
# then whoever splits it sees that it is whole.
copy_bundle() { # FILE
  : >"$1" || cannot_write "the job" || return 1
  cb_tail='' cb_size=0 CK_FACTS=''
  read_uptime_cs
  cb_end=$((UPTIME_CS + BUNDLE_TOTAL_S * 100))
  while :; do
    cb_told=$(timeout "$BUNDLE_READ_S" dd bs=65536 count=1 2>&1 >>"$1")
    case $?:$cb_told in
      0:0+0*) fail_code E_FORMAT "the bundle does not end with @end" || return 1 ;;
      0:*) ;;
      124:* | 143:*) fail_code E_SLOW "nothing came for $BUNDLE_READ_S seconds" || return 1 ;;
      *) cannot_write "the job" || return 1 ;;
    esac
    # dd ends with `N bytes … copied`; one that does not is not believed.
    cb_told=${cb_told##*"out$NEWLINE"}
    cb_bytes=${cb_told%% *}
    if is_number "$cb_bytes"; then
      cb_size=$((cb_size + cb_bytes))
    else
      cb_size=$(($(exec wc -c <"$1")))
    fi
    [ "$cb_size" -le "$BUNDLE_BYTES_MAX" ] ||
      fail_code E_SIZE "the bundle is longer than $BUNDLE_BYTES_MAX bytes" || return 1
    cb_first=no
    if [ -z "$CK_FACTS" ]; then
      cb_first=yes
      bundle_facts "$1" "$cb_size"
      case $CK_FACTS in "ok$NEWLINE"*) return 0 ;; esac
    fi
    cb_tail=$(exec tail -c 6 "$1")
    [ "$cb_tail" != "$BUNDLE_TAIL" ] || break
    read_uptime_cs
    [ "$UPTIME_CS" -le "$cb_end" ] ||
      fail_code E_SLOW "the bundle took over $BUNDLE_TOTAL_S seconds" || return 1
  done
  [ "$cb_first" = yes ] || bundle_facts "$1" "$cb_size"
}

bundle_facts() { # FILE SIZE
  CK_FACTS=$("$CB_SPLIT" "$1" "${1%/*}" bundle "$2") || CK_FACTS="E_FORMAT awk failed"
}

# Splits FILE into DIR/order, DIR/ordersig … and prints what was found: first `ok`, or `CODE why`.
# MODE is `bundle`, `permit` for an order and its signature alone, `witness` for a head and its growth
# alone, or `local` for a bundle without an order, whose place in what is printed stays open for
# local_order. Bytes that no document may hold are
# refused; a NUL is one of them, or where awk ends a line at it, what was read is less than SIZE (a permit
# has none, for `read` wrote it, which drops NUL). For `$( )`, whose shell it becomes.
split_bundle() { # FILE DIR MODE [SIZE]
  exec awk -v dir="$2" -v mode="$3" -v size="${4:-}" '
    function bad(code, why) {
      if (failed) return
      failed = 1
      print code " " (sec == "" ? "" : "@" sec " line " row ": ") why
      exit
    }
    function format(why) { bad("E_FORMAT", why) }

    # Words of §1.2.
    function is_number(t) { return length(t) <= 15 && t ~ /^(0|[1-9][0-9]*)$/ }
    function is_digest(t) { return length(t) == 64 && t ~ /^[0-9a-f]+$/ }
    function is_id(t) { return length(t) <= 63 && t ~ /^[a-z0-9][a-z0-9.-]*$/ }
    function is_name(t) { return length(t) <= 128 && t ~ /^[A-Za-z0-9][A-Za-z0-9@:._+-]*$/ }
    function is_version(t) { return length(t) <= 128 && t ~ /^[A-Za-z0-9][A-Za-z0-9.+:~^_-]*$/ }
    function is_label(t,   at, k, v) {
      at = index(t, "=")
      k = substr(t, 1, at - 1)
      v = substr(t, at + 1)
      return at > 1 && length(k) <= 63 && length(v) <= 63 && \
        k ~ /^[a-z0-9]([a-z0-9._\/-]*[a-z0-9])?$/ && v ~ /^[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?$/
    }
    function is_kind(kind, t) {
      if (kind == "N") return is_number(t)
      if (kind == "D") return is_digest(t)
      if (kind == "I") return is_id(t)
      return index("|" kind "|", "|" t "|") > 0
    }

    # A document is a list of fields `key:kinds`, kinds separated by commas; `*` means that a rule
    # of its own judges the words; `+` and `?` after the key mean one or more, none or more.
    function document(type, text,   i, part, at, key) {
      fields[type] = split(text, part, " ")
      for (i = 1; i <= fields[type]; i++) {
        at = index(part[i], ":")
        key = substr(part[i], 1, at - 1)
        kinds[type, i] = substr(part[i], at + 1)
        times[type, i] = key ~ /[+?]$/ ? substr(key, length(key)) : ""
        sub(/[+?]$/, "", key)
        keys[type, i] = key
      }
    }
    BEGIN {
      document("order", "kind:dispatch|apply|reboot|revert|stage tenant:I host:I plan:D index:N " \
        "attempt:N epoch:N counter:N issued:N until:N ttl:N nonce:* log:N,D")
      document("plan", "tenant:I change:I title:* requester:I class:I issued:N hostpolicy:N " \
        "policy:D content:D hosts:* attempts:N permit:* revert:* bodies:N leaves:N root:D " \
        "wave+:N,I,N,N supersedes?:D")
      document("leaf", "index:N wave:N host:* body:D window?:N,N")
      document("body", "step+:* transaction?:N undo?:*")
      document("gate", "tenant:I plan:D wave:N evidence:D issued:N")
      document("log", (mode == "witness" ? "" : "index:N entry+:* leaf:D node?:D,D ") \
        "from:N start?:D grow?:*")
      split("upgrade downgrade install remove restart probe run snapshot restore hold reboot", v, " ")
      for (i in v) known[v[i]] = 1
      document_max = 16384
      body_max = 262144
    }

    { total += length($0) + 1 }
    /[^ -~]/ { format("bytes that are not printable ASCII") }
    hung_up { format("something stands after @end") }
    $0 == "@end" { close_section(); hung_up = 1; next }
    /^@/ { close_section(); open_section(substr($0, 2)); next }
    {
      row++
      if (sec == "") { sec = "-"; format("something stands before the first section") }
      if ($0 == "") format("an empty line")
      if (length($0) > 1024) format("a line over 1024 bytes")
      if ($0 ~ /^ | $|  /) format("a space at an edge or two in a row")
      bytes += length($0) + 1
      if (bytes > (type == "body" ? body_max : document_max)) bad("E_SIZE", "too long")
      print > file
      if (type == "sig") signature_line()
      else if (type == "node") node_line()
      else if (type == "head") head_line()
      else document_line()
    }

    function open_section(name,   part, n) {
      n = split(name, part, " ")
      sec = name
      row = 0
      bytes = 0
      at = 0
      count = 0
      ended = 0
      if (++sections > 40) bad("E_SIZE", "more than 40 sections")
      if (name in present) format("a second section of this name")
      present[name] = 1
      file = dir "/" name
      type = ""
      if (name ~ /^(order|plan|leaf|body|log|head)$/) type = name
      else if (name == "ordersig" || name == "headsig") type = "sig"
      else if (name ~ /^node[1-9]$/) {
        type = "node"
        level = substr(name, 5) + 0
        if (level > 8) bad("E_SIZE", "more than 8 tree levels")
        if (level > levels) levels = level
      } else if (n == 3 && name == part[1] " " part[2] " " part[3] && is_id(part[2]) && \
          part[3] ~ /^(ssh|sk|desk|page)$/ && part[1] ~ /^(approve|request|gate|gatesig)$/) {
        type = part[1] == "gate" ? "gate" : "sig"
        file = dir "/" part[1] "." part[2] "." part[3]
        signer = part[2] "/" part[3]
        if (part[1] == "request") {
          if (request != "") format("more than one request")
          request = signer
        } else if (part[1] == "approve") {
          if (++approvals > 8) bad("E_SIZE", "more than 8 approvals")
          signers = signers (signers == "" ? "" : ",") signer
        } else if (part[1] == "gate" && ++gates > 8) bad("E_SIZE", "more than 8 gates")
      } else if (n == 2 && name == "cosign " part[2] && is_id(part[2])) {
        type = "sig"
        file = dir "/cosign." part[2]
        if (++cosigners > 8) bad("E_SIZE", "more than 8 witnesses")
        witnesses = witnesses (witnesses == "" ? "" : ",") part[2]
      }
      if (type == "" || (mode == "permit" && name !~ /^order(sig)?$/) || \
          (mode == "witness" && name !~ /^(log|head|headsig)$/)) format("an unknown section")
      if (mode == "local" && name ~ /^order(sig)?$/) format("an offline bundle brings no order")
    }
    function close_section() {
      if (sec == "") return
      close(file)
      if (!ended) format("the text stops before its end")
      if (type == "gate") {
        if (!(("gatesig" substr(sec, 5)) in present)) unsigned["gatesig" substr(sec, 5)] = 1
        opened = opened " " signer "/" f["gate.tenant"] "/" f["gate.plan"] "/" f["gate.wave"]
      }
      sec = ""
    }

    # The body of a C2SP checkpoint: origin, size, root in base64.
    function head_line() {
      if (row == 1 ? length($0) > 255 || $0 ~ / / : row == 2 ? !is_number($0) : \
          row > 3 || length($0) != 44 || $0 !~ /^[A-Za-z0-9+\/]+=$/)
        format("not the head of a log")
      if (row > 1) head = head (row == 2 ? "" : " ") $0
      ended = row == 3
    }

    function signature_line() {
      if (ended) format("something stands after the signature")
      if (row == 1) {
        if ($0 != "-----BEGIN SSH SIGNATURE-----") format("not an armoured signature")
      } else if ($0 == "-----END SSH SIGNATURE-----") {
        if (row < 3) format("an empty signature")
        ended = 1
      } else if (row > 65 || length($0) > 76 || $0 !~ /^[A-Za-z0-9+\/=]+$/) {
        format("not an armoured signature")
      }
    }
    function node_line() {
      if (ended) format("something stands after the end")
      if (row == 1) {
        if ($0 != "fettle node 1") format("not a fettle node 1")
      } else if ($0 == "end") {
        if (row < 3) format("a node without children")
        ended = 1
        children[level] = row - 2
      } else if (row > 17 || !is_digest($0)) {
        format("not a child digest")
      } else child[level, row - 2] = $0
    }

    function document_line(   n, i, want, part, key) {
      if (ended) format("something stands after `end`")
      if (row == 1) {
        if ($0 != "fettle " type " 1") format("not a fettle " type " 1")
        at = 1
        return
      }
      n = split($0, w, " ")
      if ($0 == "end") {
        if (at <= fields[type] && times[type, at] != "" && (times[type, at] == "?" || count)) at++
        while (at <= fields[type] && times[type, at] == "?") at++
        if (at <= fields[type]) format("`" keys[type, at] "` must stand here")
        ended = 1
        return
      }
      while (at <= fields[type] && w[1] != keys[type, at] && \
          (times[type, at] == "?" || (times[type, at] == "+" && count))) { at++; count = 0 }
      if (at > fields[type]) format("a line stands where only `end` may stand")
      if ((w[1] "") != keys[type, at]) format("`" keys[type, at] "` must stand here")
      key = type "." w[1]
      if (kinds[type, at] == "*") special(key, n)
      else {
        want = split(kinds[type, at], part, ",")
        if (n != want + 1) format("`" w[1] "` has a wrong number of values")
        for (i = 1; i <= want; i++)
          if (!is_kind(part[i], w[i + 1])) format("`" w[1] "` holds a wrong value")
      }
      if (times[type, at] == "") { f[key] = substr($0, length(w[1]) + 2); at++ }
      else { count++; repeated(key) }
      fields_agree(key)
    }

    function special(key, n,   i) {
      if (key == "order.nonce") {
        if (n != 2 || !(w[2] == "-" || (length(w[2]) == 32 && w[2] ~ /^[0-9a-f]+$/)))
          format("`nonce` is neither - nor 32 hex digits")
      } else if (key == "log.entry") {
        if (n != 2 || length(w[2]) % 4 || length(w[2]) > 1000 || w[2] !~ /^[A-Za-z0-9+\/]+=?=?$/)
          format("`entry` is not whole base64")
      } else if (key == "log.grow") {
        if (n != 4 || !is_digest(w[2]) || !(w[3] == "-" || is_digest(w[3])) || !is_digest(w[4]))
          format("`grow` is not three digests")
      } else if (key == "plan.title") {
        if (n < 2 || length($0) > 166) format("`title` is empty or over 160 characters")
      } else if (key == "leaf.host") {
        if (n != 2 || !(w[2] == "*" || is_id(w[2]))) format("`host` is neither * nor an id")
      } else if (key == "plan.hosts") {
        if (n == 3 && w[2] == "frozen" && is_number(w[3])) return
        if (n < 5 || w[2] != "rule" || w[n - 1] != "max" || !is_number(w[n]))
          format("`hosts` is neither frozen N nor rule k=v max N")
        for (i = 3; i < n - 1; i++) {
          if (!is_label(w[i])) format("`hosts` holds something that is no label")
          rule = rule " " w[i]
        }
      } else if (key == "plan.permit") {
        if (n == 2 && (w[2] == "online" || w[2] == "offline")) return
        if (n != 3 || w[2] != "lease" || !is_number(w[3]) || w[3] < 1 || w[3] > 3600)
          format("`permit` is of no known kind")
      } else if (key == "plan.revert") {
        if (n == 2 && w[2] == "self") return
        if (n != 3 || w[2] != "order" || !is_number(w[3])) format("`revert` is of no known kind")
      } else body_line(n)
    }

    # Another transaction begins at a package step that stands behind one.
    function transaction_line() {
      if (!moves[w[2] + 0] || !moves[w[2] - 1])
        format("`transaction` must name a package step behind another")
      if (w[2] + 0 <= begun) format("`transaction` numbers must rise")
      begun = w[2] + 0
    }

    # Well-formed lines with an unknown verb or wrong arguments are E_VERB, which comes later.
    function body_line(n) {
      if (n < 2 || !is_number(w[2])) format("`" w[1] "` has no number")
      if (w[1] == "step") {
        if (w[2] + 0 != ++steps) format("step " steps " must stand here")
        if (w[3] ~ /^(upgrade|downgrade|install|remove)$/) moves[steps] = 1
      } else {
        if (w[2] + 0 > steps) format("`undo` names a step that does not exist")
        if (w[2] + 0 <= undone) format("`undo` numbers must rise")
        undone = w[2] + 0
      }
      if (!arguments(n)) { if (badverb == "") badverb = w[1] "-" w[2] }
      else if (!(w[3] in used)) { used[w[3]] = 1; verbs = verbs " " w[3] }
    }
    function arguments(n) {
      if (n < 3 || !(w[3] in known)) return 0
      if (w[3] == "reboot") return n == 3
      if (w[3] == "upgrade" || w[3] == "downgrade")
        return n == 8 && is_name(w[4]) && is_name(w[5]) && is_version(w[6]) && is_version(w[7]) && \
          is_digest(w[8])
      if (w[3] == "install")
        return n == 8 && is_name(w[4]) && is_name(w[5]) && w[6] == "-" && is_version(w[7]) && \
          is_digest(w[8])
      if (w[3] == "remove")
        return n == 8 && is_name(w[4]) && is_name(w[5]) && is_version(w[6]) && w[7] == "-" && \
          w[8] == "-"
      return n == 4 && is_name(w[4])
    }

    function repeated(key) {
      if (key == "plan.wave") {
        if (w[2] + 0 != count) format("wave " count " must stand here")
        if (w[4] + 0 > w[5] + 0) format("the wave ends before it begins")
        wave[count] = w[3] " " w[4] " " w[5]
      } else if (key == "plan.supersedes") supersedes = supersedes " " w[2]
      else if (key == "body.transaction") transaction_line()
      else if (key == "leaf.window") {
        if (count > 8) format("more than 8 windows")
        if (w[2] + 0 > w[3] + 0) format("the window ends before it begins")
        windows = windows " " w[2] " " w[3]
      }
    }
    function fields_agree(key) {
      if (key == "plan.attempts" || key == "plan.bodies" || key == "leaf.wave") {
        if (w[2] + 0 < 1) format("`" w[1] "` is zero")
      } else if (key == "plan.leaves") {
        if (w[2] + 0 < 1 || w[2] + 0 > 4294967296) format("`leaves` is not 1 to 16^8")
        if (f["plan.bodies"] + 0 > w[2] + 0) format("more bodies than leaves")
        if (rule == "" && f["plan.hosts"] != "frozen " w[2])
          format("a frozen plan has as many leaves as hosts")
      } else if (key == "order.nonce") {
        if ((w[2] == "-") != (f["order.ttl"] + 0 == 0)) format("ttl and nonce go together")
        if (f["order.kind"] ~ /^(dispatch|stage)$/ && w[2] != "-")
          format("a " f["order.kind"] " has no nonce")
        if ((f["order.kind"] == "apply" || f["order.kind"] == "reboot") && w[2] == "-")
          format("a permit needs a nonce")
      }
    }

    # §2: the shape of the path follows from index and leaves; digests are compared later.
    function tree(   i, n, l, up, want) {
      i = f["leaf.index"] + 0
      n = f["plan.leaves"] + 0
      if (i >= n) return "index-beyond-leaves"
      for (l = 1; n > 1; l++) {
        if (l > levels) return "the-path-stops-below-the-root"
        up = int(i / 16)
        want = n - 16 * up
        if (want > 16) want = 16
        if (children[l] != want) return "node" l "-must-have-" want "-children"
        path = path " " child[l, i - 16 * up]
        i = up
        n = int((n + 15) / 16)
      }
      return l - 1 == levels ? "-" : "the-path-goes-on-above-the-root"
    }
    # Sections that only mean something together.
    function together(   name) {
      if (("log" in present) != ("head" in present) || ("log" in present) != ("headsig" in present) || \
          (cosigners && !("log" in present)))
        format("@log, @head and @headsig go together")
      for (name in unsigned) if (!(name in present)) format("the section @" name " is missing")
      for (name in present)
        if (name ~ /^gatesig / && !(("gate" substr(name, 8)) in present))
          format("@" name " is of no gate")
    }
    function need(name) { if (!(name in present)) format("the section @" name " is missing") }
    function dash(t) { sub(/^ /, "", t); return t == "" ? "-" : t }
    function plan(key) { return f["plan." key] }

    END {
      if (failed) exit
      close_section()
      if (size != "" && !hung_up) format("the bundle does not end with @end")
      if (size != "" && total != size + 0) format("a NUL, or a last line that is not ended")
      if (mode == "witness") {
        need("log")
        together()
        if (!failed) print "ok\n" head
        exit
      }
      if (mode != "local") {
        need("order")
        need("ordersig")
      } else {
        split("epoch counter issued until ttl attempt", open_places, " ")
        for (i in open_places) f["order." open_places[i]] = 0
        f["order.kind"] = "dispatch"
        f["order.host"] = f["order.plan"] = f["order.nonce"] = "-"
        f["order.tenant"] = plan("tenant")
        f["order.index"] = f["leaf.index"]
        f["order.log"] = head == "" ? "- -" : head
      }
      if (mode != "permit") {
        need("plan")
        need("leaf")
        need("body")
        for (l = 1; l <= levels; l++) need("node" l)
        together()
      }
      if (failed) exit
      print "ok"
      print f["order.kind"], f["order.tenant"], f["order.host"], f["order.plan"], \
        f["order.index"], f["order.attempt"], f["order.epoch"], f["order.counter"], \
        f["order.issued"], f["order.until"], f["order.ttl"], f["order.nonce"]
      if (mode == "permit") exit
      print plan("tenant"), plan("change"), plan("requester"), plan("class"), plan("issued"), \
        plan("hostpolicy"), plan("attempts"), plan("leaves"), plan("root")
      print plan("permit")
      print plan("revert")
      print f["leaf.index"], f["leaf.wave"], f["leaf.host"], f["leaf.body"]
      l = f["leaf.wave"] + 0
      if (l in wave) print wave[l]
      else print "- 0 0"
      print dash(windows)
      print dash(rule)
      print dash(badverb)
      print dash(verbs)
      print levels + 0, tree()
      print dash(path)
      print dash(signers)
      print dash(supersedes)
      print dash(request), f["order.log"], ("log" in present ? "yes" : "no"), dash(witnesses), \
        dash(opened)
    }' "$1"
}

# Reads what split_bundle printed, on standard input, into J_ variables. It comes from this program
# alone, either just now or, for a job that is already here, from its private folder.
read_facts() {
  read -r rf_code rf_why
  [ "$rf_code" = ok ] || fail_code "${rf_code:-E_FORMAT}" "${rf_why:-}" || return 1
  read -r J_KIND J_TENANT J_HOST J_PLAN J_INDEX J_ATTEMPT J_EPOCH J_COUNTER J_ISSUED J_UNTIL \
    J_TTL J_NONCE
  read -r J_PLAN_TENANT J_CHANGE J_REQUESTER J_CLASS J_PLAN_ISSUED J_HOSTPOLICY J_ATTEMPTS \
    J_LEAVES J_ROOT
  read -r J_PERMIT
  read -r J_REVERT
  read -r J_LEAF_INDEX J_WAVE J_LEAF_HOST J_BODY
  read -r J_RING J_WAVE_FROM J_WAVE_TO
  read -r J_WINDOWS
  read -r J_RULE
  read -r J_BADVERB
  read -r J_VERBS
  read -r J_LEVELS J_TREE
  read -r J_PATH
  read -r J_APPROVALS
  read -r J_SUPERSEDES
  read -r J_REQUEST J_LOG_SIZE J_LOG_ROOT J_LOGGED J_WITNESSES J_GATES
}
