# What the resident proofs of tunnels have seen (prove.sh): told by a look, removed with the last of a tunnel.
# shellcheck shell=sh disable=SC2086,SC2154

# `now SECONDS`, and each line of each history behind the tunnel's name, of one of several forwards NAME/FORWARD: when, in seconds since 1970, and what; `checked` for the last proof, `begun` for
# when the timer that stands was written.
print_histories() {
  set --
  timers=''
  for name in $names; do
    timer=/etc/systemd/system/ssh-tunnels-watch-$name.timer
    [ ! -f "$timer" ] || timers="$timers $timer"
    for file in "/var/lib/ssh-tunnels-watch/$name/history" "/var/lib/ssh-tunnels-watch/$name/checked" \
      "/var/lib/ssh-tunnels-watch/$name"/*/history "/var/lib/ssh-tunnels-watch/$name"/*/checked; do
      [ ! -f "$file" ] || set -- "$@" "$file"
    done
  done
  [ -n "$timers$*" ] || return 0
  {
    echo "now $(date +%s)"
    [ -z "$timers" ] || stat -c '%n %Y begun' $timers | sed 's|^.*/ssh-tunnels-watch-\([^ ]*\)\.timer |\1 |'
    [ $# -eq 0 ] || awk '{ count = split(FILENAME, part, "/"); print part[5] (count > 6 ? "/" part[6] : ""), part[count] == "checked" ? $1 " checked" : $0 }' "$@"
  } | record histories ''
}

# All of it, or of FORWARD alone; `.` is what is of none.
history_remove() { # TUNNEL [FORWARD]
  case ${2-} in
    '') rm -rf -- "/var/lib/ssh-tunnels-watch/$1" ;;
    .) rm -f -- "/var/lib/ssh-tunnels-watch/$1/history" "/var/lib/ssh-tunnels-watch/$1/checked" ;;
    *) rm -rf -- "/var/lib/ssh-tunnels-watch/$1/${2:?}" ;;
  esac
  rmdir /var/lib/ssh-tunnels-watch 2>/dev/null || :
}
