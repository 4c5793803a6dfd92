# A root of our own for one test: copies of /etc, empty /run, /var/lib and /var/log, an own network; all of it goes with the namespaces.
# shellcheck shell=sh
# Sourced inside unshare --mount --pid --fork --net by private-root.ts. $scripts: folder with batch.sh and look.sh; $under: the shell.
set -eu
mount -t tmpfs -o mode=755 test /mnt
mkdir /mnt/bin
cp -a /etc /mnt/etc
mount --bind /mnt/etc /etc
# useradd(8) writes /var/log/lastlog and /var/log/faillog too.
for folder in /run /var/lib /var/log; do
  mount -t tmpfs -o mode=755 test "$folder"
done
rm -rf /etc/ssh-tunnels /etc/ssh/sshd_config.d/*ssh-tunnels* /etc/systemd/system/tunnel-*
ip link set lo up
# The base tree has no host keys: each host makes its own.
[ -e /etc/ssh/ssh_host_ed25519_key ] || ssh-keygen -q -t ed25519 -N '' -f /etc/ssh/ssh_host_ed25519_key
mkdir -p /run/systemd/system
# The real systemctl is tried on the lab's hosts; there is no systemd in this root.
cat >/mnt/bin/systemctl <<'END'
#!/bin/sh
case $* in
  show*ssh.socket*) cat /mnt/sshd-units 2>/dev/null || printf 'Id=ssh.service\nLoadState=loaded\n' ;;
  *) echo "systemctl $*" >>/mnt/systemctl.log ;;
esac
END
chmod 755 /mnt/bin/systemctl
PATH=/mnt/bin:$PATH:/usr/sbin:/sbin

run_script() { # NAME [ARGS]: runs remote/NAME as engine/host does, and tells its exit status
  code=0
  program="{ :; limit=${limit-600}
$(cat "$scripts/limit.sh" "$scripts/$1.sh")
}"
  # By a file: no word that a program is given can have more than 128 KiB (execve(2)).
  # Without a program, which a test may count and kill: the pid of this shell names it, whose subshell it may be.
  self=$$
  [ ! -r /proc/self/stat ] || read -r self _ </proc/self/stat
  runs=$((${runs:-0} + 1))
  run=$scripts/.run.$self.$runs
  printf '%s' "$program" >"$run"
  # shellcheck disable=SC2086 # "busybox sh" is two words; the program has itself in $t
  $under -c "t=\$(cat $run); eval \"\$t\"" "$@" || code=$?
  echo "exit $code"
}

look_all() { # looks at everything of ours
  programs='awk flock groupdel install mktemp nologin pgrep pkill ss ssh ssh-keygen sshd systemctl useradd userdel'
  printf 'look_programs\037%s\nlook_whole\nend\n' "$programs" | run_script look
}

listing() { # FOLDER [ALSO]: type, mode, owner, link target and content of everything in it; ALSO: further words of find's -printf
  {
    find "$1" -printf "%p %y %m %u:%g %l ${2-}\n"
    find "$1" -type f -exec sha256sum {} +
  } | LC_ALL=C sort
}

same() { # LABEL A B: says whether two listings are the same, and what differs
  if diff "$2" "$3"; then echo "$1 same"; else echo "$1 differs"; fi
}
