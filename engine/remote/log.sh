# The undo log: before a step changes something, a numbered entry says how that was: N.path, with N.copy or N.none, or N.unit; and a folder for accounts.
# A batch that fails takes back what no commit has told of (file.sh), and an armed run all of it (guard.sh).
# shellcheck shell=sh disable=SC2154,SC2034,SC2086

# It counts only when all of it is there: what has no copy would be taken for a file that was not there.
log_file() { # PATH; sets $logged
  entry=$((${logged:-0} + 1))
  if [ -e "$1" ] || [ -L "$1" ]; then
    cp -pP "$1" "$log/$entry.copy"
  else
    : >"$log/$entry.none"
  fi
  printf '%s\n' "$1" >"$log/$entry.path"
  logged=$entry
}

# What the step at hand is about to change in an armed run. What a commit tells of is kept where it is changed.
log_step() {
  case $verb in
    sockets_put | sockets_remove)
      log_file "$a"
      for folder in $(printf %b "$c" | socket_folders); do
        [ -d "$folder" ] || echo "$b $folder" >>"$log/$logged.folders"
      done
      ;;
    file_put | key_make | key_copy | port_choose) log_file "$a" ;;
    files_remove | key_take)
      log_file "$a"
      [ -z "$b" ] || log_file "$b"
      ;;
    unit_put | unit_alter) log_unit "${a##*/}" ;;
    unit_enable | unit_start | unit_leave | unit_remove | unit_disable) log_unit "$a" ;;
    service_*) log_service "$a" "$b" ;;
    manager_skip)
      log_managers "$b"
      account_find "$a"
      [ -z "$uid" ] || log_file "/etc/systemd/system/user@$uid.service.d/ssh-tunnels-$b.conf"
      ;;
    manager_unskip) log_managers "$a" ;;
    account_*) log_account "$a" ;;
  esac
}

log_managers() { # TUNNEL
  for file in /etc/systemd/system/user@*.service.d/"ssh-tunnels-$1.conf"; do
    [ ! -f "$file" ] || log_file "$file"
  done
}

# Its file, its link, and whether it runs. One that waits for its next try runs.
log_unit() { # UNIT
  case " ${logged_units-} " in *" $1 "*) return 0 ;; esac
  logged_units="${logged_units-} $1"
  log_file "/etc/systemd/system/$1"
  case $(systemctl is-active "$1" 2>/dev/null || :) in
    active | activating | reloading | refreshing) echo "$1 active" ;;
    *) echo "$1 inactive" ;;
  esac >"$log/$logged.unit"
  log_file "/etc/systemd/system/multi-user.target.wants/$1"
}

log_account() { # NAME
  if [ ! -d "$log/accounts" ]; then
    mkdir "$log/accounts"
    for file in passwd shadow group gshadow $backups; do
      [ ! -e "/etc/$file" ] || cp -p "/etc/$file" "$log/accounts/"
    done
    [ ! -d "$before" ] || cp -pR "$before" "$log/accounts/before"
    guard_sync
  fi
  printf '%s\n' "$1" >>"$log/accounts/names"
}

# By this who undoes it knows whether somebody else has changed since what we share with him.
log_end() {
  for shared in "$log"/*.shared; do
    [ -e "$shared" ] || continue
    IFS= read -r path <"${shared%.shared}.path"
    log_sum "$path" >"$shared"
  done
}

log_sum() { # PATH
  if [ -f "$1" ]; then cksum <"$1"; else echo none; fi
}

log_put_back() { # LOG ENTRY
  IFS= read -r path <"$1/$2.path"
  if [ -e "$1/$2.none" ]; then
    files_remove "$path" ''
  elif [ -e "$1/$2.copy" ] || [ -L "$1/$2.copy" ]; then
    put_copy "$1/$2.copy" "$path"
  else
    return 1
  fi
}

# Before any of them goes back, and once: what decides who gets in is as before all the same, and what somebody else wrote is kept.
log_compare() { # LOG
  told_of='|' differs=''
  for shared in "$1"/*.shared; do
    [ -e "$shared" ] || continue
    IFS= read -r path <"${shared%.shared}.path"
    if [ -s "$shared" ] && [ "$(log_sum "$path")" != "$(cat "$shared")" ]; then
      case $told_of in *"|$path|"*) ;; *)
        told_of="$told_of$path|" differs=yes
        cp -pP "$path" "${shared%.shared}.theirs" 2>/dev/null || :
        echo "not all could be put back as it is: somebody else has changed $path since, and what he wrote is in ${shared%.shared}.theirs"
        ;;
      esac
    fi
    rm "$shared"
  done
  [ -z "$differs" ]
}

# The last first; of what was changed twice how it was at first.
log_entries() { # LOG
  seen='|' entries=''
  for entry in $(log_numbers "$1"); do
    IFS= read -r path <"$1/$entry.path"
    case $seen in *"|$path|"*) continue ;; esac
    seen="$seen$path|" entries="$entry $entries"
  done
  echo "$entries"
}

log_numbers() { # LOG
  for path in "$1"/*.path; do
    entry=${path##*/}
    [ ! -e "$path" ] || echo "${entry%.path}"
  done | sort -n
}

