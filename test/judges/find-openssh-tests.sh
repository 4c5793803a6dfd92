#!/bin/sh
# Prints the folder of OpenSSH's regression tests as a tree TREE of Debian has them: its package openssh-tests, unpacked in the user's cache.
# Usage: find-openssh-tests.sh TREE    (as root)
set -eu
tree=$1
home=${XDG_CACHE_HOME:-$HOME/.cache}/cdktf-ssh-tunnels/openssh-tests-${tree##*/}
if [ ! -e "$home/whole" ]; then
  rm -rf "$home"
  mkdir -p "$home/lists/partial" "$home/archives/partial"
  # With the tree's own sources and package list: this machine may be of another suite.
  tree_apt() {
    apt-get -qq -o Dir::Etc="$tree/etc/apt" -o Dir::Etc::trustedparts="$tree/etc/apt/trusted.gpg.d" -o Dir::State="$home" \
      -o Dir::State::lists="$home/lists" -o Dir::State::status="$tree/var/lib/dpkg/status" -o Dir::Cache="$home" \
      -o Dir::Cache::archives="$home/archives" -o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@" >&2
  }
  tree_apt update
  (cd "$home" && tree_apt download openssh-tests)
  dpkg -x "$home"/openssh-tests_*.deb "$home/tree"
  rm -rf "$home/lists" "$home/archives" "$home"/*.deb "$home/tree/usr/lib/openssh/regress/unittests"
  touch "$home/whole"
fi
echo "$home/tree/usr/lib/openssh/regress"
