# System accounts. The backup files that useradd(8) leaves in /etc are put back when our last account goes, if only we changed accounts.
# shellcheck shell=sh disable=SC2154,SC2034

backups='passwd- shadow- group- gshadow-'

accounts_sum() {
  for file in passwd shadow group gshadow; do
    echo "$file"
    [ ! -e "/etc/$file" ] || cat "/etc/$file"
  done | sha256sum
}

account_add() { # NAME SHELL COMMENT [UID]
  # Nobody had such an account when the plan was made. Another deploy of the same tunnel has: who planned this looks again.
  if found=$(getent passwd "$1"); then
    echo "account $1 has been made since we looked" >&2
    case $found in *":$3:"*) exit 76 ;; *) exit 1 ;; esac
  fi
  account_begins "$1"
  # Once a batch: a removal that was stopped may have left groups, and backups that are not put back.
  if [ -z "${accounts_begun-}" ]; then
    empty_groups=" $(getent group | sed -n 's/^\(tun-[^:]*\):[^:]*:[^:]*:$/\1/p' | tr '\n' ' ')"
    accounts_begun=yes
    restoring=yes
  fi
  # groupdel refuses a group that is some account's own.
  case $empty_groups in
    *" $1 "*) getent passwd "$1" >/dev/null || groupdel "$1" ;;
  esac
  [ -z "$restoring" ] || backups_restore
  restoring=''
  if [ ! -d "$before" ]; then
    mkdir -p "$before.new"
    chmod 700 "$before.new"
    for file in $backups; do
      [ ! -e "/etc/$file" ] || cp -p "/etc/$file" "$before.new/"
    done
    accounts_sum >"$before.new/sum"
    mv "$before.new" "$before"
  fi
  # Not the `!` that is useradd's default: without UsePAM sshd calls such an account locked and refuses its key (tried with 9.2p1).
  useradd --password '*' --system --user-group --no-create-home --home-dir /nonexistent --shell "$2" --comment "$3" ${4:+--uid "$4"} "$1" || return
  account_ends "$1"
}

account_set() { # NAME SHELL COMMENT
  account_begins "$1"
  usermod --password '*' --shell "$2" --comment "$3" "$1" || return
  account_ends "$1"
}

account_remove() { # NAME
  account_begins "$1"
  if uid=$(id -u "$1" 2>/dev/null); then
    # Its `systemd --user`, if logind has started one: killed, it would stay as a failed unit.
    # logind waits a while before it takes away what it has made for the last session.
    if has_processes "$uid" || [ -d "/run/user/$uid" ]; then
      systemctl stop "user@$uid.service" "user-runtime-dir@$uid.service" 2>/dev/null || :
      processes_end "$uid"
      systemctl reset-failed "user@$uid.service" "user-runtime-dir@$uid.service" 2>/dev/null || :
    fi
    [ ! -e "/var/lib/systemd/linger/$1" ] || loginctl disable-linger "$1" 2>/dev/null || rm -f "/var/lib/systemd/linger/$1"
    leavings_remove "$uid"
  fi
  userdel "$1" || return
  if getent group "$1" >/dev/null; then groupdel "$1" || return; fi
  account_ends "$1"
  [ -e "$unfinished" ] || backups_restore
}

# What it has left where everybody may write would belong to whoever gets its user ID next, and a job of cron's would run again.
leavings_remove() { # UID
  for folder in /tmp /var/tmp /dev/shm /dev/mqueue /run/lock /var/spool/cron /var/spool/at /var/mail; do
    [ -d "$folder" ] || continue
    # The find of busybox may have no -delete.
    find "$folder" -xdev -depth -user "$1" -delete ||
      find "$folder" -xdev -depth -user "$1" \( -type d -exec rmdir {} \; -o -exec rm -f {} \; \) || :
  done 2>/dev/null
}

# useradd(8) and userdel(8) write one file after the other: who was killed in between is known by the name that stays here.
account_begins() { # NAME
  [ -d "${unfinished%/*}" ] || mkdir -p "${unfinished%/*}"
  echo "$1" >>"$unfinished"
  underway=yes
}

account_ends() { # NAME
  # Others may be half there: who is killed here must not forget them.
  if grep -vxF "$1" "$unfinished" >"$unfinished.new"; then
    mv "$unfinished.new" "$unfinished"
  else
    rm -f "$unfinished" "$unfinished.new"
    [ -d "$before" ] || rmdir "${unfinished%/*}" 2>/dev/null || :
  fi
  underway=''
}

# What is half made or half removed goes: whoever wants it makes it anew. What does not go stays named, for the next batch.
finish_accounts() {
  names=$(sort -u "$unfinished")
  for name in $names; do
    if is_whole "$name" || ! grep -q "^$name:" /etc/passwd /etc/shadow /etc/group /etc/gshadow 2>/dev/null; then
      account_ends "$name"
      continue
    fi
    # Lines that stand in the other files alone go with an account that is made for that. One with members is not ours.
    if ! getent passwd "$name" >/dev/null; then
      case $(getent group "$name") in
        '') ;;
        *:) groupdel "$name" ;;
        *)
          account_ends "$name"
          continue
          ;;
      esac
      useradd --system --user-group --no-create-home --comment "$to_go" "$name"
    fi
    account_remove "$name"
  done
  [ -e "$unfinished" ] || backups_restore
}

# The comment of an account that was made to be removed.
to_go='half removed'

is_whole() { # NAME
  grep "^$1:" /etc/passwd | grep -qv ":$to_go:[^:]*:[^:]*$" && grep -q "^$1:" /etc/group &&
    { [ ! -e /etc/shadow ] || grep -q "^$1:" /etc/shadow; }
}

# Once none of our accounts is left. After somebody else's changes what we kept is too old, and goes.
backups_restore() {
  if [ ! -d "$before" ] || has_accounts; then return; fi
  if [ "$(accounts_sum)" = "$(cat "$before/sum")" ]; then
    for file in $backups; do
      rm -f "/etc/$file"
      [ ! -e "$before/$file" ] || cp -p "$before/$file" "/etc/$file"
    done
  fi
  rm -rf "$before"
  rmdir "${before%/*}" 2>/dev/null || :
}

# Ends an account's sessions of sshd, and all else that it runs, and waits until they are gone; its tunnel's unit, if it runs here, comes back by
# itself. Nothing but sshd has a reason to run as it, and who has got in may hold the port.
sessions_end() { # NAME
  ! uid=$(id -u "$1" 2>/dev/null) || processes_end "$uid"
}

# Also programs of others that it has started, such as a su that waits for a password: userdel(8) counts them.
has_processes() { # UID
  pgrep -U "$1" >/dev/null 2>&1 || pgrep -u "$1" >/dev/null 2>&1
}

# By the kernel, all at once (kill(2) of -1), and so as the user whom they belong to: who forks faster than one by one are found would live on.
# The killer is of nobody's group and has none of our files: so nobody of that user can trace it, nor take the lock from it.
processes_end() { # UID
  tries=250
  while has_processes "$1" && [ "$tries" -gt 0 ]; do
    if has setpriv; then
      setpriv --reuid "$1" --regid 65534 --clear-groups sh -c 'kill -KILL -1' </dev/null >/dev/null 2>&1 3<&- 9<&- || :
    else
      pkill -KILL -u "$1" || :
      pkill -KILL -U "$1" || :
    fi
    tries=$((tries - 1))
    sleep 0.02
  done
}
