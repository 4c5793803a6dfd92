# Key pairs: made here, and the private half never leaves. Only that half is kept; the public one is read from it.
# shellcheck shell=sh disable=SC2154

# The file is root's, and its account may read it: what root reads in every look is nothing that the account could have written. ssh minds
# others' rights only where the file is its user's own (sshkey_perm_ok in OpenSSH's authfile.c).

key_make() { # PATH ACCOUNT [COMMENT]
  folder_make "${1%/*}"
  new=${1%/*}/.ssh-tunnels.$$
  rm_left "$new"
  ssh-keygen -q -t ed25519 -N '' -C "${3:-$2}" -f "$work/key-$step"
  key_give "$work/key-$step" "$new" "$2"
  : >"$work/key-$step"
  mv -f "$new" "$1"
  new=''
}

# One that somebody has given stays where it is: what ssh uses is a copy, which its account may read.
key_copy() { # PATH ACCOUNT FROM
  folder_make "${1%/*}"
  new=${1%/*}/.ssh-tunnels.$$
  rm_left "$new"
  install -m 600 "$3" "$new"
  # With a passphrase nobody could use it here.
  ssh-keygen -y -P '' -f "$new" >/dev/null
  chown "root:$2" "$new"
  chmod 640 "$new"
  mv -f "$new" "$1"
  new=''
}

# Without root it is his who runs ssh.
key_give() { # FROM TO ACCOUNT
  if [ -z "${as_user-}" ]; then install -o root -g "$3" -m 640 "$1" "$2"; else install -m 600 "$1" "$2"; fi
}

# The next key takes the place of the one that stands, which is gone with that. The session of the old one is about to be ended, which is no
# fault of ssh's: it comes back at once (gate.sh, supervise.sh).
key_take() { # NEXT PATH
  mv -f "$1" "$2"
  tunnel=${2%/*}
  starts=$run_root/tunnel-${tunnel##*/}.service.starts
  [ ! -e "$starts" ] || echo 0 0 >"$starts"
  service_go_on "${tunnel##*/}"
}
