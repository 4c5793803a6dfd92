# What programs that were killed have left on this host. Reading only.
# shellcheck shell=sh disable=SC2034,SC2154

before=/var/lib/ssh-tunnels/before-accounts
# Names of accounts whose making or removing has begun and not ended.
unfinished=/var/lib/ssh-tunnels/unfinished-accounts
# Runs that wait to be confirmed, a folder undo-RUN each (guard.sh), and the unit that undoes them at boot.
guards=/var/lib/ssh-tunnels
guard_unit=ssh-tunnels-undo.service
# Those that we have made (folders.sh).
folders=/var/lib/ssh-tunnels/folders
# What a batch works in, before its number.
work_at=/run/ssh-tunnels
[ -z "${as_user-}" ] || { folders=$our_root/.folders work_at=$HOME/.ssh-tunnels; }
# It may be a link, which stays one.
nftables_conf=/etc/nftables.conf
[ ! -L "$nftables_conf" ] || nftables_conf=$(readlink -f "$nftables_conf")

# What is certainly ours, one path a line. Who holds the lock is alone; who waits for it is alive.
ours_left() {
  for left in "$work_at".*; do
    owner=${left#"$work_at".}
    owner=${owner%%.*}
    case $owner in *[!0-9]*) continue ;; esac
    [ -d "/proc/$owner" ] || there "$left"
  done
  if [ -n "${as_user-}" ]; then
    users_left
    made_left
    return
  fi
  for left in /etc/ssh/sshd_config.d/.ssh-tunnels.* "${sshd_file%/*}"/.ssh-tunnels.* /etc/systemd/system/.ssh-tunnels.* \
    /etc/systemd/system/user@*.service.d/.ssh-tunnels.* /etc/init.d/.ssh-tunnels.* \
    /etc/systemd/system/*.wants/.ssh-tunnels.* /etc/iptables/.ssh-tunnels.* /etc/ufw/.ssh-tunnels.* /etc/sysconfig/.ssh-tunnels.* \
    /etc/ssh-tunnels/*/.ssh-tunnels.* "$nftables_conf.ssh-tunnels" "${nftables_conf%/*}"/.ssh-tunnels.* "$before.new" "$unfinished.new" "$folders.new"; do
    there "$left"
  done
  for left in "$guards"/undo-*; do
    # The one that this batch has armed is confirmed after it.
    if [ "$left" = "${guard-}" ]; then continue; fi
    if [ -e "$left/armed" ] || [ -e "$left/undoing" ]; then
      echo "$left (unconfirmed)"
    elif is_undone_in_part "$left"; then
      continue
    elif [ -e "$left/undone" ]; then
      # Who rehearses asks what came of it, and takes that away.
      if [ ! -e "$left/rehearsal" ] || [ ! -s "$left/session" ] || ! guard_runs "$left/session"; then echo "$left (undone)"; fi
    else
      there "$left"
    fi
  done
  [ -d "$left" ] || there "/etc/systemd/system/$guard_unit"
  has_drop_ins || find_includes | sed 's/$/ (our Include)/'
  made_left
  [ ! -d "$before" ] || has_accounts || [ -n "$(lone_groups)" ] || echo "$before"
  [ ! -e "$unfinished" ] || { echo "$unfinished"; stale_files; }
}

# Folders of ours with nothing in them, or gone before the list was.
made_left() {
  if [ -d "${folders%/*}" ] && is_empty "${folders%/*}"; then echo "${folders%/*}"; fi
  [ ! -e "$folders" ] || while IFS= read -r left; do
    if [ ! -d "$left" ]; then echo "$folders"; elif is_empty "$left"; then echo "$left"; fi
  done <"$folders" | sort -u
}

# In a home.
users_left() {
  for left in "$our_root"/.ssh-tunnels.* "$our_root"/*/.ssh-tunnels.* "$unit_root"/.ssh-tunnels.* "$folders.new"; do
    there "$left"
  done
  ! linger_is_idle || echo "$linger_note"
}

# What may be somebody else's.
others_left() {
  for left in "$guards"/undo-*; do
    ! is_undone_in_part "$left" || echo "$left (undone in part)"
  done
  [ ! -e "$unfinished" ] || return 0
  stale_files
  [ ! -d "$before" ] || has_accounts || lone_groups | sed 's/^/group /'
}

# What it has kept somebody may still need.
is_undone_in_part() { # FOLDER
  [ -e "$1/partly" ]
}

is_empty() { # FOLDER
  for one in "$1"/* "$1"/.[!.]*; do
    if [ -e "$one" ] || [ -L "$one" ]; then return 1; fi
  done
}

guard_runs() { # FILE with a process and when it began: by its number alone it may be another one by now
  read -r process began <"$1" && [ "$(guard_identity "$process")" = "$process $began" ]
}

guard_identity() { # PID
  if [ -r "/proc/$1/stat" ]; then
    read -r line <"/proc/$1/stat"
    process=$1
    # shellcheck disable=SC2086
    set -- ${line##*)}
    echo "$process ${20}"
  fi
}

there() { # PATH
  if [ -e "$1" ] || [ -L "$1" ]; then echo "$1"; fi
}

has_accounts() { grep -q '^tun-[^:]*:[^:]*:[^:]*:[^:]*:ssh-tunnels ' /etc/passwd; }

# Groups as ours, with no account and no member.
lone_groups() {
  awk -F : 'FNR == NR { account[$1]; next } /^tun-/ && $4 == "" && !($1 in account) { print $1 }' /etc/passwd /etc/group
}

# What a useradd(8) or the like that was killed leaves beside passwd(5): FILE.PID and FILE.lock with its process ID in them, which is also in
# the first one's name, and FILE+, the new text (lib/commonio.c of shadow, which takes over the lock of who has ended).
stale_files() {
  for file in /etc/passwd /etc/shadow /etc/group /etc/gshadow /etc/subuid /etc/subgid; do
    locked=''
    for left in "$file.lock" "$file".[1-9]*; do
      [ -f "$left" ] || continue
      holder=$(tr -d '\000' <"$left")
      end=${left##*.}
      case $holder:$end in
        "$end:$end" | :* | *[0-9]:lock) ;;
        *) continue ;;
      esac
      if [ -d "/proc/${holder:-$end}" ]; then locked=yes; else echo "$left"; fi
    done
    [ -n "$locked" ] || there "$file+"
  done
}
