#!/bin/sh
# reboot, poweroff, halt and shutdown of a lab host, by the name it is called.
set -u
pending=/run/fettle-lab/shutdown.pid
signal=TERM when=
case ${0##*/} in
reboot) signal=INT when=now ;;
poweroff | halt) when=now ;;
esac

cancel() {
    [ -s "$pending" ] && kill "$(cat "$pending")" 2>/dev/null
    rm -f "$pending"
}

for argument in "$@"; do
    case $argument in
    -r | --reboot) signal=INT ;;
    -h | -H | -P | --halt | --poweroff) signal=TERM ;;
    -c) cancel && exit 0 ;;
    -k) exit 0 ;;
    -f | -n | -t | --force | --no-wall) ;;
    now) [ -n "$when" ] || when=now ;;
    +[0-9]*) when=${argument#+} ;;
    *[!0-9:]*) ;;
    [0-9]*:[0-9]*)
        now=$(($(date +%s) / 60))
        then=$(($(date -d "$argument" +%s) / 60))
        when=$(((then - now + 1440) % 1440))
        ;;
    esac
done

case ${when:-1} in
now | 0) exec kill -"$signal" 1 ;;
esac
cancel
# shellcheck disable=SC2016 # the inner shell expands its own arguments
setsid sh -c 'echo $$ >"$1"; sleep $(($2 * 60)); kill -"$3" 1' sh "$pending" "${when:-1}" "$signal" \
    </dev/null >/dev/null 2>&1 &
echo "Shutdown in ${when:-1} min; cancel with: shutdown -c" >&2
