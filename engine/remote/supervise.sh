# Keeps a tunnel's ssh running where systemd does not: the end of a script whose beginning says what is that tunnel's own. Its verbs are start, stop, status and keep.
# shellcheck shell=sh disable=SC2154,SC2034,SC2086,SC3013,SC3045

services=/run/ssh-tunnels-services
runs=$services/$tunnel
# Of this tunnel alone: under it one begins to keep ssh, and others end him. It stands until the tunnel goes.
lock=$services/.$tunnel
words=/var/log/tunnel-$tunnel.log

# By its number alone a process may be another one by now: when it began stands beside it, in hundredths of a second since boot (proc_pid_stat(5)).
began_of() { # PID
  { read -r line <"/proc/$1/stat"; } 2>/dev/null || return 0
  set -- ${line##*) }
  echo "${20}"
}

is_alive() { # FILE; sets $pid
  pid='' began=''
  { read -r pid began <"$1"; } 2>/dev/null
  [ -n "$began" ] && [ "$(began_of "$pid")" = "$began" ]
}

start() {
  if is_alive "$runs.pid"; then return 0; fi
  if [ "$(id -u)" != 0 ]; then echo "root starts this"; return 4; fi
  [ -d "$services" ] || mkdir -m 700 "$services"
  : >>"$lock"
  setsid sh "$self" keep </dev/null >/dev/null 2>&1 3<&- 9<&- &
  tries=50
  while ! is_alive "$runs.pid"; do
    tries=$((tries - 1))
    if [ "$tries" = 0 ]; then echo "it does not start"; return 1; fi
    sleep 0.1
  done
}

stop() {
  [ -e "$lock" ] || return 0
  (
    flock 9
    tries=50
    if is_alive "$runs.pid"; then kill "$pid"; fi
    while is_alive "$runs.pid" && [ "$tries" -gt 0 ]; do
      tries=$((tries - 1))
      sleep 0.1
    done
    for one in "$runs.pid" "$runs.ssh"; do
      if is_alive "$one"; then rm -f "$one"; kill -KILL "$pid"; fi
    done
    rm -f "$runs".*
  ) 9<"$lock"
}

status() {
  if is_alive "$runs.ssh"; then echo "ssh runs: PID $pid"; return 0; fi
  if is_alive "$runs.pid"; then echo "ssh is between two tries"; return 0; fi
  echo "it does not run"
  [ ! -e "$runs.pid" ] || return 1
  return 3
}

# What ssh says, a line each: the time, the same in seconds since 1970, the number of the line, and the words.
note() {
  lines=$(wc -l <"$words") number=$(tail -n 1 "$words" | cut -d ' ' -f 3)
  while IFS= read -r line; do
    if [ "$lines" -ge 4000 ]; then
      tail -n 2000 "$words" >"$words.new"
      mv -f "$words.new" "$words"
      lines=2000
    fi
    lines=$((lines + 1)) number=$((number + 1))
    echo "$(date -u '+%Y-%m-%dT%H:%M:%SZ %s') $number $line" >>"$words"
  done
}

# It reads what who keeps ssh says, and so outlives it. Who was told to end has taken his file away; in the place of one that was killed it keeps ssh itself.
succeed() {
  [ -e "$runs.pid" ] || return 0
  sleep 1
  if [ -e "$lock" ] && [ -r "$self" ]; then exec sh "$self" keep "$itself" </dev/null; fi
}

# Many tunnels of one client start one after the other, and more slowly while much else runs: the server drops connections that have not logged in
# when there are more than a few (MaxStartups in sshd_config(5)). The lock is on a folder that root alone can open.
take_turn() {
  exec 9<"$services"
  flock 9
  read -r a b c busy d </proc/loadavg
  if [ "${busy%%/*}" -gt 8 ]; then sleep 0.1; else sleep 0.02; fi
  exec 9<&-
}

# As the account, with no right of root's but that of a port below 1024, where the tunnel listens on one; and gone with who keeps it.
run_ssh() {
  ulimit -c 0
  with_ssh setpriv --reuid "$account" --regid "$account" --clear-groups --no-new-privs --inh-caps="-all$right" --ambient-caps="-all$right" \
    --bounding-set="-all$right" --pdeathsig TERM
}

seconds() {
  read -r now rest </proc/uptime
  now=${now%.*}
}

# What is said from now on goes to a reader of its own.
hear() {
  rm -f "$runs.words"
  mkfifo "$runs.words"
  { note; succeed; } <"$runs.words" &
  reader=$!
  exec >"$runs.words" 2>&1
  rm -f "$runs.words"
}

keep() { # [LINE]: of who was killed, in whose place it comes
  umask 077
  cd /
  restarts=0 since=0 stopping='' ssh='' pause=''
  trap 'stopping=yes; [ -z "$ssh$pause" ] || kill $ssh $pause 2>/dev/null' TERM INT HUP
  # ssh is about to be ended by no fault of its own, or is to be tried again now. Who does not know this goes on by it too.
  trap 'since=0; [ -z "$pause" ] || kill $pause 2>/dev/null' CONT
  exec 9<"$lock"
  flock 9
  # While it waited somebody else may have come, or the tunnel gone, or who was killed been told to end.
  if is_alive "$runs.pid" || ! [ /proc/self/fd/9 -ef "$lock" ]; then return 0; fi
  if [ -n "${1-}" ] && [ "$pid $began" != "$1" ]; then return 0; fi
  itself="$$ $(began_of "$$")"
  echo "$itself" >"$runs.pid"
  exec 9<&-
  : >>"$words"
  hear
  # Of a reader that was killed.
  trap : PIPE
  while [ -z "$stopping" ]; do
    kill -0 "$reader" 2>/dev/null || hear
    echo "$restarts" >"$runs.restarts"
    take_turn
    [ -z "$stopping" ] || break
    run_ssh &
    ssh=$!
    echo "$ssh $(began_of "$ssh")" >"$runs.ssh"
    seconds
    begun=$now
    echo "tunnel-$tunnel: Started ssh, PID $ssh"
    wait "$ssh"
    status=$?
    # A signal ends only the waiting.
    while kill -0 "$ssh" 2>/dev/null; do
      wait "$ssh"
      status=$?
    done
    rm -f "$runs.ssh"
    ssh=''
    [ -z "$stopping" ] || break
    restarts=$((restarts + 1))
    seconds
    # At once after a session that held a minute, and the first time; else an eighth of the time that it has been going wrong, at most a minute.
    if [ "$since" = 0 ] || [ $((now - begun)) -ge 60 ]; then
      since=$now wait=0
    else
      wait=$(((now - since) / 8))
      [ "$wait" -ge 1 ] || wait=1
      [ "$wait" -le 60 ] || wait=60
    fi
    echo "tunnel-$tunnel: ssh ended with exit status $status, and begins anew in $wait s"
    if [ "$wait" -gt 0 ]; then
      sleep "$wait" &
      pause=$!
      wait "$pause"
      pause=''
    fi
  done
  rm -f "$runs".*
}
