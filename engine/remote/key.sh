# Key pairs: made here, and the private half never leaves. Only that half is kept; the public one is read from it.
# shellcheck shell=sh

key_make() { # PATH ACCOUNT
  [ -d "${1%/*}" ] || mkdir -p "${1%/*}"
  new=${1%/*}/.ssh-tunnels.$$
  rm_left "$new"
  ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$new"
  chown "$2:" "$new"
  mv -f "$new" "$1"
  rm -f "$new.pub"
  new=''
}
