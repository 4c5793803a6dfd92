# What a look prints of sshd: its effective settings for each tunnel's connection, what it has not read, and sessions older than our files.
# shellcheck shell=sh disable=SC2034,SC2086,SC2094,SC2154,SC3013
print_sshd() {
  hostkeys=''
  if has sshd; then
    printf '%s\n' "$sshd_main" | record sshdmain ''
    [ -z "$sshd_socket" ] || printf '%s\n' "$sshd_socket" | record sshdsocket ''
    ! knows_no_include || echo | record noinclude ''
    # Without its folder sshd tells nothing, and where it waits behind a socket or is stopped the folder is away. It makes it itself.
    [ -d /run/sshd ] || install -d -m 755 /run/sshd
    # Nobody stands for everybody. Match blocks count only with -C (tried with 9.2p1).
    # Warnings (a deprecated option) are not errors.
    effective=$(effective_for nobody 127.0.0.1 127.0.0.1 22) || { complaint=$(ask_sshd -t 2>&1) || printf '%s\n' "$complaint" | record sshderror ''; }
    printf '%s\n' "$effective" | effective_lines | record effective '*'
    hostkeys=$(printf '%s\n' "$effective" | sed -n 's/^hostkey //p')
    print_sshd_lines "$effective"
    pid_file=$(printf '%s\n' "$effective" | sed -n 's/^pidfile //p')
    print_admission "$pid_file"
    print_unread "$pid_file"
    print_outlived
    for file in /run/nologin /etc/nologin; do
      [ ! -e "$file" ] || ! grep -qs '^[^#]*pam_nologin' /etc/pam.d/sshd || echo "$file"
    done | record nologin ''
    plain=$(only_our_matches)
    [ -z "$plain" ] || echo | record plainsshd ''
    printf '%s' "$sshd_for" | while IFS=$us read -r login comes_from goes_to; do
      effective_for "$login" "$comes_from" "$goes_to" 22 | effective_lines | record effective "$login"
    done
    for name in $names; do
      file=/etc/ssh/sshd_config.d/10-ssh-tunnels-$name.conf
      [ -f "$file" ] || continue
      find_connection "$file"
      effective_for "tun-$name" "$from" "$to" "$port" | effective_lines | record effective "tun-$name"
      # One stands for all: sshd reads every file anew each time, which takes longer than all the rest.
      [ -z "$plain" ] || break
    done
  fi
  # Host keys that sshd offers; all that are there when it does not tell.
  for file in /etc/ssh/ssh_host_*_key.pub; do
    [ -n "$hostkeys" ] || echo "${file%.pub}"
  done | { printf '%s\n' "$hostkeys"; cat; } | while read -r file; do
    [ ! -f "$file.pub" ] || record hostkey "$file.pub" <"$file.pub"
  done
}

# Ours that the running sshd has not read: sshd -T reads the disk. sshd writes its PID file after each start and reload (sshd(8)).
print_unread() { # PIDFILE
  running_sshd "$1" >/dev/null || return 0
  late=''
  if [ "$sshd_main" -nt "$1" ] && brings_ours "$sshd_main"; then late=yes; fi
  for name in '' $names; do
    file=$sshd_folder/10-ssh-tunnels${name:+-$name}.conf
    if [ "$file" -nt "$1" ] || { [ -n "$late" ] && [ -f "$file" ]; }; then echo "$file"; fi
  done | record unread ''
}

