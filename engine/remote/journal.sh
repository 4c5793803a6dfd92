# Prints what the journal has of a tunnel: UNIT's lines where one is named, and sshd's about ACCOUNT; the last LINES, or those after CURSOR. Changes nothing.
# shellcheck shell=sh
set -u
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
unit=$1 account=$2 lines=$3 cursor=$4
command -v journalctl >/dev/null 2>&1 || { echo "there is no journalctl (systemd)" >&2; exit 69; }
set -- --quiet --no-pager --output=json --all
if [ -n "$cursor" ]; then set -- "$@" --after-cursor="$cursor"; else set -- "$@" --lines="$lines"; fi
if [ -n "$unit" ]; then
  journalctl "$@" --unit="$unit"
else
  # Of a session sshd names the account in some lines only; the journal finds those by itself, and quickly.
  journalctl "$@" --grep="\\b$account\\b" _COMM=sshd + _COMM=sshd-session + _COMM=sshd-auth || [ $? -eq 1 ]
fi
