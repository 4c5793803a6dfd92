# More time for a run that somebody still tries to confirm; not for ever.
# shellcheck shell=sh disable=SC2154

# Prints `extended`, or what keeps it from that.
guard_extend() { # FOLDER SECONDS
  [ -e "$1/armed" ] || { echo over; return 0; }
  [ ! -e "$1/extended-3" ] || { echo enough; return 0; }
  next=1
  while [ -e "$1/extended-$next" ]; do next=$((next + 1)); done
  : >"$1/extended-$next"
  guard=$1
  guard_stop "$guard"
  guard_timer "$2"
  echo extended
}
