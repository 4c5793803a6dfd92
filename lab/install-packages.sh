#!/bin/sh
# Sees that the programs that the lab and its tests start are here: installs what is missing, or says what to install.
# Usage: install-packages.sh [--check]    (--check: installs nothing)
set -eu
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

missing='' packages=''
need() { # PROGRAM PACKAGE
  command -v "$1" >/dev/null && return
  missing="$missing $1"
  case " $packages " in *" $2 "*) ;; *) packages="$packages $2" ;; esac
}
need debootstrap debootstrap
need systemd-nspawn systemd-container
need ip iproute2
need tc iproute2
need nft nftables
need iptables-nft-restore iptables
need iptables-legacy-restore iptables
need ssh openssh-client
need ssh-keygen openssh-client
need curl curl
need ping iputils-ping
need busybox busybox
need dash dash
need openssl openssl
need shellcheck shellcheck
need make make
need mount mount
need flock util-linux
need nsenter util-linux
need setsid util-linux
need unshare util-linux
need setpriv util-linux
need tmux tmux
need zsh zsh
need fish fish
need script bsdutils
need mandoc mandoc
need zip zip
need unzip unzip
# Debian keeps initdb off PATH.
ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || {
  missing="$missing initdb"
  packages="$packages postgresql"
}
[ -n "$missing" ] || exit 0

line="apt-get update && apt-get install -y --no-install-recommends$packages"
if [ "${1-}" = --check ] || [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
  echo "missing programs:$missing" >&2
  echo "as root on Debian or Ubuntu: $line" >&2
  exit 1
fi

export DEBIAN_FRONTEND=noninteractive
apt-get -qq update
# A test starts a database cluster of its own; Debian's must be neither made nor started.
conf=/etc/postgresql-common/createcluster.conf
case " $packages " in
  *" postgresql "*)
    apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends postgresql-common >/dev/null
    cp "$conf" "$conf.kept"
    trap 'mv "$conf.kept" "$conf"' EXIT
    echo 'create_main_cluster = false' >>"$conf"
    ;;
esac
# shellcheck disable=SC2086 # one word a package
apt-get -qq -o Dpkg::Use-Pty=0 install -y --no-install-recommends $packages >/dev/null
