# Who else may become root on this host (protocol §9). Nothing here changes the host or is judged here: it is
# named and signed. What cannot be looked at is `unseen`.

WAYS_MAX=60
# The root that is looked at; tests write another one.
WAYS_ROOT=''
# Programs that do as root what their own server or their own platform says.
WAYS_AGENTS='salt-minion puppet chef-client cinc-client cf-execd cf-agent rudder ansible-pull
amazon-ssm-agent ssm-agent-worker waagent google_guest_agent qemu-ga vmtoolsd landscape-client rhcd osad
mcollectived choria teleport tailscaled nomad dropbear telnetd miniserv.pl fleetd orbit'

# The text and its signature, as lines of `inspect`; the look after a job leaves it out.
inspect_ways() {
  [ -z "${LOOK_AFTER:-}" ] || return 0
  wy_tenant=- wy_host=- WY_TEXT=''
  while read -r wy_word wy_value _; do
    case $wy_word in
      tenant) wy_tenant=$wy_value ;;
      host) wy_host=$wy_value ;;
    esac
  done 2>/dev/null <"$ETC/identity" || :
  read_boot
  wy_now=$(now_s)
  wy_policy=$(sha256sum 2>/dev/null <"$ETC/policy") || wy_policy=$EMPTY_DIGEST
  WY_TEXT="fettle ways 1
tenant $wy_tenant
host $wy_host
way $WAY
boot $BOOT
issued $wy_now
policy ${wy_policy%% *}
$(ways_found)
end"
  say "$WY_TEXT" | sed 's/^/ways /'
  [ -s "$VAR/key" ] || return 0
  sign_text fettle-ways-v1 "$WY_TEXT" | sed 's/^/ways-sig /'
}

# `found KIND WHAT`, each once; `found none -` where there is nothing.
ways_found() {
  {
    ways_writable
    ways_accounts
    ways_sudo
    ways_sshd
    ways_agents
  } 2>/dev/null | awk -v most="$WAYS_MAX" '
    { gsub(/[^ -~]/, "?"); gsub(/  +/, " "); sub(/ +$/, ""); $0 = substr($0, 1, 250) }
    $0 in seen { next }
    { seen[$0] = 1; n++ }
    n <= most { print "found " $0 }
    END {
      if (n > most) print "found unseen " n - most " more"
      if (n == 0) print "found none -"
    }'
}

# What the program acts on, each with the folder that it lies in: root's, and nobody else may write.
# Over a login the program comes along and lies nowhere.
ways_writable() {
  wr_program=$0
  case $WAY:$wr_program in
    piped:* | *:[!/]*) wr_program=$ETC ;;
  esac
  set +f
  stat -L -c '%u %a %A %n' "${ETC%/*}" "$ETC" "$ETC"/* "$ETC"/*.d/* "$VAR" "$wr_program" "${wr_program%/*}" |
    awk '{
      group = int($2 / 10) % 10; others = $2 % 10; sticky = int($2 / 1000) % 2
      # In a folder such as /tmp nobody may touch what is another one'"'"'s.
      open = (int(group / 2) % 2 || int(others / 2) % 2) && !($3 ~ /^d/ && sticky)
      if ($1 != 0 || open) { sub(/^[^ ]+ [^ ]+ [^ ]+ /, ""); print "writable", $0 }
    }'
  set -f
}

ways_accounts() {
  awk -F: '$3 == 0 && $1 != "root" { print "uid0", $1 }' "$WAYS_ROOT/etc/passwd"
  if [ ! -r "$WAYS_ROOT/etc/shadow" ]; then
    say "unseen /etc/shadow"
  else
    awk -F: '$2 == "" { print "no-password", $1 }' "$WAYS_ROOT/etc/shadow"
  fi
}

# sudoers(5) and doas.conf(5). Who may do all is told apart from who may do some commands.
ways_sudo() {
  set +f
  set -- "$WAYS_ROOT/etc/sudoers" "$WAYS_ROOT/etc/sudoers.d/"*
  set -f
  for ws_file do
    [ -e "$ws_file" ] || { shift; continue; }
    # sudo itself leaves out names with a dot or a tilde at the end.
    case ${ws_file##*/} in *.* | *~) shift; continue ;; esac
    [ -r "$ws_file" ] || say "unseen $ws_file"
    set -- "$@" "$ws_file"
    shift
  done
  [ $# = 0 ] || awk '
    /\\$/ { sub(/\\$/, ""); held = held $0; next }
    { text = held $0; held = ""; sub(/^[ \t]+/, "", text) }
    text ~ /^#([^0-9]|$)/ && text !~ /^#include/ || text == "" { next }
    text ~ /^[@#]include(dir)? / {
      n = split(text, part, " ")
      if (part[2] != "/etc/sudoers.d") print "unseen", part[2]
      next
    }
    text ~ /^User_Alias[ \t]/ {
      sub(/^User_Alias[ \t]+/, "", text); split(text, part, /[ \t]*=[ \t]*/)
      gsub(/[ \t]/, "", part[2]); alias[part[1]] = part[2]; next
    }
    text ~ /^Defaults/ {
      if (text ~ /!authenticate/) print "sudo", (text ~ /^Defaults:/ ? substr(text, 10, index(text, " ") - 10) : "ALL"), "all"
      next
    }
    text ~ /NOPASSWD[ \t]*:/ {
      who = text; sub(/[ \t].*/, "", who)
      what = text; sub(/.*NOPASSWD[ \t]*:[ \t]*/, "", what)
      rules[++r] = who; much[r] = what ~ /(^|[ \t,])ALL([ \t,]|$)/ ? "all" : "some"
    }
    END {
      for (i = 1; i <= r; i++) print "sudo", (rules[i] in alias ? alias[rules[i]] : rules[i]), much[i]
    }' "$@"
  [ ! -r "$WAYS_ROOT/etc/doas.conf" ] || awk '
    $1 == "permit" && / nopass / {
      who = $2; for (i = 2; i <= NF && who ~ /^(nopass|keepenv|persist|nolog|setenv)$/; i++) who = $(i + 1)
      print "sudo", who, (/ cmd / ? "some" : "all")
    }' "$WAYS_ROOT/etc/doas.conf"
}

