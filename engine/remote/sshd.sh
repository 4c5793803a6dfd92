# sshd's drop-ins: checked by sshd -t before sshd hears of them, and put back when it complains; whose it complains of is told.
# shellcheck shell=sh disable=SC2154,SC2034

sshd_put() { # PATH CONTENT
  keep "$1"
  file_put "$1" 644 "$2"
}

sshd_remove() { # PATH
  keep "$1"
  rm -f "$1"
}

sshd_commit() {
  # sshd -t needs the folder, which is away while ssh.service is stopped or waits behind a socket (tried with 9.6).
  [ -d /run/sshd ] || install -d -m 755 /run/sshd
  check_kept sshd_valid
  # From here on sshd may have read the new files: who puts them back has to tell it again.
  told=yes
  sshd_tell
  keep_all_new
  told=''
}

sshd_valid() {
  complaint=$(sshd -t 2>&1)
}

sshd_tell() {
  for unit in ssh.service sshd.service; do
    state=$(systemctl show --property=LoadState --property=MainPID "$unit" 2>/dev/null | tr '\n' ' ')
    case $state in *LoadState=loaded*) ;; *) continue ;; esac
    sshd=${state##*MainPID=}
    # Not reload: behind an idle socket that fails (Ubuntu 24.04).
    tell_and_await "${sshd%% *}" systemctl try-reload-or-restart "$unit"
    return 0
  done
  # Started by something else. Where it is started for each connection, there is nobody to be told.
  if sshd=$(running_sshd "$(sshd -T 2>/dev/null | sed -n 's/^pidfile //p')"); then
    tell_and_await "$sshd" kill -HUP "$sshd"
  fi
}

tell_and_await() { # PID COMMAND...
  told_pid=$1
  shift
  image=$(image_of "$told_pid")
  # Until it has a handler again, a second SIGHUP would end it for good (signal(7)), and systemd takes that for a clean exit.
  await_sshd "$told_pid" ''
  "$@"
  # A connection before it listens again would be refused, and the next reload would come too early.
  await_sshd "$told_pid" "$image"
}

# Until PID handles SIGHUP and is no longer the program image OLD; two seconds at most, for it may be another process by now, or none.
await_sshd() { # PID OLD
  tries=100
  while [ -r "/proc/$1/status" ] && [ "$tries" -gt 0 ]; do
    if handles_hangup "$1" && { [ -z "$2" ] || [ "$(image_of "$1")" != "$2" ]; }; then return 0; fi
    tries=$((tries - 1))
    sleep 0.02
  done
}

handles_hangup() { # PID
  while read -r key value; do
    if [ "$key" = SigCgt: ]; then
      case $value in *[13579bdf]) return 0 ;; esac
    fi
  done <"/proc/$1/status"
  return 1
}

# Where its stack starts: chosen anew each time that it executes itself, as sshd does at a reload.
image_of() { # PID
  if [ -r "/proc/$1/stat" ]; then
    read -r line <"/proc/$1/stat"
    # shellcheck disable=SC2086
    set -- ${line##*)}
    echo "${26-}"
  fi
}
