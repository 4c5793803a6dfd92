# Key pairs: made here, and the private half never leaves. Only that half is kept; the public one is computed from it.
# shellcheck shell=sh

key_make() { # PATH ACCOUNT
  mkdir -p "${1%/*}"
  new=$(mktemp -d "${1%/*}/.ssh-tunnels.XXXXXX")
  ssh-keygen -q -t ed25519 -N '' -C "$2" -f "$new/key"
  chown "$2:" "$new/key"
  mv -f "$new/key" "$1"
  rm -rf "$new"
  new=''
}
