# Enrolment over a root login (`piped` only; protocol §9, §10). Standard input is `@identity`, its
# lines, `@policy`, its lines, `@end`. Both texts are judged by the same reader as every later use
# before anything is written. A host that has an id keeps it: another id is refused, the same id
# may bring a newer policy, and the key, the anchor and the clock stay.

enrol_main() {
  E_CODE=E_STATE E_FACTS="the files could not be written"
  enrol && return 0
  say "@refused $E_CODE $E_FACTS"
  return 1
}

enrol() {
  if [ "$(id -u)" != 0 ]; then
    fail_code E_PLATFORM "enrolment needs root"
    return 1
  fi
  mkdir -p "$ETC" "$ETC/probes.d" "$ETC/hooks.d" "$VAR" || return 1
  chmod 0755 "$ETC" "$ETC/probes.d" "$ETC/hooks.d"
  chmod 0700 "$VAR"
  en_dir=$(mktemp -d "$VAR/enrol.XXXXXX") || return 1
  enrol_texts "$en_dir" && enrol_write "$en_dir"
  en_code=$?
  rm -rf "$en_dir"
  [ "$en_code" -eq 0 ] || return 1
  printf '@enrolled\nhost %s\nkey %s\n@end\n' "$en_host" "$(cut -d ' ' -f 1,2 "$VAR/key.pub")"
}

# Reads up to `@end` into DIR/identity and DIR/policy and judges them; sets en_host.
enrol_texts() { # DIR
  live_awk
  # shellcheck disable=SC2016,SC2086 # an awk program; one or three fixed words
  timeout 120 $LIVE_AWK -v dir="$1" '
    { bytes += length($0) + 1 }
    bytes > 524288 { exit }
    $0 == "@identity" || $0 == "@policy" { out = dir "/" substr($0, 2); next }
    $0 == "@end" { exit }
    out != "" { print > out }' || return 1
  if [ ! -s "$1/identity" ] || [ ! -s "$1/policy" ]; then
    fail_code E_FORMAT "enrolment brings @identity and @policy"
    return 1
  fi
  en_sizes=$(stat -c %s "$1/identity" "$1/policy" | tr '\n' ' ')
  # The reader looks where ETC says; for this one look that is the folder of what was brought.
  en_etc=$ETC
  ETC=$1
  # shellcheck disable=SC2086 # two numbers
  en_facts=$(read_policy_files $en_sizes) || en_facts='E_POLICY awk failed'
  ETC=$en_etc
  case $en_facts in
    ok*) ;;
    *)
      fail_code E_POLICY "$(printf '%s' "$en_facts" | head -n 1)"
      return 1
      ;;
  esac
  en_host=$(awk '$1 == "host" { print $2; exit }' "$1/identity")
}

enrol_write() { # DIR
  if [ -s "$ETC/identity" ]; then
    en_mine=$(awk '$1 == "host" { print $2; exit }' "$ETC/identity")
    if [ "$en_mine" != "$en_host" ]; then
      fail_code E_STATE "this host is $en_mine; it does not become $en_host"
      return 1
    fi
    en_old=$(awk '$1 == "version" { print $2; exit }' "$ETC/policy" 2>/dev/null)
    en_new=$(awk '$1 == "version" { print $2; exit }' "$1/policy")
    if is_number "${en_old:-0}" && [ "$en_new" -lt "${en_old:-0}" ]; then
      fail_code E_POLICY "policy $en_new is older than $en_old, which is here"
      return 1
    fi
  fi
  make_host_key "$en_host" || return 1
  durable_write "$ETC/policy" <"$1/policy" && durable_write "$ETC/identity" <"$1/identity" ||
    return 1
  chmod 0644 "$ETC/policy" "$ETC/identity"
  [ -s "$VAR/clock" ] || printf '0 0\n' | durable_write "$VAR/clock" || return 1
  # Last: without it every job is E_STATE, so a half-made enrolment accepts nothing.
  [ -s "$VAR/anchor" ] ||
    printf 'host %s made %s\n' "$en_host" "$(now_s)" | durable_write "$VAR/anchor"
}
