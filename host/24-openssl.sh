# The second backend for signatures (protocol §4.4), for hosts whose ssh-keygen is missing or too old:
# OpenSSH 8.0 knows no signatures, 8.1 to 8.3 know no passkeys. The same SSHSIG is taken apart in awk,
# and openssl judges the one ECDSA signature in it. P-256 only, the curve that every openssl has.
#
# Bytes are hex digits in awk, octal escapes in the shell and binary in files only: no shell variable
# can hold a NUL.

# `bytes_of` says a text, `wire` a string of RFC 4251 §5 and `base64` any bytes, in hex all of them.
# shellcheck disable=SC2016 # an awk program
AWK_WIRE='
  BEGIN { for (i = 32; i < 127; i++) code[sprintf("%c", i)] = sprintf("%02x", i) }
  function bytes_of(text,   i, t) {
    for (i = 1; i <= length(text); i++) t = t code[substr(text, i, 1)]
    return t
  }
  function wire(bytes) { return sprintf("%08x", length(bytes) / 2) bytes }
  function value(from,   i, v) {
    for (i = 0; i < length(from); i++) v = v * 16 + index(hexes, substr(from, i + 1, 1)) - 1
    return v
  }
  function base64(bytes,   i, n, v, t) {
    n = length(bytes)
    for (i = 1; i <= n; i += 6) {
      v = value(substr(substr(bytes, i, 6) "0000", 1, 6))
      t = t substr(digits, int(v / 262144) + 1, 1) substr(digits, int(v / 4096) % 64 + 1, 1) \
        (i + 2 > n ? "=" : substr(digits, int(v / 64) % 64 + 1, 1)) \
        (i + 4 > n ? "=" : substr(digits, v % 64 + 1, 1))
    }
    return t
  }
  # What an SSHSIG really signs (PROTOCOL.sshsig).
  function to_be_signed(namespace, hash, digest) {
    return bytes_of("SSHSIG") wire(bytes_of(namespace)) wire("") wire(bytes_of(hash)) wire(digest)
  }
'

has_openssl() {
  command -v openssl >/dev/null && command -v od >/dev/null && command -v sha512sum >/dev/null
}

# Whether all signatures are judged by openssl here; the first one that was judged has told whether
# ssh-keygen knows any, so this is asked after it.
is_without_keygen() {
  [ "$KEYGEN" = old ] || ! command -v ssh-keygen >/dev/null
}

# A ring whose approvals protect it must not hang on which of its approvers' keys this host can read.
check_backend() {
  [ "$R_NEED" -ge 2 ] || [ "$R_SOD" = signed ] || return 0
  # Without an order no signature was judged yet.
  [ "$J_WAY" != local ] || is_without_keygen || note_keygen "$(exec ssh-keygen -Y verify 2>&1)"
  is_without_keygen || return 0
  # Approvers are the last lines of POLICY.
  case $NEWLINE$POLICY in
    *"${NEWLINE}approver "*" ssh-ed25519 "* | *"${NEWLINE}approver "*" sk-ssh-ed25519@openssh.com "*)
      fail_code E_PLATFORM "a protected ring needs ssh-keygen (OpenSSH 8.4 or newer) here, or ECDSA\
 P-256 keys of all approvers"
      ;;
  esac
}

