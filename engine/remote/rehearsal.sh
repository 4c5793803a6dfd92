# Whether this host can undo a change by itself: seen before the first one, cheaply; and rehearsed, with a change that harms nobody.
# shellcheck shell=sh disable=SC2034,SC2154

# What is kept of a change may be as long, and so may what goes back: it stands as long as the run is armed.
guard_room=1048576
rehearsal=/etc/ssh-tunnels-rehearsal

# Before anything is written: nothing is touched on a host that could not take it back. With this status batch.ts knows it.
guard_refuse() { # WORDS
  echo "$1" >&2
  guard_forget "$guard" >/dev/null 2>&1 || :
  exit 77
}

guard_able() {
  # By doing it: of root's rights test -w tells nothing about a disk that is read-only (busybox).
  if ! said=$( (umask 077 && mkdir -p "$guard" && head -c "$guard_room" /dev/zero >"$guard/room") 2>&1); then
    guard_refuse "what was before cannot be kept in $guards: $said"
  fi
  new=/etc/systemd/system/.ssh-tunnels.$$
  if has_systemd && ! said=$( (: >"$new" && rm "$new") 2>&1); then
    guard_refuse "the unit that undoes a change at the next boot cannot be put into /etc/systemd/system: $said"
  fi
  new=''
}

# That somebody waits to undo it, whom nothing of ours keeps alive.
guard_awaits() {
  if [ ! -e "$guard/waiter" ]; then
    systemctl is-active --quiet "ssh-tunnels-${guard##*/}.timer" || guard_refuse 'systemd has taken a timer, and does not run it'
  elif ! has setsid; then
    guard_refuse 'systemd-run starts no timer here, and there is no setsid for a process that outlives this connection'
  elif [ ! -s "$guard/waiter" ] || ! guard_runs "$guard/waiter"; then
    guard_refuse 'the process that waits to undo a change does not stay'
  fi
}

# A change to be undone.
rehearse() {
  : >"$guard/rehearsal"
  keep "$rehearsal"
  file_put "$rehearsal" 644 '# Made by cdktf-ssh-tunnels: a rehearsal of how a change is undone; goes by itself.\n'
}
