# Prints the last lines that a unit wrote: UNIT. Changes nothing.
# shellcheck shell=sh
set -u
journalctl --unit="$1" --lines=8 --output=cat --no-pager --quiet 2>/dev/null
