# Tries, as a tunnel's own account on its client, what a server that others run lets its key do: a login, and from there one connection to TARGET. What ssh says of it is printed. Changes nothing.
# shellcheck shell=sh
set -u
export LC_ALL=C
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
account=$1 key=$2 known_hosts=$3 login=$4 address=$5 port=$6 target=$7 config=$8 jumps=$9
# Each sshd on the way has its own time to answer.
limit=12
[ -z "$jumps" ] || limit=40
uid=$(id -u "$account") gid=$(id -g "$account") || exit 69
# With -W ssh asks for nothing but that connection, and ends with it. VERBOSE says whether the login has worked.
set -- ssh -F "$config" -T -o BatchMode=yes -o ConnectTimeout=5 -o ControlMaster=no -o ControlPath=none -o GlobalKnownHostsFile=none \
  -o IdentitiesOnly=yes -o IdentityAgent=none -o LogLevel=VERBOSE -o PreferredAuthentications=publickey -o StrictHostKeyChecking=yes \
  -o UpdateHostKeys=no -o UserKnownHostsFile="$known_hosts" -i "$key" ${jumps:+-J "$jumps"} -p "$port" -W "$target" "$login@$address"
setpriv --reuid "$uid" --regid "$gid" --clear-groups env SHELL=/bin/sh timeout "$limit" "$@" </dev/null 2>&1
echo "end $?"
