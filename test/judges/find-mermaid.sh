#!/bin/sh
# Prints the path of Mermaid's program for browsers, from npm, kept in the user's cache.
set -eu
version=11.12.2
home=${XDG_CACHE_HOME:-$HOME/.cache}/cdktf-ssh-tunnels/mermaid-$version
if [ ! -e "$home/whole" ]; then
  rm -rf "$home"
  mkdir -p "$home"
  npm pack --silent "mermaid@$version" --pack-destination "$home" >&2
  tar -xzf "$home/mermaid-$version.tgz" -C "$home" package/dist/mermaid.min.js
  rm "$home/mermaid-$version.tgz"
  touch "$home/whole"
fi
echo "$home/package/dist/mermaid.min.js"
