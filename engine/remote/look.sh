# Reading this host: our parts of the tunnels that are asked for, and what they depend on. Changes nothing.
# shellcheck shell=sh disable=SC2034,SC2046,SC2086,SC2094,SC2154,SC3013,SC3045,SC3067
# One record a line: KIND, KEY and VALUE, divided by byte 037; VALUE in base64. The number of processes does not grow with the tunnels.
# `-nt` and `-O` are not in POSIX, and in every shell that is sh anywhere.

asked='' whole='' awaited='' journals='' programs='' each_sshd='' only_listeners='' with_programs='' sshd_lines='' sshd_users='' sshd_for='' sockets=''
# Seconds to wait while another deploy changes this host, and what is printed beside the rest: status.sh says otherwise.
lock_wait=120 print_more=''

look_tunnel() { asked="$asked $1"; } # NAME, or _host for the host's own settings
look_whole() { whole=yes; }
look_programs() { programs=$1; } # NAMES
look_sshd_line() { # LINE of sshd_config(5), for everybody
  sshd_lines="$sshd_lines$1
"
}
look_sshd_user() { # NAME USER ADDRESS: whether sshd lets USER in from there, to be told under NAME
  sshd_users="$sshd_users$1$us$2$us$3
"
}
look_sshd_for() { # USER FROM TO: what sshd's settings are for USER, who comes from FROM to its address TO
  sshd_for="$sshd_for$1$us$2$us$3
"
}
look_each_sshd() { each_sshd=yes; }
look_only_listeners() { only_listeners=yes; }
look_journal() { journals="$journals $1"; } # UNIT
look_socket() { # VERB ACCOUNT PATH: VERB is listens or dials
  sockets="$sockets$1 $2 $3
"
}
# Before anything is read: until ACCOUNT listens on PORT, the number or a socket's path, or nobody of those who are waited for has come for so many tenths of a second.
look_await() { # ACCOUNT PORT TENTHS
  awaited="$awaited $1:$2"
  patience=$3
}

record() { # KIND KEY [FILTER], VALUE on standard input; FILTER is for who looks without root
  printf '%s\037%s\037' "$1" "$2"
  if [ -n "${as_user:+${3-}}" ]; then "$3" | base64 -w 0; else base64 -w 0; fi
  echo
}

has() { command -v "$1" >/dev/null 2>&1; }

# Sets $lock to a folder that root alone can open: its home, where no file is left behind, or one that a batch makes until the next boot.
find_lock() {
  lock=$HOME
  [ -z "${as_user-}" ] || return 0
  lock=/root
  case $(stat -c %a:%g /root) in
    *[0-3]:0 | *[0-3][0-3]:*) ;;
    *) lock=/run/lock-of-ssh-tunnels ;;
  esac
}

# Not while a batch changes this host: half of its work would look like drift.
look_lock() {
  find_lock
  if has flock && [ -d "$lock" ]; then
    exec 9<"$lock"
    flock -s -w "$lock_wait" 9 || { echo "another deploy has been changing this host for $lock_wait seconds" >&2; exit 75; }
  fi
}

# From the kernel's own table: ss takes longer, and this is asked ten times a second.
still_awaited() { # prints how many do not listen yet
  cat /proc/net/tcp /proc/net/tcp6 /proc/net/unix 2>/dev/null | awk -v wanted="$wanted" '
    BEGIN { for (rest = split(wanted, one, " "); rest > 0; rest--) missing[one[rest]] = 1 }
    # 0A is LISTEN; the local address ends with the port, in hexadecimal digits, and the user ID is the eighth field.
    $4 == "00010000" && $8 != "" { delete missing[$8]; next }
    $4 == "0A" { delete missing[$8 substr($2, length($2) - 4)] }
    END { for (socket in missing) left++; print left + 0 }'
}

# While one after the other comes it goes on, however long all of them take; one that comes and goes counts once.
look_wait() {
  [ -n "$awaited" ] || return 0
  wanted=$(
    { getent passwd | grep '^tun-'; printf '%s\n' $awaited; } |
      awk -F : -v user="${as_user:+$(id -u)}" '
        NF > 2 { uid[$1] = $3; next }
        $2 ~ /^\// { printf "%s ", $2; next }
        { printf "%s:%04X ", user == "" ? uid[$1] : user, $2 }'
  )
  left=$patience
  least=$(still_awaited)
  now=$least
  while [ "$now" -gt 0 ] && [ "$left" -gt 0 ]; do
    # Many take a while, and to ask takes time too.
    if [ "$now" -gt 8 ]; then pause=3; else pause=1; fi
    sleep "0.$pause"
    now=$(still_awaited)
    left=$((left - pause))
    if [ "$now" -lt "$least" ]; then
      least=$now
      left=$patience
    fi
  done
}

