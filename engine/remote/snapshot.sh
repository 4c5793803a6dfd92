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
uname -n | record host ''
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
for file in /etc/ssh/ssh_host_*_key.pub; do
  [ ! -f "$file" ] || record hostkey "$file" <"$file"
done

getent passwd | grep '^tun-' | record accounts ''

if has sshd; then
  # Warnings (a deprecated option) are not errors.
  complaint=$(sshd -t 2>&1) || printf '%s\n' "$complaint" | record sshderror ''
  # Match blocks count only with -C (tried with 9.2p1); nobody stands for everybody.
  for file in - /etc/ssh/sshd_config.d/10-ssh-tunnels-*.conf; do
    if [ "$file" = - ]; then
      user='*' name=nobody
    else
      [ -f "$file" ] || continue
      user=${file##*/10-ssh-tunnels-}
      user=tun-${user%.conf} name=$user
    fi
    sshd -T -C "user=$name,host=localhost,addr=127.0.0.1,laddr=127.0.0.1,lport=22" 2>/dev/null |
      grep -E '^(allowtcpforwarding|gatewayports|permitopen|permitlisten|clientalive[a-z]+|maxstartups|disableforwarding) ' |
      record effective "$user"
  done
fi

{ has nft && nft -j list ruleset; } 2>/dev/null | record nft ''

if has systemctl; then
  for file in /etc/systemd/system/tunnel-*.service; do
    [ -f "$file" ] || continue
    echo "${file##*/}"
  done | xargs -r systemctl show --property=Id,ActiveState,SubState,UnitFileState,NRestarts,MainPID,ActiveEnterTimestamp,Result,ExecMainStatus -- | record units ''
fi
{ has ss && ss -Hltnp; } 2>/dev/null | record listeners ''
echo | record end ''
