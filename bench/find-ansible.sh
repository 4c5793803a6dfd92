#!/bin/sh
# Prints the folder with Ansible's programs: a venv in the user's cache folder, made from PyPI, once.
set -eu
ansible_version=2.19.14
venv=${XDG_CACHE_HOME:-$HOME/.cache}/cdktf-ssh-tunnels/ansible-core-$ansible_version

if [ ! -x "$venv/bin/ansible-playbook" ]; then
  if ! python3 -c 'import ensurepip, sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then
    if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
      echo "ansible-core $ansible_version needs Python >= 3.11 with venv; as root on Debian or Ubuntu: apt-get install python3-venv" >&2
      exit 1
    fi
    apt-get -qq update >&2
    DEBIAN_FRONTEND=noninteractive apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends python3-venv >&2
  fi
  echo "putting ansible-core $ansible_version into the cache folder, once" >&2
  # A venv knows its own path, so it cannot be moved there when it is whole: ansible-playbook comes last of what is asked for.
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/pip" -q install --disable-pip-version-check "ansible-core==$ansible_version" >&2 || {
    rm -rf "$venv"
    exit 1
  }
fi
printf '%s\n' "$venv/bin"
