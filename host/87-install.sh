# Puts this program where a timer runs it: systemd where it is in charge, else cron. Both start
# `fettle-host agent` each minute; the program itself knows when it is to call.

AGENT_PROGRAM=/usr/sbin/fettle-host
AGENT_UNITS=/etc/systemd/system
AGENT_PACKAGED=/usr/lib/systemd/system
AGENT_CRON=/etc/cron.d/fettle-agent

agent_install_main() { # PROGRAM
  if [ "$(id -u)" != 0 ] || [ ! -s "$1" ]; then
    say "this needs root and the program's file" >&2
    return 1
  fi
  # A program that does not even start must not take the place of one that does. One that was cut off
  # between two functions starts, says nothing and ends well.
  sh -n "$1" && [ -n "$(sh "$1" agent-unit cron)" ] || return 1
  # What a package brought stays its own where it is the same: `rpm -V` and `dpkg -V` have nothing to say.
  cmp -s "$1" "$AGENT_PROGRAM" ||
    { cat "$1" >"$AGENT_PROGRAM.new" && chmod 0755 "$AGENT_PROGRAM.new" && sync "$AGENT_PROGRAM.new" &&
      mv -f "$AGENT_PROGRAM.new" "$AGENT_PROGRAM"; } || return 1
  if [ -d /run/systemd/system ]; then
    for ai_unit in fettle-agent.service fettle-agent.timer; do
      # A copy would hide the units of later packages.
      [ ! -e "$AGENT_PACKAGED/$ai_unit" ] || { rm -f "$AGENT_UNITS/$ai_unit" && continue; }
      agent_unit "$ai_unit" >"$AGENT_UNITS/$ai_unit" || return 1
    done
    systemctl daemon-reload && systemctl enable --now fettle-agent.timer || return 1
    say "a systemd timer calls the server each minute: systemctl list-timers fettle-agent.timer"
    return 0
  fi
  if [ -d "${AGENT_CRON%/*}" ]; then
    agent_unit cron >"$AGENT_CRON" && chmod 0644 "$AGENT_CRON" || return 1
    say "cron calls the server each minute: $AGENT_CRON"
    return 0
  fi
  say "there is neither systemd nor $AGENT_CRON here: have something run $AGENT_PROGRAM agent each minute" >&2
  return 1
}

# The one source of the units: the packages carry what this prints.
agent_unit() { # NAME
  case $1 in
    fettle-agent.service)
      cat <<'UNIT'
# Calls the server, does what its orders say and this host's own policy allows, and ends.
[Unit]
Description=Fettle: call the server
Documentation=man:fettle-host(8)
Wants=network-online.target
After=network-online.target
# Until the host is enrolled there is nobody to call.
ConditionPathExists=/var/lib/fettle/anchor
ConditionPathExists=/var/lib/fettle/agent/url

[Service]
Type=oneshot
ExecStart=/usr/sbin/fettle-host agent
# A job goes on when the call is over, and what it restarts must live.
KillMode=process
TimeoutStartSec=4h
Environment=LC_ALL=C
LimitCORE=0
UMask=0022
UNIT
      ;;
    fettle-agent.timer)
      cat <<'UNIT'
# Each minute, at a second of this host's own; a job that a reboot broke off goes on with the first run.
[Unit]
Description=Fettle: call the server each minute

[Timer]
OnBootSec=20s
OnCalendar=minutely
RandomizedDelaySec=50s
FixedRandomDelay=yes
AccuracySec=1s

[Install]
WantedBy=timers.target
UNIT
      ;;
    cron)
      cat <<'UNIT'
# Fettle calls its server each minute, at a second of this host's own.
SHELL=/bin/sh
PATH=/usr/sbin:/usr/bin:/sbin:/bin
* * * * * root sleep $(( $(cksum </var/lib/fettle/key.pub | cut -d ' ' -f 1) \% 50 )); exec /usr/sbin/fettle-host agent 2>&1 | logger -t fettle-agent
@reboot root exec /usr/sbin/fettle-host work 2>&1 | logger -t fettle-agent
UNIT
      ;;
    *) return 2 ;;
  esac
}
