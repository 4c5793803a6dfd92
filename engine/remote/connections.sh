# Prints the established connections of the tunnels' accounts, a line each: ACCOUNT LOCAL PEER; of those to a unix socket its path as PEER. Changes nothing.
# shellcheck shell=sh disable=SC2154
set -u
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
command -v ss >/dev/null 2>&1 || { echo "there is no ss (iproute2)" >&2; exit 69; }
{ our_accounts; echo; ss -Htne ${as_user:+-p} state established | as_accounts; } | awk -F: '
  !listed && $0 == "" { listed = 1; FS = " "; next }
  !listed { names[$3] = $1; next }
  { uid = ""; for (at = 5; at <= NF; at++) if ($at ~ /^uid:/) uid = substr($at, 5); if (uid in names) print names[uid], $3, $4 }'
# Of a connection to a socket the end that has the path is the service's; whose the other one is, its process tells: that takes time, so not where no far is one.
grep -qsE '^ *PermitOpen .*[[]/|^ *-R .*:/' /etc/ssh/sshd_config.d/10-ssh-tunnels-*.conf "$unit_root"/tunnel-*.service || exit 0
ss -Hxp state established | awk '
  # NETID QUEUES LOCAL NUMBER PEER NUMBER users:(("ssh",pid=77,fd=5))
  { if ($4 != "*") path[$7] = $4; if (match($0, /pid=[0-9]+/)) pid[$5] = substr($0, RSTART + 4, RLENGTH - 4) }
  END { for (one in path) if (one in pid) print pid[one], one, path[one] }' | while read -r pid number path; do
  account=$(stat -c %U "/proc/$pid" 2>/dev/null) || continue
  case $account in tun-*) echo "$account socket:$number $path" ;; esac
done
