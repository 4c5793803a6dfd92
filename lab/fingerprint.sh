#!/bin/sh
# Prints what there is on a host: files, unit files, accounts and firewall rules, one a line, in an order that does not change.
# Usage: fingerprint.sh FOLDER...    (the folders whose files count, all of them there; changes nothing)
set -eu
export LC_ALL=C
# The image busybox keeps the programs there that this needs.
PATH=/usr/lib/gnu:$PATH

echo '# files: path, kind (find -printf %y), mode, owner, then a regular file'\''s sha256 or a link'\''s target'
{
  find "$@" -type f -exec sha256sum {} +
  echo
  find "$@" -printf '%p\t%y %m %U:%G %l\n'
} | awk -F '\t' '
  !listing && $0 == "" { listing = 1; next }
  !listing { sums[substr($0, 67)] = substr($0, 1, 64); next }
  { print $1 " " $2 sums[$1] }' | sort

echo '# unit files that do not stand in /etc: path, size, and a link'\''s target'
# Whether a unit is enabled follows from the files; systemctl list-unit-files works for half a second to say it.
find /usr/lib/systemd/system /run/systemd/system /run/systemd/system.control /run/systemd/generator* /run/systemd/transient ! -type d \
  -printf '%p %s %l\n' 2>/dev/null | sort

echo '# accounts'
getent passwd
getent group

echo '# firewall'
# Stateless: what counters have counted is no change. nft warns of tables of iptables'.
nft --stateless list ruleset 2>/dev/null
for family in ip ip6; do
  # Where iptables-legacy has no tables it would make them. A file of proc has no size.
  ! grep -q . "/proc/net/${family}_tables_names" 2>/dev/null || "${family}tables-legacy-save" | sed '/^#/d; s/ \[[0-9:]*\]$//'
done
