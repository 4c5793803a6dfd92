#!/bin/sh
# Makes the tree of a Debian suite that images lie over, unless it is there. Its text is the recipe: a change makes another tree.
# Usage: build-base.sh TREE SUITE    (as root; safe to start several times at once)
set -eu
packages=systemd,systemd-sysv,dbus,openssh-server,openssh-client,nftables,iproute2,iptables,netcat-openbsd,procps,libpam-systemd,sudo,busybox,curl

if [ "$1" != --alone ]; then
  mkdir -p "$(dirname "$1")"
  # The lock goes with the process, so a killed build blocks nobody; debootstrap's mounts go with the mount namespace.
  exec flock "$1.lock" unshare --mount "$0" --alone "$@"
fi
tree=$2 suite=$3
[ ! -e "$tree" ] || exit 0

echo "building the lab's tree of Debian $suite, once, about a minute"
new=$tree.new
rm -rf --one-file-system "$new"

# The mirror that this machine's apt uses for the suite; where it has none, debootstrap's own default.
# shellcheck disable=SC2016 # apt fills these in
mirror=$(apt-get indextargets --format '$(CODENAME) $(COMPONENT) $(REPO_URI)' 2>/dev/null |
  awk -v suite="$suite" '$1 == suite && $2 == "main" { print $3; exit }') || mirror=
# shellcheck disable=SC2086 # no mirror must be no argument
if ! debootstrap --variant=minbase --include="$packages" "$suite" "$new" $mirror >"$tree.log" 2>&1; then
  tail -n 20 "$tree.log" >&2
  echo "debootstrap failed; all it said is in $tree.log" >&2
  exit 1
fi

# Every host makes its own: two hosts with one host key or one machine id would hide mistakes.
rm -f "$new"/etc/ssh/ssh_host_* "$new"/usr/sbin/policy-rc.d "$new"/var/cache/apt/archives/*.deb
: >"$new/etc/machine-id"
# Not this machine's resolver: the hosts know each other by /etc/hosts, and a name lookup fails at once.
: >"$new/etc/resolv.conf"
chroot "$new" useradd --create-home --shell /bin/bash admin
echo 'admin ALL=(ALL) NOPASSWD: ALL' >"$new/etc/sudoers.d/admin"
chmod 0440 "$new/etc/sudoers.d/admin"

mv "$new" "$tree"
echo "the lab's tree of Debian $suite is built"