# Accounts that have a session of sshd's, and files of ours that such a session does not go by: it began before they were there, and has the
# rights of then.
print_outlived() {
  set --
  for name in $names; do
    for file in "/etc/ssh/sshd_config.d/10-ssh-tunnels-$name.conf" "/etc/ssh-tunnels/$name/authorized_keys"; do
      [ ! -f "$file" ] || set -- "$@" "$file"
    done
  done
  has pgrep || return 0
  uids=$(printf '%s\n' "$accounts" | awk -F : -v names=" $(printf '%s ' $names)" 'index(names, " " substr($1, 5) " ") { printf "%s%s", more++ ? "," : "", $3 }')
  [ -n "$uids" ] || return 0
  processes=''
  for pid in $(pgrep -u "$uids" -x 'sshd(-session)?'); do processes="$processes /proc/$pid/stat /proc/$pid/status"; done
  [ -n "$processes" ] || return 0
  read -r uptime _ </proc/uptime
  now=$(date +%s.%N)
  # When a process began stands in field 22 of its stat, in hundredths of a second since the boot (proc(5)). A file from the future tells nothing.
  { printf '%s\n' "$accounts"; [ $# -eq 0 ] || stat -L -c '%.9Y %n' -- "$@"; cat $processes; } 2>/dev/null | awk -v now="$now" -v uptime="$uptime" '
    BEGIN { boot = now - uptime + (now ~ /[.][0-9]+$/ ? 0 : 1) }
    /^tun-/ { split($0, field, ":"); name[field[3]] = substr(field[1], 5); next }
    NF == 2 && $2 ~ /^\/etc\/ssh/ {
      tunnel = $2
      if (!sub(/^.*\/10-ssh-tunnels-/, "", tunnel)) sub(/^\/etc\/ssh-tunnels\//, "", tunnel)
      sub(/(\.conf|\/authorized_keys)$/, "", tunnel)
      files[tunnel] = files[tunnel] " " $2
      since[$2] = $1
      next
    }
    /^[0-9]+ \(/ { sub(/^.*\) /, ""); began = boot + $20 / 100; next }
    $1 == "Uid:" {
      if (!told[$2]++) print "tun-" name[$2]
      for (rest = split(files[name[$2]], file, " "); rest > 0; rest--) {
        path = file[rest]
        if (began < since[path] && since[path] <= now + 0 && !told[path]++) print path
      }
    }' | record outlived ''
}

effective_for() { # USER FROM TO PORT
  ask_sshd -T -C "user=$1,host=$2,addr=$2,laddr=$3,lport=$4" 2>/dev/null
}

effective_lines() {
  grep -E '^(addressfamily|allow(tcp|streamlocal)forwarding|gatewayports|streamlocalbind(mask|unlink)|permit(open|listen|tunnel|rootlogin)|clientalive[a-z]+|passwordauthentication|loglevel|usedns|maxs(tartups|essions)|listenaddress|deny(users|groups)|pubkeya[a-z]*|authenticationmethods|authorizedkeysfile|disableforwarding|usepam|channeltimeout|unusedconnectiontimeout) '
}

# How a tunnel's client arrives, for a foreign Match may hold for that alone: $from where, $to which address of ours and $port. Our own lines
# in its drop-in say so, as `# client ADDRESS` and `# server ADDRESS PORT`.
find_connection() { # FILE
  from='' to='' port=''
  while read -r mark note first second && [ "$mark" = '#' ]; do
    case $note in
      client) from=$(address_of "$first") ;;
      server) to=$(address_of "$first") port=$second ;;
    esac
  done <"$1"
  case $port in '' | *[!0-9]*) port='' ;; esac
  # Behind a translation of addresses it arrives as we do.
  if [ -z "$from" ] || [ -z "$port" ] || ! is_ours "$to"; then
    IFS=' ' read -r our_from _ our_to our_port <<END
$(our_connection)
END
    : "${from:=$our_from}"
    if [ -n "$our_port" ] && ! is_ours "$to"; then to=$our_to port=$our_port; fi
  fi
  : "${from:=127.0.0.1}" "${to:=127.0.0.1}" "${port:=22}"
}

address_of() { # WORD: an address as it is, of a host's name the first that it has here, nothing of anything else
  case $1 in
    '' | *[!0-9A-Za-z.:-]* | *[!0-9A-Fa-f.:]*:* | *:*[!0-9A-Fa-f.:]*) ;;
    *:*) echo "$1" ;;
    *[!0-9.]*) getent ahosts "$1" | { read -r address _ && echo "$address"; } ;;
    *) echo "$1" ;;
  esac
}

