#!/bin/sh
# Keeps one lab host: boots it again when it asks for a reboot, ends when it is switched off.
# Runs in the host's own network namespace, which therefore outlives a reboot.
# usage: supervise.sh MARKER NAME HOST_DIR LOWER_DIRS
set -u
umask 022
marker=$1 name=$2 dir=$3 lower=$4
here=$(dirname "$0")

# The one line on standard input says that the network is ready. No line: whoever began has died.
IFS= read -r ready || exit 1
[ "$ready" = go ] || exit 1
exec </dev/null

while :; do
    cat /proc/sys/kernel/random/uuid >"$dir/boot_id.new" && mv "$dir/boot_id.new" "$dir/boot_id"
    # A clock of its own makes the uptime begin at zero, as after a real boot.
    clock=
    if [ -e /proc/self/ns/time_for_children ]; then
        up=$(cut -d. -f1 /proc/uptime)
        clock="--time --boottime -$up --monotonic -$up"
    fi
    # shellcheck disable=SC2086 # $clock is a list of our own words, or nothing
    unshare --mount --uts --ipc --pid $clock --fork --kill-child=KILL \
        sh "$here/boot.sh" "$marker" "$name" "$dir" "$lower"
    ended=$?
    rm -f "$dir/init.pid"
    [ "$ended" -eq 100 ] || break
done
echo "$name ended with $ended"
