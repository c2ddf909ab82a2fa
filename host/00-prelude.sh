#!/bin/sh
# shellcheck disable=SC2015 # A && B || fail_code … is how a check ends: fail_code is the last word
# shellcheck disable=SC2034 # some facts of a job are read for completeness, or by other parts
#
# Fettle host program: everything that runs on a managed host, in POSIX sh (dash, bash, busybox
# ash). The parts hold functions and constants only; `main` is called on the very last line, so a
# file that was cut short runs nothing. Nothing is read from the caller's environment: this runs as
# root, and what decides stands in root-owned files.

set -f -u
ETC=/etc/fettle
VAR=/var/lib/fettle
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset ENV BASH_ENV CDPATH IFS
umask 077

# With less than this, what cannot be written is taken to be for want of space.
DISK_FULL_KB=1024

# SHA-256 of nothing.
EMPTY_DIGEST=e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855

say() {
  printf '%s\n' "$*"
}

# Notes why something is refused and gives 1, so that `… || fail_code …` ends a check. The first
# word is the code of protocol §6; the rest are its facts.
fail_code() { # CODE fact…
  E_CODE=$1
  shift
  E_FACTS="$*"
  return 1
}

now_s() {
  date +%s
}

# Seconds since boot, which no clock change moves.
uptime_s() {
  read -r up_text _ </proc/uptime
  say "${up_text%%.*}"
}

# The same in hundredths of a second, in UPTIME_CS and without a process: permits live seconds.
read_uptime_cs() {
  read -r up_text _ </proc/uptime
  up_part=${up_text#*.}
  # A leading zero would be read as octal.
  UPTIME_CS=${up_text%%.*}$up_part
  while :; do
    case $UPTIME_CS in
      0?*) UPTIME_CS=${UPTIME_CS#0} ;;
      *) return 0 ;;
    esac
  done
}

# Why something could not be written: a full disk has a code of its own, as it passes by itself.
cannot_write() { # WHAT
  cw_free=$(df -Pk "$VAR" 2>/dev/null | awk 'NR == 2 { print $4 }')
  if is_number "$cw_free" && [ "$cw_free" -lt "$DISK_FULL_KB" ]; then
    fail_code E_DISK "$1 could not be written: $VAR has $cw_free KB left"
    return 1
  fi
  fail_code E_STATE "$1 could not be written"
}

# Standard input becomes FILE, on disk before it has its name. A reader sees the old text or the
# new one, whenever the power fails.
durable_write() { # FILE
  if dd of="$1.new" conv=fsync 2>/dev/null && mv -f "$1.new" "$1" && sync "${1%/*}" 2>/dev/null
  then
    return 0
  fi
  cannot_write "${1##*/}"
}

is_number() { # TEXT: protocol §1.2; only such text may reach $(( ))
  case $1 in
    '' | *[!0-9]* | 0?*) return 1 ;;
  esac
  [ "${#1}" -le 15 ]
}

is_digest() { # TEXT
  case $1 in
    *[!0-9a-f]*) return 1 ;;
  esac
  [ "${#1}" -eq 64 ]
}

# Tells whether this shell and these tools can do the work at all. mksh has 32-bit numbers.
check_platform() {
  pl_big=4294967296
  if [ "$((pl_big * 1000))" != 4294967296000 ]; then
    fail_code E_PLATFORM "this shell has no 64-bit numbers" || return 1
  fi
  for pl_tool in awk cat date dd flock grep mkdir mv rm setsid sha256sum ssh-keygen stat \
    sync tail timeout tr wc; do
    command -v "$pl_tool" >/dev/null ||
      fail_code E_PLATFORM "this host has no $pl_tool" || return 1
  done
}