is_ours() { # ADDRESS
  case $addresses in *" ${1:-none}/"* | *" ${1:-none} peer "*) return 0 ;; esac
  return 1
}

# As ssh(1) says it; sudo takes it from us, and not from who called it.
our_connection() {
  pid=$$
  while [ -z "${SSH_CONNECTION-}" ] && [ "${pid:-0}" -gt 1 ]; do
    SSH_CONNECTION=$(tr '\0' '\n' <"/proc/$pid/environ" | sed -n 's/^SSH_CONNECTION=//p')
    pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$pid/status")
  done 2>/dev/null
  echo "${SSH_CONNECTION-}"
}

# Whether no Match block but each tunnel's own can say anything of a tunnel's account: then what its own block says holds, for
# Match goes before what stands outside (sshd_config(5)).
only_our_matches() {
  [ -z "$each_sshd" ] || return 0
  set -- "$sshd_folder"/*.conf
  [ -f "$1" ] || set --
  awk -v main="$sshd_main" '
    { line = tolower($0); gsub(/["=\t]/, " ", line); gsub(/\047/, " ", line); $0 = line }
    FNR == 1 {
      user = FILENAME
      ours = sub(/^.*\/10-ssh-tunnels-/, "tun-", user)
      sub(/\.conf$/, "", user)
      # The host-wide one has blocks that say AllowUsers and nothing else.
      hostwide = FILENAME ~ /\/10-ssh-tunnels\.conf$/
      block = 0
    }
    hostwide && $1 == "match" && $2 == "user" { block = 1; next }
    hostwide && block && $1 != "" && $1 !~ /^#/ && $1 != "allowusers" { odd = 1 }
    $1 == "match" && !(ours && NF == 3 && $2 == "user" && $3 == user) { odd = 1 }
    $1 == "include" && FILENAME == main && NF == 2 && $2 ~ /^\/etc\/ssh\/sshd_config\.d\/(10-ssh-tunnels)?\*\.conf$/ { included = 1; next }
    $1 == "include" { odd = 1 }
    END { if (included && !odd) print "plain" }' "$sshd_main" "$@" 2>/dev/null
}

# The files of sshd's configuration that are not ours: the one that it reads, all in its folder, and what they include.
sshd_files() {
  set -- "$sshd_main"
  for file in "$sshd_folder"/*.conf; do
    case $file in "$sshd_folder"/10-ssh-tunnels-*) ;; *) [ ! -f "$file" ] || set -- "$@" "$file" ;; esac
  done
  seen=''
  while [ $# -gt 0 ]; do
    seen="$seen $* "
    patterns=$(awk '
      { gsub(/["=\t]/, " "); sub(/(^| )#.*/, "") }
      tolower($1) == "include" { for (one = 2; one <= NF; one++) print ($one ~ /^\//) ? $one : "/etc/ssh/" $one }' "$@" 2>/dev/null)
    set --
    for file in $patterns; do
      case $seen$file in *" $file "* | *"$sshd_folder"/10-ssh-tunnels-*) continue ;; esac
      [ ! -f "$file" ] || set -- "$@" "$file"
    done
  done
  printf '%s\n' $seen
}

# Before 8.2 sshd takes no Include. It says so of any.
knows_no_include() {
  ! grep -qsi '^[[:space:]]*include[[:space:]]' "$sshd_main" &&
    echo 'Include /dev/null' | sshd -t -f /dev/stdin 2>&1 | grep -q 'Bad configuration option: Include'
}

# Where PAM decides by pam_access(8) who logs in, what it goes by.
access_files() {
  grep -qs '^[^#]*pam_access\.so' /etc/pam.d/* || return 0
  ls -d /etc/pam.d/* /etc/security/access.conf /etc/security/access.d/*.conf 2>/dev/null
  sed -n 's/^[^#]*pam_access\.so.*accessfile=\([^[:space:]]*\).*/\1/p' /etc/pam.d/* 2>/dev/null
}
