#!/bin/sh
# First process of a lab host: starts the init scripts, reaps, stops. There is no systemd here.
# INT asks for a reboot, TERM for power off, as with the classic init.
umask 022
umount -l /mnt
verb=
trap 'verb=reboot' INT
trap 'verb=off' TERM
mkdir -p /run/lock /run/sshd /run/fettle-lab /var/log/fettle-lab
chmod 1777 /run/lock

for script in /etc/rc2.d/S*; do
    [ -x "$script" ] && [ -z "$verb" ] && "$script" start
done </dev/null >>/var/log/fettle-lab/boot.log 2>&1
: >/run/fettle-lab/ready

while [ -z "$verb" ]; do
    # A signal ends the wait; orphans of the host are reaped by it on the way.
    sleep 86400 &
    wait "$!"
done

rm -f /run/fettle-lab/ready
scripts=
for script in /etc/rc2.d/S*; do scripts="$script $scripts"; done
for script in $scripts; do
    [ -x "$script" ] && "$script" stop
done </dev/null >>/var/log/fettle-lab/boot.log 2>&1

others() {
    for entry in /proc/[0-9]*; do
        [ "$entry" = /proc/1 ] && continue
        read -r _ _ state _ <"$entry/stat" 2>/dev/null && [ "$state" != Z ] && return 0
    done
    return 1
}
kill -TERM -1
tries=0
while others && [ "$tries" -lt 40 ]; do
    sleep 0.05
    tries=$((tries + 1))
done
# What is still there ends with this process: the kernel sees to it.
[ "$verb" = reboot ] && exit 100
exit 0