log_is_back() { # LOG ENTRY
  IFS= read -r path <"$1/$2.path"
  copy=$1/$2.copy
  if [ -e "$1/$2.none" ]; then
    [ ! -e "$path" ] && [ ! -L "$path" ]
  elif [ -L "$copy" ]; then
    [ -L "$path" ] && [ "$(readlink "$path")" = "$(readlink "$copy")" ]
  else
    cmp -s "$copy" "$path" && [ "$(stat -c '%f %u %g %Y' "$path")" = "$(stat -c '%f %u %g %Y' "$copy")" ]
  fi
}

# All as it was when the run began; with `sshd` those files alone that sshd reads. At boot nothing runs yet, and reads it then.
log_undo() { # LOG [sshd]
  failed='' tells=''
  is_booting=$([ "${SSH_TUNNELS_UNDOING-}" != boot ] || echo yes)
  log_compare "$1" || failed=yes
  [ -n "$2" ] || units_rest "$1"
  [ -n "$2$is_booting" ] || services_rest "$1"
  for entry in $(log_entries "$1"); do
    IFS= read -r path <"$1/$entry.path"
    case $path in
      /etc/ssh/* | "$sshd_file")
        # sshd has been told of it once: each time it refuses connections for a moment.
        if [ -z "$2" ] && log_is_back "$1" "$entry"; then continue; fi
        tells=yes
        ;;
      *) [ -z "$2" ] || continue ;;
    esac
    log_put_back "$1" "$entry" || failed=yes
    if [ -z "$2" ] && [ -e "$1/$entry.folders" ]; then
      while read -r account folder; do
        socket_folder_remove "$folder" "$account" || failed=yes
      done <"$1/$entry.folders"
    fi
  done
  if [ -n "$tells" ] && [ -z "$is_booting" ]; then
    # It goes with an sshd that has died, and without it sshd says nothing.
    [ -d /run/sshd ] || install -d -m 755 /run/sshd
    if complaint=$(ask_sshd -t 2>&1); then
      sshd_tell || failed=yes
    else
      echo "sshd has not read what was put back: $complaint" | head -n 1
      failed=yes
    fi
  fi
  if [ -n "$2" ] && [ -z "$is_booting" ]; then sshd_start "${1%/*}" || failed=yes; fi
  if [ -z "$2" ]; then
    accounts_back "$1/accounts" || failed=yes
    units_back "$1" || failed=yes
    [ -n "$is_booting" ] || services_back "$1" || failed=yes
  fi
  [ -z "$failed" ]
}

# Units that use what is about to go.
units_rest() { # LOG
  [ -z "$is_booting" ] || return 0
  for entry in "$1"/*.unit; do
    [ -e "$entry" ] || continue
    read -r unit state <"$entry"
    systemctl stop "$unit" 2>/dev/null || :
  done
}

units_back() { # LOG
  set -- "$1"/*.unit
  [ -e "$1" ] || return 0
  systemctl daemon-reload
  for entry in "$@"; do
    read -r unit state <"$entry"
    case $state in
      # At boot systemd has read them before us, and what it starts or does not start stands.
      active) systemctl start --no-block "$unit" || return ;;
      *) [ -z "$is_booting" ] || systemctl stop --no-block "$unit" 2>/dev/null || : ;;
    esac
    [ "$state" = active ] || systemctl reset-failed "$unit" 2>/dev/null || :
  done
}

# The files whole where nobody else has changed them since, else one account after the other.
accounts_back() { # FOLDER
  [ -d "$1" ] || return 0
  names=$(sort -u "$1/names")
  for name in $names; do
    if ! grep -q "^$name:" "$1/passwd" && uid=$(id -u "$name" 2>/dev/null); then processes_end "$uid"; fi
  done
  if [ "$(accounts_of_others "$1")" = "$(accounts_of_others /etc)" ]; then
    for file in passwd shadow group gshadow $backups; do
      if [ ! -e "$1/$file" ]; then
        rm -f "/etc/$file"
      else
        put_copy "$1/$file" "/etc/$file" || return
      fi
    done
    # Where there are labels (SELinux) a copy has its folder's.
    restorecon /etc/passwd /etc/shadow /etc/group /etc/gshadow 2>/dev/null || :
    rm -rf "$before" "$unfinished" "$unfinished.new"
    [ ! -d "$1/before" ] || cp -pR "$1/before" "$before"
    return
  fi
  [ ! -e "$unfinished" ] || finish_accounts
  for name in $names; do
    account_back "$name" "$1" || return
  done
  accounts_end
}

accounts_of_others() { # FOLDER
  for file in passwd shadow group gshadow; do
    [ ! -e "$1/$file" ] || awk -F : -v names=" $(printf '%s ' $names)" -v file="$file" 'index(names, " " $1 " ") == 0 { print file ":" $0 }' "$1/$file"
  done
}

account_back() { # NAME FOLDER
  was=$(grep "^$1:" "$2/passwd" || :)
  is=$(getent passwd "$1" || :)
  [ "$was" != "$is" ] || return 0
  if [ -z "$was" ]; then
    account_remove "$1"
    return
  fi
  IFS=: read -r _ _ uid gid comment _ shell <<END
$was
END
  if [ -n "$is" ]; then
    account_set "$1" "$shell" "$comment"
  else
    # Somebody may have got its number since.
    ! getent passwd "$uid" >/dev/null || uid=''
    account_add "$1" "$shell" "$comment" "$uid" || return
    find /etc/ssh-tunnels -group "$gid" -exec chgrp "$1" {} +
  fi
}
