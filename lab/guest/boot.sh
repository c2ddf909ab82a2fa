#!/bin/sh
# Turns a fresh set of namespaces into a lab host and becomes its first process.
# usage: boot.sh MARKER NAME HOST_DIR LOWER_DIRS
set -eu
marker=$1 name=$2 dir=$3 lower=$4

# /proc is still the machine's: this is the first process's id as the machine sees it.
read -r pid rest </proc/self/stat
: "$rest"

cd "$dir"
mount -t overlay fettle-lab -o "lowerdir=$lower,upperdir=upper,workdir=work" root
cd root
mount -t proc -o nosuid,nodev,noexec proc proc
mount -t sysfs -o ro,nosuid,nodev,noexec sysfs sys
mount -t tmpfs -o mode=755,nosuid,size=64m tmpfs run
mount -t tmpfs -o mode=755,nosuid,size=1m tmpfs dev
for device in null zero full random urandom tty; do
    : >"dev/$device"
    mount --bind "/dev/$device" "dev/$device"
done
mkdir dev/pts dev/shm
mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
mount -t tmpfs -o mode=1777,nosuid,nodev,size=32m tmpfs dev/shm
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
ln -s /proc/self/fd/0 dev/stdin
ln -s /proc/self/fd/1 dev/stdout
ln -s /proc/self/fd/2 dev/stderr

# A package's script must not change the machine's kernel settings.
for path in proc/sys proc/sysrq-trigger; do
    [ -e "$path" ] || continue
    mount --bind "$path" "$path"
    mount -o remount,bind,ro "$path"
done
cp "$dir/boot_id" run/boot_id
chmod 444 run/boot_id
mount --bind run/boot_id proc/sys/kernel/random/boot_id
rm run/boot_id 2>/dev/null || :

hostname "$name"
echo "$pid" >"$dir/init.pid.new"
mv "$dir/init.pid.new" "$dir/init.pid"
pivot_root . mnt
# The machine's clock, kernel modules and power stay out of reach.
exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin TERM=linux \
    chroot . setpriv --bounding-set=-sys_time,-sys_module,-sys_rawio,-sys_boot \
    sh /usr/sbin/init "$marker"
