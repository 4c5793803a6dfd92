# Prints the established TCP connections of the tunnels' accounts, a line each: ACCOUNT LOCAL PEER. Changes nothing.
# shellcheck shell=sh
set -u
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
command -v ss >/dev/null 2>&1 || { echo "there is no ss (iproute2)" >&2; exit 69; }
{ getent passwd | grep '^tun-'; echo; ss -Htne state established; } | awk -F: '
  !listed && $0 == "" { listed = 1; FS = " "; next }
  !listed { names[$3] = $1; next }
  { uid = ""; for (at = 5; at <= NF; at++) if ($at ~ /^uid:/) uid = substr($at, 5); if (uid in names) print names[uid], $3, $4 }'
