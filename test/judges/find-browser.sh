#!/bin/sh
# Prints the path of Debian's Chromium, which draws pictures for tests.
set -eu
if ! command -v chromium >/dev/null; then
  if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
    echo 'no chromium; as root on Debian: apt-get install -y --no-install-recommends chromium' >&2
    exit 1
  fi
  apt-get -qq update >&2
  DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends chromium >&2
fi
command -v chromium