# What sshd itself says holds for root, asked for a caller from this machine; and the keys that let root in.
ways_sshd() {
  wh_files=.ssh/authorized_keys
  if command -v sshd >/dev/null && [ -r "$WAYS_ROOT/etc/ssh/sshd_config" ]; then
    wh_said=$(sshd -T -f "$WAYS_ROOT/etc/ssh/sshd_config" -C user=root,host=localhost,addr=127.0.0.1) ||
      say "unseen sshd"
    wh_root='' wh_asks=no
    while read -r wh_word wh_value; do
      case $wh_word in
        permitrootlogin) wh_root=$wh_value ;;
        authorizedkeysfile) wh_files=$wh_value ;;
        passwordauthentication | kbdinteractiveauthentication) [ "$wh_value" = no ] || wh_asks=yes ;;
        permitemptypasswords) [ "$wh_value" = no ] || say "empty-passwords sshd" ;;
        trustedusercakeys) [ "$wh_value" = none ] || say "ca $wh_value" ;;
        authorizedkeyscommand) [ "$wh_value" = none ] || say "keys-command $wh_value" ;;
      esac
    done <<SAID
$wh_said
SAID
    case $wh_root in
      yes) [ "$wh_asks" = no ] && say "root-login yes" || ways_root_password ;;
      prohibit-password | without-password) say "root-login $wh_root" ;;
    esac
  fi
  wh_home=$(awk -F: '$1 == "root" { print $6; exit }' "$WAYS_ROOT/etc/passwd")
  for wh_file in $wh_files; do
    case $wh_file in
      none) continue ;;
      %h/*) wh_file=$wh_home${wh_file#%h} ;;
      *%u*) wh_file=${wh_file%%%u*}root${wh_file#*%u} ;;
      /*) ;;
      *) wh_file=$wh_home/$wh_file ;;
    esac
    ways_keys "$WAYS_ROOT$wh_file" "$wh_file"
  done
}

# Anybody who knows or guesses it is root.
ways_root_password() {
  awk -F: '$1 == "root" {
    print ($2 ~ /^[!*]/ ? "root-login yes" : "root-password sshd")
  }' "$WAYS_ROOT/etc/shadow"
}

# sshd(8), AUTHORIZED_KEYS FILE FORMAT: options end at the first space outside of quotes. Not told is a
# key that runs this program and is restricted to it.
ways_keys() { # FILE NAME
  [ -e "$1" ] || return 0
  [ -r "$1" ] || { say "unseen $2"; return 0; }
  awk -v own="$0" '
    { sub(/^[ \t]+/, "") }
    $0 == "" || /^#/ { next }
    {
      text = $0; options = ""
      if (text !~ /^(ssh|ecdsa|sk)-[a-z0-9@.-]+ /) {
        inside = 0
        for (i = 1; i <= length(text); i++) {
          c = substr(text, i, 1)
          if (c == "\\") i++
          else if (c == "\"") inside = !inside
          else if (c ~ /[ \t]/ && !inside) break
        }
        options = substr(text, 1, i - 1)
      }
      bare = options; gsub(/"[^"]*"/, "", bare); bare = "," tolower(bare) ","
      command = ""
      if (match(tolower(options), /(^|,)command="[^"]*"/)) {
        command = substr(options, RSTART, RLENGTH); sub(/^[^"]*"/, "", command); sub(/"$/, "", command)
      }
      split(command, part, " ")
      ours = part[2] == "serve" && (part[1] == "/usr/sbin/fettle-host" || part[1] == own)
      if (ours && index(bare, ",restrict,")) next
      kind = command == "" ? "open" : ours ? "unrestricted" : "command"
      print "key", kind (index(bare, ",cert-authority,") ? "-ca" : ""), NR
    }' "$1" | while read -r wk_key wk_kind wk_line; do
    wk_print=$(sed -n "${wk_line}p" "$1" | ssh-keygen -lf - | awk '{ print $2 }')
    say "$wk_key-$wk_kind ${wk_print:--} $2:$wk_line"
  done
}

# Those that run as root, and scheduled pulls.
ways_agents() {
  set +f
  wa_ours=$(stat -c '%u %n' /proc/[0-9]* | awk '$1 == 0 { print $2 "/cmdline" }')
  # shellcheck disable=SC2086 # paths of /proc
  cat $wa_ours | tr '\0' '\n' | awk -v names="$WAYS_AGENTS" '
    BEGIN { n = split(names, name, /[ \n]+/); for (i = 1; i <= n; i++) known[name[i]] = 1 }
    /^\// { sub(/.*\//, ""); if ($0 in known) print "agent", $0 }'
  grep -lsE '(ansible-pull|chef-client|cinc-client|puppet agent|cf-agent|salt-call)' \
    "$WAYS_ROOT"/etc/crontab "$WAYS_ROOT"/etc/cron.d/* "$WAYS_ROOT"/etc/cron.hourly/* \
    "$WAYS_ROOT"/var/spool/cron/root "$WAYS_ROOT"/var/spool/cron/crontabs/root \
    "$WAYS_ROOT"/etc/systemd/system/*.service | sed "s|^$WAYS_ROOT|scheduled |"
  set -f
}
