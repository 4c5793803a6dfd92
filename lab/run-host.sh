#!/bin/sh
# Runs one host of a lab until it is switched off: wires it, boots it, and does both again after each reboot.
# Usage: run-host.sh FOLDER ROOT NETNS ROUTER-NETNS NAME ADDRESS PREFIX-LENGTH GATEWAY ADDRESS6 GATEWAY6    (FOLDER gets nspawn.pid and console.log)
set -u
folder=$1 root=$2 netns=$3 router=$4 name=$5 address=$6 length=$7 gateway=$8 address6=$9 gateway6=${10}
# Of its own in every hierarchy: hosts that share a control group see each other's services in theirs, and wait for them on stop.
cgroup=cdktf-ssh-tunnels-lab/$netns

# Firewall rules live as long as the namespace, but no longer than a real host's boot: so every boot has a new one.
# The router's end goes first, as the kernel takes a namespace apart some time after `ip netns del`.
unwire() {
  ip -n "$router" link del "$name" 2>/dev/null
  ip netns del "$netns" 2>/dev/null
}

wire() {
  ip netns add "$netns" &&
    ip link add eth0 netns "$netns" type veth peer name "$name" netns "$router" &&
    ip -n "$router" -batch - <<-ROUTER && ip -n "$netns" -batch - <<-HOST
	addr add $gateway/$length dev $name
	addr add $gateway6/64 dev $name nodad
	link set $name up
	ROUTER
	link set lo up
	addr add $address/$length dev eth0
	addr add $address6/64 dev eth0 nodad
	link set eth0 up
	route add default via $gateway
	route add ::/0 via $gateway6
	HOST
}

boot() {
  for hierarchy in /sys/fs/cgroup /sys/fs/cgroup/systemd /sys/fs/cgroup/unified; do
    [ -e "$hierarchy/cgroup.procs" ] || continue
    mkdir -p "$hierarchy/$cgroup" && echo 0 >"$hierarchy/$cgroup/cgroup.procs"
  done
  # NETWORK writable: guests set sysctls. KEEP_UNIT goes with register=no, as there may be no systemd on this machine.
  export SYSTEMD_NSPAWN_API_VFS_WRITABLE=network SYSTEMD_NSPAWN_LOCK=0
  exec systemd-nspawn --quiet --directory="$root" --machine="$netns" --hostname="$name" --register=no --keep-unit --boot \
    --console=read-only --network-namespace-path="/run/netns/$netns" --resolv-conf=off --timezone=off \
    --capability=CAP_NET_ADMIN,CAP_NET_RAW --link-journal=no
}

status=133 # what nspawn ends with when its guest reboots
while [ "$status" = 133 ] || rm "$folder/again" 2>/dev/null; do
  unwire
  wire || break
  (boot) &
  echo $! >"$folder/nspawn.pid"
  wait $!
  status=$?
done
unwire
