#!/bin/sh
# Prints the path of tofusoup's program: installed once, with exactly the packages of requirements.txt, into the user's cache.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
wanted=$(sha256sum "$here/requirements.txt" | cut -c1-8)
home=${XDG_CACHE_HOME:-$HOME/.cache}/cdktf-ssh-tunnels/tofusoup-$wanted

# Prints a Python >= 3.11 that can make an environment.
find_python() {
  for python in python3 python3.13 python3.12 python3.11; do
    "$python" -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo "$python" && return
  done
  return 1
}

if [ ! -e "$home/whole" ]; then
  if ! python=$(find_python); then
    [ "$(id -u)" = 0 ] && apt-get -qq update >&2 && apt-get -qq install -y --no-install-recommends python3-venv >&2
    python=$(find_python) || {
      echo 'tofusoup needs Python >= 3.11 with venv; as root on Debian or Ubuntu: apt-get install -y python3-venv' >&2
      exit 1
    }
  fi
  mkdir -p "${home%/*}"
  rm -rf "$home"
  "$python" -m venv "$home" >&2
  "$home/bin/pip" install --quiet --no-deps --disable-pip-version-check --requirement "$here/requirements.txt" >&2
  touch "$home/whole"
fi
echo "$home/bin/soup"
