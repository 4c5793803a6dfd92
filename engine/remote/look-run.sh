# Prints what standard input asks for of this host, one request a line: a function look_* of look.sh and its arguments, divided by byte 037; the last line is `end`.
# shellcheck shell=sh disable=SC2034
set -u
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
us=$(printf '\037')
ended=''
while IFS=$us read -r verb a b c; do
  [ "$verb" != end ] || { ended=yes; break; }
  "$verb" "$a" "$b" "$c"
done
[ -n "$ended" ] || { echo "the requests were cut off" >&2; exit 65; }
look_wait
[ -n "$only_listeners" ] || { with_programs=yes; look_lock; }
look_print
