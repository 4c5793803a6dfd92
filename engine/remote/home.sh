# Where what is ours stands on this host: at root's places, or in the home of a login that is not root, which $as_user says (engine/host/run.ts).
# shellcheck shell=sh disable=SC2034
# At boot nobody has set it.
: "${HOME:=/root}"
our_root=/etc/ssh-tunnels unit_root=/etc/systemd/system run_root=/run boot_target=multi-user.target
if [ -n "${as_user-}" ]; then
  HOME=$(getent passwd "$(id -un)" | cut -d : -f 6)
  case $HOME in
    /*[!A-Za-z0-9/._@+-]* | [!/]* | '') echo "the home of $(id -un), '$HOME', is no path of letters, digits and ./_@+-" >&2; exit 65 ;;
  esac
  our_root=$HOME/.ssh-tunnels unit_root=$HOME/.config/systemd/user run_root=/run/user/$(id -u) boot_target=default.target
  # By this systemctl and journalctl find the user's own manager.
  export XDG_RUNTIME_DIR="$run_root"
  # Where nobody has started it there is nothing that it would have to read anew.
  systemctl() {
    if [ -S "$run_root/systemd/private" ] || [ "$1" != daemon-reload ]; then command systemctl --user "$@"; fi
  }
fi

# What is ours is called by its place in the home.
as_called() {
  sed "s|\([ =]\)$HOME/|\1~/|g"
}

# NAME and PID of each process of a tunnel whose unit a user's systemd runs: its ssh, and those that this has started for jump hosts.
our_processes() {
  systemctl list-units --all --plain --no-legend 'tunnel-*.service' 2>/dev/null | while read -r unit rest; do
    unit=${unit%.service}
    pid=$(systemctl show --property=MainPID --value -- "$unit.service" 2>/dev/null)
    [ "${pid:-0}" = 0 ] || with_children "${unit#tunnel-}" "$pid"
  done
}

with_children() { # NAME PID
  echo "$1 $2"
  for child in $(pgrep -P "$2" 2>/dev/null); do with_children "$1" "$child"; done
}

# passwd(5) lines of those as whom tunnels run here. Without root that is one user for all: there each has a number that is made from its name.
our_accounts() {
  if [ -z "${as_user-}" ]; then
    getent passwd | grep '^tun-'
    return
  fi
  set -- "$unit_root"/tunnel-*.service
  [ -e "$1" ] || return 0
  awk "$number_of"'
    FNR == 1 && sub(/;.*/, "") {
      name = FILENAME
      gsub(/.*\/tunnel-|\.service$/, "", name)
      printf "tun-%s:x:%s:0:ssh-tunnels %s::\n", name, number(name), $NF
    }' "$@"
}

# No user has one that is as high (systemd's UIDS-GIDS.md).
# shellcheck disable=SC2016 # it is of awk
number_of='
  function number(name,   at, sum) {
    for (at = 1; at <= length(name); at++) sum = (sum * 37 + index("abcdefghijklmnopqrstuvwxyz0123456789-", substr(name, at, 1))) % 289000007
    return sprintf("4%09d", sum)
  }
'

# Of what ss prints with -p: the same numbers. What else the user runs has none of them.
as_accounts() {
  if [ -z "${as_user-}" ]; then
    cat
    return
  fi
  { our_processes; cat; } | awk "$number_of"'
    NF == 2 && $2 ~ /^[0-9]+$/ && !begun { whose[$2] = number($1); next }
    { begun = 1 }
    match($0, /pid=[0-9]+/) {
      pid = substr($0, RSTART + 4, RLENGTH - 4)
      if ((pid in whose) && !sub(/ uid:[0-9]+/, " uid:" whose[pid])) $0 = $0 " uid:" whose[pid]
    }
    { print }'
}
