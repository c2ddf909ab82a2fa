#!/bin/sh
# Fetches the package lists once for all hosts: apt runs in the base root, and what it writes goes
# to a layer of its own. Runs in a private mount namespace.
# usage: update-lists.sh LOWER_DIR LAYER_DIR MOUNT_POINT
set -eu
umask 022
cd "$2"
mount -t overlay fettle-lab-lists -o "lowerdir=$1,upperdir=upper,workdir=work" "$3"
mount --rbind /dev "$3/dev"
mount -t proc proc "$3/proc"
chroot "$3" apt-get update --error-on=any
# Reading the lists once leaves apt's own cache of them in the layer.
chroot "$3" apt-cache stats >/dev/null
