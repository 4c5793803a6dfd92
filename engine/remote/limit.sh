# A program's time limit: what still runs after it is ended, and then the program itself.
# shellcheck shell=sh disable=SC2034,SC2086,SC2154,SC3048
# Goes before every program (engine/host/quote.ts), which gives $limit, in seconds. A program with an EXIT trap of its own calls limit_end in it.

limit_begin() {
  # With no file of the program: sshd waits for whoever holds them.
  limit_watch </dev/null >/dev/null 2>&1 &
  watcher=$!
  trap limit_end EXIT
  trap 'echo ssh-tunnels-out-of-time >&2; exit 124' ALRM
}

limit_end() {
  kill "$watcher" 2>/dev/null || :
}

limit_watch() {
  trap 'kill "$!"; exit' TERM
  left=$limit
  while [ "$left" -gt 0 ]; do
    limit_sleep $((left < 2 ? left : 2))
    left=$((left - 2))
    # A program that was killed has not ended us; whom it has started may go on.
    limit_process self
    [ "$its_parent" != "$$" ] || continue
    limit_members
    [ -n "$members" ] || exit
  done
  limit_members
  hung=$members
  # The program first: it would go on when what it waits for is gone.
  limit_kill ALRM $program $hung
  limit_sleep 2
  limit_kill KILL $hung
  # Now the program puts things back, and that can hang too.
  limit_sleep 10
  limit_members
  limit_kill KILL $members
  limit_sleep 10
  limit_members
  limit_kill KILL $program $members
}

# In the background: a shell does not hear a signal before its child has ended, unless it waits so.
limit_sleep() { # SECONDS
  sleep "$1" &
  wait "$!"
}

limit_kill() { # SIGNAL PIDS
  signal=$1
  shift
  [ $# -eq 0 ] || kill "-$signal" "$@"
}

# Sets $program to its PID while it runs, and $members to those in its process group beside it and us; without those before it,
# sudo and the login shell, who tell how it ended. From /proc alone: pgrep may not be there.
limit_members() {
  limit_process self || return 0
  group=$its_group spared=" $its_pid " program='' members=''
  [ "$its_parent" != "$$" ] || program=$$
  above=$program
  while [ "${above:-0}" -gt 1 ] && limit_process "$above"; do
    spared="$spared$above "
    above=$its_parent
  done
  for process in /proc/[0-9]*; do
    limit_process "${process#/proc/}" || continue
    [ "$its_group" = "$group" ] || continue
    case $spared in *" $its_pid "*) ;; *) members="$members $its_pid" ;; esac
  done
}

limit_process() { # PID: the first fields of proc_pid_stat(5); the program's name may have spaces and brackets
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 1
  its_pid=${line%% *}
  set -- ${line##*) }
  its_parent=$2
  its_group=$3
}

limit_begin
