# What the scripts that keep ssh running without systemd have written down. Reading only.
# shellcheck shell=sh

is_scripted() { # UNIT of a tunnel
  scripted=${1%.service}
  [ -f "/etc/init.d/$scripted" ] || [ -f "/etc/ssh-tunnels/${scripted#tunnel-}/service" ]
}

# A line of a log is the time, the same in seconds, its number and the words: as journalctl --output=json would have it. Lines are those after
# AFTER, a number, and not older than SINCE, in seconds since 1970.
script_words() { # UNIT LINES AFTER SINCE
  tail -n "$2" "/var/log/${1%.service}.log" 2>/dev/null | awk -v unit="$1" -v after="$3" -v since="$4" '
    $3 <= after + 0 || $2 < since + 0 { next }
    {
      time = $2; number = $3
      sub(/^[^ ]* [^ ]* [^ ]* /, "")
      program = "ssh"
      if (sub("^" substr(unit, 1, length(unit) - 8) ": ", "")) program = substr(unit, 1, length(unit) - 8)
      gsub(/\\/, "\\\\")
      gsub(/"/, "\\\"")
      gsub(/[\001-\037\177]/, "?")
      printf "{\"__CURSOR\":\"script:%s\",\"__REALTIME_TIMESTAMP\":\"%s000000\",\"SYSLOG_IDENTIFIER\":\"%s\",\"_SYSTEMD_UNIT\":\"%s\",\"MESSAGE\":\"%s\"}\n", number, time, program, unit, $0
    }'
}
