# Unix sockets on which tunnels listen: a list says which are ours, for nobody removes the file of one that was killed, nor does sshd ever.
# shellcheck shell=sh disable=SC2154

# The folders are its account's: nothing in them is read, and what is removed there belongs to the account.
sockets_put() { # LIST ACCOUNT CONTENT
  sockets_take "$1" "$2" "$3"
  for folder in $({ sockets_in "$1"; echo "$socket_root/$(socket_name "$1")/any"; } | socket_folders); do
    printf %b "$3" | grep -qF "$folder/" || socket_folder_remove "$folder" "$2"
  done
  file_put "$1" 644 "$3"
  sockets_in "$1" | while IFS= read -r path; do socket_take_over "$path" "$2"; done
  for folder in $(sockets_in "$1" | socket_folders); do
    folder_make "$socket_root"
    if [ -L "$folder" ] || [ ! -d "$folder" ]; then mkdir "$folder"; fi
    chown -h "$2:$2" "$folder"
    chmod 755 "$folder"
  done
}

sockets_remove() { # LIST ACCOUNT
  sockets_take "$1" "$2" ''
  emptied=$({ sockets_in "$1"; echo "$socket_root/$(socket_name "$1")/any"; } | socket_folders)
  rm -f "$1"
  for folder in $emptied; do socket_folder_remove "$folder" "$2"; done
}

# Whose list it is.
socket_name() { # LIST
  folder=${1%/*}
  echo "${folder##*/}"
}

sockets_in() { # LIST
  [ ! -f "$1" ] || grep '^/' "$1" || :
}

# Those of the list that CONTENT has no more.
sockets_take() { # LIST ACCOUNT CONTENT
  sockets_in "$1" | while IFS= read -r path; do
    printf %b "$3" | grep -qxF -- "$path" || socket_unlink "$path" "$2"
  done
}

# From another tunnel of ours, which is about to leave it: with a sticky bit only the owner of a file may remove it, as who listens there next has to.
socket_take_over() { # PATH ACCOUNT
  [ -k "${1%/*}" ] && [ -S "$1" ] && [ ! -L "$1" ] || return 0
  case $(stat -c %U "$1") in tun-*) chown -h "$2:$2" "$1" ;; esac
}

# Somebody else's stays. The account may be gone already.
socket_unlink() { # PATH ACCOUNT
  [ -S "$1" ] && [ ! -L "$1" ] || return 0
  case $(stat -c %U "$1") in "$2" | UNKNOWN) rm -f -- "$1" ;; esac
}

# What else has come into it stays, and is told. That of another tunnel's account is in use: its tunnel has another connection now.
socket_folder_remove() { # FOLDER ACCOUNT
  [ -d "$1" ] && [ ! -L "$1" ] || return 0
  case $(stat -c %U "$1") in "$2") ;; tun-*) return 0 ;; esac
  for path in "$1"/* "$1"/.[!.]*; do socket_unlink "$path" "$2"; done
  rmdir "$1"
}
