# Free ports, which a host chooses by itself for what will listen there: once, under the lock, and kept in a file of ours.
# shellcheck shell=sh disable=SC2154

# Adds a line to the file of a tunnel that has none for this forward yet. Ports: none that the kernel gives to connections by itself, none that
# somebody listens on but ACCOUNT, and none that another tunnel of ours has or is about to have.
port_choose() { # PATH ACCOUNT "TYPE LISTEN FAR PORT..."
  IFS=' ' read -r type listens leads others <<END
$3
END
  ! grep -q "^[0-9]* $type $(literal "$listens") $(literal "$leads")\$" "$1" || return 0
  port=$(port_free "$1" "$2" "$2 $listens" "$others")
  if [ -z "$port" ]; then
    echo "no port is free outside of net.ipv4.ip_local_port_range ($(port_range)): name one, or narrow that" >&2
    return 1
  fi
  file_put "$1" 644 "$(sed 's/\\/\\\\/g; s/$/\\n/' "$1" | tr -d '\n')$port $type $listens $leads\n"
}

# As a pattern of grep's.
literal() { # TEXT
  printf '%s' "$1" | sed 's/[][\.*^$]/\\&/g'
}

port_range() {
  cat /proc/sys/net/ipv4/ip_local_port_range
}

# The same name leads to the same port, as long as that is free: who lost the file gets it back.
port_free() { # PATH ACCOUNT SEED PORTS
  own=$(id -u "$2" 2>/dev/null || echo none)
  seed=$(printf '%s' "$3" | cksum)
  {
    echo "range $(port_range)"
    echo "lowest $(cat /proc/sys/net/ipv4/ip_unprivileged_port_start 2>/dev/null || echo 1024)"
    echo "reserved $(tr , ' ' </proc/sys/net/ipv4/ip_local_reserved_ports 2>/dev/null)"
    echo "taken $4 $(ports_wanted "$1")"
    cat /proc/net/tcp /proc/net/tcp6 2>/dev/null
  } | awk -v own="$own" -v seed="${seed%% *}" '
    function number(hex,   i, sum) {
      for (i = 1; i <= length(hex); i++) sum = 16 * sum + index("0123456789ABCDEF", substr(hex, i, 1)) - 1
      return sum
    }
    $1 == "range" { low = $2; high = $3; next }
    $1 == "lowest" { lowest = $2 < 1024 ? 1024 : $2; next }
    $1 == "reserved" {
      for (i = 2; i <= NF; i++) {
        if (split($i, end, "-") < 2) end[2] = end[1]
        for (port = end[1]; port <= end[2]; port++) taken[port + 0]
      }
      next
    }
    $1 == "taken" { for (i = 2; i <= NF; i++) taken[$i + 0]; next }
    # 0A is LISTEN; the local address ends with the port, and the user ID is the eighth field.
    $4 == "0A" && $8 != own { taken[number(substr($2, length($2) - 3))] }
    function find(from, to,   count, all, port, i) {
      for (port = from; port <= to; port++) if (port >= lowest && (port < low || port > high)) all[count++] = port
      for (i = 0; i < count; i++) {
        port = all[(seed + i) % count]
        if (!(port in taken)) return port
      }
      return 0
    }
    END { if ((port = find(10000, 65535)) || (port = find(1024, 9999))) print port }'
}

# Of the other tunnels here, also of those that do not run now: what their files say; and of socket units, whoever made them.
ports_wanted() { # PATH
  own=${1%/*}
  own=${own##*/}
  set --
  for file in "$our_root"/*/ports "$unit_root"/tunnel-*.service /etc/init.d/tunnel-* "$our_root"/*/service \
    /etc/ssh/sshd_config.d/10-ssh-tunnels-*.conf /etc/systemd/system/*.socket /etc/systemd/system/*.socket.d/*.conf \
    /run/systemd/system/*.socket /run/systemd/system/*.socket.d/*.conf /usr/lib/systemd/system/*.socket /lib/systemd/system/*.socket; do
    case $file in
      */"tunnel-$own.service" | */"tunnel-$own" | */"$own/service" | */"10-ssh-tunnels-$own.conf") ;;
      *) [ ! -f "$file" ] || set -- "$@" "$file" ;;
    esac
  done
  [ "$#" -gt 0 ] || return 0
  awk '
    function tell(address) { if (address ~ /^(.*:)?[0-9]+$/) { sub(/.*:/, "", address); printf "%s ", address } }
    FILENAME ~ /\/ports$/ { tell($1); next }
    FILENAME ~ /\.socket(\.d\/[^\/]*)?$/ { if (sub(/^[ \t]*ListenStream[ \t]*=[ \t]*/, "")) tell($1); next }
    /^# listens / || $1 == "PermitListen" { for (at = 2; at <= NF; at++) tell($at) }' "$@"
}
