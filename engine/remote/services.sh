# Scripts of ours that keep ssh running where systemd does not: OpenRC's, sysvinit's, or with a pid file alone (pidfile).
# shellcheck shell=sh disable=SC2154,SC2034

service_path() { # SUPERVISOR TUNNEL
  case $1 in
    pidfile) echo "/etc/ssh-tunnels/$2/service" ;;
    *) echo "/etc/init.d/tunnel-$2" ;;
  esac
}

service_put() { # SUPERVISOR TUNNEL CONTENT
  path=$(service_path "$1" "$2")
  # What runs under an old text ends now: were the batch to stop before the start, the next plan would take it for the new.
  service_end "$2"
  file_put "$path" 755 "$3"
}

service_enable() { # SUPERVISOR TUNNEL
  service_unlink "$1" "$2"
  case $1 in
    # What `rc-update add` does.
    openrc)
      folder_make /etc/runlevels/default
      ln -s "/etc/init.d/tunnel-$2" /etc/runlevels/default/
      ;;
    # Not by update-rc.d, which numbers those of others anew too, and not as they were when ours goes.
    sysvinit)
      starts_with "tunnel-$2" '1s/$/ NAME/'
      for level in 0 1 6; do ln -s "../init.d/tunnel-$2" "/etc/rc$level.d/K01tunnel-$2"; done
      for level in 2 3 4 5; do ln -s "../init.d/tunnel-$2" "/etc/rc$level.d/S99tunnel-$2"; done
      ;;
  esac
}

service_unlink() { # SUPERVISOR TUNNEL
  [ "$1" != openrc ] || rm -f /etc/runlevels/*/"tunnel-$2"
  if [ "$1" = sysvinit ]; then
    rm -f /etc/rc?.d/[SK]??"tunnel-$2"
    starts_with "tunnel-$2" ''
  fi
}

# Where startpar(8) starts scripts it goes by the list that insserv(8) has made, and by no other. Its first line names them all.
starts_with() { # NAME EDIT: takes NAME out, and then edits it by sed
  list=/etc/init.d/.depend.start
  if [ ! -f "$list" ] || ! grep -q '^TARGETS =' "$list"; then return 0; fi
  text=$(sed "/^$1:/d; s/ $1\( \|$\)/\1/g; $(echo "$2" | sed "s/NAME/$1/")" "$list")
  if [ "$text" != "$(cat "$list")" ]; then
    cp -p "$list" /etc/init.d/.ssh-tunnels.list
    printf '%s\n' "$text" >/etc/init.d/.ssh-tunnels.list
    mv -f /etc/init.d/.ssh-tunnels.list "$list"
  fi
}

service_links() { # TUNNEL
  for link in /etc/rc?.d/[SK]??"tunnel-$1"; do
    [ ! -L "$link" ] || return 0
  done
  return 1
}

# Begun anew where it runs.
service_start() { # SUPERVISOR TUNNEL
  service_end "$2"
  case $1 in
    openrc) rc-service "tunnel-$2" start 3<&- 9<&- >&2 ;;
    *) "$(service_path "$1" "$2")" start 3<&- 9<&- >&2 ;;
  esac
}

# The same tunnel under its former name, which is about to be removed.
service_leave() { # SUPERVISOR TUNNEL
  service_end "$2"
}

service_remove() { # SUPERVISOR TUNNEL
  service_end "$2"
  service_unlink "$1" "$2"
  rm -f "$(service_path "$1" "$2")" "/var/log/tunnel-$2.log" "/var/log/tunnel-$2.log.new"
  service_forget "$2"
}

# Who still waits for its lock sees that it is gone.
service_forget() { # TUNNEL
  rm -f "/run/ssh-tunnels-services/.$1"
  rmdir /run/ssh-tunnels-services 2>/dev/null || :
}

# Its script stays: who wants it starts it by hand.
service_disable() { # SUPERVISOR TUNNEL
  service_end "$2"
  service_unlink "$1" "$2"
}

# By its pid files, for its script may be gone or changed by hand; and OpenRC forgets that it was started. Under its lock: in the place of one
# that was killed another may be about to come.
service_end() { # TUNNEL
  runs=/run/ssh-tunnels-services/$1
  if [ -d "${runs%/*}" ]; then
    (
      flock 8
      tries=50
      # Any of them may end by itself meanwhile.
      if guard_runs "$runs.pid" 2>/dev/null; then kill "$process" 2>/dev/null || :; fi
      while guard_runs "$runs.pid" 2>/dev/null && [ "$tries" -gt 0 ]; do
        tries=$((tries - 1))
        sleep 0.1
      done
      for one in "$runs.pid" "$runs.ssh"; do
        if guard_runs "$one" 2>/dev/null; then
          rm -f "$one"
          kill -KILL "$process" 2>/dev/null || :
        fi
      done
      rm -f "$runs".*
    ) 8>>"${runs%/*}/.$1"
  fi
  rm -f /run/openrc/*/"tunnel-$1"
}

# Its ssh comes back at once when it ends, or from the pause in which it is.
service_go_on() { # TUNNEL
  if guard_runs "/run/ssh-tunnels-services/$1.pid" 2>/dev/null; then kill -CONT "$process" 2>/dev/null || :; fi
}

# How it was, in the undo log: `SUPERVISOR TUNNEL`, whether it runs, and whether a boot starts it.
log_service() { # SUPERVISOR TUNNEL
  case " ${logged_services-} " in *" $1:$2 "*) return 0 ;; esac
  logged_services="${logged_services-} $1:$2"
  log_file "$(service_path "$1" "$2")"
  runs=/run/ssh-tunnels-services/$2
  state=inactive linked=no
  if guard_runs "$runs.pid" 2>/dev/null; then state=active; fi
  if [ -L "/etc/runlevels/default/tunnel-$2" ] || service_links "$2"; then linked=yes; fi
  echo "$1 $2 $state $linked" >"$log/$logged.service"
}

services_rest() { # LOG
  for entry in "$1"/*.service; do
    [ -e "$entry" ] || continue
    read -r supervisor tunnel state linked <"$entry"
    service_end "$tunnel"
    service_forget "$tunnel"
  done
}

services_back() { # LOG
  for entry in "$1"/*.service; do
    [ -e "$entry" ] || continue
    read -r supervisor tunnel state linked <"$entry"
    if [ "$linked" = yes ]; then service_enable "$supervisor" "$tunnel"; else service_unlink "$supervisor" "$tunnel"; fi
    [ "$state" != active ] || service_start "$supervisor" "$tunnel" || return
  done
}
