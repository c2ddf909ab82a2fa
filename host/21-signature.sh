# Signatures (OpenSSH PROTOCOL.sshsig): whether one is good, and what its key saw when it was made.

# Bytes in awk, which cannot hold them: `decode` fills byte[0…count-1] from base64 that has one text
# only (whole quanta, no stray bits), as ssh-keygen demands.
# shellcheck disable=SC2016 # an awk program
AWK_BYTES='
  BEGIN {
    digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    for (i = 0; i < 64; i++) six[substr(digits, i + 1, 1)] = i
    hexes = "0123456789abcdef"
  }
  function decode(text,   i, n, a, b, c, d, pad) {
    n = length(text)
    if (n == 0 || n % 4) return 0
    pad = text ~ /==$/ ? 2 : text ~ /=$/ ? 1 : 0
    text = substr(text, 1, n - pad) substr("AA", 1, pad)
    count = 0
    for (i = 1; i <= n; i += 4) {
      a = substr(text, i, 1); b = substr(text, i + 1, 1)
      c = substr(text, i + 2, 1); d = substr(text, i + 3, 1)
      if (!(a in six) || !(b in six) || !(c in six) || !(d in six)) return 0
      byte[count++] = six[a] * 4 + int(six[b] / 16)
      byte[count++] = six[b] % 16 * 16 + int(six[c] / 4)
      byte[count++] = six[c] % 4 * 64 + six[d]
    }
    for (i = 1; i <= pad; i++) if (byte[--count] != 0) return 0
    return 1
  }
  function hex(from, length_of,   i, t) {
    for (i = from; i < from + length_of; i++) t = t sprintf("%02x", byte[i])
    return t
  }
  # Bytes in hex as escapes for printf.
  function octal(bytes,   i, t) {
    for (i = 1; i < length(bytes); i += 2)
      t = t sprintf("\\%03o", index(hexes, substr(bytes, i, 1)) * 16 + \
        index(hexes, substr(bytes, i + 1, 1)) - 17)
    return t
  }
'

# `old` once ssh-keygen has shown that it knows no signatures (OpenSSH before 8.1).
KEYGEN=''

# Where ssh-keygen is missing or too old, openssl judges the same signature (24-openssl.sh).
is_signed() { # NAMESPACE WHO SIGNATURE TEXT; the keys are in $CK/allowed
  SIG_CODE=E_SIG SIG_WHY=''
  if ! is_without_keygen; then
    is_said=$(exec ssh-keygen -Y verify -n "$1" -I "$2" -f "$CK/allowed" -s "$3" <"$4" 2>&1) &&
      return 0
    note_keygen "$is_said"
    case $KEYGEN:$is_said in
      old:*) ;;
      # What 8.1 to 8.3 say of passkeys, and 8.1 of security keys.
      *"key type does not match"* | *"nsupported key type"*) has_openssl || return 1 ;;
      *) return 1 ;;
    esac
  fi
  openssl_is_signed "$@"
}

note_keygen() { # WHAT-IT-SAID
  case $1 in
    *"nknown option"* | *"llegal option"* | *"nvalid option"*) KEYGEN=old ;;
  esac
}

# Why is_signed said no: a bad signature, or one that this host cannot judge.
fail_signature() { # fact…
  fail_code "$SIG_CODE" "${SIG_WHY:-$*}"
}

# Prints the parts of an armoured signature: `ok HASH TYPE FLAGS NAMESPACE KEY INNER COUNTER ORIGIN
# CLIENT-DATA EXTENSIONS`, bytes in hex, `-` for what is empty or not there; or `no`. For `$( )`,
# whose shell it becomes.
signature_parts() { # FILE
  exec awk "$AWK_BYTES"'
    function number(   t) {
      if (at + 4 > stop) { bad = 1; return 0 }
      t = ((byte[at] * 256 + byte[at + 1]) * 256 + byte[at + 2]) * 256 + byte[at + 3]
      at += 4
      return t
    }
    # Steps over a string; where it begins, with its length in `long`.
    function string(   from) {
      long = number()
      if (bad || at + long > stop) { bad = 1; long = 0 }
      from = at
      at += long
      return from
    }
    function word(   i, from, t) {
      from = string()
      for (i = from; i < from + long; i++) t = t sprintf("%c", byte[i] > 32 && byte[i] < 127 ? byte[i] : 63)
      return t
    }
    function bytes(   from, t) {
      from = string()
      t = hex(from, long)
      return t == "" ? "-" : t
    }
    !/^-/ { armour = armour $0 }
    END {
      if (!decode(armour) || count < 10 || hex(0, 10) != "53534853494700000001") { print "no"; exit }
      at = 10
      stop = count
      key = bytes()
      namespace = bytes()
      if (bytes() != "-") bad = 1
      hash = word()
      string()
      if (bad || at != stop) { print "no"; exit }
      at = stop - long
      type = word()
      inner = bytes()
      flags = counter = origin = client = extensions = "-"
      if (type ~ /^(sk-|webauthn-sk-)/) {
        if (at + 5 > stop) { print "no"; exit }
        flags = byte[at++]
        counter = hex(at, 4)
        at += 4
        if (type ~ /^webauthn-/) {
          origin = bytes()
          client = bytes()
          extensions = bytes()
        }
      }
      if (bad || at != stop || hash == "" || type == "") { print "no"; exit }
      print "ok", hash, type, flags, namespace, key, inner, counter, origin, client, extensions
    }' "$1"
}

# §4.3: ssh-keygen accepts a security key that nobody touched. After a good verify the flags of the
# signature say what the key saw: bit 0 touched, bit 2 knew its user, bit 3 may be copied to other
# devices.
check_flags() { # CLASS SIGNATURE WHO
  [ "$1" != ssh ] || return 0
  # shellcheck disable=SC2046 # words without spaces
  set -- "$@" $(signature_parts "$2")
  [ "${4:-}" = ok ] && is_number "$7" ||
    fail_code E_SIG "the signature of $3 is not by a security key" || return 1
  [ $(($7 & 1)) -ne 0 ] || fail_code E_SIG "the key of $3 was not touched" || return 1
  [ "$1" = sk ] || [ $(($7 & 4)) -ne 0 ] ||
    fail_code E_SIG "the key of $3 did not verify its user" || return 1
  [ "$R_BOUND" != bound ] || [ $(($7 & 8)) -eq 0 ] ||
    fail_code E_SIG "the key of $3 may be copied to other devices, which ring $ID_RING refuses"
}
