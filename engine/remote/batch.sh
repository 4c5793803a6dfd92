# Runs the steps that standard input lists, one a line: VERB and up to four ARGS, divided by byte 037.
# shellcheck shell=sh
# VERB is a function of the files before this one. Stops at the first failure: prints `failed N`, N counting from 1, and ends with its status.
set -eu
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
umask 022
step=0
work=$(mktemp -d /run/ssh-tunnels.XXXXXX)
finish() {
  status=$?
  rm -rf "$work"
  [ "$status" -eq 0 ] || echo "failed $step"
}
trap finish EXIT
trap 'exit 130' INT TERM HUP
exec 3<&0 </dev/null
# One batch at a time on this host, whoever runs it; a lock on a folder leaves no file behind.
exec 9</etc
flock -w 120 9 || { echo "another deploy has been changing this host for two minutes" >&2; exit 75; }
us=$(printf '\037')
while IFS=$us read -r verb a b c d <&3; do
  step=$((step + 1))
  "$verb" "$a" "$b" "$c" "$d"
done
