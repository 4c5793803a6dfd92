#!/bin/sh
# Puts the .deb files that a host needs for PACKAGE into FOLDER, and prints their paths. What a base tree TREE has is left out.
# apt reads the tree's own sources and package list: this machine may be of another suite.
# Usage: fetch-package.sh TREE PACKAGE FOLDER    (as root)
set -eu
tree=$1 package=$2 folder=$3
if [ ! -e "$folder/.whole" ]; then
  mkdir -p "$folder/lists/partial" "$folder/archives/partial"
  tree_apt() {
    apt-get -qq -o Dir::Etc="$tree/etc/apt" -o Dir::Etc::trustedparts="$tree/etc/apt/trusted.gpg.d" -o Dir::State="$folder" \
      -o Dir::State::lists="$folder/lists" -o Dir::State::status="$tree/var/lib/dpkg/status" -o Dir::Cache="$folder" \
      -o Dir::Cache::archives="$folder/archives" -o APT::Sandbox::User=root -o Debug::NoLocking=1 "$@" >&2
  }
  tree_apt update
  tree_apt install --download-only --no-install-recommends -y "$package"
  rm -rf "$folder/lists"
  touch "$folder/.whole"
fi
printf '%s\n' "$folder"/archives/*.deb
