# What people signed: approvals, the request, gates (protocol §6, steps 12 and 15). People are counted,
# not keys; each signature is tried with that person's keys of the named class only.

# Step 12.
check_approvals() {
  ca_people=, ca_groups='' ca_count=0 ca_outside=0
  ca_left=$J_APPROVALS
  [ "$ca_left" != - ] || ca_left=''
  while [ -n "$ca_left" ]; do
    ca_one=${ca_left%%,*}
    case $ca_left in
      *,*) ca_left=${ca_left#*,} ;;
      *) ca_left='' ;;
    esac
    check_approval "${ca_one%/*}" "${ca_one##*/}" || return 1
    case $ca_people in
      *,"${ca_one%/*}",*) fail_code E_THRESHOLD "${ca_one%/*} approved twice" || return 1 ;;
    esac
    ca_people=$ca_people${ca_one%/*}, ca_count=$((ca_count + 1)) ca_groups="$ca_groups $IN_GROUPS"
    # What a stolen server can show on its own page counts as nobody from outside (§4.5).
    [ "${ca_one##*/}" = page ] || ca_outside=$((ca_outside + 1))
  done
  case $ca_people in
    *,"$J_REQUESTER",*) fail_code E_SOD "$J_REQUESTER asked for it and approved it" || return 1 ;;
  esac
  check_request || return 1
  [ "$ca_count" -ge "$R_NEED" ] ||
    fail_code E_THRESHOLD "$ca_count of $R_NEED approvals" || return 1
  [ "$ca_outside" -ge "$R_OUTSIDE" ] ||
    fail_code E_THRESHOLD "$ca_outside of $R_OUTSIDE approvals from outside the server's page" ||
    return 1
  check_groups "$ca_groups"
}

check_approval() { # PERSON CLASS
  keys_of "$1" "$2" fettle-approve-v1 "$CK/allowed"
  [ "$KEYS" -gt 0 ] || fail_code E_KEY "$1 has no key of class $2 that counts" || return 1
  is_signed fettle-approve-v1 "$1" "$CK/approve.$1.$2" "$CK/plan" ||
    fail_signature "the approval of $1 is not by one of that person's keys" || return 1
  check_flags "$2" "$CK/approve.$1.$2" "$1"
}

# §5, `sod signed`: whoever asked for it said so with a key of their own. With `sod plain` the
# requester's name is the server's word only.
check_request() {
  [ "$R_SOD" = signed ] || return 0
  [ "${J_REQUEST%/*}" = "$J_REQUESTER" ] ||
    fail_code E_SOD "the request is not signed by $J_REQUESTER, as ring $ID_RING demands" || return 1
  cq_class=${J_REQUEST##*/}
  keys_of "$J_REQUESTER" "$cq_class" fettle-request-v1 "$CK/allowed"
  [ "$KEYS" -gt 0 ] ||
    fail_code E_KEY "$J_REQUESTER has no key of class $cq_class that counts" || return 1
  cq_file=$CK/request.$J_REQUESTER.$cq_class
  is_signed fettle-request-v1 "$J_REQUESTER" "$cq_file" "$CK/plan" ||
    fail_signature "the request is not by one of the keys of $J_REQUESTER" || return 1
  check_flags "$cq_class" "$cq_file" "$J_REQUESTER"
}

# One word a person in IN: their groups with commas around each.
check_groups() { # IN
  [ "$R_GROUPS" != - ] || return 0
  cg_left=$R_GROUPS,
  while [ -n "$cg_left" ]; do
    cg_one=${cg_left%%,*} cg_left=${cg_left#*,} cg_count=0
    for cg_person in $1; do
      case $cg_person in
        *,"${cg_one%:*}",*) cg_count=$((cg_count + 1)) ;;
      esac
    done
    [ "$cg_count" -ge "${cg_one#*:}" ] ||
      fail_code E_THRESHOLD "$cg_count of ${cg_one#*:} approvals from ${cg_one%:*}" || return 1
  done
}

# Step 15, `gate n`: so many approvers said of this very wave that it may open. A revert and a stage open none.
check_gates() {
  [ "$R_GATE" -gt 0 ] || return 0
  case $J_KIND in revert | stage) return 0 ;; esac
  ga_people=, ga_count=0
  ga_list=$J_GATES
  [ "$ga_list" != - ] || ga_list=''
  for ga_one in $ga_list; do
    ga_person=${ga_one%%/*} ga_rest=${ga_one#*/}
    ga_class=${ga_rest%%/*} ga_about=${ga_rest#*/}
    [ "$ga_about" = "$ID_TENANT/$J_PLAN/$J_WAVE" ] ||
      fail_code E_GATE "the gate of $ga_person is of another plan or wave" || return 1
    [ "$ga_person" != "$J_REQUESTER" ] ||
      fail_code E_GATE "$ga_person asked for it and opened its gate" || return 1
    case $ga_people in
      *,"$ga_person",*) fail_code E_GATE "$ga_person signed the gate twice" || return 1 ;;
    esac
    check_gate "$ga_person" "$ga_class" || return 1
    ga_people=$ga_people$ga_person, ga_count=$((ga_count + 1))
  done
  [ "$ga_count" -ge "$R_GATE" ] ||
    fail_code E_GATE "$ga_count of $R_GATE gate signatures for wave $J_WAVE"
}

check_gate() { # PERSON CLASS
  keys_of "$1" "$2" fettle-gate-v1 "$CK/allowed"
  [ "$KEYS" -gt 0 ] || fail_code E_GATE "$1 has no key of class $2 that counts" || return 1
  is_signed fettle-gate-v1 "$1" "$CK/gatesig.$1.$2" "$CK/gate.$1.$2" &&
    check_flags "$2" "$CK/gatesig.$1.$2" "$1" ||
    fail_code E_GATE "${SIG_WHY:-the gate of $1 is not signed by one of the keys of that person}"
}
