# Staging ahead of the window (decision 31): a signed order of kind `stage` brings the same bundle as a job
# and is judged the same way, but for wave, windows and gate signatures, which say when something may start:
# it starts nothing. What it may do is bring the files of the body, look at their digests and try the
# transaction dry. They wait in $VAR/ahead/<plan>/<sha256>.deb (.rpm), beside `about`: when the plan's wave
# ends, how many files, KB, when. The job takes them from there and judges them as if they had come now.

AHEAD=$VAR/ahead
# All plans together; root may say otherwise in $ETC/limits, `staged` in MB.
LIMIT_STAGED=200
LIMIT_STAGE=900 # seconds to fetch; a job that comes meanwhile is told E_BUSY
# What must stay free while nothing is urgent, beside the room that the job itself will need.
AHEAD_RESERVE_KB=262144

stage_main() {
  # What the order must be of: check_audience.
  CK_VERB=stage
  bundle_in || return 1
  st_code=- st_files=0 st_kb=0 st_why=-
  if check_bundle "$am_in" && later_end; then
    # In a process of its own, for what refuses there ends it.
    ( ahead_run ) >&2
    [ ! -s "$am_in/verdict" ] || read -r st_code st_files st_kb st_why <"$am_in/verdict"
    [ -n "$st_why" ] || st_code=E_STATE st_why="staging stopped before its end"
  else
    later_end || :
    st_code=$E_CODE st_why=$E_FACTS
  fi
  release_lock
  ahead_answer
}

# The host's own signed word on it, as soon as the order is known to be the dispatcher's.
ahead_answer() {
  if [ "$CK_VERIFIED" != yes ] || [ ! -s "$VAR/key" ]; then
    say "@refused $st_code $st_why"
    return 1
  fi
  st_state=staged
  [ "$st_code" = - ] || st_state=refused
  st_why=$(printf '%.300s' "$st_why" | tr -c ' -~' ' ' | tr -s ' ')
  st_why=${st_why% }
  read_clock
  st_text="fettle staged 1
tenant $ID_TENANT
host $ID_HOST
plan $J_PLAN
index $J_INDEX
counter $J_COUNTER
state $st_state
code $st_code
files $st_files
kilobytes $st_kb
at $NOW_S
why ${st_why:--}
end"
  if st_sig=$(sign_text fettle-staged-v1 "$st_text") && [ -n "$st_sig" ]; then
    printf '@staged\n%s\n@stagedsig\n%s\n@end\n' "$st_text" "$st_sig"
  else
    say "@refused E_STATE what was staged could not be signed"
  fi
}

# Says in $JOB/verdict `- FILES KB -`, or `CODE 0 0 why`.
ahead_run() {
  JOB=$am_in WORK=$am_in/tmp JOURNAL=$am_in/journal OUTPUT=$am_in/output
  AHEAD_RUN=yes STAGING=yes
  work_folders
  [ "$LIMIT_FETCH" -le "$LIMIT_STAGE" ] || LIMIT_FETCH=$LIMIT_STAGE
  ahead_sweep
  ahead_size
  stage_ready
  stage_units
  # What is done already needs no file.
  : >"$WORK/bad"
  if [ -s "$WORK/rows" ] && ! rows_are "$WORK/rows" at; then
    stage_sources
    stage_versions
    stage_files
    stage_dry_run
  fi
  ahead_keep
}

# Instead of a job's end.
ahead_refuse() { # CODE fact…
  ar_code=$1
  shift
  say "$ar_code 0 0 $*" >"$JOB/verdict"
  exit 0
}

# KB of what other plans have here, in AHEAD_KB.
ahead_size() {
  AHEAD_KB=0
  set +f
  set -- "$AHEAD"/*
  set -f
  for as_dir; do
    [ -d "$as_dir" ] && [ "${as_dir##*/}" != "$J_PLAN" ] || continue
    as_kb=$(exec du -sk "$as_dir")
    AHEAD_KB=$((AHEAD_KB + ${as_kb%%"$TAB"*}))
  done
}

