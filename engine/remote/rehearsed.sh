# How far the rehearsal of a run has come; prints STATE, by whom it is undone, whether a boot would, and whether its change stands. Reading only.
# shellcheck shell=sh disable=SC2154
set -eu
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
folder=$guards/undo-$1
state=gone
for one in armed undoing partly undone; do
  [ ! -e "$folder/$one" ] || state=$one
done
by=timer
[ ! -e "$folder/waiter" ] || by=process
boot=no
[ ! -L "/etc/systemd/system/sysinit.target.wants/$guard_unit" ] || boot=yes
stands=no
[ ! -e "$rehearsal" ] || stands=yes
echo "$state $by $boot $stands"
