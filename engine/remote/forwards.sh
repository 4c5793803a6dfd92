# Prints who forwards over SSH on this host, whoever started it: processes of ssh, autossh and sshd, where they listen, and what would start some. Changes nothing.
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
set -u
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
us=$(printf '\037')

# Of containers on this kernel, and of other networks here, the listeners are not this host's.
ours() { # PID
  [ "$(readlink "/proc/$1/ns/pid") $(readlink "/proc/$1/ns/net")" = "$spaces" ]
}
spaces="$(readlink /proc/self/ns/pid) $(readlink /proc/self/ns/net)"

# Of each: its arguments a line each, its stat and its cgroup, as proc(5) has them. One that ends meanwhile is left out.
uids=''
for folder in /proc/[0-9]*; do
  name=''
  read -r name 2>/dev/null <"$folder/comm" || continue
  case $name in ssh | autossh | sshd | sshd-session) ;; *) continue ;; esac
  pid=${folder##*/}
  ours "$pid" 2>/dev/null || continue
  said=$(tr '\n\000' '\013\n' 2>/dev/null <"$folder/cmdline") || continue
  uid=$(stat -c %u "$folder" 2>/dev/null) || continue
  uids="$uids $uid"
  printf '%s\n' "$said" | record argv "$pid"
  { echo "$uid"; cat "$folder/stat" "$folder/cgroup"; } 2>/dev/null | record process "$pid"
done
{ sed -n 's/^btime //p' /proc/stat; getconf CLK_TCK 2>/dev/null || echo 100; } | record clock ''
{ getent passwd $uids; getent passwd | grep '^tun-'; } 2>/dev/null | sort -u | record accounts ''
has ss || echo ss | record missing ss
{ has ss && ss -Hltnep; } 2>/dev/null | record listeners ''
{ has ss && ss -Hlxp | grep '"\(auto\)\{0,1\}sshd\{0,1\}'; } 2>/dev/null | record sockets ''
{ has ss && ss -Htnp state established | grep '"sshd\{0,1\}'; } 2>/dev/null | record connections ''
{ has ip && ip -o addr show; } 2>/dev/null | record addresses ''

# Of such a file no more than what concerns a tunnel: there may be passwords beside it.
variables_for() { # UNIT FILE: the lines of autossh's variables, and of those that the unit names
  awk '
    NR == FNR {
      while (match($0, /[$][{]?[A-Za-z_][A-Za-z0-9_]*/)) {
        name = substr($0, RSTART, RLENGTH)
        gsub(/[${]/, "", name)
        asked[name] = 1
        $0 = substr($0, RSTART + RLENGTH)
      }
      next
    }
    { line = $0 }
    !goes_on {
      name = line
      sub(/=.*/, "", name)
      gsub(/[ \t]/, "", name)
      wanted = line ~ /=/ && (name in asked || name ~ /^AUTOSSH_/)
    }
    wanted { print line }
    { goes_on = line ~ /\\$/ }
  ' "$1" "$2"
}

# What starts tunnels, running or not: units of the host's own, tables and scripts.
for file in /etc/systemd/system/*.service /lib/systemd/system/*ssh*.service /etc/crontab /etc/cron.d/* /var/spool/cron/crontabs/* \
  /var/spool/cron/* /etc/rc.local /etc/rc.d/rc.local /etc/local.d/*.start; do
  if [ ! -f "$file" ] || [ -L "$file" ] || ! grep -Eq '(^|[^[:alnum:]_])(auto)?ssh[[:space:]].*[-$]' "$file"; then continue; fi
  head -c 65536 "$file" | record start "$file"
  # shellcheck disable=SC2013
  for beside in $(sed -n 's/^[[:space:]]*EnvironmentFile[[:space:]]*=[[:space:]]*-\{0,1\}\(\/[^[:space:]"%*?[]*\)[[:space:]]*$/\1/p' "$file"); do
    [ ! -f "$beside" ] || variables_for "$file" "$beside" | record environment "$beside"
  done
done
for file in /root/.ssh/known_hosts /etc/ssh/ssh_known_hosts; do
  [ ! -f "$file" ] || head -c 262144 "$file" | record known "$file"
done
echo | record end ''
