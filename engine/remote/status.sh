# What a status tells beside a look: since when each ssh runs and how often it was begun anew, what goes through it, and its last words. Changes nothing.
# shellcheck shell=sh disable=SC2034,SC2086,SC2154
# One record a kind, a line a tunnel. The number of processes does not grow with the tunnels, nor with their connections.

sessions='' ports='' lines_of_journal=5000
lock_wait=10 print_more=print_status

look_session() { sessions="$sessions $1"; } # UNIT of a tunnel of which this is the client
# ACCOUNT PORT, where a tunnel is to listen here; 0 is each that this host has chosen for it.
look_port() {
  if [ "$2" != 0 ]; then
    ports="$ports $1:$2"
  elif [ -r "/etc/ssh-tunnels/${1#tun-}/ports" ]; then
    while read -r port rest; do
      case $port in '' | *[!0-9]*) ;; *) ports="$ports $1:$port" ;; esac
    done <"/etc/ssh-tunnels/${1#tun-}/ports"
  fi
}

print_status() {
  [ -z "$health" ] || print_health
  # Who asks for health alone has the connections from there.
  [ -n "$sessions$ports" ] || return 0
  begun=''
  if [ -n "$sessions" ]; then
    scripts='' units=''
    for unit in $sessions; do
      if is_scripted "$unit"; then scripts="$scripts $unit"; else units="$units $unit"; fi
    done
    begun=$({
      scripts_begun
      [ -z "$units" ] || ! has systemctl || systemctl show --property=Id,MainPID,NRestarts -- $units 2>/dev/null
    } | sessions_begun)
    [ -z "$begun" ] || printf '%s\n' "$begun" | record sessions ''
    {
      scripts_last_words
      [ -z "$units" ] || ! has journalctl || last_words
    } | record words ''
  fi
  { printf '%s\n--\n%s\n--\n' "$begun" "$accounts"; has ss && ss -Htinpe state established && echo whole; } 2>/dev/null | as_accounts |
    traffic | record traffic ''
}

# As systemctl would show them.
scripts_begun() {
  for unit in $scripts; do
    runs=/run/ssh-tunnels-services/${unit#tunnel-}
    runs=${runs%.service} pid=0 restarts=0
    [ ! -r "$runs.ssh" ] || read -r pid began <"$runs.ssh"
    [ ! -r "$runs.restarts" ] || read -r restarts <"$runs.restarts"
    printf 'Id=%s\nMainPID=%s\nNRestarts=%s\n\n' "$unit" "$pid" "$restarts"
  done
}

# UNIT PID RESTARTS AGE; the age in seconds of the process that runs now, - for none. As the kernel counts, from its start to ours: clocks that
# are set, a machine that slept, and a container that shows another uptime than its kernel's do not change it.
sessions_begun() {
  awk '
    function start(pid, line, field) {
      if ((getline line <("/proc/" pid "/stat")) <= 0) return -1
      close("/proc/" pid "/stat")
      # The name may have blanks and brackets; behind it the 20th field is the start, in hundredths of a second (proc_pid_stat(5)).
      sub(/.*\) /, "", line)
      split(line, field, " ")
      return field[20]
    }
    function tell() {
      if (id == "") return
      at = pid > 0 ? start(pid) : -1
      print id, pid, restarts, at < 0 ? "-" : int((now - at) / 100)
      id = ""
    }
    BEGIN { now = start("self") }
    { value = substr($0, index($0, "=") + 1) }
    /^Id=/ { id = value }
    /^MainPID=/ { pid = value + 0 }
    /^NRestarts=/ { restarts = value }
    $0 == "" { tell() }
    END { tell() }'
}

# `open ACCOUNT PORT COUNT`: connections to where it listens that stand now. `session PID SENT RECEIVED`: the bytes of the connection to sshd, which
# ssh opens first. `whole` when all was read.
traffic() {
  awk -v ports="$ports" '
    BEGIN { for (rest = split(ports, asked, " "); rest > 0; rest--) { sub(":", " ", asked[rest]); open[asked[rest]] = 0 } }
    part < 2 && $0 == "--" { part++; next }
    part < 1 { if ($2 > 0) fd[$2] = -1; next }
    part < 2 { split($0, field, ":"); name[field[3]] = field[1]; next }
    $0 == "whole" { whole = 1; next }
    # What belongs to the connection of the line before.
    /^[ \t]/ {
      if (pid == "") next
      for (at = 1; at <= NF; at++) {
        if ($at ~ /^bytes_acked:/) sent[pid] = substr($at, 13)
        if ($at ~ /^bytes_received:/) received[pid] = substr($at, 16)
      }
      next
    }
    {
      pid = ""
      account = match($0, / uid:[0-9]+/) ? name[substr($0, RSTART + 5, RLENGTH - 5)] : ""
      port = $3
      sub(/.*:/, "", port)
      if (account != "" && (account " " port) in open) { open[account " " port]++; next }
      if (!match($0, /pid=[0-9]+,fd=[0-9]+/)) next
      split(substr($0, RSTART + 4, RLENGTH - 4), holder, ",fd=")
      if (!(holder[1] in fd) || (fd[holder[1]] >= 0 && fd[holder[1]] < holder[2] + 0)) next
      pid = holder[1]
      fd[pid] = holder[2] + 0
      sent[pid] = received[pid] = 0
    }
    END {
      if (!whole) exit
      for (one in open) print "open", one, open[one]
      for (one in fd) if (fd[one] >= 0) print "session", one, sent[one], received[one]
      print "whole"
    }'
}

scripts_last_words() {
  now=$(date +%s)
  for unit in $scripts; do
    tail -n 400 "/var/log/${unit%.service}.log" 2>/dev/null | awk -v now="$now" -v unit="$unit" -v own="${unit%.service}:" '
      $4 != own { time = $2; sub(/^[^ ]* [^ ]* [^ ]* /, ""); text = $0 }
      END { if (text != "") print unit, now - time, text }'
  done
}

# UNIT AGE TEXT: what each ssh has said last, and how many seconds ago.
last_words() {
  now=$(date +%s)
  set -- SYSLOG_IDENTIFIER=ssh
  for unit in $units; do set -- "$@" "_SYSTEMD_${as_user:+USER_}UNIT=$unit"; done
  journalctl --quiet --no-pager --reverse --lines="$lines_of_journal" --output=export --output-fields="MESSAGE,_SYSTEMD_${as_user:+USER_}UNIT" "$@" 2>/dev/null |
    awk -v now="$now" '
      function tell() {
        if (unit != "" && text != "" && !(unit in told)) { told[unit] = 1; print unit, now - time, text }
        unit = text = ""
      }
      { value = substr($0, index($0, "=") + 1) }
      # In millionths of a second.
      /^__REALTIME_TIMESTAMP=/ { time = substr(value, 1, length(value) - 6) }
      /^MESSAGE=/ { text = value }
      /^_SYSTEMD_(USER_)?UNIT=/ { unit = value }
      $0 == "" { tell() }
      END { tell() }'
}