# Like is_signed. SIG_CODE and SIG_WHY say what a failure means where it is no bad signature.
openssl_is_signed() { # NAMESPACE WHO SIGNATURE TEXT
  if ! has_openssl; then
    SIG_CODE=E_PLATFORM SIG_WHY="this ssh-keygen is too old to check signatures, and there is no openssl"
    return 1
  fi
  os_namespace=$1 os_who=$2 os_text=$4
  # shellcheck disable=SC2046 # words without spaces
  set -- $(signature_parts "$3")
  [ "${1:-}" = ok ] || return 1
  case $2 in
    sha256 | sha512) os_sum=$(exec "$2sum" <"$os_text") || return 1 ;;
    *) return 1 ;;
  esac
  # shellcheck disable=SC2046
  set -- $(openssl_parts "$os_namespace" "$os_who" "${os_sum%% *}" "$@")
  case ${1:-} in
    plain | device) ;;
    kind)
      SIG_CODE=E_KEY SIG_WHY="the key of $os_who is $2; without ssh-keygen (OpenSSH 8.4 or newer) this\
 host checks ECDSA P-256 only"
      return 1
      ;;
    *) return 1 ;;
  esac
  say "-----BEGIN PUBLIC KEY-----$NEWLINE$2$NEWLINE-----END PUBLIC KEY-----" >"$CK/ossl.key"
  put_octal "$CK/ossl.sig" "$3" && put_octal "$CK/ossl.told" "$4" || return 1
  if [ "$1" = device ]; then
    put_octal "$CK/ossl.site" "$5" && os_told=$(device_message "$6") &&
      put_octal "$CK/ossl.told" "$os_told" || return 1
  fi
  openssl dgst -sha256 -verify "$CK/ossl.key" -signature "$CK/ossl.sig" "$CK/ossl.told" \
    >/dev/null 2>&1
}

# The escapes are made of digits by our own awk.
put_octal() { # FILE ESCAPES
  # shellcheck disable=SC2059
  printf "$2" >"$1"
}

# What a security key signed (PROTOCOL.u2f; WebAuthn §6.1): hashes of its site and of what it was told
# around flags, counter and extensions, as octal escapes.
device_message() { # BETWEEN-IN-HEX
  sha256sum "$CK/ossl.site" "$CK/ossl.told" | awk -v between="$1" "$AWK_BYTES"'
    { sum[NR] = $1 }
    END {
      if (length(sum[1]) != 64 || length(sum[2]) != 64) exit 1
      print octal(sum[1] between sum[2])
    }'
}

