# What a look prints for who asks how tunnels are: the clock, what the kernel remembers and keeps for root, when units were written, connections of tunnels, and what their units said.
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# Like all that a look prints, it costs processes by the kind of fact, not by the tunnel.

health=''

look_health() { health=yes; }

print_health() {
  date +%s | record clock ''
  for name in nf_conntrack_tcp_timeout_established nf_conntrack_tcp_loose; do
    [ ! -r "/proc/sys/net/netfilter/$name" ] || record kernel "$name" <"/proc/sys/net/netfilter/$name"
  done
  [ ! -r /proc/sys/net/ipv4/ip_unprivileged_port_start ] || record kernel ip_unprivileged_port_start </proc/sys/net/ipv4/ip_unprivileged_port_start
  print_written
  print_held
  print_words
}

# When the text of each unit was written, in seconds since 1970, and its name.
print_written() {
  set --
  for name in $names; do
    for file in "$unit_root/tunnel-$name.service" "/etc/init.d/tunnel-$name" "/etc/ssh-tunnels/$name/service"; do
      [ "$name" = _host ] || [ ! -f "$file" ] || set -- "$@" "$file"
    done
  done
  [ $# -eq 0 ] || stat -c '%Y %n' "$@" | sed 's|/etc/init.d/\(.*\)|\1.service|; s|/etc/ssh-tunnels/\(.*\)/service|tunnel-\1.service|; s|/.*/||' | record written ''
}

# Established connections of tunnels' ssh and sshd: ACCOUNT PID SECONDS and a line of ss. sshd's socket is root's, so that only its processes tell.
print_held() {
  has ss && has pgrep || return 0
  uids=$(printf '%s\n' "$accounts" | awk -F : -v names=" $(printf '%s ' $names)" 'index(names, " " substr($1, 5) " ") { printf "%s%s", more++ ? "," : "", $3 }')
  { [ -z "$uids" ] || print_holders "$uids"; } | record held ''
}

print_holders() { # UIDS
  processes=''
  # Of a longer pattern pgrep says that nothing can match it. Without root all are one user's: there their units tell whose each is.
  for pid in $(if [ -z "${as_user-}" ]; then pgrep -u "$1" -x 'ssh|sshd.*'; else our_processes | cut -d ' ' -f 2; fi); do processes="$processes /proc/$pid/stat /proc/$pid/status"; done
  [ -n "$processes" ] || return 0
  { printf '%s\n' "$accounts"; [ -z "${as_user-}" ] || our_processes | sed 's/^/runs tun-/'; cat $processes; ss -OHtneip state established; } 2>/dev/null | awk '
    function start(line, field) { sub(/^.*\) /, "", line); split(line, field, " "); return field[20] / 100 }
    # When a process began stands in field 22 of its stat, in hundredths of a second (proc(5)); what a container shows as its uptime may be another count.
    BEGIN { if ((getline line <"/proc/self/stat") > 0) now = start(line) }
    /^tun-[^ :]*:/ { split($0, field, ":"); name[field[3]] = field[1]; next }
    /^[0-9]+ \(/ { pid = $1; began[pid] = start($0); next }
    $1 == "runs" { whose[$3] = $2; next }
    $1 == "Uid:" { if ($2 in name) whose[pid] = name[$2]; next }
    /users:\(\(/ {
      rest = $0
      while (match(rest, /pid=[0-9]+/)) {
        pid = substr(rest, RSTART + 4, RLENGTH - 4)
        if (pid in whose) { print whose[pid], pid, int(now - began[pid]), $0; break }
        rest = substr(rest, RSTART + RLENGTH)
      }
    }'
}

# The last words of each unit that is asked about, with their times, as JSON: only so journalctl says whose they are.
print_words() {
  hour_ago=$(($(date +%s) - 3600))
  {
    for name in $names; do
      ! is_scripted "tunnel-$name.service" || script_words "tunnel-$name.service" 2000 0 "$hour_ago"
    done
    print_journal
  } | record said ''
}

print_journal() {
  has journalctl || return 0
  set --
  for name in $names; do
    [ "$name" = _host ] || is_scripted "tunnel-$name.service" || set -- "$@" "--${as_user:+user-}unit=tunnel-$name.service"
  done
  [ $# -gt 0 ] || return 0
  # An ssh that comes back again and again is told of in a handful of lines each time.
  lines=$(($# * 2000))
  [ "$lines" -le 20000 ] || lines=20000
  # Of each try systemd says a handful of lines, of which one is enough.
  journalctl "$@" --lines="$lines" --since=-1h --output=json --output-fields=MESSAGE,_SYSTEMD_UNIT,UNIT,_SYSTEMD_USER_UNIT,USER_UNIT --no-pager --quiet 2>/dev/null |
    grep -vE '"MESSAGE":"([^"]*: (Main process exited|Failed with result|Scheduled restart|Deactivated|Consumed)|(Starting|Stopping|Stopped) )'
}
