# System accounts. The backup files that useradd(8) leaves in /etc are put back as they were when our last account goes.
# shellcheck shell=sh

backups='passwd- shadow- group- gshadow-'
before=/var/lib/ssh-tunnels/before-accounts

account_add() { # NAME SHELL COMMENT
  if [ ! -d "$before" ]; then
    mkdir -p "$before.new"
    chmod 700 "$before.new"
    for file in $backups; do
      [ ! -e "/etc/$file" ] || cp -p "/etc/$file" "$before.new/"
    done
    mv "$before.new" "$before"
  fi
  useradd --system --user-group --no-create-home --home-dir /nonexistent --shell "$2" --comment "$3" "$1" || {
    code=$?
    backups_restore
    exit "$code"
  }
}

account_set() { # NAME SHELL COMMENT
  usermod --shell "$2" --comment "$3" "$1"
}

account_remove() { # NAME
  sessions_end "$1"
  userdel "$1"
  if getent group "$1" >/dev/null; then groupdel "$1"; fi
  backups_restore
}

# Once none of our accounts is left.
backups_restore() {
  if grep -q '^tun-[^:]*:[^:]*:[^:]*:[^:]*:ssh-tunnels ' /etc/passwd || [ ! -d "$before" ]; then return; fi
  for file in $backups; do
    rm -f "/etc/$file"
    [ ! -e "$before/$file" ] || mv -f "$before/$file" "/etc/$file"
  done
  rmdir "$before"
  rmdir "${before%/*}" 2>/dev/null || :
}

# Ends what runs under an account, and waits until it is gone; its tunnel's unit, if it runs here, comes back by itself.
sessions_end() { # NAME
  getent passwd "$1" >/dev/null || return 0
  tries=50
  while pkill -KILL -u "$1" && [ "$tries" -gt 0 ]; do
    tries=$((tries - 1))
    sleep 0.1
  done
}