look_print() {
  [ -n "$only_listeners" ] || print_rest
  # With -p it looks into every process. That is for who finds a port taken, and not for those that we wait for ourselves.
  { has ss && ss -Hltne ${with_programs:+-p} ${as_user:+-p}; } 2>/dev/null | record listeners '' as_accounts
  [ -z "$sockets" ] || print_sockets | record sockets ''
  echo | record end ''
}

print_rest() {
  for program in $programs; do
    case $program in
      systemctl) has_systemd ;;
      # That of busybox knows no users.
      setpriv) setpriv --reuid 0 true 2>/dev/null ;;
      *) has "$program" ;;
    esac || echo | record missing "$program"
  done
  # Two logins to one machine share both; clones of one image do not, nor do containers on one kernel.
  { cat /proc/sys/kernel/random/boot_id; readlink "/proc/${as_user:+self}${as_user:-1}/ns/mnt"; } 2>/dev/null | record machine ''
  addresses=$({ has ip && ip -o addr show; } 2>/dev/null)
  printf '%s\n' "$addresses" | record addresses ''
  our_connection | record connection ''
  accounts=$(our_accounts)
  printf '%s\n' "$accounts" | record accounts ''
  [ -n "${as_user-}" ] || find_sshd
  found=$(ours_left)
  [ -z "$found" ] || printf '%s\n' "$found" | record left ''
  if [ -z "${as_user-}" ]; then
    found=$(others_left)
    [ -z "$found" ] || printf '%s\n' "$found" | record othersleft ''
  fi
  names=$asked
  [ -z "$whole" ] || names=$(all_names | sort -u)
  print_files
  if [ -n "${as_user-}" ]; then
    print_user
  else
    print_sshd
    print_firewall
  fi
  print_units
  print_services
  print_histories
  for unit in $journals; do
    if is_scripted "$unit"; then
      tail -n 20 "/var/log/${unit%.service}.log" 2>/dev/null | cut -d ' ' -f 4- | grep -v "^${unit%.service}: " | tail -n 8
    else
      journalctl "--${as_user:+user-}unit=$unit" --lines=8 --output=cat --no-pager --quiet 2>/dev/null
    fi | record journal "$unit"
  done
  [ -z "$print_more" ] || "$print_more"
}

# Every name under which something of ours may stand here, whatever is left of it.
all_names() {
  echo _host
  printf '%s\n' "$accounts" | sed -n 's/^tun-\([a-z0-9-]*\):.*/\1/p'
  names_in '' '' "$our_root"/*
  names_in 10-ssh-tunnels- .conf /etc/ssh/sshd_config.d/10-ssh-tunnels-*.conf
  names_in tunnel- .service "$unit_root"/tunnel-*.service "$unit_root"/*.wants/tunnel-*.service
  names_in tunnel- '' /etc/init.d/tunnel-*
  names_in ssh-tunnels-watch- .timer /etc/systemd/system/ssh-tunnels-watch-*.timer
  names_in '' '' /var/lib/ssh-tunnels-watch/*
  names_in ssh-tunnels- .conf /etc/systemd/system/user@*.service.d/ssh-tunnels-*.conf
  # A unit runs on when somebody removed its file.
  if has systemctl; then
    systemctl list-units --all --plain --no-legend 'tunnel-*.service' 2>/dev/null | sed -n 's/^tunnel-\([a-z0-9-]*\)\.service .*/\1/p'
  fi
}

