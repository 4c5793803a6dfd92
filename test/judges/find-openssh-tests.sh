#!/bin/sh
# Prints the folder of OpenSSH's regression tests as a tree TREE of Debian has them: its package openssh-tests, unpacked in the user's cache.
# Usage: find-openssh-tests.sh TREE    (as root)
set -eu
tree=$1
home=${XDG_CACHE_HOME:-$HOME/.cache}/cdktf-ssh-tunnels/openssh-tests-${tree##*/}
if [ ! -e "$home/whole" ]; then
  rm -rf "$home"
  mkdir -p "$home"
  "$(dirname "$0")/../../bench/fetch-package.sh" "$tree" openssh-tests "$home/fetched" >/dev/null
  dpkg -x "$home"/fetched/archives/openssh-tests_*.deb "$home/tree"
  rm -rf "$home/fetched" "$home/tree/usr/lib/openssh/regress/unittests"
  touch "$home/whole"
fi
echo "$home/tree/usr/lib/openssh/regress"
