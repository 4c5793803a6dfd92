# System accounts. The backup files that useradd(8) leaves in /etc are put back when our last account goes, if only we changed accounts.
# shellcheck shell=sh disable=SC2046,SC2086,SC2154,SC2034

backups='passwd- shadow- group- gshadow-'

accounts_sum() {
  for file in passwd shadow group gshadow; do
    echo "$file"
    [ ! -e "/etc/$file" ] || cat "/etc/$file"
  done | sha256sum
}

# Ours, each with its user ID and comment: read once for all steps, and again where that has changed. What we have added ourselves nobody adds again.
accounts_read() {
  accounts_now="
$(getent passwd | awk -F : '/^tun-/ { print $1 ":" $3 ":" $5 }')
" accounts_changed=''
}
line_end='
' accounts_changed=''

account_pick() { # NAME; sets $uid and $comment as they were read, empty where there was none
  uid='' comment=''
  case $accounts_now in
    *"$line_end$1:"*)
      uid=${accounts_now#*"$line_end$1:"}
      uid=${uid%%"$line_end"*}
      comment=${uid#*:}
      uid=${uid%%:*}
      ;;
  esac
}

account_find() { # NAME; sets $uid, empty where there is none
  [ "${accounts_now:+known}$accounts_changed" = known ] || accounts_read
  account_pick "$1"
}

account_add() { # NAME SHELL COMMENT [UID]
  [ -z "${gone-}" ] || accounts_end
  # Nobody had such an account when the plan was made. Another deploy of the same tunnel has: who planned this looks again.
  case ${accounts_now:+known}$accounts_changed in known | knownadded) ;; *) accounts_read ;; esac
  account_pick "$1"
  if [ -n "$uid" ]; then
    echo "account $1 has been made since we looked" >&2
    if [ "$comment" = "$3" ]; then exit 76; else exit 1; fi
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
  accounts_changed=added settled="${settled-} $1"
}

account_set() { # NAME SHELL COMMENT
  account_begins "$1"
  usermod --password '*' --shell "$2" --comment "$3" "$1" || return
  accounts_changed=yes settled="${settled-} $1"
}

account_remove() { # NAME
  account_begins "$1"
  account_find "$1"
  if [ -n "$uid" ]; then
    if [ -z "${alive-}" ]; then
      alive=" $(processes_owners) "
      leavings=$(leavings_find)
    fi
    case $alive in
      *" $uid "*)
        account_quiet "$uid"
        # It may have left something since they were looked for.
        leavings_remove "$uid"
        ;;
    esac
    # logind waits a while before it takes away what it has made for the last session.
    [ ! -d "/run/user/$uid" ] || managers="${managers-} user@$uid.service user-runtime-dir@$uid.service"
    [ ! -e "/var/lib/systemd/linger/$1" ] || loginctl disable-linger "$1" 2>/dev/null || rm -f "/var/lib/systemd/linger/$1"
    [ -z "$leavings" ] || leavings_remove "$uid"
  fi
  # It refuses one that has begun a process since.
  userdel "$1" || {
    [ -n "$uid" ] && has_processes "$uid" || return
    account_quiet "$uid"
    leavings_remove "$uid"
    userdel "$1" || return
  }
  accounts_changed=yes settled="${settled-} $1" gone="${gone-} $step:$1"
}

# Its `systemd --user`, if logind has started one: killed, it would stay as a failed unit.
account_quiet() { # UID
  systemctl stop "user@$1.service" "user-runtime-dir@$1.service" 2>/dev/null || :
  processes_end "$1"
  systemctl reset-failed "user@$1.service" "user-runtime-dir@$1.service" 2>/dev/null || :
}

# Once for all of a batch: what is left of those that have gone, and their names and those of the new ones are forgotten.
accounts_end() {
  [ -n "${settled-}" ] || return 0
  if [ -n "${gone-}" ]; then
    groups=$(getent group) commit=$step
    for one in $gone; do
      case "$line_end$groups" in
        *"$line_end${one#*:}:"*)
          step=${one%%:*}
          groupdel "${one#*:}" || return
          ;;
      esac
    done
    step=$commit
  fi
  if [ -n "${managers-}" ]; then
    systemctl stop $managers 2>/dev/null || :
    systemctl reset-failed $managers 2>/dev/null || :
  fi
  accounts_forget $settled
  [ -z "${gone-}" ] || [ -e "$unfinished" ] || backups_restore
  underway='' settled='' gone='' managers='' alive=''
}

# Where everybody may write. What an account has left there would belong to whoever gets its user ID next, and a job of cron's would run again.
public_folders() {
  for folder in /tmp /var/tmp /dev/shm /dev/mqueue /run/lock /var/spool/cron /var/spool/at /var/mail; do
    [ ! -d "$folder" ] || echo "$folder"
  done
}

# Prints what any of ours has left there.
leavings_find() {
  find $(public_folders) -xdev \( $(printf %s "$accounts_now" | awk -F : 'NF > 1 { print more "-user " $2; more = "-o " }') \) 2>/dev/null || :
}

leavings_remove() { # UID
  for folder in $(public_folders); do
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

accounts_forget() { # NAMES
  [ -e "$unfinished" ] || return 0
  # Others may be half there: who is killed here must not forget them.
  awk -v names=" $* " 'index(names, " " $0 " ") == 0' "$unfinished" >"$unfinished.new"
  if [ -s "$unfinished.new" ]; then
    mv "$unfinished.new" "$unfinished"
  else
    rm -f "$unfinished" "$unfinished.new"
    [ -d "$before" ] || rmdir "${unfinished%/*}" 2>/dev/null || :
  fi
}

# What is half made or half removed goes: whoever wants it makes it anew. What does not go stays named, for the next batch.
finish_accounts() {
  # The list names them all.
  settled='' gone=''
  names=$(sort -u "$unfinished")
  accounts_changed=yes
  for name in $names; do
    if is_whole "$name" || ! grep -q "^$name:" /etc/passwd /etc/shadow /etc/group /etc/gshadow 2>/dev/null; then
      accounts_forget "$name"
      continue
    fi
    # Lines that stand in the other files alone go with an account that is made for that. One with members is not ours.
    if ! getent passwd "$name" >/dev/null; then
      case $(getent group "$name") in
        '') ;;
        *:) groupdel "$name" ;;
        *)
          accounts_forget "$name"
          continue
          ;;
      esac
      useradd --system --user-group --no-create-home --comment "$to_go" "$name"
      accounts_changed=yes
    fi
    account_remove "$name"
  done
  accounts_end
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
  [ -n "${logged_in-}" ] || logged_in=" $(processes_owners) "
  account_find "$1"
  case $logged_in in *" ${uid:-nobody} "*) processes_end "$uid" ;; esac
}

# User IDs as whom anything runs, also those of programs of others.
processes_owners() {
  cat /proc/[0-9]*/status 2>/dev/null | awk '$1 == "Uid:" { print $2; print $3 }' | sort -u | tr '\n' ' '
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