names_in() { # START END PATHS: what stands between the two in the file names of those that are there
  start=$1 end=$2
  shift 2
  for path in "$@"; do
    [ -e "$path" ] || [ -L "$path" ] || continue
    name=${path##*/}
    name=${name#"$start"}
    name=${name%"$end"}
    # No tunnel can be called otherwise: it is not ours, and systemctl may stumble over it.
    case $name in *[!a-z0-9-]*) [ "$name" = _host ] || continue ;; esac
    echo "$name"
  done
}

# Where hosts keep the rules of iptables.
iptables_files='/etc/iptables/rules.v4 /etc/iptables/rules.v6 /etc/sysconfig/iptables /etc/sysconfig/ip6tables
/etc/iptables/rules-save /etc/iptables/rules6-save /etc/iptables/iptables.rules /etc/iptables/ip6tables.rules'

# Ours by name, so that no copy of a private key is ever read, and the configuration that ours lives in.
print_files() {
  keys='' roots='' provers='' places='' lists=''
  set --
  # These are few, or for all names: a pattern for each name would read its folder once for each.
  [ -n "${as_user-}" ] || for file in $(sshd_files) $(access_files) /etc/nftables.conf $iptables_files /etc/ufw/user.rules /etc/ufw/user6.rules \
    /etc/firewalld/policies/ssh-tun-*.xml /etc/systemd/system/user@*.service.d/ssh-tunnels-*.conf; do
    [ ! -f "$file" ] || set -- "$@" "$file"
  done
  for name in $names; do
    folder=$our_root/$name
    for file in "$folder/known_hosts" "$folder/ssh_config" "$folder/authorized_keys" "$folder/ports" "$folder/firewall.nft" "$folder/fence.nft" "$folder/sockets" \
      "/etc/ssh/sshd_config.d/10-ssh-tunnels-$name.conf" "$unit_root/tunnel-$name.service" \
      "/etc/init.d/tunnel-$name" "$folder/service" \
      "/etc/systemd/system/ssh-tunnels-watch-$name.service" "/etc/systemd/system/ssh-tunnels-watch-$name.timer"; do
      [ ! -f "$file" ] || set -- "$@" "$file"
    done
    [ ! -f "$folder/prove.sh" ] || provers="$provers $folder/prove.sh"
    [ ! -d "$socket_root/$name" ] || places="$places $socket_root/$name"
    [ ! -f "$folder/sockets" ] || lists="$lists $folder/sockets"
    for file in "$folder/key" "$folder/key.next"; do
      [ ! -f "$file" ] || keys="$keys $file"
      [ ! -O "$file" ] || roots="$roots $file"
    done
  done
  # Tunnels that share a connection have folders by their own names: those in its list, and those that are asked for.
  if [ -n "$lists$sockets" ]; then
    for place in $({ [ -z "$lists" ] || cat -- $lists; printf '%s' "$sockets" | sed -n 's/^listens [^ ]* //p'; } | socket_folders); do
      case " $places " in *" $place "*) ;; *) [ ! -d "$place" ] || places="$places $place" ;; esac
    done
  fi
  [ -z "$places" ] || stat -c '%a %U:%G %n' -- $places | record socketfolders ''
  [ -z "$provers$keys$*" ] || stat -L -c '%s %a %U:%G %n' -- "$@" $provers $keys | record files '' as_owned
  [ $# -eq 0 ] || cat -- "$@" | record contents ''
  # The same program for each tunnel: its checksum tells whether it is the one.
  [ -z "$provers" ] || sha256sum -- $provers | record sums ''
  # Of a key that is not root's its account may have made anything, a file without end too.
  [ -z "$roots" ] || public_keys $roots | record keys '' as_called
}

# NAME STATE PID RESTARTS of each that stands here, runs, or is started at boot without systemd, and by whom.
print_services() {
  supervisor_here | record supervisor ''
  linked=' '
  for link in /etc/runlevels/*/tunnel-* /etc/rc[2-5].d/S??tunnel-*; do
    [ -L "$link" ] || continue
    name=${link##*/}
    case $link in
      /etc/runlevels/*) linked="${linked}openrc:$name " ;;
      *) linked="${linked}sysvinit:${name#S??} " ;;
    esac
  done
  for name in $names; do
    runs=/run/ssh-tunnels-services/$name
    state=inactive pid=0 restarts=0 starts=''
    [ ! -r "$runs.restarts" ] || read -r restarts <"$runs.restarts"
    if [ -e "$runs.pid" ] && guard_runs "$runs.pid"; then state=activating; fi
    if [ -e "$runs.ssh" ] && guard_runs "$runs.ssh"; then
      # Without who keeps it, nobody begins it anew.
      [ "$state" = inactive ] || state=active
      pid=$process
    fi
    case $linked in
      *" openrc:tunnel-$name "*) starts=openrc ;;
      *" sysvinit:tunnel-$name "*) starts=sysvinit ;;
    esac
    if [ -e "/etc/init.d/tunnel-$name" ] || [ -e "/etc/ssh-tunnels/$name/service" ] || [ "$state$pid$starts" != inactive0 ]; then
      echo "$name $state $pid $restarts $starts"
    fi
  done | record services ''
}

print_units() {
  set --
  for name in $names; do
    [ "$name" = _host ] || set -- "$@" "tunnel-$name.service"
    timer=ssh-tunnels-watch-$name.timer
    if [ -f "/etc/systemd/system/$timer" ] || [ -L "/etc/systemd/system/multi-user.target.wants/$timer" ]; then set -- "$@" "$timer"; fi
  done
  # Units that systemd starts at boot, also where the file is gone.
  for link in "$unit_root"/*.wants/tunnel-*.service "$unit_root"/*.wants/ssh-tunnels-fence.service \
    "$unit_root"/*.wants/ssh-tunnels-watch-*.timer; do
    [ ! -L "$link" ] || echo "${link##*/}"
  done | record wanted ''
  [ ! -f /etc/nftables.conf ] || set -- "$@" nftables.service
  if has systemctl && [ $# -gt 0 ]; then
    systemctl show --property=Id,LoadState,ActiveState,UnitFileState,FragmentPath,DropInPaths,NeedDaemonReload -- "$@" | record units '' as_called
  fi
}
