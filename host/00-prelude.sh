#!/bin/sh
# shellcheck disable=SC2015 # A && B || fail_code … is how a check ends: fail_code is the last word
# shellcheck disable=SC2034 # some facts of a job are read for completeness, or by other parts
#
# Fettle host program: everything that runs on a managed host, in POSIX sh (dash, bash, busybox
# ash). The parts hold functions and constants only, in one pair of braces; `main` is called on the very
# last line, so a file that was cut short runs nothing. Nothing is read from the caller's environment: this runs as
# root, and what decides stands in root-owned files.

set -f -u
# That of the package this comes in; hosts say it, so that old ones are seen.
PROGRAM_VERSION=0.1.0
ETC=/etc/fettle
VAR=/var/lib/fettle
PATH=/usr/sbin:/usr/bin:/sbin:/bin
LC_ALL=C
export PATH LC_ALL
unset ENV BASH_ENV CDPATH IFS
umask 077

# With less than this, what cannot be written is taken to be for want of space.
DISK_FULL_KB=1024

NEWLINE='
'
TAB='	'
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

# For `$(now_s)` only, whose subshell it becomes: one process, not two.
now_s() {
  exec date +%s
}

# Time since boot in hundredths of a second, which no clock change moves: UPTIME_CS, and whole
# seconds in UPTIME_S. It costs no process.
read_uptime_cs() {
  read -r up_text _ </proc/uptime
  up_part=${up_text#*.}
  # A leading zero would be read as octal.
  UPTIME_CS=${up_text%%.*}$up_part
  while :; do
    case $UPTIME_CS in
      0?*) UPTIME_CS=${UPTIME_CS#0} ;;
      *) break ;;
    esac
  done
  UPTIME_S=$((UPTIME_CS / 100))
}

# The wall clock in NOW_S, for what is written down. It costs a process once a minute: in between it
# goes on with the uptime. Decisions about time ask the clock itself, with now_s.
read_clock() {
  read_uptime_cs
  if [ -z "$CLOCK_READ" ] || [ $((UPTIME_CS - CLOCK_READ_CS)) -ge 6000 ]; then
    CLOCK_READ=$(now_s) CLOCK_READ_CS=$UPTIME_CS
  fi
  NOW_S=$((CLOCK_READ + (UPTIME_CS - CLOCK_READ_CS) / 100))
}
CLOCK_READ=''

# The boot id as 32 hex digits in BOOT.
read_boot() {
  IFS=- read -r rb_a rb_b rb_c rb_d rb_e </proc/sys/kernel/random/boot_id
  BOOT=$rb_a$rb_b$rb_c$rb_d$rb_e
}

# --- Waiting for another process -----------------------------------------------------------------
#
# Worker and relay wake each other through pipes with a name. A ring is only a hint: whoever waits
# has the pipe open, looks at the files, waits, and looks again whatever ended the wait.

BELL_WAIT_S=2

ring() { # PIPE
  [ ! -p "$1" ] || say 1<>"$1" || :
}

# A bell that the caller opens: `bell_make P && exec 6<>P`.
bell_make() { # PIPE
  [ -p "$1" ] || mkfifo "$1" || cannot_write "${1##*/}"
}

# Why something could not be written: a full disk has a code of its own, as it passes by itself.
cannot_write() { # WHAT
  if disk_is_full; then
    fail_code E_DISK "$1 could not be written: $VAR has $DISK_FREE_KB KB left"
    return 1
  fi
  fail_code E_STATE "$1 could not be written"
}

# What is left in DISK_FREE_KB.
disk_is_full() {
  DISK_FREE_KB=$(df -Pk "$VAR" 2>/dev/null | awk 'NR == 2 { print $4 }')
  is_number "$DISK_FREE_KB" && [ "$DISK_FREE_KB" -lt "$DISK_FULL_KB" ]
}

# Standard input becomes FILE, on disk before it has its name. A reader sees the old text or the
# new one, whenever the power fails.
durable_write() { # FILE
  # $VAR too: a name that replace_file gave there goes to disk with it.
  replace_file "$1" && sync "${1%/*}" "$VAR" 2>/dev/null || cannot_write "${1##*/}"
}

durable_text() { # FILE TEXT
  durable_write "$1" <<TEXT
$2
TEXT
}

# The same, but the new name may be lost with the power until the folder is synced. For callers that
# do so before anything acts.
replace_file() { # FILE
  dd of="$1.new" conv=fsync 2>/dev/null && mv -f "$1.new" "$1"
}

# Texts that must be on disk before the same act go there together. `later_text` writes beside the
# file, `later_sync` puts all of it on disk, `later_name` gives them their names in the order in which
# they were written, and LATER_FOLDERS are to be synced before the act. So a reader still finds the old
# text or the new one, and a job starts a third of the processes.
LATER=''
LATER_FOLDERS=''
later_text() { # FILE TEXT
  put_text "$1.new" "$2" || cannot_write "${1##*/}" || return 1
  case " $LATER " in
    *" $1 "*) ;;
    *) LATER="$LATER $1" ;;
  esac
}

later_sync() { # FILE… that are to be on disk too
  for ls_file in $LATER; do set -- "$@" "$ls_file.new"; done
  sync "$@" 2>/dev/null || cannot_write "the state"
}

later_name() {
  LATER_FOLDERS=''
  for ln_file in $LATER; do
    mv -f "$ln_file.new" "$ln_file" || cannot_write "${ln_file##*/}" || return 1
    case " $LATER_FOLDERS " in
      *" ${ln_file%/*} "*) ;;
      *) LATER_FOLDERS="$LATER_FOLDERS ${ln_file%/*}" ;;
    esac
  done
  LATER=''
}

# All of it now.
later_end() {
  [ -n "$LATER" ] || return 0
  # shellcheck disable=SC2086 # our own folders
  later_sync && later_name && { sync $LATER_FOLDERS 2>/dev/null || cannot_write "the state"; }
}

# Says whether it is all there, and where the shell's own printf cannot know, reads it again. It is on
# disk only after a `sync`, which several files can share.
put_text() { # FILE TEXT
  printf '%s\n' "$2" 2>/dev/null >"$1" || return 1
  printf_tells || { read_text "$1" && [ "$TEXT" = "$2" ]; }
}

# Whether printf fails when nothing could be written.
printf_tells() {
  if [ -z "$PRINTF_TELLS" ]; then
    PRINTF_TELLS=no
    [ ! -c /dev/full ] || [ ! -w /dev/full ] || printf x 2>/dev/null >/dev/full || PRINTF_TELLS=yes
  fi
  [ "$PRINTF_TELLS" = yes ]
}
PRINTF_TELLS=''

# A small text of lines in TEXT, as `$(cat FILE)` gives it, without a process; 1 when it is not there.
read_text() { # FILE
  TEXT=''
  [ -r "$1" ] || return 1
  while IFS= read -r rt_line; do TEXT=$TEXT$rt_line$NEWLINE; done 2>/dev/null <"$1" || return 1
  TEXT=${TEXT%"$NEWLINE"}
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
  for pl_tool in awk cat date dd flock grep mkdir mkfifo mv rm setsid sha256sum stat sync \
    tail timeout tr wc; do
    command -v "$pl_tool" >/dev/null ||
      fail_code E_PLATFORM "this host has no $pl_tool" || return 1
  done
  command -v ssh-keygen >/dev/null || has_openssl ||
    fail_code E_PLATFORM "this host has neither ssh-keygen nor openssl"
}
