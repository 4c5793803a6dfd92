# sshd's drop-ins: checked by sshd -t before sshd hears of them, and put back when it complains; whose it complains of is told.
# shellcheck shell=sh disable=SC2154,SC2034

# Sessions that began before PATH was changed may go on with what they may: its time stays as it was, by which they are told (look-sshd.sh).
since_note() { # PATH
  touch -r "$1" "$work/since$(printf %s "$1" | tr / .)"
}

since_keep() { # PATH
  touch -r "$work/since$(printf %s "$1" | tr / .)" "$1"
}

sshd_put() { # PATH CONTENT
  keep "$1"
  file_put "$1" 644 "$2"
}

# Lets FILE, sshd's configuration, bring our drop-ins before all else that it says.
sshd_include() { # FILE
  if [ "${including-}" = "$1" ]; then return 0; fi
  including=$1
  sshd_rewrite "$1" "$our_include_mark
$our_include
" keeping
  folder_make "$sshd_folder"
}

sshd_remove() { # PATH
  keep "$1"
  rm -f "$1"
  if has_drop_ins; then return 0; fi
  for included in $(find_includes); do
    # Before the commit somebody may come whose drop-in needs our lines too.
    excluded="${excluded-} $included" including=''
    sshd_exclude "$included" keeping
  done
}

sshd_exclude() { # FILE [KEEPING]
  sshd_rewrite "$1" '' "${2-}"
}

# Our lines go, and LINES come first; all else stays, byte by byte.
sshd_rewrite() { # FILE LINES [KEEPING]
  # It may be a link, which stays one.
  file=$(readlink -f "$1")
  [ -z "${3-}" ] || keep "$file" all
  new=${file%/*}/.ssh-tunnels.$$
  rm_left "$new"
  cp -p "$file" "$new"
  { printf %s "$2"; sed "\\|^$our_include_mark|d; \\|$our_include_pattern|d" "$file"; } >"$new"
  mv -f "$new" "$file"
  new=''
}

sshd_commit() {
  if has_drop_ins; then
    for included in ${excluded-}; do sshd_include "$included"; done
  fi
  excluded=''
  # sshd -t needs the folder, which is away while ssh.service is stopped or waits behind a socket (tried with 9.6).
  [ -d /run/sshd ] || install -d -m 755 /run/sshd
  check_kept sshd_valid
  guard_sync
  # From here on sshd may have read the new files: who puts them back has to tell it again.
  told=yes
  sshd_tell
  keep_all_new
  told=''
}

sshd_valid() {
  complaint=$(ask_sshd -t 2>&1)
}

sshd_tell() {
  # Since the batch began it may have been started.
  find_sshd
  if [ -n "$sshd_unit" ] && [ -n "$sshd_socket" ]; then
    # Reading anew, sshd gives up the socket that systemd gave it, cannot bind its ports, and ends, or is deaf to some of them (tried with Debian 12).
    # A restart ends no session, and the socket takes connections meanwhile.
    systemctl try-restart "$sshd_unit"
    return 0
  fi
  if [ -n "$sshd_unit" ]; then
    # Not reload: of a unit that does not run that fails (Ubuntu 24.04).
    tell_and_await "$sshd_pid" systemctl try-reload-or-restart "$sshd_unit"
    return 0
  fi
  # Started by something else. Where it is started for each connection, there is nobody to be told.
  [ "$sshd_pid" != 0 ] || take_process "$(ask_sshd -T 2>/dev/null | sed -n 's/^pidfile //p')"
  [ "$sshd_pid" = 0 ] || tell_and_await "$sshd_pid" kill -HUP "$sshd_pid"
}

# How it runs, for who has to start it again: its file, its unit, its socket, and the words that it was started with.
sshd_note() {
  words=''
  [ "$sshd_pid" = 0 ] || words=$(started_words)
  if [ -n "$words$sshd_socket" ]; then printf '%s\n' "$sshd_file" "$sshd_unit" "$sshd_socket" "${words#sshd: }"; else echo "$sshd_file"; fi
}

# It ran when that was noted, and has died or been stopped since: without it nobody gets in.
sshd_start() { # FOLDER
  { IFS= read -r _ && IFS= read -r unit && IFS= read -r socket && IFS= read -r words; } <"$1/sshd" || return 0
  unit=${socket:-$unit}
  if [ -n "$unit" ]; then
    systemctl is-active --quiet "$unit" || systemctl start "$unit"
    return
  fi
  find_sshd
  [ "$sshd_pid" = 0 ] || return 0
  for script in /etc/init.d/ssh /etc/init.d/sshd; do
    if [ -x "$script" ]; then "$script" start 9<&-; return; fi
  done
  # shellcheck disable=SC2086 # the words of a command line
  setsid $words </dev/null >/dev/null 2>&1 3<&- 9<&- &
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
    # In this order: the handler may have been the old image's.
    if { [ -z "$2" ] || [ "$(image_of "$1")" != "$2" ]; } && handles_hangup "$1"; then return 0; fi
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