# Puts together what openssl needs, of the parts of a signature and the digest of the text. Prints
# `plain KEY SIGNATURE MESSAGE` or `device KEY SIGNATURE TOLD SITE BETWEEN`: the key in base64 (RFC 5480),
# BETWEEN in hex, the rest in octal; or `kind TYPE` for a key that counts but is not P-256; or `no`. For
# `$( )`, whose shell it becomes.
openssl_parts() { # NAMESPACE WHO DIGEST ok HASH TYPE FLAGS NAMESPACE KEY INNER COUNTER ORIGIN CLIENT EXTENSIONS
  exec awk -v want="$1" -v who="$2" -v digest="$3" -v hash="$5" -v type="$6" -v flags="$7" \
    -v namespace="$8" -v key="$9" -v inner="${10}" -v counter="${11}" -v origin="${12}" \
    -v client="${13}" -v extensions="${14}" "$AWK_BYTES$AWK_WIRE"'
    function no() { if (!told) print "no"; told = 1; exit }
    function begins(text, head) { return index(text, head) == 1 }
    # Steps over a string of `rest`, which is spoiled where it ends too early.
    function take(   n, t) {
      n = length(rest) < 8 ? -1 : value(substr(rest, 1, 8)) * 2
      if (n < 0 || length(rest) < 8 + n) { spoiled = 1; return "" }
      t = substr(rest, 9, n)
      rest = substr(rest, 9 + n)
      return t
    }
    # A positive number as DER has it (X.690 §8.3); as OpenSSH reads mpints, zeros before it do not matter.
    function number(   t) {
      t = take()
      if (t ~ /^[89a-f]/) spoiled = 1
      while (begins(t, "00")) t = substr(t, 3)
      if (t == "" || length(t) > 64) spoiled = 1
      if (t ~ /^[89a-f]/) t = "00" t
      return "02" sprintf("%02x", length(t) / 2) t
    }
    # OpenSSH compares these bytes and parses no JSON; so does this.
    function names_challenge(challenge) {
      challenge = base64(signed)
      gsub(/\+/, "-", challenge)
      gsub(/\//, "_", challenge)
      sub(/=+$/, "", challenge)
      return begins(client, bytes_of("{\"type\":\"webauthn.get\",\"challenge\":\"" challenge \
        "\",\"origin\":\"") origin "22")
    }
    function is_bare(text,   i) {
      for (i = 1; i < length(text); i += 2) if (substr(text, i, 2) ~ /^(00|22)$/) return 0
      return 1
    }
    BEGIN { mine = base64(key) }
    $1 == who && $2 == "namespaces=\"" want "\"" && ($4 "") == (mine "") { kind = $3 }
    END {
      if (kind == "" || namespace != bytes_of(want)) no()
      if (kind !~ /^(ecdsa-sha2|sk-ecdsa-sha2)-nistp256(@openssh[.]com)?$/) { print "kind", kind; exit }
      if (type != kind && (kind !~ /^sk-/ || type != "webauthn-" kind)) no()
      rest = key
      if (take() != bytes_of(kind) || take() != bytes_of("nistp256")) no()
      point = take()
      if (kind ~ /^sk-/) site = take()
      if (spoiled || rest != "" || length(point) != 130 || !begins(point, "04")) no()
      rest = inner
      pair = number()
      pair = pair number()
      if (spoiled || rest != "") no()
      # SubjectPublicKeyInfo of id-ecPublicKey on prime256v1.
      spki = "3059301306072a8648ce3d020106082a8648ce3d030107034200" point
      signed = to_be_signed(want, hash, digest)
      head = base64(spki) " " octal("30" sprintf("%02x", length(pair) / 2) pair)
      if (kind !~ /^sk-/) { print "plain", head, octal(signed); exit }
      if (extensions == "-") extensions = ""
      if (type ~ /^webauthn-/) {
        if (origin == "-") origin = ""
        # Attested data, or extensions that the flags do not tell of.
        if (int(flags / 64) % 2 || (flags >= 128) != (extensions != "")) no()
        if (!is_bare(origin) || !names_challenge()) no()
      } else client = signed
      # A site of no bytes makes no word.
      if (site == "") no()
      print "device", head, octal(client), octal(site), sprintf("%02x", flags) counter extensions
    }' "$CK/allowed"
}

# An armoured signature of standard input by the host's key, as ssh-keygen would make it.
openssl_sign() { # NAMESPACE
  has_openssl || return 1
  op_sum=$(exec sha256sum) || return 1
  op_told=$(exec awk -v namespace="$1" -v digest="${op_sum%% *}" "$AWK_BYTES$AWK_WIRE"'
    BEGIN { print octal(to_be_signed(namespace, "sha256", digest)) }') || return 1
  # shellcheck disable=SC2059 # digits of our own awk
  printf "$op_told" | openssl dgst -sha256 -sign "$VAR/key" 2>/dev/null | od -An -v -tx1 |
    awk -v namespace="$1" "$AWK_BYTES$AWK_WIRE"'
      NR == 1 { if (decode($2)) key = hex(0, count); next }
      { gsub(/ /, ""); der = der $0 }
      # A number of the pair is at most 33 bytes, so each length is one byte.
      function number(   n, t) {
        n = value(substr(der, at + 2, 2)) * 2
        t = substr(der, at + 4, n)
        at += 4 + n
        return wire(t)
      }
      END {
        if (key == "" || substr(der, 1, 2) != "30") exit 1
        at = 5
        pair = number()
        pair = pair number()
        text = base64(bytes_of("SSHSIG") "00000001" wire(key) wire(bytes_of(namespace)) wire("") \
          wire(bytes_of("sha256")) wire(wire(bytes_of("ecdsa-sha2-nistp256")) wire(pair)))
        print "-----BEGIN SSH SIGNATURE-----"
        for (i = 1; i <= length(text); i += 70) print substr(text, i, 70)
        print "-----END SSH SIGNATURE-----"
      }' "$VAR/key.pub" -
}

openssl_make_key() { # FILE NAME
  has_openssl || return 1
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -pkeyopt ec_param_enc:named_curve \
    -out "$1" 2>/dev/null || return 1
  openssl pkey -in "$1" -pubout -outform DER 2>/dev/null | od -An -v -tx1 |
    awk -v name="$2" "$AWK_BYTES$AWK_WIRE"'
      { gsub(/ /, ""); der = der $0 }
      END {
        if (length(der) != 182) exit 1
        type = "ecdsa-sha2-nistp256"
        print type, base64(wire(bytes_of(type)) wire(bytes_of("nistp256")) wire(substr(der, 53))), name
      }' >"$1.pub"
}
