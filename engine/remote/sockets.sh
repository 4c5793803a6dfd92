# Unix sockets on which tunnels listen: a list says which are ours, for nobody removes the file of one that was killed, nor does sshd ever.
# shellcheck shell=sh disable=SC2154

socket_root=/var/lib/ssh-tunnels-sockets

# The folder is its account's: nothing in it is read, and what is removed there belongs to the account.
sockets_put() { # LIST ACCOUNT CONTENT
  sockets_take "$1" "$2" "$3"
  file_put "$1" 644 "$3"
  folder=$(socket_folder "$1")
  if ! sockets_in "$1" | grep -qF "$folder/"; then
    socket_folder_remove "$folder" "$2"
    return
  fi
  folder_make "$socket_root"
  if [ -L "$folder" ] || [ ! -d "$folder" ]; then mkdir "$folder"; fi
  chown -h "$2:$2" "$folder"
  chmod 755 "$folder"
}

sockets_remove() { # LIST ACCOUNT
  sockets_take "$1" "$2" ''
  rm -f "$1"
  socket_folder_remove "$(socket_folder "$1")" "$2"
}

socket_folder() { # LIST
  folder=${1%/*}
  echo "$socket_root/${folder##*/}"
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

# Somebody else's stays. The account may be gone already.
socket_unlink() { # PATH ACCOUNT
  [ -S "$1" ] && [ ! -L "$1" ] || return 0
  case $(stat -c %U "$1") in "$2" | UNKNOWN) rm -f -- "$1" ;; esac
}

# What else has come into it stays, and is told.
socket_folder_remove() { # FOLDER ACCOUNT
  [ -d "$1" ] && [ ! -L "$1" ] || return 0
  for path in "$1"/* "$1"/.[!.]*; do socket_unlink "$path" "$2"; done
  rmdir "$1"
}
