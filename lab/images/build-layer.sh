#!/bin/sh
# Makes the layer of an image that lies over another, unless it is there: packages first, then the image's own script.
# Usage: build-layer.sh LAYER BELOW SCRIPT [PACKAGE...]    (as root; BELOW as overlay's lowerdir= has it; safe to start several times at once)
set -eu
if [ "$1" != --alone ]; then
  # The lock goes with the process, so a killed build blocks nobody; its mounts go with the mount namespace.
  exec flock "$1.lock" unshare --mount "$0" --alone "$@"
fi
layer=$2 below=$3 script=$4
shift 4
[ ! -e "$layer" ] || exit 0

name=${layer##*/}
name=${name%-*}
echo "building the lab's image $name, once, some seconds"
new=$layer.new
root=$new/root
rm -rf --one-file-system "$new"
mkdir -p "$new/upper" "$new/work" "$root"
mount -t overlay -o "lowerdir=$below,upperdir=$new/upper,workdir=$new/work" lab-layer "$root"

export DEBIAN_FRONTEND=noninteractive
fetch() { chroot "$root" apt-get -qq -y --no-install-recommends --download-only install "$@"; }
# In a network and with processes of its own: a package's script may load firewall rules, or start what it brings.
contained() { unshare --net --pid --fork --kill-child --mount-proc="$root/proc" chroot "$root" "$@"; }

fill() {
  if [ $# -gt 0 ]; then
    mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
    # The archive may have moved on since the tree below was made.
    fetch "$@" || { chroot "$root" apt-get -qq update && fetch "$@"; } || return
    umount "$root/etc/resolv.conf" || return
    printf '#!/bin/sh\nexit 101\n' >"$root/usr/sbin/policy-rc.d" && chmod +x "$root/usr/sbin/policy-rc.d" || return
    contained apt-get -qq -y --no-install-recommends --no-download install "$@" || return
  fi
  contained sh -euc "$(cat "$script")"
}
if ! fill "$@" >"$layer.log" 2>&1; then
  tail -n 20 "$layer.log" >&2
  echo "the lab's image $name could not be built; all that was said is in $layer.log" >&2
  exit 1
fi

rm -f "$root/usr/sbin/policy-rc.d" "$root"/var/cache/apt/archives/*.deb "$root"/var/cache/apt/*.bin
umount "$root"
mv "$new/upper" "$layer"
rm -rf "$new"
echo "the lab's image $name is built"
