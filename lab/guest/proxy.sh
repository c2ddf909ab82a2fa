#!/bin/sh
# Becomes the run's caching proxy, as the first process of a PID namespace of its own, so that its
# workers end with it.
# usage: proxy.sh MARKER CONFIGURATION PREFIX
exec nginx -p "$3" -e "$3/error.log" -c "$2"
