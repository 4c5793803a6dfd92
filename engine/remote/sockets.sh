# Unix sockets on which tunnels listen: a list says which are ours, for nobody removes the file of one that was killed, nor does sshd ever.
# shellcheck shell=sh disable=SC2154

# The folders are its account's: nothing in them is read, and what is removed there belongs to the account.
sockets_put() { # LIST ACCOUNT CONTENT
  sockets_take "$1" "$2" "$3"
  for folder in $({ sockets_in "$1"; echo "$socket_root/$(socket_name "$1")/any"; } | socket_folders); do
    printf %b "$3" | grep -qF "$folder/" || socket_folder_remove "$folder" "$2"
  done
  file_put "$1" 644 "$3"
  for folder in $(sockets_in "$1" | socket_folders); do
    folder_make "$socket_root"
    if [ -L "$folder" ] || [ ! -d "$folder" ]; then mkdir "$folder"; fi
    socket_folder_enter "$folder" "$2"
  done
}

# That of another tunnel, which is about to leave, is for both until one of them has gone: where this one does not come, the other has all that it had.
socket_folder_enter() { # FOLDER ACCOUNT
  holder=$(stat -c %U "$1") guest=$(stat -c %G "$1")
  case $holder in "$2") ;; tun-*)
    case $guest in "$holder" | "$2") ;; tun-*)
      echo "$1 is already for $holder and $guest" >&2
      return 73
      ;;
    esac
    socket_folder_set "$1" "$holder:$2" 775
    return
    ;;
  esac
  socket_folder_set "$1" "$2:$2" 755
}

socket_folder_set() { # FOLDER OWNER MODE
  chown -h "$2" "$1"
  chmod "$3" "$1"
}

sockets_remove() { # LIST ACCOUNT
  sockets_take "$1" "$2" ''
  emptied=$({ sockets_in "$1"; echo "$socket_root/$(socket_name "$1")/any"; } | socket_folders)
  rm -f "$1"
  # Somebody may have emptied the list.
  for folder in "$socket_root"/*; do
    [ ! -d "$folder" ] || [ "$(stat -c %U "$folder")" != "$2" ] || emptied="$emptied $folder"
  done
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

# Of a tunnel that leaves, as the plan has seen it, right before the next one begins: with a sticky bit nobody else may remove it.
socket_yield() { # PATH UID
  (
    cd -- "${1%/*}" 2>/dev/null || exit 0
    name=./${1##*/}
    [ -S "$name" ] && [ ! -L "$name" ] && [ "$(stat -c %u "$name")" = "$2" ] || exit 0
    rm -f -- "$name"
  )
}

# Somebody else's stays. The account may be gone already.
socket_unlink() { # PATH ACCOUNT
  [ -S "$1" ] && [ ! -L "$1" ] || return 0
  case $(stat -c %U "$1") in "$2" | UNKNOWN) rm -f -- "$1" ;; esac
}

# What else has come into it stays, and is told. Who leaves one that is for two leaves it to the other; that of another tunnel's account is in use.
socket_folder_remove() { # FOLDER ACCOUNT
  [ -d "$1" ] && [ ! -L "$1" ] || return 0
  holder=$(stat -c %U "$1") guest=$(stat -c %G "$1") to=''
  case $holder:$guest in
    "$2":tun-*) [ "$guest" = "$2" ] || to=$guest ;;
    tun-*:"$2") to=$holder ;;
    tun-*) return 0 ;;
  esac
  if [ -n "$to" ]; then
    socket_folder_set "$1" "$to:$to" 755
    return
  fi
  for path in "$1"/* "$1"/.[!.]*; do socket_unlink "$path" "$2"; done
  rmdir "$1"
}
