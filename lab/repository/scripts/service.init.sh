#!/bin/sh
### BEGIN INIT INFO
# Provides:          @PACKAGE@
# Required-Start:    $remote_fs $network
# Required-Stop:     $remote_fs $network
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: lab service @PACKAGE@
### END INIT INFO
pidfile=/run/@PACKAGE@.pid
ready=/run/@PACKAGE@.ready
script=/usr/lib/@PACKAGE@/service
@EFFECT@
start() {
    start-stop-daemon --status --pidfile "$pidfile" && return 0
    rm -f "$ready"
    start-stop-daemon --start --quiet --oknodo --background --make-pidfile --pidfile "$pidfile" \
        --startas /usr/bin/perl -- "$script" "$ready" || return 1
    # As with a service that goes to the background only when it listens.
    tries=0
    until [ -e "$ready" ]; do
        [ "$tries" -lt 100 ] || return 1
        sleep 0.05
        tries=$((tries + 1))
    done
    effect service-start
}
stop() {
    start-stop-daemon --stop --quiet --oknodo --retry TERM/3/KILL/2 --pidfile "$pidfile" \
        --remove-pidfile
}
case ${1:-} in
start) start ;;
stop) stop ;;
restart | force-reload) stop && start ;;
status)
    if start-stop-daemon --status --pidfile "$pidfile"; then
        echo "@PACKAGE@ is running"
    else
        echo "@PACKAGE@ is not running"
        exit 3
    fi
    ;;
*)
    echo "usage: $0 start|stop|restart|force-reload|status" >&2
    exit 2
    ;;
esac
