#!/bin/sh
# Prints the folder of a Python environment in the user's cache, made once: NAME, then pip's words for what is in it.
set -eu
home=${XDG_CACHE_HOME:-$HOME/.cache}/cdktf-ssh-tunnels/$1
shift

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
      echo 'this needs Python >= 3.11 with venv; as root on Debian or Ubuntu: apt-get install -y python3-venv' >&2
      exit 1
    }
  fi
  mkdir -p "${home%/*}"
  rm -rf "$home"
  "$python" -m venv "$home" >&2
  "$home/bin/pip" install --quiet --disable-pip-version-check "$@" >&2
  touch "$home/whole"
fi
echo "$home"
