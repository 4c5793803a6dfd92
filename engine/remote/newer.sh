# What sshd runs on the server as a tunnel's account to know its keys; where a newer login cannot have its port, the older sessions end.
# The key offered (%k of sshd_config(5)), and the file of those that are let in, are the arguments. In sshd_config the lines stand joined by
# spaces: each says by itself where its command ends, and none has a quote ', a backslash or a percent sign.
# shellcheck shell=sh disable=SC2034,SC2086

# Whether a process is one of sshd's that runs as the account: none may signal another's. Only a login that has succeeded has such a one.
is_session() {
  kill -0 "$1" && read -r its_name <"/proc/$1/comm" && case $its_name in sshd | sshd-session) ;; *) return 1 ;; esac;
};

# Whether some peer of sshd's does not answer: a connection of root's that sends the same again and again (proc_pid_net(5)). Not known of which session.
is_stale() {
  for table in /proc/net/tcp /proc/net/tcp6; do
    while read -r its_slot its_local its_peer its_state its_queues its_timer its_retries its_uid its_rest; do
      case $its_state:$its_timer:$its_uid:$its_retries in 01:01:*:0:00000000) ;; 01:01:*:0:*) return 0 ;; esac;
    done <"$table";
  done;
  return 1;
};

cat "$2";
# sshd asks before the proof that the key is theirs who offer it: what follows waits until a session has begun.
exec 2>/dev/null;
older=;
for process in /proc/[0-9]*; do
  if is_session "${process##*/}"; then older="$older ${process##*/}"; fi;
done;
[ -n "$older" ] && [ -n "$1" ] && grep -qF -- " $1" "$2" || exit 0;
# A new session that goes on has what it needs. One that ends at once may have left since the port is taken (ExitOnForwardFailure), by the session of
# an ssh that is gone, and for which sshd may wait for ever while visitors come (tried with 9.2p1): then what sshd sends there is not answered.
{
  newer=;
  tries=250;
  while [ "$tries" -gt 0 ]; do
    if [ -n "$newer" ]; then
      if ! is_session "$newer"; then is_stale && kill $older; exit; fi;
    else
      [ -d "/proc/$PPID" ] || exit;
      children=;
      read -r children <"/proc/$PPID/task/$PPID/children";
      for child in $children; do
        if is_session "$child"; then newer=$child; tries=50; fi;
      done;
    fi;
    sleep 0.02;
    tries=$((tries - 1));
  done;
} >/dev/null &