ahead_fits() { # KB
  [ $((AHEAD_KB + $1)) -le $((LIMIT_STAGED * 1024)) ] ||
    refuse E_DISK "note=$1 KB for this plan and $AHEAD_KB KB for others are more than the\
 $LIMIT_STAGED MB that may be staged here (staged in $ETC/limits)"
}

# The folder gets its name when all of it is on disk.
ahead_keep() {
  ak_kb=0
  while read -r _; do ak_kb=yes; break; done <"$WORK/wanted"
  if [ "$ak_kb" = yes ]; then
    ak_kb=$(exec du -sk "$JOB/debs")
    ak_kb=${ak_kb%%"$TAB"*}
  fi
  ahead_fits "$ak_kb"
  count_rows "$WORK/wanted"
  read_clock
  set +f
  # shellcheck disable=SC2015 # any failure is the same
  mkdir -p "$AHEAD" && chmod 0700 "$AHEAD" &&
    say "$J_WAVE_TO $COUNT $ak_kb $NOW_S" >"$JOB/debs/about" && sync "$JOB/debs"/* "$JOB/debs" &&
    rm -rf "${AHEAD:?}/$J_PLAN" && mv "$JOB/debs" "$AHEAD/$J_PLAN" && sync "$AHEAD" ||
    refuse E_STATE "note=the staged files could not be kept"
  set -f
  say "- $COUNT $ak_kb -" >"$JOB/verdict"
}

# A file of the approved digest's name: linked, not copied, for only root writes in either place.
ahead_take() { # SHA256
  set +f
  set -- "$1" "$AHEAD"/*/"$1.$SUFFIX"
  set -f
  [ -f "$2" ] && [ ! -h "$2" ] || return 1
  ln -f "$2" "$JOB/debs/$1.$SUFFIX" 2>/dev/null || cp "$2" "$JOB/debs/$1.$SUFFIX"
}

# What was staged and is not what its name says any more is nobody's file.
ahead_spoilt() { # FILE
  set +f
  set -- "$AHEAD"/*/"${1##*/}"
  set -f
  [ -f "$1" ] || return 0
  rm -f "$@"
  AHEAD_SPOILT='; what was staged ahead for it had changed and was thrown away'
  journal NOTE "file=${1##*/}" "note=changed since it was staged ahead: refused and thrown away"
}
AHEAD_SPOILT=''

ahead_drop() { # PLAN
  [ ! -d "$AHEAD/$1" ] || rm -rf "${AHEAD:?}/$1"
}

# Left-overs: of plans whose wave is over, that ended well here, or that were revoked.
ahead_sweep() {
  [ -d "$AHEAD" ] || return 0
  read_clock
  set +f
  set -- "$AHEAD"/*
  set -f
  for ah_dir; do
    ah_plan=${ah_dir##*/} ah_end='' ah_seen=''
    [ ! -r "$ah_dir/about" ] || read -r ah_end _ <"$ah_dir/about"
    [ ! -s "$VAR/seen/$ah_plan" ] || read -r ah_seen _ <"$VAR/seen/$ah_plan"
    case $ah_seen in 'done' | reverted) ah_end='' ;; esac
    [ ! -e "$VAR/revoked/$ah_plan" ] || ah_end=''
    is_number "$ah_end" && [ "$ah_end" -ge "$NOW_S" ] || rm -rf "$ah_dir"
  done
}

# For `status`: `staged PLAN FILES KB AT`.
ahead_told() {
  set +f
  for at_file in "$AHEAD"/*/about; do
    [ -r "$at_file" ] || continue
    read -r _ at_files at_kb at_when <"$at_file" || continue
    at_plan=${at_file%/about}
    say "staged ${at_plan##*/} $at_files $at_kb $at_when"
  done
  set -f
}
