# Prints everything of ours on this host and what it depends on; changes nothing. No arguments.
# shellcheck shell=sh disable=SC2094
# One record a line: KIND, KEY and VALUE, divided by byte 037; VALUE in base64.
set -u
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin

record() { # KIND KEY, VALUE on standard input
  printf '%s\037%s\037' "$1" "$2"
  base64 -w 0
  echo
}

has() { command -v "$1" >/dev/null 2>&1; }

for program in awk flock groupdel install mktemp nologin pkill ss ssh ssh-keygen sshd systemctl useradd userdel; do
  has "$program" || echo | record missing "$program"
done

# Not while a batch (batch.sh) changes this host: half of its work would look like drift.
if has flock; then
  exec 9</etc
  flock -s -w 120 9 || { echo "another deploy has been changing this host for two minutes" >&2; exit 75; }
fi

{ has ip && ip -o addr show; } 2>/dev/null | record addresses ''

# Prints nothing for a key that others can read or that ssh would refuse: it is no good, and is made anew.
public_key() { # PATH
  tunnel=${1%/key}
  case $(stat -c '%a %U' "$1") in
    [46]"00 tun-${tunnel##*/}") ssh-keygen -y -P '' -f "$1" </dev/null 2>/dev/null ;;
  esac
}

# Files: ours, by name so that no copy of a private key is ever read, and the configuration that ours lives in.
for file in /etc/ssh-tunnels/*/key /etc/ssh-tunnels/*/known_hosts /etc/ssh-tunnels/*/authorized_keys /etc/ssh-tunnels/*/firewall.nft \
  /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf /etc/nftables.conf /etc/systemd/system/tunnel-*.service; do
  [ -f "$file" ] || continue
  case $file in
    */key) public_key "$file" | record key "$file" ;;
    *) record "file $(stat -c '%a %U:%G' "$file")" "$file" <"$file" ;;
  esac
done

getent passwd | grep '^tun-' | record accounts ''

hostkeys=
if has sshd; then
  # Warnings (a deprecated option) are not errors.
  complaint=$(sshd -t 2>&1) || printf '%s\n' "$complaint" | record sshderror ''
  # Match blocks count only with -C (tried with 9.2p1); nobody stands for everybody.
  for file in - /etc/ssh/sshd_config.d/10-ssh-tunnels-*.conf; do
    client=
    if [ "$file" = - ]; then
      user='*' name=nobody
    else
      [ -f "$file" ] || continue
      user=${file##*/10-ssh-tunnels-}
      user=tun-${user%.conf} name=$user
      # Our own line: where the client comes from, for a foreign `Match Address` may hold for it alone.
      client=$(sed -n 's/^# client \([0-9A-Fa-f.:]*\)$/\1/p' "$file" | head -n 1)
    fi
    effective=$(sshd -T -C "user=$name,host=localhost,addr=${client:-127.0.0.1},laddr=127.0.0.1,lport=22" 2>/dev/null)
    printf '%s\n' "$effective" |
      grep -E '^(allowtcpforwarding|gatewayports|permitopen|permitlisten|clientalive[a-z]+|maxstartups) ' |
      record effective "$user"
    [ "$file" != - ] || hostkeys=$(printf '%s\n' "$effective" | sed -n 's/^hostkey //p')
  done
fi

# Host keys that sshd offers; all that are there when it does not tell.
for file in /etc/ssh/ssh_host_*_key.pub; do
  [ -n "$hostkeys" ] || echo "${file%.pub}"
done | { printf '%s\n' "$hostkeys"; cat; } | while read -r file; do
  [ ! -f "$file.pub" ] || record hostkey "$file.pub" <"$file.pub"
done

# Rules in the kernel that nft does not show: then nobody can tell which ports are open.
filter_unknown() { # RULESET
  # A table nat cannot drop. Running iptables-legacy would make its tables, so it is not asked.
  legacy=$(cat /proc/net/ip_tables_names /proc/net/ip6_tables_names 2>/dev/null | sort -u | grep -vx nat | tr '\n' ' ')
  [ -z "$legacy" ] || echo "iptables-legacy has tables that nft does not show: ${legacy% }"
  if has nft; then
    case $1 in
      '{'*) ;;
      *) echo "nft -j list ruleset does not work: $(nft -j list ruleset 2>&1 | head -n 1)" ;;
    esac
  elif { has iptables || has ip6tables; } && [ -d /sys/module/nf_tables ]; then
    echo "iptables is there, and no nft to read the rules with"
  fi
}

# -t leaves out the elements of sets, which can be millions.
ruleset=$({ has nft && nft -t -j list ruleset; } 2>/dev/null)
printf '%s\n' "$ruleset" | record nft ''
filter_unknown "$ruleset" | record filterunknown ''

wanted() { # units that systemd starts at boot, also where the file is gone
  for link in /etc/systemd/system/*.wants/tunnel-*.service; do
    [ ! -L "$link" ] || echo "${link##*/}"
  done
}

wanted | record wanted ''
if has systemctl; then
  # A unit runs on when somebody removed its file.
  {
    wanted
    for file in /etc/systemd/system/tunnel-*.service; do
      [ ! -f "$file" ] || echo "${file##*/}"
    done
    systemctl list-units --all --plain --no-legend 'tunnel-*.service' 2>/dev/null | grep -o 'tunnel-[^ ]*\.service' | sort -u
  } | sort -u | xargs -r systemctl show --property=Id,LoadState,ActiveState,UnitFileState,DropInPaths,NeedDaemonReload -- | record units ''
fi
{ has ss && ss -Hltnpe; } 2>/dev/null | record listeners ''
echo | record end ''
